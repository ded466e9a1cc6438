//! A city whose roles are processes of their own, from configuration files as they ship: started,
//! killed and started again one by one, on the same ports and folders.
//!
//! Whatever a role says goes to a file beside its data. A test that fails keeps the folder and
//! says where it is.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::party::Party;
use kit::{
    client::{self, Channel},
    identity::{Authority, Identity},
};
use serde_json::json;
use tempfile::TempDir;
use worker::devserver::{self, DevServer};

use crate::program::Running;

/// A role as a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The bus.
    Bus,
    /// The gateway.
    Gateway,
    /// The worker.
    Worker,
    /// A process that hosts units: which of them.
    Units(usize),
}

/// The city.
pub struct City {
    folder: Option<TempDir>,
    pack: &'static str,
    /// Where the pack is, where it is not the one that ships.
    changed: Option<PathBuf>,
    profile: &'static str,
    hosts: Vec<Vec<&'static str>>,
    ports: BTreeMap<Part, u16>,
    running: BTreeMap<Part, Running>,
    temporal: Option<DevServer>,
    temporal_port: u16,
    /// What a role's file has beside what all have: keys before its tables, tables after them.
    more: BTreeMap<Part, (String, String)>,
    /// What its environment has.
    environment: Vec<(&'static str, String)>,
}

/// A free port below those that the system gives to whoever asks for any: a role may start late, or
/// again after it was killed, and nobody is given its port meanwhile.
pub fn port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let candidate = || {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (std::process::id() * 16 + next) % 10_000;
        u16::try_from(port).unwrap()
    };
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(candidate).take(10_000).find(is_free).unwrap()
}

