//! Room comes back while it runs, the state stays the same, and a restored log is another one.

use super::*;

/// Small segments, so that a few words fill several.
fn open_small(dir: &Path) -> Result<Store<Words>, Error> {
    let options = journal::Options { segment_bytes: 4_096, ..Default::default() };
    Store::open_with(dir, Words, Clock::fixed(Moment(5)), Stats::default(), options)
}

async fn count(store: &Store<Words>, words: usize) {
    for _ in 0..words {
        store.tell("word").await.unwrap();
    }
}

/// Every receiver has these.
async fn settle(store: &Store<Words>, numbers: std::ops::RangeInclusive<u64>) {
    let settled = numbers.map(|number| Settled { number, ..Settled::default() }).collect();
    store.progress(Progress { settled, ..Default::default() }).await.unwrap();
}

#[tokio::test]
async fn a_bounded_journal_gives_room_back_and_its_view_is_made_again_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path()).unwrap();
    count(&store, 150).await;
    let full = store.room();
    assert_eq!(store.tidy(0).unwrap(), 0, "the role has not let go of anything");
    assert!(store.room().archived > 0);
    store.let_go_before(80);
    store.let_go_before(40);
    assert_eq!(store.tidy(0).unwrap(), 0, "nothing has reached its receivers");
    settle(&store, 1..=149).await;
    assert!(store.tidy(0).unwrap() > 0);
    let room = store.room();
    assert!(room.first > 40 && room.first <= 80, "{room:?}");
    // From now on by itself, and never more than the bound and the open segment.
    store.let_go_before(u64::MAX);
    settle(&store, 150..=150).await;
    let before = store.dump().unwrap();
    let every = std::time::Duration::from_millis(5);
    store.keep_house(House { keep_bytes: 8_192, every });
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while store.room().journal_bytes > 8_192 + 4_096 {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", store.room());
        tokio::time::sleep(every).await;
    }
    assert!(store.room().journal_bytes < full.journal_bytes);
    assert_eq!(store.dump().unwrap(), before);
    assert!(store.record(1).unwrap().is_some());
    // The store ends although its house was kept.
    drop(store);
    closed(dir.path()).await;
    std::fs::remove_dir_all(dir.path().join("view")).unwrap();
    let store = open_small(dir.path()).unwrap();
    assert_eq!(store.dump().unwrap(), before);
    count(&store, 1).await;
}

#[tokio::test]
async fn a_restored_log_is_another_log_of_the_same_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let first = store.journal_id();
    let store = reopen(store, dir.path()).await;
    assert_eq!(store.journal_id(), first);
    std::fs::write(dir.path().join(incarnation::NAME), "00c0ffee").unwrap();
    let store = reopen(store, dir.path()).await;
    assert_eq!(store.journal_id(), format!("{first}-00c0ffee"));
    drop(store);
    closed(dir.path()).await;
    std::fs::write(dir.path().join(incarnation::NAME), "").unwrap();
    let wrong = Store::open(dir.path(), Words, Clock::fixed(Moment(5)), Stats::default());
    assert!(matches!(wrong.err(), Some(Error::Incarnation(_))));
}
