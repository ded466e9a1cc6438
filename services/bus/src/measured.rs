//! What the bus knows of itself for its operators: looked at every second, and answered from memory.
//!
//! Every look is one pass over the mailboxes; metrics and the [alarm](crate::alarm) come from the
//! same pass. What is scraped is so at most a second old. A look that fails is said once, and what
//! was seen before stays.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{moment::Moment, party::Party};
use kit::{
    clock::Clock,
    metrics::{FOLLOWER, MAILBOX, Metric, Say, Source},
};

use crate::{
    Config,
    alarm::{self, Alarms, overdue},
    engine::{Engine, Error, Mailbox, Status},
    service::turned::Turned,
};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How many mailboxes are read at once.
const PAGE: usize = 500;
/// How many are measured at most; the city's pack bounds them far below.
const MAILBOXES_MAX: usize = 10_000;

/// The bus as it was seen last.
pub struct Measured {
    engine: Arc<dyn Engine>,
    owner: Party,
    limit: Duration,
    clock: Clock,
    turned: Arc<Turned>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    mailboxes: Vec<Mailbox>,
    status: Status,
    /// Of each follower, in their order.
    lags: Vec<u64>,
}

impl Measured {
    /// Of this engine; nothing is seen yet.
    pub fn new(engine: &Arc<dyn Engine>, config: &Config, clock: Clock) -> Measured {
        let (owner, limit) = (config.owner.clone(), config.waiting_max);
        let (turned, seen) = (Arc::default(), Mutex::default());
        Measured { engine: Arc::clone(engine), owner, limit, clock, turned, seen }
    }

    /// With what its door notes.
    pub fn with(self, turned: Arc<Turned>) -> Measured {
        Measured { turned, ..self }
    }

    /// Looks on, until it is dropped.
    pub async fn look_on(&self) -> Infallible {
        let (mut alarms, mut has_failed) = (Alarms::default(), false);
        loop {
            match self.look(&mut alarms).await {
                Ok(()) => has_failed = false,
                Err(error) if !has_failed => {
                    tracing::warn!(%error, "the mailboxes can't be looked at now");
                    has_failed = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn look(&self, alarms: &mut Alarms) -> Result<(), Error> {
        let mut mailboxes: Vec<Mailbox> = Vec::new();
        loop {
            let after = mailboxes.last().map(|last| last.party.clone());
            let page = self.engine.mailboxes(after.as_ref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            mailboxes.extend(page);
            if is_last || mailboxes.len() >= MAILBOXES_MAX {
                break;
            }
        }
        let status = self.engine.status().await?;
        for change in alarms.look(&mailboxes, self.limit, self.clock.now()) {
            alarm::say(&change, self.limit, &self.owner);
        }
        let lags = lags(&*self.engine, &status).await?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { mailboxes, status, lags };
        Ok(())
    }
}

/// How far each follower is behind the end of the record. The record holds more than envelopes: who
/// has all of those lacks nothing, whatever comes behind the last of them.
pub async fn lags(engine: &dyn Engine, status: &Status) -> Result<Vec<u64>, Error> {
    let last = *engine.growth().borrow();
    let mut lags = Vec::new();
    for (_, place) in &status.followers {
        let mut upto = *place;
        let lag = loop {
            let piece = engine.read(upto, 1).await?;
            if !piece.recorded.is_empty() {
                break last.saturating_sub(*place);
            }
            if piece.upto >= last || piece.upto == upto {
                break 0;
            }
            upto = piece.upto;
        };
        lags.push(lag);
    }
    Ok(lags)
}

impl Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        // Nothing was seen yet.
        if seen.status.started.is_none() {
            return;
        }
        match metric {
            Metric::BusSyncs => say(number(seen.status.syncs), &[]),
            Metric::BusRecordSize => say(number(seen.status.record_bytes), &[]),
            Metric::BusDiskFree => say(number(seen.status.free_bytes), &[]),
            Metric::BusRefused => say(number(self.turned.count()), &[]),
            Metric::FollowerLag => {
                for ((party, _), lag) in seen.status.followers.iter().zip(&seen.lags) {
                    say(number(*lag), &[(FOLLOWER, &party.to_string())]);
                }
            }
            _ => {
                for mailbox in &seen.mailboxes {
                    let Some(value) = of_mailbox(metric, mailbox, self.limit, now) else { return };
                    say(value, &[(MAILBOX, &mailbox.party.to_string())]);
                }
            }
        }
    }
}

/// A metric of one mailbox; none where the metric is of something else.
fn of_mailbox(metric: Metric, mailbox: &Mailbox, limit: Duration, now: Moment) -> Option<f64> {
    Some(match metric {
        Metric::MailboxDepth => number(mailbox.depth),
        Metric::MailboxOldestAge => {
            mailbox.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64())
        }
        Metric::MailboxOverdue => {
            f64::from(u8::from(overdue(mailbox.oldest, limit, now).is_some()))
        }
        Metric::MailboxInHand => number(mailbox.in_hand),
        Metric::MailboxParked => number(mailbox.parked),
        Metric::MailboxTaken => number(mailbox.taken),
        Metric::MailboxDelivered => number(mailbox.delivered),
        Metric::MailboxRedelivered => number(mailbox.redelivered),
        Metric::MailboxAcknowledged => number(mailbox.acknowledged),
        _ => return None,
    })
}

#[allow(clippy::cast_precision_loss, reason = "counts and bytes are far below 2^52")]
fn number(value: u64) -> f64 {
    value as f64
}
