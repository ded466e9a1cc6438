//! Who has what in hand: leases, and how often each envelope was delivered. In memory only: after
//! a start everything that is not acknowledged is delivered again.
//!
//! A subject is leased as a whole: while one of its envelopes is in somebody's hands, nothing of it
//! is given to anybody else. It is free when all that was leased is acknowledged, or the lease ends.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{moment::Moment, party::Party};
use tokio::sync::Notify;

/// How many envelopes of one mailbox may be in hand at the same time.
pub const LEASED_MAX: usize = 10_000;

/// All mailboxes from which somebody has fetched.
#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<Party, Arc<Desk>>>);

/// One mailbox.
#[derive(Debug, Default)]
pub struct Desk {
    held: Mutex<Held>,
    /// Rung when there may be something to deliver.
    pub bell: Notify,
}

/// What is in hand.
#[derive(Debug, Default)]
pub struct Held {
    subjects: HashMap<String, Lease>,
    places: HashMap<u64, String>,
    attempts: HashMap<u64, u32>,
}

#[derive(Debug)]
struct Lease {
    until: Moment,
    places: BTreeSet<u64>,
}

impl Leases {
    /// The desk of a mailbox.
    pub fn desk(&self, mailbox: &Party) -> Arc<Desk> {
        let mut desks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(desks.entry(mailbox.clone()).or_default())
    }
}

impl Desk {
    /// What is in hand; whoever looks for something to lease keeps it until it is leased.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Ends the leases whose time is over.
    pub fn expire(&mut self, now: Moment) {
        let Held { subjects, places, .. } = self;
        subjects.retain(|_, lease| {
            let goes_on = lease.until > now;
            if !goes_on {
                lease.places.iter().for_each(|place| drop(places.remove(place)));
            }
            goes_on
        });
    }

    /// How many more may be leased.
    pub fn room(&self) -> usize {
        LEASED_MAX.saturating_sub(self.places.len())
    }

    /// Whether something of the subject is in hand.
    pub fn has(&self, subject: &str) -> bool {
        self.subjects.contains_key(subject)
    }

    /// How long until the next lease ends.
    pub fn next_end(&self, now: Moment) -> Option<Duration> {
        self.subjects.values().map(|lease| lease.until.since(now)).min()
    }

    /// Leases one; says the how manieth delivery it is.
    pub fn lease(&mut self, subject: &str, place: u64, until: Moment) -> u32 {
        let lease = self.subjects.entry(subject.to_owned());
        let lease = lease.or_insert(Lease { until, places: BTreeSet::new() });
        lease.places.insert(place);
        self.places.insert(place, subject.to_owned());
        let attempt = self.attempts.entry(place).or_default();
        *attempt = attempt.saturating_add(1);
        *attempt
    }

    /// Gives back what was not delivered after all.
    pub fn give_back(&mut self, place: u64) {
        if let Some(attempt) = self.attempts.get_mut(&place) {
            *attempt = attempt.saturating_sub(1);
        }
        self.free(place);
    }

    /// Forgets one that was acknowledged.
    pub fn release(&mut self, place: u64) {
        self.attempts.remove(&place);
        self.free(place);
    }

    fn free(&mut self, place: u64) {
        let Some(subject) = self.places.remove(&place) else { return };
        if let Some(lease) = self.subjects.get_mut(&subject) {
            lease.places.remove(&place);
            if lease.places.is_empty() {
                self.subjects.remove(&subject);
            }
        }
    }
}
