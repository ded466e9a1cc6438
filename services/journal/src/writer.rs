//! The one thread that writes: takes all who wait, writes once, syncs once, tells all.
//!
//! A failed write or sync ends it, and nothing is tried again: after a failed sync the kernel may
//! have dropped the bytes and call the next sync a success. Only a full disk is survived, because
//! nothing was synced yet: the tail is cut back to the last sync, the cut is synced, and then the
//! appends are refused, so a refused record never turns up later.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use crate::disk::{File, Lock};
use crate::error::Error;
use crate::format::{FRAME_BYTES, Frame, HEADER_BYTES, Header};
use crate::handle::{Appended, Shared, Synced};
use crate::mark::Mark;
use crate::options::Options;
use crate::recovery::{Ready, create_segment};
use crate::segment::{Index, Segment};

/// A batch that waits, and who waits for it.
pub(crate) struct Request {
    pub bodies: Vec<Bytes>,
    pub reply: oneshot::Sender<Result<Appended, Error>>,
}

impl Request {
    fn bytes(&self) -> usize {
        self.bodies.iter().map(|body| body.len() + FRAME_BYTES).sum()
    }
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    options: Options,
    tip: watch::Sender<Synced>,
    at: Synced,
    segment: Arc<Segment>,
    file: Arc<dyn File>,
    length: u64,
    /// How long the file is, with the room ahead of the records.
    reserved: u64,
    last_offset: u64,
    buffer: Vec<u8>,
    frames: Vec<(u64, u64)>,
    answers: Vec<Appended>,
    _lock: Lock,
}

/// Why a group was not written.
enum Refusal {
    /// The disk is full, and the tail is as it was.
    Full,
    /// The end.
    Fatal(&'static str, io::Error),
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        options: Options,
        ready: Ready,
        tip: watch::Sender<Synced>,
    ) -> Writer {
        let segment = ready.segments.last().expect("an open journal has a segment").clone();
        Writer {
            shared,
            options,
            tip,
            at: ready.tip,
            length: segment.length(),
            reserved: segment.length(),
            segment,
            file: ready.file,
            last_offset: ready.last_offset,
            buffer: Vec::new(),
            frames: Vec::new(),
            answers: Vec::new(),
            _lock: ready.lock,
        }
    }

