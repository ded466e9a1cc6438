//! The view: what a journal says, in sled, ready to be read.
//!
//! It is filled from the journal, carries the place up to which it was filled in the same atomic
//! batch, and may be deleted at any moment. It is never the record: nothing is acknowledged because
//! the view has it. A view that is damaged, of another journal, of another layout, ahead of its
//! journal, or of another boot is dropped, and the owner fills it again; one that is behind is
//! caught up. Opening is guarded: a panic inside sled means a new view and not an outage.
//!
//! Changes are read from memory at once and given to sled in large batches, see `layers`. A view that
//! is made anew may begin with a snapshot, see `snapshot`.
//!
//! Keys: the first byte says whose they are. `0x00` is the view's own (place, journal, boot),
//! `0x01` the store's (see `store`), ASCII letters the role's. Numbers in keys are big-endian, so
//! that order is meaning. Values are small; bodies stay in the journal.

mod layers;
mod snapshot;

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    thread::{self, JoinHandle},
};

use domain::rejection::Rejection;

use crate::tx::{Changes, Run};
use layers::Shared;
pub use snapshot::Mark;

const CACHE_BYTES: u64 = 8 << 20;
const UPTO: &[u8] = b"\0upto";
const ORIGIN: &[u8] = b"\0origin";

/// Why the view can't be used. The answer is to open it again, which makes a new one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// sled fails.
    #[error("the view fails: {0}")]
    Sled(#[from] sled::Error),
    /// sled can't even be opened on an empty folder.
    #[error("no view can be made in {path}")]
    Make {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// sled has panicked.
    #[error("the view fails: sled panicked")]
    Panicked,
    /// It has failed before, and is not made anew yet; what callers are told.
    #[error(transparent)]
    Away(Box<Rejection>),
}

/// What a view belongs to: another origin means another view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The journal.
    pub journal: [u8; 16],
    /// The owner's layout of keys and values; counts up when it changes.
    pub layout: u32,
    /// Which boot of the machine: the page cache survives a process but not a boot, so a view that
    /// was never synced is trusted only within one.
    pub boot: Vec<u8>,
}

impl Origin {
    /// The origin of a view that is made now.
    pub fn now(journal: [u8; 16], layout: u32) -> Origin {
        let boot = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Origin { journal, layout, boot }
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.journal[..], &self.layout.to_be_bytes(), &self.boot].concat()
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

type Giving = JoinHandle<Result<(), Error>>;

/// An open view.
#[derive(Debug)]
pub struct View {
    db: sled::Db,
    layers: Shared,
    /// The thread that gives the old layer to sled, while there is one.
    giving: Mutex<Option<Giving>>,
}

impl View {
    /// Opens the view in `dir`, or makes a new one where it can't be trusted.
    /// `last` is the journal's last place: a view beyond it saw what was never acknowledged.
    pub fn open(dir: &Path, origin: &Origin, last: u64) -> Result<View, Error> {
        match guarded(dir) {
            Ok(db) if trusted(&db, origin, last) => return View::new(db),
            Ok(_) => tracing::info!(dir = %dir.display(), "the view is of another state: rebuilt"),
            Err(why) => {
                tracing::warn!(dir = %dir.display(), %why, "the view is damaged: rebuilt");
            }
        }
        View::make(dir, origin)
    }

    /// Makes a new view, in place of what is there.
    pub fn make(dir: &Path, origin: &Origin) -> Result<View, Error> {
        let make = |source| Error::Make { path: dir.to_owned(), source };
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(make)?;
        }
        let db = guarded(dir).map_err(make)?;
        db.insert(ORIGIN, origin.bytes())?;
        View::new(db)
    }

    fn new(db: sled::Db) -> Result<View, Error> {
        let upto = number(db.get(UPTO)?.as_deref());
        Ok(View { db, layers: Shared::over(upto), giving: Mutex::new(None) })
    }

    /// The last place that is in it; 0 for none.
    pub fn upto(&self) -> u64 {
        self.layers.read().upto()
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let layers = self.layers.read();
        match layers.get(key) {
            Some(value) => Ok(value.cloned()),
            None => Ok(self.db.get(key)?.map(|value| value.to_vec())),
        }
    }

