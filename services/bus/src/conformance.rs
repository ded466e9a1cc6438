//! What every engine must keep, as stories over `&dyn Engine`: the local one today, any other
//! tomorrow. A [`Stage`] opens an engine and opens it again, as after a restart.
//!
//! Two followers are mandatory, `service/worker` and `service/gateway`; `unit/housing`,
//! `unit/fire` and `community/c1` can be sent to; a mailbox holds [`DEPTH`] envelopes, and an envelope
//! is delivered [`ATTEMPTS`] times before it is parked. Its record is bounded, see [`config`].

mod parking;
pub mod room;
pub mod signing;
mod subscribing;
mod taking;
mod timing;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{envelope::Envelope, moment::Moment, party::Party};
use kit::store::House;

use crate::{
    Config,
    engine::{
        Ask, Delivery, Engine, Error, Fate, Held, Parcel, Placement, Receipt, Receipts, Recorded,
    },
};
use signing::{committed, ended};

/// How many envelopes a mailbox holds on a stage.
pub const DEPTH: u64 = 50;
/// How often an envelope is delivered on a stage before it is parked.
pub const ATTEMPTS: u32 = 5;
/// Longer than any wait here, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the engine under test.
#[async_trait]
pub trait Stage: Send + Sync {
    /// Opens it: empty the first time, then as it was left. The one before has been dropped.
    async fn open(&self) -> Arc<dyn Engine>;
}

/// The configuration of a stage.
pub fn config() -> Config {
    let recipients = ["unit/housing", "unit/fire", "community/c1"].map(party).to_vec();
    // Small segments, a small bound and a look every few milliseconds: in every story the record is
    // let go of meanwhile, and its view is snapshot.
    let (keep_bytes, segment_bytes, snapshot_records) = (8_192, 4_096, 50);
    let every = Duration::from_millis(20);
    let house = House { keep_bytes, segment_bytes, snapshot_records, every, ..House::default() };
    Config { recipients, mailbox_depth: DEPTH, attempts_max: ATTEMPTS, house, ..Config::default() }
}

/// Runs every story, each on a stage of its own.
pub async fn every_story<S: Stage>(stage: impl Fn() -> S) {
    taken_once(&*stage().open().await).await;
    refused_whole(&*stage().open().await).await;
    in_order(&*stage().open().await).await;
    redelivered(&*stage().open().await).await;
    urgent(&*stage().open().await).await;
    acknowledged(&*stage().open().await).await;
    bounded(&*stage().open().await).await;
    settled(&*stage().open().await).await;
    settled_by_whom(&*stage().open().await).await;
    many_settled(&*stage().open().await).await;
    followed(&*stage().open().await).await;
    listed(&*stage().open().await).await;
    waited_for(stage().open().await).await;
    durable(&stage()).await;
    taking::one_by_one(&*stage().open().await).await;
    taking::nothing_for_who_has_gone(stage().open().await).await;
    taking::watched(&stage(), &stage()).await;
    taking::told(&*stage().open().await).await;
    parking::parked(&*stage().open().await).await;
    parking::put_back(&*stage().open().await).await;
    parking::skipped(&*stage().open().await).await;
    parking::late(&*stage().open().await).await;
    parking::poisoned(&*stage().open().await).await;
    parking::listed(&*stage().open().await).await;
    parking::resolved_in_hand(&*stage().open().await).await;
    parking::durable(&stage()).await;
    timing::delayed(&*stage().open().await).await;
    timing::extended(&*stage().open().await).await;
    timing::released(&*stage().open().await).await;
    timing::refused_behind(&*stage().open().await).await;
    timing::early(&*stage().open().await).await;
    timing::expired(&*stage().open().await).await;
    signing::covered(&*stage().open().await).await;
    signing::committed_whole(&*stage().open().await).await;
    signing::shown(&stage()).await;
    subscribing::subscribed(&stage()).await;
    subscribing::bounded(&*stage().open().await).await;
    subscribing::located(&*stage().open().await).await;
    room::let_go_of(&stage()).await;
}

