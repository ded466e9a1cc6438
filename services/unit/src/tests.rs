//! Hosts on real ports with real certificates, and no bus: calls are put into the stores.

mod away;
mod claims;
mod contacts;
mod desk;
mod dispute;
mod evidence;
mod findings;
mod notices;
mod procedures;
mod proxy;
mod questions;
mod registers;
mod replay;
mod restart;
mod reviews;
mod statements;
mod violations;
mod watch;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{
    case::fact::{Called, Fact, Rung},
    envelope::Envelope,
    id::UnitId,
    moment::Moment,
    pack::{self, City, Day},
    rejection::Rejection,
    task,
};
use kit::{
    client::{Channel, Endpoint, connect_lazy},
    clock::Clock,
    identity::{Authority, Identity, ServerTls},
    server, status,
    store::{Load, Store},
};
use proto::{
    page::Command as Asks,
    record::{Received, Record},
    unit::unit_service_client::UnitServiceClient,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::{Config, Error, Form, Host, Module, Register, Row, Schema, desk::Desk, load};

/// More than any wait in these tests, less than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(20);
/// When everything here happens, unless the clock is moved.
const NOW: Moment = Moment(1_700_000_000_000);
/// The trace of the calls.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A city with its authority, in a folder that goes away.
struct Town {
    dir: TempDir,
    authority: Authority,
    city: Arc<City>,
    clock: Clock,
}

/// A host that runs.
struct Running {
    address: SocketAddr,
    stores: BTreeMap<String, Store<Desk>>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

fn wenshan() -> City {
    let dir = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/cities/wenshan"));
    pack::load(&kit::pack::files(dir).unwrap()).unwrap()
}

impl Town {
    fn new() -> Town {
        let dir = tempfile::tempdir().unwrap();
        let city = Arc::new(wenshan());
        let authority = Authority::open_or_create(&dir.path().join("ca"), &city.id).unwrap();
        Town { dir, authority, city, clock: Clock::fixed(NOW) }
    }

    fn identity(&self, party: &str) -> Identity {
        self.authority.issue(&party.parse().unwrap()).unwrap()
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Opens; a store that was just closed is given a moment.
    async fn open(&self, units: &[&str]) -> Host {
        let open = || {
            let hosting = units.iter().map(|unit| {
                let module: Box<dyn Module> = Box::new(Ledger::new(self.dir.path()));
                (unit.parse().unwrap(), self.identity(&format!("unit/{unit}")), module)
            });
            let hosting = hosting.collect();
            Host::open(&self.data(), &self.city, Config::default(), hosting, &self.clock)
        };
        let mut opened = open();
        let waiting = async {
            while opened.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                opened = open();
            }
        };
        let _late = tokio::time::timeout(PATIENCE, waiting).await;
        opened.unwrap()
    }

    async fn start(&self, units: &[&str]) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.serve(units, listener, &[]).await
    }

    async fn serve(
        &self,
        units: &[&str],
        listener: TcpListener,
        peers: &[(&str, SocketAddr)],
    ) -> Running {
        let host = self.open(units).await;
        let stores =
            units.iter().map(|unit| ((*unit).to_owned(), host.store(&unit.parse().unwrap())));
        let stores = stores.collect();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let tls = ServerTls::new(&self.identity("service/units")).unwrap();
        let nobody = Endpoint {
            address: "https://127.0.0.1:9".into(),
            server: "service/bus".parse().unwrap(),
        };
        let peers: BTreeMap<UnitId, Endpoint> =
            peers.iter().map(|(unit, at)| (unit.parse().unwrap(), endpoint(*at))).collect();
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            let limits = server::Limits::default();
            host.serve(listener, &tls, &limits, &nobody, peers, token).await
        });
        Running { address, stores, shutdown, task }
    }
}

fn endpoint(at: SocketAddr) -> Endpoint {
    Endpoint { address: format!("https://{at}"), server: "service/units".parse().unwrap() }
}

impl Running {
    fn channel(&self, town: &Town, party: &str) -> Channel {
        let limits = kit::client::Limits::default();
        connect_lazy(&town.identity(party), &endpoint(self.address), &limits).unwrap()
    }

    fn desk(&self, town: &Town, unit: &str) -> UnitServiceClient<Channel> {
        UnitServiceClient::new(self.channel(town, &format!("unit/{unit}")))
    }

    /// Puts a fact into a unit's mailbox, as the worker's.
    async fn hears(&self, unit: &str, number: u64, case: &str, fact: &Fact) {
        self.hears_from("service/worker", unit, number, case, fact).await;
    }

