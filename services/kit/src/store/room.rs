//! The room that a store takes, and giving it back while it runs.
//!
//! A house is kept for every store of a role ([`Store::open_kept`]): again and again what is sealed is
//! archived, and what is over the bound is trimmed. Only what the journal's archive vouches for goes,
//! only what the view has taken in, and only what is before everything that is still to be sent, or
//! sent again until its receivers have it: a role sends from its own journal, also while its archive
//! is away. A role that sends nothing, as the bus, is held by nobody. What was let go of is still
//! read, from the archive, so a view that has to be made anew is the same as before.
//!
//! What keeps a journal over its bound is never silent: the alarm `record_held` says once who holds
//! it, why and who must act, and once that it is over; [`Store::kept`] says it as long as it is so.
//! An archive that fails lets nothing go: then the disk fills, and the journal refuses with
//! `DISK_FULL` what it cannot keep. The archive itself is all of the past and has no bound.

mod attic;
mod bare;
mod told;
mod weight;

use std::{
    error::Error as _,
    fmt::Display,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use domain::moment::Moment;
use journal::Room;
use serde::{Deserialize, Serialize};

pub use self::{bare::Bare, weight::weight};
use super::{Error, Machine, Shared, Store, exchange, snapshot};
use crate::{clock::Clock, config::span, stats::Stats, tx::Tx};

/// The shortest time between two looks.
const EVERY_MIN: Duration = Duration::from_millis(5);

/// How much room a journal may take, and how often that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct House {
    /// What the journal's own segments may take before the oldest go; the one that is written and
    /// what is still to be sent stay in any case. Default 1 GiB.
    pub keep_bytes: u64,
    /// Where a segment ends: what is archived and let go of is whole segments. Default 64 MiB.
    pub segment_bytes: u64,
    /// How many records lie between two snapshots of the view, and a quarter of all at least. Default
    /// 1,000,000.
    pub snapshot_records: u64,
    /// How often it is looked at. Default 60 s.
    #[serde(with = "span")]
    pub every: Duration,
    /// The folder of the archive, which must be there, as on another disk: `archive` in the role's
    /// folder becomes a link to it. Default none: `archive` is a folder beside the journal.
    pub archive: Option<PathBuf>,
    /// The folder below it for one of several stores; see [`House::of`]. It is made.
    #[serde(skip)]
    pub below: String,
}

impl Default for House {
    fn default() -> House {
        let (keep_bytes, segment_bytes, every) = (1 << 30, 64 << 20, Duration::from_secs(60));
        let (snapshot_records, archive, below) = (1_000_000, None, String::new());
        House { keep_bytes, segment_bytes, snapshot_records, every, archive, below }
    }
}

impl House {
    /// The same for one of several stores: its archive has a folder of its own.
    pub fn of(&self, name: &str) -> House {
        House { below: name.to_owned(), ..self.clone() }
    }
}

/// What keeping the house has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// What the journal may take; 0 where no house is kept.
    pub bound_bytes: u64,
    /// When it was looked at last; not kept in the file.
    #[serde(skip)]
    pub looked: Option<Moment>,
    /// How many bytes came back since the store was opened.
    pub freed_bytes: u64,
    /// What keeps the journal over its bound, or out of its archive.
    pub hold: Option<Hold>,
}

/// Why room does not come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Who holds it: a receiver, `followers`, `archive` or `view`.
    pub by: String,
    /// Why, and what to do.
    pub why: String,
    /// Since when.
    pub since: Moment,
}

/// What one look has come to: bytes that came back, and who holds the rest for what reason.
type Tidied = (u64, Option<(String, String)>);

impl<M: Machine> Store<M> {
    /// Opens a store whose house is kept from now on; `owner` must act when it can't be. It must be
    /// called in the runtime.
    pub fn open_kept(
        dir: &Path,
        machine: M,
        clock: Clock,
        stats: Stats,
        (house, owner): (&House, String),
    ) -> Result<Store<M>, Error> {
        if let Some(archive) = &house.archive {
            attic::link(dir, archive, &house.below)?;
        }
        let options = journal::Options { segment_bytes: house.segment_bytes, ..Default::default() };
        let store = Store::open_with(dir, machine, clock, stats, options)?;
        store.shared.kept().bound_bytes = house.keep_bytes;
        told::write(dir, &store.kept());
        let (shared, queue) = (Arc::downgrade(&store.shared), store.queue.downgrade());
        tokio::spawn(keep(shared, queue, house.clone(), owner));
        Ok(store)
    }

    /// How much room the journal and its archive take.
    pub fn room(&self) -> Room {
        self.shared.journal.room()
    }

    /// What keeping the house has come to.
    pub fn kept(&self) -> Kept {
        self.shared.kept().clone()
    }

