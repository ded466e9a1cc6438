//! Photographs, recordings and documents by content address, and their service on the wire.
//!
//! What is named is on disk and is what its name says: bytes are hashed before the name exists, and
//! again before the first of them is read. An upload that broke off goes on where the disk is, also
//! after a restart; bytes that do not hash to the name are dropped, and so are those for which a
//! sync has failed: what reading shows then is not what the disk has. Everything has a limit.
//!
//! Files: `<2 hex>/<64 hex>` is a whole piece, `<64 hex>.part` one that is being uploaded,
//! `<64 hex>.damaged` one that the disk has spoiled, kept for whoever wants to look at it.
//!
//! It knows nothing of cases: who may read or write which store is said by the role's [`Stores`],
//! and what lies with another role is passed on from there ([`Elsewhere`]).
//! It blocks; [`service`] calls it off the runtime's own threads.

mod onward;
mod service;
mod upload;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use domain::{evidence::Digest, rejection::Rejection};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::{
    onward::Elsewhere,
    service::{Access, Service, Stores, service},
    upload::Upload,
};

/// What a store allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest piece of evidence, in bytes. Default 64 MiB.
    pub evidence_bytes: u64,
    /// All that a store holds, in bytes. Default 64 GiB.
    pub store_bytes: u64,
    /// Uploads that are not whole; at one more the oldest idle one is dropped. Default 256.
    pub parts: usize,
    /// What one other party may bring into a store since the start, in bytes. Default 4 GiB.
    pub stranger_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            evidence_bytes: 64 << 20,
            store_bytes: 64 << 30,
            parts: 256,
            stranger_bytes: 4 << 30,
        }
    }
}

/// The largest message of an upload, in bytes.
pub const PIECE_BYTES_MAX: usize = 1 << 20;

