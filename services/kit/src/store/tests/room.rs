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

/// Small segments, and a look every few milliseconds.
pub(super) fn open_kept(dir: &Path, archive: Option<&Path>) -> Result<Store<Words>, Error> {
    let (every, archive) = (std::time::Duration::from_millis(5), archive.map(Path::to_owned));
    let (keep_bytes, segment_bytes) = (8_192, 4_096);
    let (snapshot_records, below) = (50, "one".to_owned());
    let house = House { keep_bytes, segment_bytes, snapshot_records, every, archive, below };
    let clock = Clock::fixed(Moment(5));
    Store::open_kept(dir, Words, clock, Stats::default(), (&house, "admin/root".to_owned()))
}

async fn kept(store: &Store<Words>, is_so: impl Fn(&Kept) -> bool) -> Kept {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let kept = store.kept();
        if is_so(&kept) {
            return kept;
        }
        assert!(tokio::time::Instant::now() < deadline, "{kept:?} {:?}", store.room());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_house_is_bounded_unless_something_else_is_said() {
    let house: House = crate::config::parse("", Path::new("house.toml")).unwrap();
    assert_eq!((house.keep_bytes, house.segment_bytes), (1 << 30, 64 << 20));
    assert_eq!(house, House::default());
    let house: House = crate::config::parse("every = \"0s\"", Path::new("house.toml")).unwrap();
    // It is looked at as often as is useful.
    let (dir, owner) = (tempfile::tempdir().unwrap(), "admin/root".to_owned());
    let clock = Clock::fixed(Moment(5));
    let store = Store::open_kept(dir.path(), Words, clock, Stats::default(), (&house, owner));
    kept(&store.unwrap(), |kept| kept.looked.is_some()).await;
}

#[tokio::test]
async fn a_bounded_journal_gives_room_back_and_its_view_is_made_again_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_small(dir.path()).unwrap();
    count(&store, 150).await;
    let full = store.room();
    assert_eq!(store.tidy(0).unwrap(), 0, "nothing has reached its receivers");
    assert!(store.room().archived > 0);
    settle(&store, 1..=79).await;
    assert!(store.tidy(0).unwrap() > 0);
    let room = store.room();
    assert!(room.first > 40 && room.first <= 80, "{room:?}");
    settle(&store, 80..=150).await;
    let before = store.dump().unwrap();
    drop(store);
    closed(dir.path()).await;
    // From now on by itself, and never more than the bound and the open segment.
    let store = open_kept(dir.path(), None).unwrap();
    kept(&store, |kept| kept.freed_bytes > 0).await;
    assert!(store.room().journal_bytes <= 8_192 + 4_096, "{:?}", store.room());
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
async fn what_holds_the_record_is_said_until_it_is_let_go_of() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_kept(dir.path(), None).unwrap();
    count(&store, 150).await;
    let held = kept(&store, |kept| kept.hold.is_some()).await.hold.unwrap();
    assert_eq!((held.by.as_str(), held.since), ("followers", Moment(5)));
    assert!(held.why.contains("place 1 "), "{}", held.why);
    settle(&store, 1..=150).await;
    let over = kept(&store, |kept| kept.hold.is_none()).await;
    assert!(over.freed_bytes > 0 && over.bound_bytes == 8_192, "{over:?}");
    // A copy that is not what it was lets nothing go, and is named.
    let first = store.room().first;
    let copy = dir.path().join("archive").join(format!("{first:020}.seg"));
    kept(&store, |_| copy.exists()).await;
    std::fs::write(&copy, "rotten").unwrap();
    count(&store, 150).await;
    settle(&store, 151..=300).await;
    let held = kept(&store, |kept| kept.hold.is_some()).await.hold.unwrap();
    assert_eq!(held.by, "archive");
    assert!(held.why.contains(&copy.display().to_string()), "{}", held.why);
    assert_eq!(store.room().first, first);
    // Whoever must act removes it: it is made anew, and room comes back.
    std::fs::remove_file(&copy).unwrap();
    kept(&store, |kept| kept.hold.is_none()).await;
    kept(&store, |_| store.room().first > first).await;
}

#[tokio::test]
async fn an_archive_may_be_on_another_disk_which_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    let (role, disk) = (dir.path().join("role"), dir.path().join("disk"));
    let away = open_kept(&role, Some(&disk)).err().unwrap();
    assert!(matches!(&away, Error::Archive { .. }), "{away}");
    std::fs::create_dir(&disk).unwrap();
    for _ in 0..2 {
        let store = open_kept(&role, Some(&disk)).unwrap();
        count(&store, 150).await;
        kept(&store, |_| store.room().archived > 0).await;
        assert!(disk.join("one/MANIFEST").exists());
        // The files are ahead of what the store says of them for as long as it copies.
        let on_disk = || journal::room(role.join("journal")).unwrap().archived;
        kept(&store, |_| store.room().archived == on_disk()).await;
        drop(store);
        closed(&role).await;
    }
    let elsewhere = open_kept(&role, Some(dir.path())).err().unwrap();
    assert!(matches!(&elsewhere, Error::Archive { .. }), "{elsewhere}");
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
