//! Letting go of what is in the archive, while the journal is written and read.
//!
//! Only sealed segments are archived, and only what the manifest vouches for is removed: oldest
//! first, one name after the other, each synced before the next, so that a cut leaves an end of the
//! journal without gaps. Before a segment goes its copy is read once more, whole: one that is damaged
//! or away lets nothing go. Who reads a place that was trimmed reads the archive and does not notice;
//! when that is away, the error names the file.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::archive::{Archive, Archived, beside};
use crate::copy::beginning;
use crate::disk::RealDisk;
use crate::error::{Error, during};
use crate::format::HEADER_BYTES;
use crate::handle::{Journal, Shared};
use crate::segment::Segment;
use crate::survey::read_header;

/// How much room the journal in a folder takes, whether anybody has it open or not.
///
/// # Errors
/// [`Error::Damaged`], [`Error::Foreign`] or [`Error::Io`].
pub fn room(dir: impl AsRef<Path>) -> Result<Room, Error> {
    let dir = dir.as_ref();
    let taken = beginning(dir, i64::MAX)?;
    let stored = Archive::read(Arc::new(RealDisk), beside(dir))?.stored();
    let own = taken.parts.iter().filter(|part| part.name.starts_with("journal/"));
    let firsts = own.clone().filter_map(|part| part.name.get(8..28)?.parse().ok());
    Ok(Room {
        first: firsts.min().unwrap_or(1),
        last: taken.last,
        journal_bytes: own.map(|part| part.bytes).sum(),
        archive_bytes: stored.bytes,
        archived: stored.last,
    })
}

/// How much room a journal takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// The oldest place that is in the journal itself and not only in the archive.
    pub first: u64,
    /// The last place.
    pub last: u64,
    /// Bytes of the journal's own segments.
    pub journal_bytes: u64,
    /// Bytes of the archive's segments.
    pub archive_bytes: u64,
    /// The last place that is in the archive; 0 if nothing is.
    pub archived: u64,
}

impl Journal {
    /// Copies every sealed segment that is not yet in the archive, or not there any more. Blocks on
    /// the disk, and takes turns with itself; nothing that is written or read waits for it. A journal
    /// that is closed waits for the segment that is being copied, and for no other.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Damaged`], [`Error::Foreign`]; the journal goes on.
    /// [`Error::Closed`] when it is closed meanwhile.
    pub fn archive(&self) -> Result<Vec<Archived>, Error> {
        let shared = self.shared();
        let mut archive = shared.archive.lock().unwrap_or_else(PoisonError::into_inner);
        self.goes_on()?;
        archive.check_owner(shared.identity)?;
        let known = archive.entries.len();
        let live = live(shared);
        for pair in live.windows(2) {
            let next = read_header(&shared.folder, pair[1].first, false)?;
            // A sealed segment is followed by one that was begun, or it would not be sealed.
            let Some(next) = next else { break };
            self.goes_on()?;
            if archive.entries.last().is_some_and(|last| pair[0].first <= last.last) {
                let entry = archive.check_same(pair[0].first, &next)?;
                archive.mend(&shared.folder, entry, shared.identity)?;
                continue;
            }
            archive.add(&shared.folder, pair[0].first, &next)?;
            *shared.stored.write().unwrap_or_else(PoisonError::into_inner) = archive.stored();
        }
        Ok(archive.entries[known..].to_vec())
    }

    /// What works behind the journal's back ends with it.
    fn goes_on(&self) -> Result<(), Error> {
        let is_closing = self.shared().closing.load(Ordering::SeqCst);
        if is_closing { Err(Error::Closed) } else { Ok(()) }
    }

    /// Removes the oldest segments of which every record is before `place` and in the archive, until
    /// no more than `keep_bytes` are left, and answers how many came back. The open segment is never
    /// removed.
    ///
    /// # Errors
    /// [`Error::Foreign`] for the archive of another journal; [`Error::Damaged`] or [`Error::Io`] for
    /// a copy that is not what it was, or is away; [`Error::Closed`]. What was removed before that is
    /// removed.
    pub fn trim(&self, place: u64, keep_bytes: u64) -> Result<u64, Error> {
        let shared = self.shared();
        let archive = shared.archive.lock().unwrap_or_else(PoisonError::into_inner);
        archive.check_owner(shared.identity)?;
        let mut freed = 0;
        let live = live(shared);
        let mut left: u64 = live.iter().map(|segment| segment.length()).sum();
        for pair in live.windows(2) {
            let segment = &pair[0];
            if left <= keep_bytes {
                break;
            }
            let Some(entry) = archive.entries.iter().find(|entry| entry.first == segment.first)
            else {
                break;
            };
            let Some(next) = read_header(&shared.folder, pair[1].first, false)? else { break };
            archive.check_same(segment.first, &next)?;
            if entry.last >= place {
                break;
            }
            self.goes_on()?;
            archive.check_copy(entry)?;
            shared.replace(archived(&archive, entry));
            let path = shared.folder.path(segment.first);
            shared.folder.disk.remove(&path).map_err(during("remove", &path))?;
            shared.folder.sync()?;
            freed += segment.length();
            left -= segment.length();
        }
        Ok(freed)
    }

    /// How much room it takes; it waits for nobody who archives.
    pub fn room(&self) -> Room {
        let shared = self.shared();
        let live = live(shared);
        let stored = *shared.stored.read().unwrap_or_else(PoisonError::into_inner);
        Room {
            first: live.first().map_or(1, |segment| segment.first),
            last: self.last(),
            journal_bytes: live.iter().map(|segment| segment.length()).sum(),
            archive_bytes: stored.bytes,
            archived: stored.last,
        }
    }
}

/// The journal's own segments, the open one last.
fn live(shared: &Shared) -> Vec<Arc<Segment>> {
    let segments = shared.segments.read().unwrap_or_else(PoisonError::into_inner);
    segments.iter().filter(|segment| segment.home.dir == shared.folder.dir).cloned().collect()
}

/// The segment as it is read from the archive.
pub(crate) fn archived(archive: &Archive, entry: &Archived) -> Arc<Segment> {
    let length = entry.bytes.max(HEADER_BYTES as u64);
    Arc::new(Segment::new(archive.folder.clone(), entry.first, length, None))
}
