//! The whole worker: from the record to Temporal and back.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::case::{Fact, Stage};
use flows::{WhistleCase, policy::case_workflow};
use kit::{clock::Clock, stats::Stats};
use tempfile::TempDir;
use temporalio_common::protos::{
    coresdk::FromJsonPayloadExt as _,
    temporal::api::{
        common::v1::Header,
        history::v1::{HistoryEvent, history_event::Attributes},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use worker::{Config, Worker, cost, fold};

use super::{
    bus::{Bus, Record, TRACE},
    history::{Flow, events, own},
    pack::{self, unit},
    server::{self, Server},
    until::until,
};

/// A worker that runs.
struct Role {
    store: kit::store::Store<fold::Fold>,
    stop: CancellationToken,
    running: JoinHandle<Result<(), worker::Error>>,
}

fn config(temporal: SocketAddr) -> Config {
    Config {
        temporal_address: temporal.to_string(),
        reconcile_every: Duration::from_millis(500),
        ..Config::default()
    }
}

async fn run(data: &TempDir, bus: &Bus, temporal: SocketAddr) -> Role {
    let city = Arc::new(pack::wenshan());
    let (clock, stats) = (Clock::system(), Stats::default());
    let opened = RefCell::new(None);
    // The one before lets go of the journal only when its last hand is off it.
    until("the journal is free", async || {
        let (city, clock, stats) = (Arc::clone(&city), clock.clone(), stats.clone());
        *opened.borrow_mut() = Worker::open(data.path(), city, config(temporal), clock, stats).ok();
        opened.borrow().is_some()
    })
    .await;
    let worker = opened.take().unwrap();
    let store = worker.store().clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (identity, endpoint) = (bus.worker.clone(), bus.endpoint.clone());
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running =
        tokio::spawn(async move { worker.serve(listener, &identity, &endpoint, stopped).await });
    Role { store, stop, running }
}

impl Role {
    async fn end(self) {
        let Role { store, stop, running } = self;
        stop.cancel();
        running.await.unwrap().unwrap();
        drop(store);
    }

    fn stage(&self, case_id: &str) -> Option<Stage> {
        let kept = self.store.read(|tx| fold::kept(tx, &case_id.parse().unwrap())).unwrap();
        kept.map(|kept| kept.course.stage)
    }
}

fn work(record: &Record, case_id: &str) {
    for id in ["market_regulation", "enforcement"] {
        let (round, unit, party) = (1, unit(id), format!("unit/{id}"));
        let (summary, evidence) = (String::from("done"), vec![]);
        let say = |fact: Fact| record.say(&party, case_id, &fact);
        say(Fact::Accepted { round, unit: unit.clone() });
        say(Fact::Arrived { round, unit: unit.clone() });
        say(Fact::Disposed { round, unit: unit.clone(), summary: summary.clone(), evidence });
        if id == "enforcement" {
            say(Fact::Declared { round, unit, summary });
        }
    }
}

fn whistled(record: &Record, case_id: &str) {
    record.say("service/gateway", case_id, &Fact::Whistled(pack::whistle()));
}

async fn called(record: &Record, case_id: &str) {
    let last = format!("{case_id}/1/call/market_regulation/unit/market_regulation");
    until("the units are called", async || record.worker().contains(&last)).await;
}

async fn flow(server: &Server, case_id: &str) -> Flow {
    let id = case_workflow(&"wenshan".parse().unwrap(), &case_id.parse().unwrap());
    server.client().await.get_workflow_handle(id)
}

async fn seen(server: &Server, case_id: &str, stage: &str) {
    let flow = flow(server, case_id).await;
    until("the flow has seen it", async || {
        flow.query(WhistleCase::stage, (), Default::default()).await.is_ok_and(|seen| seen == stage)
    })
    .await;
}

/// The history of a case.
async fn written(server: &Server, case_id: &str) -> Vec<HistoryEvent> {
    events(&flow(server, case_id).await).await
}

/// The traces in the headers with which a flow was started and told, as tools beside Temporal see them.
async fn traces(server: &Server, case_id: &str) -> Vec<String> {
    let headers =
        written(server, case_id).await.into_iter().filter_map(|event| match event.attributes? {
            Attributes::WorkflowExecutionStartedEventAttributes(started) => started.header,
            Attributes::WorkflowExecutionSignaledEventAttributes(told) => told.header,
            _ => None,
        });
    let read = |header: Header| {
        let context = HashMap::<String, String>::from_json_payload(&header.fields["_tracer-data"]);
        context.unwrap()["traceparent"].clone()
    };
    headers.map(read).collect()
}

async fn confirmed(role: &Role, record: &Record, case_id: &str) {
    record.say("service/gateway", case_id, &Fact::Confirmed { round: 1, ratings: vec![] });
    until("it is closed", async || role.stage(case_id) == Some(Stage::Closed)).await;
}

fn plain(case_id: &str) -> Vec<String> {
    let steps = [
        "1/route",
        "1/call/enforcement/unit/enforcement",
        "1/call/market_regulation/unit/market_regulation",
        "1/close",
        "1/close/unit/enforcement",
        "1/close/unit/market_regulation",
    ];
    steps.map(|step| format!("{case_id}/{step}")).to_vec()
}

/// The writes, when they have not grown for longer than the server takes to show them.
async fn settled(server: &Server) -> u64 {
    let last = Cell::new((0, Instant::now()));
    until("the writes are settled", async || {
        let writes = cost::writes(server.metrics(), "default").await.unwrap();
        if writes != last.get().0 {
            last.set((writes, Instant::now()));
        }
        last.get().1.elapsed() > Duration::from_secs(3)
    })
    .await;
    last.get().0
}

#[tokio::test]
async fn a_case_goes_through_within_its_budget() {
    let (server, bus, data) = (server::own(&[]), Bus::on().await, TempDir::new().unwrap());
    let role = run(&data, &bus, server.address()).await;
    let cases = ["budget-1", "budget-2", "budget-3"];
    for case_id in cases {
        whistled(&bus.record, case_id);
        called(&bus.record, case_id).await;
        seen(&server, case_id, "called").await;
        work(&bus.record, case_id);
        seen(&server, case_id, "confirming").await;
        confirmed(&role, &bus.record, case_id).await;
        assert_eq!(
            traces(&server, case_id).await,
            vec![TRACE; 3],
            "of its start and its milestones"
        );
    }
    let all: Vec<String> = cases.iter().flat_map(|case_id| plain(case_id)).collect();
    assert_eq!(bus.record.worker(), all);
    let config = config(server.address());
    until("all are closed in Temporal", async || cost::closed(&config).await.unwrap().cases == 3)
        .await;
    let closed = cost::closed(&config).await.unwrap();
    let writes = settled(&server).await;
    println!("{writes} writes and {} events for 3 cases", closed.events);
    let (mut all, mut own_all) = (0, 0);
    for case_id in cases {
        let events = written(&server, case_id).await;
        (all, own_all) = (all + events.len() as u64, own_all + own(&events));
    }
    assert_eq!(closed.events, all);
    assert!(own_all <= 18 * 3, "{own_all} events but for workflow tasks");
    // Each write has two events at least.
    assert!(writes > 0 && writes <= all / 2, "{writes} writes");
    role.end().await;
}

#[tokio::test]
async fn all_open_cases_resume_when_the_database_of_temporal_is_gone() {
    let (bus, data) = (Bus::on().await, TempDir::new().unwrap());
    let first = server::own(&[]);
    let address = first.address();
    let role = run(&data, &bus, address).await;
    for case_id in ["gone-1", "gone-2"] {
        whistled(&bus.record, case_id);
        called(&bus.record, case_id).await;
    }
    drop(first);
    // What happens meanwhile is folded, and told when there is somebody to tell.
    work(&bus.record, "gone-1");
    until("it is folded", async || role.stage("gone-1") == Some(Stage::Confirming)).await;
    let second = server::again(address.port());
    seen(&second, "gone-1", "confirming").await;
    seen(&second, "gone-2", "called").await;
    confirmed(&role, &bus.record, "gone-1").await;
    work(&bus.record, "gone-2");
    until("it is confirming", async || role.stage("gone-2") == Some(Stage::Confirming)).await;
    confirmed(&role, &bus.record, "gone-2").await;
    let mut sent = bus.record.worker();
    let mut all = [plain("gone-1"), plain("gone-2")].concat();
    sent.sort();
    all.sort();
    assert_eq!(sent, all);
    role.end().await;
}

#[tokio::test]
async fn a_worker_that_is_restarted_goes_on_and_says_nothing_twice() {
    let (server, bus, data) = (server::own(&[]), Bus::on().await, TempDir::new().unwrap());
    let role = run(&data, &bus, server.address()).await;
    whistled(&bus.record, "again");
    called(&bus.record, "again").await;
    role.end().await;
    work(&bus.record, "again");
    let role = run(&data, &bus, server.address()).await;
    until("it is confirming", async || role.stage("again") == Some(Stage::Confirming)).await;
    confirmed(&role, &bus.record, "again").await;
    assert_eq!(bus.record.worker(), plain("again"));
    role.end().await;
}

#[tokio::test]
async fn a_bus_that_is_away_delays_a_step_and_loses_none() {
    let (server, mut bus, data) = (server::own(&[]), Bus::on().await, TempDir::new().unwrap());
    let role = run(&data, &bus, server.address()).await;
    whistled(&bus.record, "away");
    called(&bus.record, "away").await;
    work(&bus.record, "away");
    seen(&server, "away", "confirming").await;
    bus.switch_off().await;
    bus.switch_on().await;
    bus.record.refuse(true);
    bus.record.say("service/gateway", "away", &Fact::Confirmed { round: 1, ratings: vec![] });
    let flow = server.client().await.get_workflow_handle::<WhistleCase>("case/wenshan/away");
    // It has given up trying at once, and tries without end.
    until("the step waits", async || {
        let described = flow.describe(Default::default()).await.unwrap();
        !described.raw().pending_activities.is_empty()
    })
    .await;
    assert_eq!(role.stage("away"), Some(Stage::Confirming));
    bus.record.refuse(false);
    until("it is closed", async || role.stage("away") == Some(Stage::Closed)).await;
    assert_eq!(bus.record.worker(), plain("away"));
    role.end().await;
}

#[tokio::test]
async fn without_temporal_it_follows_and_ends_when_it_is_told_to() {
    let (bus, data) = (Bus::on().await, TempDir::new().unwrap());
    // Nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let role = run(&data, &bus, closed).await;
    whistled(&bus.record, "alone");
    until("it is folded", async || role.stage("alone") == Some(Stage::Raised)).await;
    role.end().await;
}

#[tokio::test]
async fn it_runs_as_nobody_else() {
    let (bus, data) = (Bus::on().await, TempDir::new().unwrap());
    let city = Arc::new(pack::wenshan());
    let config = Config::default();
    let worker = Worker::open(data.path(), city, config, Clock::system(), Stats::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = CancellationToken::new();
    let other = bus.other();
    let refused = worker.unwrap().serve(listener, &other, &bus.endpoint, stop).await;
    assert!(matches!(refused, Err(worker::Error::Identity(_))), "{refused:?}");
}

#[tokio::test]
async fn a_merged_case_ends_its_flow_and_its_units_are_told() {
    let (server, bus, data) = (server::own(&[]), Bus::on().await, TempDir::new().unwrap());
    let role = run(&data, &bus, server.address()).await;
    whistled(&bus.record, "twin");
    called(&bus.record, "twin").await;
    seen(&server, "twin", "called").await;
    let merged = Fact::Merged {
        into: "kept".parse().unwrap(),
        confirmed_by: "office/leading_group_office".parse().unwrap(),
        note: String::new(),
    };
    bus.record.say("service/gateway", "twin", &merged);
    until("it is closed", async || role.stage("twin") == Some(Stage::Closed)).await;
    assert_eq!(bus.record.worker(), plain("twin"));
    let flow = server.client().await.get_workflow_handle::<WhistleCase>("case/wenshan/twin");
    let ended = flow.get_result(Default::default()).await.unwrap();
    assert_eq!(ended.outcome, Some(domain::case::Outcome::Merged));
    role.end().await;
}