impl City {
    /// A city with these units, one process for each list; nothing runs yet.
    pub fn new(profile: &'static str, hosts: &[&[&'static str]]) -> City {
        let hosts: Vec<Vec<&str>> = hosts.iter().map(|units| units.to_vec()).collect();
        let parts = [Part::Bus, Part::Gateway, Part::Worker];
        let parts = parts.into_iter().chain((0..hosts.len()).map(Part::Units));
        let ports = parts.map(|part| (part, port())).collect();
        let folder = Some(tempfile::Builder::new().prefix("muster-city-").tempdir().unwrap());
        let (running, temporal) = (BTreeMap::new(), None);
        let (temporal_port, more, environment) = (port(), BTreeMap::new(), Vec::new());
        let city = City {
            folder,
            pack: "wenshan",
            changed: None,
            profile,
            hosts,
            ports,
            running,
            temporal,
            temporal_port,
            more,
            environment,
        };
        city.write_doors();
        city
    }

    /// Makes it another city than Wenshan, before anything runs.
    pub fn becomes(&mut self, pack: &'static str) {
        self.pack = pack;
    }

    /// Adds a file to a copy of its pack, before anything runs.
    pub fn add_to_pack(&mut self, file: &str, text: &str) {
        let copy = self.data().join("pack");
        let shipped = crate::program::root().join("deploy/cities").join(self.pack);
        copied(&shipped, &copy);
        fs::write(copy.join(file), text).unwrap();
        self.changed = Some(copy);
    }

    /// A line to a door, as a party.
    pub fn line(&self, party: &str, door: &[&str]) -> Channel {
        let papers = self.identity(party);
        let endpoint = crate::people::endpoint(self.data(), door);
        client::connect_lazy(&papers, &endpoint, &client::Limits::default()).unwrap()
    }

    fn identity(&self, party: &str) -> Identity {
        let identity = self.data().join("identity");
        let authority = Authority::open_or_create(&identity, &self.pack.parse().unwrap()).unwrap();
        let party: Party = party.parse().unwrap();
        authority.issue_to(&identity, &party).unwrap()
    }

    /// Writes more into the file of a role, from its next start on.
    pub fn set(&mut self, part: Part, keys: &str, tables: &str) {
        self.more.insert(part, (keys.to_owned(), tables.to_owned()));
    }

    /// Gives the roles this in their environment, from their next start on.
    pub fn tell(&mut self, name: &'static str, value: &str) {
        self.environment.push((name, value.to_owned()));
    }

    /// What a role has said to its operator.
    pub fn log(&self, part: Part) -> String {
        let log = self.data().join(format!("{}.log", self.name(part)));
        fs::read_to_string(log).unwrap_or_default()
    }

    /// A port for something that a role opens beside its door.
    pub fn port() -> u16 {
        port()
    }

    /// Where its data is.
    pub fn data(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// The folder of a role.
    pub fn folder_of(&self, part: Part) -> PathBuf {
        self.data().join(self.name(part))
    }

    /// All of its roles.
    pub fn parts(&self) -> Vec<Part> {
        self.ports.keys().copied().collect()
    }

    fn name(&self, part: Part) -> String {
        match part {
            Part::Bus => "bus".to_owned(),
            Part::Gateway => "gateway".to_owned(),
            Part::Worker => "worker".to_owned(),
            Part::Units(host) => format!("units-{}", self.hosts[host][0]),
        }
    }

    fn write_doors(&self) {
        let door = |part: Part, server: &str| {
            let address = format!("https://127.0.0.1:{}", self.ports[&part]);
            json!({ "address": address, "server": server })
        };
        let mut units = serde_json::Map::new();
        for (host, hosted) in self.hosts.iter().enumerate() {
            let door = door(Part::Units(host), "service/units");
            units.extend(hosted.iter().map(|unit| ((*unit).to_owned(), door.clone())));
        }
        let (bus, gateway) =
            (door(Part::Bus, "service/bus"), door(Part::Gateway, "service/gateway"));
        let worker = door(Part::Worker, "service/worker");
        let doors = json!({ "bus": bus, "gateway": gateway, "worker": worker, "units": units });
        fs::write(self.data().join("endpoints.json"), doors.to_string()).unwrap();
    }

    /// The papers of a party, as the configuration names them.
    fn papers(&self, party: &str) -> String {
        let identity = self.data().join("identity");
        self.identity(party);
        let stem = party.replace('/', "-");
        let identity = identity.display();
        format!(
            "authority = \"{identity}/ca.pem\"\ncertificate = \"{identity}/{stem}.pem\"\n\
             key = \"{identity}/{stem}.key\"\n"
        )
    }

    fn configuration(&self, part: Part) -> (Vec<String>, String) {
        let bus = self.ports[&Part::Bus];
        let bus =
            format!("[bus]\naddress = \"https://127.0.0.1:{bus}\"\nserver = \"service/bus\"\n");
        let temporal = format!("temporal = \"127.0.0.1:{}\"", self.temporal_port);
        let word = |word: &str| vec![word.to_owned()];
        let (verb, party, more, tables) = match part {
            Part::Bus => (word("bus"), "service/bus", String::new(), String::new()),
            Part::Gateway => {
                (word("gateway"), "service/gateway", String::new(), bus + &self.peers())
            }
            Part::Worker => (word("worker"), "service/worker", temporal, bus),
            Part::Units(host) => {
                let units = &self.hosts[host];
                let verb = ["unit"].iter().chain(units).map(|word| (*word).to_owned()).collect();
                let papers = |unit: &&str| {
                    format!("[units.{unit}]\n{}", self.papers(&format!("unit/{unit}")))
                };
                let hosted: String = units.iter().map(papers).collect();
                (verb, "service/units", String::new(), bus + &hosted + &self.peers())
            }
        };
        let (keys, more_tables) = self.more.get(&part).cloned().unwrap_or_default();
        let shipped = || PathBuf::from("deploy/cities").join(self.pack);
        let pack = self.changed.clone().unwrap_or_else(shipped);
        let text = format!(
            "data = \"{}\"\nlisten = \"127.0.0.1:{}\"\npack = \"{}\"\n\
             profile = \"{}\"\n{keys}\n{more}\n[identity]\n{}\n{tables}\n{more_tables}\n",
            self.folder_of(part).display(),
            self.ports[&part],
            pack.display(),
            self.profile,
            self.papers(party)
        );
        (verb, text)
    }

    /// Where the service of every unit is, for evidence.
    fn peers(&self) -> String {
        let mut peers = String::new();
        for (host, hosted) in self.hosts.iter().enumerate() {
            let port = self.ports[&Part::Units(host)];
            for unit in hosted {
                peers += &format!(
                    "[peers.{unit}]\naddress = \"https://127.0.0.1:{port}\"\n\
                     server = \"service/units\"\n"
                );
            }
        }
        peers
    }

    /// Starts a role on what its folder has.
    pub fn start(&mut self, part: Part) {
        let name = self.name(part);
        let (mut arguments, text) = self.configuration(part);
        let file = self.data().join(format!("{name}.toml"));
        fs::write(&file, text).unwrap();
        arguments.extend(["--config".to_owned(), file.display().to_string()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let log = self.data().join(format!("{name}.log"));
        let running = Running::logged_in(&arguments, &log, &self.environment);
        self.running.insert(part, running);
    }

    /// Kills a role, as a power switch would.
    pub fn kill(&mut self, part: Part) {
        if let Some(running) = self.running.remove(&part) {
            running.kill();
        }
    }

    /// How much memory a role has now, in KiB.
    pub fn memory_kib(&self, part: Part) -> u64 {
        self.running[&part].memory_kib()
    }

    /// Starts again what has ended by itself, as a supervisor would.
    pub fn supervise(&mut self) {
        let ended: Vec<Part> = self
            .running
            .iter_mut()
            .filter_map(|(part, running)| running.has_ended().then_some(*part))
            .collect();
        ended.into_iter().for_each(|part| self.start(part));
    }

    /// Asks all roles to end; whether all ended well.
    pub fn terminate(&mut self) -> bool {
        let running = std::mem::take(&mut self.running);
        running.into_values().all(Running::terminate)
    }

    /// Starts Temporal on what its database has.
    pub async fn start_temporal(&mut self) {
        let cache = devserver::default_cache().unwrap();
        let binary = tokio::task::spawn_blocking(move || devserver::locate(&cache, |_| ()));
        let binary = binary.await.unwrap().unwrap();
        let dir = self.data().join("temporal");
        fs::create_dir_all(&dir).unwrap();
        let mut options =
            devserver::Options::new(binary, dir.join("temporal.db"), dir.join("temporal.log"));
        options.port = self.temporal_port;
        options.search_attributes = worker::SEARCH_ATTRIBUTES
            .iter()
            .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
            .collect();
        self.temporal = Some(DevServer::start(options).await.unwrap());
    }

    /// Where Temporal is.
    pub fn temporal_address(&self) -> String {
        format!("127.0.0.1:{}", self.temporal_port)
    }

    /// Somebody ends the flow of a case and starts something else under its name, on a queue of nobody,
    /// while no worker is there.
    pub async fn displace(&self, case_id: &str) {
        let cache = devserver::default_cache().unwrap();
        let binary = tokio::task::spawn_blocking(move || devserver::locate(&cache, |_| ()));
        let binary = binary.await.unwrap().unwrap();
        let (flow, address) = (format!("case/{}/{case_id}", self.pack), self.temporal_address());
        let act = |more: &[&str]| {
            let of = ["--workflow-id", &flow, "--address", &address];
            let done = Command::new(&binary).arg("workflow").args(more).args(of).output().unwrap();
            assert!(done.status.success(), "{more:?}: {}", String::from_utf8_lossy(&done.stderr));
        };
        act(&["terminate", "--reason", "a test"]);
        act(&["start", "--type", "Another", "--task-queue", "nobody"]);
    }

    /// Kills Temporal, as a power switch would.
    pub async fn kill_temporal(&mut self) {
        let Some(temporal) = self.temporal.take() else { return };
        let pid = temporal.pid().to_string();
        let killed = Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        assert!(killed.success());
        temporal.ended().await;
    }

    /// Deletes Temporal's database, while it is down.
    pub fn forget_temporal(&self) {
        fs::remove_dir_all(self.data().join("temporal")).unwrap();
    }

    /// Starts everything.
    pub async fn start_all(&mut self) {
        self.start_temporal().await;
        self.parts().into_iter().for_each(|part| self.start(part));
    }
}

impl Drop for City {
    fn drop(&mut self) {
        self.running.clear();
        self.temporal = None;
        if std::thread::panicking() {
            let kept = self.folder.take().map(TempDir::keep);
            println!("the data and the logs of the city are kept in {kept:?}");
        }
    }
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}
