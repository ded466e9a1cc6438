//! The flow of an approval on the real server, with days that pass at once and activities that can
//! be told to fail.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use domain::{
    approval::{Applied, Approval, Fact, Opinion, Proposal, State, Step, Verdict},
    case,
    clock::Pace,
    pack::{City, Limit, Limits},
    registry::Registry,
};
use flows::{
    JointApproval,
    activities::{
        ApprovalPicture, LookApproval, LookApprovalContract, SendApprovalContract,
        SendApprovalSteps,
    },
    approval::{ApprovalInput, Ended},
    heard::Milestone,
};
use temporalio_client::{Client, WorkflowHandle, WorkflowStartOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::approvals::{self, Known};

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

/// One approval in memory, and what was asked about it.
struct One {
    city: City,
    approval: Approval,
    limits: Limits,
    /// The names of the steps that took effect, and the cases that they began.
    sent: Vec<String>,
    works: Vec<String>,
    trouble: Trouble,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<One>>);

fn limits() -> Limits {
    let day = |days: u64| days * DAY * 1_000;
    let opinion = Limit {
        within_ms: day(5),
        remind_before_ms: day(1),
        urge_after_ms: day(1),
        ..Limit::default()
    };
    Limits { opinion, ..Limits::default() }
}

fn applied() -> Applied {
    let proposal = |number: u32| Proposal {
        id: number.to_string().parse().unwrap(),
        grid: "DF-SY-001".parse().unwrap(),
        text: format!("bollard {number}"),
        outcome: if number == 1 { "keep" } else { "remove" }.parse().unwrap(),
    };
    Applied {
        kind: "bollards".parse().unwrap(),
        applicant: "unit/transport".parse().unwrap(),
        title: "the lane along the river".into(),
        items: (1..=3).map(proposal).collect(),
        approvers: ["public_security", "enforcement"].map(pack::unit).to_vec(),
        asked: vec![],
        office: "office/command_hq_office".parse().unwrap(),
        within_ms: limits().opinion.within_ms,
        pace: Pace::Around,
    }
}

impl Desk {
    fn new(id: &str) -> Desk {
        let applied = Fact::Applied(applied());
        let approval = Approval::begin(id.parse().unwrap(), &applied, now()).unwrap();
        Desk(Arc::new(Mutex::new(One {
            city: pack::city("dengfeng"),
            approval,
            limits: limits(),
            sent: vec![],
            works: vec![],
            trouble: Trouble::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, One> {
        self.0.lock().unwrap()
    }

    fn has_sent(&self, name: &str) -> usize {
        self.lock().sent.iter().filter(|sent| *sent == name).count()
    }
}

impl One {
    fn picture(&self) -> ApprovalPicture {
        ApprovalPicture { approval: self.approval.clone(), limits: self.limits.clone() }
    }

    fn perform(&mut self, step: &Step) {
        if !approvals::is_wanted(&self.approval, &self.limits, step) {
            return;
        }
        let known = Known {
            city: &self.city,
            approval: &self.approval,
            registry: &|_| Registry::default(),
            traceparent: None,
        };
        self.sent.push(step.name());
        for outgoing in known.envelopes(step) {
            if let Some(fact) = proto::joint::read(&outgoing.kind, &outgoing.body).unwrap() {
                self.approval.apply(&fact, now());
            }
            let fact = proto::fact::read(&outgoing.kind, &outgoing.body).unwrap();
            if let Some(case::Fact::Whistled(_)) = fact {
                self.works.push(outgoing.subject);
            }
        }
    }
}

struct Hands(Desk);

#[activities]
impl Hands {
    #[activity(definition = LookApprovalContract)]
    async fn look(
        self: Arc<Self>,
        _ctx: ActivityContext,
        _input: LookApproval,
    ) -> Result<ApprovalPicture, ActivityError> {
        let mut one = self.0.lock();
        if one.trouble.comes() { Err(not_now()) } else { Ok(one.picture()) }
    }

    #[activity(definition = SendApprovalContract)]
    async fn send(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SendApprovalSteps,
    ) -> Result<ApprovalPicture, ActivityError> {
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

/// An approval on its way.
struct Story {
    server: Arc<Server>,
    desk: Desk,
    client: Client,
    flow: WorkflowHandle<Client, JointApproval>,
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
        let queue = format!("queue-approval-{name}");
        let kill = run(&server, &queue, &desk);
        let client = server.client().await;
        let approval = desk.lock().approval.id.clone();
        let id = format!("approval/dengfeng/{approval}");
        let options = WorkflowStartOptions::new(queue.clone(), id.clone()).build();
        let input = ApprovalInput::of(&approval);
        client.start_workflow(JointApproval::run, input, options).await.unwrap();
        let flow = client.get_workflow_handle(id.clone());
        Story { server, desk, client, flow, queue, id, kill }
    }

    /// A unit speaks, and the flow is told where that has completed something.
    async fn says(&self, unit: &str, verdict: Verdict, items: &[&str]) {
        let before = self.desk.lock().approval.batches;
        let said = Fact::Opined(Opinion {
            unit: pack::unit(unit),
            items: items.iter().map(|id| id.parse().unwrap()).collect(),
            verdict,
            reason: "as it stands".into(),
            conditions: vec![],
        });
        assert!(self.desk.lock().approval.apply(&said, now()), "{said:?}");
        if self.desk.lock().approval.batches != before {
            let id = format!("{unit}-{verdict:?}-{}", items.concat());
            let mark = Milestone { id, name: "test".into() };
            told(self.flow.signal(JointApproval::milestone, mark, Default::default()).await);
        }
    }

    /// Waits until the flow has seen so many items open and nothing untold.
    async fn rests(&self, open: usize) {
        until("the flow rests there", async || {
            let seen = self.flow.query(JointApproval::picture, (), Default::default()).await;
            seen.ok().flatten().is_some_and(|picture| {
                let approval = picture.approval;
                let is_open = |item: &&domain::approval::Item| item.state == State::Open;
                approval.items.values().filter(is_open).count() == open
                    && approval.untold().next().is_none()
            })
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
            .register_workflow::<JointApproval>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    thread::run(server.address(), options).0
}

const DONE: Ended = Ended { approved: 2, refused: 1 };

/// The police approve all; enforcement approves two, then refuses the third.
async fn plain(story: &Story) {
    story.rests(3).await;
    story.says("public_security", Verdict::Approve, &["1", "2", "3"]).await;
    story.says("enforcement", Verdict::Approve, &["1", "2"]).await;
    story.rests(1).await;
    story.says("enforcement", Verdict::Refuse, &["3"]).await;
    assert_eq!(story.ended().await, DONE);
}

/// What was sent, and the cases that came of it: each once.
fn check(story: &Story, name: &str) {
    let one = story.desk.lock();
    assert_eq!(one.sent, ["settle/1", "settle/2"], "{name}");
    let cases = ["1", "2"].map(|item| format!("case/dengfeng/{name}-{item}"));
    assert_eq!(one.works, cases, "one for each approved item, none for the refused one");
}

#[tokio::test]
async fn items_are_settled_as_they_are_complete_at_few_events() {
    let story = Story::begin("approval-plain", |_| {}).await;
    plain(&story).await;
    check(&story, "approval-plain");
    let history = story.flow.fetch_history(Default::default()).into_events().await.unwrap();
    assert!(own(&history) <= 14, "{}\n{}", own(&history), names(&history));
    assert_eq!(count(&history, EventType::ActivityTaskScheduled), 0);
    assert_eq!(count(&history, EventType::TimerFired), 0);
}

/// The police say nothing for months, then yes.
async fn silent(name: &str) -> Story {
    let story = Story::begin(name, |_| {}).await;
    story.says("enforcement", Verdict::Approve, &["1", "2", "3"]).await;
    story.rests(3).await;
    story.forward("almost", 4).await;
    until("a reminder", async || story.desk.has_sent("remind/public_security") == 1).await;
    story.forward("over", 3).await;
    until("an urging", async || story.desk.has_sent("urge/public_security") == 1).await;
    story.forward("twice", 5).await;
    until("the office", async || story.desk.has_sent("escalate") == 1).await;
    story.forward("for ever", 100).await;
    story.rests(3).await;
    let sent = story.desk.lock().sent.clone();
    assert_eq!(sent, ["remind/public_security", "urge/public_security", "escalate"]);
    story.says("public_security", Verdict::Approve, &["1", "2", "3"]).await;
    assert_eq!(story.ended().await, Ended { approved: 3, refused: 0 });
    story
}

#[tokio::test]
async fn weeks_of_silence_are_urged_once_told_to_the_office_once_and_never_consent() {
    silent("approval-silent").await;
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record() {
    keep(&silent("approval-record").await.flow, "approval_silent.pb").await;
}

#[tokio::test]
async fn a_fault_at_any_step_is_overcome_and_nothing_is_sent_twice() {
    // look, look, settle, look, settle: each fails twice in its turn, before its work and after.
    for after in 0..5 {
        for is_answer_lost in [false, true] {
            let name = format!("approval-fault-{after}-{is_answer_lost}");
            let story = Story::begin(&name, |desk| {
                let mut one = desk.lock();
                (one.trouble.faults, one.trouble.is_answer_lost) =
                    (Some((after, 2)), is_answer_lost);
            })
            .await;
            plain(&story).await;
            check(&story, &name);
        }
    }
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let story = Story::begin("approval-twice", |desk| desk.lock().trouble.is_twice = true).await;
    plain(&story).await;
    check(&story, "approval-twice");
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let mut story = Story::begin("approval-killed", |_| {}).await;
    story.rests(3).await;
    story.says("public_security", Verdict::Approve, &["1", "2", "3"]).await;
    story.kill.cancel();
    story.says("enforcement", Verdict::Approve, &["1", "2"]).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    story.rests(1).await;
    story.kill.cancel();
    story.says("enforcement", Verdict::Refuse, &["3"]).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    assert_eq!(story.ended().await, DONE);
    check(&story, "approval-killed");
}
