//! The parts of a system: which doors there are, and what stands behind each.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use anyhow::Context;
use console::accounts::Accounts;
use domain::{
    id::UnitId,
    pack::{City, Module},
    party::{Party, Role},
};
use kit::{
    access::Access,
    client::Endpoint,
    clock::Clock,
    identity::{self, Authority, Files, Identity, ServerTls},
    server,
    stats::Stats,
};
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::outside;
use crate::role;

/// Where each role listens, and as whom it must answer.
#[derive(Clone, Debug, Serialize)]
pub struct Doors {
    /// The bus.
    pub bus: Endpoint,
    /// The gateway.
    pub gateway: Endpoint,
    /// The worker: what goes outside.
    pub worker: Endpoint,
    /// Every unit by its id.
    pub units: BTreeMap<UnitId, Endpoint>,
    /// The metrics of all of them, for who scrapes.
    pub metrics: String,
    /// The console, for browsers.
    pub console: String,
}

/// The sockets behind the doors.
pub struct Listeners {
    bus: TcpListener,
    gateway: TcpListener,
    /// None when the worker is a process of its own, which opens its socket itself.
    worker: Option<TcpListener>,
    hosts: Vec<(Party, Vec<UnitId>, TcpListener)>,
    metrics: TcpListener,
    console: TcpListener,
}

impl Doors {
    /// Opens a socket for each role: a department with a module has a process of its own, all
    /// other units share one.
    pub async fn open(city: &City, first: u16) -> anyhow::Result<(Doors, Listeners)> {
        let mut port = first;
        let mut next = || {
            let this = port;
            port = if port == 0 { 0 } else { port.saturating_add(1) };
            this
        };
        let (bus_door, bus) = door(next(), Party::service(Role::Bus)).await?;
        let (gateway_door, gateway) = door(next(), Party::service(Role::Gateway)).await?;
        let (worker_door, worker) = door(next(), Party::service(Role::Worker)).await?;
        let mut units = BTreeMap::new();
        let mut hosts = Vec::new();
        for (party, hosted) in groups(city) {
            let (endpoint, listener) = door(next(), party.clone()).await?;
            units.extend(hosted.iter().map(|unit| (unit.clone(), endpoint.clone())));
            hosts.push((party, hosted, listener));
        }
        let metrics = listen(next(), "for metrics").await?;
        let url = format!("http://{}/metrics", metrics.local_addr()?);
        let console = listen(next(), "the console").await?;
        let doors = Doors {
            bus: bus_door,
            gateway: gateway_door,
            worker: worker_door,
            units,
            metrics: url,
            console: format!("http://{}/", console.local_addr()?),
        };
        let worker = Some(worker);
        Ok((doors, Listeners { bus, gateway, worker, hosts, metrics, console }))
    }
}

impl Listeners {
    /// Leaves the worker's door to another process.
    pub fn leave_worker(&mut self) {
        self.worker = None;
    }
}

async fn door(port: u16, server: Party) -> anyhow::Result<(Endpoint, TcpListener)> {
    let listener = listen(port, &server.to_string()).await?;
    let address = format!("https://{}", listener.local_addr()?);
    Ok((Endpoint { address, server }, listener))
}

async fn listen(port: u16, whom: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    listener.with_context(|| format!("{whom} can't listen on port {port}"))
}

fn groups(city: &City) -> Vec<(Party, Vec<UnitId>)> {
    let (plain, own): (Vec<_>, Vec<_>) =
        city.hosted_units().partition(|unit| unit.module == Module::Generic);
    let own = own.into_iter().map(|unit| (Party::unit(&unit.id), vec![unit.id.clone()]));
    let plain = plain.into_iter().map(|unit| unit.id.clone()).collect();
    own.chain([(Party::service(Role::Units), plain)]).collect()
}

/// What it takes to start the roles.
pub struct Roles<'a> {
    pub city: Arc<City>,
    pub pack: PathBuf,
    pub data: PathBuf,
    pub profile: String,
    pub authority: &'a Authority,
    pub doors: &'a Doors,
    pub temporal: String,
    pub clock: Clock,
    pub shutdown: CancellationToken,
}

/// What runs: the tasks, the gateway for its counts, everybody's counters.
pub type Started = (JoinSet<anyhow::Result<()>>, gateway::Gateway, Vec<Stats>);

