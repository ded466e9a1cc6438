//! What the witness has seen and what was acknowledged to it: one JSON object a line, synced before
//! anything else is done.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "saw", rename_all = "snake_case")]
pub enum Note {
    /// A whistle was acknowledged with a number.
    Raised {
        /// Which whistle.
        index: u64,
        /// The number.
        case_id: String,
    },
    /// A desk acknowledged an act.
    Acted {
        /// Whose desk.
        unit: String,
        /// The case.
        case_id: String,
        /// The round.
        round: u32,
        /// What was done: the state that follows.
        act: String,
    },
    /// The gateway acknowledged the community's word.
    Judged {
        /// The case.
        case_id: String,
        /// The round.
        round: u32,
        /// Whether it is settled.
        is_settled: bool,
    },
    /// A desk showed a task.
    Task {
        /// Whose desk.
        unit: String,
        /// Where in the desk's journal.
        place: u64,
        /// The case.
        case_id: String,
        /// The whistle, by its words.
        index: Option<u64>,
        /// The round.
        round: u32,
        /// The state.
        state: String,
    },
    /// The ledger showed a step of a case.
    Entry {
        /// Where in the ledger.
        place: u64,
        /// The case.
        case_id: String,
        /// What was said.
        kind: String,
        /// By whom.
        source: String,
        /// To whom.
        recipient: String,
    },
    /// The ledger was counted.
    Counted {
        /// All cases in it.
        cases: u64,
        /// Those that are open and have no owner.
        ownerless: u64,
    },
    /// Something was refused that should not have been.
    Refused {
        /// To whom, and why.
        what: String,
    },
}

/// The file; clones share it.
#[derive(Clone, Debug)]
pub struct Notes(Arc<Mutex<File>>);

impl Notes {
    /// An empty one.
    pub fn create(path: &Path) -> anyhow::Result<Notes> {
        let file = File::create(path).with_context(|| format!("no notes in {}", path.display()))?;
        Ok(Notes(Arc::new(Mutex::new(file))))
    }

    /// Writes it down for good.
    pub fn write(&self, note: &Note) -> anyhow::Result<()> {
        let line = serde_json::to_string(note)? + "\n";
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())?;
        Ok(file.sync_data()?)
    }
}

/// All that was written down.
pub fn read(path: &Path) -> anyhow::Result<Vec<Note>> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}
