//! A mailbox and its readers: leasing, bringing the envelopes, ending deliveries.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{proof::Signed, view};
use tokio::time::Instant;

use super::{
    ACKNOWLEDGED_MAX, ANSWER_BYTES, Local,
    block::Waiting,
    blocking,
    entry::Entry,
    keys, proof,
    rules::{self, Command},
    settle,
    window::{Chosen, Desk, Failed, Wish},
};
use crate::engine::{Ask, Delivery, Error, Mailbox};

/// What was leased and has not reached anybody: given back when it never does.
struct Leased {
    desk: Arc<Desk>,
    chosen: Chosen,
}

impl Drop for Leased {
    fn drop(&mut self) {
        if !self.chosen.is_empty() {
            let places: Vec<u64> = self.chosen.iter().map(|(place, _)| *place).collect();
            self.desk.window().withdraw(&places);
            self.desk.bell.notify_waiters();
        }
    }
}

impl Local {
    /// Waits for what can be delivered, and brings it. Whoever stops waiting has leased nothing.
    pub(super) async fn deliver(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error> {
        let end = Instant::now() + ask.wait;
        let desk = self.desks().desk(mailbox);
        loop {
            // Made before looking: it hears what rings while we look.
            let rung = desk.bell.notified();
            let (leased, next_end) = self.lease(mailbox, &desk, ask)?;
            if !leased.chosen.is_empty() {
                return self.bring(leased).await;
            }
            let now = Instant::now();
            if now >= end {
                return Ok(Vec::new());
            }
            let next_end = next_end.map_or(end, |span| now + span.max(Duration::from_millis(1)));
            let _either = tokio::time::timeout_at(end.min(next_end), rung).await;
        }
    }

    /// Leases what there is, and says when to look again.
    fn lease(
        &self,
        mailbox: &Party,
        desk: &Arc<Desk>,
        ask: Ask,
    ) -> Result<(Leased, Option<Duration>), Rejection> {
        let mut window = desk.window();
        let now = self.now();
        let failed = window.expire(now, self.attempts_max);
        self.park_later(mailbox, failed);
        let (upto, until) = (self.whole(), now + ask.lease);
        let wish = Wish { max: ask.max, bytes: ANSWER_BYTES as u64, upto, now, until };
        let chosen = self.store.read(|tx| window.choose(tx, wish))?;
        let next_end = window.next_end(now);
        drop(window);
        Ok((Leased { desk: Arc::clone(desk), chosen }, next_end))
    }

    fn park_later(&self, mailbox: &Party, failed: Vec<Failed>) {
        if !failed.is_empty() {
            let (engine, mailbox) = (self.clone(), mailbox.clone());
            tokio::spawn(async move { engine.park_failed(&mailbox, failed).await });
        }
    }

    async fn bring(&self, mut leased: Leased) -> Result<Vec<Delivery>, Error> {
        let places: Vec<u64> = leased.chosen.iter().map(|(place, _)| *place).collect();
        let bodies = match self.store.machine().memory.all_at(&places) {
            Some(bodies) => bodies,
            None => {
                let engine = self.clone();
                blocking(move || engine.bodies(places)).await?
            }
        };
        let attempts = std::mem::take(&mut leased.chosen).into_iter().map(|(_, attempt)| attempt);
        let pairs = bodies.into_iter().zip(attempts);
        let deliveries = pairs.map(|(recorded, attempt)| Delivery { recorded, attempt });
        Ok(deliveries.collect())
    }

    /// Ends deliveries.
    pub(super) async fn end(
        &self,
        mailbox: Party,
        places: Vec<u64>,
        signed: Signed,
    ) -> Result<u32, Error> {
        self.ready().await?;
        let named = self.check_mailbox(&mailbox, &places).await?;
        let covered = self.covers(signed, &proof::gathered(named))?;
        let mut count = 0;
        let desk = self.desks().desk(&mailbox);
        for some in places.chunks(ACKNOWLEDGED_MAX) {
            let covered = covered.clone();
            let command = Command::Acknowledge(mailbox.clone(), some.to_vec(), covered);
            let answer = self.store.tell(command).await?;
            let newly = view::number(Some(&answer.bytes));
            count += newly;
            desk.acknowledged.fetch_add(newly, Relaxed);
            // Only now: until here the view still had them, and a fetch could have leased them.
            desk.window().acknowledged(some);
            desk.bell.notify_waiters();
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The series and number of each place. Refuses those that never were in the mailbox; a repeat
    /// is one that was.
    async fn check_mailbox(
        &self,
        mailbox: &Party,
        places: &[u64],
    ) -> Result<Vec<(u32, u64)>, Error> {
        let party = mailbox.to_string();
        let (open, mut named) = self.store.read(|tx| {
            let open = rules::open(tx, &party, places.to_vec(), |_| true)?;
            let named = settle::names(tx, &open)?;
            Ok((open, named))
        })?;
        let is_open = |place: &u64| open.binary_search(place).is_ok();
        let others: Vec<u64> = places.iter().copied().filter(|place| !is_open(place)).collect();
        if others.is_empty() {
            return Ok(named);
        }
        let engine = self.clone();
        let check = move || {
            for place in others {
                match engine.entry(place)? {
                    Some(Entry::Taken(taken)) if taken.mailbox == party => {
                        named.push((taken.series, taken.number));
                    }
                    _ => {
                        let message = format!("place {place} is not in the mailbox of {party}");
                        return Err(Rejection::invalid("NOT_IN_MAILBOX", "places", message));
                    }
                }
            }
            Ok(named)
        };
        blocking(check).await
    }

    /// Lists mailboxes.
    pub(super) fn list_mailboxes(
        &self,
        after: Option<&Party>,
        limit: usize,
    ) -> Result<Vec<Mailbox>, Rejection> {
        let key = |party: &Party| [&keys::depth(&party.to_string())[..], &[0]].concat();
        let from = after.map_or_else(Vec::new, key);
        let found = self.store.read(|tx| tx.scan(&keys::depths(), &from, limit))?;
        let mut mailboxes = Vec::new();
        for (key, depth) in found {
            let Some(party) = keys::party(&key) else { continue };
            let text = party.to_string();
            let parked = self.store.read(|tx| tx.number(&keys::parked_count(&text)))?;
            let desk = self.desks().desk(&party);
            let (in_hand, redelivered, delivered) = {
                let window = desk.window();
                (window.in_hand(), window.redelivered(), window.delivered())
            };
            mailboxes.push(Mailbox {
                oldest: self.oldest(&text, &desk)?,
                taken: self.store.machine().memory.taken(&text),
                depth: view::number(Some(&depth)),
                party,
                parked,
                in_hand,
                redelivered,
                delivered,
                acknowledged: desk.acknowledged.load(Relaxed),
            });
        }
        Ok(mailboxes)
    }

    /// When the oldest was accepted. It is read from the record once, as long as it is the oldest:
    /// who looks every second reads nothing back.
    fn oldest(&self, party: &str, desk: &Desk) -> Result<Option<Moment>, Rejection> {
        let first = self.store.read(|tx| tx.scan(&keys::mailbox(party), b"", 1))?;
        let Some((key, value)) = first.first() else { return Ok(None) };
        let Some(oldest) = Waiting::all(keys::tail(key), value).next() else { return Ok(None) };
        let known = *desk.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, accepted_at)) = known.filter(|(place, _)| *place == oldest.place) {
            return Ok(Some(accepted_at));
        }
        let accepted_at = self.envelope_at(oldest.place)?.accepted_at;
        let mut known = desk.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((oldest.place, accepted_at));
        Ok(Some(accepted_at))
    }
}
