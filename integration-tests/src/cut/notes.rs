//! What was acknowledged, in a file of our own outside the file system that is cut: each note is
//! synced before the next request is sent, and the checker reads the file and nothing else.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::desk::Act;

/// One acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// The bus has an envelope.
    Published(Published),
    /// The unit's desk has done it, with this answer.
    Acted {
        /// What was asked.
        act: Act,
        /// The hash of the answer.
        answer: String,
    },
    /// A store that is cut beside ours has a record.
    Wrote {
        /// Which store.
        store: String,
        /// Which record.
        index: u64,
        /// The hash of it.
        hash: String,
    },
}

/// An envelope that the bus has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// By whom.
    pub source: String,
    /// For whom; empty: for the record.
    pub recipient: String,
    /// Its number among those.
    pub number: u64,
    /// Its id.
    pub id: String,
    /// The case that it calls the unit to; empty: it calls nobody.
    pub case_id: String,
    /// The place that was acknowledged.
    pub place: u64,
    /// The hash of the whole envelope.
    pub hash: String,
}

/// The file, open to write.
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
    file: Mutex<File>,
}

impl Notes {
    /// Begins an empty file.
    pub fn begin(path: &Path) -> anyhow::Result<Notes> {
        Ok(Notes { path: path.to_owned(), file: Mutex::new(File::create(path)?) })
    }

    /// Notes some; on disk when this returns.
    pub fn add(&self, notes: &[Note]) -> anyhow::Result<()> {
        let mut text = String::new();
        for note in notes {
            text += &serde_json::to_string(note)?;
            text.push('\n');
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        Ok(file.sync_data()?)
    }

    /// All of them, as the file has them.
    pub fn read(&self) -> anyhow::Result<Vec<Note>> {
        let text = fs::read_to_string(&self.path)?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }
}
