//! Room ahead of the records: made in steps, seen by nobody, and gone when it is not needed.

use std::{fs, path::Path, sync::Arc};

use super::{bodies, body, open, small};
use crate::format::{Frame, Identity};
use crate::simulated::SimulatedDisk;
use crate::{Error, Journal, Options, verify, verify_on};

const FIRST: &str = "/var/journal/00000000000000000001.seg";

fn options(room_bytes: u64) -> Options {
    Options { segment_bytes: 1 << 20, room_bytes, ..small() }
}

fn length(disk: &SimulatedDisk, path: &str) -> usize {
    disk.bytes(Path::new(path)).unwrap().len()
}

#[test]
fn room_is_made_in_steps_and_given_back_at_the_end() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, options(1_000)).unwrap();
    journal.append_blocking(vec![body(1, 100)]).unwrap();
    let frame = 64 + 100;
    assert_eq!(length(&disk, FIRST), 128 + frame + 1_000);
    for place in 2..=7 {
        journal.append_blocking(vec![body(place, 100)]).unwrap();
        assert_eq!(length(&disk, FIRST), 128 + frame + 1_000, "{place} still fits");
    }
    journal.append_blocking(vec![body(8, 100)]).unwrap();
    assert_eq!(length(&disk, FIRST), 128 + 8 * frame + 1_000);
    let verified = verify_on(Arc::new(disk.clone()), "/var/journal").unwrap();
    assert_eq!((verified.records, verified.torn_bytes), (8, 0), "room is no torn tail");
    journal.close().unwrap();
    assert_eq!(length(&disk, FIRST), 128 + 8 * frame);
}

#[test]
fn a_sealed_segment_has_no_room_and_none_has_more_than_fits_into_it() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, Options { room_bytes: 1 << 20, ..small() }).unwrap();
    for place in 1..=12 {
        journal.append_blocking(vec![body(place, 300)]).unwrap();
    }
    assert_eq!(length(&disk, FIRST), 128 + 5 * 364, "what comes after has no room in it");
    assert_eq!(length(&disk, "/var/journal/00000000000000000011.seg"), 2_048);
    let verified = verify_on(Arc::new(disk.clone()), "/var/journal").unwrap();
    assert_eq!((verified.records, verified.segments, verified.torn_bytes), (12, 3, 0));
}

#[test]
fn a_disk_that_has_no_room_ahead_still_takes_what_fits() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, options(10_000)).unwrap();
    disk.set_capacity(Some(1_000));
    journal.append_blocking(vec![body(1, 300)]).unwrap();
    assert!(length(&disk, FIRST) < 1_000);
    let refused = journal.append_blocking(vec![body(2, 600)]);
    assert!(matches!(refused, Err(Error::DiskFull)), "{refused:?}");
    disk.set_capacity(None);
    journal.append_blocking(vec![body(3, 600)]).unwrap();
    assert!(length(&disk, FIRST) > 10_000, "and is asked for room again");
    assert_eq!(bodies(&journal).unwrap(), [body(1, 300), body(3, 600)]);
}

#[test]
fn what_was_cut_off_in_the_room_is_torn_and_the_room_behind_it_is_not() {
    for seed in 0..300 {
        let disk = SimulatedDisk::new();
        let journal = open(&disk, options(5_000)).unwrap();
        journal.append_blocking(vec![body(1, 700)]).unwrap();
        disk.power_off_after(0);
        journal.append_blocking(vec![body(2, 700), body(3, 700)]).unwrap_err();
        disk.cut(seed);
        let verified = verify_on(Arc::new(disk.clone()), "/var/journal").unwrap();
        assert!(verified.torn_bytes <= 2 * 764, "seed {seed}: {verified:?}");
        let journal = open(&disk, options(5_000)).unwrap();
        assert!((1..=3).contains(&journal.last()), "seed {seed}");
        let end = 128 + journal.last() * 764;
        assert_eq!(length(&disk, FIRST) as u64, end, "seed {seed}: nothing is behind the records");
    }
}

/// Its frame ends with zeros, as does the room behind it.
#[test]
fn a_later_record_that_ends_with_zeros_proves_that_the_one_before_was_synced() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), options(0)).unwrap();
    journal.append_blocking(vec![body(1, 100)]).unwrap();
    journal.append_blocking(vec![vec![0; 100]]).unwrap();
    let identity: Identity = journal.identity();
    drop(journal);
    fs::remove_file(dir.path().join("SYNCED")).unwrap();
    let segment = dir.path().join("00000000000000000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    let second = &bytes[128 + 164..];
    assert!(Frame::decode(identity, second).is_some() && second.ends_with(&[0; 100]));
    bytes[128 + 70] ^= 1;
    bytes.resize(1 << 20, 0);
    fs::write(&segment, bytes).unwrap();
    assert!(matches!(verify(dir.path()), Err(Error::Damaged(_))));
}

#[test]
fn the_file_system_makes_the_room_and_a_reader_does_not_see_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), Options::default()).unwrap();
    journal.append_blocking(vec![body(1, 100)]).unwrap();
    let segment = dir.path().join("00000000000000000001.seg");
    assert_eq!(fs::metadata(&segment).unwrap().len(), 128 + 164 + (4 << 20));
    assert_eq!(bodies(&journal).unwrap(), [body(1, 100)]);
    assert_eq!(journal.room().journal_bytes, 128 + 164);
    drop(journal);
    assert_eq!(fs::metadata(&segment).unwrap().len(), 128 + 164);
}
