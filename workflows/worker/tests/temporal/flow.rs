//! The flow of a case, with activities that can be told to fail.

use std::sync::Arc;

use domain::{
    case::{Fact, Outcome, Stage},
    pack::{Limit, Limits},
};
use flows::{
    WhistleCase, policy,
    whistle::{CaseInput, Ended, Milestone},
};
use futures::StreamExt as _;
use temporalio_client::{
    Client, UntypedSignal, UntypedWorkflow, WorkflowStartOptions, errors::WorkflowGetResultError,
};
use temporalio_common::{
    data_converters::{PayloadConverter, RawValue},
    protos::temporal::api::enums::v1::EventType,
};

use super::{
    desk::{self, Desk, Running},
    forward,
    history::{Flow, count, events, names, own, replay},
    pack::unit,
    server::{self, Server},
    told::told,
    until::until,
};

/// A case on its way.
pub struct Story {
    pub server: Arc<Server>,
    pub desk: Desk,
    pub client: Client,
    pub flow: Flow,
    pub queue: String,
    pub worker: Option<Running>,
}

impl Story {
    /// A case with limits that nobody reaches.
    pub async fn begin(name: &str) -> Story {
        Story::with(name, server::shared(), desk::long(), |_| {}).await
    }

    pub async fn with(
        name: &str,
        server: Arc<Server>,
        limits: Limits,
        prepare: impl FnOnce(&Desk),
    ) -> Story {
        let desk = Desk::new(name, limits);
        prepare(&desk);
        let queue = format!("queue-{name}");
        let worker = Some(desk::run(server.address(), &queue, &desk));
        let client = server.client().await;
        let options = WorkflowStartOptions::new(queue.clone(), format!("case/wenshan/{name}"));
        let input = CaseInput::of(desk.case_id());
        client.start_workflow(WhistleCase::run, input, options.build()).await.unwrap();
        let flow = client.get_workflow_handle(format!("case/wenshan/{name}"));
        Story { server, desk, client, flow, queue, worker }
    }

    pub async fn called(&self) {
        until("the units are called", async || self.desk.has_sent("call/market_regulation")).await;
    }

    /// The worker dies, with whatever it had in its hands.
    pub fn kill(&mut self) {
        self.worker = None;
    }

    /// Another takes its place.
    pub fn revive(&mut self) {
        self.worker = Some(desk::run(self.server.address(), &self.queue, &self.desk));
    }

    pub async fn tell(&self, id: &str) {
        let mark = Milestone { id: id.into(), name: "test".into() };
        told(self.flow.signal(WhistleCase::milestone, mark, Default::default()).await);
    }

    async fn worked(&self) {
        self.desk.work("market_regulation");
        self.desk.work("enforcement");
        assert_eq!(self.desk.lock().case.course.stage, Stage::Confirming);
        self.tell("declared").await;
    }

    pub async fn confirmed(&self) -> Ended {
        let round = self.desk.lock().case.course.round;
        self.desk.say(&Fact::Confirmed { round, ratings: vec![] });
        self.tell("confirmed").await;
        self.flow.get_result(Default::default()).await.unwrap()
    }

    /// From the whistle to the closing.
    pub async fn plain(&self) -> Ended {
        self.called().await;
        until("the flow rests", async || self.stage().await == "called").await;
        self.worked().await;
        until("the flow has seen it", async || self.stage().await == "confirming").await;
        self.confirmed().await
    }

    pub async fn stage(&self) -> String {
        self.flow.query(WhistleCase::stage, (), Default::default()).await.unwrap_or_default()
    }

    pub async fn count(&self, kind: EventType) -> usize {
        count(&events(&self.flow).await, kind)
    }
}

const PLAIN: [&str; 6] = [
    "1/route",
    "1/call/enforcement/unit/enforcement",
    "1/call/market_regulation/unit/market_regulation",
    "1/close",
    "1/close/unit/enforcement",
    "1/close/unit/market_regulation",
];

fn assert_plain(story: &Story, ended: &Ended) {
    let outcome = Some(Outcome::Confirmed);
    assert_eq!(*ended, Ended { round: 1, outcome });
    let id = story.desk.case_id();
    let expected = PLAIN.map(|step| format!("{id}/{step}"));
    assert_eq!(story.desk.lock().sent, expected);
}

