//! Everything on one machine: the profile `trial`.
//!
//! Temporal's development server as a child, every role in this process with real gRPC and mutual
//! TLS between them, a local authority made on first start. All data is under one folder and the
//! system resumes from it. The roles are the same as those that run as processes of their own.
//! What it does not survive: the loss of this machine, and more load than the development server
//! of Temporal carries.

pub(crate) mod apart;
mod outside;
mod parts;
mod totals;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use console::accounts::Accounts;
use domain::{pack::City, party::Party};
use kit::{
    client::{self, Channel},
    clock::Clock,
    identity::{Authority, Identity},
    stats::Stats,
};
use parts::{Doors, Roles};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
pub use totals::Totals;
use worker::devserver::{self, DevServer, Guardian};

use crate::{cli::Run, output::Output, pack};

/// How long the roles may take to end before they are cut off.
const DRAIN: Duration = Duration::from_secs(15);

/// What to start, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// All data.
    pub data: PathBuf,
    /// The city pack.
    pub pack: PathBuf,
    /// Which limits are in force; the pack's default if none.
    pub profile: Option<String>,
    /// The first port; 0 takes free ones.
    pub port: u16,
    /// Whether the worker is a process of its own, so that what it needs can be seen by itself.
    pub is_worker_apart: bool,
    /// The clock of all roles; another than the machine's only in a test.
    pub clock: Clock,
}

/// A running system.
pub struct System {
    city: Arc<City>,
    data: PathBuf,
    authority: Authority,
    doors: Doors,
    temporal: DevServer,
    worker: Option<Guardian>,
    gateway: gateway::Gateway,
    stats: Vec<Stats>,
    tasks: tokio::sync::Mutex<JoinSet<anyhow::Result<()>>>,
    shutdown: CancellationToken,
}

/// `muster run`
pub async fn run(asked: Run) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let options = Options {
        data: asked.data,
        pack: asked.cities.join(&asked.city),
        profile: asked.profile,
        port: asked.port,
        is_worker_apart: false,
        clock: Clock::system(),
    };
    let system = System::start(options, &output).await?;
    system.introduce(&output);
    output.tell("Ctrl-C ends it. Started again on the same folder, it goes on where it was.");
    let ended = system.until_stopped().await;
    system.stop().await;
    ended.map(|()| ExitCode::SUCCESS)
}

impl System {
    /// Starts everything; what was started is stopped again if something fails.
    pub async fn start(options: Options, output: &Output) -> anyhow::Result<System> {
        let city = pack::load(&options.pack)?;
        let profile = profile(&city, options.profile)?;
        std::fs::create_dir_all(&options.data)
            .with_context(|| format!("no data can be kept in {}", options.data.display()))?;
        let authority = Authority::open_or_create(&options.data.join("identity"), &city.id)?;
        let temporal = temporal(&options.data, output).await?;
        let (doors, mut listeners) = Doors::open(&city, options.port).await?;
        let shutdown = CancellationToken::new();
        let roles = Roles {
            city: Arc::clone(&city),
            pack: options.pack.clone(),
            data: options.data.clone(),
            profile,
            authority: &authority,
            doors: &doors,
            temporal: temporal.address().to_string(),
            clock: options.clock.clone(),
            shutdown: shutdown.clone(),
        };
        let worker = if options.is_worker_apart {
            listeners.leave_worker();
            Some(apart::worker(&roles).await?)
        } else {
            None
        };
        let (tasks, gateway, stats) = roles.start(listeners)?;
        output.tell(format!("{} {}: {} roles are up.", city.zh, city.en, tasks.len()));
        let tasks = tokio::sync::Mutex::new(tasks);
        let data = options.data;
        let system = System {
            city,
            data,
            authority,
            doors,
            temporal,
            worker,
            gateway,
            stats,
            tasks,
            shutdown,
        };
        system.write_doors()?;
        Ok(system)
    }

    /// The city.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// A line to the gateway for this party.
    pub fn gateway_line(&self, party: &Party) -> anyhow::Result<Channel> {
        self.line(party, &self.doors.gateway)
    }

    /// A line of a unit's own system to its unit's service.
    pub fn unit_line(&self, party: &Party) -> anyhow::Result<Channel> {
        let unit = party.as_unit().context("only a unit has a desk")?;
        let door = self.doors.units.get(&unit).with_context(|| format!("{unit} is not hosted"))?;
        self.line(party, door)
    }

