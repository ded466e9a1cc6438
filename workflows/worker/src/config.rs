//! The configuration of the worker.

use std::{collections::BTreeMap, time::Duration};

use connector::{
    notification,
    subscription::{self, Subscription},
};
use domain::{credit::Waits, id::UnitId, incident::Patience};
use kit::{client, config::span, server, store::House};
use serde::{Deserialize, Serialize};

/// What the worker is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where Temporal listens, `host:port`. Default `127.0.0.1:7233`.
    pub temporal_address: String,
    /// Temporal's namespace. Default `default`.
    pub namespace: String,
    /// The queue on which tasks are taken. Default `muster`.
    pub task_queue: String,
    /// The profile of time limits; empty: the city's own.
    pub profile: String,
    /// How many flows are kept in memory; the history of another is read again when it is told
    /// something. This bounds the worker's memory, however many cases are open. Default 500.
    pub cached_flows: usize,
    /// How many flows are at work at the same time; others wait at Temporal, where waiting costs
    /// nothing. A flow at work waits for its steps to come back in the record: with too many of
    /// them each waits so long that its local activities run out of time and are done once more as
    /// remote ones, at twice the cost. Default 16.
    pub flows_at_once: usize,
    /// How often it is looked whether every open case has a running flow. Default 60 s.
    #[serde(with = "span")]
    pub reconcile_every: Duration,
    /// How many flows are started a second at most when many are missing. Default 50.
    pub starts_per_second: u32,
    /// How often a mark is made that all is well: the bus and Temporal answer. Default 10 s.
    #[serde(with = "span")]
    pub mark_every: Duration,
    /// How long there may be no mark before that is an outage of ours. Default 60 s.
    #[serde(with = "span")]
    pub outage_after: Duration,
    /// When a flow that does not go on is an incident.
    pub incidents: Incidents,
    /// What the server allows.
    pub server: server::Limits,
    /// How patient the worker is with the bus.
    pub client: client::Limits,
    /// How much room its journal may take. Defaults: see there.
    pub house: House,
    /// The ways to outside systems. Default none: what must go there is parked, and said so.
    pub outside: Outside,
}

/// The ways to outside systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outside {
    /// How long is waited after the first try that came to nothing; doubling. Default 5 s.
    #[serde(with = "span")]
    pub first_wait: Duration,
    /// How long at most. Default 15 minutes.
    #[serde(with = "span")]
    pub longest_wait: Duration,
    /// How each is reached, by its row of `units.csv`.
    pub systems: BTreeMap<UnitId, connector::Config>,
    /// Who is told a part of the record as it grows, by name; what may leave is in `outside.csv`.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// How people are told by SMS or webhook; who is told of what is in `notifications.csv`.
    pub notices: notification::Config,
}

impl Default for Outside {
    fn default() -> Outside {
        let Waits { first_ms, longest_ms } = Waits::default();
        Outside {
            first_wait: Duration::from_millis(first_ms),
            longest_wait: Duration::from_millis(longest_ms),
            systems: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            notices: notification::Config::default(),
        }
    }
}

impl Outside {
    /// How long is waited between two tries.
    pub fn waits(&self) -> Waits {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Waits { first_ms: ms(self.first_wait), longest_ms: ms(self.longest_wait) }
    }
}

impl Outside {
    /// The same, for those who are told a part of the record.
    pub(crate) fn between_tries(&self) -> subscription::Waits {
        subscription::Waits { first: self.first_wait, longest: self.longest_wait }
    }
}

/// When a flow that does not go on is an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Incidents {
    /// After so many failures of one step. Default 10.
    pub failures: u32,
    /// Or when it has not gone through for so long; also when the flow has not looked for so long
    /// although it was told. Default 10 minutes.
    #[serde(with = "span")]
    pub after: Duration,
}

impl Default for Incidents {
    fn default() -> Incidents {
        Incidents { failures: 10, after: Duration::from_secs(600) }
    }
}

impl Incidents {
    /// The same for the rules.
    pub fn patience(&self) -> Patience {
        let after_ms = u64::try_from(self.after.as_millis()).unwrap_or(u64::MAX);
        Patience { failures: self.failures.max(1), after_ms }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            temporal_address: "127.0.0.1:7233".to_owned(),
            namespace: "default".to_owned(),
            task_queue: flows::policy::TASK_QUEUE.to_owned(),
            profile: String::new(),
            cached_flows: 500,
            flows_at_once: 16,
            reconcile_every: Duration::from_secs(60),
            starts_per_second: 50,
            mark_every: Duration::from_secs(10),
            outage_after: Duration::from_secs(60),
            incidents: Incidents::default(),
            server: server::Limits::default(),
            client: client::Limits::default(),
            house: House::default(),
            outside: Outside::default(),
        }
    }
}
