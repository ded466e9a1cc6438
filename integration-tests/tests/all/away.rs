//! A unit's service is down for three days; calls of many cases pile up, and the bus is killed again
//! and again meanwhile. Back, it gets all of them, in order per case, each once.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    case::{
        Duty,
        fact::{Called, Fact, Rung},
    },
    moment::Moment,
    party::Party,
};
use kit::{identity::ServerTls, outbox, server};
use prost::Message as _;
use proto::{
    record::Record,
    unit::{ListTasksRequest, unit_service_client::UnitServiceClient},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    lone::Lone,
    program::root,
    talk::{self, Word, until},
};

const UNIT: &str = "housing";
/// How many cases begin every eight hours, and how often.
const CASES: u32 = 40;
const WATCHES: u32 = 9;
const WATCH: Duration = Duration::from_secs(8 * 3_600);

fn word(case: u32, fact: &Fact) -> Word {
    let to: Party = format!("unit/{UNIT}").parse().unwrap();
    let subject = format!("case/wenshan/c{case}");
    Word { to, subject, body: proto::fact::write(fact), priority: 0 }
}

fn call(case: u32) -> Word {
    let called = Called {
        round: 1,
        unit: UNIT.parse().unwrap(),
        is_lead: true,
        lead: UNIT.parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: format!("matter {case}"),
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
    };
    word(case, &Fact::Called(called))
}

/// What is said in a watch: the cases that begin are called, those that wait are urged.
fn words(watch: u32) -> Vec<Word> {
    let begun = (0..CASES).map(|case| call(watch * CASES + case));
    let urged = (0..watch * CASES).map(|case| {
        let party = format!("unit/{UNIT}").parse().unwrap();
        let due = Moment(i64::from(watch));
        word(case, &Fact::Urged(Rung { round: 1, party, duty: Duty::Accept, due }))
    });
    begun.chain(urged.filter(|_| watch.is_multiple_of(2))).collect()
}

/// The service of the unit, with what it keeps in this folder.
struct Service {
    stop: CancellationToken,
    task: JoinHandle<Result<(), unit::Error>>,
    address: String,
}

impl Service {
    async fn start(bus: &Lone) -> Service {
        let city = muster::pack::load(&root().join("deploy/cities/wenshan")).unwrap();
        let identity = bus.identity(&format!("unit/{UNIT}"));
        let module: Box<dyn unit::Module> = Box::new(unit::Generic);
        let hosting = vec![(UNIT.parse().unwrap(), identity, module)];
        let (data, clock) = (bus.below("units"), bus.clock());
        let host = unit::Host::open(&data, &city, unit::Config::default(), hosting, &clock);
        let host = host.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let tls = ServerTls::new(&bus.identity("service/units")).unwrap();
        let (stop, to) = (CancellationToken::new(), bus.endpoint());
        let shutdown = stop.clone();
        let task = tokio::spawn(async move {
            let limits = server::Limits::default();
            host.serve(listener, &tls, &limits, &to, BTreeMap::new(), shutdown).await
        });
        Service { stop, task, address }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// All that the unit has in its journal: number and subject, in the order in which it came.
async fn received(bus: &Lone) -> Vec<(u64, String)> {
    let dir = bus.below("units").join(UNIT).join("journal");
    let mut journal = None;
    until("its journal is let go of", async || {
        journal = journal::Journal::open(&dir, journal::Options::default()).ok();
        journal.is_some()
    })
    .await;
    let bodies = journal.as_ref().unwrap().scan(1).map(|found| found.unwrap().body);
    let records = bodies.map(|body| Record::decode(body.as_ref()).unwrap());
    let received = records.flat_map(|record| record.received);
    let read = received.map(|one| proto::envelope::from_wire(one.envelope.unwrap()).unwrap());
    read.map(|one| (one.number, one.subject)).collect()
}

/// One after the other of each case, and each once.
fn check(received: &[(u64, String)], count: usize) {
    let mut numbers: Vec<u64> = received.iter().map(|(number, _)| *number).collect();
    let mut last = BTreeMap::<&str, u64>::new();
    for (number, subject) in received {
        let before = last.insert(subject, *number).unwrap_or(0);
        assert!(before < *number, "{subject}: {number} came after {before}");
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=count as u64).collect::<Vec<_>>(), "each once, and nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_days_of_calls_come_in_order_per_case_and_each_once_when_the_unit_is_back() {
    let mut bus = Lone::new();
    bus.start();
    let sender = talk::open(&bus.below("roles"), "service/worker");
    let end = CancellationToken::new();
    let (worker, line) = (bus.identity("service/worker"), bus.line("service/worker"));
    let sending = tokio::spawn(outbox::run(sender.clone(), worker, line, end.clone()));
    let is_sent = async || !sender.outstanding().unwrap().is_unpublished;
    let mut count = 0;
    for watch in 0..WATCHES {
        let words = words(watch);
        count += words.len();
        let mut rest = words.into_iter().peekable();
        while rest.peek().is_some() {
            sender.tell(rest.by_ref().take(50).collect()).await.unwrap();
        }
        if watch % 3 == 1 {
            bus.kill();
            bus.pass(WATCH);
            bus.start();
        } else {
            bus.pass(WATCH);
            until("the bus has it", is_sent).await;
        }
    }
    until("the bus has all", is_sent).await;
    let waiting = bus.mailboxes().await;
    let own = waiting.iter().find(|one| one.party == format!("unit/{UNIT}")).unwrap();
    assert_eq!((own.depth, own.parked), (count as u64, 0), "nothing is lost or given up");
    assert!(own.is_overdue, "and it is seen that somebody is away");

    // It comes back, the bus is killed once more, and another day passes in the middle of it.
    let service = Service::start(&bus).await;
    let is_less = async || bus.mailboxes().await.iter().all(|one| one.depth < count as u64);
    until("it is taken up", is_less).await;
    bus.kill();
    bus.pass(3 * WATCH);
    bus.start();
    until("everybody has everything", async || !sender.outstanding().unwrap().is_unsettled).await;
    let line = kit::client::connect_lazy(
        &bus.identity(&format!("unit/{UNIT}")),
        &kit::client::Endpoint {
            address: service.address.clone(),
            server: "service/units".parse().unwrap(),
        },
        &kit::client::Limits::default(),
    );
    let mut desk = UnitServiceClient::new(line.unwrap());
    let tasks = desk.list_tasks(ListTasksRequest::default()).await.unwrap().into_inner().tasks;
    assert!(!tasks.is_empty(), "its people see what is to be done");
    service.stop().await;
    end.cancel();
    sending.await.unwrap();
    check(&received(&bus).await, count);
    let waiting = bus.mailboxes().await;
    assert!(waiting.iter().all(|one| (one.depth, one.parked) == (0, 0)), "{waiting:?}");
}
