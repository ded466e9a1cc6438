//! A view that is made anew begins with its snapshot, if that is right, and is the same as without it.

use super::{room::open_kept, *};

async fn snapshot_of(dir: &Path, place: u64) -> view::Mark {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match view::Mark::of(&dir.join("view.snapshot")) {
            Some(mark) if mark.place >= place => return mark,
            found => assert!(tokio::time::Instant::now() < deadline, "{found:?}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn count(store: &Store<Words>, words: usize) {
    for _ in 0..words {
        store.tell("word").await.unwrap();
    }
}

async fn settle(store: &Store<Words>, numbers: std::ops::RangeInclusive<u64>) {
    let settled = numbers.map(|number| Settled { number, ..Settled::default() }).collect();
    store.progress(Progress { settled, ..Default::default() }).await.unwrap();
}

/// A store that has let go of its beginning and has a snapshot; answers its dump.
async fn written(dir: &Path) -> Dump {
    let store = open_kept(dir, None).unwrap();
    count(&store, 150).await;
    settle(&store, 1..=150).await;
    let mark = snapshot_of(dir, 100).await;
    assert_eq!(mark.journal, store.shared.journal.identity().0);
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while store.room().first == 1 {
        assert!(tokio::time::Instant::now() < deadline, "{:?}", store.kept());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    count(&store, 9).await;
    let dump = store.dump().unwrap();
    drop(store);
    closed(dir).await;
    dump
}

fn without_view(dir: &Path) {
    std::fs::remove_dir_all(dir.join("view")).unwrap();
}

#[tokio::test]
async fn what_is_before_a_snapshot_is_not_folded_again() {
    let dir = tempfile::tempdir().unwrap();
    let before = written(dir.path()).await;
    // Without the beginning of the record only a snapshot leads to a view.
    let (first, away) = (format!("archive/{:020}.seg", 1), dir.path().join("away"));
    std::fs::rename(dir.path().join(&first), &away).unwrap();
    without_view(dir.path());
    let store = open_kept(dir.path(), None).unwrap();
    assert_eq!(store.dump().unwrap(), before);
    let store = reopen(store, dir.path()).await;
    assert_eq!(store.dump().unwrap(), before);
    drop(store);
    closed(dir.path()).await;
    // One byte of it is wrong: it is passed over, and then the beginning is needed.
    let path = dir.path().join("view.snapshot");
    let good = std::fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(61).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, bad).unwrap();
        without_view(dir.path());
        assert!(open_kept(dir.path(), None).is_err(), "byte {at}");
    }
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    std::fs::rename(&away, dir.path().join(&first)).unwrap();
    without_view(dir.path());
    assert_eq!(open_kept(dir.path(), None).unwrap().dump().unwrap(), before);
}

#[tokio::test]
async fn a_snapshot_of_a_journal_that_went_on_otherwise_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    count(&store, 9).await;
    let (before, journal) = (store.dump().unwrap(), store.shared.journal.identity().0);
    let layout = store.shared.held.origin().layout;
    drop(store);
    closed(dir.path()).await;
    let other = View::make(&dir.path().join("other"), &Origin::now(journal, layout)).unwrap();
    other.commit([(b"w".to_vec(), Some(b"never".to_vec()))].into_iter().collect(), 5).unwrap();
    let mark = |place| Some(view::Mark { journal, layout, place, hash: [2; 32] });
    other.snapshot(&dir.path().join("view.snapshot"), mark).unwrap();
    without_view(dir.path());
    assert_eq!(open(dir.path()).dump().unwrap(), before);
}

#[tokio::test]
async fn a_view_that_was_filled_in_part_is_not_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let origin = Origin::now([1; 16], 1);
    drop(View::make(dir.path(), &origin).unwrap());
    assert!(View::open(dir.path(), &origin, 9).unwrap().dump().unwrap().is_empty());
    let db = sled::open(dir.path()).unwrap();
    db.insert(b"x", b"half of a snapshot").unwrap();
    drop(db);
    let view = View::open(dir.path(), &origin, 9).unwrap();
    assert!(view.dump().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_committed_while_a_snapshot_is_written_is_not_in_it_and_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, path) = (dir.path().join("view"), dir.path().join("view.snapshot"));
    let origin = Origin::now([1; 16], 1);
    let view = View::make(&folder, &origin).unwrap();
    let put = |place: u64| {
        let changes = [(place.to_be_bytes().to_vec(), Some(vec![7; 100_000]))];
        let changes = changes.into_iter().map(|(key, value)| ([b"k", &key[..]].concat(), value));
        view.commit(changes.collect(), place).unwrap();
    };
    (1..=9).for_each(put);
    let mark = |place| view::Mark { journal: [1; 16], layout: 1, place, hash: [2; 32] };
    view.snapshot(&path, |place| {
        // Many times what the young layer holds: it is given to sled only when this is written.
        (10..=200).for_each(put);
        Some(mark(place))
    })
    .unwrap();
    put(201);
    assert_eq!((view.upto(), view.dump().unwrap().len()), (201, 201));
    assert_eq!(view::Mark::of(&path), Some(mark(9)));
    let other = dir.path().join("other");
    let again = View::make_from(&other, &origin, &path).unwrap().unwrap();
    assert_eq!((again.upto(), again.dump().unwrap().len()), (9, 9));
}
