//! A snapshot: all keys and values of a view at one place, in a file that is written and synced.
//!
//! A view is dropped after another boot and filled again from the journal's first record on. From a
//! snapshot only what is behind its place has to be folded. It is no record: one that is damaged, of
//! another journal, another layout, or of a journal that went on otherwise is passed over.
//!
//! The file: `MUSTERV1`, the journal (16), the layout (4), the place (8) and the hash of the record
//! there (32); then for each key, in order, the length of the key (4) and of the value (4) and both;
//! then eight bytes 0xFF and SHA-256 of everything before it. Numbers are big-endian.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::{Error, ORIGIN, Origin, UPTO, View, number};

const MAGIC: &[u8; 8] = b"MUSTERV1";
const END: [u8; 8] = [0xFF; 8];
/// How many bytes of pairs sled is given at once.
const BATCH: usize = 4 << 20;

/// Whose snapshot it is, and of when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The journal.
    pub journal: [u8; 16],
    /// The owner's layout of keys and values.
    pub layout: u32,
    /// The last place that is in it.
    pub place: u64,
    /// The hash of the record there.
    pub hash: [u8; 32],
}

const MARK: usize = 8 + 16 + 4 + 8 + 32;

impl Mark {
    fn bytes(&self) -> Vec<u8> {
        let (layout, place) = (self.layout.to_be_bytes(), self.place.to_be_bytes());
        [&MAGIC[..], &self.journal, &layout, &place, &self.hash].concat()
    }

    fn parse(bytes: &[u8; MARK]) -> Option<Mark> {
        let part = |from: usize, to: usize| bytes.get(from..to);
        (part(0, 8)? == MAGIC).then_some(())?;
        Some(Mark {
            journal: part(8, 24)?.try_into().ok()?,
            layout: u32::from_be_bytes(part(24, 28)?.try_into().ok()?),
            place: number(part(28, 36)),
            hash: part(36, 68)?.try_into().ok()?,
        })
    }

    /// The mark of the snapshot in a file, without a look at the rest of it; none where there is no
    /// snapshot.
    pub fn of(path: &Path) -> Option<Mark> {
        let mut bytes = [0; MARK];
        File::open(path).ok()?.read_exact(&mut bytes).ok()?;
        Mark::parse(&bytes)
    }
}

/// A writer that hashes what goes through it.
struct Hashing<W>(W, Sha256);

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl View {
    /// Writes a snapshot to a file, whole and synced or not at all. `mark` says for a place whose and of
    /// what it is. Who commits meanwhile waits for nothing: what is new stays in memory.
    ///
    /// # Errors
    /// What sled or the disk says.
    pub fn snapshot(
        &self,
        path: &Path,
        mark: impl FnOnce(u64) -> Option<Mark>,
    ) -> Result<(), Error> {
        // As long as this is held nothing is given to sled: it is as it was at one place.
        let mut giving = super::locked(&self.giving);
        self.give(&mut giving)?;
        super::joined(giving.take())?;
        let Some(mark) = mark(number(self.db.get(UPTO)?.as_deref())) else { return Ok(()) };
        let new = path.with_extension("new");
        let written = self.write_snapshot(&new, &mark).and_then(|()| {
            fs::rename(&new, path)?;
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
        });
        if written.is_err() {
            // On a full disk what was begun takes the room that is waited for.
            drop(fs::remove_file(&new));
        }
        written.map_err(|source| Error::Sled(sled::Error::Io(source)))
    }

    fn write_snapshot(&self, new: &Path, mark: &Mark) -> io::Result<()> {
        let mut file = Hashing(BufWriter::new(File::create(new)?), Sha256::new());
        file.write_all(&mark.bytes())?;
        for pair in self.db.range::<&[u8], _>(&b"\x01"[..]..) {
            let (key, value) = pair.map_err(io::Error::other)?;
            for bytes in [&key, &value] {
                let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
                file.write_all(&length.to_be_bytes())?;
            }
            file.write_all(&key)?;
            file.write_all(&value)?;
        }
        file.write_all(&END)?;
        let Hashing(mut file, hash) = file;
        file.write_all(&hash.finalize())?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// A new view in place of what is there, filled from a snapshot of which [`Mark::of`] is right.
    /// None where the file is damaged; then the view is to be made without it.
    ///
    /// # Errors
    /// What sled says.
    pub fn make_from(dir: &Path, origin: &Origin, path: &Path) -> Result<Option<View>, Error> {
        let (true, Some(mark)) = (is_whole(path), Mark::of(path)) else { return Ok(None) };
        let db = View::make(dir, origin)?.db.clone();
        let read = || BufReader::with_capacity(1 << 20, File::open(path)?).fill(&db, &mark);
        match read() {
            Ok(()) => View::new(db).map(Some),
            Err(source) => Err(Error::Make { path: PathBuf::from(dir), source }),
        }
    }
}

/// Fills sled from a snapshot.
trait Fill {
    fn fill(self, db: &sled::Db, mark: &Mark) -> io::Result<()>;
}

impl<R: Read> Fill for R {
    fn fill(mut self, db: &sled::Db, mark: &Mark) -> io::Result<()> {
        let mut head = [0; MARK];
        self.read_exact(&mut head)?;
        let (mut batch, mut bytes, mut lengths) = (sled::Batch::default(), 0, [0; 8]);
        loop {
            self.read_exact(&mut lengths)?;
            if lengths == END {
                break;
            }
            let length = |at: usize| usize::try_from(number_of(&lengths[at..at + 4]));
            let mut key = vec![0; length(0).map_err(io::Error::other)?];
            let mut value = vec![0; length(4).map_err(io::Error::other)?];
            self.read_exact(&mut key)?;
            self.read_exact(&mut value)?;
            bytes += key.len() + value.len();
            batch.insert(key, value);
            if bytes >= BATCH {
                db.apply_batch(std::mem::take(&mut batch)).map_err(io::Error::other)?;
                bytes = 0;
            }
        }
        // With the last of it: a view that was filled in part leads nowhere, see `trusted`.
        batch.insert(UPTO, &mark.place.to_be_bytes());
        db.apply_batch(batch).map_err(io::Error::other)
    }
}

fn number_of(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_be_bytes)
}

/// Whether the file is as it was written.
fn is_whole(path: &Path) -> bool {
    let check = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let Some(length) = file.metadata()?.len().checked_sub(32) else { return Ok(false) };
        let mut hash = Hashing(io::sink(), Sha256::new());
        io::copy(&mut (&mut file).take(length), &mut hash)?;
        let mut right = [0; 32];
        file.read_exact(&mut right)?;
        Ok(right[..] == hash.1.finalize()[..])
    };
    check().unwrap_or(false)
}

/// A view that leads nowhere has nothing but its origin; else it was filled in part.
pub(super) fn is_begun(db: &sled::Db) -> bool {
    db.iter().take(2).flatten().any(|(key, _)| key != ORIGIN)
}
