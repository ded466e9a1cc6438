//! The bytes on disk. This page is the whole format, version 1.
//!
//! A journal is a directory. All numbers are big-endian; H is SHA-256, C is CRC-32C (Castagnoli);
//! `‖` joins bytes. Other files than those named here are ignored, except that a name ending in
//! `.seg` must be a segment.
//!
//! **`<first place, 20 digits>.seg`**: a header of 128 bytes, then frames without gaps.
//!
//! | header at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `MUSTERJ1` |
//! | 8 | 2 | format version: 1 |
//! | 10 | 2 | hash algorithm: 1 = SHA-256 |
//! | 12 | 2 | checksum algorithm: 1 = CRC-32C |
//! | 14 | 2 | zero |
//! | 16 | 16 | identity of the journal, the same in all its segments |
//! | 32 | 8 | first place in this segment; equals the file name; 1 in the first segment |
//! | 40 | 8 | first place of the segment before |
//! | 48 | 8 | offset of the last frame of the segment before |
//! | 56 | 8 | length of the segment before, in bytes |
//! | 64 | 32 | hash of the last record of the segment before |
//! | 96 | 28 | zero |
//! | 124 | 4 | C(header\[0..124\]) |
//!
//! In the first segment the four fields about the one before are zero. Segments may be missing
//! before the first that is there, if the archive has them (see `archive`, whose manifest says so).
//!
//! | frame at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | length of the body |
//! | 4 | 4 | C(identity ‖ frame\[0..4\] ‖ frame\[8..\]), to the end of the body |
//! | 8 | 8 | place: one more than in the frame before |
//! | 16 | 8 | time of writing, milliseconds since 1970 UTC, signed; it may step back |
//! | 24 | 8 | durable: every record up to this place was synced before this frame was written |
//! | 32 | 32 | hash of the record before; zeros at place 1 |
//! | 64 | length | body |
//!
//! The hash of a record is H(identity ‖ place ‖ time ‖ hash of the record before ‖ body).
//! `durable` is place − 1 in the first frame of one write, and in the others of that write the
//! same as in the frame before. It is not hashed: it tells of the writing, not of the record.
//! A write never spans segments, and the next segment begins only after a sync.
//! Behind the last frame of the last segment there may be zeros, to its end: room for what comes next.
//! No frame is all zeros, and in any other segment nothing is behind the last frame.
//!
//! **The tail rule.** What follows the last sync may be lost, torn or kept out of order when power
//! fails; so a bad frame at place p in the last segment, even if good frames follow, is a torn
//! tail and everything from it on is void, *unless* p was durable: it is at or before the place in
//! `SYNCED`, or a later good frame (found at any byte offset) claims durable ≥ p. Then it is
//! damage. A bad frame in any other segment is damage. A last segment of 128 bytes or fewer whose
//! header is bad is a segment that was not begun, and void.
//!
//! The limit of the rule: damage to records of the very last write cannot be told from a torn
//! tail until the next record is written or the journal is closed, which writes `SYNCED`.
//! Rewriting the whole tail is shown only by a hash kept elsewhere.
//!
//! **`SYNCED`**, 68 bytes, optional: magic `MUSTERJS`, identity (16), place (8), hash of the record
//! at that place (32, zeros at place 0), C of the 64 bytes before (4). Everything up to the place
//! was synced. If its length or checksum is wrong it is as if absent. **`LOCK`** is empty.

use std::fmt;

use sha2::{Digest, Sha256};

/// Length of a segment header.
pub const HEADER_BYTES: usize = 128;
/// Length of a frame without its body.
pub const FRAME_BYTES: usize = 64;
/// What every segment begins with.
pub const MAGIC: [u8; 8] = *b"MUSTERJ1";

const VERSION: u16 = 1;
const SHA_256: u16 = 1;
const CRC_32C: u16 = 1;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Which journal this is: 16 random bytes, drawn once when it is created.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(pub [u8; 16]);

impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Identity({self})")
    }
}

/// The hash of one record, as every later record commits to it.
pub fn record_hash(
    identity: Identity,
    place: u64,
    time: i64,
    previous: &Hash,
    body: &[u8],
) -> Hash {
    Sha256::new()
        .chain_update(identity.0)
        .chain_update(place.to_be_bytes())
        .chain_update(time.to_be_bytes())
        .chain_update(previous)
        .chain_update(body)
        .finalize()
        .into()
}

/// The header of a segment. The fields about the segment before are zero in the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub identity: Identity,
    pub first: u64,
    pub previous_first: u64,
    pub previous_last_offset: u64,
    pub previous_length: u64,
    pub link: Hash,
}

