//! What was synced and is no longer right is named, not cut off, not returned.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{body, small};
use crate::format::{FRAME_BYTES, Frame, HEADER_BYTES};
use crate::{Depth, Error, Identity, Journal, Options, verify};

const OURS: Identity = Identity([7; 16]);

fn options() -> Options {
    Options { identity: Some(OURS), ..small() }
}

/// A closed journal of 60 records in several segments.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    for first in (1..=60).step_by(4) {
        journal.append_blocking((first..first + 4).map(|n| body(n, 120)).collect()).unwrap();
    }
    dir
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "seg")).collect();
    found.sort();
    found
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Opens fully and answers what is wrong, in words.
fn refusal(dir: &Path) -> String {
    let full = Options { verify: Depth::Full, ..options() };
    let opened = Journal::open(dir, full).map(|journal| journal.last());
    let verified = verify(dir).map(|verified| verified.records);
    let (opened, verified) = (opened.unwrap_err().to_string(), verified.unwrap_err().to_string());
    assert_eq!(opened, verified);
    opened
}

#[test]
fn who_wants_bodies_gets_those_and_none_that_was_changed() {
    let dir = written();
    let journal = Journal::open(dir.path(), options()).unwrap();
    let of = |places| journal.bodies(places).collect::<Result<Vec<_>, Error>>();
    let right = |places: RangeInclusive<u64>| places.map(|n| (n, body(n, 120))).collect::<Vec<_>>();
    assert_eq!(of(0..=60).unwrap(), right(1..=60));
    assert_eq!(of(7..=31).unwrap(), right(7..=31));
    assert_eq!(of(58..=900).unwrap(), right(58..=60));
    assert_eq!(of(61..=900).unwrap(), []);
    let second = &segments(dir.path())[1];
    change(second, |bytes| bytes[HEADER_BYTES + FRAME_BYTES] ^= 1);
    let refused = of(1..=60).unwrap_err();
    assert!(refused.to_string().contains("checksum"), "{refused}");
}

#[test]
fn every_flipped_bit_is_found() {
    let dir = written();
    let segments = segments(dir.path());
    let mut random = StdRng::seed_from_u64(1);
    for round in 0..400 {
        let path = &segments[random.random_range(0..segments.len())];
        let whole = fs::read(path).unwrap();
        let (at, bit) = (random.random_range(0..whole.len()), random.random_range(0..8));
        change(path, |bytes| bytes[at] ^= 1 << bit);
        let name = path.display();
        assert!(verify(dir.path()).is_err(), "round {round}: bit {bit} of byte {at} of {name}");
        // With less verified at opening, the reader finds it.
        let read = Journal::open(dir.path(), options()).and_then(|journal| {
            let records: Result<Vec<_>, _> = journal.scan(1).collect();
            Ok((records?, (1..=60).map(|n| journal.read(n)).collect::<Result<Vec<_>, _>>()?))
        });
        if let Ok((records, _)) = read {
            // Only a bit that no reader needs may pass: a header of a segment is read at opening.
            panic!("round {round}: byte {at} of {name} passed, {} records", records.len());
        }
        fs::write(path, &whole).unwrap();
    }
    assert_eq!(verify(dir.path()).unwrap().records, 60);
}

#[test]
fn damage_is_named_with_file_byte_and_place() {
    let dir = written();
    let segments = segments(dir.path());
    change(&segments[1], |bytes| bytes[HEADER_BYTES + 70] ^= 1);
    let text = refusal(dir.path());
    let first: u64 = segments[1].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let right = format!("{}: damaged at byte 128, place {first}: ", segments[1].display());
    assert!(text.starts_with(&right), "{text}");
    assert!(
        text.ends_with("a frame with a wrong checksum; right would be a whole frame"),
        "{text}"
    );
}

