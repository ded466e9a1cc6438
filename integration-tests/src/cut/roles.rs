//! The roles under test as they ship: `muster bus` and `muster unit`, from configuration files,
//! over mutual TLS, with the settings that nobody has changed.
//!
//! Their papers and files are outside the file system that is cut; only their data is on it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use domain::party::Party;
use kit::{
    client::{self, Channel, Endpoint},
    identity::Authority,
};
use proto::{
    bus::{ListMailboxesRequest, bus_service_client::BusServiceClient},
    unit::{ListTasksRequest, unit_service_client::UnitServiceClient},
};
use tonic::Status;

use crate::process::Process;

/// The unit that is cut.
pub const UNIT: &str = "unit/enforcement";
const CITY: &str = "wenshan";
/// How long a role may take to be ready; it takes a fraction of a second.
const READY: Duration = Duration::from_secs(60);

/// A place outside, with everything but the data.
#[derive(Debug)]
pub struct Office {
    dir: PathBuf,
    program: PathBuf,
    ports: [u16; 2],
}

/// A role that does not open what it finds.
#[derive(Debug, thiserror::Error)]
#[error("{role} does not open: {why:#}")]
pub struct Closed {
    /// Which.
    pub role: &'static str,
    /// Why.
    pub why: anyhow::Error,
}

/// The two roles, running.
#[derive(Debug)]
pub struct Roles {
    /// The bus.
    pub bus: Process,
    /// The unit.
    pub unit: Process,
}

impl Office {
    /// Makes one in `dir`. The program lies beside this one.
    pub fn open(dir: &Path) -> anyhow::Result<Office> {
        let program = std::env::current_exe()?.with_file_name("muster-under-test");
        anyhow::ensure!(program.exists(), "there is no {}: build it first", program.display());
        let sockets = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
        let mut ports = [0; 2];
        for (port, socket) in ports.iter_mut().zip(&sockets) {
            *port = socket.local_addr()?.port();
        }
        Ok(Office { dir: dir.to_owned(), program, ports })
    }

    /// A line to the bus as somebody.
    pub fn bus(&self, party: &str) -> anyhow::Result<Channel> {
        self.line(party, self.ports[0], "service/bus")
    }

    /// A line to the unit as itself.
    pub fn unit(&self) -> anyhow::Result<Channel> {
        self.line(UNIT, self.ports[1], "service/units")
    }

    fn line(&self, party: &str, port: u16, server: &str) -> anyhow::Result<Channel> {
        let identity = self.authority()?.issue_to(&self.papers(), &party.parse()?)?;
        let to = Endpoint { address: format!("https://127.0.0.1:{port}"), server: server.parse()? };
        Ok(client::connect_lazy(&identity, &to, &client::Limits::default())?)
    }

    fn papers(&self) -> PathBuf {
        self.dir.join("identity")
    }

    fn authority(&self) -> anyhow::Result<Authority> {
        Ok(Authority::open_or_create(&self.papers(), &CITY.parse()?)?)
    }

    /// The file of a role whose data is in `data`.
    fn file(&self, name: &str, data: &Path, listen: u16, tables: &str) -> anyhow::Result<PathBuf> {
        let text = format!(
            "data = \"{}\"\nlisten = \"127.0.0.1:{listen}\"\npack = \"{}\"\n\n[identity]\n{}\n{tables}",
            data.display(),
            pack().display(),
            self.identity(&format!("service/{name}"))?,
        );
        let file = self.dir.join(format!("{name}.toml"));
        fs::write(&file, text)?;
        Ok(file)
    }

    fn identity(&self, party: &str) -> anyhow::Result<String> {
        let (papers, party): (_, Party) = (self.papers(), party.parse()?);
        self.authority()?.issue_to(&papers, &party)?;
        let stem = papers.join(party.to_string().replace('/', "-"));
        let (papers, stem) = (papers.display(), stem.display());
        Ok(format!(
            "authority = \"{papers}/ca.pem\"\ncertificate = \"{stem}.pem\"\nkey = \"{stem}.key\"\n"
        ))
    }

    /// Starts the bus on `<data>/bus`.
    pub fn start_bus(&self, data: &Path) -> anyhow::Result<Process> {
        let file = self.file("bus", &data.join("bus"), self.ports[0], "")?;
        self.start("bus", &["bus", "--config", &file.to_string_lossy()])
    }

    /// Starts the unit on `<data>/units`; where there is no bus it does without.
    pub fn start_unit(&self, data: &Path) -> anyhow::Result<Process> {
        let tables = format!(
            "[bus]\naddress = \"https://127.0.0.1:{}\"\nserver = \"service/bus\"\n\n\
             [units.enforcement]\n{}",
            self.ports[0],
            self.identity(UNIT)?
        );
        let file = self.file("units", &data.join("units"), self.ports[1], &tables)?;
        self.start("unit", &["unit", "enforcement", "--config", &file.to_string_lossy()])
    }

    /// Starts both.
    pub fn start_both(&self, data: &Path) -> anyhow::Result<Roles> {
        Ok(Roles { bus: self.start_bus(data)?, unit: self.start_unit(data)? })
    }

    fn start(&self, name: &str, arguments: &[&str]) -> anyhow::Result<Process> {
        Process::start(name, &self.program, arguments, &self.log(name))
    }

    /// What a role has logged.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }

    /// `muster audit verify` of a journal: how many records it holds.
    pub fn audit(&self, journal: &Path) -> anyhow::Result<u64> {
        let mut command = std::process::Command::new(&self.program);
        let output =
            command.args(["audit", "verify"]).arg(journal).args(["--output", "json"]).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        anyhow::ensure!(output.status.success(), "audit verify: {}", said.trim());
        let verified: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        verified["records"].as_u64().context("audit verify names no number of records")
    }

    /// Waits until the bus answers.
    pub async fn bus_ready(&self, process: &mut Process) -> Result<(), Closed> {
        let ready = async {
            let mut bus = BusServiceClient::new(self.bus("admin/cut")?);
            ready(process, async || {
                bus.list_mailboxes(ListMailboxesRequest::default()).await.map(drop)
            })
            .await
        };
        ready.await.map_err(|why| Closed { role: "the bus", why })
    }

    /// Waits until the unit answers.
    pub async fn unit_ready(&self, process: &mut Process) -> Result<(), Closed> {
        let ready = async {
            let mut unit = UnitServiceClient::new(self.unit()?);
            ready(process, async || unit.list_tasks(ListTasksRequest::default()).await.map(drop))
                .await
        };
        ready.await.map_err(|why| Closed { role: "the unit", why })
    }
}

impl Roles {
    /// Waits until both answer.
    pub async fn ready(&mut self, office: &Office) -> Result<(), Closed> {
        office.bus_ready(&mut self.bus).await?;
        office.unit_ready(&mut self.unit).await
    }
}

async fn ready(
    process: &mut Process,
    mut ask: impl AsyncFnMut() -> Result<(), Status>,
) -> anyhow::Result<()> {
    let end = tokio::time::Instant::now() + READY;
    loop {
        process.check_running()?;
        let Err(status) = ask().await else { return Ok(()) };
        anyhow::ensure!(tokio::time::Instant::now() < end, "it never answers: {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn pack() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.with_file_name("deploy").join("cities").join(CITY)
}
