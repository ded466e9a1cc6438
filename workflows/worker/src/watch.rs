//! Watches the flows: how often a step fails without going through, and which flow is silent.
//!
//! What fails is counted in memory, so that a step that is tried again costs nothing; only when it is
//! an incident, and when that is over, there is a record (`fold::incidents`). What fails while the bus or
//! Temporal is away is an outage of ours and nobody's incident.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    id::EnvelopeId,
    incident::{IncidentId, MESSAGE_MAX, Opened, Patience, Tries, Trouble},
    moment::Moment,
    party::{Party, Role},
    rejection::Rejection,
};
use kit::{
    metrics::{self, Metric},
    outbox::who_must_act,
    store::{Aside, Load, Sending, Store},
    view,
};

use crate::{
    failure::is_retryable,
    fold::{self, Command, Flow, Fold},
    outage::Presence,
};

/// How many flows are counted at most; those beyond are counted when others have gone through.
const COUNTED_MAX: usize = 10_000;
/// How many silent flows are asked once more at a time.
const ASKED_MAX: usize = 50;
/// How many names of what a step sends are said; it is left out by all of them.
const NAMED_MAX: usize = 3;
/// How many envelopes that wait to go out are looked at.
const LOOKED_AT_MAX: usize = 500;
/// What a flow does first of all.
pub(crate) const LOOK: &str = "look";

/// Counts for one worker; cheap to clone.
#[derive(Clone)]
pub(crate) struct Watch {
    store: Store<Fold>,
    presence: Presence,
    patience: Patience,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    /// Which step of a flow has failed, and how often.
    failing: BTreeMap<Flow, (String, Trouble, Tries)>,
    /// Since when a flow was told something and has not looked; when it was asked once more.
    told: BTreeMap<Flow, (Moment, Option<Moment>)>,
}

/// What was done with the steps of a flow.
pub(crate) struct Sent<'a> {
    /// Their names.
    pub(crate) names: &'a [EnvelopeId],
    /// Whether any of them was sent now; or what has failed.
    pub(crate) moved: &'a Result<bool, Rejection>,
}

impl Watch {
    /// Of this worker.
    pub(crate) fn new(store: Store<Fold>, presence: Presence, patience: Patience) -> Watch {
        Watch { store, presence, patience, counts: Arc::default() }
    }

