//! Reading synced records, next to the writer and without holding it up.
//!
//! Every reader has its own file handle and its own buffer. The checksum is checked at every
//! read; a scan also checks that each record continues the one before, and who wants bodies only
//! does not pay for that. Blocks on the disk.

use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};

use crate::error::{Error, during};
use crate::format::{Frame, Hash, hex};
use crate::frames::{Cursor, Fault, LARGE_CHUNK, SMALL_CHUNK, Step};
use crate::handle::Shared;
use crate::segment::Segment;
use crate::survey::damage;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub place: u64,
    /// When it was written, milliseconds since 1970 UTC, as told by the clock of the options.
    pub time: i64,
    /// What was appended.
    pub body: Vec<u8>,
    /// Its hash, which commits to everything before it.
    pub hash: Hash,
}

/// The synced records from a place on; see [`crate::Journal::scan`].
pub struct Scan {
    shared: Arc<Shared>,
    next: u64,
    /// The last one that is asked for.
    last: u64,
    chunk: usize,
    at: Option<(Arc<Segment>, Cursor)>,
    previous: Option<Hash>,
    failed: bool,
}

impl Scan {
    pub(crate) fn one(shared: Arc<Shared>, place: u64) -> Scan {
        let (next, chunk) = (place, SMALL_CHUNK);
        Scan { shared, next, last: u64::MAX, chunk, at: None, previous: None, failed: false }
    }

    pub(crate) fn many(shared: Arc<Shared>, from: u64) -> Scan {
        Scan { chunk: LARGE_CHUNK, ..Scan::one(shared, from) }
    }

    /// The place of the record that comes next.
    pub fn place(&self) -> u64 {
        self.next
    }

    /// The next record, if it is synced, as `take` has it; with the hash when it is a link of the chain.
    fn step<T>(
        &mut self,
        take: impl Fn(&Scan, &Frame<'_>) -> (T, Option<Hash>),
    ) -> Option<Result<T, Error>> {
        if self.failed || self.next > self.last.min(self.shared.tip.borrow().place) {
            return None;
        }
        let taken = self.advance(take);
        self.failed = taken.is_err();
        Some(taken)
    }

    /// The record at `next`, which is known to be synced.
    fn advance<T>(
        &mut self,
        take: impl Fn(&Scan, &Frame<'_>) -> (T, Option<Hash>),
    ) -> Result<T, Error> {
        loop {
            let (segment, mut cursor) = match self.at.take() {
                Some(at) => at,
                None => self.enter()?,
            };
            cursor.extend(segment.length());
            match self.reach(&segment, &mut cursor, &take)? {
                Some((taken, hash)) => {
                    self.next += 1;
                    self.previous = hash;
                    if self.next > self.last {
                        segment.leave_off(self.next, cursor.offset());
                    }
                    self.at = Some((segment, cursor));
                    return Ok(taken);
                }
                // The segment was sealed; its successor begins with the record.
                None if self.segment(self.next).first > segment.first => {}
                None => {
                    let fault = Fault::new("the end of the segment", "a record");
                    return Err(self.broken(&segment, cursor.offset(), fault));
                }
            }
        }
    }

    fn segment(&self, place: u64) -> Arc<Segment> {
        let segments = self.shared.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.first <= place);
        segments[after.max(1) - 1].clone()
    }

    fn enter(&self) -> Result<(Arc<Segment>, Cursor), Error> {
        let segment = self.segment(self.next);
        match self.enter_at(segment.clone()) {
            // It was trimmed in this very moment; by now it is read from the archive.
            Err(Error::Io { .. }) if !Arc::ptr_eq(&segment, &self.segment(self.next)) => {
                self.enter_at(self.segment(self.next))
            }
            entered => entered,
        }
    }

    fn enter_at(&self, segment: Arc<Segment>) -> Result<(Arc<Segment>, Cursor), Error> {
        let identity = self.shared.identity;
        let path = segment.home.path(segment.first);
        let (_, offset) = segment.seek(identity, self.next)?;
        let file = segment.home.disk.open(&path).map_err(during("open", &path))?;
        let range = (offset, segment.length());
        let cursor = |chunk| Cursor::new(file, identity, range, chunk);
        if self.last == u64::MAX {
            return Ok((segment, cursor(self.chunk)));
        }
        // Not more than is asked for, as far as that is known.
        let wanted = segment.upto(self.last).map(|end| end.saturating_sub(offset));
        let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok());
        let cursor = match wanted {
            Some(wanted) => cursor(wanted.min(self.chunk)),
            None => cursor(SMALL_CHUNK).growing(self.chunk),
        };
        Ok((segment, cursor))
    }

    /// Steps to the record at `next`; `None` if the segment ends before it.
    fn reach<T>(
        &self,
        segment: &Segment,
        cursor: &mut Cursor,
        take: impl Fn(&Scan, &Frame<'_>) -> T,
    ) -> Result<Option<T>, Error> {
        let path = || segment.home.path(segment.first);
        let entered = cursor.offset();
        loop {
            let offset = cursor.offset();
            match cursor.step().map_err(during("read", &path()))? {
                Step::End => return Ok(None),
                Step::Bad(fault) => return Err(self.broken(segment, offset, fault)),
                Step::Frame(_, frame) if frame.place < self.next => {}
                Step::Frame(_, frame) => {
                    if offset > entered {
                        segment.pass(offset - entered);
                    }
                    let checked = self.check(&frame);
                    checked.map_err(|fault| self.broken(segment, offset, fault))?;
                    return Ok(Some(take(self, &frame)));
                }
            }
        }
    }

    fn check(&self, frame: &Frame<'_>) -> Result<(), Fault> {
        if frame.place != self.next {
            let found = format!("place {}", frame.place);
            return Err(Fault::new(found, format!("place {}", self.next)));
        }
        match self.previous {
            Some(hash) if hash != frame.previous => {
                let found = format!("previous hash {}", hex(&frame.previous));
                Err(Fault::new(found, hex(&hash)))
            }
            _ => Ok(()),
        }
    }

    fn record(&self, frame: &Frame<'_>) -> (Record, Option<Hash>) {
        let hash = frame.hash(self.shared.identity);
        let (place, time, body) = (frame.place, frame.time, frame.body.to_vec());
        (Record { place, time, body, hash }, Some(hash))
    }

    fn broken(&self, segment: &Segment, offset: u64, fault: Fault) -> Error {
        damage(&segment.home, segment.first, offset, self.next, fault)
    }
}

impl Iterator for Scan {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(Scan::record)
    }
}

/// The bodies of some records, with their places; see [`crate::Journal::bodies`].
pub struct Bodies(Scan);

impl Bodies {
    pub(crate) fn new(shared: Arc<Shared>, places: RangeInclusive<u64>) -> Bodies {
        let last = *places.end();
        Bodies(Scan { last, ..Scan::many(shared, *places.start()) })
    }
}

impl Iterator for Bodies {
    type Item = Result<(u64, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.step(|_, frame| ((frame.place, frame.body.to_vec()), None))
    }
}
