//! Cases that another city system gives us (12345, 12319, 数字城管), and what it is told of them.
//!
//! A system's feed is read (`GET url?after=CURSOR&limit=N`, signed and bounded), or it brings its reports
//! itself; both end in the same record. A report is known by its system and the number that it has there,
//! and is kept before the cursor goes on or its bringer is answered. What the pack's `intake.csv`
//! understands is whistled at once, by the gateway's ordinary method, in the name of the community of its
//! cell; what it does not, and what the gateway refuses, waits for a person. Where its cases stand goes
//! back as a subscriber of the bus does it, under a row of `outside.csv`.
//! Nothing of a report is guessed, and none is lost or whistled twice. The journal is kept for good, for it
//! alone says who has turned down what and why, and within a bound: see `record`.

mod asking;
mod decide;
mod feed;
mod kept;
mod note;
mod pieces;
mod report;
mod service;
mod source;
mod states;
mod whistle;
mod why;

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use domain::{id::UnitId, pack::City};
use kit::{
    access::Access,
    client::Channel,
    clock::Clock,
    config::span,
    identity::Identity,
    metrics::{self, Metric, PARTY, Say},
    store::{self, House},
};
use proto::intake::intake_service_server::IntakeServiceServer;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

pub use self::{
    asking::{bringing, reading, reports, resolving, turning_down},
    states::{KIND, subscription},
};
use self::{
    kept::Stand,
    pieces::Pieces,
    service::Door,
    source::{Parts, Source},
    states::States,
};
use crate::{
    http,
    record::{Record, Sum},
    subscription::{Poster, Settings, Shape, Subscription, Waits},
};

/// One system that gives its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether it may bring reports itself, by its own certificate. Default no.
    pub push: bool,
    /// Its feed, where it has one.
    pub feed: Option<Feed>,
    /// Where it is told what becomes of its cases; where not, it is not told.
    pub state: Option<Tell>,
}

/// The feed of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// How it is reached.
    pub way: http::Config,
    /// How often it is asked when it has had nothing new. Default 30 s.
    #[serde(default = "every", with = "span")]
    pub every: Duration,
    /// How many reports it is asked for at once. Default 100, at most 1,000.
    #[serde(default = "limit")]
    pub limit: u32,
    /// How many bytes of a page are read. Default 4 MiB, at most 64 MiB.
    #[serde(default = "page_bytes")]
    pub page_bytes: usize,
}

/// Where a system is told what becomes of its cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// How it is reached.
    pub way: http::Config,
    /// How long one state is tried before it waits for a person. Default one day.
    #[serde(default = "give_up_after", with = "span")]
    pub give_up_after: Duration,
}

/// The largest page that is read, whatever is configured.
const PAGE_BYTES_MAX: usize = 64 << 20;

fn every() -> Duration {
    Duration::from_secs(30)
}

fn limit() -> u32 {
    100
}

fn page_bytes() -> usize {
    4 << 20
}

fn give_up_after() -> Duration {
    Duration::from_secs(24 * 3_600)
}

