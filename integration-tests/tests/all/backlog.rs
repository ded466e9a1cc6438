//! A bus with a backlog, as a process of its own and as it ships: its memory does not grow with what
//! waits, and a reader that takes and says nothing harms nobody.

use std::{collections::BTreeSet, path::Path, time::Duration};

use domain::{
    envelope::{Envelope, Terms},
    moment::Moment,
};
use kit::inbox;
use proto::bus::{
    ListMailboxesRequest, Mailbox, Open, PublishBatchRequest, SubscribeRequest,
    bus_service_client::BusServiceClient, subscribe_request::Request as Asked,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::{
    city::{City, Part},
    people::{identity, line},
    talk::{self, heard, until},
};

/// How many wait at first, and how many more come then.
const FEW: u64 = 20_000;
const MORE: u64 = 180_000;
/// How large they are about.
const BYTES: usize = 1_024;
/// How much memory the second lot may cost: an eighth of what it weighs, for what moves anyhow.
const GROWTH_KIB: u64 = 22 << 10;
/// How often a reader must be seen with the same in hand to have taken what it can.
const LOOKS: u32 = 20;

fn envelope(to: &str, number: u64, subject: &str) -> Envelope {
    Envelope {
        id: format!("{}/{number}", to.replace('/', "-")).parse().unwrap(),
        source: "service/worker".parse().unwrap(),
        kind: "muster.test.v1.Word".into(),
        subject: subject.into(),
        time: Moment(1_700_000_000_000),
        recipient: Some(to.parse().unwrap()),
        number,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: Terms::default(),
        body: vec![7; BYTES - 200],
    }
}

/// Publishes these numbers, about so many cases in turn.
async fn fill(data: &Path, to: &str, numbers: std::ops::RangeInclusive<u64>, cases: u64) {
    let mut bus = BusServiceClient::new(line(data, "service/worker", &["bus"]));
    let (mut first, last) = numbers.into_inner();
    while first <= last {
        let upto = last.min(first + 499);
        let make = |n: u64| envelope(to, n, &format!("case/wenshan/{}", n % cases));
        let envelopes = (first..=upto).map(|n| proto::envelope::to_wire(&make(n))).collect();
        match bus.publish_batch(PublishBatchRequest { envelopes }).await {
            Ok(_) => first = upto + 1,
            // It is not up yet, or this is more than it takes in a second.
            Err(refused) => {
                let reason = kit::status::rejection(&refused).reason;
                assert!(["UNAVAILABLE", "OVER_QUOTA"].contains(&&*reason), "{refused:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn listed(data: &Path) -> Option<Vec<Mailbox>> {
    let mut admin = BusServiceClient::new(line(data, "admin/root", &["bus"]));
    let listed = admin.list_mailboxes(ListMailboxesRequest::default()).await.ok()?;
    Some(listed.into_inner().mailboxes)
}

async fn mailbox(data: &Path, party: &str) -> Mailbox {
    let listed = listed(data).await.unwrap().into_iter();
    listed.into_iter().find(|one| one.party == party).unwrap_or_default()
}

/// A stream that is opened with credit and never read.
async fn silent(data: &Path, party: &str) -> (mpsc::Sender<SubscribeRequest>, impl Sized + use<>) {
    let (to, requests) = mpsc::channel(4);
    let open = Open { credit: 10_000, lease_ms: 600_000, ..Open::default() };
    to.send(SubscribeRequest { request: Some(Asked::Open(open)) }).await.unwrap();
    let mut bus = BusServiceClient::new(line(data, party, &["bus"]));
    (to, bus.subscribe(ReceiverStream::new(requests)).await.unwrap())
}

/// Starts the bus on what it has, lets a reader take all that it can and say nothing, and says how
/// much memory that is: what is kept at hand of what was carried is not there yet.
async fn memory_kib(city: &mut City) -> u64 {
    let data = city.data().to_owned();
    city.kill(Part::Bus);
    city.start(Part::Bus);
    until("the bus answers", async || listed(&data).await.is_some()).await;
    let silent = silent(&data, "unit/housing").await;
    let (mut last, mut same) = (0, 0);
    let takes_no_more = async || {
        let now = mailbox(&data, "unit/housing").await.in_hand;
        same = if now == last { same + 1 } else { 0 };
        last = now;
        now > 500 && same >= LOOKS
    };
    until("it takes no more", takes_no_more).await;
    let found = city.memory_kib(Part::Bus);
    drop(silent);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_what_waits_nor_with_a_reader_that_takes_and_says_nothing() {
    let mut city = City::new("standard", &[]);
    let data = city.data().to_owned();
    city.start(Part::Bus);
    fill(&data, "unit/housing", 1..=FEW, 3_000).await;
    let before = memory_kib(&mut city).await;
    fill(&data, "unit/housing", FEW + 1..=FEW + MORE, 3_000).await;
    let after = memory_kib(&mut city).await;
    assert_eq!(mailbox(&data, "unit/housing").await.depth, FEW + MORE);
    println!("{before} KiB with {FEW} waiting, {after} KiB with {MORE} more");
    assert!(after < before + GROWTH_KIB, "{before} KiB, and {after} with {MORE} more waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_and_says_nothing_harms_nobody() {
    const COUNT: u64 = 4_000;
    let mut city = City::new("standard", &[]);
    let data = city.data().to_owned();
    city.start(Part::Bus);
    for to in ["unit/housing", "unit/fire_rescue"] {
        fill(&data, to, 1..=COUNT, COUNT).await;
    }
    let (to, never_read) = silent(&data, "unit/housing").await;
    until("it has taken some", async || mailbox(&data, "unit/housing").await.in_hand > 0).await;
    let end = CancellationToken::new();
    let stores = ["unit/housing", "unit/fire_rescue"].map(|party| {
        let store = talk::open(&data.join("readers"), party);
        let (identity, bus) = (identity(&data, party), line(&data, party, &["bus"]));
        tokio::spawn(inbox::run(store.clone(), identity, bus, end.clone()));
        store
    });
    let numbers =
        |at: usize| heard(&stores[at]).iter().map(|one| one.number).collect::<BTreeSet<_>>();
    until("another mailbox is read", async || numbers(1).len() as u64 == COUNT).await;
    // Another reader of its own mailbox gets all but what it has in hand.
    let rest = async || {
        let own = mailbox(&data, "unit/housing").await;
        own.depth == own.in_hand && numbers(0).len() as u64 == COUNT - own.depth
    };
    until("its own mailbox is read", rest).await;
    assert!(mailbox(&data, "unit/housing").await.in_hand > 0, "it still says nothing");
    drop((to, never_read));
    until("what it had comes to the other", async || numbers(0).len() as u64 == COUNT).await;
    until("nothing waits", async || mailbox(&data, "unit/housing").await.depth == 0).await;
    end.cancel();
}
