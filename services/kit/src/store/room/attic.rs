//! An archive that is elsewhere, as on another disk: `archive` in the role's folder is a link to it.
//!
//! So everything that reads a role's folder finds it: the role, `muster audit`, `disk` and `backup`.
//! The folder that is set must be there: a disk that is not mounted is an error and not a new archive
//! on the wrong disk. Only the folder of one of several stores is made below it. A link or an archive that is there
//! already is never changed: whoever wants it elsewhere moves it.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::Error;

/// Makes the link, or sees that it is there.
pub(super) fn link(dir: &Path, archive: &Path, below: &str) -> Result<(), Error> {
    let refuse = |why: String| Error::Archive { path: archive.to_owned(), why };
    let target =
        found(archive, below).map_err(|error| refuse(format!("{error}; make it first")))?;
    let link = dir.join("archive");
    let make = || {
        fs::create_dir_all(dir)?;
        symlink(&target, &link)?;
        fs::File::open(dir)?.sync_all()
    };
    match fs::symlink_metadata(&link) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make().map_err(|error| refuse(error.to_string()))
        }
        Ok(_) if fs::canonicalize(&link).is_ok_and(|there| there == target) => Ok(()),
        _ => Err(refuse(format!(
            "{} is there already; move it there while the role stands still, and start it again",
            link.display()
        ))),
    }
}

/// The folder itself.
fn found(archive: &Path, below: &str) -> io::Result<PathBuf> {
    let archive = fs::canonicalize(archive)?;
    if below.is_empty() {
        return Ok(archive);
    }
    let one = archive.join(below);
    match fs::create_dir(&one) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::canonicalize(one),
    }
}
