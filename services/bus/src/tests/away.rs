//! Three days pass while something is in hand, too early, or about to expire; the clock is the test's.

use domain::{
    envelope::{Envelope, Terms},
    moment::Moment,
};

use super::*;
use crate::{
    conformance::{all_receipts, envelope, opened as read, party, publish},
    engine::{Ask, Cause, Delivery, Fate},
};

const HOUR: Duration = Duration::from_secs(3_600);
const START: Moment = Moment(1_700_000_000_000);
const UNIT: &str = "unit/housing";

fn timed(number: u64, early: Option<Duration>, late: Option<Duration>) -> Envelope {
    let [not_before, expires] = [early, late].map(|span| span.map(|span| START + span));
    let terms = Terms { not_before, expires, ..Terms::default() };
    Envelope { terms, ..envelope(UNIT, number, &format!("case/w/{number}")) }
}

async fn fetch(engine: &Local, max: usize) -> Vec<(u64, u32)> {
    let ask = Ask { max, wait: Duration::ZERO, lease: Duration::from_secs(30) };
    let found = engine.fetch(&party(UNIT), ask).await.unwrap();
    found.iter().map(|one: &Delivery| (read(&one.recorded).number, one.attempt)).collect()
}

async fn parked(engine: &Local) -> Vec<(u64, Cause)> {
    let found = engine.parked(None, None, 10).await.unwrap();
    found.iter().map(|one| (read(&one.recorded).number, one.cause)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_hand_too_early_or_too_late_for_three_days_is_as_it_was_promised() {
    let (folder, clock) = (Folder::new(), Clock::fixed(START));
    let config = conformance::config();
    let engine = opened(folder.0.path(), &config, clock.clone()).await;
    let calls = vec![
        envelope(UNIT, 1, "case/w/1"),
        envelope(UNIT, 2, "case/w/1"),
        timed(3, Some(24 * HOUR), None),
        timed(4, None, Some(48 * HOUR)),
        timed(5, Some(24 * HOUR), Some(96 * HOUR)),
        timed(6, Some(96 * HOUR), None),
    ];
    let places = publish(&engine, calls).await;
    assert_eq!(fetch(&engine, 2).await, [(1, 1), (2, 1)]);
    clock.advance(72 * HOUR);

    // What has expired is parked although nobody fetches; a lease that ended is one, however long.
    let expired = async {
        while parked(&engine).await != [(4, Cause::Expired)] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, expired).await.expect("what has expired is parked");
    assert_eq!(fetch(&engine, 10).await, [(1, 2), (2, 2), (3, 1), (5, 1)]);
    let told = all_receipts(&engine, &party("unit/enforcement"), 0).await;
    let told: Vec<_> = told.iter().map(|one| (one.place, one.fate)).collect();
    assert_eq!(told, [(places[3], Fate::Expired)], "its sender is told");

    // A word that comes three days late still counts, and what is still in hand comes again.
    let ended =
        conformance::signing::ended(&engine, &party(UNIT), places[..1].to_vec()).await.unwrap();
    assert_eq!(ended, 1);
    clock.advance(HOUR);
    assert_eq!(fetch(&engine, 10).await, [(2, 3), (3, 2), (5, 2)]);
    drop(engine);
    let engine = opened(folder.0.path(), &config, clock.clone()).await;
    assert_eq!(fetch(&engine, 10).await, [(2, 1), (3, 1), (5, 1)]);
    clock.advance(24 * HOUR);
    assert_eq!(fetch(&engine, 10).await, [(2, 2), (3, 2), (6, 1)], "the fifth has expired");
}
