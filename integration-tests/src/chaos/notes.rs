//! What was said and heard, in a file of its own outside the bus's disk: each note is synced before
//! the one who made it goes on, and the checker reads this file and nothing else.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// The bus has acknowledged an envelope to its publisher.
    Published { name: Name, subject: String, place: u64 },
    /// A reader has it in hand.
    Delivered { name: Name, subject: String, place: u64 },
    /// A reader is about to acknowledge these.
    Acknowledging { places: Vec<u64> },
    /// The bus has taken the reader's acknowledgement.
    Acknowledged { mailbox: String, place: u64 },
    /// A person is about to let these go.
    Skipping { places: Vec<u64> },
    /// A sender was told something by the receipt at this place.
    Told { source: String, receipt_place: u64, place: u64, fate: String },
    /// What the record holds, read at the end.
    Recorded { name: Name, place: u64 },
    /// A subscriber has seen it, while it goes on and back.
    Subscribed { place: u64 },
    /// The disk was full, and an envelope was refused for it.
    Full,
    /// Something was answered that must not be.
    Strange { what: String },
}

/// An envelope by what its sender calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    pub source: String,
    pub recipient: String,
    pub number: u64,
}

/// The file, open to write; cheap to clone.
#[derive(Clone, Debug)]
pub struct Notes(Arc<Mutex<File>>);

impl Notes {
    /// Begins an empty file.
    pub fn begin(path: &Path) -> anyhow::Result<Notes> {
        Ok(Notes(Arc::new(Mutex::new(File::create(path)?))))
    }

    /// Notes some; on disk when this returns.
    pub fn add(&self, notes: &[Note]) -> anyhow::Result<()> {
        let mut text = String::new();
        for note in notes {
            text += &serde_json::to_string(note)?;
            text.push('\n');
        }
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        Ok(file.sync_data()?)
    }
}

/// All of them, as the file has them.
pub fn read(path: &Path) -> anyhow::Result<Vec<Note>> {
    let text = fs::read_to_string(path)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
