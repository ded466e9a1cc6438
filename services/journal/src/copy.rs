//! What a backup takes of a journal while it is written: a beginning of it, up to a moment.
//!
//! It takes no lock and changes nothing. Sealed segments are taken whole, the open one as far as its
//! frames are whole and not younger than the moment. A record that is taken may not have been
//! acknowledged yet: after a power cut it could be there as well. When all journals of a machine are
//! read after one moment, and cut at it, what one role has received another has sent, because the
//! sender's record is the older one; that holds as long as the clock does not step back.
//!
//! `SYNCED` is not taken: it may say more than the beginning holds.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::{self, Archive};
use crate::disk::{File, RealDisk, read_full};
use crate::error::{Error, during};
use crate::format::{HEADER_BYTES, Identity};
use crate::frames::{Cursor, LARGE_CHUNK, Step};
use crate::segment::Folder;
use crate::survey::read_header;

/// How often a folder is read again when a segment was trimmed meanwhile.
const ATTEMPTS: usize = 8;

/// A beginning of a journal, as files.
#[derive(Debug)]
pub struct Beginning {
    /// Which journal it is.
    pub identity: Identity,
    /// The last place in it.
    pub last: u64,
    /// The files, named relative to the folder that holds `journal` and `archive`.
    pub parts: Vec<Part>,
    /// The manifest of what is only in the archive, if anything is.
    pub manifest: Option<Vec<u8>>,
}

/// A file of which the first bytes are taken.
#[derive(Debug)]
pub struct Part {
    /// `journal/<place>.seg` or `archive/<place>.seg`.
    pub name: String,
    /// How many bytes.
    pub bytes: u64,
    paths: Vec<PathBuf>,
}

impl Part {
    /// Opens it; a segment that was trimmed meanwhile is read from the archive.
    ///
    /// # Errors
    /// [`Error::Io`] for the last place that it was looked for.
    pub fn open(&self) -> Result<std::fs::File, Error> {
        let mut found = Err(Error::Closed);
        for path in &self.paths {
            found = std::fs::File::open(path).map_err(during("open", path));
            if !matches!(&found, Err(Error::Io { source, .. }) if is_gone(source)) {
                break;
            }
        }
        found
    }
}

/// The beginning of the journal in `dir` that was written up to a moment, in milliseconds.
///
/// # Errors
/// [`Error::Damaged`], [`Error::Foreign`] or [`Error::Io`].
pub fn beginning(dir: impl AsRef<Path>, until: i64) -> Result<Beginning, Error> {
    let folder = Folder { disk: Arc::new(RealDisk), dir: dir.as_ref().to_owned() };
    for _ in 1..ATTEMPTS {
        match once(&folder, until) {
            Err(Error::Io { source, .. }) if is_gone(&source) => {}
            found => return found,
        }
    }
    once(&folder, until)
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn once(folder: &Folder, until: i64) -> Result<Beginning, Error> {
    let mut firsts = folder.firsts()?;
    let begins = firsts.first().copied().unwrap_or(1);
    let dir = archive::beside(&folder.dir);
    let mut open = None;
    while let Some(first) = firsts.pop() {
        let cut = cut(folder, first, until, firsts.is_empty())?;
        if let Some(cut) = cut {
            open = Some((first, cut));
            break;
        }
    }
    let Some((first, (identity, last, bytes))) = open else {
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(Error::Io { action: "find a segment in", path: folder.dir.clone(), source });
    };
    let mut parts = Vec::new();
    for sealed in firsts {
        let path = folder.path(sealed);
        let length = std::fs::metadata(&path).map_err(during("measure", &path))?.len();
        parts.push(part("journal", &dir, path, length));
    }
    parts.push(part("journal", &dir, folder.path(first), bytes));
    let manifest = trimmed(folder, dir, begins, &mut parts)?;
    Ok(Beginning { identity, last, parts, manifest })
}

fn part(under: &str, archive: &Path, path: PathBuf, bytes: u64) -> Part {
    let name = path.file_name().unwrap_or_default().to_os_string();
    let paths = vec![path, archive.join(&name)];
    Part { name: format!("{under}/{}", name.to_string_lossy()), bytes, paths }
}

/// Identity, last place and length of a segment up to the moment; `None` when nothing of it counts
/// and another one is before it.
fn cut(
    folder: &Folder,
    first: u64,
    until: i64,
    is_only: bool,
) -> Result<Option<(Identity, u64, u64)>, Error> {
    let Some(header) = read_header(folder, first, true)? else { return Ok(None) };
    let path = folder.path(first);
    let file: Arc<dyn File> = folder.disk.open(&path).map_err(during("open", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    let range = (HEADER_BYTES as u64, length);
    let mut cursor = Cursor::new(file, header.identity, range, LARGE_CHUNK);
    let (mut end, mut last) = (HEADER_BYTES as u64, first - 1);
    while let Step::Frame(_, frame) = cursor.step().map_err(during("read", &path))? {
        if frame.time > until || frame.place != last + 1 {
            break;
        }
        last = frame.place;
        end = cursor.offset();
    }
    Ok((last >= first || is_only).then_some((header.identity, last, end)))
}

/// What is only in the archive, with as much of its manifest as speaks of that.
fn trimmed(
    folder: &Folder,
    dir: PathBuf,
    begins: u64,
    parts: &mut Vec<Part>,
) -> Result<Option<Vec<u8>>, Error> {
    if begins <= 1 {
        return Ok(None);
    }
    let archive = Archive::read(folder.disk.clone(), dir.clone())?;
    let only = archive.entries.iter().filter(|entry| entry.last < begins);
    let mut lines = 1;
    for entry in only {
        parts.push(part("archive", &dir, archive.folder.path(entry.first), entry.bytes));
        lines += 1;
    }
    let path = dir.join("MANIFEST");
    let file = folder.disk.open(&path).map_err(during("open", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let read = read_full(file.as_ref(), &mut bytes, 0).map_err(during("read", &path))?;
    bytes.truncate(read);
    let text = bytes.split_inclusive(|byte| *byte == b'\n').take(lines);
    Ok(Some(text.flatten().copied().collect()))
}