    async fn hears_from(&self, source: &str, unit: &str, number: u64, case: &str, fact: &Fact) {
        let subject = format!("case/wenshan/{case}");
        self.gets(source, unit, number, &subject, proto::fact::write(fact)).await;
    }

    /// Puts something into a unit's mailbox.
    async fn gets(
        &self,
        source: &str,
        unit: &str,
        number: u64,
        subject: &str,
        (kind, body): (String, Vec<u8>),
    ) {
        let envelope = Envelope {
            id: format!("{subject}/{number}").parse().unwrap(),
            source: source.parse().unwrap(),
            kind,
            subject: subject.to_owned(),
            time: NOW,
            recipient: Some(format!("unit/{unit}").parse().unwrap()),
            number,
            actor: None,
            on_behalf_of: None,
            traceparent: Some(TRACE.into()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body,
        };
        let received = Received {
            accepted_at_ms: NOW.0,
            envelope: Some(proto::envelope::to_wire(&envelope)),
            ..Received::default()
        };
        self.stores[unit].receive(vec![received]).await.unwrap();
    }

    fn records(&self, unit: &str) -> Vec<Record> {
        let records = self.stores[unit].records_after(0, 1_000).unwrap();
        records.into_iter().map(|(_, record)| record).collect()
    }

    /// What the outbox still holds.
    fn waiting(&self, unit: &str) -> Vec<Envelope> {
        let waiting =
            self.stores[unit].unpublished(Load::count(1_000), &Default::default()).unwrap();
        waiting.into_iter().map(|one| proto::envelope::from_wire(one.wire).unwrap()).collect()
    }

    /// Brings everything that one unit has for another, twice, as a bus may.
    async fn carry(&self, from: &str, to: &str) {
        let to_party = Some(format!("unit/{to}").parse().unwrap());
        let waiting = self.waiting(from).into_iter().filter(|one| one.recipient == to_party);
        let received = |envelope| Received {
            accepted_at_ms: NOW.0,
            envelope: Some(proto::envelope::to_wire(&envelope)),
            ..Received::default()
        };
        let received: Vec<Received> = waiting.map(received).collect();
        for _ in 0..2 {
            self.stores[to].receive(received.clone()).await.unwrap();
        }
    }

    async fn end(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// A call to a unit in a case that `lead` leads.
fn call(unit: &str, lead: &str, round: u32) -> Fact {
    Fact::Called(Called {
        round,
        unit: unit.parse().unwrap(),
        is_lead: unit == lead,
        lead: lead.parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "stalls on the pavement".into(),
        evidence: vec![],
        accept_within_ms: 1_000,
        arrive_within_ms: 2_000,
        dispose_within_ms: 3_000,
        working: vec![],
        by_proxy: false,
        community: "kaihua_dongfeng".parse().unwrap(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

fn rung(party: &str, round: u32) -> Rung {
    let duty = domain::case::Duty::Accept;
    Rung { round, party: party.parse().unwrap(), duty, due: NOW }
}

fn asks(request_id: &str) -> Option<Asks> {
    Some(Asks { request_id: request_id.into(), person: "li.na".into() })
}

fn reason(status: &Status) -> String {
    status::rejection(status).reason
}

/// Waits until it is so.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// A module with one register, one opinion and one check of its own.
struct Ledger(Vec<Register>);

impl Ledger {
    fn new(dir: &Path) -> Ledger {
        let schema = Schema {
            name: "plates",
            title_zh: "号牌",
            columns: &[("plate", Form::Text), ("flag", Form::Optional), ("source", Form::Text)],
        };
        let rows = "plate,flag,source\nA1,stolen,x\nA1,fast,x\nB2,,x\n";
        std::fs::write(dir.join("plates.csv"), rows).unwrap();
        Ledger(load(dir, &[schema]).unwrap())
    }
}

impl Module for Ledger {
    fn registers(&self) -> &[Register] {
        &self.0
    }

    fn opinion(&self, register: &str, key: &str, rows: &[Row], today: Day) -> String {
        format!("{register} {key} {} {today}", rows.len())
    }

    fn permit(&self, _: &str, purpose: &str) -> Result<(), Rejection> {
        if purpose == "curiosity" {
            return Err(Rejection::forbidden("PURPOSE_NOT_ALLOWED", "not for that"));
        }
        Ok(())
    }

    fn check(&self, _: &task::Task, command: &task::Command) -> Result<(), Rejection> {
        match command {
            task::Command::Declare { summary } if summary == "forbidden word" => {
                Err(Rejection::invalid("OWN_CHECK", "summary", "not so"))
            }
            _ => Ok(()),
        }
    }
}
