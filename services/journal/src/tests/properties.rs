//! What holds of the format whatever the bytes are: a journal from foreign hands is read with the
//! same code as our own.

use std::{path::Path, sync::Arc};

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    Depth, Identity, Journal, Options,
    disk::Disk,
    format::{FRAME_BYTES, Frame, HEADER_BYTES, Header},
    simulated::SimulatedDisk,
    verify_on,
};

const DIR: &str = "/journal";

fn options() -> Options {
    Options {
        verify: Depth::Full,
        identity: Some(Identity([7; 16])),
        segment_bytes: 512,
        clock: Arc::new(|| 1),
        ..Options::default()
    }
}

/// A journal of several segments: the disk, and the records that were acknowledged.
fn written(bodies: Vec<Vec<u8>>) -> (SimulatedDisk, Vec<Vec<u8>>) {
    let disk = SimulatedDisk::new();
    let journal = Journal::open_on(Arc::new(disk.clone()), DIR, options()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for body in &bodies {
            journal.append(vec![body.clone()]).await.unwrap();
        }
    });
    journal.close().unwrap();
    (disk, bodies)
}

/// The same files on another disk, with one of them changed.
fn spoilt(disk: &SimulatedDisk, file: Index, change: impl Fn(&mut Vec<u8>)) -> SimulatedDisk {
    let other = SimulatedDisk::new();
    let dir = Path::new(DIR);
    other.create_dir(dir).unwrap();
    let mut names = disk.list(dir).unwrap();
    names.retain(|name| name != "LOCK");
    names.sort();
    let chosen = file.index(names.len());
    for (at, name) in names.iter().enumerate() {
        let mut bytes = disk.bytes(&dir.join(name)).unwrap();
        if at == chosen {
            change(&mut bytes);
        }
        other.create(&dir.join(name)).unwrap().write_at(&bytes, 0).unwrap();
    }
    other
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_frame_goes_there_and_back_and_is_of_one_journal_only(
        (place, time, durable) in any::<(u64, i64, u64)>(),
        previous in any::<[u8; 32]>(), body in vec(any::<u8>(), 0..200),
        (identity, other) in any::<([u8; 16], [u8; 16])>(),
    ) {
        let frame = Frame { place, time, durable, previous, body: &body };
        let mut bytes = Vec::new();
        let hash = frame.encode(Identity(identity), &mut bytes);
        let back = Frame::decode(Identity(identity), &bytes).unwrap();
        prop_assert_eq!((back.place, back.time, back.durable), (place, time, durable));
        prop_assert_eq!((back.previous, back.body), (previous, &body[..]));
        prop_assert_eq!(back.hash(Identity(identity)), hash);
        prop_assert!(identity == other || Frame::decode(Identity(other), &bytes).is_none());
    }

    #[test]
    fn any_bytes_are_no_frame_and_no_header(
        bytes in vec(any::<u8>(), 0..300), at in any::<Index>(), bit in 0..8_u8
    ) {
        prop_assert!(Frame::decode(Identity([7; 16]), &bytes).is_none());
        prop_assert!(Header::decode(&bytes).is_err());
        let header = Header {
            identity: Identity([7; 16]),
            first: 9,
            previous_first: 1,
            previous_last_offset: 128,
            previous_length: 500,
            link: [3; 32],
        };
        let mut whole = header.encode();
        prop_assert_eq!(Header::decode(&whole).unwrap(), header);
        whole[at.index(HEADER_BYTES)] ^= 1 << bit;
        prop_assert!(Header::decode(&whole).is_err(), "one bit is seen");
    }

    /// Whatever happens to one file: what is read is a beginning of what was written, or an error
    /// with the file in it; what verifies opens, and what does not, does not.
    #[test]
    fn a_spoilt_journal_gives_a_beginning_of_what_was_written_or_an_error(
        bodies in vec(vec(any::<u8>(), 0..200), 1..12),
        file in any::<Index>(), at in any::<Index>(), byte in any::<u8>(), how in 0..4_u8,
        length in 0..FRAME_BYTES * 2,
    ) {
        let (disk, bodies) = written(bodies);
        let disk = spoilt(&disk, file, |bytes| {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at),
                2 => bytes.extend(vec![byte; length]),
                _ => bytes.splice(at..at, vec![byte; length]).for_each(drop),
            }
        });
        let verified = verify_on(Arc::new(disk.clone()), DIR);
        match (verified, Journal::open_on(Arc::new(disk), DIR, options())) {
            (Ok(verified), Ok(journal)) => {
                let read: Vec<Vec<u8>> = journal.scan(1).map(|found| found.unwrap().body).collect();
                prop_assert_eq!(read.len() as u64, verified.records);
                prop_assert!(bodies.starts_with(&read));
                journal.close().unwrap();
            }
            (Err(verifying), Err(opening)) => {
                for error in [verifying, opening] {
                    prop_assert!(error.to_string().contains(DIR), "{}", error);
                }
            }
            (verified, opened) => {
                prop_assert!(false, "verified {:?}, opened {:?}", verified, opened.err());
            }
        }
    }
}
