//! What waits for a person: parked after it has failed too often, or because it has expired; put back
//! or skipped when somebody has decided.

use std::{sync::Weak, time::Duration};

use domain::{moment::Moment, party::Party, rejection::Rejection};
use prost::Message as _;

use super::{
    Local, Parts, block, block::Waiting, blocking, entry, keys, rules::Command, unreadable,
    window::Failed,
};
use crate::engine::{Cause, Error, Held, Parked, Refused, Resolve};

/// How often is looked for what has come to its end while nobody fetches.
const SWEEP: Duration = Duration::from_millis(500);
/// How many that have expired are parked in one sweep before others have their turn.
const EXPIRED: usize = 500;
/// How many parked envelopes are decided about at once.
pub const RESOLVED_MAX: usize = 1_000;

/// Looks for what has failed or expired, as long as there is an engine.
pub async fn sweep(engine: Weak<Parts>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let Some(engine) = engine.upgrade().map(Local) else { return };
        for (mailbox, desk) in engine.desks().all() {
            let failed = desk.window().expire(engine.now(), engine.attempts_max);
            engine.park_failed(&mailbox, failed).await;
            desk.bell.notify_waiters();
        }
        if let Err(rejection) = engine.park_expired().await {
            tracing::warn!(%rejection, "what has expired can't be parked now");
        }
    }
}

impl Local {
    /// Parks what has failed as often as is allowed; what can't be parked now fails once more.
    pub(super) async fn park_failed(&self, mailbox: &Party, failed: Vec<Failed>) -> Vec<u64> {
        let mut parked = Vec::new();
        for Failed { place, line, attempts, reason } in failed {
            let party = mailbox.to_string();
            let one = entry::Parked { party, place, reason, attempts, ..Default::default() };
            match self.park(mailbox, line, one).await {
                Ok(true) => parked.push(place),
                Ok(false) => {}
                Err(rejection) => tracing::warn!(%rejection, place, "not parked yet"),
            }
        }
        parked
    }

    async fn park(
        &self,
        mailbox: &Party,
        line: u64,
        one: entry::Parked,
    ) -> Result<bool, Rejection> {
        let place = one.place;
        self.ready().await?;
        let is_parked = !self.store.tell(Command::Park(one)).await?.bytes.is_empty();
        if is_parked {
            self.desks().desk(mailbox).window().parked(line, place);
        }
        Ok(is_parked)
    }

    async fn park_expired(&self) -> Result<(), Rejection> {
        let now = self.now();
        let found = self.store.read(|tx| tx.scan(&keys::expiring_all(), b"", EXPIRED))?;
        for (key, party) in found {
            let (expires, place) = keys::read_expiring(&key);
            if expires > now {
                break;
            }
            let party = String::from_utf8(party).map_err(unreadable)?;
            let mailbox: Party = party.parse().map_err(unreadable)?;
            let block = keys::waiting(&party, block::of(place));
            let found = self.store.read(|tx| tx.get(&block))?.unwrap_or_default();
            let Some(waiting) = Waiting::find(&found, place) else { continue };
            let one = entry::Parked { party, place, is_expired: true, ..Default::default() };
            self.park(&mailbox, waiting.line, one).await?;
        }
        Ok(())
    }

    /// Takes deliveries back.
    pub(super) async fn give_back(
        &self,
        mailbox: Party,
        places: Vec<u64>,
        reason: &str,
        delay: Duration,
    ) -> Result<Refused, Error> {
        let desk = self.desks().desk(&mailbox);
        let now = self.now();
        let until = now + delay;
        let (count, failed) =
            desk.window().refuse(&places, reason, (now, until), self.attempts_max);
        let parked = self.park_failed(&mailbox, failed).await;
        desk.bell.notify_waiters();
        Ok(Refused { count, parked })
    }

    /// Takes back what was in the hands of a reader that has gone.
    pub(super) async fn free(&self, mailbox: Party, held: Vec<Held>) {
        let desk = self.desks().desk(&mailbox);
        let failed = desk.window().release(&held, self.now(), self.attempts_max);
        desk.bell.notify_waiters();
        self.park_failed(&mailbox, failed).await;
    }

    /// Lists what is parked.
    pub(super) fn list_parked(
        &self,
        of: Option<&Party>,
        after: Option<(Party, u64)>,
        limit: usize,
    ) -> Result<Vec<Parked>, Rejection> {
        let prefix = of.map(|party| keys::parked_in(&party.to_string()));
        let prefix = prefix.unwrap_or_else(keys::parked_all);
        let from = after.map(|(party, place)| keys::parked(&party.to_string(), place + 1));
        let found = self.store.read(|tx| tx.scan(&prefix, &from.unwrap_or_default(), limit))?;
        found.iter().map(|(_, bytes)| self.read_parked(bytes)).collect()
    }

    fn read_parked(&self, bytes: &[u8]) -> Result<Parked, Rejection> {
        let found = entry::Parked::decode(bytes).map_err(unreadable)?;
        Ok(Parked {
            mailbox: found.party.parse().map_err(unreadable)?,
            recorded: self.envelope_at(found.place)?,
            at: Moment(found.at_ms),
            cause: if found.is_expired { Cause::Expired } else { Cause::Attempts },
            reason: found.reason,
            attempts: found.attempts,
        })
    }

    /// Puts back or skips; says what was or would be.
    pub(super) async fn decide_parked(&self, mut resolve: Resolve) -> Result<Vec<Parked>, Error> {
        self.ready().await?;
        let (engine, asked) = (self.clone(), resolve.clone());
        let found = blocking(move || engine.asked_for(&asked)).await?;
        if resolve.places.is_empty() {
            resolve.places = found.iter().map(|parked| parked.recorded.place).collect();
        }
        let (mailbox, places) = (resolve.mailbox.clone(), resolve.places.clone());
        let (is_preview, is_skipped) = (resolve.is_preview, resolve.is_skipped);
        self.store.tell(Command::Resolve(resolve)).await?;
        if !is_preview {
            let desk = self.desks().desk(&mailbox);
            desk.window().resolved(&places, is_skipped);
            desk.bell.notify_waiters();
        }
        Ok(found)
    }

    fn asked_for(&self, resolve: &Resolve) -> Result<Vec<Parked>, Rejection> {
        if resolve.places.is_empty() {
            return self.list_parked(Some(&resolve.mailbox), None, RESOLVED_MAX);
        }
        let party = resolve.mailbox.to_string();
        let mut found = Vec::new();
        for place in &resolve.places {
            let bytes = self.store.read(|tx| tx.get(&keys::parked(&party, *place)))?;
            found.extend(bytes.map(|bytes| self.read_parked(&bytes)).transpose()?);
        }
        Ok(found)
    }
}
