//! The archive of a journal: sealed segments in a second folder, and a manifest that vouches for them.
//!
//! A segment is copied as it is, synced, read back and followed from its first record to its last;
//! it must continue the one before and be continued by the next. Only then does it get its line in
//! the manifest, and only what has a line may be trimmed. What a crash left without a line is no part
//! of the archive and is copied again. It is not compressed: a stranger's verifier reads it as it
//! reads the journal. Reading back may be answered by the page cache: it proves what was written,
//! not the medium.
//!
//! **`MANIFEST`**: a line `MUSTERA1 <identity>`, then one line for each segment, in order and
//! without gaps, of seven fields between single spaces: first place, last place, hash of the first
//! record, hash of the last, bytes, SHA-256 of the file, and the link, which is
//! H(link of the line before ‖ the line up to the space before its link); the link before the first
//! segment is H(the first line). Hashes are hexadecimal. A last line without its end, or whose link
//! is wrong, was cut off by a crash and counts for nothing; any other wrong line is damage.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::disk::{Disk, File, read_full};
use crate::error::{Damage, Error, during};
use crate::format::{HEADER_BYTES, Hash, Header, Identity, hex};
use crate::frames::{Chain, Cursor, Fault, LARGE_CHUNK, Step};
use crate::segment::Folder;
use crate::survey::damage;

mod copies;

const MAGIC: &str = "MUSTERA1";

/// One segment in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Its first place.
    pub first: u64,
    /// Its last place.
    pub last: u64,
    /// The hash of its first record.
    pub first_hash: Hash,
    /// The hash of its last record, which commits to everything before it.
    pub last_hash: Hash,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: Hash,
}

/// The archive as its manifest has it.
pub(crate) struct Archive {
    pub folder: Folder,
    pub identity: Option<Identity>,
    pub entries: Vec<Archived>,
    link: Hash,
    /// How much of the manifest is whole lines.
    length: u64,
}

/// How far an archive goes, and what it takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stored {
    pub last: u64,
    pub bytes: u64,
}

/// Where the archive of the journal in `dir` is, unless the options say otherwise.
pub(crate) fn beside(dir: &Path) -> PathBuf {
    dir.with_file_name("archive")
}

