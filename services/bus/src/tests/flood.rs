//! One that sends a hundred times what it may: it is told when to come back, and nobody else notices.
//! The clock is the test's, so that a second is as long as it takes.

use std::ops::RangeInclusive;

use domain::{envelope::Envelope, moment::Moment, party::Party};
use proto::{
    bus::{FetchRequest, PublishBatchRequest, PublishRequest, PublishResponse},
    envelope::to_wire,
};
use tonic_types::StatusExt as _;

use super::{
    door::{City, Client},
    *,
};
use crate::conformance::{envelope, party};

const QUOTA: u32 = 100;
/// How many envelopes one request of the flood has.
const BATCH: u64 = 10;
/// A hundred times the quota of a second.
const FLOOD: u64 = 100 * QUOTA as u64;

fn wires(source: &Party, to: &str, numbers: RangeInclusive<u64>) -> Vec<proto::envelope::Wire> {
    let make = |number| {
        let plain = envelope(to, number, &format!("case/w/{}", number % 7));
        to_wire(&Envelope { source: source.clone(), ..plain })
    };
    numbers.map(make).collect()
}

/// Sends everything without waiting for an answer; what was taken, what was refused and how.
async fn pour(client: &mut Client, requests: Vec<PublishRequest>) -> Vec<PublishResponse> {
    let count = requests.len();
    let answers = client.publish(tokio_stream::iter(requests)).await.unwrap();
    let (mut answers, mut all) = (answers.into_inner(), Vec::new());
    while let Some(answer) = answers.message().await.unwrap() {
        all.push(answer);
    }
    assert_eq!(all.len(), count, "each request has its answer");
    all
}

/// One of the others: sends all that it may to its like, which fetches it while the flood goes on.
async fn other(mut own: Client, mut reader: Client, source: Party, to: String) -> u64 {
    for first in (1..=u64::from(QUOTA)).step_by(20) {
        let envelopes = wires(&source, &to, first..=first + 19);
        own.publish_batch(PublishBatchRequest { envelopes }).await.unwrap();
    }
    let mut came = 0;
    while came < u64::from(QUOTA) {
        let request = FetchRequest { max_envelopes: 0, wait_ms: 1_000, lease_ms: 600_000 };
        let found = reader.fetch(request).await.unwrap().into_inner();
        came += found.deliveries.iter().filter(|one| one.attempt == 1).count() as u64;
    }
    came
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_times_the_quota_is_refused_with_when_to_come_back_and_the_others_go_on() {
    let clock = Clock::fixed(Moment(1_700_000_000_000));
    let mut city = City::at(clock.clone(), |config| {
        config.quota = QUOTA;
        config.mailbox_depth = 1_000_000;
        config.recipients.push(party("unit/water"));
    })
    .await;
    let mut flooding = city.client("unit/enforcement");
    let source = party("unit/enforcement");
    let request = |first| PublishRequest {
        envelopes: wires(&source, "unit/housing", first..=first + BATCH - 1),
    };
    let requests = (1..=FLOOD).step_by(usize::try_from(BATCH).unwrap()).map(request).collect();
    // The others send as much as they may, and read it, at the same time.
    let others = [("unit/fire", "unit/water"), ("unit/water", "unit/fire")];
    let readers = others.map(|(own, to)| {
        let (client, reader) = (city.client(own), city.client(to));
        tokio::spawn(other(client, reader, party(own), to.to_owned()))
    });
    let answers = pour(&mut flooding, requests).await;

    let taken: usize = answers.iter().map(|answer| answer.placements.len()).sum();
    assert_eq!(taken, QUOTA as usize, "as much as it may, and no more");
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.refusal.as_ref()).collect();
    assert_eq!(refused.len() as u64, (FLOOD - u64::from(QUOTA)) / BATCH);
    for refusal in &refused {
        assert_eq!((refusal.reason.as_str(), refusal.code), ("OVER_QUOTA", 8));
        assert_eq!(refusal.retry_ms, 100, "when ten of a hundred a second are free again");
    }
    for reader in readers {
        let came = tokio::time::timeout(PATIENCE, reader).await.expect("the others' come").unwrap();
        assert_eq!(came, u64::from(QUOTA));
    }

    // By a single call it is told the same, and at that time it is let in.
    let next = u64::from(QUOTA) + 1;
    let batch = || PublishBatchRequest {
        envelopes: wires(&source, "unit/housing", next..=next + BATCH - 1),
    };
    let refused = flooding.publish_batch(batch()).await.unwrap_err();
    let retry = refused.get_error_details().retry_info().and_then(|info| info.retry_delay);
    assert_eq!(retry, Some(Duration::from_millis(100)));
    clock.advance(retry.unwrap());
    let taken = flooding.publish_batch(batch()).await.unwrap().into_inner();
    assert_eq!(taken.placements.len() as u64, BATCH);
    city.stop().await;
}
