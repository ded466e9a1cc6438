//! A journal from foreign hands, as `muster audit verify` and the opening of a role read it.
//!
//! Input: flags (1 byte), then any number of files, each a length (2 bytes, big-endian) and its
//! bytes: the segments in order, `SYNCED` last. A random change almost never keeps a checksum, so
//! the flags ask for repairs: checksums are made right (1), and places, links and hashes too (2).
//! What verifies opens and is read whole; what does not verify does not open.

use std::{path::Path, sync::Arc};

use journal::{
    Depth, Error, Identity, Journal, Options,
    disk::Disk,
    format::{FRAME_BYTES, HEADER_BYTES, MAGIC, record_hash},
    simulated::SimulatedDisk,
    verify_on,
};

const CHECKSUMS: u8 = 1;
const LINKS: u8 = 2;
const IDENTITY: [u8; 16] = [7; 16];
const MARK_BYTES: usize = 68;

/// Verifies, opens and reads a journal.
pub fn run(data: &[u8]) {
    let [flags, rest @ ..] = data else { return };
    let files = files(*flags, rest);
    let disk = SimulatedDisk::new();
    let dir = Path::new("/journal");
    disk.create_dir(dir).expect("an empty disk takes a folder");
    for (name, bytes) in &files {
        // Two segments may claim the same place.
        let Ok(file) = disk.create(&dir.join(name)) else { return };
        file.write_at(bytes, 0).expect("the disk has no limit");
    }
    let verified = verify_on(Arc::new(disk.clone()), dir);
    let options = Options { verify: Depth::Full, ..Options::default() };
    match (verified, Journal::open_on(Arc::new(disk), dir, options)) {
        (Ok(verified), Ok(journal)) => {
            let read: Result<Vec<_>, _> = journal.scan(1).collect();
            let read = read.expect("what was verified can be read");
            assert_eq!(read.len() as u64, verified.records);
            assert_eq!(read.last().map_or([0; 32], |last| last.hash), verified.last_hash);
            journal.close().expect("it closes");
        }
        (Err(error), Err(_)) => assert!(!error.to_string().is_empty()),
        // An empty folder is no journal to prove, and one to begin.
        (Err(Error::Damaged(damage)), Ok(journal)) if damage.found == "no segment" => {
            assert_eq!(journal.last(), 0);
            journal.close().expect("it closes");
        }
        (Ok(verified), Err(error)) => panic!("{verified:?} does not open: {error}"),
        (Err(error), Ok(_)) => panic!("it opens though {error}"),
    }
}

fn files(flags: u8, mut data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut pieces = Vec::new();
    while let [high, low, rest @ ..] = data {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (piece, next) = rest.split_at(length);
        data = next;
        pieces.push(piece.to_vec());
    }
    let mut chain = Chain::default();
    let mut files = Vec::new();
    for mut bytes in pieces {
        let is_mark = bytes.len() == MARK_BYTES;
        if flags & CHECKSUMS != 0 {
            if is_mark { mend_mark(&mut bytes) } else { chain.mend(&mut bytes, flags) }
        }
        let first = bytes.get(32..40).and_then(|eight| eight.try_into().ok());
        let first = first.map_or(1, u64::from_be_bytes);
        let name = if is_mark { "SYNCED".to_owned() } else { format!("{first:020}.seg") };
        files.push((name, bytes));
    }
    files
}

fn mend_mark(bytes: &mut [u8]) {
    bytes[..8].copy_from_slice(b"MUSTERJS");
    bytes[8..24].copy_from_slice(&IDENTITY);
    let checksum = crc32c::crc32c(&bytes[..64]);
    bytes[64..].copy_from_slice(&checksum.to_be_bytes());
}

/// Where the records of the segments so far have come to.
#[derive(Default)]
struct Chain {
    place: u64,
    durable: u64,
    hash: [u8; 32],
    before: Option<(u64, u64, u64)>,
}

