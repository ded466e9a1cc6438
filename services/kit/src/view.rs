//! The view: what a journal says, in sled, ready to be read.
//!
//! It is filled from the journal, carries the place up to which it was filled in the same atomic
//! batch, and may be deleted at any moment. It is never the record: nothing is acknowledged because
//! the view has it. A view that is damaged, of another journal, of another layout, ahead of its
//! journal, or of another boot is dropped, and the owner fills it again; one that is behind is
//! caught up. Opening is guarded: a panic inside sled means a new view and not an outage.
//!
//! Keys: the first byte says whose they are. `0x00` is the view's own (place, journal, boot),
//! `0x01` the store's (see `store`), ASCII letters the role's. Numbers in keys are big-endian, so
//! that order is meaning. Values are small; bodies stay in the journal.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use domain::rejection::Rejection;

use crate::tx::Changes;

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

/// An open view.
#[derive(Debug)]
pub struct View {
    db: sled::Db,
    writing: Mutex<()>,
}

impl View {
    /// Opens the view in `dir`, or makes a new one where it can't be trusted.
    /// `last` is the journal's last place: a view beyond it saw what was never acknowledged.
    pub fn open(dir: &Path, origin: &Origin, last: u64) -> Result<View, Error> {
        match guarded(dir) {
            Ok(db) if trusted(&db, origin, last) => return Ok(View::new(db)),
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
        Ok(View::new(db))
    }

    fn new(db: sled::Db) -> View {
        View { db, writing: Mutex::new(()) }
    }

    /// The last place that is in it; 0 for none.
    pub fn upto(&self) -> Result<u64, Error> {
        Ok(number(self.db.get(UPTO)?.as_deref()))
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.db.get(key)?.map(|value| value.to_vec()))
    }

    /// The pairs with the prefix, from `from` on, in order.
    pub fn scan<'v>(
        &'v self,
        prefix: &'v [u8],
        from: &[u8],
    ) -> impl Iterator<Item = Result<Pair, Error>> + 'v {
        let pairs = self.db.range(from.to_vec()..).map(|pair| {
            let (key, value) = pair?;
            Ok((key.to_vec(), value.to_vec()))
        });
        pairs.take_while(move |pair| pair.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)))
    }

    /// Applies changes and the place up to which they lead, as one.
    pub fn commit(&self, changes: Changes, upto: u64) -> Result<(), Error> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch.insert(UPTO, &upto.to_be_bytes());
        match catch_unwind(AssertUnwindSafe(|| self.db.apply_batch(batch))) {
            Ok(applied) => Ok(applied?),
            Err(_) => Err(Error::Panicked),
        }
    }

    /// All keys and values but the view's own: two views of one state have the same dump.
    pub fn dump(&self) -> Result<Vec<Pair>, Error> {
        let own = |pair: &Result<Pair, Error>| {
            pair.as_ref().map_or(true, |(key, _)| key.first() != Some(&0))
        };
        self.scan(b"", b"").filter(own).collect()
    }
}

/// A number that was written big-endian; 0 where there is none.
pub fn number(bytes: Option<&[u8]>) -> u64 {
    bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
}

fn trusted(db: &sled::Db, origin: &Origin, last: u64) -> bool {
    let read = |key: &[u8]| db.get(key).ok().flatten();
    let same = read(ORIGIN).is_some_and(|found| found == origin.bytes());
    same && number(read(UPTO).as_deref()) <= last
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
