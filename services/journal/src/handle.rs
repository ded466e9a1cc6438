//! The handle to an open journal: cheap to clone, and everything a service needs of it.
//!
//! Appending goes through a bounded queue to the one thread that writes; reading does not.
//! When the last handle is dropped, or at `close`, the thread writes what waits and ends.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use crate::archive::{Archive, Stored};
use crate::disk::{Disk, RealDisk};
use crate::error::{Error, during};
use crate::format::{FRAME_BYTES, Hash, Identity};
use crate::options::Options;
use crate::reader::{Bodies, Record, Scan};
use crate::recovery::recover;
use crate::segment::{Folder, Segment};
use crate::writer::{Request, Writer};

/// An open journal.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

/// Where the records of a batch are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The place of the first record; the others follow it.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// When they were written, milliseconds since 1970 UTC.
    pub time: i64,
    /// The hash of the last one, which commits to everything before it.
    pub hash: Hash,
}

impl Appended {
    /// The place of the last record.
    pub fn last(&self) -> u64 {
        self.first + self.count - 1
    }
}

/// Records that are on their way to the disk.
pub struct Appending {
    shared: Arc<Shared>,
    answer: oneshot::Receiver<Result<Appended, Error>>,
}

impl Appending {
    /// Answers once they are synced; may be asked again when it was not waited for to the end.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub async fn done(&mut self) -> Result<Appended, Error> {
        (&mut self.answer).await.unwrap_or_else(|_| Err(self.shared.ended()))
    }
}

/// How far the journal is synced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The last place; 0 if there is none.
    pub place: u64,
    /// The hash of the record there; zeros if there is none.
    pub hash: Hash,
}

struct Inner {
    shared: Arc<Shared>,
    max_record_bytes: usize,
    max_batch_bytes: usize,
    queue: Mutex<Option<mpsc::Sender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer tells the readers.
pub(crate) struct Shared {
    pub folder: Folder,
    pub identity: Identity,
    pub segments: RwLock<Vec<Arc<Segment>>>,
    pub tip: watch::Receiver<Synced>,
    /// What is in the archive; whoever archives or trims holds it.
    pub archive: Mutex<Archive>,
    /// How far the archive goes; whoever asks waits for nobody who copies.
    pub stored: RwLock<Stored>,
    /// Set when the journal ends: who archives or trims ends first.
    pub closing: AtomicBool,
    /// Why the writer gave up, once it did.
    pub failure: OnceLock<String>,
    /// How often the writer has synced since it was opened.
    pub syncs: AtomicU64,
}

impl Shared {
    /// Reads a segment from elsewhere from now on.
    pub(crate) fn replace(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let same = segments.iter_mut().find(|one| one.first == segment.first);
        if let Some(same) = same {
            *same = segment;
        }
    }

    fn ended(&self) -> Error {
        match self.failure.get() {
            Some(reason) => Error::Failed { reason: reason.clone() },
            None => Error::Closed,
        }
    }
}

impl Journal {
    /// Opens the journal in a directory, or creates it. Blocks while it reads the last segment,
    /// or all of them.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Damaged`], [`Error::Foreign`] or [`Error::Io`].
    pub fn open(dir: impl AsRef<Path>, options: Options) -> Result<Journal, Error> {
        Journal::open_on(Arc::new(RealDisk), dir, options)
    }

    /// The same on any disk.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        dir: impl AsRef<Path>,
        options: Options,
    ) -> Result<Journal, Error> {
        let folder = Folder { disk, dir: dir.as_ref().to_owned() };
        let (ready, archive) = recover(&folder, &options)?;
        let (tip, synced) = watch::channel(ready.tip.clone());
        let shared = Arc::new(Shared {
            folder,
            identity: ready.identity,
            segments: RwLock::new(ready.segments.clone()),
            tip: synced,
            stored: RwLock::new(archive.stored()),
            archive: Mutex::new(archive),
            closing: AtomicBool::new(false),
            failure: OnceLock::new(),
            syncs: AtomicU64::new(0),
        });
        let (queue, requests) = mpsc::channel(options.queue_length.max(1));
        let (max_record_bytes, max_batch_bytes) = (options.record_limit(), options.max_batch_bytes);
        let writer = Writer::new(shared.clone(), options, ready, tip);
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let thread = thread.spawn(move || writer.run(requests));
        let thread = thread.map_err(during("start the writer of", &shared.folder.dir))?;
        let (queue, thread) = (Mutex::new(Some(queue)), Mutex::new(Some(thread)));
        let inner = Inner { shared, max_record_bytes, max_batch_bytes, queue, thread };
        Ok(Journal { inner: Arc::new(inner) })
    }

    /// Appends records, and answers once they are synced. If the future is dropped they may be
    /// appended all the same.
    ///
    /// # Errors
    /// See the crate's documentation for what each says about the records.
    pub async fn append(&self, bodies: Vec<Vec<u8>>) -> Result<Appended, Error> {
        self.begin(shared(bodies)).await?.done().await
    }