impl Archive {
    /// Reads the manifest; an archive that is not there is empty.
    pub(crate) fn read(disk: Arc<dyn Disk>, dir: PathBuf) -> Result<Archive, Error> {
        let folder = Folder { disk, dir };
        let path = folder.dir.join("MANIFEST");
        let (identity, entries, link, length) = (None, Vec::new(), [0; 32], 0);
        let mut archive = Archive { folder, identity, entries, link, length };
        let file = match archive.folder.disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(archive),
            file => file.map_err(during("open", &path))?,
        };
        let length = file.length().map_err(during("measure", &path))?;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let read = read_full(file.as_ref(), &mut bytes, 0).map_err(during("read", &path))?;
        archive.parse(&path, &bytes[..read])?;
        Ok(archive)
    }

    fn parse(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(&rest[..end]).unwrap_or_default();
            if self.take(line).is_none() {
                if end + 1 == rest.len() {
                    break;
                }
                let (offset, place) = (self.length, self.entries.last().map_or(1, |e| e.last + 1));
                let found = "a line that does not follow the one before".to_owned();
                let right = "a line with its link".to_owned();
                return Err(Damage { file: path.to_owned(), offset, place, found, right }.into());
            }
            self.length += end as u64 + 1;
            rest = &rest[end + 1..];
        }
        Ok(())
    }

    /// Takes a line; `None` if it is none of ours.
    fn take(&mut self, line: &str) -> Option<()> {
        if self.identity.is_none() {
            let identity = line.strip_prefix(MAGIC)?.strip_prefix(' ')?;
            self.identity = Some(Identity(unhex(identity)?));
            self.link = Sha256::digest(line).into();
            return Some(());
        }
        let (said, link) = line.rsplit_once(' ')?;
        let right = chained(&self.link, said);
        let entry = Archived::decode(said)?;
        let next = self.entries.last().map_or(1, |before| before.last + 1);
        (unhex::<32>(link)? == right && entry.first == next).then(|| {
            self.link = right;
            self.entries.push(entry);
        })
    }

    /// How far it goes, and what it takes.
    pub(crate) fn stored(&self) -> Stored {
        let last = self.entries.last().map_or(0, |entry| entry.last);
        Stored { last, bytes: self.entries.iter().map(|entry| entry.bytes).sum() }
    }

    /// The segment whose last record is just before a place.
    pub(crate) fn before(&self, place: u64) -> Option<&Archived> {
        let at = self.entries.partition_point(|entry| entry.last < place);
        at.checked_sub(1).map(|at| &self.entries[at]).filter(|entry| entry.last + 1 == place)
    }

    /// Copies a sealed segment of the journal, of which `next` is the header that follows, and
    /// vouches for it.
    pub(crate) fn add(
        &mut self,
        journal: &Folder,
        sealed: u64,
        next: &Header,
    ) -> Result<(), Error> {
        self.begin(next.identity)?;
        let sha256 = copy(journal, &self.folder, sealed)?;
        let entry = self.inspect(sealed, next.identity, sha256)?;
        let link = self.entries.last().map_or([0; 32], |before| before.last_hash);
        let header = header(&self.folder, sealed)?;
        if header.link != link || (entry.last + 1, entry.last_hash) != (next.first, next.link) {
            let found = "a segment that does not fit between its neighbours";
            let right = format!(
                "places {sealed} to {}, each with the hash of the one before",
                next.first - 1
            );
            return Err(damage(&self.folder, sealed, 0, sealed, Fault::new(found, right)));
        }
        let said = entry.encode();
        let link = chained(&self.link, &said);
        self.append(&format!("{said} {}\n", hex(&link)))?;
        self.link = link;
        self.entries.push(entry);
        Ok(())
    }

    /// Begins the manifest when there is none.
    fn begin(&mut self, identity: Identity) -> Result<(), Error> {
        if let Some(found) = self.identity {
            return self.check(found, identity);
        }
        self.folder.create_dirs()?;
        let line = format!("{MAGIC} {identity}");
        self.append(&format!("{line}\n"))?;
        self.link = Sha256::digest(&line).into();
        self.identity = Some(identity);
        Ok(())
    }

    /// Refuses the archive of another journal; one that is not begun is anybody's.
    pub(crate) fn check_owner(&self, right: Identity) -> Result<(), Error> {
        self.identity.map_or(Ok(()), |found| self.check(found, right))
    }

    /// Refuses an archive of the same journal that went on otherwise, as after a restore: what it
    /// vouches for is not what the journal has.
    pub(crate) fn check_same(&self, first: u64, next: &Header) -> Result<&Archived, Error> {
        let entry = self.entries.iter().find(|entry| entry.first == first);
        match entry {
            Some(entry) if (entry.last + 1, entry.last_hash) == (next.first, next.link) => {
                Ok(entry)
            }
            _ => {
                let found = entry.map_or("no segment of that place".to_owned(), Archived::encode);
                let right =
                    format!("one that ends before place {} with {}", next.first, hex(&next.link));
                Err(damage(&self.folder, first, 0, first, Fault { found, right }))
            }
        }
    }

    /// The same for an identity that was read.
    pub(crate) fn check(&self, found: Identity, right: Identity) -> Result<(), Error> {
        if found == right {
            return Ok(());
        }
        let file = self.folder.dir.join("MANIFEST");
        let (found, right) = (format!("identity {found}"), format!("identity {right}"));
        Err(Error::Foreign { file, found, right })
    }

    fn append(&mut self, line: &str) -> Result<(), Error> {
        let path = self.folder.dir.join("MANIFEST");
        let write = || {
            let disk = &self.folder.disk;
            let file = match disk.open_write(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(&path)?,
                file => file?,
            };
            file.truncate(self.length)?;
            file.write_at(line.as_bytes(), self.length)?;
            file.sync_all()?;
            disk.sync_dir(&self.folder.dir)
        };
        write().map_err(during("write", &path))?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Reads a segment of the archive whole, and follows its chain.
    fn inspect(&self, first: u64, identity: Identity, sha256: Hash) -> Result<Archived, Error> {
        let path = self.folder.path(first);
        let header = header(&self.folder, first)?;
        if header.identity != identity || header.first != first {
            let found = format!("place {} of journal {}", header.first, header.identity);
            let right = format!("place {first} of journal {identity}");
            return Err(damage(&self.folder, first, 0, first, Fault::new(found, right)));
        }
        let file = self.folder.disk.open(&path).map_err(during("open", &path))?;
        let bytes = file.length().map_err(during("measure", &path))?;
        let found = hashed(file.as_ref(), |_, _| Ok(())).map_err(during("read", &path))?;
        if found != sha256 {
            let fault = Fault::new(format!("SHA-256 {}", hex(&found)), hex(&sha256));
            return Err(damage(&self.folder, first, 0, first, fault));
        }
        let mut chain = Chain::before(&header);
        let mut first_hash = None;
        let mut cursor = Cursor::new(file, identity, (HEADER_BYTES as u64, bytes), LARGE_CHUNK);
        loop {
            let offset = cursor.offset();
            let broken = |place, fault| damage(&self.folder, first, offset, place, fault);
            match cursor.step().map_err(during("read", &path))? {
                Step::End => break,
                Step::Bad(fault) => return Err(broken(chain.place + 1, fault)),
                Step::Frame(_, frame) => {
                    let place = chain.place + 1;
                    chain.follow(&frame).map_err(|fault| broken(place, fault))?;
                    first_hash.get_or_insert(chain.hash);
                }
            }
        }
        let (last, last_hash) = (chain.place, chain.hash);
        let first_hash = first_hash.unwrap_or(header.link);
        Ok(Archived { first, last, first_hash, last_hash, bytes, sha256 })
    }

    /// Verifies every byte of the archive against its manifest.
    pub(crate) fn verify(&self) -> Result<(), Error> {
        let Some(identity) = self.identity else { return Ok(()) };
        let mut link = [0; 32];
        for entry in &self.entries {
            let found = self.inspect(entry.first, identity, entry.sha256)?;
            if found != *entry || header(&self.folder, entry.first)?.link != link {
                let fault = Fault::new(found.encode(), entry.encode());
                return Err(damage(&self.folder, entry.first, 0, entry.first, fault));
            }
            link = entry.last_hash;
        }
        Ok(())
    }
}

