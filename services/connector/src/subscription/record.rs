//! The journal of what a subscriber has not taken, and its sum at hand.
//!
//! A note counts when it is on disk. There is no view: what is open is small, and is summed up when
//! the journal is opened.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use journal::{Journal, Options};

use super::{kept::Kept, note::Note};

/// Notes are small beside an envelope, and rare.
const SEGMENT_BYTES: u64 = 8 << 20;
const ROOM_BYTES: u64 = 64 << 10;

/// The journal with its sum.
pub(super) struct Record {
    journal: Journal,
    kept: Mutex<Kept>,
    /// One write at a time: what is written follows from the sum.
    writing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

impl Record {
    /// Opens it, or makes it. Blocks while it reads.
    pub(super) fn open(dir: &Path) -> Result<Record, journal::Error> {
        let options =
            Options { segment_bytes: SEGMENT_BYTES, room_bytes: ROOM_BYTES, ..Options::default() };
        let journal = Journal::open(dir.join("journal"), options)?;
        let mut kept = Kept::default();
        for record in journal.scan(1) {
            let record = record?;
            match serde_json::from_slice(&record.body) {
                Ok(note) => kept.fold(record.place, note),
                Err(error) => tracing::error!(place = record.place, %error, "no note of ours"),
            }
        }
        Ok(Record { journal, kept: Mutex::new(kept), writing: tokio::sync::Mutex::default() })
    }

    /// The sum.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is decided of the sum, and adds it when it is on disk. What is decided is told
    /// the place that its first note will have.
    pub(super) async fn write<T>(
        &self,
        decide: impl FnOnce(&Kept, u64) -> (Vec<Note>, T),
    ) -> Result<T, journal::Error> {
        let _alone = self.writing.lock().await;
        let (notes, outcome) = decide(&self.kept(), self.journal.last() + 1);
        if notes.is_empty() {
            return Ok(outcome);
        }
        let bodies = notes.iter().map(|note| serde_json::to_vec(note).unwrap_or_default());
        let appended = self.journal.append(bodies.collect()).await?;
        let mut kept = self.kept();
        (appended.first..).zip(notes).for_each(|(place, note)| kept.fold(place, note));
        drop(kept);
        Ok(outcome)
    }
}
