//! The flow of an enforcement decision on the real server, with days that pass at once and activities
//! that can be told to fail.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use domain::{
    decision::{By, Decision, Draft, Fact, File, Phase, Recording, Step, Verdict, owes},
    evidence::{Digest, Evidence},
    pack::{City, Limits},
};
use flows::{
    EnforcementDecision,
    activities::{
        DecisionPicture, LookDecision, LookDecisionContract, SendDecisionContract,
        SendDecisionSteps,
    },
    decision::{DecisionInput, Ended},
    heard::Milestone,
};
use temporalio_client::{Client, WorkflowHandle, WorkflowStartOptions};
use temporalio_common::protos::temporal::api::enums::v1::EventType;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::decisions::{self, Known};

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

/// One decision in memory, and what was asked about it.
struct One {
    city: City,
    decision: Decision,
    /// The names of the steps that took effect.
    sent: Vec<String>,
    trouble: Trouble,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<One>>);

fn by(word: &str) -> By {
    let (unit, person) = word.split_once(':').unwrap();
    By { unit: unit.parse().unwrap(), person: person.parse().unwrap() }
}

fn draft() -> Draft {
    let evidence = Evidence {
        digest: Digest::sha256([7; 32]),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    };
    Draft {
        by: by("enforcement:li"),
        kind: "demolition".parse().unwrap(),
        about: None,
        issue_type: "new_illegal_construction".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        object: "Zhang San".into(),
        nature: "a shed".into(),
        area_m2: 40,
        file: File { text: "found on day one".into(), evidence: vec![evidence] },
        amount: 0,
        joint: vec![],
        follows: None,
    }
}

