//! The message bus: on disk before it is acknowledged, in order per subject, at least once.
//!
//! The promises are in `muster/bus/v1/bus.proto`. [`engine`] says what is asked of an engine,
//! [`local`] is the one that keeps its own journal, `service` is the door: it knows who is calling,
//! and converts between the wire and the domain in its first ([`asking`]) and last lines.
//!
//! The bus knows nothing of cases; it reads no body. It keeps every envelope for good, in its journal
//! or its archive: what its senders still have when it has lost its record comes again, see `log_id`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod alarm;
pub mod asking;
#[cfg(test)]
mod conformance;
pub mod engine;
pub mod local;
mod measured;
mod rights;
mod service;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc, time::Duration};

use domain::{
    pack::City,
    party::{Kind, Party, Role},
};
use kit::{
    access::Access,
    clock::Clock,
    config::span,
    identity::ServerTls,
    server::{self, Services},
    stats::Stats,
    store::House,
};
use proto::sealed::bus_service_server::BusServiceServer;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{engine::Engine, local::Local, measured::Measured, service::Door};

/// What the bus is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who follows the whole record and must have an envelope before it is settled.
    /// Default `service/worker` and `service/gateway`.
    pub followers: Vec<Party>,
    /// Who can be sent to, besides the followers; the caller sets it from the city's pack.
    /// Default nobody.
    pub recipients: Vec<Party>,
    /// The largest envelope in bytes. Default, and at most useful, 1 MiB.
    pub envelope_bytes: usize,
    /// How many envelopes one mailbox holds before senders are refused. Default 1,000,000.
    pub mailbox_depth: u64,
    /// How often an envelope is delivered before it is parked. Default 10.
    pub attempts_max: u32,
    /// How long a delivery is kept for the one who fetched it and names no time. Default 30 s.
    #[serde(with = "span")]
    pub lease: Duration,
    /// The longest that it can be kept. Default 10 min.
    #[serde(with = "span")]
    pub lease_max: Duration,
    /// How long the oldest envelope of a mailbox may wait before that is an alarm. Default 30 min.
    #[serde(with = "span")]
    pub waiting_max: Duration,
    /// Who must act on parked envelopes and alarms; the caller sets it from the city's pack: its
    /// coordinating office. Default `admin/bus`.
    pub owner: Party,
    /// How many envelopes a sender publishes a second, over a second's burst. Default 20,000.
    pub quota: u32,
    /// The longest that a fetch waits. Default 30 s.
    #[serde(with = "span")]
    pub wait_max: Duration,
    /// How much room the record may take; the caller sets it from `[house]`. Defaults: see there.
    #[serde(skip)]
    pub house: House,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            followers: vec![Party::service(Role::Worker), Party::service(Role::Gateway)],
            recipients: Vec::new(),
            envelope_bytes: 1 << 20,
            mailbox_depth: 1_000_000,
            attempts_max: 10,
            lease: Duration::from_secs(30),
            lease_max: Duration::from_secs(600),
            waiting_max: Duration::from_secs(1_800),
            owner: Party { kind: Kind::Admin, id: "bus".to_owned() },
            quota: 20_000,
            wait_max: Duration::from_secs(30),
            house: House::default(),
        }
    }
}

impl Config {
    /// The bus of a city: its units, its offices and its communities are recipients.
    pub fn for_city(city: &City) -> Config {
        let party = |kind, id: &str| Party { kind, id: id.to_owned() };
        let units = city.hosted_units().map(|unit| Party::unit(&unit.id));
        let offices = [&city.coordinator, &city.government];
        let offices = offices.map(|office| party(Kind::Office, office.as_str()));
        let communities = city.communities.keys();
        let communities = communities.map(|id| party(Kind::Community, id.as_str()));
        let recipients = units.chain(offices).chain(communities).collect();
        let owner = party(Kind::Office, city.coordinator.as_str());
        Config { recipients, owner, ..Config::default() }
    }
}

/// Why there is no bus, or why it has ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its record can't be opened.
    #[error("the record of the bus can't be opened")]
    Store(#[from] kit::store::Error),
    /// Its server does not run.
    #[error("the server of the bus does not run")]
    Server(#[from] server::Error),
}

/// The bus, ready to serve.
pub struct Bus {
    engine: Arc<dyn Engine>,
    config: Config,
    clock: Clock,
    access: Access,
}

impl Bus {
    /// Opens the bus on its own journal in `dir`. Blocks while it reads; must be called inside the
    /// runtime.
    /// Whom `access` refuses is recorded in `access/` there.
    pub fn open(
        dir: &Path,
        config: Config,
        access: Access,
        clock: Clock,
        stats: Stats,
    ) -> Result<Bus, Error> {
        let access = access.recorded(&dir.join("access"), clock.clone());
        let engine = Local::open(dir, &config, clock.clone(), stats)?;
        Ok(Bus::on(Arc::new(engine), config, access, clock))
    }

    /// A bus on any engine.
    pub fn on(engine: Arc<dyn Engine>, config: Config, access: Access, clock: Clock) -> Bus {
        Bus { engine, config, clock, access }
    }

    /// Serves until `shutdown` is cancelled and what is in flight has ended.
    pub async fn serve(
        self,
        listener: TcpListener,
        tls: &ServerTls,
        limits: &server::Limits,
        shutdown: CancellationToken,
    ) -> Result<(), Error> {
        let measured = Measured::new(&self.engine, &self.config, self.clock.clone());
        let (config, access) = (self.config, self.access.clone());
        let door = Door::new(self.engine, config, access, self.clock, shutdown.clone());
        let measured = Arc::new(measured.with(door.turned()));
        kit::metrics::watch(&measured);
        let service = BusServiceServer::new(door).max_decoding_message_size(limits.message_bytes);
        let services = Services::new(&self.access, Role::Bus).with(service);
        let services = services.described_by(proto::DESCRIPTORS);
        // What looks at the bus ends with it.
        tokio::select! {
            served = server::serve(listener, tls, services, limits, shutdown) => Ok(served?),
            never = measured.look_on() => match never {},
        }
    }
}
