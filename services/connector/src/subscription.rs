//! Subscribers outside: what of the record each asks for is posted to it, as CloudEvents, signed.
//!
//! A subscription is a subscriber of the bus with a durable cursor, so that it is seen and set back
//! as any other (`muster bus subscribers`, `replay`). Each envelope is posted at least once, under a
//! key that never changes, and in order of its subject. What is not taken at its first try is kept
//! in a journal before the cursor goes on, and tried on with growing waits; what is refused for good,
//! or not taken for too long, waits for a person. Only its subject waits with it, behind it.
//! Nothing leaves that no row of the pack's `outside.csv` names. The journal is kept for good, for it alone
//! says who has let go of what and why, and within a bound: see `record`.

mod asking;
mod event;
mod kept;
mod note;
mod post;
mod retry;
mod service;
mod shape;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use domain::pack::{City, outside};
use kit::{
    client::Channel,
    clock::Clock,
    config::span,
    identity::Identity,
    metrics::{self, Metric, PARTY, Say, Source},
    store::{self, House},
};
use proto::outside::outside_service_server::OutsideServiceServer;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

pub use self::asking::{resolve, undelivered};
pub(crate) use self::{
    event::rfc3339,
    post::{Poster, Settings},
    shape::{Shape, Shaped},
};
use self::{service::Door, shape::Events};
pub use crate::waits::Waits;
use crate::{http, intake::Intakes, record::Record};

/// How many types or subjects a subscription may name, as the bus has it.
const PATTERNS_MAX: usize = 100;

/// Who is told what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The types that it asks for, each whole or with `*` at its end; all of them must be in the
    /// pack's `outside.csv` for this name.
    pub types: Vec<String>,
    /// The subjects, in the same way. Default: every subject.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Whether a new one begins at the beginning of the record. Default: at its end.
    #[serde(default)]
    pub from_beginning: bool,
    /// How long one message is tried before it waits for a person. Default one day.
    #[serde(default = "give_up_after", with = "span")]
    pub give_up_after: Duration,
    /// How it is reached.
    pub way: http::Config,
}

fn give_up_after() -> Duration {
    Duration::from_secs(24 * 3_600)
}

/// Why there are no subscriptions.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of them makes no sense, or asks for what may not leave.
    #[error("the subscription {name:?}: {why}")]
    Faulty {
        /// Which.
        name: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The journal of what is kept does not open.
    #[error("what {name:?} has not taken can't be read")]
    Kept {
        /// Whose.
        name: String,
        /// Why.
        #[source]
        error: store::Error,
    },
}

/// All subscriptions of a city, with what each has not taken.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    posters: Arc<BTreeMap<String, Arc<Poster>>>,
    _measured: Arc<Measured>,
}

impl Subscriptions {
    /// Checks what is configured, and opens what is kept under `data`, within the bounds of the house;
    /// what the systems that give us their cases are told is looked after beside that. Blocks while it
    /// reads.
    pub fn open(
        configured: &BTreeMap<String, Subscription>,
        (waits, house): (Waits, &House),
        (city, clock): (&Arc<City>, &Clock),
        identity: &Identity,
        (data, beside): (&Path, &Intakes),
    ) -> Result<Subscriptions, Error> {
        let mut posters = BTreeMap::new();
        for (name, asked) in configured {
            let faulty = |why| Error::Faulty { name: name.clone(), why };
            check(city, name, asked).map_err(faulty)?;
            let way = http::Http::new(&asked.way, identity.clone()).map_err(faulty)?;
            let names = (format!("outside/{name}"), format!("office/{}", city.coordinator));
            let house = house.of(&format!("outside-{name}"));
            let kept = Record::open(&data.join(name), &house, names);
            let kept = kept.map_err(|error| Error::Kept { name: name.clone(), error })?;
            let settings = Settings { name: name.clone(), asked: asked.clone(), waits };
            let shape = Arc::new(Events { name: name.clone(), city: Arc::clone(city) });
            let shape: (Arc<dyn Shape>, Clock) = (shape, clock.clone());
            posters.insert(name.clone(), Arc::new(Poster::new(settings, way, kept, shape)));
        }
        for (name, states) in beside.states() {
            if posters.insert(name.to_owned(), states).is_some() {
                let (name, why) = (name.to_owned(), "an intake has this name".to_owned());
                return Err(Error::Faulty { name, why });
            }
        }
        let posters = Arc::new(posters);
        let measured = Arc::new(Measured(Arc::clone(&posters)));
        metrics::watch(&measured);
        Ok(Subscriptions { posters, _measured: measured })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.posters.len()
    }

    /// Reads and posts until the token is cancelled; each by a way of its own to the bus.
    pub async fn run(&self, ways: Vec<Channel>, shutdown: &CancellationToken) {
        let all = self.posters.values().zip(ways).map(|(poster, bus)| poster.run(bus));
        let all = futures::future::join_all(all);
        tokio::select! {
            () = shutdown.cancelled() => {}
            _never = all, if !self.posters.is_empty() => {}
        }
    }

    /// The service by which people look after them.
    pub fn service(&self, message_bytes: usize) -> OutsideServiceServer<Door> {
        let door = Door::new(Arc::clone(&self.posters));
        OutsideServiceServer::new(door).max_decoding_message_size(message_bytes)
    }
}

fn check(city: &City, name: &str, asked: &Subscription) -> Result<(), String> {
    if !outside::is_name(name) {
        return Err("its name: right would be: lower-case letters, digits, - and .".to_owned());
    }
    if asked.types.is_empty() || asked.types.len().max(asked.subjects.len()) > PATTERNS_MAX {
        return Err(format!("types: right would be: 1 to {PATTERNS_MAX}"));
    }
    if let Some(no) = asked.types.iter().find(|kind| !city.leaving.may_all(name, kind)) {
        return Err(format!(
            "types: no row of outside.csv lets {no:?} leave to it; right would be: a row with the \
             reason, or a narrower type"
        ));
    }
    if asked.give_up_after.is_zero() {
        return Err("give_up_after: right would be: some time".to_owned());
    }
    Ok(())
}

/// What is not taken, for who measures.
#[derive(Debug)]
struct Measured(Arc<BTreeMap<String, Arc<Poster>>>);

impl Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        for (name, poster) in self.0.iter() {
            let (undelivered, parked) = poster.counts();
            match metric {
                Metric::OutsideUndelivered => say(undelivered as f64, &[(PARTY, name)]),
                Metric::OutsideParked => say(parked as f64, &[(PARTY, name)]),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
