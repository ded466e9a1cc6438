//! Whom the bus turns away for a reason that trying again does not change: an operator sees at the
//! bus what its sender keeps and can't get rid of.
//!
//! In memory and bounded; a sender tries again, so after a start it is known again. One entry for
//! each sender and recipient, gone when the next envelope between them is taken.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use domain::{moment::Moment, party::Party, rejection::Rejection};
use kit::{outbox, status};
use prost::{Message as _, bytes::Bytes};
use proto::{envelope::Wire, sealed as bus};
use tonic::Status;

/// How many are noted at most.
const NOTED_MAX: usize = 1_000;

/// Who is turned away.
#[derive(Debug, Default)]
pub struct Turned {
    noted: Mutex<BTreeMap<(Party, String), Noted>>,
    /// How many, so that nobody takes the lock where there is nobody.
    count: AtomicUsize,
}

#[derive(Debug)]
struct Noted {
    number: u64,
    reason: String,
    message: String,
    since: Moment,
    last: Moment,
    count: u64,
}

impl Turned {
    fn noted(&self) -> MutexGuard<'_, BTreeMap<(Party, String), Noted>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What of a request is to be heard of when its outcome is known. The one that is refused among
    /// several can't be told from the others; its sender repeats them one by one.
    pub fn of(&self, envelopes: &[Bytes]) -> Vec<Bytes> {
        let is_heard = envelopes.len() == 1 || self.count() > 0;
        if is_heard { envelopes.to_vec() } else { Vec::new() }
    }

    /// Hears what became of it.
    pub fn hear(&self, source: &Party, of: &[Bytes], refused: Option<&Status>, now: Moment) {
        match (refused.map(status::rejection), of) {
            (Some(why), [one]) if outbox::is_for_good(&why) => self.note(source, one, why, now),
            (None, of) if self.count() > 0 => {
                let taken: BTreeSet<String> = of.iter().map(|one| head(one).0).collect();
                self.forget(|(from, to)| from == source && taken.contains(to));
            }
            _ => {}
        }
    }

    fn note(&self, source: &Party, named: &Bytes, why: Rejection, now: Moment) {
        let (recipient, number) = head(named);
        let Rejection { reason, message, .. } = why;
        let mut noted = self.noted();
        let key = (source.clone(), recipient);
        if noted.len() >= NOTED_MAX && !noted.contains_key(&key) {
            return;
        }
        let new = Noted { number, reason, message, since: now, last: now, count: 1 };
        noted
            .entry(key)
            .and_modify(|known| {
                (known.last, known.count) = (now, known.count + 1);
                known.number = number;
                known.reason.clone_from(&new.reason);
                known.message.clone_from(&new.message);
            })
            .or_insert(new);
        self.count.store(noted.len(), Relaxed);
    }

    fn forget(&self, which: impl Fn(&(Party, String)) -> bool) {
        let mut noted = self.noted();
        noted.retain(|key, _| !which(key));
        self.count.store(noted.len(), Relaxed);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count.load(Relaxed) as u64
    }

    /// All of them, by source and recipient.
    pub fn list(&self, owner: &str) -> Vec<bus::Turned> {
        let write = |((source, recipient), noted): (&(Party, String), &Noted)| bus::Turned {
            source: source.to_string(),
            recipient: recipient.clone(),
            number: noted.number,
            reason: noted.reason.clone(),
            message: noted.message.clone(),
            since_ms: noted.since.0,
            last_ms: noted.last.0,
            count: noted.count,
            owner: outbox::who_must_act(&noted.reason, source, recipient, owner),
        };
        self.noted().iter().map(write).collect()
    }
}

/// For whom an envelope is, and its number; nothing where it can't be read.
fn head(envelope: &Bytes) -> (String, u64) {
    let wire = Wire::decode(envelope.clone()).ok();
    let read = wire.and_then(|wire| proto::envelope::from_wire(wire).ok());
    let recipient = |read: &domain::envelope::Envelope| {
        read.recipient.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    read.map_or((String::new(), 0), |read| (recipient(&read), read.number))
}
