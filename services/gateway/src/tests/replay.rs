//! The whole record comes to the gateway twice, in any order that its senders allow: the ledger is the
//! same.

use kit::shuffle::shuffled;
use proto::record::Received;

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";

/// Three cases in their stages, side by side; what the gateway has received of them.
async fn story(running: &Running) -> (Vec<String>, Vec<Received>) {
    let mut world = World::default();
    let mut ids = Vec::new();
    for request in ["r1", "r2", "r3"] {
        ids.push(running.raise(running.stall(request)).await);
    }
    world.echo(running).await;
    world.work_through(running, &ids[0], 1).await;
    world.tell(running, &ids[1], &[("service/worker", world::routed(1, true))]).await;
    world.tell(running, &ids[1], &[("service/worker", world::called(1, "enforcement"))]).await;
    world.tell(running, &ids[1], &[("service/worker", world::urged(1, "enforcement"))]).await;
    world.work_through(running, &ids[2], 1).await;
    world.tell(running, &ids[2], &[("service/worker", world::unconfirmed(1))]).await;
    let records = running.gateway.store().records_after(0, 1_000).unwrap();
    (ids, records.into_iter().flat_map(|(_, record)| record.received).collect())
}

async fn take(running: &Running, all: &[Received]) {
    for some in all.chunks(5) {
        running.gateway.store().receive(some.to_vec()).await.unwrap();
    }
}

/// The cases; by when something is owed is counted from a moment that may be another.
async fn seen(running: &Running, ids: &[String]) -> Vec<Case> {
    let mut cases = Vec::new();
    for id in ids {
        let mut case = running.get(OFFICE, id).await.unwrap();
        case.owed.iter_mut().for_each(|owed| (owed.due_at_ms, owed.from_ms) = (0, 0));
        cases.push(case);
    }
    cases
}

#[tokio::test]
async fn the_whole_record_twice_and_shuffled_is_in_the_ledger_once() {
    let running = Running::start().await;
    let (ids, all) = story(&running).await;
    assert!(all.len() > 20, "{} were received", all.len());
    let clean = running.gateway.dump().unwrap();
    for seed in 0..5 {
        take(&running, &shuffled(&[all.clone(), all.clone()], seed)).await;
        assert_eq!(running.gateway.dump().unwrap(), clean, "seed {seed}");
    }
    // A gateway that has nothing of its own yet, and gets both copies at once. Nobody speaks of a
    // case before the record has its whistle.
    let [one, mixed] = [Running::start().await, Running::start().await];
    take(&one, &all).await;
    take(&mixed, &all[..ids.len()]).await;
    take(&mixed, &shuffled(&[all.clone(), all.clone()], 9)).await;
    assert_eq!(seen(&mixed, &ids).await, seen(&one, &ids).await);
    let counts = |running: &Running| {
        let counts = running.gateway.counts().unwrap();
        (counts.raised, counts.open, counts.closed)
    };
    assert_eq!(counts(&mixed), counts(&one));
}
