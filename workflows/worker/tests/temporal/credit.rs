//! The flow of an object's credit on the real server, with days that pass at once, outside systems
//! that are away, and activities that can be told to fail.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use connector::Answer;
use domain::{
    credit::{Fact, Ledger, State, Violation, ViolationId, Waits, decide},
    moment::Moment,
    pack::City,
};
use flows::{
    BlackList,
    activities::{
        CreditPicture, Deliver, DeliverContract, LookCredit, LookCreditContract,
        SendCreditContract, SendCreditSteps,
    },
    credit::{CreditInput, Ended},
    heard::Milestone,
};
use temporalio_client::{Client, WorkflowHandle, WorkflowIdReusePolicy, WorkflowStartOptions};
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::credit;

use super::{
    forward::forward,
    history::{keep, own},
    pack,
    server::{self, Server},
    thread,
    told::told,
    trouble::now,
    until::until,
};

const PLATFORM: &str = "ext_zhengzhou_credit";
const CIVILITY: &str = "ext_civility_system";
const INTEGRITY: &str = "ext_integrity_system";

/// One object in memory, the outside beside it, and what was asked.
struct One {
    city: City,
    ledger: Ledger,
    /// Who is away.
    down: BTreeSet<String>,
    /// How often each key was tried, and how often it was taken.
    tried: BTreeMap<String, (u32, u32)>,
    sent: Vec<String>,
    /// How many activities have succeeded.
    done: usize,
    /// Once so many have succeeded, how many more attempts fail; whether after they were done.
    faults: Option<(usize, usize, bool)>,
    is_twice: bool,
}

#[derive(Clone)]
struct Desk(Arc<Mutex<One>>);

fn violation(decision: &str, code: &str, points: u32) -> Fact {
    let unit = "public_security".parse().unwrap();
    Fact::Confirmed(Violation {
        id: ViolationId { unit, decision: decision.parse().unwrap() },
        code: code.parse().unwrap(),
        fact: decision.parse().unwrap(),
        person: "p-1".parse().unwrap(),
        at: Moment(1),
        points,
    })
}

fn revoked(decision: &str) -> Fact {
    let unit = "public_security".parse().unwrap();
    let id = ViolationId { unit, decision: decision.parse().unwrap() };
    Fact::Revoked { id, reason: "wrong plate".into() }
}

