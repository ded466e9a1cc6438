//! The archive and the trim: what is let go of is still read, and only what is vouched for goes.

use std::fs;
use std::path::Path;

use super::{bodies, body, small};
use crate::{Depth, Error, Journal, Options, verify};

/// A journal with many small segments.
fn filled(dir: &Path) -> Journal {
    let journal = Journal::open(dir.join("journal"), small()).unwrap();
    append(&journal, 1..=120);
    journal
}

fn append(journal: &Journal, places: std::ops::RangeInclusive<u64>) {
    for place in places {
        journal.append_blocking(vec![body(place, 90)]).unwrap();
    }
}

fn segments(dir: &Path) -> usize {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".seg")).count()
}

#[test]
fn what_was_trimmed_is_read_from_the_archive_before_and_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    let before = bodies(&journal).unwrap();
    assert_eq!(journal.trim(u64::MAX, 0).unwrap(), 0, "nothing goes that is not archived");
    let (own, archive) = (dir.path().join("journal"), dir.path().join("archive"));
    let all = segments(&own);
    // A reader that is in the middle of what goes.
    let mut reader = journal.scan(1);
    reader.next().unwrap().unwrap();
    assert_eq!(journal.archive().unwrap().len(), all - 1);
    assert!(journal.archive().unwrap().is_empty(), "each is archived once");
    let bytes = journal.room().journal_bytes;
    assert_eq!(journal.trim(u64::MAX, bytes).unwrap(), 0, "there is room enough");
    let freed = journal.trim(61, 0).unwrap();
    let room = journal.room();
    assert!(freed > 0 && room.journal_bytes == bytes - freed, "{room:?}");
    assert!(room.first > 1 && room.first <= 61 && room.last == 120, "{room:?}");
    assert_eq!(
        journal.trim(u64::MAX, 0).unwrap(),
        room.journal_bytes - journal.room().journal_bytes
    );
    assert_eq!(segments(&own), 1, "the open segment stays");
    assert_eq!(reader.map(|record| record.unwrap().body).collect::<Vec<_>>(), before[1..]);
    assert_eq!(bodies(&journal).unwrap(), before);
    assert_eq!(journal.read(7).unwrap().unwrap().body, before[6]);
    append(&journal, 121..=130);
    journal.close().unwrap();
    for depth in [Depth::Tail, Depth::Full] {
        let options = Options { verify: depth, ..small() };
        let journal = Journal::open(&own, options).unwrap();
        assert_eq!(bodies(&journal).unwrap()[..120], before);
        journal.close().unwrap();
    }
    let verified = verify(&own).unwrap();
    assert_eq!((verified.records, verified.trimmed), (130, all - 1), "{verified:?}");
    // Whoever has only half of it is told where the rest should be.
    fs::rename(&archive, dir.path().join("away")).unwrap();
    let away = Journal::open(&own, small()).err().unwrap().to_string();
    assert!(away.contains("MANIFEST"), "{away}");
    assert!(verify(&own).is_err());
}

#[test]
fn an_archive_that_is_away_is_named_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    journal.archive().unwrap();
    journal.trim(61, 0).unwrap();
    fs::rename(dir.path().join("archive"), dir.path().join("away")).unwrap();
    let gone = journal.read(3).unwrap_err().to_string();
    assert!(gone.contains("archive") && gone.contains(".seg"), "{gone}");
    let kept = segments(&dir.path().join("journal"));
    let refused = journal.trim(u64::MAX, 0).unwrap_err().to_string();
    assert!(refused.contains("archive") && refused.contains(".seg"), "{refused}");
    assert_eq!(
        segments(&dir.path().join("journal")),
        kept,
        "a copy that is away vouches for nothing"
    );
    append(&journal, 121..=125);
    assert!(journal.read(125).unwrap().is_some());
}

#[test]
fn every_change_of_the_archive_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    journal.archive().unwrap();
    journal.trim(61, 0).unwrap();
    journal.close().unwrap();
    let (own, archive) = (dir.path().join("journal"), dir.path().join("archive"));
    let whole = verify(&own).unwrap().archived;
    let names: Vec<_> =
        fs::read_dir(&archive).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in names {
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(37) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            // A wrong last line of the manifest is one that was cut off: it vouches for nothing.
            let is_noticed = verify(&own).map_or(true, |verified| verified.archived < whole);
            assert!(is_noticed, "byte {at} of {}", path.display());
        }
        fs::remove_file(&path).unwrap();
        assert!(verify(&own).is_err(), "without {}", path.display());
        fs::write(&path, &good).unwrap();
    }
    verify(&own).unwrap();
}

#[test]
fn a_segment_that_is_damaged_is_not_archived_and_not_trimmed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    let path = dir.path().join("journal").join(format!("{:020}.seg", 1));
    let mut bytes = fs::read(&path).unwrap();
    bytes[300] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = journal.archive().unwrap_err();
    assert!(matches!(refused, Error::Damaged(_)), "{refused}");
    assert_eq!(journal.trim(u64::MAX, 0).unwrap(), 0);
    assert!(path.exists());
}

#[test]
fn a_copy_that_was_damaged_since_lets_nothing_go_and_is_made_again_when_it_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    journal.archive().unwrap();
    let (own, copy) = (dir.path().join("journal"), dir.path().join("archive"));
    let (copy, kept) = (copy.join(format!("{:020}.seg", 1)), segments(&own));
    let good = fs::read(&copy).unwrap();
    let mut bad = good.clone();
    bad[300] ^= 1;
    fs::write(&copy, &bad).unwrap();
    let refused = journal.trim(u64::MAX, 0).unwrap_err();
    assert!(matches!(&refused, Error::Damaged(damage) if damage.file == copy), "{refused}");
    fs::write(&copy, &good[..300]).unwrap();
    let refused = journal.archive().unwrap_err();
    assert!(matches!(&refused, Error::Damaged(damage) if damage.file == copy), "{refused}");
    assert_eq!(segments(&own), kept);
    fs::remove_file(&copy).unwrap();
    assert!(journal.archive().unwrap().is_empty(), "it has its line already");
    assert_eq!(fs::read(&copy).unwrap(), good);
    assert!(journal.trim(u64::MAX, 0).unwrap() > 0);
    assert_eq!(bodies(&journal).unwrap().len(), 120);
    journal.close().unwrap();
    verify(&own).unwrap();
    assert!(matches!(journal.archive(), Err(Error::Closed)), "the next one that opens it is alone");
}

#[test]
fn the_archive_of_another_journal_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path());
    journal.archive().unwrap();
    journal.close().unwrap();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let other = filled(dir.path());
    let refused = other.archive().unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused}");
    let refused = other.trim(u64::MAX, 0).unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused}");
    assert_eq!(bodies(&other).unwrap().len(), 120);
}