impl Archived {
    fn encode(&self) -> String {
        let (first, last) = (hex(&self.first_hash), hex(&self.last_hash));
        let sha256 = hex(&self.sha256);
        format!("{} {} {first} {last} {} {sha256}", self.first, self.last, self.bytes)
    }

    fn decode(said: &str) -> Option<Archived> {
        let fields: Vec<&str> = said.split(' ').collect();
        let [first, last, first_hash, last_hash, bytes, sha256] = fields[..] else { return None };
        Some(Archived {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            first_hash: unhex(first_hash)?,
            last_hash: unhex(last_hash)?,
            bytes: bytes.parse().ok()?,
            sha256: unhex(sha256)?,
        })
    }
}

fn header(folder: &Folder, first: u64) -> Result<Header, Error> {
    let path = folder.path(first);
    let file = folder.disk.open(&path).map_err(during("open", &path))?;
    let mut bytes = [0; HEADER_BYTES];
    let read = read_full(file.as_ref(), &mut bytes, 0).map_err(during("read", &path))?;
    Header::decode(&bytes[..read]).map_err(|_| {
        damage(folder, first, 0, first, Fault::new("no header", "the header of a segment"))
    })
}

/// Copies a segment so that it survives; what was left half copied is removed.
fn copy(from: &Folder, to: &Folder, first: u64) -> Result<Hash, Error> {
    let (from, path) = (
        from.disk.open(&from.path(first)).map_err(during("open", &from.path(first)))?,
        to.path(first),
    );
    let write = || {
        match to.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = to.disk.create(&path)?;
        let hash = hashed(from.as_ref(), |bytes, at| file.write_at(bytes, at))?;
        file.sync_all()?;
        to.disk.sync_dir(&to.dir)?;
        Ok(hash)
    };
    write().map_err(|error| {
        // On a full disk what was begun takes the room that is waited for.
        drop(to.disk.remove(&path));
        during("copy to", &path)(error)
    })
}

/// SHA-256 of a file, whose parts are also given away in order.
fn hashed(file: &dyn File, mut each: impl FnMut(&[u8], u64) -> io::Result<()>) -> io::Result<Hash> {
    let (mut hash, mut at, mut buffer) = (Sha256::new(), 0, vec![0; LARGE_CHUNK]);
    loop {
        let read = read_full(file, &mut buffer, at)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..read]);
        each(&buffer[..read], at)?;
        at += read as u64;
    }
}

fn chained(before: &Hash, said: &str) -> Hash {
    Sha256::new().chain_update(before).chain_update(said).finalize().into()
}

fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let digits = Some(digits.as_bytes()).filter(|digits| digits.len() == 2 * N)?;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}