#[tokio::test]
async fn the_plain_whistle_takes_few_events_and_leaks_no_timer() {
    let story = Story::begin("plain").await;
    let ended = story.plain().await;
    assert_plain(&story, &ended);
    let events = events(&story.flow).await;
    assert!(own(&events) <= 18, "{}\n{}", own(&events), names(&events));
    assert_eq!(count(&events, EventType::ActivityTaskScheduled), 0);
    assert_eq!(count(&events, EventType::TimerFired), 0);
    let (started, cancelled) =
        (count(&events, EventType::TimerStarted), count(&events, EventType::TimerCanceled));
    assert_eq!((started, cancelled), (1, 1), "{}", names(&events));
    assert_eq!(replay(events).await, Ok(()));
}

#[tokio::test]
async fn a_fault_at_any_step_is_overcome_and_nothing_is_sent_twice() {
    // look, route, call, look, look, close: each fails twice in its turn.
    for after in 0..6 {
        let name = format!("fault-{after}");
        let fail = |desk: &Desk| desk.lock().faults = Some((after, 2));
        let story = Story::with(&name, server::shared(), desk::long(), fail).await;
        let ended = story.plain().await;
        assert_eq!(story.desk.lock().faults, Some((after, 0)), "the fault came");
        assert_plain(&story, &ended);
    }
}

#[tokio::test]
async fn what_does_not_work_at_once_is_tried_without_end() {
    let fail = |desk: &Desk| desk.lock().is_local_broken = true;
    let story = Story::with("remote", server::shared(), desk::long(), fail).await;
    until("the look is remote", async || story.desk.lock().looks > 0).await;
    story.desk.lock().is_local_broken = false;
    let ended = story.plain().await;
    assert_plain(&story, &ended);
    assert!(story.count(EventType::ActivityTaskScheduled).await >= 1);
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let twice = |desk: &Desk| desk.lock().is_twice = true;
    let story = Story::with("twice", server::shared(), desk::long(), twice).await;
    let ended = story.plain().await;
    assert_plain(&story, &ended);
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let mut story = Story::begin("killed").await;
    story.called().await;
    story.kill();
    story.worked().await;
    story.revive();
    until("the flow has seen it", async || story.stage().await == "confirming").await;
    let ended = story.confirmed().await;
    assert_plain(&story, &ended);
}

#[tokio::test]
async fn a_repeated_milestone_wakes_nobody_and_poison_is_passed_over() {
    let story = Story::begin("poison").await;
    story.called().await;
    until("the flow rests", async || story.stage().await == "called").await;
    let looks = story.desk.lock().looks;
    story.tell("once").await;
    until("it has looked", async || story.desk.lock().looks == looks + 1).await;
    story.tell("once").await;
    let untyped = story.client.get_workflow_handle::<UntypedWorkflow>("case/wenshan/poison");
    let converter = PayloadConverter::default();
    let send = async |name: &str, value: serde_json::Value| {
        let value = RawValue::from_value(&value, &converter);
        untyped.signal(UntypedSignal::new(name), value, Default::default()).await.unwrap();
    };
    send("no_such_signal", serde_json::json!(1)).await;
    assert_eq!(story.stage().await, "called");
    assert_eq!(story.desk.lock().looks, looks + 1);
    let poison = [
        serde_json::json!(null),
        serde_json::json!(42),
        serde_json::json!(["x"]),
        serde_json::json!({"id": {"deep": 1}, "name": 7}),
    ];
    for value in poison {
        send("milestone", value).await;
    }
    until("poison makes it look", async || story.desk.lock().looks > looks + 1).await;
    let ended = story.plain().await;
    assert_plain(&story, &ended);
    let events = events(&story.flow).await;
    let failed = count(&events, EventType::WorkflowTaskFailed);
    assert_eq!(failed, 0, "{events:#?}");
}

#[tokio::test]
async fn an_input_that_names_no_case_ends_the_flow_and_does_not_jam_it() {
    let story = Story::begin("input").await;
    story.called().await;
    let converter = PayloadConverter::default();
    let options = WorkflowStartOptions::new(story.queue.clone(), "case/wenshan/none".to_owned());
    let workflow = UntypedWorkflow::new("WhistleCase");
    let input = RawValue::from_value(&serde_json::json!([1, 2]), &converter);
    let flow = story.client.start_workflow(workflow, input, options.build()).await.unwrap();
    let ended = flow.get_result(Default::default()).await;
    assert!(matches!(ended, Err(WorkflowGetResultError::Failed(_))), "{:?}", ended.err());
    let ended = story.plain().await;
    assert_plain(&story, &ended);
}

