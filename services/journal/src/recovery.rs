//! Opening: what is found is checked, the torn tail is cut off, and the rest is made certain.
//!
//! After opening, everything that can be read is durable. That takes more than checking: the
//! process before may have died between a write and its sync, or after a sync that failed, and
//! then the page cache shows what the disk does not have, and a new sync would not write it. So
//! the bytes of the last write are written once more, the same, and synced; everything before
//! them was synced, as their `durable` field says. A cut is synced before anything is appended,
//! so what was cut never comes back.

use std::sync::Arc;

use rand::TryRng;
use rand::rngs::SysRng;

use crate::archive::{self, Archive};
use crate::disk::{File, Lock, read_full};
use crate::error::{Error, during};
use crate::format::{HEADER_BYTES, Header, Identity};
use crate::frames::Walked;
use crate::handle::Synced;
use crate::mark::Mark;
use crate::options::{Depth, Options};
use crate::segment::{Folder, Segment};
use crate::survey::{Survey, check_sealed, judge, walk_segment};
use crate::trim::archived;

/// A journal that is ready to be read and written.
pub(crate) struct Ready {
    pub identity: Identity,
    pub segments: Vec<Arc<Segment>>,
    pub tip: Synced,
    /// The last segment, open to write.
    pub file: Arc<dyn File>,
    /// Where its last frame begins; 0 if there is none.
    pub last_offset: u64,
    pub lock: Lock,
}

/// Locks, checks and repairs the journal in the folder, or creates it.
pub(crate) fn recover(folder: &Folder, options: &Options) -> Result<(Ready, Archive), Error> {
    folder.create_dirs()?;
    let path = folder.dir.join("LOCK");
    let lock = folder.disk.lock(&path).map_err(during("lock", &path))?;
    let lock = lock.ok_or_else(|| Error::Locked { dir: folder.dir.clone() })?;
    let dir = options.archive.clone().unwrap_or_else(|| archive::beside(&folder.dir));
    let archive = Archive::read(folder.disk.clone(), dir)?;
    let mut survey = Survey::take(folder, &archive)?;
    check_identity(folder, &survey, options)?;
    if let Some(first) = survey.void {
        remove_void(folder, first)?;
    }
    if survey.headers.is_empty() {
        survey.headers.push(create(folder, &survey, options)?);
    }
    let begins = survey.headers.first().map_or(1, |header| header.first);
    let trimmed = archive.entries.iter().filter(|entry| entry.last < begins && begins > 1);
    let mut segments: Vec<_> = trimmed.map(|entry| archived(&archive, entry)).collect();
    segments.extend(sealed(folder, &survey, options.verify)?);
    let header = survey.headers.last().expect("a header was just made sure of");
    let mut walked = walk_segment(folder, header, survey.known())?;
    let torn = judge(folder, header, &walked, survey.known())?;
    let file = settle(folder, header, &walked, torn)?;
    let index = std::mem::take(&mut walked.index);
    segments.push(Arc::new(Segment::new(folder.clone(), header.first, walked.end, Some(index))));
    let tip = Synced { place: walked.chain.place, hash: walked.chain.hash };
    let mark = Mark { identity: header.identity, synced: tip.clone() };
    if survey.mark.as_ref() != Some(&mark) {
        mark.write(folder);
    }
    let (identity, last_offset) = (header.identity, walked.last_offset);
    Ok((Ready { identity, segments, tip, file, last_offset, lock }, archive))
}

fn check_identity(folder: &Folder, survey: &Survey, options: &Options) -> Result<(), Error> {
    let there = survey.headers.first().map(|header| header.identity);
    match (there, options.identity) {
        (Some(found), Some(right)) if found != right => Err(Error::Foreign {
            file: folder.path(1),
            found: format!("identity {found}"),
            right: format!("identity {right}"),
        }),
        _ => Ok(()),
    }
}

fn remove_void(folder: &Folder, first: u64) -> Result<(), Error> {
    let path = folder.path(first);
    tracing::warn!(file = %path.display(), "removing a segment that was not begun");
    folder.disk.remove(&path).map_err(during("remove", &path))?;
    folder.sync()
}

/// The first segment. Its identity may have been drawn already, before a cut.
fn create(folder: &Folder, survey: &Survey, options: &Options) -> Result<Header, Error> {
    let drawn = options.identity.or(survey.mark.as_ref().map(|mark| mark.identity));
    let identity = drawn.map_or_else(|| draw(folder), Ok)?;
    let header = Header {
        identity,
        first: 1,
        previous_first: 0,
        previous_last_offset: 0,
        previous_length: 0,
        link: [0; 32],
    };
    create_segment(folder, &header).map_err(during("create", &folder.path(1)))?;
    Ok(header)
}

fn draw(folder: &Folder) -> Result<Identity, Error> {
    let mut bytes = [0; 16];
    let drawn = SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other);
    drawn.map_err(during("draw an identity for", &folder.dir))?;
    Ok(Identity(bytes))
}

/// Creates a segment so that it survives. On an error the file may be there.
pub(crate) fn create_segment(
    folder: &Folder,
    header: &Header,
) -> Result<Arc<dyn File>, std::io::Error> {
    let file = folder.disk.create(&folder.path(header.first))?;
    file.write_at(&header.encode(), 0)?;
    file.sync_all()?;
    folder.disk.sync_dir(&folder.dir)?;
    Ok(file)
}

fn sealed(folder: &Folder, survey: &Survey, depth: Depth) -> Result<Vec<Arc<Segment>>, Error> {
    survey.check_links(folder)?;
    survey
        .headers
        .windows(2)
        .map(|pair| {
            let mut index = None;
            if depth == Depth::Full {
                let walked = walk_segment(folder, &pair[0], survey.known())?;
                check_sealed(folder, &pair[0], &pair[1], &walked)?;
                index = Some(walked.index);
            }
            let (first, length) = (pair[0].first, pair[1].previous_length);
            Ok(Arc::new(Segment::new(folder.clone(), first, length, index)))
        })
        .collect()
}

/// Cuts the torn tail off, and makes what is left durable, whatever happened before.
fn settle(
    folder: &Folder,
    header: &Header,
    walked: &Walked,
    torn: u64,
) -> Result<Arc<dyn File>, Error> {
    let path = folder.path(header.first);
    let file = folder.disk.open_write(&path).map_err(during("open", &path))?;
    if torn > 0 {
        let (bytes, place) = (torn, walked.chain.place + 1);
        tracing::warn!(file = %path.display(), offset = walked.end, bytes, place, "cutting a torn tail off");
    }
    if walked.fault.is_some() {
        file.truncate(walked.end).map_err(during("truncate", &path))?;
    }
    if walked.end == HEADER_BYTES as u64 {
        file.write_at(&header.encode(), 0).map_err(during("rewrite", &path))?;
    } else {
        rewrite(file.as_ref(), walked.write_offset, walked.end)
            .map_err(during("rewrite", &path))?;
    }
    file.sync_all().map_err(during("sync", &path))?;
    folder.sync()?;
    Ok(file)
}

fn rewrite(file: &dyn File, begin: u64, end: u64) -> std::io::Result<()> {
    let mut bytes = vec![0; usize::try_from(end - begin).map_err(std::io::Error::other)?];
    let read = read_full(file, &mut bytes, begin)?;
    file.write_at(&bytes[..read], begin)
}