pub fn party(text: &str) -> Party {
    text.parse().unwrap()
}

/// An envelope of `unit/enforcement`, named after its recipient and number.
pub fn envelope(recipient: &str, number: u64, subject: &str) -> Envelope {
    let name = if recipient.is_empty() { "record" } else { recipient };
    Envelope {
        id: format!("{name}/{number}").parse().unwrap(),
        source: party("unit/enforcement"),
        kind: "muster.case.v1.UnitCalled".into(),
        subject: subject.into(),
        time: Moment(1_000),
        recipient: (!recipient.is_empty()).then(|| party(recipient)),
        number,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: domain::envelope::Terms::default(),
        body: vec![7; 16],
    }
}

/// Publishes one request.
pub async fn take(
    engine: &dyn Engine,
    source: &Party,
    envelopes: Vec<Envelope>,
) -> Result<Vec<Placement>, Error> {
    let parcels = envelopes.into_iter().map(Parcel::from).collect();
    engine.publish(source, vec![parcels]).await.pop().unwrap()
}

/// Reads an envelope of the record.
pub fn opened(recorded: &Recorded) -> Envelope {
    recorded.envelope().unwrap()
}

pub async fn publish(engine: &dyn Engine, envelopes: Vec<Envelope>) -> Vec<u64> {
    let placed = take(engine, &party("unit/enforcement"), envelopes).await.unwrap();
    placed.into_iter().map(|placed| placed.place).collect()
}

fn ask(max: usize) -> Ask {
    Ask { max, wait: Duration::ZERO, lease: PATIENCE * 6 }
}

async fn fetch(engine: &dyn Engine, mailbox: &str, ask: Ask) -> Vec<(String, u32)> {
    let deliveries = engine.fetch(&party(mailbox), ask).await.unwrap();
    let name = |one: Delivery| (opened(&one.recorded).id.to_string(), one.attempt);
    deliveries.into_iter().map(name).collect()
}

async fn ids(engine: &dyn Engine, mailbox: &str, max: usize) -> Vec<String> {
    fetch(engine, mailbox, ask(max)).await.into_iter().map(|(id, _)| id).collect()
}

fn held(deliveries: &[Delivery]) -> Vec<Held> {
    deliveries.iter().map(Delivery::held).collect()
}

async fn acknowledge(engine: &dyn Engine, mailbox: &str, places: &[u64]) -> u32 {
    ended(engine, &party(mailbox), places.to_vec()).await.unwrap()
}

async fn commit(engine: &dyn Engine, place: u64) {
    for follower in ["service/worker", "service/gateway"] {
        committed(engine, &party(follower), place).await.unwrap();
    }
}

async fn receipts(engine: &dyn Engine, after: u64) -> Vec<Receipt> {
    all_receipts(engine, &party("unit/enforcement"), after).await
}

/// All receipts after a place, as a sender that reads on and on gets them.
pub async fn all_receipts(engine: &dyn Engine, source: &Party, after: u64) -> Vec<Receipt> {
    let (mut after, mut receipts) = (after, Vec::new());
    loop {
        let piece = engine.receipts(source, after, 500).await.unwrap();
        receipts.extend(piece.receipts);
        if piece.upto <= after {
            return receipts;
        }
        after = piece.upto;
    }
}

async fn settled_places(engine: &dyn Engine) -> Vec<u64> {
    receipts(engine, 0).await.into_iter().map(|receipt| receipt.place).collect()
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome.unwrap_err() {
        Error::Rejected(rejection) => rejection.reason,
        Error::Gap { expected, .. } => format!("gap, {expected} is expected"),
    }
}