    /// Whether all is well, as the worker knows it.
    pub(crate) fn presence(&self) -> &Presence {
        &self.presence
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the step of a flow has failed, as far as it is known.
    pub(crate) fn failures(&self, flow: &Flow) -> u32 {
        self.counts().failing.get(flow).map_or(0, |(_, _, tries)| tries.failures)
    }

    /// Nothing of a flow has failed so far.
    pub(crate) fn forget(&self, flow: &Flow) {
        let mut counts = self.counts();
        counts.failing.remove(flow);
        counts.told.remove(flow);
    }

    /// A flow has looked at the record, or could not.
    pub(crate) async fn looked(&self, flow: &Flow, outcome: Result<(), &Rejection>) {
        self.counts().told.remove(flow);
        match outcome {
            Ok(()) => {
                self.goes_on(flow, LOOK).await;
                self.has_arrived(flow).await;
            }
            Err(no) => self.fails(flow, LOOK, &[], no).await,
        }
    }

    /// A flow has had steps sent, or tried to.
    pub(crate) async fn sent(&self, flow: &Flow, sent: Sent<'_>) {
        let step = step(sent.names);
        match sent.moved {
            Ok(true) => self.goes_on(flow, &step).await,
            // It was sent when it failed; now the record has it.
            Ok(false) if self.was_failing(flow) => self.goes_on(flow, &step).await,
            Ok(false) => {
                let message = "it was sent before, and the record is the same after it";
                let no = Rejection::unavailable("MOVES_NOTHING", message);
                self.counts_up(flow, (&step, sent.names), Trouble::MovesNothing, &no).await;
            }
            Err(no) => self.fails(flow, &step, sent.names, no).await,
        }
    }

    /// Whether the last that is known of a flow is a failure.
    fn was_failing(&self, flow: &Flow) -> bool {
        let is_failure = |trouble: Trouble| matches!(trouble, Trouble::Fails | Trouble::Refused);
        let counted = self.counts().failing.get(flow).map(|(_, trouble, _)| *trouble);
        let open = || {
            let found = self.store.read(|tx| fold::incident_of(tx, flow)).ok().flatten();
            found.map(|kept| kept.incident.opened.trouble)
        };
        counted.or_else(open).is_some_and(is_failure)
    }

    async fn fails(&self, flow: &Flow, step: &str, names: &[EnvelopeId], no: &Rejection) {
        let trouble = if is_retryable(no) { Trouble::Fails } else { Trouble::Refused };
        self.counts_up(flow, (step, names), trouble, no).await;
    }

    /// A flow could not be told, or begun.
    pub(crate) async fn not_told(&self, flow: &Flow, why: String) {
        let no = Rejection::unavailable("NOT_TOLD", why);
        self.counts_up(flow, ("tell", &[]), Trouble::NotTold, &no).await;
    }

    async fn counts_up(
        &self,
        flow: &Flow,
        (step, names): (&str, &[EnvelopeId]),
        trouble: Trouble,
        no: &Rejection,
    ) {
        let now = self.store.clock().now();
        if !self.presence.is_well(now) || ["AWAY", "STOPPING"].contains(&&*no.reason) {
            return;
        }
        let tries = {
            let mut counts = self.counts();
            let is_known = counts.failing.contains_key(flow);
            if !is_known && counts.failing.len() >= COUNTED_MAX {
                return;
            }
            let fresh = || (step.to_owned(), trouble, Tries { since: now, failures: 0 });
            let known = counts.failing.entry(flow.clone()).or_insert_with(fresh);
            if (known.0.as_str(), known.1) != (step, trouble) {
                *known = fresh();
            }
            known.2.failures = known.2.failures.saturating_add(1);
            known.2
        };
        if self.patience.is_over(trouble, &tries, now) {
            let opened = self.opened(flow, (step, names), trouble, tries, no);
            self.say(Command::Stuck(flow.clone(), Box::new(opened))).await;
        }
    }

    fn opened(
        &self,
        flow: &Flow,
        (step, names): (&str, &[EnvelopeId]),
        trouble: Trouble,
        tries: Tries,
        no: &Rejection,
    ) -> Opened {
        let workflow = flow.workflow(&self.store.machine().city().id);
        let (mut reason, mut message) = (no.reason.clone(), no.message.clone());
        let mut responsible = "admin".to_owned();
        let is_sent = no.reason == "NOT_IN_THE_RECORD";
        let waits = if is_sent { self.waits_for(&workflow) } else { None };
        if let Some((why, recipient)) = refused().zip(waits) {
            let own = Party::service(Role::Worker);
            responsible = who_must_act(&why, &own, &recipient, "who keeps the city's pack");
            message = format!("{message}; it waits for {recipient}, the bus says {why}");
            reason = why;
        }
        Opened {
            id: IncidentId(0),
            subject: workflow.clone(),
            flow: workflow,
            step: step.to_owned(),
            sends: names.iter().map(ToString::to_string).collect(),
            trouble,
            since: tries.since,
            failures: tries.failures,
            reason,
            message: message.chars().take(MESSAGE_MAX).collect(),
            responsible,
            is_sent,
        }
    }

    /// For whom the first is that was sent about this and is not at the bus.
    fn waits_for(&self, subject: &str) -> Option<String> {
        let waiting = self.store.unpublished(Load::count(LOOKED_AT_MAX), &Aside::default()).ok()?;
        let is_it = |one: &Sending| {
            let envelope = proto::envelope::from_wire(one.wire.clone());
            !one.name.recipient.is_empty() && envelope.is_ok_and(|it| it.subject == subject)
        };
        waiting.into_iter().find(is_it).map(|one| one.name.recipient)
    }

    /// A step went through. What only looks ends no incident of what is sent.
    async fn goes_on(&self, flow: &Flow, step: &str) {
        let is_through = |failing: &str| step != LOOK || failing == LOOK || failing == "tell";
        {
            let mut counts = self.counts();
            if counts.failing.get(flow).is_some_and(|(failing, _, _)| is_through(failing)) {
                counts.failing.remove(flow);
            }
        }
        let open = self.store.read(|tx| fold::incident_of(tx, flow)).ok().flatten();
        if open.is_some_and(|kept| is_through(&kept.incident.opened.step)) {
            self.say(Command::Passed(flow.clone())).await;
        }
    }

    /// What was sent is in the record by now: a flow that looks then has nothing to send again, and
    /// so nobody else says that the step went through.
    async fn has_arrived(&self, flow: &Flow) {
        let found = self.store.read(|tx| {
            let sent = fold::incident_of(tx, flow)?.filter(|kept| kept.incident.opened.is_sent);
            Ok::<_, view::Error>(sent.is_some() && !fold::is_under_way(tx, flow)?)
        });
        if found.unwrap_or(false) {
            self.counts().failing.remove(flow);
            self.say(Command::Passed(flow.clone())).await;
        }
    }

    async fn say(&self, command: Command) {
        if let Err(error) = self.store.tell(command).await {
            tracing::warn!(%error, "what is known of an incident can't be written down now");
        }
    }

    /// A flow is told something: it has to look.
    pub(crate) fn told(&self, flow: &Flow) {
        let (now, mut counts) = (self.store.clock().now(), self.counts());
        if counts.told.len() < COUNTED_MAX {
            counts.told.entry(flow.clone()).or_insert((now, None));
        }
    }

    /// The flows that were told something and have not looked for half of the patience: they are
    /// asked once more, since a flow does not look at what it has heard before. Not all at once.
    pub(crate) fn silent(&self) -> Vec<Flow> {
        let now = self.store.clock().now();
        if !self.presence.is_well(now) {
            return Vec::new();
        }
        let half = self.half();
        let mut counts = self.counts();
        let silent = counts
            .told
            .iter_mut()
            .filter(|(_, (at, asked_at))| asked_at.is_none() && now.since(*at) >= half);
        let ask = |(flow, told): (&Flow, &mut (Moment, Option<Moment>))| {
            told.1 = Some(now);
            flow.clone()
        };
        silent.take(ASKED_MAX).map(ask).collect()
    }

    fn half(&self) -> Duration {
        Duration::from_millis(self.patience.after_ms / 2)
    }

    /// Writes down which flows are silent although they were asked once more, and which incidents are
    /// over because what they were about is.
    pub(crate) async fn look_round(&self) {
        let (now, half) = (self.store.clock().now(), self.half());
        let silent: Vec<Flow> = {
            let counts = self.counts();
            let is_silent = |asked_at: Option<Moment>| {
                asked_at.is_some_and(|asked_at| now.since(asked_at) >= half)
            };
            let silent = counts.told.iter().filter(|(_, (_, asked_at))| is_silent(*asked_at));
            silent.map(|(flow, _)| flow.clone()).collect()
        };
        for flow in silent {
            self.is_silent(&flow).await;
        }
        let failing: Vec<Flow> = self.counts().failing.keys().cloned().collect();
        for flow in failing.into_iter().filter(|flow| !self.is_wanted(flow)) {
            self.forget(&flow);
        }
        let open = self.store.read(|tx| fold::incidents(tx, b"", usize::MAX)).unwrap_or_default();
        for (_, kept) in open.into_iter().filter(|(_, kept)| kept.incident.is_open()) {
            if self.is_wanted(&kept.flow) {
                self.has_arrived(&kept.flow).await;
            } else {
                self.say(Command::Passed(kept.flow)).await;
            }
        }
    }

    /// Whether what a flow is about is open; where that can't be read, it is.
    fn is_wanted(&self, flow: &Flow) -> bool {
        self.store.read(|tx| fold::is_wanted(tx, flow)).unwrap_or(true)
    }

    async fn is_silent(&self, flow: &Flow) {
        let since = self.counts().told.get(flow).map(|(at, _)| *at);
        let now = self.store.clock().now();
        if !self.presence.is_well(now) {
            return;
        }
        let Some(since) = since.filter(|_| self.is_wanted(flow)) else {
            self.counts().told.remove(flow);
            return;
        };
        let tries = Tries { since, failures: 2 };
        if self.patience.is_over(Trouble::NotTold, &tries, now) {
            let message = "it was told twice what has happened, and has not looked";
            let no = Rejection::unavailable("SILENT", message);
            let opened = self.opened(flow, (LOOK, &[]), Trouble::NotTold, tries, &no);
            self.say(Command::Stuck(flow.clone(), Box::new(opened))).await;
        }
    }
}

/// What a step is called: the names of what it sends.
fn step(names: &[EnvelopeId]) -> String {
    let first: Vec<&str> = names.iter().take(NAMED_MAX).map(EnvelopeId::as_str).collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    match more {
        0 => first.join(", "),
        more => format!("{}, + {more}", first.join(", ")),
    }
}

/// Why the bus refuses some of what the worker sends, as far as this process knows.
fn refused() -> Option<String> {
    let mut found = None;
    metrics::ask(Metric::RoleUndelivered, &mut |count, of| {
        let value = |name: &str| of.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let is_ours = value(metrics::SENDER) == Some("service/worker");
        let reason = value(metrics::REASON).filter(|_| is_ours && count > 0.0);
        // What is parked is with the bus, and in the record.
        let reason = reason.filter(|reason| !["PARKED", "EXPIRED"].contains(reason));
        found = found.take().or(reason.map(str::to_owned));
    });
    found
}
