//! One upload: bytes appended to a part, synced piece by piece, named when their hash is right.
//!
//! There is one writer of a part at a time. Dropping an upload keeps what is on disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::atomic::Ordering::Relaxed,
    time::SystemTime,
};

use domain::{evidence::Digest, rejection::Rejection};

use super::{Error, EvidenceStore, PIECE_BYTES_MAX, hash};

/// An upload that is going on.
#[derive(Debug)]
pub struct Upload {
    store: EvidenceStore,
    digest: Digest,
    size: u64,
    received: u64,
    /// None when the piece is there already.
    file: Option<File>,
}

impl Upload {
    pub(super) fn begin(
        store: EvidenceStore,
        digest: Digest,
        size: u64,
        offset: u64,
    ) -> Result<Upload, Error> {
        let most = store.shared.limits.evidence_bytes;
        if size == 0 || size > most {
            let message = format!("a piece of evidence has 1 to {most} bytes, not {size}");
            return Err(Rejection::invalid("EVIDENCE_TOO_LARGE", "size", message).into());
        }
        if let Some(held) = store.size(&digest) {
            return Ok(Upload { store, digest, size, received: held, file: None });
        }
        if !store.uploading().insert(digest.clone()) {
            let message = format!("{digest} is being uploaded by somebody; try again");
            return Err(Rejection::unavailable("UPLOAD_RUNNING", message).into());
        }
        // From here on a drop gives the place free again.
        let mut upload = Upload { store, digest, size, received: 0, file: None };
        upload.start(offset).inspect_err(|_| upload.leave())?;
        Ok(upload)
    }

    fn start(&mut self, offset: u64) -> Result<(), Error> {
        let store = &self.store;
        let part = store.part(&self.digest);
        let mut received = fs::metadata(&part).map_or(0, |found| found.len());
        let is_doubtful = received > 0 && store.doubtful().contains(&self.digest);
        if received > self.size || is_doubtful {
            // It can't be a beginning of what is announced now, or the disk may not have it.
            drop_part(store, &part, received)?;
            received = 0;
        }
        if offset != received {
            return Err(Error::Offset { received });
        }
        if received == 0 {
            make_room(store)?;
        }
        check_quota(store, self.size - received)?;
        let options =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).clone();
        let mut file = options.open(&part).map_err(|source| store.disk(source))?;
        file.seek(SeekFrom::Start(received)).map_err(|source| store.disk(source))?;
        if received == 0 {
            store.sync(&store.shared.dir).map_err(|source| store.disk(source))?;
        }
        self.received = received;
        self.file = Some(file);
        Ok(())
    }

    /// Whether the whole was there before this upload began.
    pub fn was_there(&self) -> bool {
        self.file.is_none()
    }

    /// So many bytes are on disk.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Appends; on disk when this returns. Of a piece that was there already nothing is written.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let rest = self.size - self.received;
        if piece.len() > PIECE_BYTES_MAX || piece.len() as u64 > rest {
            let most = rest.min(PIECE_BYTES_MAX as u64);
            let message = format!("here a piece has at most {most} bytes, not {}", piece.len());
            return Err(Rejection::invalid("PIECE_TOO_LARGE", "piece", message).into());
        }
        file.write_all(piece).map_err(|source| self.store.disk(source))?;
        let synced = file.sync_data();
        synced.map_err(|source| self.doubt(source))?;
        self.received += piece.len() as u64;
        self.store.shared.used.fetch_add(piece.len() as u64, Relaxed);
        if let Some(account) = &self.store.account {
            account.0.fetch_add(piece.len() as u64, Relaxed);
        }
        Ok(())
    }

    /// Ends the upload: says whether the whole is there and checked. What is not whole yet stays;
    /// what does not hash to its name is dropped.
    pub fn finish(mut self) -> Result<bool, Error> {
        let Some(mut file) = self.file.take() else { return Ok(true) };
        let done = self.complete(&mut file);
        self.leave();
        done
    }

    fn complete(&self, file: &mut File) -> Result<bool, Error> {
        let (store, digest) = (&self.store, &self.digest);
        if self.received < self.size {
            return Ok(false);
        }
        let part = store.part(digest);
        let found = hash(file).map_err(|source| store.disk(source))?;
        if found != *digest {
            drop_part(store, &part, self.received)?;
            let message = format!("the bytes hash to {found}: dropped; upload from the beginning");
            return Err(Rejection::invalid("DIGEST_MISMATCH", "digest", message).into());
        }
        file.sync_all().map_err(|source| self.doubt(source))?;
        let folder = name(&part, store, digest).map_err(|source| store.disk(source))?;
        let synced = store.sync(&folder).and_then(|()| store.sync(&store.shared.dir));
        synced.map_err(|source| self.doubt(source))?;
        store.doubtful().remove(digest);
        Ok(true)
    }

    /// A sync has failed: the next may succeed and have written nothing.
    fn doubt(&self, source: io::Error) -> Error {
        self.store.doubtful().insert(self.digest.clone());
        self.store.disk(source)
    }

    fn leave(&self) {
        self.store.uploading().remove(&self.digest);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.file.is_some() {
            self.leave();
        }
    }
}

/// Gives the bytes their name; answers the folder of the name, which is not synced yet.
fn name(part: &Path, store: &EvidenceStore, digest: &Digest) -> io::Result<PathBuf> {
    let path = store.path(digest);
    let folder = path.parent().unwrap_or(&store.shared.dir);
    fs::create_dir_all(folder)?;
    fs::rename(part, &path)?;
    Ok(folder.to_owned())
}

fn drop_part(store: &EvidenceStore, part: &Path, bytes: u64) -> Result<(), Error> {
    fs::remove_file(part).map_err(|source| store.disk(source))?;
    store.shared.used.fetch_sub(bytes, Relaxed);
    Ok(())
}

fn check_quota(store: &EvidenceStore, bytes: u64) -> Result<(), Error> {
    let limits = &store.shared.limits;
    let full = store.used_bytes().saturating_add(bytes) > limits.store_bytes;
    let brought = store.account.as_ref().map_or(0, |account| account.0.load(Relaxed));
    let too_much = brought.saturating_add(bytes) > limits.stranger_bytes && store.account.is_some();
    if full || too_much {
        let message = "the evidence store has no room for this; its keeper must make some";
        return Err(Rejection::exhausted("STORE_FULL", message).into());
    }
    Ok(())
}

/// Drops the oldest idle parts where there are too many.
fn make_room(store: &EvidenceStore) -> Result<(), Error> {
    let mut parts = parts(store).map_err(|source| store.disk(source))?;
    parts.sort();
    let busy: Vec<PathBuf> = store.uploading().iter().map(|digest| store.part(digest)).collect();
    let many = (parts.len() + 1).saturating_sub(store.shared.limits.parts);
    let idle = parts.into_iter().filter(|(_, part, _)| !busy.contains(part)).take(many);
    for (_, part, bytes) in idle {
        match drop_part(store, &part, bytes) {
            // Its upload has ended meanwhile, and it has its name.
            Err(Error::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            dropped => dropped?,
        }
    }
    Ok(())
}

pub(super) fn parts(store: &EvidenceStore) -> io::Result<Vec<(SystemTime, PathBuf, u64)>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(&store.shared.dir)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "part") {
            // Uploads go on beside this: what has got its name meanwhile is no part any more.
            let found = match entry.metadata() {
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            parts.push((found.modified()?, entry.path(), found.len()));
        }
    }
    Ok(parts)
}
