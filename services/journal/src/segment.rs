//! The segments of a journal in memory: names, synced lengths, and a sparse index.
//!
//! The index holds one entry for every 64 KiB of a segment, so a full segment takes 16 KiB of
//! memory, and only once it was read here and there: who reads on where another left off needs
//! none. It is never on disk.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::Disk;
use crate::error::{Error, during};
use crate::format::{HEADER_BYTES, Identity};
use crate::frames::{Cursor, LARGE_CHUNK, SMALL_CHUNK, Step};

/// The directory of a journal on its disk.
#[derive(Clone)]
pub(crate) struct Folder {
    pub disk: Arc<dyn Disk>,
    pub dir: PathBuf,
}

impl Folder {
    /// The file of the segment that begins at a place.
    pub(crate) fn path(&self, first: u64) -> PathBuf {
        self.dir.join(format!("{first:020}.seg"))
    }

    /// The first places of all segments, ascending, as their names say.
    pub(crate) fn firsts(&self) -> Result<Vec<u64>, Error> {
        let names = self.disk.list(&self.dir).map_err(during("list", &self.dir))?;
        let mut firsts = Vec::new();
        for name in names {
            let Some(stem) = name.strip_suffix(".seg") else { continue };
            let digits = stem.len() == 20 && stem.bytes().all(|byte| byte.is_ascii_digit());
            match stem.parse::<u64>() {
                Ok(first) if digits && first > 0 => firsts.push(first),
                _ => return Err(self.bad_name(&name)),
            }
        }
        firsts.sort_unstable();
        Ok(firsts)
    }

    fn bad_name(&self, name: &str) -> Error {
        let found = "a segment with a name that is no place".to_owned();
        let right = "20 digits, not all zero, and .seg".to_owned();
        Error::Foreign { file: self.dir.join(name), found, right }
    }

    /// Makes the names in the directory durable.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.disk.sync_dir(&self.dir).map_err(during("sync", &self.dir))
    }

    /// Creates the directory, with all that is missing above it, so that it survives.
    pub(crate) fn create_dirs(&self) -> Result<(), Error> {
        let there = |dir: &&Path| !dir.as_os_str().is_empty() && !self.disk.has_dir(dir);
        let missing: Vec<&Path> = self.dir.ancestors().take_while(there).collect();
        for dir in missing.iter().rev() {
            self.disk.create_dir(dir).map_err(during("create", dir))?;
        }
        // Also those that were there: whoever created them may have died before this sync.
        for dir in self.dir.ancestors().skip(1) {
            let ours = missing.iter().any(|made| made.parent() == Some(dir));
            let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
            match self.disk.sync_dir(dir) {
                // Directories that are not ours to read were not ours to create.
                Err(error) if !ours && is_refusal(&error) => break,
                done => done.map_err(during("sync", dir))?,
            }
        }
        Ok(())
    }
}

fn is_refusal(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | InvalidInput)
}

/// One segment: where it begins and how far it is synced.
pub(crate) struct Segment {
    /// Where its file is: in the journal, or in the archive.
    pub home: Folder,
    pub first: u64,
    length: AtomicU64,
    index: Mutex<Option<Index>>,
    trail: Mutex<Trail>,
}

/// Where who read last a stretch of a segment left off, for who reads on from about there.
struct Trail {
    /// The place that comes next, and its offset.
    next: (u64, u64),
    /// How many bytes were passed over in all to come from there to where it went on.
    passed: u64,
}

/// How many records are passed over at once before an index is worth it.
const PASSED_MAX: u64 = 8_192;

impl Segment {
    pub(crate) fn new(home: Folder, first: u64, length: u64, index: Option<Index>) -> Segment {
        let (length, index) = (AtomicU64::new(length), Mutex::new(index));
        let trail = Mutex::new(Trail { next: (first, HEADER_BYTES as u64), passed: 0 });
        Segment { home, first, length, index, trail }
    }

