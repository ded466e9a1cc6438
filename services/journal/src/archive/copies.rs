//! Whether a copy in the archive still is what the manifest vouches for, and copying it once more.
//!
//! A copy was right when it got its line; a disk may lose it since. So it is read once more, whole,
//! before the journal's own segment goes. One that is missing is copied again as long as the journal
//! has it: whoever finds a damaged copy named removes that file, and the next look makes it anew.

use std::io;

use super::{Archive, Archived, copy, hashed};
use crate::error::{Error, during};
use crate::format::{Identity, hex};
use crate::frames::Fault;
use crate::segment::Folder;
use crate::survey::damage;

impl Archive {
    /// Reads a copy whole and holds it against its line.
    pub(crate) fn check_copy(&self, entry: &Archived) -> Result<(), Error> {
        let path = self.folder.path(entry.first);
        let file = self.folder.disk.open(&path).map_err(during("open", &path))?;
        let found = hashed(file.as_ref(), |_, _| Ok(())).map_err(during("read", &path))?;
        if found == entry.sha256 {
            return Ok(());
        }
        let right = format!("{}, as its line in the manifest says", hex(&entry.sha256));
        Err(self.differs(entry, Fault::new(format!("SHA-256 {}", hex(&found)), right)))
    }

    /// Copies a segment again of which the copy is not there any more; the journal still has it.
    pub(crate) fn mend(
        &self,
        journal: &Folder,
        entry: &Archived,
        identity: Identity,
    ) -> Result<(), Error> {
        let path = self.folder.path(entry.first);
        match self.folder.disk.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            file => {
                let length = file.and_then(|file| file.length()).map_err(during("open", &path))?;
                if length == entry.bytes {
                    return Ok(());
                }
                let right = format!("{}, as its line in the manifest says", entry.bytes);
                return Err(self.differs(entry, Fault::new(format!("{length} bytes"), right)));
            }
        }
        tracing::warn!(file = %path.display(), "a copy is missing in the archive: copied again");
        let sha256 = copy(journal, &self.folder, entry.first)?;
        let found = self.inspect(entry.first, identity, sha256)?;
        if found == *entry {
            return Ok(());
        }
        Err(self.differs(entry, Fault::new(found.encode(), entry.encode())))
    }

    fn differs(&self, entry: &Archived, fault: Fault) -> Error {
        damage(&self.folder, entry.first, 0, entry.first, fault)
    }
}
