//! A city pack on disk: its files by name, as `domain` takes them.
//!
//! It reads the top of the folder and `access/`; registers belong to their modules. What the files
//! say is not judged here.

use std::{collections::BTreeMap, fs, io, path::Path};

/// The largest file of a pack.
const FILE_MAX: u64 = 16 << 20;

/// The folders of a pack that are read with it.
const FOLDERS: [&str; 2] = ["", "access/"];

/// Reads the files of a pack.
pub fn files(dir: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for folder in FOLDERS {
        let inside = dir.join(folder);
        if !folder.is_empty() && !inside.is_dir() {
            continue;
        }
        for entry in fs::read_dir(inside)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if !meta.is_file() {
                continue;
            }
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            if meta.len() > FILE_MAX {
                let message = format!("{name} is larger than {FILE_MAX} bytes");
                return Err(io::Error::other(message));
            }
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}
