//! The whole of what was received comes twice, and in any order that its senders allow: its effects
//! are there once, and what has come is known in memory that does not grow with it.

use super::*;
use crate::shuffle::shuffled;

const COUNT: u64 = 2_000;
const SOURCES: [&str; 3] = ["unit/a", "unit/b", "service/worker"];

fn word(source: &str, number: u64) -> Received {
    let id = format!("e/{number}").parse().unwrap();
    let word = Outgoing::new(id, "case/1", ("t.T".into(), vec![]));
    let envelope = word.numbered(source.parse().unwrap(), number, Moment(1));
    let envelope = Some(proto::envelope::to_wire(&envelope));
    Received { place: 0, accepted_at_ms: 2, envelope, log_id: String::new() }
}

async fn take(store: &Store<Words>, all: &[Received]) {
    for some in all.chunks(100) {
        store.receive(some.to_vec()).await.unwrap();
    }
}

fn count(store: &Store<Words>) -> u64 {
    store.read(|tx| tx.number(b"received")).unwrap()
}

/// How many bytes say what was received.
fn books(store: &Store<Words>) -> usize {
    let all = store.dump().unwrap().1.into_iter();
    let known = all.filter(|(key, _)| key.starts_with(&[1, b'i']));
    known.map(|(key, value)| key.len() + value.len()).sum()
}

#[tokio::test]
async fn all_of_it_twice_and_shuffled_is_there_once_and_is_known_in_little_memory() {
    let of = |number| SOURCES.map(|source| word(source, number));
    let all: Vec<Received> = (1..=COUNT).flat_map(of).collect();
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(dir.path());
    take(&store, &all[..30]).await;
    let few = books(&store);
    take(&store, &all).await;
    assert_eq!(count(&store), SOURCES.len() as u64 * COUNT);
    let clean = store.dump().unwrap();
    for seed in 0..3 {
        take(&store, &shuffled(&[all.clone(), all.clone()], seed)).await;
        assert_eq!(store.dump().unwrap(), clean, "seed {seed}");
    }
    // The same from nothing: both copies at once, each sender's in its order.
    let mixed = open(other.path());
    take(&mixed, &shuffled(&[all.clone(), all.clone()], 7)).await;
    assert_eq!(count(&mixed), count(&store));
    assert_eq!(books(&mixed), books(&store));
    let room = SOURCES.len() * "2000".len();
    assert!(books(&store) <= few + room, "{} bytes, {few} for thirty", books(&store));
}

#[tokio::test]
async fn what_comes_early_is_kept_in_mind_only_until_the_gap_before_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    take(&store, &[word("unit/a", 1)]).await;
    let little = books(&store);
    let late: Vec<Received> = (3..=500).map(|number| word("unit/a", number)).collect();
    take(&store, &late).await;
    take(&store, &late).await;
    assert_eq!(count(&store), 499);
    take(&store, &[word("unit/a", 2), word("unit/a", 2)]).await;
    assert_eq!(count(&store), 500);
    assert!(books(&store) <= little + "500".len());
}