    /// Up to `limit` pairs with the prefix, from the key `from` on, in order, as they are when
    /// `over`, the youngest first, is laid on top of the view.
    pub(crate) fn scan<'c>(
        &self,
        over: impl Iterator<Item = &'c Changes>,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        let layers = self.layers.read();
        let mut runs: Vec<Run<'_>> = over.map(|changes| changes.from(prefix, from)).collect();
        runs.extend(layers.from(prefix, from));
        let mut stored = self.db.range(from..).peekable();
        let mut found = Vec::new();
        while found.len() < limit {
            let below = match stored.peek() {
                Some(Ok((key, _))) => Some(key.to_vec()),
                Some(Err(error)) => return Err(error.clone().into()),
                None => None,
            };
            let above = runs.iter_mut().filter_map(Run::peek).min();
            let next = below.as_deref().into_iter().chain(above).min();
            let Some(key) = next.filter(|key| key.starts_with(prefix)).map(<[u8]>::to_vec) else {
                break;
            };
            let mut value = match below {
                Some(below) if below == key => stored.next().transpose()?.map(|(_, v)| v.to_vec()),
                _ => None,
            };
            // The oldest first, so that the youngest has the last word.
            for run in runs.iter_mut().rev() {
                if let Some(changed) = run.take(&key) {
                    value = changed.clone();
                }
            }
            found.extend(value.map(|value| (key, value)));
        }
        Ok(found)
    }

    /// Applies changes and the place up to which they lead, as one.
    pub fn commit(&self, changes: Changes, upto: u64) -> Result<(), Error> {
        let is_full = self.layers.write().take(changes, upto);
        if !is_full {
            return Ok(());
        }
        // While a snapshot is written the young layer grows on.
        match self.giving.try_lock() {
            Ok(mut giving) => self.give(&mut giving),
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Poisoned(giving)) => self.give(&mut giving.into_inner()),
        }
    }

    /// Gives the young layer to sled, on a thread of its own; waits for the one before.
    fn give(&self, giving: &mut Option<Giving>) -> Result<(), Error> {
        joined(giving.take())?;
        let turned = self.layers.write().turn();
        let Some((old, upto)) = turned else { return Ok(()) };
        let (db, layers) = (self.db.clone(), self.layers.clone());
        let write = move || {
            write(&db, &old, upto)?;
            layers.write().given();
            Ok(())
        };
        *giving = Some(
            thread::Builder::new().name("view".to_owned()).spawn(write).map_err(sled::Error::Io)?,
        );
        Ok(())
    }

    /// Gives all to sled and waits for it: what opens the view next folds nothing again.
    pub fn settle(&self) -> Result<(), Error> {
        let mut giving = locked(&self.giving);
        self.give(&mut giving)?;
        joined(giving.take())
    }

    /// All keys and values but the view's own: two views of one state have the same dump.
    pub fn dump(&self) -> Result<Vec<Pair>, Error> {
        self.scan(std::iter::empty(), b"", b"\x01", usize::MAX)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Err(error) = self.settle() {
            tracing::warn!(%error, "the view is left behind; it is caught up when it is opened");
        }
    }
}

fn locked(giving: &Mutex<Option<Giving>>) -> MutexGuard<'_, Option<Giving>> {
    giving.lock().unwrap_or_else(PoisonError::into_inner)
}

fn joined(giving: Option<Giving>) -> Result<(), Error> {
    giving.map_or(Ok(()), |giving| giving.join().unwrap_or(Err(Error::Panicked)))
}

fn write(db: &sled::Db, changes: &Changes, upto: u64) -> Result<(), Error> {
    let mut batch = sled::Batch::default();
    for (key, value) in changes.iter() {
        match value {
            Some(value) => batch.insert(key.as_slice(), value.as_slice()),
            None => batch.remove(key.as_slice()),
        }
    }
    batch.insert(UPTO, &upto.to_be_bytes());
    match catch_unwind(AssertUnwindSafe(|| db.apply_batch(batch))) {
        Ok(applied) => Ok(applied?),
        Err(_) => Err(Error::Panicked),
    }
}

/// A number that was written big-endian; 0 where there is none.
pub fn number(bytes: Option<&[u8]>) -> u64 {
    bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
}

fn trusted(db: &sled::Db, origin: &Origin, last: u64) -> bool {
    let read = |key: &[u8]| db.get(key).ok().flatten();
    let same = read(ORIGIN).is_some_and(|found| found == origin.bytes());
    let upto = number(read(UPTO).as_deref());
    same && upto <= last && (upto > 0 || !snapshot::is_begun(db))
}

fn guarded(dir: &Path) -> io::Result<sled::Db> {
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .mode(sled::Mode::HighThroughput);
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(error))) => Err(error),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::Error::other("sled panicked")),
    }
}