    fn line(&self, party: &Party, to: &client::Endpoint) -> anyhow::Result<Channel> {
        let identity = self.identity(party)?;
        Ok(client::connect_lazy(&identity, to, &client::Limits::default())?)
    }

    fn identity(&self, party: &Party) -> anyhow::Result<Identity> {
        Ok(self.authority.issue_to(&self.data.join("identity"), party)?)
    }

    /// Says where everything is.
    pub fn introduce(&self, output: &Output) {
        let ui = self.temporal.ui_address().map(|ui| format!("http://{ui}")).unwrap_or_default();
        let data = self.data.display().to_string();
        let doors = &self.doors;
        let text = format!(
            "\nData        {data}\nConsole     {}\nTemporal UI {ui}\nGateway     {}\nBus         {}\n\
             Others      {data}/endpoints.json, with certificates in {data}/identity",
            doors.console, doors.gateway.address, doors.bus.address
        );
        let object = json!({
            "data": data, "temporal_ui": ui,
            "gateway": doors.gateway.address, "bus": doors.bus.address, "console": doors.console,
        });
        output.say(text, "ready", object);
        if let Some(help) = crate::accounts::first(&self.data, &self.city) {
            output.tell(help);
        }
    }

    fn write_doors(&self) -> anyhow::Result<()> {
        let path = self.data.join("endpoints.json");
        let text = serde_json::to_vec_pretty(&self.doors)?;
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))
    }

    /// The development server of Temporal.
    pub fn temporal(&self) -> &DevServer {
        &self.temporal
    }

    /// The process of the worker, when it has one of its own.
    pub fn worker_pid(&self) -> Option<u32> {
        self.worker.as_ref().map(Guardian::pid)
    }

    /// Where the console is.
    pub fn console(&self) -> &str {
        &self.doors.console
    }

    /// Whose accounts the console has.
    pub fn accounts(&self) -> Accounts {
        Accounts::of(&crate::accounts::folder(&self.data))
    }

    /// Cases of the ledger: raised, and closed.
    pub fn counts(&self) -> anyhow::Result<gateway::Counts> {
        Ok(self.gateway.counts()?)
    }

    /// What all roles have done together.
    pub async fn totals(&self) -> anyhow::Result<Totals> {
        Totals::of(&self.stats, &self.gateway, &self.temporal).await
    }

    /// Waits for Ctrl-C or SIGTERM, or for a part that ends by itself, which is an error.
    pub async fn until_stopped(&self) -> anyhow::Result<()> {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let mut tasks = self.tasks.lock().await;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Ok(()),
            _ = terminate.recv() => Ok(()),
            () = self.temporal.ended() => Err(anyhow::anyhow!("Temporal has ended; see its log")),
            () = apart::ended(self.worker.as_ref()) => Err(anyhow::anyhow!("the worker has ended")),
            Some(ended) = tasks.join_next() => {
                ended??;
                Err(anyhow::anyhow!("a role has ended"))
            }
        }
    }

    /// Stops everything, in the order in which nothing is cut off.
    pub async fn stop(self) {
        self.shutdown.cancel();
        if let Some(worker) = self.worker {
            worker.stop(DRAIN).await;
        }
        let mut tasks = self.tasks.into_inner();
        let drained = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("some roles did not end in time");
        }
        self.temporal.stop().await;
    }
}

fn profile(city: &City, asked: Option<String>) -> anyhow::Result<String> {
    let profile = asked.unwrap_or_else(|| city.default_profile.clone());
    let known: Vec<&str> = city.profiles().collect();
    let is_known = known.contains(&profile.as_str());
    anyhow::ensure!(is_known, "the pack has no limits for the profile {profile}, only {known:?}");
    Ok(profile)
}

async fn temporal(data: &Path, output: &Output) -> anyhow::Result<DevServer> {
    let cache = devserver::default_cache()?;
    let teller = *output;
    let binary = tokio::task::spawn_blocking(move || {
        devserver::locate(&cache, |progress| teller.tell(progress))
    });
    let binary = binary.await??;
    let dir = data.join("temporal");
    std::fs::create_dir_all(&dir)?;
    let mut options =
        devserver::Options::new(binary, dir.join("temporal.db"), dir.join("temporal.log"));
    options.ui = Some(0);
    options.search_attributes = worker::SEARCH_ATTRIBUTES
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
        .collect();
    Ok(DevServer::start(options).await?)
}
