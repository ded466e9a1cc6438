//! What keeping the house has come to, in a file of the role's folder, for whoever looks in from
//! outside: `muster disk`. It is no state: it is written when it changes, not synced, and a role that
//! can't write it goes on.

use std::{fs, io, path::Path};

use super::Kept;

const NAME: &str = "house.json";

/// Writes it whole or not at all.
pub(super) fn write(dir: &Path, kept: &Kept) {
    let (path, new) = (dir.join(NAME), dir.join("house.json.new"));
    let text = serde_json::to_vec_pretty(kept).unwrap_or_default();
    if let Err(error) = fs::write(&new, text).and_then(|()| fs::rename(&new, &path)) {
        tracing::warn!(%error, path = %path.display(), "can't be written");
    }
}

impl Kept {
    /// As the role in this folder has said it last; the default where none has, or it can't be read.
    ///
    /// # Errors
    /// What the disk says.
    pub fn of(dir: &Path) -> io::Result<Kept> {
        match fs::read(dir.join(NAME)) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(error),
        }
    }
}