    /// How often the journal was synced since the store was opened.
    pub fn syncs(&self) -> u64 {
        self.shared.journal.syncs()
    }

    /// Archives and trims once; blocks on the disk. Answers how many bytes came back.
    pub fn tidy(&self, keep_bytes: u64) -> Result<u64, Error> {
        tidy(&self.shared, keep_bytes).map(|(freed, _)| freed)
    }
}

impl<M> Shared<M> {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after it, until the store is gone: then nobody can send to its writer any more.
async fn keep<M: Machine, T: Send + 'static>(
    shared: Weak<Shared<M>>,
    queue: tokio::sync::mpsc::WeakSender<T>,
    house: House,
    owner: String,
) {
    let mut ticks = tokio::time::interval(house.every.max(EVERY_MIN));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade().filter(|_| queue.upgrade().is_some()) else { return };
        let owner = owner.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let tidied = tidy(&shared, house.keep_bytes);
            let (who, dir) = (shared.machine.party(), shared.held.dir().parent());
            let whose = Whose { who: &who, dir, kept: &shared.kept, owner: &owner };
            note(&whose, tidied, shared.clock.now());
            match snapshot::keep(&shared, house.snapshot_records) {
                Err(Error::Journal(journal::Error::Closed)) | Ok(()) => {}
                Err(error) => tracing::warn!(%error, "there is no new snapshot of the view"),
            }
        });
        if let Err(error) = looked.await {
            tracing::error!(%error, "housekeeping has failed");
        }
    }
}

fn tidy<M: Machine>(shared: &Shared<M>, keep_bytes: u64) -> Result<Tidied, Error> {
    let journal = &shared.journal;
    journal.archive()?;
    if journal.room().journal_bytes <= keep_bytes {
        return Ok((0, None));
    }
    let applied = shared.applied.borrow().saturating_add(1);
    let view = shared.held.view()?;
    let needed = exchange::oldest_needed(&Tx::new(&view))?;
    let place = needed.as_ref().map_or(applied, |(needed, _)| applied.min(*needed));
    let freed = journal.trim(place, keep_bytes)?;
    let room = journal.room();
    // Its oldest segment is in the archive, so it is sealed, and stays all the same.
    let is_held = room.journal_bytes > keep_bytes && room.first <= room.archived;
    let hold = needed.filter(|_| is_held).map(|(place, receiver)| {
        let why = format!(
            "what was sent at place {place} is not with all who must have it; it stays here until it \
             is: start who does not take it, or decide about it where it is parked"
        );
        (if receiver.is_empty() { "followers".to_owned() } else { receiver }, why)
    });
    Ok((freed, hold))
}

/// Whose house it is, where what is known of it is told, and who must act.
struct Whose<'a> {
    who: &'a dyn Display,
    dir: Option<&'a Path>,
    kept: &'a Mutex<Kept>,
    owner: &'a str,
}

/// Notes what a look has come to, and rings when that is another thing than before.
fn note(whose: &Whose<'_>, tidied: Result<Tidied, Error>, now: Moment) {
    let (freed, hold) = match tidied {
        // It is being closed; that holds nothing.
        Err(Error::Journal(journal::Error::Closed)) => return,
        Ok(tidied) => tidied,
        Err(error) => (0, Some(failed(&error))),
    };
    if freed > 0 {
        tracing::info!(freed, "let go of what is in the archive");
    }
    let (before, after) = {
        let mut kept = whose.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.clone();
        let since = before.hold.as_ref().map_or(now, |hold| hold.since);
        kept.hold = hold.map(|(by, why)| Hold { by, why, since });
        kept.freed_bytes += freed;
        kept.looked = Some(now);
        (before, kept.clone())
    };
    if let Some(dir) = whose.dir
        && (before.freed_bytes, &before.hold) != (after.freed_bytes, &after.hold)
    {
        told::write(dir, &after);
    }
    ring(whose, (before.hold.as_ref(), after.hold.as_ref()));
}

/// Says once that something holds the record, and once that it is over.
fn ring(whose: &Whose<'_>, (before, after): (Option<&Hold>, Option<&Hold>)) {
    let Whose { who, owner, .. } = whose;
    match (before, after) {
        (Some(before), Some(after)) if before.by == after.by => {}
        (_, Some(Hold { by, why, .. })) => tracing::error!(
            alarm = "record_held", %who, %by,
            "ALARM: the record of {who} takes more room than it may, {by} holds it ({why}): {owner} \
             must act"
        ),
        (Some(_), None) => {
            tracing::warn!(alarm = "record_held", %who, "ALARM over: room comes back at {who}");
        }
        (None, None) => {}
    }
}

/// What has failed, and why: the error with all its causes.
fn failed(error: &Error) -> (String, String) {
    let by = if matches!(error, Error::View(_)) { "view" } else { "archive" };
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let why = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    (by.to_owned(), why)
}