/// Why a store does not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The upload or the download is not as it must be.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store stands elsewhere: begin again there.
    #[error("{received} bytes are there: go on from there")]
    Offset {
        /// So many bytes are on disk.
        received: u64,
    },
    /// The disk refuses.
    #[error("the evidence store in {path} can't be used")]
    Disk {
        /// The store.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// One party's store; clones share it.
#[derive(Clone, Debug)]
pub struct EvidenceStore {
    shared: Arc<Shared>,
    account: Option<Account>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    limits: Limits,
    used: AtomicU64,
    uploading: Mutex<HashSet<Digest>>,
    sync_dir: SyncDir,
    /// What a sync has failed for: the disk may not have what reading shows. Begins anew.
    doubtful: Mutex<HashSet<Digest>>,
}

/// Makes the names in a directory durable.
type SyncDir = fn(&Path) -> io::Result<()>;

/// What one other party has brought.
#[derive(Clone, Debug, Default)]
pub struct Account(Arc<AtomicU64>);

impl EvidenceStore {
    /// Opens the store in `dir`, or makes it.
    pub fn open(dir: &Path, limits: Limits) -> Result<EvidenceStore, Error> {
        EvidenceStore::open_with(dir, limits, |dir| File::open(dir)?.sync_all())
    }

    fn open_with(dir: &Path, limits: Limits, sync_dir: SyncDir) -> Result<EvidenceStore, Error> {
        let disk = |source| Error::Disk { path: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(disk)?;
        sync_names(dir, sync_dir).map_err(disk)?;
        let used = AtomicU64::new(used(dir).map_err(disk)?);
        let (uploading, doubtful) = (Mutex::default(), Mutex::default());
        let dir = dir.to_owned();
        let shared = Shared { dir, limits, used, uploading, doubtful, sync_dir };
        let shared = Arc::new(shared);
        Ok(EvidenceStore { shared, account: None })
    }

    /// The same store, for a party whose uploads are counted against
    /// [`Limits::stranger_bytes`].
    pub fn on_account(&self, account: Account) -> EvidenceStore {
        EvidenceStore { shared: Arc::clone(&self.shared), account: Some(account) }
    }

    /// Whether the whole piece is there.
    pub fn has(&self, digest: &Digest) -> bool {
        self.size(digest).is_some()
    }

    /// How many bytes the whole piece has; none when it is not (all) there, or not yet on disk.
    pub fn size(&self, digest: &Digest) -> Option<u64> {
        if self.uploading().contains(digest) || self.doubtful().contains(digest) {
            return None;
        }
        let found = fs::metadata(self.path(digest)).ok()?;
        found.is_file().then_some(found.len())
    }

    /// So many bytes are on disk, whole or not.
    pub fn received(&self, digest: &Digest) -> u64 {
        if self.doubtful().contains(digest) {
            return 0;
        }
        let part = || fs::metadata(self.part(digest)).map_or(0, |found| found.len());
        self.size(digest).unwrap_or_else(part)
    }

    /// How many bytes the store holds.
    pub fn used_bytes(&self) -> u64 {
        self.shared.used.load(Relaxed)
    }

    /// Begins to write at `offset`, or goes on; see [`Upload`].
    pub fn upload(&self, digest: &Digest, size: u64, offset: u64) -> Result<Upload, Error> {
        Upload::begin(self.clone(), digest.clone(), size, offset)
    }

    /// Puts a whole piece in at once; there already is as good.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, Error> {
        let digest = Digest::sha256(Sha256::digest(bytes).into());
        if self.has(&digest) {
            return Ok(digest);
        }
        let received = self.received(&digest).min(bytes.len() as u64);
        let mut upload = self.upload(&digest, bytes.len() as u64, received)?;
        let rest = bytes.get(usize::try_from(received).unwrap_or(usize::MAX)..);
        for piece in rest.unwrap_or_default().chunks(PIECE_BYTES_MAX) {
            upload.write(piece)?;
        }
        upload.finish()?;
        Ok(digest)
    }

    /// Opens a piece for reading from `offset` on. The whole of it is hashed first; what the disk
    /// has spoiled is put aside and counts as not there, so that it can be brought again.
    pub fn read(&self, digest: &Digest, offset: u64) -> Result<File, Error> {
        let mut file = match File::open(self.path(digest)) {
            Ok(file) => file,
            Err(absent) if absent.kind() == io::ErrorKind::NotFound => return Err(unknown(digest)),
            Err(source) => return Err(self.disk(source)),
        };
        if hash(&mut file).map_err(|source| self.disk(source))? != *digest {
            tracing::error!(%digest, "the disk has spoiled this evidence: put aside");
            let aside = self.shared.dir.join(format!("{}.damaged", digest.hex()));
            fs::rename(self.path(digest), aside).map_err(|source| self.disk(source))?;
            return Err(unknown(digest));
        }
        file.seek(SeekFrom::Start(offset)).map_err(|source| self.disk(source))?;
        Ok(file)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.shared.dir.join(&hex[..2]).join(hex)
    }

    fn part(&self, digest: &Digest) -> PathBuf {
        self.shared.dir.join(format!("{}.part", digest.hex()))
    }

    fn disk(&self, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::StorageFull {
            let message = "the disk is full: nothing more was taken; make room";
            return Rejection::unavailable("DISK_FULL", message).into();
        }
        Error::Disk { path: self.shared.dir.clone(), source }
    }

    fn sync(&self, dir: &Path) -> io::Result<()> {
        (self.shared.sync_dir)(dir)
    }

    fn uploading(&self) -> std::sync::MutexGuard<'_, HashSet<Digest>> {
        self.shared.uploading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubtful(&self) -> std::sync::MutexGuard<'_, HashSet<Digest>> {
        self.shared.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(digest: &Digest) -> Error {
    let message = format!("{digest} is not in this evidence store");
    Rejection::unknown("UNKNOWN_EVIDENCE", "digest", message).into()
}

fn hash(file: &mut File) -> io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::sha256(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

/// Makes all names durable, the store's own as well: whoever gave them may have died before that.
fn sync_names(dir: &Path, sync_dir: SyncDir) -> io::Result<()> {
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    sync_dir(above.unwrap_or(Path::new(".")))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_dir(&entry.path())?;
        }
    }
    sync_dir(dir)
}

/// The bytes of all files in the store and its folders.
fn used(dir: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let found = entry.metadata()?;
        sum += if found.is_dir() { used(&entry.path())? } else { found.len() };
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