#[test]
fn a_missing_segment_is_missed() {
    for missing in [0, 1, 2] {
        let dir = written();
        let segments = segments(dir.path());
        fs::remove_file(&segments[missing]).unwrap();
        let text = refusal(dir.path());
        let right = if missing == 0 { "none" } else { segments[missing].to_str().unwrap() };
        assert!(text.contains("damaged at byte 32") && text.contains(right), "{text}");
    }
    let dir = written();
    let segments = segments(dir.path());
    fs::remove_file(segments.last().unwrap()).unwrap();
    assert!(refusal(dir.path()).contains("right would be records up to place 60, as in SYNCED"));
    segments.iter().for_each(|path| drop(fs::remove_file(path)));
    assert!(refusal(dir.path()).contains("segments with records up to place 60"));
}

#[test]
fn a_renamed_or_shortened_segment_is_refused() {
    let dir = written();
    let all = segments(dir.path());
    change(&all[0], |bytes| bytes.truncate(bytes.len() - 1));
    assert!(refusal(dir.path()).contains("bytes; right would be"));

    let dir = written();
    let all = segments(dir.path());
    fs::rename(all.last().unwrap(), dir.path().join("00000000000000000099.seg")).unwrap();
    assert!(refusal(dir.path()).contains("right would be 99, as named"));

    fs::write(dir.path().join("12.seg"), "").unwrap();
    assert!(refusal(dir.path()).contains("a name that is no place"));
}

#[test]
fn another_identity_version_or_algorithm_is_refused() {
    let (ours, theirs) = (written(), tempfile::tempdir().unwrap());
    let other = Options { identity: Some(Identity([9; 16])), ..small() };
    let refused = Journal::open(ours.path(), other.clone()).map(|_| ()).unwrap_err();
    assert!(matches!(refused, Error::Foreign { .. }), "{refused}");
    let text = refused.to_string();
    assert!(text.contains(&format!("identity {OURS}; right would be identity 0909")), "{text}");

    drop(Journal::open(theirs.path(), other).unwrap());
    let last = segments(ours.path()).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    fs::copy(&segments(theirs.path())[0], &last).unwrap();
    assert!(refusal(ours.path()).contains("right would be"));

    for (at, right) in [
        (9, "format version 2; right would be format version 1"),
        (11, "hash algorithm 2; right would be hash algorithm 1 (SHA-256)"),
        (13, "checksum algorithm 2; right would be checksum algorithm 1 (CRC-32C)"),
    ] {
        let mut bytes = whole.clone();
        bytes[at] = 2;
        let checksum = crc32c::crc32c(&bytes[..124]);
        bytes[124..128].copy_from_slice(&checksum.to_be_bytes());
        fs::write(&last, bytes).unwrap();
        assert!(refusal(ours.path()).contains(right), "{}", refusal(ours.path()));
    }
}

/// A segment of three writes (1; 2, 3, 4; 5), without the help of `SYNCED`.
fn three_writes() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 20, ..options() };
    let journal = Journal::open(dir.path(), options).unwrap();
    for batch in [1..2, 2..5, 5..6] {
        journal.append_blocking(batch.map(|n| body(n, 100)).collect()).unwrap();
    }
    drop(journal);
    fs::remove_file(dir.path().join("SYNCED")).unwrap();
    let segment = segments(dir.path()).remove(0);
    (dir, segment)
}

const FRAME: usize = 164;

#[test]
fn a_bad_frame_before_a_sync_is_damage() {
    for place in 1..5 {
        let (dir, segment) = three_writes();
        let at = HEADER_BYTES + (place - 1) * FRAME;
        change(&segment, |bytes| bytes[at + 30] ^= 1);
        let text = refusal(dir.path());
        assert!(text.contains(&format!("damaged at byte {at}, place {place}: ")), "{text}");
        let right = format!("place 5 at byte {} says all up to 4", HEADER_BYTES + 4 * FRAME);
        // The frame of place 2 is enough to prove place 1.
        assert!(place == 1 || text.contains(&right), "{text}");
    }
}

