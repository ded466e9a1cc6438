//! Where a unit keeps the telephone numbers that were handed to it (M067): a folder beside its
//! journal, and nowhere else.
//!
//! A number is a file under a name that says nothing of it, and is on disk before anything is said of
//! it; what is deleted is gone. The mark of a number, by which the same one is known again, is made
//! with a key that never leaves this folder: who has the record alone can't try all numbers.
//! Files: `key`, and one for each number that is kept, named by its slot.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

/// The file of the key.
const KEY: &str = "key";
/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;

/// The numbers of one unit; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    folder: PathBuf,
    key: Arc<[u8; 32]>,
}

impl Vault {
    /// Opens the folder; makes it, and a key, when there is none.
    pub(crate) fn open(folder: &Path) -> io::Result<Vault> {
        fs::create_dir_all(folder)?;
        let path = folder.join(KEY);
        let key = match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| io::Error::other("the key is damaged"))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key: [u8; 32] = rand::random();
                write(&path, &key)?;
                key
            }
            Err(error) => return Err(error),
        };
        Ok(Vault { folder: folder.to_owned(), key: Arc::new(key) })
    }

    /// The mark of a number: HMAC-SHA-256 under the unit's key, in hex.
    pub(crate) fn mark(&self, number: &str) -> String {
        let pad = |with: u8| {
            let mut block = [with; BLOCK];
            block.iter_mut().zip(*self.key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::digest([&pad(0x36)[..], number.as_bytes()].concat());
        hex(&Sha256::digest([&pad(0x5c)[..], &inner[..]].concat()))
    }

    /// The slot of what one request hands over: another for each, and the same for a repeat.
    pub(crate) fn slot(&self, request: &str, number: &str) -> String {
        self.mark(&format!("{request}\0{number}"))
    }

    /// Keeps a number; it is on disk when this returns.
    pub(crate) fn keep(&self, slot: &str, number: &str) -> io::Result<()> {
        write(&self.folder.join(slot), number.as_bytes())
    }

    /// Reads a number; none when it was deleted.
    pub(crate) fn read(&self, slot: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.folder.join(slot)) {
            Ok(number) => Ok(Some(number)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a number; one that is not there is deleted.
    pub(crate) fn delete(&self, slot: &str) -> io::Result<()> {
        match fs::remove_file(self.folder.join(slot)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::File::open(&self.folder)?.sync_all(),
        }
    }

    /// Deletes whatever is not one of these: numbers of which the journal knows nothing.
    pub(crate) fn sweep(&self, is_known: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != KEY && !is_known(&name) {
                self.delete(&name)?;
            }
        }
        Ok(())
    }
}

/// Writes a whole file, or none; only the owner may read it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let new = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_under_a_name_that_says_nothing_until_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        let (mark, slot) = (vault.mark("13800138000"), vault.slot("r-1", "13800138000"));
        vault.keep(&slot, "13800138000").unwrap();
        let again = Vault::open(dir.path()).unwrap();
        assert_eq!(again.mark("13800138000"), mark, "the key is kept");
        assert_ne!(again.mark("13800138001"), mark);
        assert_eq!(again.read(&slot).unwrap().as_deref(), Some("13800138000"));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(Vault::open(other.path()).unwrap().mark("13800138000"), mark);
        again.delete(&slot).unwrap();
        again.delete(&slot).unwrap();
        assert_eq!(vault.read(&slot).unwrap(), None);
        vault.keep("known", "1").unwrap();
        vault.keep("orphan", "2").unwrap();
        vault.sweep(|name| name == "known").unwrap();
        assert!(vault.read("known").unwrap().is_some() && vault.read("orphan").unwrap().is_none());
        assert_eq!(Vault::open(dir.path()).unwrap().mark("13800138000"), mark, "nor the key");
    }
}
