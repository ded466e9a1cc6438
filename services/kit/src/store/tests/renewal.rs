//! A view that fails under a running store is made anew, and the store goes on.

use std::{fs, time::Duration};

use super::*;

fn fail(store: &Store<Words>) {
    let view = store.shared.held.view().unwrap();
    store.shared.held.lose(&view, &view::Error::Panicked);
}

#[tokio::test]
async fn what_is_asked_when_the_view_has_failed_is_decided_on_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.tell("a").await.unwrap();
    let before = store.dump().unwrap();
    fail(&store);
    assert!(store.dump().is_err(), "nobody reads a view that has failed");
    assert_eq!(store.tell("no").await.unwrap_err().reason, "NO");
    assert_eq!(store.dump().unwrap(), before);
    fail(&store);
    assert_eq!(store.tell("a").await.unwrap().bytes, b"2");
    let now = store.dump().unwrap();
    assert_eq!(reopen(store, dir.path()).await.dump().unwrap(), now);
}

#[tokio::test]
async fn who_only_reads_gets_a_new_view_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.tell("a").await.unwrap();
    let refused = store.read(|_| Err::<(), _>(view::Error::Panicked)).unwrap_err();
    assert_eq!(refused.reason, "VIEW_FAILED");
    assert!(store.dump().is_err(), "nobody reads a view that has failed");
    assert_eq!(eventually(&store).await, 1);
}

#[tokio::test]
async fn a_view_that_cannot_be_made_yet_refuses_and_does_not_end_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.tell("a").await.unwrap();
    let folder = dir.path().join("view");
    fail(&store);
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    for _ in 0..2 {
        let refused = store.tell("a").await.unwrap_err();
        assert_eq!((refused.kind, &*refused.reason), (Kind::Unavailable, "VIEW_FAILED"));
    }
    fs::remove_file(&folder).unwrap();
    assert_eq!(eventually(&store).await, 1, "what was refused is not in it");
    assert_eq!(store.tell("a").await.unwrap().bytes, b"2");
}

/// The count of `a`, once it can be read.
async fn eventually(store: &Store<Words>) -> u64 {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        match store.read(|tx| tx.number(&key("a"))) {
            Ok(count) => return count,
            Err(refused) => assert!(tokio::time::Instant::now() < deadline, "{refused}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_full_disk_is_called_by_its_name() {
    let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    for (error, reason) in [
        (view::Error::Sled(sled::Error::Io(full())), "DISK_FULL"),
        (view::Error::Make { path: "view".into(), source: full() }, "DISK_FULL"),
        (view::Error::Sled(sled::Error::Corruption { at: None, bt: () }), "VIEW_FAILED"),
        (view::Error::Panicked, "VIEW_FAILED"),
        (view::Error::Away(Box::new(Rejection::unavailable("DISK_FULL", "x"))), "DISK_FULL"),
    ] {
        assert_eq!(crate::store::renewal::refusal(&error).reason, reason, "{error}");
    }
}