/// A repeat gets its first place, within a call and across calls; nothing is taken twice.
async fn taken_once(engine: &dyn Engine) {
    let source = party("unit/enforcement");
    let [one, two] = [1, 2].map(|number| envelope("unit/housing", number, "case/w/1"));
    let first = take(engine, &source, vec![one.clone(), two.clone()]).await.unwrap();
    assert!(first[0].place < first[1].place && first.iter().all(|placed| !placed.is_duplicate));

    let three = envelope("unit/housing", 3, "case/w/1");
    let call = vec![two.clone(), three.clone(), three.clone(), one.clone()];
    let again = take(engine, &source, call).await.unwrap();
    let duplicates: Vec<bool> = again.iter().map(|placed| placed.is_duplicate).collect();
    assert_eq!(duplicates, [true, false, true, true]);
    assert_eq!([again[0].place, again[3].place], [first[1].place, first[0].place]);
    assert_eq!(again[0].accepted_at, first[1].accepted_at);
    assert_eq!(again[1].place, again[2].place);

    let piece = engine.read(0, 500).await.unwrap();
    assert_eq!(piece.recorded.len(), 3);
    assert_eq!(piece.recorded[2].place, again[1].place);
    assert_eq!(opened(&piece.recorded[2]), three);
    assert_eq!(ids(engine, "unit/housing", 10).await.len(), 3);
    // The same id and number of another source is another envelope.
    let other = Envelope { source: party("unit/fire"), ..one };
    let placed = take(engine, &party("unit/fire"), vec![other]).await.unwrap();
    assert!(!placed[0].is_duplicate);
}

/// What is wrong is refused with its reason, and nothing of the call is taken.
async fn refused_whole(engine: &dyn Engine) {
    let source = party("unit/enforcement");
    let make = |number| envelope("unit/housing", number, "case/w/1");
    publish(engine, vec![make(1)]).await;
    let last = *engine.growth().borrow();
    let other = Envelope { body: vec![8], ..make(1) };
    let reused = Envelope { id: "another".parse().unwrap(), ..make(1) };
    let stranger = Envelope { recipient: Some(party("unit/ghost")), ..make(1) };
    let stranger = Envelope { id: "ghost/1".parse().unwrap(), ..stranger };
    let other_within = Envelope { body: vec![8], ..make(2) };
    for (wrong, expected) in [
        (vec![other], "ENVELOPE_ID_REUSED"),
        (vec![other_within], "ENVELOPE_ID_REUSED"),
        (vec![reused], "NUMBER_REUSED"),
        (vec![stranger], "UNKNOWN_RECIPIENT"),
        (vec![make(4)], "gap, 3 is expected"),
        (vec![make(3), make(5)], "gap, 4 is expected"),
        (vec![envelope("", 2, "case/w/1")], "gap, 1 is expected"),
    ] {
        let call = [vec![make(2)], wrong].concat();
        assert_eq!(reason(take(engine, &source, call).await), expected);
    }
    assert_eq!(engine.read(0, 500).await.unwrap().recorded.len(), 1);
    assert_eq!(*engine.growth().borrow(), last);
    publish(engine, vec![make(2)]).await;
}

/// Nothing of a subject is delivered while an earlier one of it is in somebody's hands.
async fn in_order(engine: &dyn Engine) {
    let subjects = ["case/w/1", "case/w/2", "case/w/1", "case/w/2", "case/w/1"];
    let make = |(number, subject): (u64, &&str)| envelope("unit/housing", number, subject);
    let places = publish(engine, (1..).zip(&subjects).map(make).collect()).await;
    assert_eq!(ids(engine, "unit/housing", 1).await, ["unit/housing/1"]);
    assert_eq!(ids(engine, "unit/housing", 1).await, ["unit/housing/2"]);
    assert!(ids(engine, "unit/housing", 10).await.is_empty());
    acknowledge(engine, "unit/housing", &places[1..2]).await;
    assert_eq!(ids(engine, "unit/housing", 10).await, ["unit/housing/4"]);
    acknowledge(engine, "unit/housing", &places[..1]).await;
    assert_eq!(ids(engine, "unit/housing", 10).await, ["unit/housing/3", "unit/housing/5"]);
    // Acknowledged in another order: the earlier one still holds its subject.
    acknowledge(engine, "unit/housing", &places[4..]).await;
    let six = envelope("unit/housing", 6, "case/w/1");
    let six = publish(engine, vec![six]).await;
    assert!(ids(engine, "unit/housing", 10).await.is_empty());
    acknowledge(engine, "unit/housing", &places[2..3]).await;
    assert_eq!(ids(engine, "unit/housing", 10).await, ["unit/housing/6"]);
    acknowledge(engine, "unit/housing", &six).await;
    assert!(ids(engine, "unit/fire", 10).await.is_empty());
}

