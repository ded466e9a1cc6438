//! The sum of a record on disk: `view/sum` in its folder, so that what was noted before need not be read.
//!
//! A line of JSON that says of which journal it is, up to which place, and the hash of what follows:
//! the sum, as JSON. It is written beside its name, synced and renamed. What is not of this journal, as
//! from another copy of it, or not what was written, is none: it can be made again, and so no backup
//! has it.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::PathBuf,
};

use journal::{Hash, Identity};
use kit::store::Bare;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Sum;

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    /// Which journal.
    journal: [u8; 16],
    /// How the sum is written.
    layout: u32,
    /// Up to which place.
    place: u64,
    /// The hash of the note there, which commits to all before it.
    hash: Hash,
    /// Of the sum as it is written.
    sha256: [u8; 32],
}

fn path(bare: &Bare) -> PathBuf {
    bare.dir().join("view/sum")
}

/// What would be said of a sum at a place of this journal; nothing where it has no such place.
fn head<S: Sum>(bare: &Bare, place: u64, sum: &[u8]) -> Option<Head> {
    let Identity(journal) = bare.journal().identity();
    let hash = bare.journal().read(place).ok()??.hash;
    let sha256 = Sha256::digest(sum).into();
    Some(Head { journal, layout: S::LAYOUT, place, hash, sha256 })
}

/// Up to which place the one that is there goes; 0: there is none.
pub(super) fn place(bare: &Bare) -> u64 {
    let Ok(file) = File::open(path(bare)) else { return 0 };
    let mut line = String::new();
    let read = BufReader::new(file).read_line(&mut line);
    let head = read.ok().and_then(|_| serde_json::from_str::<Head>(&line).ok());
    let head = head.filter(|head| head.journal == bare.journal().identity().0);
    head.map_or(0, |head| head.place.min(bare.journal().last()))
}

/// The sum, and up to which place it is one.
pub(super) fn read<S: Sum>(bare: &Bare) -> Option<(u64, S)> {
    let bytes = match fs::read(path(bare)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        bytes => bytes,
    };
    let read = bytes.ok().and_then(|bytes| parsed::<S>(bare, &bytes));
    if read.is_none() {
        let dir = bare.dir().display();
        tracing::warn!(%dir, "a sum that is not right is passed over, and made from the first note on");
    }
    read
}

fn parsed<S: Sum>(bare: &Bare, bytes: &[u8]) -> Option<(u64, S)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, sum) = (bytes.get(..end)?, bytes.get(end + 1..)?);
    let said: Head = serde_json::from_slice(line).ok()?;
    if head::<S>(bare, said.place, sum)? != said {
        return None;
    }
    let mut found: S = serde_json::from_slice(sum).ok()?;
    found.index();
    Some((said.place, found))
}

/// Writes it; the one before is there until this one is on disk. Blocks.
pub(super) fn write<S: Sum>(bare: &Bare, place: u64, sum: &[u8]) -> io::Result<()> {
    let away = || io::Error::other("its journal has no such place");
    let head = head::<S>(bare, place, sum).ok_or_else(away)?;
    let path = path(bare);
    let dir = bare.dir().join("view");
    fs::create_dir_all(&dir)?;
    let begun = path.with_extension("part");
    let mut file = File::create(&begun)?;
    serde_json::to_writer(&mut file, &head)?;
    file.write_all(b"\n")?;
    file.write_all(sum)?;
    file.sync_all()?;
    fs::rename(&begun, &path)?;
    File::open(&dir)?.sync_all()
}
