//! Files of certificates and keys: whole or not at all, on disk before anybody relies on them.
//!
//! A file is written beside its name, synced, and renamed; then the folder is synced.
//! Two processes that start at the same time take turns by a lock file in the folder.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::Error;

/// Who may read a file.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// Everybody: a certificate.
    All = 0o644,
    /// The owner alone: a key.
    Owner = 0o600,
}

pub(super) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(at(path))
}

/// Makes the folder when it is missing and holds its lock until the result is dropped.
pub(super) fn lock(dir: &Path) -> Result<File, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    let path = dir.join(".lock");
    let open = || {
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).mode(Access::Owner as u32).open(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().map_err(at(&path))
}

/// Writes `dir/name`; the caller holds the lock of `dir`.
pub(super) fn write(dir: &Path, name: &str, text: &str, access: Access) -> Result<(), Error> {
    let path = dir.join(name);
    let beside = dir.join(format!("{name}.tmp"));
    let steps = || {
        // One that was left behind may have other rights.
        match std::fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.create_new(true).write(true).mode(access as u32).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        File::open(dir)?.sync_all()
    };
    steps().map_err(at(&path))
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::File { path, source }
}