/// What is not acknowledged comes again with its count, and before what is behind it.
async fn redelivered(engine: &dyn Engine) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let places = publish(engine, vec![make(1), make(2)]).await;
    let short = Ask { max: 1, wait: Duration::ZERO, lease: Duration::from_millis(30) };
    assert_eq!(fetch(engine, "unit/housing", short).await, [("unit/housing/1".to_owned(), 1)]);
    for attempt in 2..4 {
        let again = fetch(engine, "unit/housing", Ask { wait: PATIENCE, ..short }).await;
        assert_eq!(again, [("unit/housing/1".to_owned(), attempt)]);
    }
    // An acknowledgement that comes after the lease has ended still counts.
    let longer = Ask { wait: PATIENCE, max: 10, ..ask(10) };
    let both = fetch(engine, "unit/housing", longer).await;
    assert_eq!(both, [("unit/housing/1".to_owned(), 4), ("unit/housing/2".to_owned(), 1)]);
    assert_eq!(acknowledge(engine, "unit/housing", &places).await, 2);
    assert!(ids(engine, "unit/housing", 10).await.is_empty());
}

/// An urgent subject overtakes others, never itself.
async fn urgent(engine: &dyn Engine) {
    let make = |number, subject, priority| {
        let envelope = envelope("unit/housing", number, subject);
        Envelope { priority, ..envelope }
    };
    let slow = vec![make(1, "case/w/1", 0), make(2, "case/w/2", 0), make(3, "case/w/3", 1)];
    publish(engine, slow).await;
    publish(engine, vec![make(4, "assist/w/1", 9), make(5, "case/w/2", 5)]).await;
    let order = [4, 2, 5, 3, 1].map(|number| format!("unit/housing/{number}"));
    let mut found = Vec::new();
    for _ in 0..order.len() {
        let deliveries = engine.fetch(&party("unit/housing"), ask(1)).await.unwrap();
        let Some(one) = deliveries.first() else { break };
        found.push(opened(&one.recorded).id.to_string());
        acknowledge(engine, "unit/housing", &[one.recorded.place]).await;
    }
    assert_eq!(found, order);
}

/// An acknowledgement counts once, and only for what is in the caller's own mailbox.
async fn acknowledged(engine: &dyn Engine) {
    let [a, b] = ["unit/housing", "unit/fire"].map(|unit| envelope(unit, 1, "case/w/1"));
    let places = publish(engine, vec![a, b, envelope("", 1, "case/w/1")]).await;
    let (mine, others, nobodys) = (places[0], places[1], places[2]);
    ids(engine, "unit/housing", 10).await;
    let unit = party("unit/housing");
    for wrong in [others, nobodys, nobodys + 1_000, 0] {
        let outcome = ended(engine, &unit, vec![mine, wrong]).await;
        assert_eq!(reason(outcome), "NOT_IN_MAILBOX");
    }
    assert_eq!(acknowledge(engine, "unit/housing", &[mine, mine]).await, 1);
    let last = *engine.growth().borrow();
    assert_eq!(acknowledge(engine, "unit/housing", &[mine]).await, 0);
    assert_eq!(*engine.growth().borrow(), last);
    assert_eq!(ids(engine, "unit/fire", 10).await, ["unit/fire/1"]);
}

