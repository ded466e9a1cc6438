//! What the files below a folder weigh.

use std::{fs, io, path::Path};

/// All bytes of the files below a folder; none when it is not there. A file that goes away while it
/// is looked at counts nothing.
///
/// # Errors
/// What the disk says.
pub fn weight(dir: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(found) if found.is_dir() => weight(&entry.path())?,
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}
