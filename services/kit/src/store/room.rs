//! The room that a store takes, and giving it back while it runs.
//!
//! [`Store::keep_house`] archives what is sealed and trims what is over the bound, again and again.
//! It lets go only of what the role has said it can do without ([`Store::let_go_before`]), what the
//! view has taken in, and what is before everything that is still to be sent, or sent again until
//! its receivers have it; and only of what the journal's archive vouches for. What was let go of is
//! still read, from the archive, so a view that has to be made anew is the same as before; the
//! bound is one on the journal, and what the role still needs goes before it.
//!
//! Archiving that fails is said in the log and tried again: then nothing is let go of, the disk
//! fills, and the journal refuses with `DISK_FULL` what it cannot keep.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use journal::Room;
use serde::{Deserialize, Serialize};

use super::{Error, Machine, Shared, Store, exchange};
use crate::{config::span, tx::Tx};

/// How much room a journal may take, and how often that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct House {
    /// What the journal's own segments may take before the oldest go; the one that is written and
    /// what the role still needs stay in any case. Default 1 GiB.
    pub keep_bytes: u64,
    /// How often it is looked at. Default 60 s.
    #[serde(with = "span")]
    pub every: Duration,
}

impl Default for House {
    fn default() -> House {
        House { keep_bytes: 1 << 30, every: Duration::from_secs(60) }
    }
}

impl<M: Machine> Store<M> {
    /// Nothing before `place` is needed any more but as history. It never goes back.
    pub fn let_go_before(&self, place: u64) {
        self.shared.let_go.fetch_max(place, Ordering::SeqCst);
    }

    /// How much room the journal and its archive take.
    pub fn room(&self) -> Room {
        self.shared.journal.room()
    }

    /// How often the journal was synced since the store was opened.
    pub fn syncs(&self) -> u64 {
        self.shared.journal.syncs()
    }

    /// Archives and trims once; blocks on the disk. Answers how many bytes came back.
    pub fn tidy(&self, keep_bytes: u64) -> Result<u64, Error> {
        tidy(&self.shared, keep_bytes)
    }

    /// Keeps house for a role that needs its records only as history, once its view has them and its
    /// receivers what it has sent; nothing is done where no house is to be kept.
    pub fn keep_history(&self, house: Option<House>) {
        if let Some(house) = house {
            self.let_go_before(u64::MAX);
            self.keep_house(house);
        }
    }

    /// Archives and trims from now on, until the store is gone. It must be called in the runtime.
    pub fn keep_house(&self, house: House) {
        tokio::spawn(keep(Arc::downgrade(&self.shared), self.queue.downgrade(), house));
    }
}

/// The store is gone when nobody can send to its writer any more.
async fn keep<M: Machine, T>(
    shared: Weak<Shared<M>>,
    queue: tokio::sync::mpsc::WeakSender<T>,
    house: House,
) where
    T: Send + 'static,
{
    let mut ticks = tokio::time::interval(house.every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade().filter(|_| queue.upgrade().is_some()) else { return };
        let done = tokio::task::spawn_blocking(move || tidy(&shared, house.keep_bytes));
        match done.await {
            Ok(Ok(0)) => {}
            Ok(Ok(bytes)) => tracing::info!(bytes, "let go of what is in the archive"),
            Ok(Err(error)) => tracing::error!(%error, "nothing can be let go of"),
            Err(error) => tracing::error!(%error, "housekeeping has failed"),
        }
    }
}

fn tidy<M: Machine>(shared: &Shared<M>, keep_bytes: u64) -> Result<u64, Error> {
    let journal = &shared.journal;
    journal.archive()?;
    if journal.room().journal_bytes <= keep_bytes {
        return Ok(0);
    }
    let applied = *shared.applied.borrow();
    let place = shared.let_go.load(Ordering::SeqCst).min(applied.saturating_add(1));
    let view = shared.held.view()?;
    let needed = exchange::oldest_needed(&Tx::new(&view))?;
    Ok(journal.trim(needed.map_or(place, |needed| place.min(needed)), keep_bytes)?)
}