/// A full mailbox refuses, others do not; what is acknowledged makes room.
async fn bounded(engine: &dyn Engine) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let all = (1..=DEPTH).map(make).collect();
    let places = publish(engine, all).await;
    let source = party("unit/enforcement");
    let full = take(engine, &source, vec![make(DEPTH + 1)]).await;
    assert_eq!(reason(full), "MAILBOX_FULL");
    publish(engine, vec![envelope("unit/fire", 1, "case/w/1"), make(DEPTH)]).await;
    acknowledge(engine, "unit/housing", &places[..1]).await;
    let over = take(engine, &source, vec![make(DEPTH + 1), make(DEPTH + 2)]).await;
    assert_eq!(reason(over), "MAILBOX_FULL");
    publish(engine, vec![make(DEPTH + 1)]).await;

    let found = engine.mailboxes(None, 1).await.unwrap();
    assert_eq!((&found[0].party, found[0].depth), (&party("unit/fire"), 1));
    let found = engine.mailboxes(Some(&found[0].party), 5).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].party, found[0].depth), (&party("unit/housing"), DEPTH));
    let recorded = engine.read(places[0], 1).await.unwrap().recorded;
    assert_eq!(found[0].oldest, Some(recorded[0].accepted_at));
}

/// An envelope is settled once its recipient and both followers have it, in either order, once.
async fn settled(engine: &dyn Engine) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let places = publish(engine, vec![make(1), make(2), make(3)]).await;
    acknowledge(engine, "unit/housing", &places[..1]).await;
    committed(engine, &party("service/worker"), places[1]).await.unwrap();
    assert!(receipts(engine, 0).await.is_empty());
    let reached = committed(engine, &party("service/gateway"), places[1]).await.unwrap();
    assert_eq!(reached, places[1]);
    assert_eq!(settled_places(engine).await, places[..1]);
    acknowledge(engine, "unit/housing", &places[1..]).await;
    assert_eq!(settled_places(engine).await, places[..2]);
    // A commit never goes back, and a repeat settles nothing again.
    assert_eq!(committed(engine, &party("service/gateway"), 1).await.unwrap(), places[1]);
    let last = *engine.growth().borrow();
    commit(engine, places[1]).await;
    assert_eq!(*engine.growth().borrow(), last);
    assert_eq!(settled_places(engine).await, places[..2]);
    commit(engine, places[2]).await;
    let all = receipts(engine, 0).await;
    assert_eq!(settled_places(engine).await, places);
    assert!(all.windows(2).all(|two| two[0].receipt_place <= two[1].receipt_place));
    assert_eq!(receipts(engine, all[1].receipt_place).await, all[2..]);
    let third = &all[2];
    assert_eq!((third.place, third.number, third.fate), (places[2], 3, Fate::Settled));
    assert_eq!(third.recipient, Some(party("unit/housing")));
    assert!(engine.receipts(&party("unit/fire"), 0, 500).await.unwrap().receipts.is_empty());
}

/// Who has no service that fetches is reached by the followers alone.
async fn settled_by_whom(engine: &dyn Engine) {
    let recipients = ["", "community/c1", "service/gateway", "unit/housing"];
    let envelopes = recipients.map(|recipient| envelope(recipient, 1, "case/w/1")).to_vec();
    let places = publish(engine, envelopes).await;
    for mailbox in ["community/c1", "service/gateway"] {
        assert!(ids(engine, mailbox, 10).await.is_empty());
    }
    commit(engine, places[3]).await;
    assert_eq!(settled_places(engine).await, places[..3]);
    assert_eq!(receipts(engine, 0).await[0].recipient, None);
}

/// One commit settles thousands, and a sender that resumes by place gets each of them once.
async fn many_settled(engine: &dyn Engine) {
    let make = |number| envelope("", number, "case/w/1");
    let mut places = Vec::new();
    for call in 0..5 {
        places.extend(publish(engine, (1..=500).map(|n| make(call * 500 + n)).collect()).await);
    }
    commit(engine, places[2_499]).await;
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let some = engine.receipts(&party("unit/enforcement"), after, 10).await.unwrap();
        if some.upto <= after {
            break;
        }
        after = some.upto;
        found.extend(some.receipts.into_iter().map(|receipt| receipt.place));
    }
    assert_eq!(found, places);
}

