//! Verifying a journal that nobody writes to, as a stranger would: from the bytes alone.
//!
//! Archive and journal are one chain, and both are read. Reads every byte, checks every checksum, hash and link, and changes nothing. It takes no lock;
//! a journal that is being written while it is verified may look as if it had a torn tail.

use std::path::Path;
use std::sync::Arc;

use crate::archive::{self, Archive};
use crate::disk::{Disk, RealDisk};
use crate::error::{Damage, Error};
use crate::format::{Hash, Identity};
use crate::segment::Folder;
use crate::survey::{Survey, check_sealed, judge, walk_segment};

/// What a whole journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which journal it is.
    pub identity: Identity,
    /// How many records, which is also the last place.
    pub records: u64,
    /// The hash of the last record, which commits to all of them; zeros if there is none.
    pub last_hash: Hash,
    /// How many segments, in the journal or only in the archive.
    pub segments: usize,
    /// How many are in the archive.
    pub archived: usize,
    /// How many are only there.
    pub trimmed: usize,
    /// How many bytes at the end are a torn tail, which opening would cut off.
    pub torn_bytes: u64,
}

/// Verifies every record of the journal in a directory.
///
/// # Errors
/// The first thing that is wrong: [`Error::Damaged`], [`Error::Foreign`] or [`Error::Io`].
pub fn verify(dir: impl AsRef<Path>) -> Result<Verified, Error> {
    verify_on(Arc::new(RealDisk), dir)
}

/// The same on any disk.
///
/// # Errors
/// As [`verify`].
pub fn verify_on(disk: Arc<dyn Disk>, dir: impl AsRef<Path>) -> Result<Verified, Error> {
    let folder = Folder { disk, dir: dir.as_ref().to_owned() };
    let archive = Archive::read(folder.disk.clone(), archive::beside(&folder.dir))?;
    let survey = Survey::take(&folder, &archive)?;
    let begins = survey.headers.first().map_or(1, |header| header.first);
    // An archive of another journal is none of this one's, unless something rests on it.
    let ours = survey.headers.first().is_some_and(|one| archive.identity == Some(one.identity));
    let archived = if ours || begins > 1 { archive.entries.len() } else { 0 };
    if archived > 0 {
        archive.verify()?;
    }
    let trimmed = archive.entries[..archived].iter().filter(|entry| entry.last < begins).count();
    survey.check_links(&folder)?;
    for pair in survey.headers.windows(2) {
        let walked = walk_segment(&folder, &pair[0], survey.known())?;
        check_sealed(&folder, &pair[0], &pair[1], &walked)?;
    }
    let Some(header) = survey.headers.last() else {
        let (found, right) = ("no segment".to_owned(), "a journal begins with one".to_owned());
        return Err(Damage { file: folder.path(1), offset: 0, place: 1, found, right }.into());
    };
    let walked = walk_segment(&folder, header, survey.known())?;
    let torn_bytes = judge(&folder, header, &walked, survey.known())?;
    Ok(Verified {
        identity: header.identity,
        records: walked.chain.place,
        last_hash: walked.chain.hash,
        segments: trimmed + survey.headers.len(),
        archived,
        trimmed,
        torn_bytes,
    })
}
