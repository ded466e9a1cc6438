//! Appending, reading and waiting, as services do it.

use std::sync::Arc;

use super::{bodies, body, open, small};
use crate::format::record_hash;
use crate::simulated::SimulatedDisk;
use crate::{Error, Options, verify_on};

#[test]
fn places_are_dense_and_hashes_linked() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, small()).unwrap();
    assert_eq!((journal.last(), journal.last_hash()), (0, [0; 32]));
    let mut hash = [0; 32];
    for first in (1..40).step_by(3) {
        let batch: Vec<_> = (first..first + 3).map(|place| body(place, 90)).collect();
        let appended = journal.append_blocking(batch).unwrap();
        assert_eq!((appended.first, appended.last()), (first, first + 2));
        for place in first..first + 3 {
            let time = 1_700_000_000_000;
            hash = record_hash(journal.identity(), place, time, &hash, &body(place, 90));
            let record = journal.read(place).unwrap().unwrap();
            assert_eq!((record.place, record.time, record.hash), (place, time, hash));
            assert_eq!(record.body, body(place, 90));
        }
        assert_eq!((appended.hash, journal.last_hash()), (hash, hash));
    }
    assert_eq!(journal.read(0).unwrap(), None);
    assert_eq!(journal.read(40).unwrap(), None);
    journal.close().unwrap();
    let verified = verify_on(Arc::new(disk), "/var/journal").unwrap();
    assert_eq!((verified.records, verified.last_hash, verified.torn_bytes), (39, hash, 0));
    assert!(verified.segments > 3);
}

#[test]
fn who_reads_on_where_another_left_off_needs_no_index() {
    let disk = SimulatedDisk::new();
    let options = || Options { segment_bytes: 256 << 10, ..Options::default() };
    let all: Vec<_> = (1..=5_000).map(|place| body(place, 90)).collect();
    let before = open(&disk, options()).unwrap();
    for some in all.chunks(100) {
        before.append_blocking(some.to_vec()).unwrap();
    }
    before.close().unwrap();
    let journal = open(&disk, options()).unwrap();
    // The last one is written on, and has its index.
    let old = || journal.indexed().into_iter().rev().skip(1).collect::<Vec<_>>();
    let read = |first: u64, last: u64| {
        let found = journal.bodies(first..=last).map(|one| one.unwrap().1).collect::<Vec<_>>();
        assert_eq!(found, all[first as usize - 1..last as usize]);
    };
    (1..=5_000).step_by(10).for_each(|first| read(first, first + 9));
    assert_eq!(old(), [false; 2]);
    // Who reads here and there passes over what is between, but not for ever.
    (0..20).for_each(|_| read(900, 910));
    assert_eq!(old(), [false, true]);
}

#[tokio::test]
async fn those_who_wait_share_one_sync() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, Options::default()).unwrap();
    let before = disk.counts();
    // All are in the queue before the writer's first answer can be taken.
    let appends = (1..=200).map(|n| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.append(vec![body(n, 100)]).await.unwrap() })
    });
    let appends: Vec<_> = appends.collect();
    let mut places = Vec::new();
    for append in appends {
        places.push(append.await.unwrap().first);
    }
    places.sort_unstable();
    assert_eq!(places, (1..=200).collect::<Vec<_>>());
    let after = disk.counts();
    assert_eq!(after.writes - before.writes, after.syncs - before.syncs, "one write, one sync");
    assert!(after.syncs - before.syncs < 200, "{} syncs", after.syncs - before.syncs);
}

#[tokio::test]
async fn a_reader_follows_the_writer() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, small()).unwrap();
    let follower = journal.clone();
    let reading = tokio::spawn(async move {
        let (mut scan, mut found) = (follower.scan(1), Vec::new());
        while found.len() < 300 {
            follower.wait_past(found.len() as u64).await.unwrap();
            for record in &mut scan {
                found.push(record.unwrap().body);
            }
        }
        found
    });
    for place in 1..=300 {
        journal.append(vec![body(place, 77)]).await.unwrap();
    }
    let right: Vec<_> = (1..=300).map(|place| body(place, 77)).collect();
    assert_eq!(reading.await.unwrap(), right);
}

#[test]
fn what_is_too_large_or_empty_is_refused_and_changes_nothing() {
    let disk = SimulatedDisk::new();
    let options = Options { max_record_bytes: 100, max_batch_bytes: 400, ..small() };
    let journal = open(&disk, options).unwrap();
    let refused = journal.append_blocking(vec![body(1, 101)]);
    assert!(matches!(refused, Err(Error::TooLarge { bytes: 101, limit: 100 })), "{refused:?}");
    let refused = journal.append_blocking(vec![body(1, 100); 3]);
    assert!(matches!(refused, Err(Error::TooLarge { bytes: 492, limit: 400 })), "{refused:?}");
    assert!(matches!(journal.append_blocking(Vec::new()), Err(Error::Empty)));
    assert_eq!(journal.last(), 0);
    assert_eq!(journal.append_blocking(vec![body(1, 100)]).unwrap().first, 1);
}

#[test]
fn a_record_longer_than_a_segment_or_a_read_is_whole() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, small()).unwrap();
    let right = vec![body(1, 3 << 20), body(2, 0), body(3, 200_000)];
    for record in &right {
        journal.append_blocking(vec![record.clone()]).unwrap();
    }
    assert_eq!(bodies(&journal).unwrap(), right);
    drop(journal);
    let journal = open(&disk, small()).unwrap();
    assert_eq!(journal.read(3).unwrap().unwrap().body, right[2]);
    assert_eq!(journal.read(1).unwrap().unwrap().body, right[0]);
}

#[tokio::test]
async fn closing_answers_what_waits_and_ends_waiting() {
    let disk = SimulatedDisk::new();
    let journal = open(&disk, small()).unwrap();
    journal.append(vec![body(1, 10)]).await.unwrap();
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.wait_past(1).await }
    });
    let closing = journal.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.unwrap().unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(Error::Closed)));
    assert!(matches!(journal.append(vec![body(2, 10)]).await, Err(Error::Closed)));
    assert_eq!(bodies(&journal).unwrap(), [body(1, 10)]);
    // The lock is given back though the handle lives.
    assert_eq!(open(&disk, small()).unwrap().last(), 1);
}