    /// How many bytes of it are synced.
    pub(crate) fn length(&self) -> u64 {
        self.length.load(Ordering::Acquire)
    }

    /// Takes note of what was just synced.
    pub(crate) fn grow(&self, length: u64, frames: &[(u64, u64)]) {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = index.as_mut() {
            frames.iter().for_each(|(place, offset)| index.note(*place, *offset));
        }
        self.length.store(length, Ordering::Release);
    }

    /// Takes note of where the record at a place begins, for who reads on from there.
    pub(crate) fn leave_off(&self, place: u64, offset: u64) {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner).next = (place, offset);
    }

    /// Takes note that so many bytes were read only to come to what was asked for.
    pub(crate) fn pass(&self, bytes: u64) {
        self.trail.lock().unwrap_or_else(PoisonError::into_inner).passed += bytes;
    }

    /// A place at or before the one asked for, and its offset. Questions about the middle of an old
    /// segment go on from where another left off, or from its beginning; when that is too far, or
    /// as much was passed over as the segment has, all of it is read, once.
    pub(crate) fn seek(&self, identity: Identity, place: u64) -> Result<(u64, u64), Error> {
        let begin = (self.first, HEADER_BYTES as u64);
        if place <= self.first {
            return Ok(begin);
        }
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.is_none() {
            if let Some(near) = self.near(place, begin) {
                return Ok(near);
            }
            *index = Some(self.build(identity)?);
        }
        Ok(index.as_ref().and_then(|index| index.before(place)).unwrap_or(begin))
    }

    fn near(&self, place: u64, begin: (u64, u64)) -> Option<(u64, u64)> {
        let trail = self.trail.lock().unwrap_or_else(PoisonError::into_inner);
        let from = if trail.next.0 <= place { trail.next } else { begin };
        (place - from.0 <= PASSED_MAX && trail.passed <= self.length()).then_some(from)
    }

    #[cfg(test)]
    pub(crate) fn is_indexed(&self) -> bool {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where at the latest the record at a place ends that this segment has, as the index knows it;
    /// none without one.
    pub(crate) fn upto(&self, place: u64) -> Option<u64> {
        let index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let next = index.as_ref()?.after(place);
        Some(next.unwrap_or_else(|| self.length()))
    }

    /// Indexes as far as the frames are good; whoever reads on will meet the bad one.
    fn build(&self, identity: Identity) -> Result<Index, Error> {
        let folder = &self.home;
        let path = folder.path(self.first);
        let file = folder.disk.open(&path).map_err(during("open", &path))?;
        let range = (HEADER_BYTES as u64, self.length());
        let mut cursor = Cursor::new(file, identity, range, LARGE_CHUNK);
        let mut index = Index::default();
        while let Step::Frame(at, frame) = cursor.step().map_err(during("read", &path))? {
            index.note(frame.place, at);
        }
        Ok(index)
    }
}

/// Places and their offsets, far apart.
#[derive(Default)]
pub(crate) struct Index {
    entries: Vec<(u64, u64)>,
}

impl Index {
    /// Keeps the entry if it is far enough from the last one.
    pub(crate) fn note(&mut self, place: u64, offset: u64) {
        let last = self.entries.last().map_or(0, |(_, offset)| *offset);
        if self.entries.is_empty() || offset >= last + SMALL_CHUNK as u64 {
            self.entries.push((place, offset));
        }
    }

    /// The last entry at or before the place.
    pub(crate) fn before(&self, place: u64) -> Option<(u64, u64)> {
        let after = self.entries.partition_point(|(noted, _)| *noted <= place);
        after.checked_sub(1).map(|at| self.entries[at])
    }

    /// Where the first entry after the place begins.
    fn after(&self, place: u64) -> Option<u64> {
        let after = self.entries.partition_point(|(noted, _)| *noted <= place);
        self.entries.get(after).map(|(_, offset)| *offset)
    }
}
