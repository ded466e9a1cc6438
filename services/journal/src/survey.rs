//! What is in the directory, and whether it holds together. Changes nothing.
//!
//! Every header names the segment before it by first place, length, last frame and last hash, so
//! a missing, shortened or exchanged segment is found without reading any segment whole.
//! The tail rule of [`crate::format`] is decided here, in `judge`, and nowhere else.

use std::sync::Arc;

use crate::archive::Archive;
use crate::disk::{File, read_full};
use crate::error::{Damage, Error, during};
use crate::format::{BadHeader, Frame, HEADER_BYTES, Header, Identity, hex};
use crate::frames::{Claim, Cursor, Fault, LARGE_CHUNK, Walked, find_claim, walk};
use crate::handle::Synced;
use crate::mark::Mark;
use crate::segment::Folder;

/// The segments of a journal, by their headers.
pub(crate) struct Survey {
    pub headers: Vec<Header>,
    /// A last segment that was not begun; it counts for nothing.
    pub void: Option<u64>,
    pub mark: Option<Mark>,
}

impl Survey {
    /// Reads all headers and checks that each continues the one before.
    pub(crate) fn take(folder: &Folder, archive: &Archive) -> Result<Survey, Error> {
        let mark = Mark::read(folder)?;
        let mut survey = Survey { headers: Vec::new(), void: None, mark };
        let firsts = folder.firsts()?;
        for (at, first) in firsts.iter().enumerate() {
            let last = at + 1 == firsts.len();
            match read_header(folder, *first, last)? {
                Some(header) => survey.add(folder, *first, header, archive)?,
                None => survey.void = Some(*first),
            }
        }
        survey.check_mark(folder)?;
        Ok(survey)
    }

    fn add(
        &mut self,
        folder: &Folder,
        name: u64,
        header: Header,
        archive: &Archive,
    ) -> Result<(), Error> {
        let fault = |found, right| damage(folder, name, 32, name, Fault::new(found, right));
        if header.first != name {
            return Err(fault(
                format!("first place {}", header.first),
                format!("{name}, as named"),
            ));
        }
        let before = self.headers.last();
        if let Some(before) = before.filter(|before| before.identity != header.identity) {
            return Err(foreign(folder, name, header.identity, before.identity));
        }
        // What is missing before the first segment was trimmed, if the archive vouches for it.
        let trimmed = archive.before(name).filter(|_| before.is_none() && name > 1);
        if let Some(found) = archive.identity.filter(|_| trimmed.is_some()) {
            archive.check(found, header.identity)?;
        }
        let trimmed = trimmed.filter(|entry| entry.last_hash == header.link);
        let previous = before.map_or(0, |before| before.first);
        let previous = trimmed.map_or(previous, |entry| entry.first);
        let is_begun = name == 1 || trimmed.is_some();
        if header.previous_first != previous || (before.is_none() && !is_begun) {
            let found = format!("the segment before is that of place {previous} (0: none)");
            let right = match header.previous_first {
                0 => "place 1, for a segment with none before".to_owned(),
                missing => format!(
                    "{}, or that it is in {}",
                    folder.path(missing).display(),
                    archive.folder.dir.join("MANIFEST").display()
                ),
            };
            return Err(fault(found, right));
        }
        let before = (header.previous_last_offset, header.previous_length, header.link);
        if name == 1 && before != (0, 0, [0; 32]) {
            let found = "a first segment that continues another".to_owned();
            return Err(fault(found, "zeros about the segment before".to_owned()));
        }
        self.headers.push(header);
        Ok(())
    }

