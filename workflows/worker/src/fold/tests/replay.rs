//! The record of several cases comes twice, in any order that its senders allow: the fold is the same.

use std::collections::BTreeMap;

use kit::shuffle::shuffled;
use proto::envelope::{from_wire, to_wire};

use super::*;

const CASES: u64 = 5;

/// The record of one case, from the whistle to the closing.
async fn story() -> Vec<Envelope> {
    let mut desk = Desk::new();
    desk.called().await;
    for word in ["accept", "arrive", "dispose", "declare"] {
        desk.hear("unit/enforcement", &enforcement(word, 1), 3).await;
    }
    desk.hear("service/gateway", &Fact::Confirmed { round: 1, ratings: vec![] }, 4).await;
    desk.send(Step::Close(1, domain::case::Outcome::Confirmed)).await.unwrap();
    desk.bring_back(5).await;
    let records = desk.store.records_after(0, 1_000).unwrap();
    let received = records.into_iter().flat_map(|(_, record)| record.received);
    received.map(|one| from_wire(one.envelope.unwrap()).unwrap()).collect()
}

/// Several cases side by side, numbered as their senders number them; the last one stays open.
async fn record() -> Vec<Received> {
    let story = story().await;
    let (mut numbers, mut all) = (BTreeMap::<Party, u64>::new(), Vec::new());
    for (at, envelope) in story.iter().enumerate() {
        let is_end = envelope.kind.ends_with("CaseConfirmed") || envelope.kind.ends_with("Closed");
        for case in 1..=CASES - u64::from(is_end) {
            let number = numbers.entry(envelope.source.clone()).or_default();
            *number += 1;
            let envelope = Envelope {
                id: format!("{case}/{}", envelope.id).parse().unwrap(),
                subject: format!("case/wenshan/{case}"),
                recipient: None,
                number: *number,
                ..envelope.clone()
            };
            all.push(Received {
                place: all.len() as u64 + 1,
                accepted_at_ms: i64::try_from(at).unwrap(),
                envelope: Some(to_wire(&envelope)),
                log_id: "log".into(),
            });
        }
    }
    all
}

async fn take(store: &Store<Fold>, all: &[Received]) {
    for some in all.chunks(7) {
        store.receive(some.to_vec()).await.unwrap();
    }
}

/// Whistles, and which cases are open. Courses have moments, which may be others.
fn open_cases(store: &Store<Fold>) -> Vec<kit::view::Pair> {
    let all = store.dump().unwrap().1.into_iter();
    all.filter(|(key, _)| b"wo".contains(&key[0])).collect()
}

fn stages(store: &Store<Fold>) -> Vec<Stage> {
    let stage = |case: u64| {
        let case_id = CaseId::parse(case.to_string()).unwrap();
        store.read(|tx| kept(tx, &case_id)).unwrap().unwrap().course.stage
    };
    (1..=CASES).map(stage).collect()
}

#[tokio::test]
async fn the_whole_record_twice_and_shuffled_is_folded_once() {
    let all = record().await;
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = open_store(&dir);
    take(&store, &all).await;
    assert_eq!(stages(&store)[..4], [Stage::Closed; 4]);
    assert_eq!(stages(&store)[4], Stage::Confirming);
    let clean = store.dump().unwrap();
    for seed in 0..5 {
        take(&store, &shuffled(&[all.clone(), all.clone()], seed)).await;
        assert_eq!(store.dump().unwrap(), clean, "seed {seed}");
    }
    // From nothing, both copies at once: every case comes to the same. Nobody speaks of a case before
    // the record has its whistle.
    let mixed = open_store(&other);
    take(&mixed, &all[..usize::try_from(CASES).unwrap()]).await;
    take(&mixed, &shuffled(&[all.clone(), all.clone()], 9)).await;
    assert_eq!(stages(&mixed), stages(&store));
    assert_eq!(open_cases(&mixed), open_cases(&store));
}
