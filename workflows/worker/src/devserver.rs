//! The Temporal development server: found or fetched, started, and stopped with us.
//!
//! It is the trial's Temporal: one child process, one SQLite file, loopback only, no TLS.
//!
//! Promises: an answer of [`DevServer::start`] means that it serves; it never outlives us, not
//! even a `kill -9` (where `setpriv` is missing, the next start on the same data stops it first);
//! one data file has one server; what it acknowledged is on disk (`synchronous=2`).
//!
//! Refuses: an address that others can reach, a data file that another process of ours serves,
//! and a binary in the cache that is not the pinned one to the byte.
//!
//! Beside the data file lies `<data>.pid`: the lock of the owner, and the server's process id.

mod binary;
mod claim;
mod error;
mod guardian;
mod pinned;
mod process;
mod ready;
#[cfg(test)]
mod tests;
mod wheel;

use std::ffi::OsString;
use std::fs::{File, OpenOptions, create_dir_all};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

pub use binary::{cache_for, default_cache, locate};
pub use error::Error;
pub use guardian::Guardian;
pub use pinned::VERSION;
pub use wheel::Release;

use claim::Claim;

/// How often a start is tried again when somebody took a port between our choice and its use.
const PORT_TRIES: u32 = 5;
/// How long a server may take to end by itself before it is killed; it needs about 1.3 seconds.
const GRACE: Duration = Duration::from_secs(10);

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program, as [`locate`] finds it.
    pub binary: PathBuf,
    /// The SQLite file; made at the first start, with its folder.
    pub data: PathBuf,
    /// Everything that the server says is appended here.
    pub log: PathBuf,
    /// The loopback address to listen on.
    pub ip: IpAddr,
    /// The port of the gRPC front end; 0 chooses a free one.
    pub port: u16,
    /// The port of the web UI, 0 for a free one; no UI if `None`.
    pub ui: Option<u16>,
    /// Search attributes to register: name and type (`Keyword`, `Int`, `Datetime`, ...).
    pub search_attributes: Vec<(String, String)>,
    /// Dynamic configuration: key and JSON value.
    pub dynamic_config: Vec<(String, String)>,
    /// How long a start may take until it serves.
    pub patience: Duration,
}

impl Options {
    /// A server on 127.0.0.1 with free ports, no UI and a minute to start.
    pub fn new(
        binary: impl Into<PathBuf>,
        data: impl Into<PathBuf>,
        log: impl Into<PathBuf>,
    ) -> Self {
        Self {
            binary: binary.into(),
            data: data.into(),
            log: log.into(),
            ip: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            ui: None,
            search_attributes: Vec::new(),
            dynamic_config: Vec::new(),
            patience: Duration::from_secs(60),
        }
    }
}

/// A running server; dropping it kills it, [`DevServer::stop`] lets it end in order.
#[derive(Debug)]
pub struct DevServer {
    // The order matters: the server ends before the claim on its data does.
    guardian: Guardian,
    ports: Ports,
    _claim: Claim,
}

impl DevServer {
    /// Starts the server and returns when it serves.
    pub async fn start(mut options: Options) -> Result<Self, Error> {
        if !options.ip.is_loopback() {
            return Err(Error::NotLoopback { ip: options.ip });
        }
        for path in [&mut options.data, &mut options.log] {
            *path = absolute(&*path).map_err(|source| Error::file("resolve", path, source))?;
        }
        let mut claim = Claim::take(&options.data).await?;
        for _ in 1..PORT_TRIES {
            match Self::attempt(&options, &mut claim).await {
                Err(Error::PortTaken { .. }) => {}
                Err(other) => return Err(other),
                Ok((guardian, ports)) => return Ok(Self { guardian, ports, _claim: claim }),
            }
        }
        let (guardian, ports) = Self::attempt(&options, &mut claim).await?;
        Ok(Self { guardian, ports, _claim: claim })
    }

    async fn attempt(options: &Options, claim: &mut Claim) -> Result<(Guardian, Ports), Error> {
        let ports = Ports::choose(options)?;
        let (log, said) = open_log(&options.log)?;
        let guardian = Guardian::start(&options.binary, arguments(options, &ports), log)
            .await
            .map_err(|source| Error::file("start", &options.binary, source))?;
        claim.record(guardian.pid())?;
        ready::wait(options, ports.grpc, &guardian, said).await?;
        ready::register(options, ports.grpc).await?;
        Ok((guardian, ports))
    }

    /// Where its gRPC front end listens.
    pub fn address(&self) -> SocketAddr {
        self.ports.grpc
    }

    /// Where its web UI listens, if it has one.
    pub fn ui_address(&self) -> Option<SocketAddr> {
        self.ports.ui
    }

    /// Where its metrics are, in the text format of Prometheus under `/metrics`.
    pub fn metrics_address(&self) -> SocketAddr {
        self.ports.metrics
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.guardian.pid()
    }

    /// Completes when the server has ended, whoever ended it.
    pub async fn ended(&self) {
        self.guardian.ended().await;
    }

    /// Asks it to end, waits, and kills it if it will not.
    pub async fn stop(self) {
        self.guardian.stop(GRACE).await;
    }
}

/// The listeners of one attempt.
#[derive(Debug, Clone, Copy)]
struct Ports {
    grpc: SocketAddr,
    metrics: SocketAddr,
    ui: Option<SocketAddr>,
}

impl Ports {
    fn choose(options: &Options) -> Result<Self, Error> {
        // All are held until all are chosen, so that no two are the same.
        let mut held = Vec::new();
        let mut choose = |port| Self::free(options.ip, port, &mut held);
        let metrics = choose(0)?;
        let grpc = choose(options.port)?;
        let ui = options.ui.map(choose).transpose()?;
        Ok(Self { grpc, metrics, ui })
    }

    fn free(ip: IpAddr, port: u16, held: &mut Vec<TcpListener>) -> Result<SocketAddr, Error> {
        let wanted = SocketAddr::new(ip, port);
        if port != 0 {
            return Ok(wanted);
        }
        let failed = |source| Error::NoPort { ip, source };
        let listener = TcpListener::bind(wanted).map_err(failed)?;
        let chosen = listener.local_addr().map_err(failed)?;
        held.push(listener);
        Ok(chosen)
    }
}

fn arguments(options: &Options, ports: &Ports) -> Vec<OsString> {
    let mut line: Vec<OsString> =
        ["server", "start-dev", "--log-level", "warn"].map(Into::into).into();
    line.extend(ready::NO_CONFIG.map(OsString::from));
    let mut put = |flag: &str, value: OsString| line.extend([OsString::from(flag), value]);
    put("--ip", options.ip.to_string().into());
    put("--port", ports.grpc.port().to_string().into());
    put("--metrics-port", ports.metrics.port().to_string().into());
    put("--db-filename", options.data.clone().into());
    put("--sqlite-pragma", "journal_mode=wal".into());
    put("--sqlite-pragma", "synchronous=2".into());
    for (key, value) in &options.dynamic_config {
        put("--dynamic-config-value", format!("{key}={value}").into());
    }
    match ports.ui {
        Some(ui) => put("--ui-port", ui.port().to_string().into()),
        None => line.push("--headless".into()),
    }
    line
}

/// Opens the log for appending; the second value is where this attempt's words begin.
fn open_log(path: &Path) -> Result<(File, u64), Error> {
    let failed = |source| Error::file("open", path, source);
    create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    let log = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    let length = log.metadata().map_err(failed)?.len();
    Ok((log, length))
}