/// The record is read from any place on, in pieces, and passes what is no envelope.
async fn followed(engine: &dyn Engine) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let mut places = publish(engine, vec![make(1), make(2)]).await;
    acknowledge(engine, "unit/housing", &places).await;
    commit(engine, places[1]).await;
    places.extend(publish(engine, vec![make(3)]).await);
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let piece = engine.read(after, 2).await.unwrap();
        if piece.upto == after {
            break;
        }
        after = piece.upto;
        found.extend(piece.recorded.into_iter().map(|recorded| recorded.place));
    }
    assert_eq!(found, places);
    assert_eq!(after, *engine.growth().borrow());
    let piece = engine.read(places[0], 500).await.unwrap();
    assert_eq!(piece.recorded.len(), 2);
    assert!(engine.read(u64::MAX, 5).await.unwrap().recorded.is_empty());
}

/// A subject's record is whole and its own, page by page.
async fn listed(engine: &dyn Engine) {
    let subjects = ["case/w/1", "case/w/10", "case/w/1", "case/w/1"];
    let make = |(number, subject): (u64, &&str)| envelope("unit/housing", number, subject);
    let places = publish(engine, (1..).zip(&subjects).map(make).collect()).await;
    acknowledge(engine, "unit/housing", &places).await;
    let page = engine.list("case/w/1", 0, 2).await.unwrap();
    let found: Vec<u64> = page.recorded.iter().map(|recorded| recorded.place).collect();
    assert_eq!((found, page.more), (vec![places[0], places[2]], true));
    let page = engine.list("case/w/1", places[2], 2).await.unwrap();
    let found: Vec<u64> = page.recorded.iter().map(|recorded| recorded.place).collect();
    assert_eq!((found, page.more), (vec![places[3]], false));
    assert!(engine.list("case/w", 0, 2).await.unwrap().recorded.is_empty());
}

/// Who waits is woken by what comes, and by what an acknowledgement sets free.
async fn waited_for(engine: Arc<dyn Engine>) {
    let long = Ask { wait: PATIENCE * 30, ..ask(1) };
    let wait = || {
        let engine = engine.clone();
        tokio::spawn(async move { fetch(&*engine, "unit/housing", long).await })
    };
    let first = wait();
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let places = publish(&*engine, vec![make(1), make(2)]).await;
    let got = tokio::time::timeout(PATIENCE, first).await.unwrap().unwrap();
    assert_eq!(got[0].0, "unit/housing/1");
    let second = wait();
    tokio::task::yield_now().await;
    acknowledge(&*engine, "unit/housing", &places[..1]).await;
    let got = tokio::time::timeout(PATIENCE, second).await.unwrap().unwrap();
    assert_eq!(got[0].0, "unit/housing/2");
}

/// All of it survives a restart; what was in hand is delivered again.
async fn durable(stage: &impl Stage) {
    let make = |number| envelope("unit/housing", number, "case/w/1");
    let engine = stage.open().await;
    let log_id = engine.log_id();
    let places = publish(&*engine, vec![make(1), make(2), make(3)]).await;
    ids(&*engine, "unit/housing", 10).await;
    acknowledge(&*engine, "unit/housing", &places[..1]).await;
    commit(&*engine, places[1]).await;
    let before = receipts(&*engine, 0).await;
    let recorded = engine.read(0, 500).await.unwrap();
    drop(engine);

    let engine = stage.open().await;
    assert_eq!(engine.log_id(), log_id);
    assert_eq!(engine.read(0, 500).await.unwrap(), recorded);
    assert_eq!(receipts(&*engine, 0).await, before);
    let again = fetch(&*engine, "unit/housing", ask(10)).await;
    assert_eq!(again, [("unit/housing/2".to_owned(), 1), ("unit/housing/3".to_owned(), 1)]);
    let placed = take(&*engine, &party("unit/enforcement"), vec![make(3), make(4)]).await.unwrap();
    assert_eq!((placed[0].place, placed[0].is_duplicate), (places[2], true));
    assert!(!placed[1].is_duplicate && placed[1].place > places[2]);
    assert_eq!(engine.commit(&party("service/worker"), 0, None).await.unwrap(), places[1]);
    acknowledge(&*engine, "unit/housing", &places).await;
    let settled: BTreeSet<u64> = settled_places(&*engine).await.into_iter().collect();
    assert_eq!(settled, places[..2].iter().copied().collect());
}
