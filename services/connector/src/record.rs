//! What is kept of the dealings with a system outside: a journal of notes, and their sum in memory.
//!
//! The journal is a record that is kept for good: what a person has decided about a message or a report,
//! and why, stands nowhere else. So nothing of it is dropped; it is bounded as the journals of the roles
//! are ([`Bare`]): what is sealed goes to the archive, is checked there, and what is over the bound goes
//! from the journal. The sum is all that anybody asks for, and its size has a limit of its own; so that
//! opening need not read the past, it is written to disk now and then (see [`snapshot`]), and only what
//! was noted since is read.
//!
//! Whatever is killed in between, the sum is the same: a sum on disk that is not right is passed over,
//! and made from the first note on, which is read from the archive.

mod snapshot;

use std::{
    convert::Infallible,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use journal::{Appending, Options};
use kit::{
    clock::Clock,
    store::{Bare, Error, House},
};
use serde::{Serialize, de::DeserializeOwned};

/// Notes are small beside an envelope.
const ROOM_BYTES: u64 = 64 << 10;

/// What all notes together say.
pub(crate) trait Sum: Default + Serialize + DeserializeOwned + Send + 'static {
    /// One of them.
    type Note: Serialize + DeserializeOwned + Send;

    /// Another one where a sum on disk can't be read any more, or would be another today.
    const LAYOUT: u32;

    /// Adds what a note says; `place` is the note's own.
    fn fold(&mut self, place: u64, note: Self::Note);

    /// Makes anew what follows from the rest and is not on disk.
    fn index(&mut self);
}

/// The journal with its sum.
pub(crate) struct Record<S: Sum> {
    inner: Arc<Inner<S>>,
    /// One write at a time: what is written follows from the sum. What nobody waited for to the end
    /// stays here until it is added.
    writing: tokio::sync::Mutex<Option<(Appending, Vec<S::Note>)>>,
}

struct Inner<S> {
    bare: Bare,
    kept: Mutex<S>,
    /// Up to which place it is the sum; changed by who holds it.
    upto: AtomicU64,
}

impl<S: Sum> std::fmt::Debug for Record<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.inner.bare.journal().last();
        f.debug_struct("Record").field("last", &last).finish_non_exhaustive()
    }
}

impl<S: Sum> Record<S> {
    /// Opens it, or makes it; `names` say whose it is, and who must act when it can't be kept within
    /// its bound. Blocks while it reads.
    pub(crate) fn open(
        dir: &Path,
        house: &House,
        names: (String, String),
    ) -> Result<Record<S>, Error> {
        let options = Options { room_bytes: ROOM_BYTES, ..Options::default() };
        let bare = Bare::open(dir, options, house, names)?;
        let (from, sum) = snapshot::read::<S>(&bare).unwrap_or_default();
        let (kept, upto) = (Mutex::new(sum), AtomicU64::new(from));
        let inner = Inner { bare, kept, upto };
        for record in inner.bare.journal().scan(from + 1) {
            let record = record?;
            match serde_json::from_slice(&record.body) {
                Ok(note) => inner.fold(record.place, vec![note]),
                Err(error) => tracing::error!(place = record.place, %error, "no note of ours"),
            }
        }
        Ok(Record { inner: Arc::new(inner), writing: tokio::sync::Mutex::default() })
    }

    /// The sum.
    pub(crate) fn kept(&self) -> MutexGuard<'_, S> {
        self.inner.kept()
    }

    /// Writes what is decided of the sum, and adds it when it is on disk. What is decided is told
    /// the place that its first note will have. Who is gone before it is on disk has written it all the
    /// same: it is added before anything else is decided.
    pub(crate) async fn write<T>(
        &self,
        decide: impl FnOnce(&S, u64) -> (Vec<S::Note>, T),
    ) -> Result<T, journal::Error> {
        let mut begun = self.writing.lock().await;
        self.finish(&mut begun).await?;
        let journal = self.inner.bare.journal();
        let (notes, outcome) = decide(&self.kept(), journal.last() + 1);
        if notes.is_empty() {
            return Ok(outcome);
        }
        let bodies = notes.iter().map(|note| serde_json::to_vec(note).unwrap_or_default().into());
        let appending = journal.begin(bodies.collect()).await?;
        *begun = Some((appending, notes));
        self.finish(&mut begun).await?;
        Ok(outcome)
    }

    /// Adds what is on its way to the disk, when it is there.
    async fn finish(
        &self,
        begun: &mut Option<(Appending, Vec<S::Note>)>,
    ) -> Result<(), journal::Error> {
        let Some((appending, _)) = begun else { return Ok(()) };
        let appended = appending.done().await;
        let notes = begun.take().map(|(_, notes)| notes).unwrap_or_default();
        self.inner.fold(appended?.first, notes);
        Ok(())
    }

    /// Keeps it within its bound, for ever.
    pub(crate) async fn keep(&self, clock: &Clock) -> Infallible {
        loop {
            tokio::time::sleep(self.inner.bare.every()).await;
            let (inner, now) = (Arc::clone(&self.inner), clock.now());
            let looked = tokio::task::spawn_blocking(move || {
                inner.bare.look(now);
                inner.remember();
            });
            if let Err(error) = looked.await {
                tracing::error!(%error, "housekeeping has failed");
            }
        }
    }
}

impl<S: Sum> Inner<S> {
    fn kept(&self) -> MutexGuard<'_, S> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fold(&self, first: u64, notes: Vec<S::Note>) {
        let mut kept = self.kept();
        for (place, note) in (first..).zip(notes) {
            kept.fold(place, note);
            self.upto.store(place, Ordering::Relaxed);
        }
    }

    /// Writes the sum to disk if it is time. Blocks.
    fn remember(&self) {
        let records = self.bare.house().snapshot_records;
        let last = snapshot::place(&self.bare);
        let due = last.saturating_add(records.max(last / 4));
        let (place, sum) = {
            let kept = self.kept();
            let place = self.upto.load(Ordering::Relaxed);
            if place < due {
                return;
            }
            (place, serde_json::to_vec(&*kept).unwrap_or_default())
        };
        if let Err(error) = snapshot::write::<S>(&self.bare, place, &sum) {
            tracing::warn!(%error, "the sum of a record is not on disk anew");
        }
    }
}

#[cfg(test)]
mod tests;
