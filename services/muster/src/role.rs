//! One role as a process of its own, from its configuration file.
//!
//! The same roles as in `muster run`. Each file says where the data is, where to listen, who the
//! role is (certificate, key, authorities, what they have revoked: all of them are watched), which pack is in force and where the bus is. SIGTERM and
//! Ctrl-C drain it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use domain::{
    id::UnitId,
    pack::{City, Module},
};
use kit::{
    client::Endpoint,
    clock::Clock,
    config,
    identity::{self, Files, Identity, ServerTls},
    server,
    stats::Stats,
    store::House,
    telemetry::{Format, Telemetry},
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::pack;

/// Where a role's certificate is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Papers {
    /// The certificates of the city's authorities, PEM.
    authority: PathBuf,
    /// The role's certificate, PEM.
    certificate: PathBuf,
    /// Its private key, PEM.
    key: PathBuf,
    /// The lists of what the authorities have revoked, PEM; nothing is revoked if not given.
    revocations: Option<PathBuf>,
}

/// What every role's file has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the data is kept.
    data: PathBuf,
    /// Where to listen: `127.0.0.1:7400`.
    listen: String,
    /// The folder of the city pack.
    pack: PathBuf,
    /// Which limits of the pack are in force; the pack's default if not given.
    profile: Option<String>,
    /// Who the role is.
    identity: Papers,
    /// Where the bus is; not for the bus itself.
    bus: Option<Endpoint>,
    /// Where the gateway is; for a worker to which other systems give their cases.
    gateway: Option<Endpoint>,
    /// Where Temporal is; for the worker only.
    temporal: Option<String>,
    /// The certificate of each hosted unit; for `muster unit` only.
    #[serde(default)]
    units: BTreeMap<UnitId, Papers>,
    /// Where the services of (other) units are, for evidence; for `muster unit` and the gateway.
    #[serde(default)]
    peers: BTreeMap<UnitId, Endpoint>,
    /// The limits of the server.
    #[serde(default)]
    pub(crate) limits: server::Limits,
    /// The rules of the bus, for `muster bus` only; who receives and who must act is the pack's.
    #[serde(default)]
    rules: bus::Config,
    /// Where the metrics are for who scrapes, over plain HTTP: `127.0.0.1:9464`. Default nowhere.
    metrics: Option<String>,
    /// How much room the journal may take, and where the archive is.
    #[serde(default)]
    house: House,
    /// The console; for the gateway only. None is served if not given.
    console: Option<Served>,
    /// When a flow that is stuck is an incident; for the worker only.
    #[serde(default)]
    incidents: worker::Incidents,
    /// The ways to outside systems; for the worker only.
    #[serde(default)]
    outside: worker::Outside,
}

/// A console that a gateway serves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Served {
    /// Where browsers find it: `127.0.0.1:8080`; another address than loopback needs TLS.
    listen: String,
    /// Where its accounts are kept; `muster accounts --accounts DIR` changes them.
    data: PathBuf,
    /// Its certificate, `service/console`.
    identity: Papers,
    /// Where the gateway is: this process, as others reach it.
    gateway: Endpoint,
    /// Where the worker is, for flows that are stuck.
    worker: Option<Endpoint>,
    /// Where the services of units are.
    #[serde(default)]
    units: BTreeMap<UnitId, Endpoint>,
    /// Its settings.
    #[serde(default)]
    settings: console::Config,
}

impl Served {
    /// Serves it beside the gateway.
    async fn serve(
        self,
        city: Arc<City>,
        bus: Endpoint,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let listener = TcpListener::bind(&self.listen).await;
        let listener =
            listener.with_context(|| format!("the console can't listen on {}", self.listen))?;
        let parts = console::Parts {
            city,
            accounts: console::accounts::Accounts::of(&self.data),
            identity: self.identity.load()?,
            doors: console::Doors {
                gateway: self.gateway,
                bus,
                worker: self.worker,
                units: self.units,
            },
            config: self.settings,
            clock: Clock::system(),
        };
        Ok(console::serve(listener, parts, shutdown).await?)
    }
}

impl Papers {
    /// Reads them, and follows them from now on.
    fn load(&self) -> anyhow::Result<Identity> {
        let files = Files {
            authority: self.authority.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            revocations: self.revocations.clone(),
        };
        let identity = files.load()?;
        files.watch(&identity, identity::EVERY);
        Ok(identity)
    }
}

/// What is ready before any role is opened.
pub(crate) struct Ready {
    pub(crate) config: Config,
    pub(crate) city: Arc<City>,
    pub(crate) identity: Identity,
    pub(crate) listener: TcpListener,
    pub(crate) shutdown: CancellationToken,
}

impl Ready {
    pub(crate) async fn read(path: &Path) -> anyhow::Result<Ready> {
        let config: Config = config::load(path)?;
        let city = pack::load(&config.pack)?;
        let identity = config.identity.load()?;
        let listener = TcpListener::bind(&config.listen).await;
        let listener = listener.with_context(|| format!("can't listen on {}", config.listen))?;
        let shutdown = signalled()?;
        if let Some(address) = &config.metrics {
            let listener = TcpListener::bind(address).await;
            let listener =
                listener.with_context(|| format!("metrics: can't listen on {address}"))?;
            tokio::spawn(kit::metrics::prometheus::serve(listener, shutdown.clone()));
        }
        Ok(Ready { config, city, identity, listener, shutdown })
    }

    fn bus(&self) -> anyhow::Result<Endpoint> {
        self.config.bus.clone().context("the configuration must say where the bus is: [bus]")
    }

    fn profile(&self) -> String {
        self.config.profile.clone().unwrap_or_else(|| self.city.default_profile.clone())
    }
}