impl Desk {
    fn new(id: &str) -> Desk {
        let draft = Fact::Drafted(draft());
        Desk(Arc::new(Mutex::new(One {
            city: pack::city("wenshan"),
            decision: Decision::begin(id.parse().unwrap(), &draft, now()).unwrap(),
            sent: vec![],
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
    /// Around the clock: the days of the story have no office hours.
    fn picture(&self) -> DecisionPicture {
        DecisionPicture { decision: self.decision.clone(), limits: Limits::default() }
    }

    fn perform(&mut self, step: &Step) {
        if !decisions::is_wanted(&self.decision, &Limits::default(), step) {
            return;
        }
        let (city, decision) = (&self.city, &self.decision);
        let known = Known { city, profile: "demo", decision, before: None, traceparent: None };
        let outgoing = known.envelopes(step);
        self.sent.push(step.name());
        for one in outgoing {
            let fact = proto::decree::read(&one.kind, &one.body).unwrap().unwrap();
            self.decision.apply(&fact, now());
        }
    }
}

struct Hands(Desk);

#[activities]
impl Hands {
    #[activity(definition = LookDecisionContract)]
    async fn look(
        self: Arc<Self>,
        _ctx: ActivityContext,
        _input: LookDecision,
    ) -> Result<DecisionPicture, ActivityError> {
        let mut one = self.0.lock();
        if one.trouble.comes() { Err(not_now()) } else { Ok(one.picture()) }
    }

    #[activity(definition = SendDecisionContract)]
    async fn send(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SendDecisionSteps,
    ) -> Result<DecisionPicture, ActivityError> {
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

/// A decision on its way.
struct Story {
    server: Arc<Server>,
    desk: Desk,
    client: Client,
    flow: WorkflowHandle<Client, EnforcementDecision>,
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
        let number = name.bytes().fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte));
        let (server, desk) = (server::shared(), Desk::new(&format!("enforcement-{number}")));
        prepare(&desk);
        let queue = format!("queue-decision-{name}");
        let kill = run(&server, &queue, &desk);
        let client = server.client().await;
        let decision = desk.lock().decision.id.clone();
        let id = format!("decision/wenshan/{decision}");
        let options = WorkflowStartOptions::new(queue.clone(), id.clone()).build();
        let input = DecisionInput::of(&decision);
        client.start_workflow(EnforcementDecision::run, input, options).await.unwrap();
        let flow = client.get_workflow_handle(id.clone());
        Story { server, desk, client, flow, queue, id, kill }
    }

    /// Something is said, and the flow is told.
    async fn says(&self, name: &str, said: Fact) {
        assert!(self.desk.lock().decision.apply(&said, now()), "{said:?}");
        let mark = Milestone { id: name.to_owned(), name: "test".into() };
        told(self.flow.signal(EnforcementDecision::milestone, mark, Default::default()).await);
    }

    async fn review(&self, verdict: Verdict) {
        let (by, reason) = (by("justice:wu"), "as it stands".into());
        self.says(&format!("{verdict:?}"), Fact::Reviewed { by, verdict, reason }).await;
    }

    async fn acts(&self) {
        let recording = Some(Recording { reference: "video-1".into(), evidence: None });
        let (by, action) = (by("enforcement:li"), "demolish".parse().unwrap());
        self.says("acts", Fact::Acted { by, action, recording }).await;
    }

    /// Waits until a step was done.
    async fn does(&self, name: &str) {
        until(name, async || self.desk.has_sent(name) == 1).await;
    }

    async fn forward(&self, id: &str, days: u64) {
        forward(&self.client, &self.id, id, days * DAY).await;
    }

    async fn ended(&self) -> String {
        let Ended { stage } = self.flow.get_result(Default::default()).await.unwrap();
        stage
    }
}

/// Runs the flows of a queue on a thread, until it is killed.
fn run(server: &Server, queue: &str, desk: &Desk) -> CancellationToken {
    let (queue, desk) = (queue.to_owned(), desk.clone());
    let options = move || {
        WorkerOptions::new(queue)
            .register_workflow::<EnforcementDecision>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    thread::run(server.address(), options).0
}

const STEPS: [&str; 4] = ["class", "publish/before", "publish/during", "publish/after"];

/// Reviewed, issued, carried out, closed.
async fn plain(story: &Story) {
    story.does("class").await;
    story.review(Verdict::Approve).await;
    story.says("issue", Fact::Issued { by: by("enforcement:li") }).await;
    story.does("publish/before").await;
    story.acts().await;
    story.does("publish/during").await;
    story.says("close", Fact::Closed { by: by("enforcement:li") }).await;
    assert_eq!(story.ended().await, "closed");
}

#[tokio::test]
async fn a_decision_goes_through_its_gates_at_few_events() {
    let story = Story::begin("decision-plain", |_| {}).await;
    plain(&story).await;
    assert_eq!(story.desk.lock().sent, STEPS, "each once, in this order");
    let history = story.flow.fetch_history(Default::default()).into_events().await.unwrap();
    assert!(own(&history) <= 20, "{}\n{}", own(&history), names(&history));
    assert_eq!(count(&history, EventType::ActivityTaskScheduled), 0);
}

#[tokio::test]
async fn days_of_silence_are_urged_once_told_to_the_office_once_and_never_consent() {
    let story = Story::begin("decision-silent", |_| {}).await;
    story.does("class").await;
    story.forward("over", 1).await;
    story.does("urge/review/1").await;
    story.forward("twice", 1).await;
    story.does("escalate/review/1").await;
    story.forward("for ever", 100).await;
    assert!(!story.desk.lock().decision.is_cleared());
    let urged = story.desk.lock().sent.iter().filter(|sent| sent.starts_with("urge/")).count();
    assert_eq!(urged, 1);
    story.review(Verdict::Reject).await;
    assert_eq!(story.ended().await, "rejected");
}

#[tokio::test]
async fn a_transfer_and_a_supervisor_without_an_answer_are_urged_too() {
    let story = Story::begin("decision-owed", |_| {}).await;
    story.does("class").await;
    story.review(Verdict::Approve).await;
    let transfer = |one: &One| Fact::Transferred {
        by: by("enforcement:li"),
        classed: Box::new(one.decision.classed().unwrap()),
        file: one.decision.draft.file.clone(),
        reason: "a bribe".into(),
    };
    let transfer = transfer(&story.desk.lock());
    story.says("transfer", transfer).await;
    story.forward("silent", 1).await;
    story.does("urge/criminal/1").await;
    let opinion = Fact::Supervised {
        number: 1,
        by: "office/leading_group_office".parse().unwrap(),
        person: "kang".parse().unwrap(),
        text: "why so late?".into(),
    };
    story.says("opinion", opinion).await;
    story.forward("still", 1).await;
    story.does("urge/supervision/1").await;
    assert_eq!(owes(&story.desk.lock().decision, &Limits::default()).len(), 2);
}

#[tokio::test]
async fn a_fault_at_any_step_is_overcome_and_nothing_is_sent_twice() {
    // look, class, look, publish and so on: each fails twice in its turn, before its work and after.
    for after in 0..9 {
        for is_answer_lost in [false, true] {
            let name = format!("decision-fault-{after}-{is_answer_lost}");
            let story = Story::begin(&name, |desk| {
                let mut one = desk.lock();
                (one.trouble.faults, one.trouble.is_answer_lost) =
                    (Some((after, 2)), is_answer_lost);
            })
            .await;
            plain(&story).await;
            assert_eq!(story.desk.lock().sent, STEPS, "{name}");
        }
    }
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let story = Story::begin("decision-twice", |desk| desk.lock().trouble.is_twice = true).await;
    plain(&story).await;
    assert_eq!(story.desk.lock().sent, STEPS);
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let mut story = Story::begin("decision-killed", |_| {}).await;
    story.does("class").await;
    story.kill.cancel();
    story.review(Verdict::Approve).await;
    story.says("issue", Fact::Issued { by: by("enforcement:li") }).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    story.does("publish/before").await;
    story.acts().await;
    story.does("publish/during").await;
    story.kill.cancel();
    story.says("close", Fact::Closed { by: by("enforcement:li") }).await;
    story.kill = run(&story.server, &story.queue, &story.desk);
    assert_eq!(story.ended().await, "closed");
    assert_eq!(story.desk.lock().sent, STEPS);
    assert!(story.desk.lock().decision.published.contains_key(&Phase::After));
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record_decision() {
    let story = Story::begin("decision-record", |_| {}).await;
    plain(&story).await;
    keep(&story.flow, "decision_plain.pb").await;
}
