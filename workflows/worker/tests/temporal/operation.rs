//! The flow of a joint operation on the real server, with days that pass at once, activities that can
//! be told to fail, and units that can be away.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use domain::{
    clock::Pace,
    id::UnitId,
    operation::{
        Area, Crew, Ending, Fact, Need, Operation, Plan, Receipts, Stage, Step, decide, limits,
    },
    pack::{City, Limits},
    registry::Registry,
};
use flows::{
    JointOperation,
    activities::{
        LookOperation, LookOperationContract, OperationPicture, SendOperationContract,
        SendOperationSteps,
    },
    heard::Milestone,
    operation::{Ended, OperationInput},
};
use temporalio_client::{Client, WorkflowHandle, WorkflowStartOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::operations::{self, Known};

use super::{
    forward::forward,
    history::{count, keep, names, own},
    pack,
    server::{self, Server},
    thread,
    told::told,
    trouble::{Trouble, not_now, now},
    until::until,
};

const HOUR: u64 = 3_600;
const UNITS: [&str; 3] = ["public_security", "enforcement", "transport"];

/// One operation in memory, and what was asked about it.
struct One {
    city: City,
    operation: Operation,
    receipts: Receipts,
    /// Whom nothing reaches.
    away: BTreeSet<UnitId>,
    /// The names of the steps that took effect.
    sent: Vec<String>,
    trouble: Trouble,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<One>>);

/// In a day, for five hours; units have an hour to answer, and police is a must.
fn plan() -> Plan {
    let need = |unit: &str| Need {
        unit: pack::unit(unit),
        people: 1,
        vehicles: 0,
        powers: vec![],
        is_must: unit == "public_security",
    };
    let from = now() + Duration::from_secs(24 * HOUR);
    Plan {
        kind: Some("muck_trucks".parse().unwrap()),
        coordinator: "office/command_hq_office".parse().unwrap(),
        goal: "the river road".into(),
        area: Area { grids: vec!["DF-SY-001".parse().unwrap()], subdistricts: vec![] },
        from,
        to: from + Duration::from_secs(5 * HOUR),
        needs: UNITS.map(need).to_vec(),
        quorum: 2,
        within_ms: HOUR * 1_000,
        pace: Pace::Around,
        repeat: None,
        series: None,
        occurrence: 1,
    }
}

impl Desk {
    fn new(id: &str) -> Desk {
        let planned = Fact::Planned(plan());
        let operation = Operation::begin(id.parse().unwrap(), &planned, now()).unwrap();
        Desk(Arc::new(Mutex::new(One {
            city: pack::city("dengfeng"),
            operation,
            receipts: Receipts::default(),
            away: BTreeSet::new(),
            sent: vec![],
            trouble: Trouble::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, One> {
        self.0.lock().unwrap()
    }
}

impl One {
    fn limits(&self) -> Limits {
        limits(&self.city, "standard", &self.operation, vec![])
    }

    fn picture(&self) -> OperationPicture {
        let (operation, receipts) = (self.operation.outline(), self.receipts.clone());
        OperationPicture { operation, receipts, limits: self.limits() }
    }

    fn perform(&mut self, step: &Step) {
        if !operations::is_wanted(&self.operation, step) {
            return;
        }
        let limits = self.limits();
        let known = Known {
            city: &self.city,
            operation: &self.operation,
            receipts: &self.receipts,
            limits: &limits,
            registry: &|_| Registry::default(),
            traceparent: None,
        };
        self.sent.push(step.name());
        for outgoing in known.envelopes(step) {
            let fact = proto::operate::read(&outgoing.kind, &outgoing.body).unwrap().unwrap();
            self.arrives(&fact);
            self.operation.apply(&fact, now());
        }
    }

    /// What is for a unit that is not away is in its journal.
    fn arrives(&mut self, fact: &Fact) {
        let (unit, list) = match fact {
            Fact::Invited { need, .. } => (&need.unit, &mut self.receipts.invited),
            Fact::ReleaseAsked { unit } => (unit, &mut self.receipts.released),
            _ => return,
        };
        if !self.away.contains(unit) {
            list.insert(unit.clone());
        }
    }

    fn is_due(&self) -> bool {
        let todo = decide(&self.operation, &self.receipts, &self.limits(), now());
        !todo.steps.is_empty() || self.operation.is_closed()
    }
}

struct Hands(Desk);

#[activities]
impl Hands {
    #[activity(definition = LookOperationContract)]
    async fn look(
        self: Arc<Self>,
        _ctx: ActivityContext,
        _input: LookOperation,
    ) -> Result<OperationPicture, ActivityError> {
        let mut one = self.0.lock();
        if one.trouble.comes() { Err(not_now()) } else { Ok(one.picture()) }
    }

    #[activity(definition = SendOperationContract)]
    async fn send(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SendOperationSteps,
    ) -> Result<OperationPicture, ActivityError> {
        let mut one = self.0.lock();
        let fails = one.trouble.comes();
        if fails && !one.trouble.is_answer_lost {
            return Err(not_now());
        }
        for step in one.trouble.steps(&input.steps) {
            one.perform(step);
        }
        if fails { Err(not_now()) } else { Ok(one.picture()) }
    }
}

/// An operation on its way.
struct Story {
    server: Arc<Server>,
    desk: Desk,
    client: Client,
    flow: WorkflowHandle<Client, JointOperation>,
    queue: String,
    id: String,
    kill: CancellationToken,
}

impl Drop for Story {
    fn drop(&mut self) {
        self.kill.cancel();
    }
}

impl Story {
    async fn begin(name: &str, prepare: impl FnOnce(&Desk)) -> Story {
        let (server, desk) = (server::shared(), Desk::new(name));
        prepare(&desk);
        let queue = format!("queue-operation-{name}");
        let kill = run(&server, &queue, &desk);
        let client = server.client().await;
        let operation = desk.lock().operation.id.clone();
        let id = format!("operation/dengfeng/{operation}");
        let options = WorkflowStartOptions::new(queue.clone(), id.clone()).build();
        let input = OperationInput::of(&operation);
        client.start_workflow(JointOperation::run, input, options).await.unwrap();
        let flow = client.get_workflow_handle(id.clone());
        Story { server, desk, client, flow, queue, id, kill }
    }

    /// Something happens, and the flow is told where there is something for it to do.
    async fn happens(&self, name: &str, change: impl FnOnce(&mut One)) {
        let is_due = {
            let mut one = self.desk.lock();
            change(&mut one);
            one.is_due()
        };
        if is_due {
            let mark = Milestone { id: name.to_owned(), name: "test".into() };
            told(self.flow.signal(JointOperation::milestone, mark, Default::default()).await);
        }
    }

    async fn says(&self, name: &str, fact: Fact) {
        self.happens(name, |one| assert!(one.operation.apply(&fact, now()), "{fact:?}")).await;
    }

    async fn comes(&self, unit: &str) {
        let crew = Crew { people: vec!["p-1".parse().unwrap()], ..Crew::default() };
        self.says(unit, Fact::Confirmed { unit: pack::unit(unit), crew }).await;
    }

    async fn ends(&self, how: Ending) {
        let by = "office/command_hq_office".parse().unwrap();
        self.says("end", Fact::Ended { how, by, reason: "rain".into(), is_series: false }).await;
    }

    /// Waits until the flow has seen it at that stage, with nothing to do.
    async fn rests(&self, stage: Stage) {
        until("the flow rests there", async || {
            let seen = self.flow.query(JointOperation::picture, (), Default::default()).await;
            let is_due = self.desk.lock().is_due();
            let is_there = |picture: OperationPicture| picture.operation.stage() == stage;
            !is_due && seen.ok().flatten().is_some_and(is_there)
        })
        .await;
    }

    async fn ended(&self) -> Ended {
        self.flow.get_result(Default::default()).await.unwrap()
    }
}

/// Runs the flows of a queue on a thread, until it is killed.
fn run(server: &Server, queue: &str, desk: &Desk) -> CancellationToken {
    let (queue, desk) = (queue.to_owned(), desk.clone());
    let options = move || {
        WorkerOptions::new(queue)
            .register_workflow::<JointOperation>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    thread::run(server.address(), options).0
}

const DONE: Ended = Ended { has_begun: true, members: 3 };

/// All come; it begins; it is stopped; all let go.
async fn plain(story: &Story) {
    story.rests(Stage::Calling).await;
    for unit in UNITS {
        story.comes(unit).await;
    }
    story.rests(Stage::Started).await;
    story.ends(Ending::Stopped).await;
    assert_eq!(story.ended().await, DONE);
}

/// What was sent: each once, the undo before what it undoes.
fn check(story: &Story, name: &str) {
    let right = [
        "register/enforcement,public_security,transport",
        "invite/enforcement",
        "invite/public_security",
        "invite/transport",
        "start",
        "brief/enforcement",
        "brief/public_security",
        "brief/transport",
        "release/enforcement",
        "release/public_security",
        "release/transport",
        "released/enforcement,public_security,transport",
        "summary",
    ];
    assert_eq!(story.desk.lock().sent, right, "{name}");
}

#[tokio::test]
async fn an_operation_is_called_begun_ended_and_let_go_at_few_events() {
    let story = Story::begin("operation-plain", |_| {}).await;
    plain(&story).await;
    check(&story, "operation-plain");
    let history = story.flow.fetch_history(Default::default()).into_events().await.unwrap();
    assert!(own(&history) <= 20, "{}\n{}", own(&history), names(&history));
    assert_eq!(count(&history, EventType::ActivityTaskScheduled), 0);
    assert_eq!(count(&history, EventType::TimerFired), 0);
}

#[tokio::test]
async fn a_fault_at_any_step_is_overcome_and_nothing_is_sent_twice() {
    // look, register, call, look, begin, brief, look, release, note, sum up: each fails twice in its
    // turn, before its work and after.
    for after in 0..10 {
        for is_answer_lost in [false, true] {
            let name = format!("operation-fault-{after}-{is_answer_lost}");
            let story = Story::begin(&name, |desk| {
                let mut one = desk.lock();
                (one.trouble.faults, one.trouble.is_answer_lost) =
                    (Some((after, 2)), is_answer_lost);
            })
            .await;
            plain(&story).await;
            check(&story, &name);
            assert_eq!(story.desk.lock().trouble.faults, Some((after, 0)), "the fault came");
        }
    }
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let story = Story::begin("operation-twice", |desk| desk.lock().trouble.is_twice = true).await;
    plain(&story).await;
    check(&story, "operation-twice");
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let mut story = Story::begin("operation-killed", |_| {}).await;
    story.rests(Stage::Calling).await;
    story.kill.cancel();
    for unit in UNITS {
        story.comes(unit).await;
    }
    story.kill = run(&story.server, &story.queue, &story.desk);
    story.rests(Stage::Started).await;
    story.kill.cancel();
    story.ends(Ending::Stopped).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    assert_eq!(story.ended().await, DONE);
    check(&story, "operation-killed");
}

/// Transport is away from the beginning; it lets go weeks later.
async fn away(name: &str) -> Story {
    let gone = pack::unit("transport");
    let story = Story::begin(name, |desk| desk.lock().away.extend([gone.clone()])).await;
    story.rests(Stage::Calling).await;
    story.comes("public_security").await;
    story.comes("enforcement").await;
    forward(&story.client, &story.id, "limit", 2 * HOUR).await;
    story.rests(Stage::Started).await;
    let missed = story.desk.lock().operation.members[&gone].missed;
    assert_eq!(missed, Some(domain::operation::Missed::NotReached));
    story.ends(Ending::Aborted).await;
    story.rests(Stage::Ended).await;
    forward(&story.client, &story.id, "weeks", 24 * 30 * HOUR).await;
    until("summed up without it", async || story.desk.lock().operation.summary.is_some()).await;
    story.rests(Stage::Ended).await;
    story.happens("back", |one| one.receipts.released.extend([gone])).await;
    story.ended().await;
    let sent = story.desk.lock().sent.clone();
    assert_eq!(sent.iter().filter(|step| step.starts_with("release/")).count(), 3, "{sent:?}");
    assert_eq!(sent.iter().filter(|step| *step == "summary").count(), 1, "{sent:?}");
    story
}

#[tokio::test]
async fn it_begins_without_who_is_away_and_waits_for_its_release_without_end() {
    away("operation-away").await;
}

#[tokio::test]
async fn without_a_quorum_it_is_over_when_its_time_is_and_everybody_lets_go() {
    let story = Story::begin("operation-none", |_| {}).await;
    story.rests(Stage::Calling).await;
    story.comes("enforcement").await;
    forward(&story.client, &story.id, "limit", 2 * HOUR).await;
    until("told", async || story.desk.lock().operation.is_assessed).await;
    forward(&story.client, &story.id, "over", 48 * HOUR).await;
    assert_eq!(story.ended().await, Ended { has_begun: false, members: 1 });
    let how = story.desk.lock().operation.ended.as_ref().unwrap().how;
    assert_eq!(how, Ending::NoQuorum);
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record_operation() {
    let story = away("operation-recorded").await;
    keep(&story.flow, "joint_operation_away.pb").await;
}
