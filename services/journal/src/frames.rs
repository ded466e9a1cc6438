//! Reading frames one after the other, and following the chain through them.
//!
//! `Cursor` hands out frames whose checksum is right, from a large buffer; `Chain` checks that
//! each continues the one before; `walk` does both to the end of a segment, or to the first bad
//! frame. Whether that is a torn tail or damage is judged in `survey`, not here.

use std::io;
use std::sync::Arc;

use crate::disk::{File, read_full};
use crate::format::{self, FRAME_BYTES, Frame, HEADER_BYTES, Hash, Header, Identity, hex};
use crate::handle::Synced;
use crate::segment::Index;

/// How much is read at once when much is read.
pub(crate) const LARGE_CHUNK: usize = 1 << 20;
/// How much is read at once to find one record: as far as two index entries are apart.
pub(crate) const SMALL_CHUNK: usize = 64 << 10;

/// A position in a segment, with the bytes that follow it.
pub(crate) struct Cursor {
    file: Arc<dyn File>,
    identity: Identity,
    offset: u64,
    end: u64,
    chunk: usize,
    chunk_max: usize,
    buffer: Vec<u8>,
    buffer_at: u64,
}

/// What stands at a position.
pub(crate) enum Step<'a> {
    /// A frame with the right checksum, and where it begins.
    Frame(u64, Frame<'a>),
    /// Nothing more.
    End,
    /// No frame.
    Bad(Fault),
}

/// What is wrong, and what would be right.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub found: String,
    pub right: String,
}

impl Fault {
    pub(crate) fn new(found: impl Into<String>, right: impl Into<String>) -> Fault {
        Fault { found: found.into(), right: right.into() }
    }
}

impl Cursor {
    pub(crate) fn new(
        file: Arc<dyn File>,
        identity: Identity,
        (offset, end): (u64, u64),
        chunk: usize,
    ) -> Cursor {
        let (buffer, buffer_at, chunk_max) = (Vec::new(), 0, chunk);
        Cursor { file, identity, offset, end, chunk, chunk_max, buffer, buffer_at }
    }

    /// Reads twice as much each time, up to this, since nobody knows how much is wanted.
    pub(crate) fn growing(self, chunk_max: usize) -> Cursor {
        Cursor { chunk_max, ..self }
    }

    /// Where the next frame begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Lets the cursor read further, when the segment has grown.
    pub(crate) fn extend(&mut self, end: u64) {
        self.end = end;
    }

    /// The frame at the position, which moves past it; it stays before what is not a frame.
    pub(crate) fn step(&mut self) -> io::Result<Step<'_>> {
        let rest = self.end.saturating_sub(self.offset);
        if rest == 0 {
            return Ok(Step::End);
        }
        if rest < FRAME_BYTES as u64 {
            let found = format!("{rest} bytes at the end");
            return Ok(Step::Bad(Fault::new(found, "a frame of 64 bytes or more, or none")));
        }
        let Some(length) = self.fill(FRAME_BYTES)?.and_then(format::body_length) else {
            return Ok(Step::Bad(Fault::new("the file is shorter than it was", "a frame")));
        };
        let total = FRAME_BYTES + length;
        if total as u64 > rest {
            let found = format!("a frame of {total} bytes, with {rest} left in the segment");
            return Ok(Step::Bad(Fault::new(found, "a frame that ends within the segment")));
        }
        let (at, identity) = (self.offset, self.identity);
        self.offset += total as u64; // taken back below if there is no frame
        self.fill_at(at, total)?;
        let start = (at - self.buffer_at) as usize;
        match self.buffer.get(start..start + total).and_then(|b| Frame::decode(identity, b)) {
            Some(frame) => Ok(Step::Frame(at, frame)),
            None => {
                self.offset = at;
                Ok(Step::Bad(Fault::new("a frame with a wrong checksum", "a whole frame")))
            }
        }
    }

    fn fill(&mut self, wanted: usize) -> io::Result<Option<&[u8]>> {
        self.fill_at(self.offset, wanted)?;
        let start = (self.offset - self.buffer_at) as usize;
        Ok(self.buffer.get(start..start + wanted))
    }

    /// Makes the buffer hold `wanted` bytes from `at`, if the file has them.
    fn fill_at(&mut self, at: u64, wanted: usize) -> io::Result<()> {
        let held = self.buffer_at..self.buffer_at + self.buffer.len() as u64;
        if held.start <= at && at + wanted as u64 <= held.end {
            return Ok(());
        }
        let size = (self.end - at).min(wanted.max(self.chunk) as u64) as usize;
        self.buffer.resize(size, 0);
        let read = read_full(self.file.as_ref(), &mut self.buffer, at)?;
        self.buffer.truncate(read);
        self.buffer_at = at;
        self.chunk = (2 * self.chunk).min(self.chunk_max);
        Ok(())
    }
}

