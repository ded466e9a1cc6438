//! A stand-in for the worker: activities that can be told to fail, over one case in memory, and
//! the SDK's worker on a thread that can be killed.

#![allow(dead_code, reason = "the macro makes constants that nobody reads")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    thread::JoinHandle,
    time::Duration,
};

use domain::{
    case::{Case, Fact, Step},
    id::CaseId,
    pack::{City, Limit, Limits},
    party::Party,
    registry::Registry,
};
use flows::{
    WhistleCase,
    activities::{Look, LookContract, Picture, SendContract, SendSteps},
};
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::{
    WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};
use tokio_util::sync::CancellationToken;
use worker::steps::{self, Known};

use super::{pack, thread, trouble::now};

/// One case, and what was asked about it.
pub struct Case1 {
    city: City,
    pub case: Case,
    pub limits: Limits,
    /// Every envelope that took effect.
    pub sent: Vec<String>,
    /// How often a picture was asked for, without those that failed.
    pub looks: usize,
    /// How many activities have succeeded.
    pub done: usize,
    /// How many more attempts fail once so many have succeeded.
    pub faults: Option<(usize, usize)>,
    /// Whether local activities fail.
    pub is_local_broken: bool,
    /// Whether each step is done twice.
    pub is_twice: bool,
    /// Whether steps have no effect.
    pub is_deaf: bool,
    /// To whom nobody listens: recipients of what was sent.
    pub told: Vec<Party>,
    /// How far its clock is ahead, where the flow's was moved on.
    pub ahead: Duration,
}

/// The case, shared between a test and the activities.
#[derive(Clone)]
pub struct Desk(Arc<Mutex<Case1>>);

/// Limits that nobody reaches in a test.
pub fn long() -> Limits {
    let (within_ms, remind_before_ms, urge_after_ms) = (7_200_000, 600_000, 600_000);
    every(Limit { within_ms, remind_before_ms, urge_after_ms, ..Limit::default() })
}

/// The same limit for everything.
pub fn every(limit: Limit) -> Limits {
    let (assign, accept, arrive) = (limit, limit, limit);
    let (dispose, confirm, rework, opinion, rule) = (limit, limit, limit, limit, limit);
    let rest = Limits::default();
    Limits { assign, accept, arrive, dispose, confirm, rework, opinion, rule, ..rest }
}

impl Desk {
    /// A case that was whistled just now.
    pub fn new(case_id: &str, limits: Limits) -> Desk {
        let id = CaseId::parse(case_id).unwrap();
        let case = Case::begin(id, &Fact::Whistled(pack::whistle()), now()).unwrap();
        Desk(Arc::new(Mutex::new(Case1 {
            city: pack::wenshan(),
            case,
            limits,
            sent: vec![],
            looks: 0,
            done: 0,
            faults: None,
            is_local_broken: false,
            is_twice: false,
            is_deaf: false,
            told: vec![],
            ahead: Duration::ZERO,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Case1> {
        self.0.lock().unwrap()
    }

    pub fn case_id(&self) -> String {
        self.lock().case.id.to_string()
    }

    /// Folds a fact.
    pub fn say(&self, fact: &Fact) {
        let mut case = self.lock();
        let at = now() + case.ahead;
        case.case.apply(fact, at);
    }

    /// One unit does all of its work; the lead declares.
    pub fn work(&self, id: &str) {
        let round = self.lock().case.course.round;
        let unit = pack::unit(id);
        let (summary, evidence) = (String::from("done"), vec![]);
        self.say(&Fact::Accepted { round, unit: unit.clone() });
        self.say(&Fact::Arrived { round, unit: unit.clone() });
        self.say(&Fact::Disposed { round, unit: unit.clone(), summary: summary.clone(), evidence });
        self.say(&Fact::Declared { round, unit, summary });
    }

    /// Whether something with this in its id was sent.
    pub fn has_sent(&self, part: &str) -> bool {
        self.lock().sent.iter().any(|id| id.contains(part))
    }
}

impl Case1 {
    fn picture(&self) -> Picture {
        Picture { course: self.case.course.clone(), limits: self.limits.clone() }
    }

    fn attempt(&mut self, case_id: &str, is_local: bool) -> Result<(), ActivityError> {
        if case_id != self.case.id.as_str() {
            let failure = ApplicationFailure::non_retryable("no such case");
            return Err(ActivityError::Application(Box::new(failure)));
        }
        let fault = || ActivityError::from(ApplicationFailure::new("not now"));
        if is_local && self.is_local_broken {
            return Err(fault());
        }
        if let Some((after, times)) = &mut self.faults
            && *after == self.done
            && *times > 0
        {
            *times -= 1;
            return Err(fault());
        }
        self.done += 1;
        Ok(())
    }

    fn perform(&mut self, step: &Step) {
        if self.is_deaf || !steps::is_wanted(&self.case.course, &self.limits, step) {
            return;
        }
        let known = Known {
            case_id: &self.case.id,
            whistle: &self.case.whistle,
            course: &self.case.course,
            limits: &self.limits,
            traceparent: None,
            registry: &Registry::default(),
        };
        for outgoing in steps::envelopes(&self.city, &known, step) {
            // The opening of a sheet is about the sheet.
            if let Some(fact) = proto::fact::read(&outgoing.kind, &outgoing.body).unwrap() {
                self.case.apply(&fact, now() + self.ahead);
            }
            self.sent.push(outgoing.id.to_string());
            self.told.extend(outgoing.recipient);
        }
    }
}

/// The activities over a desk.
pub struct Hands(pub Desk);

#[activities]
impl Hands {
    #[activity(definition = LookContract)]
    pub async fn look(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: Look,
    ) -> Result<Picture, ActivityError> {
        let mut case = self.0.lock();
        case.attempt(&input.case_id, ctx.info().is_local)?;
        case.looks += 1;
        Ok(case.picture())
    }

    #[activity(definition = SendContract)]
    pub async fn send(
        self: Arc<Self>,
        ctx: ActivityContext,
        input: SendSteps,
    ) -> Result<Picture, ActivityError> {
        let mut case = self.0.lock();
        case.attempt(&input.case_id, ctx.info().is_local)?;
        let times = if case.is_twice { 2 } else { 1 };
        for _ in 0..times {
            input.steps.iter().for_each(|step| case.perform(step));
        }
        Ok(case.picture())
    }
}

/// The SDK's worker on a thread.
pub struct Running {
    kill: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Runs flows on a queue.
pub fn run(address: SocketAddr, queue: &str, desk: &Desk) -> Running {
    let (queue, desk) = (queue.to_owned(), desk.clone());
    let options = move || {
        WorkerOptions::new(queue)
            .register_workflow::<WhistleCase>()
            .unwrap()
            .register_activities(Hands(desk))
            .sticky_queue_schedule_to_start_timeout(Duration::from_secs(1))
            .build()
    };
    let (kill, thread) = thread::run(address, options);
    Running { kill, thread: Some(thread) }
}

impl Drop for Running {
    /// Dies at once, with whatever it had in its hands.
    fn drop(&mut self) {
        self.kill.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
