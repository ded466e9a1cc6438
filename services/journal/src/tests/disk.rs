//! The same on the disk of this machine.

use std::fs;
use std::sync::Arc;

use super::{bodies, body, small};
#[cfg(target_os = "linux")]
use crate::disk::{Disk, RealDisk};
use crate::{Error, Journal, Options, verify};

#[test]
fn it_is_the_same_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("some/where/journal");
    let (mut right, mut identity) = (Vec::new(), None);
    for life in 0..4 {
        let journal = Journal::open(&path, small()).unwrap();
        assert_eq!(*identity.get_or_insert(journal.identity()), journal.identity());
        assert_eq!(bodies(&journal).unwrap(), right);
        for n in 0..20 {
            right.push(body(life * 20 + n, 150));
            journal.append_blocking(right[right.len() - 1..].to_vec()).unwrap();
        }
    }
    let verified = verify(&path).unwrap();
    assert_eq!((verified.records, Some(verified.identity)), (80, identity));
    assert!(verified.segments > 5, "{verified:?}");
}

#[test]
fn it_cannot_be_opened_twice() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), small()).unwrap();
    assert!(matches!(Journal::open(dir.path(), small()), Err(Error::Locked { .. })));
    drop(journal);
    Journal::open(dir.path(), small()).unwrap();
}

#[test]
fn a_torn_tail_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), Options::default()).unwrap();
    journal.append_blocking(vec![body(1, 50), body(2, 50)]).unwrap();
    drop(journal);
    let segment = dir.path().join("00000000000000000001.seg");
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, [&whole[..], &[7; 100]].concat()).unwrap();
    assert_eq!(verify(dir.path()).unwrap().torn_bytes, 100);
    let journal = Journal::open(dir.path(), Options::default()).unwrap();
    assert_eq!(journal.last(), 2);
    assert_eq!(fs::read(&segment).unwrap(), whole);
}

#[test]
fn readers_and_the_writer_do_not_disturb_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 64 << 10, ..Options::default() };
    let journal = Journal::open(dir.path(), options).unwrap();
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let journal = journal.clone();
            scope.spawn(move || {
                while journal.last() < 2_000 {
                    let last = journal.last();
                    let from = last.saturating_sub(reader * 100) + 1;
                    for record in journal.scan(from).take(200) {
                        let record = record.unwrap();
                        assert_eq!(record.body, body(record.place, 300));
                    }
                    if last > 0 {
                        let record = journal.read(last / 2 + 1).unwrap().unwrap();
                        assert_eq!(record.body, body(record.place, 300));
                    }
                }
            });
        }
        for first in (1..=2_000).step_by(10) {
            let batch = (first..first + 10).map(|place| body(place, 300)).collect();
            journal.append_blocking(batch).unwrap();
        }
    });
    assert_eq!(journal.last(), 2_000);
}

#[test]
fn the_clock_of_the_options_dates_the_records() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { clock: Arc::new(|| -5), ..Options::default() };
    let journal = Journal::open(dir.path(), options).unwrap();
    journal.append_blocking(vec![body(1, 5)]).unwrap();
    assert_eq!(journal.read(1).unwrap().unwrap().time, -5);
}

/// What is no file cannot be synced and says so, to whoever really asks.
#[test]
#[cfg(target_os = "linux")]
fn a_sync_is_asked_of_the_kernel() {
    let null = RealDisk.open_write("/dev/null".as_ref()).unwrap();
    null.write_at(b"x", 0).unwrap();
    assert!(null.sync_data().is_err());
    assert!(null.sync_all().is_err());
    assert!(RealDisk.sync_dir("/proc".as_ref()).is_err());
}