    fn check_mark(&self, folder: &Folder) -> Result<(), Error> {
        let Some(mark) = &self.mark else { return Ok(()) };
        match self.headers.first() {
            Some(header) if header.identity != mark.identity => {
                let (found, right) = (mark.identity, header.identity);
                let (found, right) = (format!("identity {found}"), format!("identity {right}"));
                Err(Error::Foreign { file: Mark::path(folder), found, right })
            }
            None if mark.synced.place > 0 => {
                let right = format!("segments with records up to place {}", mark.synced.place);
                Err(damage(folder, 1, 0, 1, Fault::new("no segment", right)))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn known(&self) -> Option<&Synced> {
        self.mark.as_ref().map(|mark| &mark.synced)
    }

    /// Checks the ends of all sealed segments against what the next header says of them.
    pub(crate) fn check_links(&self, folder: &Folder) -> Result<(), Error> {
        self.headers.windows(2).try_for_each(|pair| check_link(folder, &pair[0], &pair[1]))
    }
}

/// `None` if the segment is the last one and was not begun.
pub(crate) fn read_header(
    folder: &Folder,
    first: u64,
    last: bool,
) -> Result<Option<Header>, Error> {
    let path = folder.path(first);
    let file = folder.disk.open(&path).map_err(during("open", &path))?;
    let mut bytes = [0; HEADER_BYTES];
    let read = read_full(file.as_ref(), &mut bytes, 0).map_err(during("read", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    match Header::decode(&bytes[..read]) {
        Ok(header) => Ok(Some(header)),
        Err(BadHeader::Torn { .. }) if last && length <= HEADER_BYTES as u64 => Ok(None),
        Err(BadHeader::Torn { found, right }) => {
            Err(damage(folder, first, 0, first, Fault { found, right }))
        }
        Err(BadHeader::Foreign { found, right }) => {
            Err(Error::Foreign { file: path, found, right })
        }
    }
}

fn check_link(folder: &Folder, sealed: &Header, next: &Header) -> Result<(), Error> {
    let path = folder.path(sealed.first);
    let file = folder.disk.open(&path).map_err(during("open", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    let last = next.first - 1;
    if length != next.previous_length {
        let found = format!("{length} bytes");
        let fault = Fault::new(found, format!("{} bytes", next.previous_length));
        return Err(damage(folder, sealed.first, length.min(next.previous_length), last, fault));
    }
    let offset = next.previous_last_offset;
    let size = usize::try_from(length.saturating_sub(offset)).unwrap_or(0);
    let mut bytes = vec![0; size];
    let read = read_full(file.as_ref(), &mut bytes, offset).map_err(during("read", &path))?;
    let frame = Frame::decode(sealed.identity, &bytes[..read]);
    let right = format!("place {last} with hash {}", hex(&next.link));
    let found = match frame {
        None => "a frame with a wrong checksum".to_owned(),
        Some(frame) => {
            let hash = frame.hash(sealed.identity);
            if (frame.place, hash) == (last, next.link) {
                return Ok(());
            }
            format!("place {} with hash {}", frame.place, hex(&hash))
        }
    };
    Err(damage(folder, sealed.first, offset, last, Fault { found, right }))
}

/// Follows the chain through one segment.
pub(crate) fn walk_segment(
    folder: &Folder,
    header: &Header,
    known: Option<&Synced>,
) -> Result<Walked, Error> {
    let path = folder.path(header.first);
    let file = folder.disk.open(&path).map_err(during("open", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    let range = (HEADER_BYTES as u64, length);
    let cursor = Cursor::new(file, header.identity, range, LARGE_CHUNK);
    walk(cursor, header, known).map_err(during("read", &path))
}

/// Checks that a sealed segment was good to the end, and is what the next one continues.
pub(crate) fn check_sealed(
    folder: &Folder,
    header: &Header,
    next: &Header,
    walked: &Walked,
) -> Result<(), Error> {
    let chain = &walked.chain;
    let fault = match &walked.fault {
        Some(fault) => fault.clone(),
        None if (chain.place + 1, chain.hash) == (next.first, next.link) => return Ok(()),
        None => Fault::new(
            format!("the segment ends with place {}, hash {}", chain.place, hex(&chain.hash)),
            format!("place {}, hash {}", next.first - 1, hex(&next.link)),
        ),
    };
    Err(damage(folder, header.first, walked.end, chain.place + 1, fault))
}

/// The tail rule: how many bytes at the end of the last segment are a torn tail, unless they are
/// damage.
pub(crate) fn judge(
    folder: &Folder,
    header: &Header,
    walked: &Walked,
    known: Option<&Synced>,
) -> Result<u64, Error> {
    let place = walked.chain.place + 1;
    let broken = |fault| damage(folder, header.first, walked.end, place, fault);
    let floor = known.map_or(0, |known| known.place);
    let rest = match walked.fault {
        Some(_) => read_rest(folder, header.first, walked.end)?,
        None => Vec::new(),
    };
    // Zeros are room for what comes next.
    let used = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let Some(fault) = walked.fault.as_ref().filter(|_| used > 0) else {
        if floor >= place {
            let right = format!("records up to place {floor}, as in SYNCED");
            return Err(broken(Fault::new("the end of the journal", right)));
        }
        return Ok(0);
    };
    if floor >= place {
        return Err(broken(fault.clone()));
    }
    match find_claim(header.identity, (&rest, used), walked.end, place) {
        None => Ok(used as u64),
        Some(Claim { offset, place: later, durable }) => {
            let right = format!(
                "{}, for place {later} at byte {offset} says all up to {durable} was synced",
                fault.right
            );
            Err(broken(Fault::new(fault.found.as_str(), right)))
        }
    }
}

fn read_rest(folder: &Folder, first: u64, offset: u64) -> Result<Vec<u8>, Error> {
    let path = folder.path(first);
    let file: Arc<dyn File> = folder.disk.open(&path).map_err(during("open", &path))?;
    let length = file.length().map_err(during("measure", &path))?;
    let mut bytes = vec![0; usize::try_from(length - offset).unwrap_or(usize::MAX)];
    let read = read_full(file.as_ref(), &mut bytes, offset).map_err(during("read", &path))?;
    bytes.truncate(read);
    Ok(bytes)
}

pub(crate) fn damage(folder: &Folder, first: u64, offset: u64, place: u64, fault: Fault) -> Error {
    let Fault { found, right } = fault;
    Damage { file: folder.path(first), offset, place, found, right }.into()
}

fn foreign(folder: &Folder, first: u64, found: Identity, right: Identity) -> Error {
    let (found, right) = (format!("identity {found}"), format!("identity {right}"));
    Error::Foreign { file: folder.path(first), found, right }
}