impl Chain {
    fn mend(&mut self, bytes: &mut [u8], flags: u8) {
        let Some(header) = bytes.get_mut(..HEADER_BYTES) else { return };
        header[..8].copy_from_slice(&MAGIC);
        header[8..16].copy_from_slice(&[0, 1, 0, 1, 0, 1, 0, 0]);
        header[16..32].copy_from_slice(&IDENTITY);
        if flags & LINKS != 0 {
            let (first, last_offset, length) = self.before.unwrap_or_default();
            for (at, number) in [(32, self.place + 1), (40, first), (48, last_offset), (56, length)]
            {
                header[at..at + 8].copy_from_slice(&number.to_be_bytes());
            }
            header[64..96].copy_from_slice(&self.hash);
        }
        let checksum = crc32c::crc32c(&header[..124]);
        header[124..].copy_from_slice(&checksum.to_be_bytes());
        let first = self.place + 1;
        let (mut at, mut last) = (HEADER_BYTES, 0);
        while let Some(length) = self.mend_frame(&mut bytes[at..], flags) {
            last = at as u64;
            at += length;
        }
        self.before = Some((first, last, bytes.len() as u64));
    }

    fn mend_frame(&mut self, bytes: &mut [u8], flags: u8) -> Option<usize> {
        let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let frame = bytes.get_mut(..FRAME_BYTES.checked_add(length)?)?;
        if flags & LINKS != 0 {
            // One bit of the frame says whether it begins a write.
            let durable = if frame[31] & 1 == 0 { self.place } else { self.durable };
            frame[8..16].copy_from_slice(&(self.place + 1).to_be_bytes());
            frame[24..32].copy_from_slice(&durable.to_be_bytes());
            frame[32..64].copy_from_slice(&self.hash);
            self.durable = durable;
        }
        let begun = crc32c::crc32c_append(crc32c::crc32c(&IDENTITY), &frame[..4]);
        let checksum = crc32c::crc32c_append(begun, &frame[8..]);
        frame[4..8].copy_from_slice(&checksum.to_be_bytes());
        let time = i64::from_be_bytes(frame[16..24].try_into().ok()?);
        self.place += 1;
        let body = &frame[FRAME_BYTES..];
        self.hash = record_hash(Identity(IDENTITY), self.place, time, &self.hash.clone(), body);
        Some(FRAME_BYTES + length)
    }
}

/// A journal of two segments with its mark, to be mended; the same untouched, torn, and alone.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let frame = |body: &[u8]| {
        let length = u32::try_from(body.len()).expect("a seed is small").to_be_bytes();
        [&length[..], &[0; FRAME_BYTES - 4], body].concat()
    };
    let segment = |bodies: &[&[u8]]| {
        let frames: Vec<u8> = bodies.iter().flat_map(|body| frame(body)).collect();
        [&[0; HEADER_BYTES][..], &frames].concat()
    };
    let piece = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).expect("a seed is small").to_be_bytes();
        [&length[..], bytes].concat()
    };
    let (one, two) = (segment(&[b"one", b"two"]), segment(&[b"three", b""]));
    let both = [piece(&one), piece(&two)].concat();
    let torn = piece(&[&one[..], &frame(b"four")[..60]].concat());
    let mended: Vec<u8> =
        files(CHECKSUMS | LINKS, &both).iter().flat_map(|(_, bytes)| piece(bytes)).collect();
    let alone = files(CHECKSUMS | LINKS, &piece(&one)).remove(0).1;
    let mark = mark(2, &alone);
    let marked = [piece(&alone), piece(&mark)].concat();
    [
        ("two-segments", CHECKSUMS | LINKS, both.clone()),
        ("checksums-only", CHECKSUMS, mended.clone()),
        ("as-written", 0, mended),
        ("torn", CHECKSUMS | LINKS, torn),
        ("marked", 0, marked),
    ]
    .map(|(name, flags, bytes)| (name.to_owned(), [&[flags], &bytes[..]].concat()))
    .into()
}

/// The mark of a journal whose only segment is this one.
fn mark(place: u64, segment: &[u8]) -> Vec<u8> {
    let mut chain = Chain::default();
    chain.mend(&mut segment.to_vec(), CHECKSUMS | LINKS);
    let mut mark = [&[0; 24][..], &place.to_be_bytes(), &chain.hash, &[0; 4]].concat();
    mend_mark(&mut mark);
    mark
}