impl Roles<'_> {
    /// Opens every role and starts it.
    pub fn start(self, listeners: Listeners) -> anyhow::Result<Started> {
        let mut tasks = JoinSet::new();
        let mut stats = Vec::new();
        let scraped = kit::metrics::prometheus::serve(listeners.metrics, self.shutdown.clone());
        tokio::spawn(scraped);
        self.bus(listeners.bus, &mut tasks, &mut stats)?;
        for (party, units, listener) in listeners.hosts {
            self.host(&party, units, listener, &mut tasks, &mut stats)?;
        }
        let gateway = self.gateway(listeners.gateway, &mut tasks, &mut stats)?;
        self.console(listeners.console, &mut tasks)?;
        if let Some(listener) = listeners.worker {
            self.worker(listener, &mut tasks, &mut stats)?;
        }
        Ok((tasks, gateway, stats))
    }

    /// The identity of the party, which follows its files; made if there is none yet.
    pub fn identity(&self, party: &Party) -> anyhow::Result<Identity> {
        let dir = self.data.join("identity");
        let identity = self.authority.issue_to(&dir, party)?;
        Files::of(&dir, party).watch(&identity, identity::EVERY);
        Ok(identity)
    }

    fn counter(stats: &mut Vec<Stats>) -> Stats {
        let counter = Stats::default();
        stats.push(counter.clone());
        counter
    }

    fn bus(
        &self,
        listener: TcpListener,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        stats: &mut Vec<Stats>,
    ) -> anyhow::Result<()> {
        let tls = ServerTls::new(&self.identity(&self.doors.bus.server)?)?;
        let config = bus::Config::for_city(&self.city);
        let counter = Self::counter(stats);
        let (access, clock) = (Access::of(&self.city)?, self.clock.clone());
        let bus = bus::Bus::open(&self.data.join("bus"), config, access, clock, counter)?;
        let shutdown = self.shutdown.clone();
        tasks.spawn(async move {
            Ok(bus.serve(listener, &tls, &server::Limits::default(), shutdown).await?)
        });
        Ok(())
    }

    fn host(
        &self,
        party: &Party,
        units: Vec<UnitId>,
        listener: TcpListener,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        stats: &mut Vec<Stats>,
    ) -> anyhow::Result<()> {
        let tls = ServerTls::new(&self.identity(party)?)?;
        let mut hosted = Vec::new();
        for unit in units {
            let identity = self.identity(&Party::unit(&unit))?;
            let module = role::module(&self.city, &unit, &self.pack)?;
            hosted.push((unit, identity, module));
        }
        let host = unit::Host::open(
            &self.data.join("units"),
            &self.city,
            unit::Config::default(),
            hosted,
            &self.clock,
        )?;
        stats.push(host.stats());
        let (bus, peers) = (self.doors.bus.clone(), self.doors.units.clone());
        let shutdown = self.shutdown.clone();
        tasks.spawn(async move {
            let limits = server::Limits::default();
            Ok(host.serve(listener, &tls, &limits, &bus, peers, shutdown).await?)
        });
        Ok(())
    }

    fn gateway(
        &self,
        listener: TcpListener,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        stats: &mut Vec<Stats>,
    ) -> anyhow::Result<gateway::Gateway> {
        let identity = self.identity(&self.doors.gateway.server)?;
        let (profile, units) = (self.profile.clone(), self.doors.units.clone());
        let config = gateway::Config { profile, units, ..Default::default() };
        let gateway = gateway::Gateway::open(
            &self.data.join("gateway"),
            Arc::clone(&self.city),
            config,
            self.clock.clone(),
            Self::counter(stats),
        )?;
        let (serving, bus, shutdown) =
            (gateway.clone(), self.doors.bus.clone(), self.shutdown.clone());
        tasks.spawn(async move {
            let tls = ServerTls::new(&identity)?;
            let limits = server::Limits::default();
            Ok(serving.serve(listener, &tls, &limits, &identity, bus, shutdown).await?)
        });
        Ok(gateway)
    }

    fn console(
        &self,
        listener: TcpListener,
        tasks: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let parts = console::Parts {
            city: Arc::clone(&self.city),
            accounts: Accounts::of(&crate::accounts::folder(&self.data)),
            identity: self.identity(&Party::service(Role::Console))?,
            doors: console::Doors {
                gateway: self.doors.gateway.clone(),
                bus: self.doors.bus.clone(),
                worker: Some(self.doors.worker.clone()),
                units: self.doors.units.clone(),
            },
            config: console::Config::default(),
            clock: self.clock.clone(),
        };
        let shutdown = self.shutdown.clone();
        tasks.spawn(async move { Ok(console::serve(listener, parts, shutdown).await?) });
        Ok(())
    }

    fn worker(
        &self,
        listener: TcpListener,
        tasks: &mut JoinSet<anyhow::Result<()>>,
        stats: &mut Vec<Stats>,
    ) -> anyhow::Result<()> {
        let identity = self.identity(&self.doors.worker.server)?;
        let config = worker::Config {
            temporal_address: self.temporal.clone(),
            profile: self.profile.clone(),
            gateway: Some(self.doors.gateway.clone()),
            outside: outside::read(&self.data)?,
            ..Default::default()
        };
        let worker = worker::Worker::open(
            &self.data.join("worker"),
            Arc::clone(&self.city),
            config,
            self.clock.clone(),
            Self::counter(stats),
        )?;
        let (bus, shutdown) = (self.doors.bus.clone(), self.shutdown.clone());
        tasks.spawn(async move { Ok(worker.serve(listener, &identity, &bus, shutdown).await?) });
        Ok(())
    }
}
