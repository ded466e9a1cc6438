//! The engine on one machine: every change is a record of the store, its sum is the view.
//!
//! Promises what [`Engine`] promises, with one sync for all who wait. An envelope's place is the
//! place of its record; acknowledgements and commits are records of the same journal, so places of
//! envelopes have holes. Reading never goes beyond what the view has wholly, so a resume by place
//! loses nothing. What was begun is finished, even when the one who asked has gone.
//!
//! `keys` and `block` are the layout of the view, `entry` that of the records, `rules` and `intake`
//! decide, `proof` checks what is signed, `fold` applies, `window` delivers, `reading` reads the
//! record, `memory` is at hand, `room` says what is let go of.

mod block;
mod entry;
mod fold;
mod intake;
mod keys;
mod mailbox;
mod memory;
mod parking;
mod proof;
mod reading;
mod room;
mod rules;
mod settle;
mod window;

use std::{
    collections::BTreeSet,
    future::Future,
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{
    clock::Clock,
    proof::Signed,
    stats::{Counter, Stats},
    store::{self, Answer, Store},
    view,
};
use prost::Message as _;
use tokio::{
    sync::{OnceCell, watch},
    task,
};

use crate::{
    Config,
    engine::{
        Ask, Delivery, Engine, Error, Held, Listed, Located, Mailbox, Name, Parcel, Parked, Piece,
        Placement, Placing, Receipts, Refused, Resolve, Selection, Start, Status, Subscriber,
    },
};
use intake::{Gap, Outcome};
use rules::{Command, Known, Rules};
use window::Desks;

/// How many bytes of envelopes one answer carries before it ends; one more may follow.
const ANSWER_BYTES: usize = 2 << 20;
/// How many acknowledgements share a record.
const ACKNOWLEDGED_MAX: usize = 1_000;

/// The local engine. Clones share it.
#[derive(Clone)]
pub struct Local(Arc<Parts>);

/// What clones share.
pub struct Parts {
    store: Store<Rules>,
    ready: OnceCell<()>,
    attempts_max: u32,
    started: Moment,
    dir: PathBuf,
}

impl Deref for Local {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Local {
    /// Opens the engine in `dir`. Blocks while it reads; must be called inside the runtime.
    pub fn open(
        dir: &Path,
        config: &Config,
        clock: Clock,
        stats: Stats,
    ) -> Result<Local, store::Error> {
        let followers: BTreeSet<Party> = config.followers.iter().cloned().collect();
        let rules = Rules {
            followers: followers.into_iter().collect(),
            recipients: config.recipients.iter().cloned().collect(),
            depth_max: config.mailbox_depth,
            memory: memory::Memory::default(),
            desks: Desks::default(),
        };
        let started = clock.now();
        let kept = (&config.house, config.owner.to_string());
        let parts = Arc::new(Parts {
            store: Store::open_kept(dir, rules, clock, stats, kept)?,
            ready: OnceCell::default(),
            attempts_max: config.attempts_max.max(1),
            started,
            dir: dir.to_owned(),
        });
        tokio::spawn(parking::sweep(Arc::downgrade(&parts)));
        let (every, owner) = (config.house.every, config.owner.clone());
        tokio::spawn(room::watch(Arc::downgrade(&parts), every, owner));
        Ok(Local(parts))
    }

    /// Before the first change: the record says who is mandatory from here on, and what commits
    /// had left is worked off.
    async fn ready(&self) -> Result<(), Rejection> {
        let begin = || async {
            self.store.tell(Command::Followers).await?;
            self.work().await
        };
        self.ready.get_or_try_init(begin).await.map(drop)
    }

    async fn work(&self) -> Result<(), Rejection> {
        let last = self.whole();
        while !self.store.read(|tx| settle::is_worked(tx, settle::goal(tx, last, None)?))? {
            self.store.tell(Command::Work(last)).await?;
        }
        Ok(())
    }

    /// The canonical dump of the view.
    #[cfg(test)]
    pub(crate) fn dump(&self) -> store::Dump {
        self.store.dump().unwrap()
    }

    /// The place up to which the view is whole.
    fn whole(&self) -> u64 {
        *self.store.applied().borrow()
    }

    /// The desks at which mailboxes are read.
    fn desks(&self) -> &Desks {
        &self.store.machine().desks
    }

    fn placements(&self, answer: Answer) -> Result<Vec<Placement>, Error> {
        let outcome = Outcome::decode(answer.bytes.as_slice()).map_err(unreadable)?;
        if let Some(Gap { recipient, number, expected }) = outcome.gap {
            return Err(Error::Gap { recipient, number, expected });
        }
        let duplicates = outcome.placed.iter().filter(|placed| placed.is_duplicate).count();
        self.store.stats().add(Counter::Duplicates, duplicates);
        self.store.stats().add(Counter::Applied, outcome.placed.len() - duplicates);
        let place = |placed: intake::Placed| {
            let (place, accepted_at) = match placed.is_new {
                true => (placed.place + answer.place, answer.at),
                false => (placed.place, self.envelope_at(placed.place)?.accepted_at),
            };
            Ok(Placement { place, accepted_at, is_duplicate: placed.is_duplicate })
        };
        outcome.placed.into_iter().map(place).collect()
    }
}

#[async_trait]
impl Engine for Local {
    fn log_id(&self) -> String {
        self.store.journal_id()
    }

    fn growth(&self) -> watch::Receiver<u64> {
        self.store.applied()
    }

    async fn begin(&self, source: &Party, parcels: Vec<Parcel>) -> Result<Placing, Error> {
        self.ready().await?;
        let known = self.known(source, &parcels).await?;
        let command = Command::Publish(source.clone(), parcels, known);
        let (answer, engine) = (self.store.begin(command).await?, self.clone());
        Ok(Box::pin(async move { engine.placements(answer.await?) }))
    }

    async fn fetch(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error> {
        self.deliver(mailbox, ask).await
    }

    async fn acknowledge(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        proof: Signed,
    ) -> Result<u32, Error> {
        let (engine, mailbox) = (self.clone(), mailbox.clone());
        finished(async move { engine.end(mailbox, places, proof).await }).await
    }

    async fn refuse(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        reason: String,
        delay: Duration,
    ) -> Result<Refused, Error> {
        let (engine, mailbox) = (self.clone(), mailbox.clone());
        finished(async move { engine.give_back(mailbox, places, &reason, delay).await }).await
    }

    async fn extend(&self, mailbox: &Party, places: Vec<u64>, lease: Duration) -> u32 {
        let until = self.store.clock().now() + lease;
        self.desks().desk(mailbox).window().extend(&places, until)
    }

    async fn release(&self, mailbox: &Party, held: Vec<Held>) {
        let (engine, mailbox) = (self.clone(), mailbox.clone());
        let freed = finished(async move {
            engine.free(mailbox, held).await;
            Ok(())
        });
        drop(freed.await);
    }

    async fn parked(
        &self,
        of: Option<&Party>,
        after: Option<(Party, u64)>,
        limit: usize,
    ) -> Result<Vec<Parked>, Error> {
        let (engine, of) = (self.clone(), of.cloned());
        blocking(move || engine.list_parked(of.as_ref(), after, limit)).await
    }

    async fn resolve(&self, resolve: Resolve) -> Result<Vec<Parked>, Error> {
        let engine = self.clone();
        finished(async move { engine.decide_parked(resolve).await }).await
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Piece, Error> {
        let engine = self.clone();
        blocking(move || engine.piece(after, limit)).await
    }

    async fn before(&self, time: Moment) -> Result<u64, Error> {
        let engine = self.clone();
        blocking(move || engine.place_before(time)).await
    }

    async fn commit(
        &self,
        follower: &Party,
        place: u64,
        proof: Option<Signed>,
    ) -> Result<u64, Error> {
        self.ready().await?;
        let covered = self.covers_up_to(follower, place, proof)?;
        let command = Command::Commit(follower.clone(), place, covered);
        let answer = self.store.tell(command).await?;
        self.work().await?;
        Ok(view::number(Some(&answer.bytes)))
    }

    async fn receipts(&self, source: &Party, after: u64, limit: usize) -> Result<Receipts, Error> {
        let (engine, source) = (self.clone(), source.clone());
        blocking(move || engine.told(&source, after, limit)).await
    }

    async fn list(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Error> {
        let (engine, subject) = (self.clone(), subject.to_owned());
        blocking(move || engine.page(&subject, after, limit)).await
    }

    async fn mailboxes(&self, after: Option<&Party>, limit: usize) -> Result<Vec<Mailbox>, Error> {
        let (engine, after) = (self.clone(), after.cloned());
        blocking(move || engine.list_mailboxes(after.as_ref(), limit)).await
    }

    async fn put_subscriber(
        &self,
        party: &Party,
        name: &str,
        selection: Selection,
        start: Start,
    ) -> Result<Subscriber, Error> {
        self.ready().await?;
        let place = match start {
            Start::After(place) => place,
            Start::At(time) => self.before(time).await?,
            Start::End => self.whole(),
        };
        let Selection { types, subjects } = selection;
        let (party, name, moved_ms) = (party.to_string(), name.to_owned(), self.now().0);
        let wanted = entry::Subscriber { party, name, types, subjects, place, moved_ms };
        subscriber(&self.store.tell(Command::Subscribe(wanted)).await?)
    }

    async fn seek(
        &self,
        party: &Party,
        name: &str,
        place: u64,
        is_acknowledgement: bool,
    ) -> Result<Subscriber, Error> {
        let command = Command::Seek(party.clone(), name.to_owned(), place, is_acknowledgement);
        subscriber(&self.store.tell(command).await?)
    }

    async fn remove_subscriber(&self, party: &Party, name: &str) -> Result<(), Error> {
        let command = Command::Unsubscribe(party.clone(), name.to_owned());
        Ok(self.store.tell(command).await.map(drop)?)
    }

    async fn subscribers(
        &self,
        of: Option<&Party>,
        after: Option<(Party, String)>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error> {
        let prefix = of.map(|party| keys::subscribers_of(&party.to_string()));
        let prefix = prefix.unwrap_or_else(keys::subscribers);
        let from = after.map(|(party, name)| keys::subscriber(&party.to_string(), &name));
        let from = from.map_or_else(Vec::new, |key| [&key[..], &[0]].concat());
        let found = self.store.read(|tx| tx.scan(&prefix, &from, limit))?;
        found.iter().map(|(_, bytes)| read_subscriber(bytes)).collect()
    }

    async fn locate(&self, name: Name) -> Result<Located, Error> {
        let engine = self.clone();
        blocking(move || engine.find(&name)).await
    }

    async fn status(&self) -> Result<Status, Error> {
        let engine = self.clone();
        blocking(move || engine.state()).await
    }
}

impl Local {
    fn now(&self) -> Moment {
        self.store.clock().now()
    }

    /// Holds the repeats of a call against the record: those that are in the view already.
    async fn known(&self, source: &Party, parcels: &[Parcel]) -> Result<Vec<Known>, Error> {
        let (known, repeats) = self.store.read(|tx| reading::repeats(tx, source, parcels))?;
        if repeats.is_empty() {
            return Ok(known);
        }
        let engine = self.clone();
        blocking(move || engine.check_repeats(repeats)).await?;
        Ok(known)
    }
}

fn subscriber(answer: &Answer) -> Result<Subscriber, Error> {
    read_subscriber(&answer.bytes)
}

fn read_subscriber(bytes: &[u8]) -> Result<Subscriber, Error> {
    let entry::Subscriber { party, name, types, subjects, place, moved_ms } =
        entry::Subscriber::decode(bytes).map_err(unreadable)?;
    let party = party.parse().map_err(unreadable)?;
    let selection = Selection { types, subjects };
    Ok(Subscriber { party, name, selection, place, moved: Moment(moved_ms) })
}

/// Finishes work even when nobody waits for it any more.
async fn finished<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    task::spawn(work).await.unwrap_or_else(|error| Err(unreadable(error).into()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Rejection> + Send + 'static,
) -> Result<T, Error> {
    let done = task::spawn_blocking(work).await.unwrap_or_else(|error| Err(unreadable(error)));
    Ok(done?)
}

/// The detail goes to the log; the caller may try again.
fn unreadable(error: impl std::fmt::Display) -> Rejection {
    tracing::error!(%error, "the record can't be read");
    Rejection::unavailable("RECORD_UNREADABLE", "the record can't be read now; try again")
}

#[cfg(test)]
mod tests;
