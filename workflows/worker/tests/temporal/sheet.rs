//! The flow of a sheet on the real server, with days that pass at once and activities that can be
//! told to fail.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use domain::{
    accountability::{Fact, Opened, Sheet, SheetId, Stage},
    case::ground::Ground,
    pack::{City, Limit, Limits},
};
use flows::{
    Accountability,
    accountability::{Ended, SheetInput},
    activities::{LookSheet, LookSheetContract, SendSheetContract, SendSheetSteps, SheetPicture},
    heard::Milestone,
};
use temporalio_client::{Client, WorkflowHandle, WorkflowStartOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::sheets;

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

const DAY: u64 = 86_400;

/// One sheet in memory, and what was asked about it.
struct One {
    city: City,
    sheet: Sheet,
    limits: Limits,
    sent: Vec<String>,
    trouble: Trouble,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<One>>);

fn limits() -> Limits {
    let day = |days: u64| days * DAY * 1_000;
    let limit = |within: u64| Limit {
        within_ms: day(within),
        remind_before_ms: day(1),
        urge_after_ms: day(1),
        ..Limit::default()
    };
    Limits { statement: limit(5), outcome: limit(10), ..Limits::default() }
}

impl Desk {
    fn new(case_id: &str) -> Desk {
        let id = SheetId { case_id: case_id.parse().unwrap(), unit: "housing".parse().unwrap() };
        let opened = Fact::Opened(Opened {
            issue_type: "ebike_parking".parse().unwrap(),
            grounds: vec![Ground::Reworked { times: 3 }],
            judge: "office/leading_group_office".parse().unwrap(),
            statement_within_ms: limits().statement.within_ms,
            statement_pace: limits().statement.pace,
        });
        let sheet = Sheet::begin(id, &opened, now()).unwrap();
        Desk(Arc::new(Mutex::new(One {
            city: pack::wenshan(),
            sheet,
            limits: limits(),
            sent: vec![],
            trouble: Trouble::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, One> {
        self.0.lock().unwrap()
    }

    fn sent(&self) -> Vec<String> {
        self.lock().sent.clone()
    }
}

impl One {
    fn attempt(&mut self) -> Result<(), ActivityError> {
        if self.trouble.comes() { Err(not_now()) } else { Ok(()) }
    }

    fn picture(&self) -> SheetPicture {
        SheetPicture { sheet: self.sheet.clone(), limits: self.limits.clone() }
    }
}

struct Hands(Desk);

#[activities]
impl Hands {
    #[activity(definition = LookSheetContract)]
    async fn look(
        self: Arc<Self>,
        _ctx: ActivityContext,
        _input: LookSheet,
    ) -> Result<SheetPicture, ActivityError> {
        let mut one = self.0.lock();
        one.attempt()?;
        Ok(one.picture())
    }

    #[activity(definition = SendSheetContract)]
    async fn send(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SendSheetSteps,
    ) -> Result<SheetPicture, ActivityError> {
        let mut one = self.0.lock();
        one.attempt()?;
        for step in one.trouble.steps(&input.steps) {
            if !sheets::is_wanted(&one.sheet, &one.limits, step) {
                continue;
            }
            for outgoing in sheets::envelopes(&one.city, &one.sheet, None, step) {
                let fact = proto::account::read(&outgoing.kind, &outgoing.body).unwrap().unwrap();
                one.sheet.apply(&fact, now());
                one.sent.push(outgoing.id.to_string());
            }
        }
        Ok(one.picture())
    }
}

/// A sheet on its way.
struct Story {
    server: Arc<Server>,
    desk: Desk,
    client: Client,
    flow: WorkflowHandle<Client, Accountability>,
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
        let queue = format!("queue-sheet-{name}");
        let kill = run(&server, &queue, &desk);
        let client = server.client().await;
        let sheet = desk.lock().sheet.id.clone();
        let id = format!("accountability/wenshan/{sheet}");
        let options = WorkflowStartOptions::new(queue.clone(), id.clone()).build();
        let input = SheetInput::of(&sheet);
        client.start_workflow(Accountability::run, input, options).await.unwrap();
        let flow = client.get_workflow_handle(id.clone());
        Story { server, desk, client, flow, queue, id, kill }
    }

    async fn say(&self, id: &str, fact: &Fact) {
        assert!(self.desk.lock().sheet.apply(fact, now()), "{fact:?}");
        let mark = Milestone { id: id.into(), name: "test".into() };
        told(self.flow.signal(Accountability::milestone, mark, Default::default()).await);
    }

    async fn rests(&self, stage: Stage) {
        until("the flow rests there", async || {
            let seen = self.flow.query(Accountability::picture, (), Default::default()).await;
            seen.ok().flatten().is_some_and(|picture| picture.sheet.stage == stage)
        })
        .await;
    }

    async fn forward(&self, id: &str, days: u64) {
        forward(&self.client, &self.id, id, days * DAY).await;
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
            .register_workflow::<Accountability>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    thread::run(server.address(), options).0
}

fn stated() -> Fact {
    Fact::Stated { text: "the wires came back at night".into(), evidence: vec![] }
}

fn decided(form: Option<&str>) -> Fact {
    Fact::Decided {
        form: form.map(|form| form.parse().unwrap()),
        reason: "heard".into(),
        decided_by: "office/leading_group_office".parse().unwrap(),
    }
}

fn ended(form: Option<&str>) -> Ended {
    Ended { form: form.map(str::to_owned) }
}

/// Heard, decided, published; the steps that were sent.
async fn plain(story: &Story) -> Vec<String> {
    story.rests(Stage::Stating).await;
    story.say("stated", &stated()).await;
    story.rests(Stage::Deciding).await;
    story.say("decided", &decided(Some("public_criticism"))).await;
    assert_eq!(story.ended().await, ended(Some("public_criticism")));
    story.desk.sent()
}

fn published(case_id: &str) -> [String; 2] {
    let id = format!("sheet/{case_id}/housing/publish");
    [id.clone(), format!("{id}/unit/housing")]
}

#[tokio::test]
async fn a_unit_is_heard_it_is_decided_and_what_follows_is_published_at_few_events() {
    let story = Story::begin("sheet-plain", |_| {}).await;
    assert_eq!(plain(&story).await, published("sheet-plain"));
    let history = story.flow.fetch_history(Default::default()).into_events().await.unwrap();
    assert!(own(&history) <= 13, "{}\n{}", own(&history), names(&history));
    assert_eq!(count(&history, EventType::ActivityTaskScheduled), 0);
    assert_eq!(count(&history, EventType::TimerFired), 0);
}

/// The unit says nothing, and who decides takes its time.
async fn silent(name: &str) -> Story {
    let story = Story::begin(name, |_| {}).await;
    story.rests(Stage::Stating).await;
    story.forward("almost", 4).await;
    until("a reminder", async || story.desk.sent().iter().any(|id| id.contains("remind-state")))
        .await;
    assert_eq!(story.desk.lock().sheet.stage, Stage::Stating);
    story.forward("over", 2).await;
    story.rests(Stage::Deciding).await;
    assert!(story.desk.lock().sheet.is_silent);
    // The rest by the clock of the sheet, which is that of the day on which it was heard.
    story.forward("late", 20).await;
    until("an urging", async || story.desk.sent().iter().any(|id| id.contains("urge-decide")))
        .await;
    assert_eq!(story.desk.lock().sheet.stage, Stage::Deciding);
    story.say("decided", &decided(None)).await;
    assert_eq!(story.ended().await, ended(None));
    assert!(!story.desk.sent().iter().any(|id| id.contains("publish")), "nothing follows");
    story
}

#[tokio::test]
async fn days_of_silence_are_recorded_who_decides_is_urged_and_nobody_decides_in_its_place() {
    silent("sheet-silent").await;
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record() {
    keep(&silent("sheet-record").await.flow, "sheet_silent.pb").await;
}

#[tokio::test]
async fn a_fault_at_any_step_is_overcome_and_nothing_is_sent_twice() {
    // look, look, look, publish: each fails twice in its turn.
    for after in 0..4 {
        let name = format!("sheet-fault-{after}");
        let story = Story::begin(&name, |desk| desk.lock().trouble.faults = Some((after, 2))).await;
        assert_eq!(plain(&story).await, published(&name));
        assert_eq!(story.desk.lock().trouble.faults, Some((after, 0)), "the fault came");
    }
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let story = Story::begin("sheet-twice", |desk| desk.lock().trouble.is_twice = true).await;
    assert_eq!(plain(&story).await, published("sheet-twice"));
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let mut story = Story::begin("sheet-killed", |_| {}).await;
    story.rests(Stage::Stating).await;
    story.kill.cancel();
    story.say("stated", &stated()).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    story.rests(Stage::Deciding).await;
    story.say("decided", &decided(Some("public_criticism"))).await;
    assert_eq!(story.ended().await, ended(Some("public_criticism")));
    assert_eq!(story.desk.sent(), published("sheet-killed"));
}
