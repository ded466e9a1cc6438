//! What all systems of the bench stand on: a folder, certificates, and processes of their own.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use domain::{
    pack::City,
    party::{Party, Role},
};
use kit::{
    client::{self, Channel, Endpoint},
    identity::{Authority, Identity},
};
use serde_json::json;
use worker::devserver::Guardian;

use crate::{pack, system::apart};

/// How long a server may take until it serves.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How many envelopes a sender may publish a second: the one sender here stands for a city's, whose
/// quota ships as 20,000 each. Everything else of the bus is as it ships.
pub const QUOTA: u32 = 10_000_000;
/// How often it is looked at.
pub const LOOK: Duration = Duration::from_millis(1);

/// A folder and an authority.
pub struct Ground {
    /// All data is below it.
    pub folder: PathBuf,
    /// The city.
    pub city: Arc<City>,
    /// Its pack.
    pub pack: PathBuf,
    /// How many envelopes a sender may publish a second.
    pub quota: u32,
    authority: Authority,
}

/// A server's process, and where it listens.
pub struct Server {
    /// Keeps it; it does not outlive us.
    pub guardian: Guardian,
    /// Its port on loopback.
    pub port: u16,
    /// What it says.
    pub log: PathBuf,
}

impl Ground {
    /// In a folder that is there.
    pub fn new(folder: &Path, pack: &Path) -> anyhow::Result<Ground> {
        let folder = fs::canonicalize(folder)?;
        let city = pack::load(pack)?;
        let authority = Authority::open_or_create(&folder.join("identity"), &city.id)?;
        Ok(Ground { folder, city, pack: fs::canonicalize(pack)?, quota: QUOTA, authority })
    }

    /// The certificate of a party; made if there is none yet.
    pub fn identity(&self, party: &Party) -> anyhow::Result<Identity> {
        Ok(self.authority.issue_to(&self.folder.join("identity"), party)?)
    }

    /// A file of the folder of certificates.
    pub fn paper(&self, name: &str) -> PathBuf {
        self.folder.join("identity").join(name)
    }

    /// A folder below ours; made if there is none yet.
    pub fn below(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        fs::create_dir_all(&path).with_context(|| format!("can't make {}", path.display()))?;
        Ok(path)
    }

    /// Starts a verb of this very program with a configuration file, as the role of the bus.
    pub async fn role(&self, name: &str, verb: &[&str]) -> anyhow::Result<Server> {
        let port = free_port()?;
        let party = Party::service(Role::Bus);
        self.identity(&party)?;
        let data = self.below(name)?;
        let lines = [
            format!("data = {}", apart::text(&data)),
            format!("listen = {}", json!(format!("127.0.0.1:{port}"))),
            format!("pack = {}", apart::text(&self.pack)),
            format!("[rules]\nquota = {}", self.quota),
            format!("[identity]\n{}", apart::papers(&self.folder.join("identity"), &party)),
        ];
        let file = self.folder.join(format!("{name}.toml"));
        fs::write(&file, lines.join("\n"))?;
        let program = std::env::current_exe().context("this program can't find itself")?;
        let words = verb.iter().map(OsString::from);
        let arguments = words.chain(["--config".into(), file.into()]).collect();
        self.start(name, &program, arguments, port).await
    }

    /// Starts a program.
    pub async fn start(
        &self,
        name: &str,
        program: &Path,
        arguments: Vec<OsString>,
        port: u16,
    ) -> anyhow::Result<Server> {
        let log = self.folder.join(format!("{name}.log"));
        let file = OpenOptions::new().create(true).append(true).open(&log)?;
        let guardian = Guardian::start(program, arguments, file).await;
        let guardian = guardian.with_context(|| format!("{name} does not start"))?;
        Ok(Server { guardian, port, log })
    }

    /// A channel to a server that is the bus, as this party.
    pub fn channel(&self, server: &Server, party: &Party) -> anyhow::Result<Channel> {
        let address = format!("https://127.0.0.1:{}", server.port);
        let endpoint = Endpoint { address, server: Party::service(Role::Bus) };
        let limits = client::Limits::default();
        Ok(client::connect_lazy(&self.identity(party)?, &endpoint, &limits)?)
    }
}

impl Server {
    /// Tries until it answers; an end of the process or of the patience is an error with its log.
    pub async fn until<T, E: std::fmt::Display>(
        &self,
        mut attempt: impl AsyncFnMut() -> Result<T, E>,
    ) -> anyhow::Result<T> {
        let tried = async {
            loop {
                match attempt().await {
                    Ok(done) => return anyhow::Ok(done),
                    Err(error) => tracing::debug!(%error, "not yet"),
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let tried = async { tokio::time::timeout(PATIENCE, tried).await };
        tokio::select! {
            done = tried => done.with_context(|| self.told("does not serve in time")).flatten(),
            _ = self.guardian.ended() => anyhow::bail!(self.told("has ended")),
        }
    }

    fn told(&self, what: &str) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let from = log.char_indices().rev().nth(1_000).map_or(0, |(at, _)| at);
        format!("the server {what}; {} ends: {}", self.log.display(), &log[from..])
    }
}

/// A port that nobody has at the moment.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
