//! What is asked for within the limits of the bus, and what is beyond one answer.

use proto::sealed::{self, bus_service_server::BusService as _};
use tokio_util::sync::CancellationToken;

use super::{door::from, *};
use crate::{
    conformance::{envelope, signing::ended},
    service::Door,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_asks_within_the_limits() {
    let folder = Folder::new();
    let door = Door::new(
        folder.open().await,
        conformance::config(),
        access(),
        Clock::system(),
        CancellationToken::new(),
    );
    let of = |max_envelopes, wait_ms, lease_ms| {
        let asked = door.ask(sealed::FetchRequest { max_envelopes, wait_ms, lease_ms });
        (asked.max, asked.wait.as_millis(), asked.lease.as_millis())
    };
    assert_eq!(of(0, 0, 0), (100, 0, 30_000));
    assert_eq!(of(7, 8, 9), (7, 8, 9));
    assert_eq!(of(u32::MAX, u32::MAX, u32::MAX), (1_000, 30_000, 600_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_passes_thousands_of_records_that_are_no_envelopes() {
    let folder = Folder::new();
    let config = Config { mailbox_depth: 10_000, ..conformance::config() };
    let engine = Arc::new(opened(folder.0.path(), &config, Clock::system()).await);
    let mut places = Vec::new();
    for call in 0..5 {
        let make = |n: u64| envelope("unit/housing", call * 1_000 + n, "case/w/1");
        places.extend(conformance::publish(&*engine, (1..=1_000).map(make).collect()).await);
    }
    let unit = "unit/housing".parse().unwrap();
    let each = places.iter().map(|place| ended(&*engine, &unit, vec![*place]));
    let counts = futures::future::join_all(each).await;
    assert!(counts.into_iter().all(|count| count == Ok(1)));
    let last = conformance::publish(&*engine, vec![envelope("", 1, "case/w/1")]).await;

    let door = Door::new(engine, config, access(), Clock::system(), CancellationToken::new());
    let request = sealed::FollowRequest { after_place: places[4_999], ..Default::default() };
    let stream = door.follow(from("service/worker", request)).await.unwrap().into_inner();
    let next = tokio::time::timeout(PATIENCE, stream.into_inner().recv()).await.unwrap();
    assert_eq!(next.unwrap().unwrap().recorded[0].place, last[0]);
}