/// Why there is no intake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of them makes no sense, or asks for what may not leave.
    #[error("the intake of {system}: {why}")]
    Faulty {
        /// Which.
        system: UnitId,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// What it has given can't be read.
    #[error("what {system} has given can't be read")]
    Journal {
        /// Whose.
        system: UnitId,
        /// Why.
        #[source]
        error: store::Error,
    },
    /// The same of what shows it.
    #[error("what shows the reports of {system} can't be read")]
    Disk {
        /// Whose.
        system: UnitId,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// By which ways the cases of others become ours.
#[derive(Clone)]
pub struct Lines {
    /// To the gateway, where reports are whistled.
    pub gateway: Channel,
    /// To the bus, where it is read what a case has gone through.
    pub bus: Channel,
}

/// All systems that give their cases.
#[derive(Clone, Debug, Default)]
pub struct Intakes {
    sources: Arc<BTreeMap<UnitId, Arc<Source>>>,
    _measured: Arc<Measured>,
}

impl Intakes {
    /// Checks what is configured, and opens what is kept under `data`, within the bounds of the house.
    /// Blocks while it reads.
    pub fn open(
        configured: &BTreeMap<UnitId, Config>,
        (waits, house): (Waits, &House),
        (city, clock): (&Arc<City>, &Clock),
        (identity, lines): (&Identity, &Lines),
        data: &Path,
    ) -> Result<Intakes, Error> {
        let mut sources = BTreeMap::new();
        for (system, config) in configured {
            check(city, system, config)
                .map_err(|why| Error::Faulty { system: system.clone(), why })?;
            let opening = Opening { system, config, waits, house, city, clock, identity, lines };
            let source = opening.open(&data.join(system.as_str()))?;
            sources.insert(system.clone(), Arc::new(source));
        }
        let sources = Arc::new(sources);
        let measured = Arc::new(Measured(Arc::clone(&sources)));
        metrics::watch(&measured);
        Ok(Intakes { sources, _measured: measured })
    }

    /// Reads, takes and whistles until the token is cancelled.
    pub async fn run(&self, shutdown: &CancellationToken) {
        for (system, source) in self.sources.iter() {
            if let Err(error) = source.look_anew().await {
                tracing::error!(%system, %error, "what waits is not looked at anew");
            }
        }
        let all = futures::future::join_all(self.sources.values().map(|source| source.run()));
        tokio::select! {
            () = shutdown.cancelled() => {}
            _never = all, if !self.sources.is_empty() => {}
        }
    }

    /// The service by which people settle what waits, and systems bring what they have.
    pub fn service(
        &self,
        city: &Arc<City>,
        access: &Access,
        message_bytes: usize,
    ) -> IntakeServiceServer<Door> {
        let door = Door::new(Arc::clone(&self.sources), Arc::clone(city), access.clone());
        IntakeServiceServer::new(door).max_decoding_message_size(message_bytes)
    }

    /// Who tells the systems where their cases stand, by the name of the subscription.
    pub(crate) fn states(&self) -> impl Iterator<Item = (String, Arc<Poster>)> {
        let posters = self.sources.values().filter_map(|source| {
            let poster = source.parts.states.clone()?;
            Some((subscription(&source.parts.system), poster))
        });
        posters.collect::<Vec<_>>().into_iter()
    }
}

fn check(city: &City, system: &UnitId, config: &Config) -> Result<(), String> {
    if city.coming.of(system).is_none() {
        return Err(
            "no row of intake.csv names it; right would be: its codes, and its channel".into()
        );
    }
    if !config.push && config.feed.is_none() {
        return Err("nothing comes from it; right would be: a feed, or push = true".to_owned());
    }
    if let Some(feed) = &config.feed {
        if feed.every.is_zero() {
            return Err("feed.every: right would be: some time".to_owned());
        }
        if feed.limit == 0 || feed.limit as usize > feed::REPORTS_MAX {
            return Err(format!("feed.limit: right would be: 1 to {}", feed::REPORTS_MAX));
        }
        if feed.page_bytes == 0 || feed.page_bytes > PAGE_BYTES_MAX {
            return Err(format!("feed.page_bytes: right would be: 1 to {PAGE_BYTES_MAX}"));
        }
    }
    let name = subscription(system);
    if config.state.is_some() && !city.leaving.may(&name, KIND) {
        return Err(format!(
            "state: no row of outside.csv lets {KIND} leave to {name:?}; right would be: a row with \
             the reason"
        ));
    }
    if config.state.as_ref().is_some_and(|state| state.give_up_after.is_zero()) {
        return Err("state.give_up_after: right would be: some time".to_owned());
    }
    Ok(())
}

/// One that is opened.
struct Opening<'a> {
    system: &'a UnitId,
    config: &'a Config,
    waits: Waits,
    house: &'a House,
    city: &'a Arc<City>,
    clock: &'a Clock,
    identity: &'a Identity,
    lines: &'a Lines,
}

impl Opening<'_> {
    fn open(&self, data: &Path) -> Result<Source, Error> {
        let system = || self.system.clone();
        let record: Arc<Record<kept::Kept>> = Arc::new(self.record(data, "")?);
        let pieces = {
            let kept = record.kept();
            let open = kept.page(0, usize::MAX, |item| {
                matches!(item.stand, Stand::Open | Stand::Waiting { .. })
            });
            let needed = open.iter().flat_map(|(_, item)| {
                let changed = item.changed.iter().flat_map(|report| report.pieces.clone());
                let number = &item.report.number;
                let all = item.pieces().into_iter().chain(changed);
                all.map(|piece| (number.clone(), piece.digest)).collect::<Vec<_>>()
            });
            Pieces::open(&data.join("pieces"), &needed.collect::<Vec<_>>())
        };
        let pieces = pieces.map_err(|error| Error::Disk { system: system(), error })?;
        let faulty = |why| Error::Faulty { system: system(), why };
        let feed = self.config.feed.as_ref();
        let feed = feed.map(|feed| http::Http::new(&feed.way, self.identity.clone())).transpose();
        let feed = feed.map_err(faulty)?;
        let states = self.states(&record, data)?;
        Ok(Source::new(Parts {
            system: system(),
            config: self.config.clone(),
            waits: self.waits,
            city: Arc::clone(self.city),
            clock: self.clock.clone(),
            feed,
            record,
            pieces,
            gateway: self.lines.gateway.clone(),
            states,
        }))
    }

    /// One of its records, in this folder.
    fn record<S: Sum>(&self, dir: &Path, which: &str) -> Result<Record<S>, Error> {
        let (name, owner) = (format!("{}{which}", self.system), &self.city.coordinator);
        let names = (format!("intake/{name}"), format!("office/{owner}"));
        let record = Record::open(dir, &self.house.of(&format!("intake-{name}")), names);
        record.map_err(|error| Error::Journal { system: self.system.clone(), error })
    }

    fn states(
        &self,
        record: &Arc<Record<kept::Kept>>,
        data: &Path,
    ) -> Result<Option<Arc<Poster>>, Error> {
        let Some(Tell { way, give_up_after }) = self.config.state.clone() else { return Ok(None) };
        let system = self.system.clone();
        let faulty = |why| Error::Faulty { system: system.clone(), why };
        let http = http::Http::new(&way, self.identity.clone()).map_err(faulty)?;
        let kept = self.record(&data.join("states"), "-states")?;
        let asked = Subscription {
            types: vec!["muster.case.v1.*".to_owned()],
            subjects: vec![format!("case/{}/*", self.city.id)],
            from_beginning: false,
            give_up_after,
            way,
        };
        let settings = Settings { name: subscription(&system), asked, waits: self.waits };
        let (city, bus) = (self.city.id.clone(), self.lines.bus.clone());
        let states: Arc<dyn Shape> =
            Arc::new(States { system, city, record: Arc::clone(record), bus });
        let world = (states, self.clock.clone());
        Ok(Some(Arc::new(Poster::new(settings, http, kept, world))))
    }
}

/// What waits, for who measures.
#[derive(Debug, Default)]
struct Measured(Arc<BTreeMap<UnitId, Arc<Source>>>);

impl metrics::Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        for (system, source) in self.0.iter().filter(|_| metric == Metric::IntakeWaiting) {
            let (_, waiting) = source.parts.record.kept().counts();
            say(waiting as f64, &[(PARTY, system.as_str())]);
        }
    }
}

#[cfg(test)]
mod tests;