impl Desk {
    fn new(object: &str, first: &Fact) -> Desk {
        let ledger = Ledger::begin(object.parse().unwrap(), first, now()).unwrap();
        Desk(Arc::new(Mutex::new(One {
            city: pack::city("dengfeng"),
            ledger,
            down: BTreeSet::new(),
            tried: BTreeMap::new(),
            sent: vec![],
            done: 0,
            faults: None,
            is_twice: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, One> {
        self.0.lock().unwrap()
    }

    fn is_down(&self, who: &str) {
        self.lock().down.insert(who.to_owned());
    }

    /// What was taken: its key, without city and object.
    fn taken(&self) -> Vec<String> {
        let one = self.lock();
        let taken = one.tried.iter().filter(|(_, (_, taken))| *taken > 0);
        taken.map(|(key, _)| key.splitn(3, '/').nth(2).unwrap().to_owned()).collect()
    }
}

impl One {
    /// Says whether this attempt fails, and whether it is done nevertheless.
    fn attempt(&mut self) -> Option<bool> {
        if let Some((after, times, is_done)) = &mut self.faults
            && *after == self.done
            && *times > 0
        {
            *times -= 1;
            return Some(*is_done);
        }
        self.done += 1;
        None
    }

    fn picture(&self) -> CreditPicture {
        let rules = self.city.credit.clone().unwrap();
        CreditPicture { ledger: self.ledger.clone(), rules, waits: Waits::default() }
    }

    fn say(&mut self, input: &SendCreditSteps) {
        let times = if self.is_twice { 2 } else { 1 };
        for step in input.steps.iter().cycle().take(input.steps.len() * times) {
            if credit::is_wanted(&self.ledger, &self.picture().rules, step) {
                let outgoing = credit::envelopes(&self.city, &self.ledger, None, step).remove(0);
                let fact = proto::credit::read(&outgoing.kind, &outgoing.body).unwrap().unwrap();
                assert!(self.ledger.apply(&fact, now()));
                self.sent.push(outgoing.id.to_string());
            }
        }
    }

    fn deliver(&mut self, input: &Deliver) {
        let id = proto::credit::delivery(input.delivery.clone()).unwrap();
        let times = if self.is_twice { 2 } else { 1 };
        for _ in 0..times {
            if !decide(&self.ledger, &self.picture().rules).deliver.contains(&id) {
                continue;
            }
            let message = credit::message(&self.city, &self.ledger, &id).unwrap();
            let tried = self.tried.entry(message.key).or_default();
            tried.0 += 1;
            let answer = match self.down.contains(id.receiver.as_str()) {
                true => Answer::Later { reason: "503".into() },
                false => {
                    tried.1 += 1;
                    Answer::Taken { receipt: "r".into() }
                }
            };
            let fact = credit::answered(&self.city, &self.ledger, &id, answer);
            if let Some(fact) = fact {
                assert!(self.ledger.apply(&fact, now()));
            }
        }
    }
}

struct Hands(Desk);

impl Hands {
    fn act(&self, act: impl FnOnce(&mut One)) -> Result<CreditPicture, ActivityError> {
        let mut one = self.0.lock();
        let failed = one.attempt();
        if failed != Some(false) {
            act(&mut one);
        }
        match failed {
            None => Ok(one.picture()),
            Some(_) => Err(ActivityError::from(ApplicationFailure::new("not now"))),
        }
    }
}

#[activities]
impl Hands {
    #[activity(definition = LookCreditContract)]
    async fn look(
        self: Arc<Self>,
        _ctx: ActivityContext,
        _input: LookCredit,
    ) -> Result<CreditPicture, ActivityError> {
        self.act(|_| ())
    }

    #[activity(definition = SendCreditContract)]
    async fn send(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: SendCreditSteps,
    ) -> Result<CreditPicture, ActivityError> {
        self.act(|one| one.say(&input))
    }

    #[activity(definition = DeliverContract)]
    async fn deliver(
        self: Arc<Self>,
        _ctx: ActivityContext,
        input: Deliver,
    ) -> Result<CreditPicture, ActivityError> {
        self.act(|one| one.deliver(&input))
    }
}

/// The credit of an object on its way.
struct Story {
    server: Arc<Server>,
    desk: Desk,
    client: Client,
    flow: WorkflowHandle<Client, BlackList>,
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
    async fn begin(name: &str, first: &Fact, prepare: impl FnOnce(&Desk)) -> Story {
        let (server, desk) = (server::shared(), Desk::new(name, first));
        prepare(&desk);
        let queue = format!("queue-{name}");
        let kill = run(&server, &queue, &desk);
        let client = server.client().await;
        let id = format!("credit/dengfeng/{name}");
        let flow = client.get_workflow_handle(id.clone());
        let story = Story { server, desk, client, flow, queue, id, kill };
        story.start().await;
        story
    }

    async fn start(&self) {
        let options = WorkflowStartOptions::new(self.queue.clone(), self.id.clone())
            .id_reuse_policy(WorkflowIdReusePolicy::AllowDuplicate)
            .build();
        let object = self.desk.lock().ledger.object.clone();
        let input = CreditInput::of(&object);
        self.client.start_workflow(BlackList::run, input, options).await.unwrap();
    }

    /// Something is said while the flow runs.
    async fn say(&self, id: &str, fact: &Fact) {
        assert!(self.desk.lock().ledger.apply(fact, now()), "{fact:?}");
        let mark = Milestone { id: id.into(), name: "test".into() };
        told(self.flow.signal(BlackList::milestone, mark, Default::default()).await);
    }

    async fn tried(&self, what: &str, times: u32) {
        until("it was tried so often", async || {
            let one = self.desk.lock();
            one.tried.iter().any(|(key, (tried, _))| key.contains(what) && *tried >= times)
        })
        .await;
    }

    async fn ended(&self) -> Ended {
        let client = self.client.clone();
        let flow: WorkflowHandle<Client, BlackList> = client.get_workflow_handle(self.id.clone());
        flow.get_result(Default::default()).await.unwrap()
    }
}

/// Runs the flows of a queue on a thread, until it is killed.
fn run(server: &Server, queue: &str, desk: &Desk) -> CancellationToken {
    let (queue, desk) = (queue.to_owned(), desk.clone());
    let options = move || {
        WorkerOptions::new(queue)
            .register_workflow::<BlackList>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    thread::run(server.address(), options).0
}

fn crossing() -> Fact {
    violation("much", "speeding", 41)
}

/// What a crossing sends, in its order.
fn plain(object: &str) -> Vec<String> {
    let joint = ["transport", "public_security", "housing", "enforcement"];
    let said = ["list/1".to_owned(), format!("start/{PLATFORM}/listed/1")];
    let told = joint.map(|unit| format!("notice/listed/1/{unit}"));
    said.into_iter().chain(told).map(|step| format!("credit/{object}/{step}")).collect()
}

async fn is_plain(story: &Story, object: &str) {
    assert_eq!(story.ended().await, Ended { is_listed: true });
    assert_eq!(story.desk.lock().sent, plain(object));
    assert_eq!(story.desk.taken(), [format!("{PLATFORM}/listed/1")]);
}

#[tokio::test]
async fn a_crossing_is_pushed_once_and_the_units_are_told_after_the_receipt() {
    let story = Story::begin("credit-plain", &crossing(), |_| {}).await;
    is_plain(&story, "credit-plain").await;
    let history = story.flow.fetch_history(Default::default()).into_events().await.unwrap();
    assert!(own(&history) <= 12, "{} events", own(&history));
}

#[tokio::test]
#[ignore = "writes the recorded history anew"]
async fn record() {
    let away = |desk: &Desk| desk.is_down(PLATFORM);
    let story = Story::begin("credit-record", &crossing(), away).await;
    story.tried("listed/1", 1).await;
    story.desk.lock().down.clear();
    forward(&story.client, &story.id, "back", 3_600).await;
    is_plain(&story, "credit-record").await;
    keep(&story.flow, "black_list_away.pb").await;
}

#[tokio::test]
async fn a_platform_that_is_away_for_two_days_gets_it_once_under_one_key() {
    let away = |desk: &Desk| desk.is_down(PLATFORM);
    let story = Story::begin("credit-away", &crossing(), away).await;
    story.tried("listed/1", 1).await;
    for day in ["first", "second"] {
        let before = story.desk.lock().tried.values().next().unwrap().0;
        forward(&story.client, &story.id, day, 86_400).await;
        story.tried("listed/1", before + 1).await;
    }
    assert!(story.desk.lock().sent.iter().all(|id| !id.contains("notice")), "nobody punishes yet");
    story.desk.lock().down.clear();
    forward(&story.client, &story.id, "back", 86_400).await;
    assert_eq!(story.ended().await, Ended { is_listed: true });
    let one = story.desk.lock();
    assert_eq!(one.tried.len(), 1, "one key: {:?}", one.tried);
    assert!(one.tried.values().all(|(tried, taken)| *tried >= 4 && *taken == 1), "{:?}", one.tried);
    assert_eq!(one.sent, plain("credit-away"));
}

#[tokio::test]
async fn of_two_receivers_one_has_it_while_the_other_is_away_and_a_revoked_one_goes_back_to_both() {
    let act = violation("act", "no_yield_at_crossing", 0);
    let away = |desk: &Desk| desk.is_down(CIVILITY);
    let story = Story::begin("credit-both", &act, away).await;
    let shared = |who: &str| format!("{who}/shared/public_security/act");
    until("one of two", async || story.desk.taken() == [shared(INTEGRITY)]).await;
    story.tried(CIVILITY, 1).await;
    story.say("revoked", &revoked("act")).await;
    let withdrawn = |who: &str| format!("{who}/withdrawn/public_security/act");
    let three = [shared(INTEGRITY), withdrawn(INTEGRITY)];
    until("the one that has it is corrected", async || story.desk.taken() == three).await;
    story.desk.lock().down.clear();
    forward(&story.client, &story.id, "back", 86_400).await;
    assert_eq!(story.ended().await, Ended { is_listed: false });
    let all = [shared(CIVILITY), withdrawn(CIVILITY), shared(INTEGRITY), withdrawn(INTEGRITY)];
    assert_eq!(story.desk.taken(), all);
}

#[tokio::test]
async fn a_revoked_decision_starts_the_flow_again_and_is_corrected_once() {
    let story = Story::begin("credit-back", &crossing(), |_| {}).await;
    is_plain(&story, "credit-back").await;
    assert!(story.desk.lock().ledger.apply(&revoked("much"), now()));
    story.start().await;
    assert_eq!(story.ended().await, Ended { is_listed: false });
    let both = [format!("{PLATFORM}/corrected/1"), format!("{PLATFORM}/listed/1")];
    assert_eq!(story.desk.taken(), both);
}

#[tokio::test]
async fn a_fault_at_any_step_before_or_after_it_is_done_is_overcome_and_nothing_is_sent_twice() {
    // look, list, start, deliver, notices: each fails twice in its turn.
    for after in 0..5 {
        for is_done in [false, true] {
            let name = format!("credit-fault-{after}-{is_done}");
            let faults = Some((after, 2, is_done));
            let story = Story::begin(&name, &crossing(), |desk| desk.lock().faults = faults).await;
            is_plain(&story, &name).await;
            assert_eq!(story.desk.lock().faults, Some((after, 0, is_done)), "the fault came");
        }
    }
}

#[tokio::test]
async fn a_step_done_twice_is_done_once() {
    let twice = |desk: &Desk| desk.lock().is_twice = true;
    let story = Story::begin("credit-twice", &crossing(), twice).await;
    is_plain(&story, "credit-twice").await;
    assert!(story.desk.lock().tried.values().all(|(_, taken)| *taken == 1));
}

#[tokio::test]
async fn a_worker_that_is_killed_is_replaced_and_nothing_is_lost() {
    let away = |desk: &Desk| desk.is_down(PLATFORM);
    let mut story = Story::begin("credit-killed", &crossing(), away).await;
    story.tried("listed/1", 1).await;
    story.kill.cancel();
    story.desk.lock().down.clear();
    story.kill = run(&story.server, &story.queue, &story.desk);
    forward(&story.client, &story.id, "on", 3_600).await;
    is_plain(&story, "credit-killed").await;
    let one = story.desk.lock();
    assert!(matches!(one.ledger.deliveries[0].state, State::Delivered { .. }));
}