    /// Runs until there is nobody left to send, or until a failure.
    pub(crate) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut group = Vec::new();
        while let Some(request) = requests.blocking_recv() {
            self.gather(request, &mut requests, &mut group);
            match self.commit(&group) {
                Ok(()) => {
                    for (request, appended) in group.drain(..).zip(self.answers.drain(..)) {
                        tell(request, Ok(appended));
                    }
                }
                Err(Refusal::Full) => {
                    tracing::warn!(dir = %self.shared.folder.dir.display(), "the disk is full");
                    group.drain(..).for_each(|request| tell(request, Err(Error::DiskFull)));
                }
                Err(Refusal::Fatal(what, error)) => return self.fail(what, error, group, requests),
            }
        }
        // What nobody needs any more is given back; where that fails, opening does it.
        drop(self.file.truncate(self.length));
        Mark { identity: self.shared.identity, synced: self.at }.write(&self.shared.folder);
    }

    fn gather(
        &self,
        request: Request,
        requests: &mut mpsc::Receiver<Request>,
        group: &mut Vec<Request>,
    ) {
        let mut total = request.bytes();
        group.push(request);
        while total < self.options.max_batch_bytes {
            let Ok(request) = requests.try_recv() else { break };
            total += request.bytes();
            group.push(request);
        }
    }

    fn fail(
        self,
        what: &'static str,
        error: io::Error,
        group: Vec<Request>,
        mut requests: mpsc::Receiver<Request>,
    ) {
        let reason = format!("cannot {what}: {error}");
        let dir = self.shared.folder.dir.display();
        tracing::error!(%dir, %reason, "the journal has failed");
        self.shared.failure.get_or_init(|| reason.clone());
        requests.close();
        let waiting = std::iter::from_fn(|| requests.blocking_recv());
        for request in group.into_iter().chain(waiting) {
            tell(request, Err(Error::Failed { reason: reason.clone() }));
        }
    }

    /// One write and one sync for the group; afterwards readers see it.
    fn commit(&mut self, group: &[Request]) -> Result<(), Refusal> {
        let total: usize = group.iter().map(Request::bytes).sum();
        let full = self.length + total as u64 > self.options.segment_bytes;
        if full && self.length > HEADER_BYTES as u64 {
            self.rotate()?;
        }
        self.make_room(total as u64);
        let after = self.encode(group);
        self.write()?;
        self.file.sync_data().map_err(|error| Refusal::Fatal("sync", error))?;
        self.shared.syncs.fetch_add(1, Ordering::Relaxed);
        self.length += self.buffer.len() as u64;
        self.last_offset = self.frames.last().map_or(self.last_offset, |(_, offset)| *offset);
        self.segment.grow(self.length, &self.frames);
        self.at = after;
        self.tip.send_replace(self.at.clone());
        Ok(())
    }

    /// Makes the file longer before the records come, in large steps: then a sync writes them and no
    /// length. A disk that makes no room may still take the records.
    fn make_room(&mut self, bytes: u64) {
        let end = self.length + bytes;
        if end <= self.reserved || self.options.room_bytes == 0 {
            return;
        }
        let most = self.options.segment_bytes.max(end);
        let wanted = (end + self.options.room_bytes).min(most);
        if self.file.reserve(self.length, wanted - self.length).is_ok() {
            self.reserved = wanted;
        }
    }

    fn encode(&mut self, group: &[Request]) -> Synced {
        self.buffer.clear();
        self.frames.clear();
        self.answers.clear();
        let (time, identity) = ((self.options.clock)(), self.shared.identity);
        let (mut after, durable) = (self.at.clone(), self.at.place);
        for request in group {
            let first = after.place + 1;
            for body in &request.bodies {
                let (place, previous) = (after.place + 1, after.hash);
                self.frames.push((place, self.length + self.buffer.len() as u64));
                let hash = Frame { place, time, durable, previous, body }
                    .encode(identity, &mut self.buffer);
                after = Synced { place, hash };
            }
            let count = request.bodies.len() as u64;
            self.answers.push(Appended { first, count, time, hash: after.hash });
        }
        after
    }

    fn write(&mut self) -> Result<(), Refusal> {
        let Err(error) = self.file.write_at(&self.buffer, self.length) else { return Ok(()) };
        if !is_full(&error) {
            return Err(Refusal::Fatal("write", error));
        }
        self.cut().map_err(|error| Refusal::Fatal("cut the tail of a full disk", error))?;
        Err(Refusal::Full)
    }

    /// Leaves in the file what is synced, and nothing behind it.
    fn cut(&mut self) -> io::Result<()> {
        self.file.truncate(self.length)?;
        self.file.sync_all()?;
        self.reserved = self.length;
        Ok(())
    }

    /// Everything in the old segment is synced, and nothing is behind it; the new one is durable before
    /// a record is in it.
    fn rotate(&mut self) -> Result<(), Refusal> {
        self.cut().map_err(|error| Refusal::Fatal("seal a segment", error))?;
        let header = Header {
            identity: self.shared.identity,
            first: self.at.place + 1,
            previous_first: self.segment.first,
            previous_last_offset: self.last_offset,
            previous_length: self.length,
            link: self.at.hash,
        };
        match create_segment(&self.shared.folder, &header) {
            Ok(file) => self.file = file,
            Err(error) if is_full(&error) => return Err(self.withdraw(&header)),
            Err(error) => return Err(Refusal::Fatal("begin a segment", error)),
        }
        self.length = HEADER_BYTES as u64;
        self.reserved = self.length;
        self.last_offset = 0;
        let home = self.shared.folder.clone();
        let segment = Segment::new(home, header.first, self.length, Some(Index::default()));
        self.segment = Arc::new(segment);
        let mut segments = self.shared.segments.write().unwrap_or_else(PoisonError::into_inner);
        segments.push(self.segment.clone());
        Ok(())
    }

    /// Takes back a segment for which there was no room.
    fn withdraw(&self, header: &Header) -> Refusal {
        let folder = &self.shared.folder;
        match folder.disk.remove(&folder.path(header.first)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Refusal::Fatal("remove a segment", error);
            }
            _ => {}
        }
        match folder.disk.sync_dir(&folder.dir) {
            Ok(()) => Refusal::Full,
            Err(error) => Refusal::Fatal("sync the directory", error),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whoever stopped waiting will not hear; that changes nothing.
fn tell(request: Request, answer: Result<Appended, Error>) {
    drop(request.reply.send(answer));
}