#[tokio::test]
async fn a_cancelled_flow_ends_and_urges_nobody() {
    let soon = Limit { within_ms: 600_000, remind_before_ms: 300_000, ..Limit::default() };
    let story = Story::with("cancel", server::shared(), desk::every(soon), |_| {}).await;
    story.called().await;
    until("the flow rests", async || story.stage().await == "called").await;
    story.flow.cancel(Default::default()).await.unwrap();
    let ended = story.flow.get_result(Default::default()).await;
    assert!(matches!(ended, Err(WorkflowGetResultError::Cancelled { .. })), "{:?}", ended.err());
    assert!(!story.desk.has_sent("remind") && !story.desk.has_sent("urge"));
    assert_eq!(story.count(EventType::WorkflowExecutionCanceled).await, 1);
}

#[tokio::test]
async fn what_moves_nothing_is_not_repeated_without_rest() {
    let deaf = |desk: &Desk| desk.lock().is_deaf = true;
    let story = Story::with("deaf", server::shared(), desk::long(), deaf).await;
    until("the flow rests", async || story.count(EventType::TimerStarted).await == 1).await;
    // One look and one step; then it waits for the timer.
    assert_eq!(story.desk.lock().done, 2);
    story.desk.lock().is_deaf = false;
    story.tell("listen").await;
    let ended = story.plain().await;
    assert_plain(&story, &ended);
}

#[tokio::test]
async fn a_case_is_found_by_its_attributes() {
    let story = Story::begin("found").await;
    story.called().await;
    let found = async |query: &str| {
        let query = format!("WorkflowId = 'case/wenshan/found' AND {query}");
        let mut list = story.client.list_workflows(query, Default::default());
        matches!(list.next().await, Some(Ok(_)))
    };
    let called = "MusterStage = 'called' AND MusterUnits = 'enforcement' AND MusterRound = 1 \
                  AND MusterOwner = 'unit/enforcement' AND MusterDueAt > '2026-01-01T00:00:00Z'";
    until("it is called", async || found(called).await).await;
    story.worked().await;
    until("it is confirming", async || found("MusterStage = 'confirming'").await).await;
    story.confirmed().await;
    let closed = "MusterStage = 'closed' AND ExecutionStatus = 'Completed'";
    until("it is closed", async || found(closed).await).await;
}

/// Moves the flow's own clock on.
pub async fn forward(story: &Story, id: &str, seconds: u64) {
    let flow = &story.flow.info().workflow_id;
    forward::forward(&story.client, flow, id, seconds).await;
}

#[tokio::test]
async fn only_the_late_one_is_reminded_and_then_urged() {
    let story = Story::begin("late").await;
    story.called().await;
    until("the flow rests", async || story.stage().await == "called").await;
    let round = 1;
    story.desk.say(&Fact::Accepted { round, unit: unit("market_regulation") });
    // To be accepted within 2 h: reminded after 110 min, urged after 130.
    forward(&story, "first", 112 * 60).await;
    until("a reminder", async || story.desk.has_sent("remind-accept/unit/enforcement")).await;
    assert!(!story.desk.has_sent("remind-accept/unit/market_regulation"));
    assert!(!story.desk.has_sent("urge"));
    forward(&story, "second", 20 * 60).await;
    until("an urging", async || story.desk.has_sent("urge-accept/unit/enforcement")).await;
    assert!(!story.desk.has_sent("urge-accept/unit/market_regulation"));
}

#[tokio::test]
async fn a_long_history_is_continued_as_new_and_forgets_nothing() {
    let dynamic = [("limit.historyCount.suggestContinueAsNew", "30")];
    let server = Arc::new(server::own(&dynamic));
    let story = Story::with("long", server, desk::long(), |_| {}).await;
    story.called().await;
    until("the flow rests", async || story.stage().await == "called").await;
    let first = story.flow.describe(Default::default()).await.unwrap().run_id().to_owned();
    for turn in 0..8 {
        let looks = story.desk.lock().looks;
        story.tell(&format!("turn-{turn}")).await;
        until("it has looked", async || story.desk.lock().looks > looks).await;
    }
    until("another run", async || {
        story.flow.describe(Default::default()).await.unwrap().run_id() != first
    })
    .await;
    until("the new run rests", async || story.stage().await == "called").await;
    let looks = story.desk.lock().looks;
    story.tell("turn-0").await;
    story.tell("turn-1").await;
    assert_eq!(story.stage().await, "called");
    assert_eq!(story.desk.lock().looks, looks, "what was heard is remembered");
    assert_eq!(policy::HEARD_MAX, 64);
    let ended = story.plain().await;
    assert_plain(&story, &ended);
}
