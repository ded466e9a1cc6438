//! A full disk refuses and forgets; a failed sync ends it.

use super::{bodies, body, open, small};
use crate::simulated::SimulatedDisk;
use crate::{Error, Options};

#[test]
fn a_full_disk_refuses_and_later_appends_succeed() {
    let disk = SimulatedDisk::new();
    let journal =
        open(&disk, Options { segment_bytes: 1 << 20, room_bytes: 0, ..small() }).unwrap();
    journal.append_blocking(vec![body(1, 300)]).unwrap();
    disk.set_capacity(Some(1_000));
    let refused = journal.append_blocking(vec![body(2, 300), body(3, 300)]);
    assert!(matches!(refused, Err(Error::DiskFull)), "{refused:?}");
    let small_enough = journal.append_blocking(vec![body(4, 100)]).unwrap();
    assert_eq!(small_enough.first, 2);
    disk.set_capacity(None);
    journal.append_blocking(vec![body(5, 300)]).unwrap();
    let right = vec![body(1, 300), body(4, 100), body(5, 300)];
    assert_eq!(bodies(&journal).unwrap(), right);
    drop(journal);
    assert_eq!(bodies(&open(&disk, small()).unwrap()).unwrap(), right);
}

#[test]
fn what_a_full_disk_refused_never_comes_back() {
    for seed in 0..200 {
        let disk = SimulatedDisk::new();
        let journal =
            open(&disk, Options { segment_bytes: 1 << 20, room_bytes: 0, ..small() }).unwrap();
        journal.append_blocking(vec![body(1, 300)]).unwrap();
        disk.set_capacity(Some(1_000));
        journal.append_blocking(vec![body(2, 200), body(3, 300)]).unwrap_err();
        disk.cut(seed);
        disk.set_capacity(None);
        assert_eq!(bodies(&open(&disk, small()).unwrap()).unwrap(), [body(1, 300)], "seed {seed}");
    }
}

#[test]
fn a_disk_that_is_full_at_a_new_segment_refuses_too() {
    // Every capacity between an empty journal and one of three segments is tried.
    for capacity in (128..6_000).step_by(37) {
        let disk = SimulatedDisk::new();
        let journal = open(&disk, small()).unwrap();
        disk.set_capacity(Some(capacity));
        let mut right = Vec::new();
        for place in 1..20 {
            match journal.append_blocking(vec![body(place, 300)]) {
                Ok(_) => right.push(body(place, 300)),
                Err(Error::DiskFull) => break,
                Err(error) => panic!("capacity {capacity}: {error}"),
            }
        }
        disk.set_capacity(None);
        journal.append_blocking(vec![body(99, 300)]).unwrap();
        right.push(body(99, 300));
        drop(journal);
        assert_eq!(bodies(&open(&disk, small()).unwrap()).unwrap(), right, "{capacity}");
    }
}

#[test]
fn a_failed_sync_ends_it_and_what_was_not_synced_is_not_believed() {
    // What a cut does to what was not synced after all is another thing with every seed.
    (0..20).for_each(after_a_failed_sync);
}

fn after_a_failed_sync(seed: u64) {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, small()).unwrap();
    journal.append_blocking(vec![body(1, 50)]).unwrap();
    disk.fail_syncs(true);
    let syncs = disk.counts().syncs;
    for _ in 0..3 {
        let failed = journal.append_blocking(vec![body(2, 50)]);
        assert!(matches!(failed, Err(Error::Failed { .. })), "{failed:?}");
    }
    assert_eq!(disk.counts().syncs, syncs + 1, "a sync is never tried twice");
    assert_eq!(journal.read(2).unwrap(), None);
    assert_eq!(bodies(&journal).unwrap(), [body(1, 50)], "reading goes on");
    assert!(matches!(journal.close(), Err(Error::Failed { .. })));

    // The same boot: the page cache still shows record 2, and the disk does not have it.
    disk.fail_syncs(false);
    let journal = open(&disk, small()).unwrap();
    assert_eq!(journal.last(), 2);
    disk.cut(seed);
    let journal = open(&disk, small()).unwrap();
    assert_eq!(bodies(&journal).unwrap(), [body(1, 50), body(2, 50)], "opening made it durable");
}
