//! What is to be done now about a decision, and when to look again. Pure.
//!
//! Each silence is reminded of before its limit, urged once after, and the office is told once when
//! the limit has passed twice. The review has a clock of its own: it stands still while the file is
//! with the handler, and nothing here takes silence for a word.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Decision, Phase, part::Transfer};
use crate::{
    case::clocks,
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
};

/// What somebody owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The reviewer's word about a version of the file, from 1.
    Review(u32),
    /// The answer of criminal justice about a version, from 1.
    Criminal(u32),
    /// The answer to a supervisor's opinion, from 1.
    Supervision(u32),
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Duty::Review(number) => write!(f, "review/{number}"),
            Duty::Criminal(number) => write!(f, "criminal/{number}"),
            Duty::Supervision(number) => write!(f, "supervision/{number}"),
        }
    }
}

/// Who owes what, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// What.
    pub duty: Duty,
    /// Who.
    pub unit: UnitId,
    /// By when.
    pub due: Moment,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Say what it is by the pack, and which gates it has to pass.
    Class,
    /// Publish an extract.
    Publish(Phase),
    /// Remind of a duty before the limit, or urge after.
    Remind {
        /// Of what.
        owed: Owed,
        /// Whether the limit has passed.
        is_late: bool,
    },
    /// Tell the office of a silence.
    Escalate {
        /// Which.
        owed: Owed,
    },
}

impl Step {
    /// The step's name within its decision: what is said once has one name.
    pub fn name(&self) -> String {
        match self {
            Step::Class => "class".to_owned(),
            Step::Publish(phase) => format!("publish/{}", phase.word()),
            Step::Remind { owed, is_late: false } => format!("remind/{}", owed.duty),
            Step::Remind { owed, is_late: true } => format!("urge/{}", owed.duty),
            Step::Escalate { owed } => format!("escalate/{}", owed.duty),
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Now.
    pub steps: Vec<Step>,
    /// When something becomes due by itself.
    pub wake: Option<Moment>,
}

/// One silence: since when, with which limit, and the times in which its clock stood still.
struct Clock {
    owed: Owed,
    from: Moment,
    limit: Limit,
    pauses: Vec<(Moment, Moment)>,
}

impl Clock {
    fn new(duty: Duty, unit: &UnitId, from: Moment, limit: Limit) -> Clock {
        let owed = Owed { duty, unit: unit.clone(), due: from };
        Clock { owed, from, limit, pauses: Vec::new() }
    }

    /// When so much of its time has passed. Our own outages are charged to nobody.
    fn reached(&self, ms: u64, limits: &Limits) -> Moment {
        let outages = limits.outages.iter().map(|outage| (outage.from, outage.to));
        let mut pauses: Vec<(Moment, Moment)> = outages.chain(self.pauses.clone()).collect();
        pauses.sort_unstable();
        let limit = Limit { within_ms: ms, ..self.limit };
        clocks::after(self.from, limit, 0, &pauses, limits)
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index.saturating_add(1)).unwrap_or(u32::MAX)
}

fn clocks_of(decision: &Decision, limits: &Limits) -> Vec<Clock> {
    let Some(terms) = &decision.terms else { return Vec::new() };
    let mut clocks = Vec::new();
    if let (true, Some(reviewer), Some(from)) =
        (decision.is_in_review(), &terms.reviewer, decision.asked.first())
    {
        let duty = Duty::Review(number(decision.reviews.len()));
        let mut clock = Clock::new(duty, reviewer, *from, terms.review);
        let back = decision.reviews.iter().map(|review| review.at);
        clock.pauses = back.zip(decision.asked.iter().skip(1).copied()).collect();
        clocks.push(clock);
    }
    let waits = |transfer: &&Transfer| transfer.is_open() && !transfer.is_accepted();
    let last = decision.transfers.last().filter(|_| decision.end.is_none());
    if let Some(transfer) = last.filter(waits) {
        let duty = Duty::Criminal(number(decision.transfers.len() - 1));
        clocks.push(Clock::new(duty, &terms.justice, transfer.at, terms.criminal));
    }
    let open = decision.opinions.iter().enumerate().filter(|(_, opinion)| opinion.reply.is_none());
    clocks.extend(open.map(|(index, opinion)| {
        let duty = Duty::Supervision(number(index));
        Clock::new(duty, &decision.draft.by.unit, opinion.at, terms.supervision)
    }));
    for clock in &mut clocks {
        clock.owed.due = clock.reached(clock.limit.within_ms, limits);
    }
    clocks
}

/// Who owes what.
pub fn owes(decision: &Decision, limits: &Limits) -> Vec<Owed> {
    clocks_of(decision, limits).into_iter().map(|clock| clock.owed).collect()
}

/// Whether somebody was reminded of a duty, or urged: once, also where an outage moved the limit.
pub fn is_said(decision: &Decision, duty: Duty, is_late: bool) -> bool {
    decision.reminded.contains(&(duty, is_late))
}

/// Whether the office was told of a silence.
pub fn silent(decision: &Decision, duty: Duty) -> bool {
    decision.escalated.contains(&duty)
}

/// Decides.
pub fn decide(decision: &Decision, limits: &Limits, now: Moment) -> Plan {
    let mut plan = Plan::default();
    if decision.terms.is_none() && decision.end.is_none() {
        plan.steps.push(Step::Class);
    }
    plan.steps.extend(decision.unpublished().map(Step::Publish));
    for clock in clocks_of(decision, limits) {
        for (at, step) in rungs(decision, limits, &clock, now) {
            if at <= now {
                plan.steps.push(step);
            } else {
                plan.wake = Some(plan.wake.map_or(at, |wake| wake.min(at)));
            }
        }
    }
    plan
}

fn rungs(decision: &Decision, limits: &Limits, clock: &Clock, now: Moment) -> Vec<(Moment, Step)> {
    let Clock { owed, limit, .. } = clock;
    let mut rungs = Vec::new();
    let remind = |is_late| Step::Remind { owed: owed.clone(), is_late };
    if now < owed.due && limit.remind_before_ms > 0 && !is_said(decision, owed.duty, false) {
        let before = limit.within_ms.saturating_sub(limit.remind_before_ms);
        rungs.push((clock.reached(before, limits), remind(false)));
    }
    let late = limit.within_ms.saturating_add(limit.urge_after_ms);
    if !is_said(decision, owed.duty, true) {
        rungs.push((clock.reached(late, limits), remind(true)));
    }
    if !silent(decision, owed.duty) {
        let twice = late.saturating_add(limit.within_ms);
        rungs.push((clock.reached(twice, limits), Step::Escalate { owed: owed.clone() }));
    }
    rungs
}