/// A token that SIGTERM and Ctrl-C cancel.
fn signalled() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let token = CancellationToken::new();
    let (mut terminate, ours) = (signal(SignalKind::terminate())?, token.clone());
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        ours.cancel();
    });
    Ok(token)
}

/// `muster bus`
pub async fn bus(path: &Path) -> anyhow::Result<ExitCode> {
    let Ready { config, city, identity, listener, shutdown } = Ready::read(path).await?;
    let bus::Config { recipients, owner, .. } = bus::Config::for_city(&city);
    let rules = bus::Config { recipients, owner, house: config.house, ..config.rules };
    let access = kit::access::Access::of(&city)?;
    let bus = bus::Bus::open(&config.data, rules, access, Clock::system(), Stats::default())?;
    bus.serve(listener, &ServerTls::new(&identity)?, &config.limits, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// `muster unit`
pub async fn unit(path: &Path, units: &[String]) -> anyhow::Result<ExitCode> {
    let ready = Ready::read(path).await?;
    let bus = ready.bus()?;
    let Ready { config, city, identity, listener, shutdown } = ready;
    let rules = unit::Config { house: config.house, ..unit::Config::default() };
    let mut hosted = Vec::new();
    for name in units {
        let unit = UnitId::parse(name.as_str())?;
        let papers = config.units.get(&unit);
        let papers = papers.with_context(|| format!("the configuration lacks [units.{unit}]"))?;
        let module = module(&city, &unit, &config.pack)?;
        hosted.push((unit, papers.load()?, module));
    }
    let host = unit::Host::open(&config.data, &city, rules, hosted, &Clock::system())?;
    let tls = ServerTls::new(&identity)?;
    host.serve(listener, &tls, &config.limits, &bus, config.peers, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// `muster worker`
pub async fn worker(path: &Path) -> anyhow::Result<ExitCode> {
    let ready = Ready::read(path).await?;
    let (bus, profile) = (ready.bus()?, ready.profile());
    let Ready { config, city, identity, listener, shutdown } = ready;
    let temporal = config.temporal.context("the configuration must say where Temporal is")?;
    let rules = worker::Config {
        temporal_address: temporal,
        profile,
        house: config.house,
        incidents: config.incidents,
        gateway: config.gateway,
        outside: config.outside,
        ..worker::Config::default()
    };
    let worker =
        worker::Worker::open(&config.data, city, rules, Clock::system(), Stats::default())?;
    worker.serve(listener, &identity, &bus, shutdown).await?;
    Ok(ExitCode::SUCCESS)
}

/// `muster gateway`
pub async fn gateway(path: &Path) -> anyhow::Result<ExitCode> {
    let ready = Ready::read(path).await?;
    let (bus, profile) = (ready.bus()?, ready.profile());
    let Ready { config, city, identity, listener, shutdown } = ready;
    let (units, house) = (config.peers, config.house);
    let rules = gateway::Config { profile, units, house, ..gateway::Config::default() };
    let gateway = gateway::Gateway::open(
        &config.data,
        city.clone(),
        rules,
        Clock::system(),
        Stats::default(),
    )?;
    let tls = ServerTls::new(&identity)?;
    let seen = async {
        match config.console {
            Some(console) => console.serve(city, bus.clone(), shutdown.clone()).await,
            None => Ok(()),
        }
    };
    let served = async {
        let bus = bus.clone();
        Ok(gateway.serve(listener, &tls, &config.limits, &identity, bus, shutdown.clone()).await?)
    };
    // A console that can't be served is told, and the gateway does not go on without it unseen.
    tokio::try_join!(served, seen)?;
    Ok(ExitCode::SUCCESS)
}

/// The code that the pack binds a unit to.
pub fn module(city: &City, unit: &UnitId, pack: &Path) -> anyhow::Result<Box<dyn unit::Module>> {
    let row = city.unit(unit).with_context(|| format!("the city pack has no unit {unit}"))?;
    let registers = pack.join("registers");
    Ok(match row.module {
        Module::Enforcement => enforcement::module(&registers)?,
        Module::Housing => housing::module(&registers)?,
        Module::TrafficPolice => traffic_police::module(&registers)?,
        Module::Environment => environment::module(&registers)?,
        Module::Generic => Box::new(unit::Generic),
        Module::None => anyhow::bail!("{unit} is not called by anybody: it has no service"),
    })
}

/// What is logged where nothing else is asked for: the SDK's own worries are the worker's concern.
const FILTER: &str = "warn,temporalio_sdk_core=error";

/// The same with the spans of calls and of steps; no lines are said there.
const SEEN: &str = "warn,muster::calls=info,kit::server::calls=info,worker::activities=info,\
                    temporalio_sdk_core=error";

/// Logs, traces and metrics, from the environment: `MUSTER_LOG`, `MUSTER_LOG_FORMAT`, `MUSTER_OTLP_ENDPOINT`.
pub fn telemetry() -> Telemetry {
    let format = match config::environment("LOG_FORMAT").as_deref() {
        Some("json") => Format::Json,
        _ => Format::Human,
    };
    let otlp_endpoint = config::environment("OTLP_ENDPOINT");
    let filter = filter(config::environment("LOG"), otlp_endpoint.is_some());
    Telemetry { filter, format, otlp_endpoint }
}

/// What is asked for; otherwise what ships: where spans go out, those of calls and steps do.
fn filter(asked: Option<String>, is_exported: bool) -> String {
    asked.unwrap_or_else(|| if is_exported { SEEN } else { FILTER }.to_owned())
}

#[cfg(test)]
mod tests;