/// The last record that was followed, and what the next one must continue.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub identity: Identity,
    pub place: u64,
    pub hash: Hash,
    pub durable: u64,
}

impl Chain {
    /// Where the chain stands at the beginning of a segment.
    pub(crate) fn before(header: &Header) -> Chain {
        let place = header.first - 1;
        Chain { identity: header.identity, place, hash: header.link, durable: place }
    }

    /// Checks that the frame continues the chain, and moves on to it.
    pub(crate) fn follow(&mut self, frame: &Frame<'_>) -> Result<(), Fault> {
        let right = self.place + 1;
        if frame.place != right {
            let found = format!("place {}", frame.place);
            return Err(Fault::new(found, format!("place {right}")));
        }
        if frame.previous != self.hash {
            let found = format!("previous hash {}", hex(&frame.previous));
            return Err(Fault::new(found, hex(&self.hash)));
        }
        if frame.durable != self.place && frame.durable != self.durable {
            let found = format!("durable {}", frame.durable);
            return Err(Fault::new(found, format!("{} or {}", self.place, self.durable)));
        }
        self.place = frame.place;
        self.durable = frame.durable;
        self.hash = frame.hash(self.identity);
        Ok(())
    }
}

/// A segment as far as it is good.
pub(crate) struct Walked {
    pub chain: Chain,
    /// Where the good frames end.
    pub end: u64,
    /// Where the last good frame begins; 0 if there is none.
    pub last_offset: u64,
    /// Where the first frame of the last write begins: from here on nothing proves a sync.
    pub write_offset: u64,
    pub index: Index,
    /// What stands at `end`, if the segment goes on.
    pub fault: Option<Fault>,
}

/// Follows the chain through a segment, and past a place that is known, if it is in there.
pub(crate) fn walk(
    mut cursor: Cursor,
    header: &Header,
    known: Option<&Synced>,
) -> io::Result<Walked> {
    let begin = HEADER_BYTES as u64;
    let mut walked = Walked {
        chain: Chain::before(header),
        end: begin,
        last_offset: 0,
        write_offset: begin,
        index: Index::default(),
        fault: None,
    };
    loop {
        match cursor.step()? {
            Step::End => break,
            Step::Bad(fault) => walked.fault = Some(fault),
            Step::Frame(at, frame) => walked.fault = walked.take(at, &frame, known).err(),
        }
        if walked.fault.is_some() {
            break;
        }
        walked.end = cursor.offset();
    }
    Ok(walked)
}

impl Walked {
    fn take(&mut self, at: u64, frame: &Frame<'_>, known: Option<&Synced>) -> Result<(), Fault> {
        let before = self.chain.clone();
        self.chain.follow(frame)?;
        if let Some(known) = known.filter(|k| k.place == frame.place && k.hash != self.chain.hash) {
            let found = format!("record hash {}", hex(&self.chain.hash));
            self.chain = before;
            return Err(Fault::new(found, format!("{}, as in SYNCED", hex(&known.hash))));
        }
        if frame.durable + 1 == frame.place {
            self.write_offset = at;
        }
        self.last_offset = at;
        self.index.note(frame.place, at);
        Ok(())
    }
}

/// A good frame somewhere after a bad one, and what it claims was synced before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub offset: u64,
    pub place: u64,
    pub durable: u64,
}

/// Looks at every byte offset for a frame after `place` that claims `place` was durable; behind the
/// first `used` bytes there are only zeros.
pub(crate) fn find_claim(
    identity: Identity,
    (bytes, used): (&[u8], usize),
    offset: u64,
    place: u64,
) -> Option<Claim> {
    // Every frame takes 64 bytes at least, so a place further on than that cannot be in here.
    let places = place + 1..=place + (bytes.len() / FRAME_BYTES) as u64;
    (0..used.min(bytes.len().saturating_sub(FRAME_BYTES - 1))).find_map(|at| {
        let rest = &bytes[at..];
        if !places.contains(&format::place_of(rest)) {
            return None;
        }
        let frame = Frame::decode(identity, rest.get(..FRAME_BYTES + format::body_length(rest)?)?)?;
        (place..frame.place).contains(&frame.durable).then(|| Claim {
            offset: offset + at as u64,
            place: frame.place,
            durable: frame.durable,
        })
    })
}