/// Why bytes are not a header we can use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Not what a completed write leaves behind.
    Torn { found: String, right: String },
    /// Whole, but of another format, hash or checksum.
    Foreign { found: String, right: String },
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_be_bytes());
        bytes[10..12].copy_from_slice(&SHA_256.to_be_bytes());
        bytes[12..14].copy_from_slice(&CRC_32C.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.identity.0);
        bytes[32..40].copy_from_slice(&self.first.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.previous_first.to_be_bytes());
        bytes[48..56].copy_from_slice(&self.previous_last_offset.to_be_bytes());
        bytes[56..64].copy_from_slice(&self.previous_length.to_be_bytes());
        bytes[64..96].copy_from_slice(&self.link);
        let checksum = crc32c::crc32c(&bytes[..124]);
        bytes[124..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Header, BadHeader> {
        if bytes.len() < HEADER_BYTES {
            let found = format!("a header of {} bytes", bytes.len());
            return Err(BadHeader::Torn { found, right: format!("{HEADER_BYTES} bytes") });
        }
        if bytes[..8] != MAGIC {
            let found = format!("magic {}", hex(&bytes[..8]));
            return Err(BadHeader::Torn { found, right: format!("magic {}", hex(&MAGIC)) });
        }
        check_algorithms(bytes)?;
        Ok(Header {
            identity: Identity(array(bytes, 16)),
            first: u64::from_be_bytes(array(bytes, 32)),
            previous_first: u64::from_be_bytes(array(bytes, 40)),
            previous_last_offset: u64::from_be_bytes(array(bytes, 48)),
            previous_length: u64::from_be_bytes(array(bytes, 56)),
            link: array(bytes, 64),
        })
    }
}

/// Without a checksum we know, nothing else in the header can be trusted: it is asked first.
fn check_algorithms(bytes: &[u8]) -> Result<(), BadHeader> {
    let number = |at| u16::from_be_bytes(array(bytes, at));
    let foreign = |what: &str, found: u16, right: &str| BadHeader::Foreign {
        found: format!("{what} {found}"),
        right: format!("{what} {right}"),
    };
    if number(12) != CRC_32C {
        return Err(foreign("checksum algorithm", number(12), "1 (CRC-32C)"));
    }
    let (found, right) = (u32::from_be_bytes(array(bytes, 124)), crc32c::crc32c(&bytes[..124]));
    if found != right {
        let found = format!("header checksum {found:08x}");
        return Err(BadHeader::Torn { found, right: format!("{right:08x}") });
    }
    if number(8) != VERSION {
        return Err(foreign("format version", number(8), "1"));
    }
    if number(10) != SHA_256 {
        return Err(foreign("hash algorithm", number(10), "1 (SHA-256)"));
    }
    Ok(())
}

/// One frame whose checksum is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub place: u64,
    pub time: i64,
    pub durable: u64,
    pub previous: Hash,
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Adds the frame to `buffer` and returns the hash of its record.
    pub(crate) fn encode(&self, identity: Identity, buffer: &mut Vec<u8>) -> Hash {
        let start = buffer.len();
        let length = u32::try_from(self.body.len()).expect("the options keep records below 4 GiB");
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(&[0; 4]);
        buffer.extend_from_slice(&self.place.to_be_bytes());
        buffer.extend_from_slice(&self.time.to_be_bytes());
        buffer.extend_from_slice(&self.durable.to_be_bytes());
        buffer.extend_from_slice(&self.previous);
        buffer.extend_from_slice(self.body);
        let checksum = frame_checksum(identity, &buffer[start..]);
        buffer[start + 4..start + 8].copy_from_slice(&checksum.to_be_bytes());
        self.hash(identity)
    }

    /// Reads a frame that fills `bytes` exactly; `None` if the checksum is wrong.
    pub(crate) fn decode(identity: Identity, bytes: &'a [u8]) -> Option<Frame<'a>> {
        if bytes.len() != FRAME_BYTES + body_length(bytes)? {
            return None;
        }
        let right = frame_checksum(identity, bytes);
        (u32::from_be_bytes(array(bytes, 4)) == right).then(|| Frame {
            place: place_of(bytes),
            time: i64::from_be_bytes(array(bytes, 16)),
            durable: u64::from_be_bytes(array(bytes, 24)),
            previous: array(bytes, 32),
            body: &bytes[FRAME_BYTES..],
        })
    }

    pub(crate) fn hash(&self, identity: Identity) -> Hash {
        record_hash(identity, self.place, self.time, &self.previous, self.body)
    }
}

/// The length of the body that the beginning of a frame claims; `None` if that is cut short.
pub(crate) fn body_length(bytes: &[u8]) -> Option<usize> {
    (bytes.len() >= FRAME_BYTES).then(|| u32::from_be_bytes(array(bytes, 0)) as usize)
}

/// The place that the beginning of a frame claims.
pub(crate) fn place_of(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(array(bytes, 8))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("a slice of N bytes is an array of N bytes")
}

/// The identity goes in first, so that frames of another journal never look right here.
fn frame_checksum(identity: Identity, frame: &[u8]) -> u32 {
    let begun = crc32c::crc32c_append(crc32c::crc32c(&identity.0), &frame[..4]);
    crc32c::crc32c_append(begun, &frame[8..])
}