    /// Hands records over, to do something else while they are written and synced. They are written
    /// in the order in which they were handed over.
    ///
    /// # Errors
    /// [`Error::Empty`] or [`Error::TooLarge`]: nothing of them will be written; or that there is no
    /// writer any more.
    pub async fn begin(&self, bodies: Vec<Bytes>) -> Result<Appending, Error> {
        let queue = self.admit(&bodies)?;
        let (reply, answer) = oneshot::channel();
        let sent = queue.send(Request { bodies, reply }).await;
        drop(queue);
        sent.map_err(|_| self.inner.shared.ended())?;
        Ok(Appending { shared: self.inner.shared.clone(), answer })
    }

    /// The same for a thread of its own.
    ///
    /// # Panics
    /// Inside an asynchronous runtime, where blocking would hold up others.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_blocking(&self, bodies: Vec<Vec<u8>>) -> Result<Appended, Error> {
        let bodies = shared(bodies);
        let queue = self.admit(&bodies)?;
        let (reply, answer) = oneshot::channel();
        let sent = queue.blocking_send(Request { bodies, reply });
        drop(queue);
        sent.map_err(|_| self.inner.shared.ended())?;
        answer.blocking_recv().unwrap_or_else(|_| Err(self.inner.shared.ended()))
    }

    fn admit(&self, bodies: &[Bytes]) -> Result<mpsc::Sender<Request>, Error> {
        if bodies.is_empty() {
            return Err(Error::Empty);
        }
        let inner = &self.inner;
        let refuse = |bytes, limit| Err(Error::TooLarge { bytes, limit });
        let largest = bodies.iter().map(Bytes::len).max().unwrap_or(0);
        if largest > inner.max_record_bytes {
            return refuse(largest, inner.max_record_bytes);
        }
        let total = bodies.iter().map(|body| body.len() + FRAME_BYTES).sum();
        if total > inner.max_batch_bytes {
            return refuse(total, inner.max_batch_bytes);
        }
        let queue = inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.clone().ok_or_else(|| inner.shared.ended())
    }

    /// The record at a place; `None` if nothing is synced there. Blocks on the disk.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::Io`].
    pub fn read(&self, place: u64) -> Result<Option<Record>, Error> {
        if place == 0 {
            return Ok(None);
        }
        Scan::one(self.inner.shared.clone(), place).next().transpose()
    }

    /// The synced records from a place on. Blocks on the disk, reads ahead, checks checksums and
    /// chain. `None` means "no more yet": it may be asked again after [`Journal::wait_past`].
    /// After an error it ends.
    pub fn scan(&self, from: u64) -> Scan {
        Scan::many(self.inner.shared.clone(), from.max(1))
    }

    /// The synced bodies among these places. Blocks on the disk, reads little more than these, and
    /// checks checksums and that no place is missing, but not the chain.
    pub fn bodies(&self, places: RangeInclusive<u64>) -> Bodies {
        Bodies::new(self.inner.shared.clone(), (*places.start()).max(1)..=*places.end())
    }

    /// Which segments have an index.
    #[cfg(test)]
    pub(crate) fn indexed(&self) -> Vec<bool> {
        let segments = self.inner.shared.segments.read().unwrap_or_else(PoisonError::into_inner);
        segments.iter().map(|segment| segment.is_indexed()).collect()
    }

    /// The last synced place; 0 if there is none.
    pub fn last(&self) -> u64 {
        self.inner.shared.tip.borrow().place
    }

    /// How often it has synced what was appended, since it was opened.
    pub fn syncs(&self) -> u64 {
        self.inner.shared.syncs.load(Ordering::Relaxed)
    }

    /// The hash of the last synced record; zeros if there is none.
    pub fn last_hash(&self) -> Hash {
        self.inner.shared.tip.borrow().hash
    }

    /// How far the journal is synced, to watch. The sender is gone when the journal has ended.
    pub fn synced(&self) -> watch::Receiver<Synced> {
        self.inner.shared.tip.clone()
    }

    /// Waits until a record after `place` is synced, and answers with the last place there is.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::Failed`] if there will be none.
    pub async fn wait_past(&self, place: u64) -> Result<u64, Error> {
        let mut tip = self.synced();
        match tip.wait_for(|tip| tip.place > place).await {
            Ok(tip) => Ok(tip.place),
            Err(_) => Err(self.inner.shared.ended()),
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Which journal this is.
    pub fn identity(&self) -> Identity {
        self.inner.shared.identity
    }

    /// Writes and answers what waits, then ends, for all clones of the handle; reading goes on.
    /// Blocks until the lock is given back; in asynchronous code, on a thread for blocking.
    ///
    /// # Errors
    /// [`Error::Failed`] if the journal had failed.
    pub fn close(&self) -> Result<(), Error> {
        self.inner.end();
        match self.inner.shared.ended() {
            Error::Closed => Ok(()),
            failed => Err(failed),
        }
    }
}

fn shared(bodies: Vec<Vec<u8>>) -> Vec<Bytes> {
    bodies.into_iter().map(Bytes::from).collect()
}

impl Inner {
    fn end(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // Whoever opens it next must find nobody at its files.
        drop(self.shared.archive.lock().unwrap_or_else(PoisonError::into_inner));
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!(dir = %self.shared.folder.dir.display(), "the journal's writer panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}
