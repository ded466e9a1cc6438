//! What is kept of the dealings with a system outside: a journal of notes, and their sum in memory.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use journal::{Journal, Options};
use serde::{Serialize, de::DeserializeOwned};

/// Notes are small beside an envelope.
const SEGMENT_BYTES: u64 = 8 << 20;
const ROOM_BYTES: u64 = 64 << 10;

/// What all notes together say.
pub(crate) trait Sum: Default {
    /// One of them.
    type Note: Serialize + DeserializeOwned;

    /// Adds what a note says; `place` is the note's own.
    fn fold(&mut self, place: u64, note: Self::Note);
}

/// The journal with its sum.
pub(crate) struct Record<S> {
    journal: Journal,
    kept: Mutex<S>,
    /// One write at a time: what is written follows from the sum.
    writing: tokio::sync::Mutex<()>,
}

impl<S> std::fmt::Debug for Record<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("last", &self.journal.last()).finish_non_exhaustive()
    }
}

impl<S: Sum> Record<S> {
    /// Opens it, or makes it. Blocks while it reads.
    pub(crate) fn open(dir: &Path) -> Result<Record<S>, journal::Error> {
        let options =
            Options { segment_bytes: SEGMENT_BYTES, room_bytes: ROOM_BYTES, ..Options::default() };
        let journal = Journal::open(dir.join("journal"), options)?;
        let mut kept = S::default();
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
    pub(crate) fn kept(&self) -> MutexGuard<'_, S> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is decided of the sum, and adds it when it is on disk. What is decided is told
    /// the place that its first note will have.
    pub(crate) async fn write<T>(
        &self,
        decide: impl FnOnce(&S, u64) -> (Vec<S::Note>, T),
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
