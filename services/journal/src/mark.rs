//! The file `SYNCED`: up to which place the record is known to be synced.
//!
//! It is written when the journal is opened and closed, after a sync, so it never claims too much;
//! it makes damage to the last records, and a tail that was cut off, distinguishable from a
//! torn tail. It is a help, not a promise: that it is missing or torn is no error, nor that it
//! could not be written. Its layout is in [`crate::format`].

use std::io;
use std::path::PathBuf;

use crate::disk::read_full;
use crate::error::{Error, during};
use crate::format::{Identity, array};
use crate::handle::Synced;
use crate::segment::Folder;

const MAGIC: [u8; 8] = *b"MUSTERJS";
const MARK_BYTES: usize = 68;

/// What `SYNCED` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub identity: Identity,
    pub synced: Synced,
}

impl Mark {
    /// The mark, if there is a whole one.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Mark>, Error> {
        let path = Mark::path(folder);
        let mut bytes = [0; MARK_BYTES + 1];
        let read = match folder.disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
            Ok(file) => read_full(file.as_ref(), &mut bytes, 0),
        };
        let read = read.map_err(during("read", &path))?;
        Ok(Mark::decode(&bytes[..read]))
    }

    /// Writes the mark, and says in the log if that fails.
    pub(crate) fn write(&self, folder: &Folder) {
        if let Err(error) = self.try_write(folder) {
            tracing::warn!(%error, dir = %folder.dir.display(), "could not write SYNCED");
        }
    }

    fn try_write(&self, folder: &Folder) -> io::Result<()> {
        let path = Mark::path(folder);
        match folder.disk.open_write(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = folder.disk.create(&path)?;
                file.write_at(&self.encode(), 0)?;
                file.sync_data()?;
                folder.disk.sync_dir(&folder.dir)
            }
            Err(error) => Err(error),
            Ok(file) => {
                file.write_at(&self.encode(), 0)?;
                file.sync_data()
            }
        }
    }

    pub(crate) fn path(folder: &Folder) -> PathBuf {
        folder.dir.join("SYNCED")
    }

    fn encode(&self) -> [u8; MARK_BYTES] {
        let mut bytes = [0; MARK_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..24].copy_from_slice(&self.identity.0);
        bytes[24..32].copy_from_slice(&self.synced.place.to_be_bytes());
        bytes[32..64].copy_from_slice(&self.synced.hash);
        let checksum = crc32c::crc32c(&bytes[..64]);
        bytes[64..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Mark> {
        if bytes.len() != MARK_BYTES || bytes[..8] != MAGIC {
            return None;
        }
        let whole = crc32c::crc32c(&bytes[..64]) == u32::from_be_bytes(array(bytes, 64));
        whole.then(|| Mark {
            identity: Identity(array(bytes, 8)),
            synced: Synced { place: u64::from_be_bytes(array(bytes, 24)), hash: array(bytes, 32) },
        })
    }
}
