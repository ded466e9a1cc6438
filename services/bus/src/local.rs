//! The engine on one machine: every change is a record of the store, its sum is the view.
//!
//! Promises what [`Engine`] promises, with one sync for all who wait. An envelope's place is the
//! place of its record; acknowledgements and commits are records of the same journal, so places of
//! envelopes have holes. Reading never goes beyond what the view has wholly, so a resume by place
//! loses nothing. What was begun is finished, even when the one who asked has gone.
//!
//! `keys` is the layout of the view, `entry` that of the records, `rules` decides, `fold` applies,
//! `lease` and `choose` deliver.

mod choose;
mod entry;
mod fold;
mod keys;
mod lease;
mod rules;

use std::{collections::BTreeSet, future::Future, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{envelope::Envelope, moment::Moment, party::Party, rejection::Rejection};
use kit::{
    clock::Clock,
    stats::{Counter, Stats},
    store::{self, Store},
    tx::Tx,
    view,
};
use prost::Message as _;
use tokio::{
    sync::{OnceCell, watch},
    task,
    time::Instant,
};

use crate::{
    Config,
    engine::{Ask, Delivery, Engine, Error, Listed, Mailbox, Piece, Placement, Receipt, Recorded},
};
use choose::Wish;
use lease::Leases;
use rules::{Command, Outcome, Rules};

/// How many bytes of envelopes one answer carries before it ends; one more may follow.
const ANSWER_BYTES: usize = 2 << 20;
/// How many records one piece looks through at most.
const PIECE_RECORDS: usize = 4_096;
/// How many acknowledgements share a record.
const ACKNOWLEDGED_MAX: usize = 1_000;

/// The local engine. Clones share it.
#[derive(Clone)]
pub struct Local {
    store: Store<Rules>,
    leases: Arc<Leases>,
    ready: Arc<OnceCell<()>>,
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
        };
        let store = Store::open(dir, rules, clock, stats)?;
        Ok(Local { store, leases: Arc::default(), ready: Arc::default() })
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
        while !self.store.read(fold::is_worked)? {
            self.store.tell(Command::Work).await?;
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

    async fn take(&self, source: Party, envelopes: Vec<Envelope>) -> Result<Vec<Placement>, Error> {
        self.ready().await?;
        let recipients: BTreeSet<Party> =
            envelopes.iter().filter_map(|envelope| envelope.recipient.clone()).collect();
        let printed = envelopes.into_iter().map(|envelope| {
            let fingerprint = fold::fingerprint(&envelope);
            (envelope, fingerprint)
        });
        let command = Command::Publish(source, printed.collect());
        let answer = self.store.tell(command).await?;
        let outcome = Outcome::decode(answer.bytes.as_slice()).map_err(unreadable)?;
        if let Some(rules::Gap { recipient, number, expected }) = outcome.gap {
            return Err(Error::Gap { recipient, number, expected });
        }
        recipients.iter().for_each(|party| self.leases.desk(party).bell.notify_waiters());
        let duplicates = outcome.placed.iter().filter(|placed| placed.is_duplicate).count();
        self.store.stats().add(Counter::Duplicates, duplicates);
        self.store.stats().add(Counter::Applied, outcome.placed.len() - duplicates);
        let place = |placed: rules::Placed| Placement {
            place: placed.place + if placed.is_new { answer.place } else { 0 },
            accepted_at: Moment(placed.accepted_at_ms),
            is_duplicate: placed.is_duplicate,
        };
        Ok(outcome.placed.into_iter().map(place).collect())
    }

    /// Leases what there is, or says when to look again.
    fn lease(&self, mailbox: &Party, ask: Ask) -> Result<Leased, Rejection> {
        let desk = self.leases.desk(mailbox);
        let mut held = desk.held();
        let now = self.store.clock().now();
        held.expire(now);
        let (upto, until) = (self.whole(), now + ask.lease);
        let wish = Wish { mailbox, max: ask.max, bytes: ANSWER_BYTES as u64, upto, until };
        let chosen = self.store.read(|tx| choose::choose(tx, &mut held, &wish))?;
        Ok(Leased { chosen, next_end: held.next_end(now) })
    }

    async fn deliver(
        &self,
        mailbox: &Party,
        chosen: choose::Chosen,
    ) -> Result<Vec<Delivery>, Error> {
        let mut chosen_by_place = chosen.clone();
        chosen_by_place.sort_unstable();
        let engine = self.clone();
        let delivered = blocking(move || {
            let bodies = chosen_by_place.iter().map(|(place, _)| engine.recorded(*place));
            let bodies: Vec<Recorded> = bodies.collect::<Result<_, _>>()?;
            let attempts = chosen_by_place.iter().map(|(_, attempt)| *attempt);
            let pairs = bodies.into_iter().zip(attempts);
            Ok(pairs.map(|(recorded, attempt)| Delivery { recorded, attempt }).collect())
        });
        let delivered = delivered.await;
        if delivered.is_err() {
            let desk = self.leases.desk(mailbox);
            chosen.iter().for_each(|(place, _)| desk.held().give_back(*place));
        }
        delivered
    }

    fn recorded(&self, place: u64) -> Result<Recorded, Rejection> {
        let record = self.store.record(place).map_err(unreadable)?;
        let found = record.and_then(|record| entry::recorded(place, &record));
        found.ok_or_else(|| unreadable(format!("there is no envelope at {place}")))
    }

    /// Refuses places that never were in the mailbox; a repeat is one that was.
    fn check_mailbox(&self, mailbox: &Party, places: &[u64]) -> Result<(), Rejection> {
        let waits = |tx: &Tx<'_>, place: u64| {
            Ok::<_, view::Error>(tx.get(&keys::waiting(mailbox, place))?.is_some())
        };
        for place in places {
            if self.store.read(|tx| waits(tx, *place))? {
                continue;
            }
            let record = self.store.record(*place).map_err(unreadable)?;
            let found = record.and_then(|record| entry::recorded(*place, &record));
            let recipient = found.and_then(|recorded| recorded.envelope.recipient);
            if recipient.as_ref() != Some(mailbox) {
                let message = format!("place {place} is not in the mailbox of {mailbox}");
                return Err(Rejection::invalid("NOT_IN_MAILBOX", "places", message));
            }
        }
        Ok(())
    }

    async fn end(&self, mailbox: Party, places: Vec<u64>) -> Result<u32, Error> {
        self.ready().await?;
        let (engine, asked) = (self.clone(), (mailbox.clone(), places.clone()));
        blocking(move || engine.check_mailbox(&asked.0, &asked.1)).await?;
        let mut count = 0;
        for some in places.chunks(ACKNOWLEDGED_MAX) {
            let command = Command::Acknowledge(mailbox.clone(), some.to_vec());
            let answer = self.store.tell(command).await?;
            count += view::number(Some(&answer.bytes));
            // Only now: until here the view still had them, and a fetch could have leased them.
            let desk = self.leases.desk(&mailbox);
            some.iter().for_each(|place| desk.held().release(*place));
            desk.bell.notify_waiters();
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn piece(&self, after: u64, limit: usize) -> Result<Piece, Rejection> {
        let whole = self.whole();
        let mut piece = Piece { recorded: Vec::new(), upto: after };
        let mut bytes = 0;
        for found in self.store.records(after).take(PIECE_RECORDS) {
            let (place, record) = found.map_err(unreadable)?;
            if place > whole || piece.recorded.len() >= limit || bytes >= ANSWER_BYTES {
                break;
            }
            piece.upto = place;
            if let Some(recorded) = entry::recorded(place, &record) {
                bytes += record.encoded_len();
                piece.recorded.push(recorded);
            }
        }
        Ok(piece)
    }

    fn page(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Rejection> {
        let (prefix, from) = (keys::subject(subject), after.saturating_add(1));
        let from = keys::subject_at(subject, from);
        let whole = self.whole();
        let found = self.store.read(|tx| tx.scan(&prefix, &from, limit + 1))?;
        let places = found.iter().map(|(key, _)| keys::tail(key)).filter(|place| *place <= whole);
        let places: Vec<u64> = places.collect();
        let (mut recorded, mut bytes) = (Vec::new(), 0);
        for place in places.iter().take(limit) {
            if bytes >= ANSWER_BYTES {
                break;
            }
            let one = self.recorded(*place)?;
            bytes += one.envelope.body.len();
            recorded.push(one);
        }
        Ok(Listed { more: recorded.len() < places.len(), recorded })
    }
}

struct Leased {
    chosen: choose::Chosen,
    next_end: Option<Duration>,
}

#[async_trait]
impl Engine for Local {
    fn log_id(&self) -> String {
        self.store.journal_id()
    }

    fn growth(&self) -> watch::Receiver<u64> {
        self.store.applied()
    }

    async fn publish(
        &self,
        source: &Party,
        envelopes: Vec<Envelope>,
    ) -> Result<Vec<Placement>, Error> {
        let (engine, source) = (self.clone(), source.clone());
        finished(async move { engine.take(source, envelopes).await }).await
    }

    async fn fetch(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error> {
        let end = Instant::now() + ask.wait;
        let desk = self.leases.desk(mailbox);
        loop {
            // Made before looking: it hears what rings while we look.
            let rung = desk.bell.notified();
            let Leased { chosen, next_end } = self.lease(mailbox, ask)?;
            if !chosen.is_empty() {
                return self.deliver(mailbox, chosen).await;
            }
            let now = Instant::now();
            if now >= end {
                return Ok(Vec::new());
            }
            let next_end = next_end.map_or(end, |span| now + span.max(Duration::from_millis(1)));
            let _either = tokio::time::timeout_at(end.min(next_end), rung).await;
        }
    }

    async fn acknowledge(&self, mailbox: &Party, places: Vec<u64>) -> Result<u32, Error> {
        let (engine, mailbox) = (self.clone(), mailbox.clone());
        finished(async move { engine.end(mailbox, places).await }).await
    }

    async fn read(&self, after: u64, limit: usize) -> Result<Piece, Error> {
        let engine = self.clone();
        blocking(move || engine.piece(after, limit)).await
    }

    async fn commit(&self, follower: &Party, place: u64) -> Result<u64, Error> {
        self.ready().await?;
        let command = Command::Commit(follower.clone(), place);
        let answer = self.store.tell(command).await?;
        self.work().await?;
        Ok(view::number(Some(&answer.bytes)))
    }

    async fn receipts(
        &self,
        source: &Party,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Receipt>, Error> {
        let whole = self.whole();
        // One receipt place never has more than a scan, so a scan never ends within the first.
        let limit = limit.max(fold::STEP.max(ACKNOWLEDGED_MAX)) + 1;
        let (prefix, from) = (keys::receipts(source), after.saturating_add(1));
        let from = keys::receipts_from(source, from);
        let found = self.store.read(|tx| tx.scan(&prefix, &from, limit))?;
        let cut = (found.len() == limit).then(|| found.last()).flatten();
        let cut = cut.and_then(|(key, value)| keys::read_receipt(key, value));
        let end = cut.map_or(whole, |last| whole.min(last.receipt_place - 1));
        let receipts = found.iter().filter_map(|(key, value)| keys::read_receipt(key, value));
        Ok(receipts.take_while(|receipt| receipt.receipt_place <= end).collect())
    }

    async fn list(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Error> {
        let (engine, subject) = (self.clone(), subject.to_owned());
        blocking(move || engine.page(&subject, after, limit)).await
    }

    async fn mailboxes(&self, after: Option<&Party>, limit: usize) -> Result<Vec<Mailbox>, Error> {
        let from = after.map_or_else(Vec::new, |party| [&keys::depth(party)[..], &[0]].concat());
        let read = |tx: &Tx<'_>| {
            let mut mailboxes = Vec::new();
            for (key, depth) in tx.scan(&keys::depths(), &from, limit)? {
                let Some(party) = keys::depth_party(&key) else { continue };
                let oldest = tx.scan(&keys::mailbox(&party), b"", 1)?;
                let oldest = oldest.first().and_then(|(_, value)| value.get(..8));
                let oldest = oldest.map(|at| Moment(view::number(Some(at)).cast_signed()));
                mailboxes.push(Mailbox { party, depth: view::number(Some(&depth)), oldest });
            }
            Ok(mailboxes)
        };
        Ok(self.store.read(read)?)
    }
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