#[test]
fn a_bad_frame_of_the_last_write_is_a_torn_tail_though_good_ones_follow() {
    let (dir, segment) = three_writes();
    change(&segment, |bytes| {
        bytes.truncate(HEADER_BYTES + 4 * FRAME);
        bytes[HEADER_BYTES + 2 * FRAME + 80] ^= 1;
    });
    assert_eq!(verify(dir.path()).unwrap().torn_bytes, 2 * FRAME as u64);
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.last(), 2);
    // The good frame of place 4 is gone for good: the next records are 3, and 4 after it.
    journal.append_blocking(vec![body(33, 100)]).unwrap();
    assert_eq!(journal.last(), 3);
    drop(journal);
    assert_eq!(verify(dir.path()).unwrap().records, 3);
}

#[test]
fn the_place_in_synced_makes_the_last_write_durable() {
    let dir = written();
    let last = segments(dir.path()).pop().unwrap();
    change(&last, |bytes| *bytes.last_mut().unwrap() ^= 1);
    assert!(refusal(dir.path()).contains("place 60"));
    change(&last, |bytes| bytes.truncate(bytes.len() - 184));
    assert!(refusal(dir.path()).contains("the end of the journal; right would be records up to"));
}

#[test]
fn a_rewritten_tail_is_refused_by_its_hash() {
    let (dir, segment) = three_writes();
    drop(Journal::open(dir.path(), options()).unwrap()); // writes SYNCED again
    change(&segment, |bytes| {
        let old = bytes.split_off(HEADER_BYTES + 4 * FRAME);
        let frame = Frame::decode(OURS, &old).unwrap();
        Frame { body: &body(6, 100), ..frame }.encode(OURS, bytes);
    });
    assert!(refusal(dir.path()).contains("as in SYNCED"), "{}", refusal(dir.path()));
}

#[test]
fn a_record_rewritten_with_a_right_checksum_breaks_the_chain() {
    let dir = written();
    let segment = &segments(dir.path())[1];
    change(segment, |bytes| {
        let old = bytes[HEADER_BYTES..HEADER_BYTES + 184].to_vec();
        let (frame, mut new) = (Frame::decode(OURS, &old).unwrap(), Vec::new());
        Frame { body: &body(99, 120), ..frame }.encode(OURS, &mut new);
        bytes[HEADER_BYTES..HEADER_BYTES + 184].copy_from_slice(&new);
    });
    assert!(refusal(dir.path()).contains("damaged at byte 312"), "{}", refusal(dir.path()));
    // Opening reads only the tail; a scan follows the chain and stops there.
    let journal = Journal::open(dir.path(), options()).unwrap();
    let read: Vec<_> = journal.scan(1).collect();
    assert!(read.len() < 60 && read.last().unwrap().is_err());
}

#[test]
fn a_header_that_links_to_another_record_is_refused_without_reading_everything() {
    let dir = written();
    let last = segments(dir.path()).pop().unwrap();
    change(&last, |bytes| {
        bytes[70] ^= 1;
        let checksum = crc32c::crc32c(&bytes[..124]);
        bytes[124..128].copy_from_slice(&checksum.to_be_bytes());
    });
    let refused = Journal::open(dir.path(), options()).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("with hash"), "{refused}");
}

#[test]
fn a_whole_frame_of_another_place_does_not_continue_the_record() {
    let (dir, segment) = three_writes();
    change(&segment, |bytes| {
        let old = bytes.split_off(HEADER_BYTES + 4 * FRAME);
        let frame = Frame::decode(OURS, &old).unwrap();
        Frame { place: 9, ..frame }.encode(OURS, bytes);
    });
    let verified = verify(dir.path()).unwrap();
    assert_eq!((verified.records, verified.torn_bytes), (4, FRAME as u64));
    assert_eq!(Journal::open(dir.path(), options()).unwrap().last(), 4);
}

#[test]
fn a_first_segment_that_continues_another_is_damage() {
    for at in [55, 63, 64, 95] {
        let dir = written();
        change(&segments(dir.path())[0], |bytes| {
            bytes[at] = 1;
            let checksum = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]).to_be_bytes();
            bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&checksum);
        });
        let said = refusal(dir.path());
        assert!(said.contains("right would be zeros about the segment before"), "{at}: {said}");
    }
}
