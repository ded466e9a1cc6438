//! What is to be done now about an operation, and when to look again. Pure.
//!
//! The undo of calling a unit is registered before it is called; after the end each unit that was
//! ever registered is asked to let go, and nothing here gives that up. It begins only with a quorum:
//! when all have answered, or at the limit without those that have not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Answer, Ending, Member, Operation, Release};
use crate::{
    case::standing,
    id::UnitId,
    moment::Moment,
    outage::Outage,
    pack::{City, Limit, Limits},
};

/// What the mailboxes of units say has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipts {
    /// Whose journal has its invitation.
    pub invited: BTreeSet<UnitId>,
    /// Whose journal has its release.
    pub released: BTreeSet<UnitId>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Register the undo of calling these.
    Register {
        /// Who.
        units: Vec<UnitId>,
    },
    /// Call a unit.
    Invite {
        /// Who.
        unit: UnitId,
    },
    /// Say who has not answered at the limit, or that there is no quorum.
    Assess,
    /// Begin.
    Start,
    /// Brief a unit.
    Brief {
        /// Who.
        unit: UnitId,
    },
    /// End it, for its time is over.
    End {
        /// How.
        how: Ending,
    },
    /// Have a unit let go.
    Release {
        /// Who.
        unit: UnitId,
    },
    /// Say who has let go.
    NoteReleased {
        /// Who.
        units: Vec<UnitId>,
    },
    /// Say what came of it.
    Summarise,
    /// Plan the next of the series.
    Repeat,
    /// Begin the cases of a batch.
    BeginWork {
        /// The batch.
        batch: u32,
    },
}

impl Step {
    /// Its name: what has the same name is the same step, and done once.
    pub fn name(&self) -> String {
        let of = |units: &[UnitId]| {
            let names: Vec<&str> = units.iter().map(UnitId::as_str).collect();
            names.join(",")
        };
        match self {
            Step::Register { units } => format!("register/{}", of(units)),
            Step::Invite { unit } => format!("invite/{unit}"),
            Step::Assess => "assess".to_owned(),
            Step::Start => "start".to_owned(),
            Step::Brief { unit } => format!("brief/{unit}"),
            Step::End { .. } => "end".to_owned(),
            Step::Release { unit } => format!("release/{unit}"),
            Step::NoteReleased { units } => format!("released/{}", of(units)),
            Step::Summarise => "summary".to_owned(),
            Step::Repeat => "next".to_owned(),
            Step::BeginWork { batch } => format!("follow-up/{batch}"),
        }
    }
}

/// What is due, and when to look again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Todo {
    /// To be done now, in this order.
    pub steps: Vec<Step>,
    /// When something becomes due by itself.
    pub wake: Option<Moment>,
}

/// The limits of an operation, with what it needs of the calendar and our own outages since it was
/// planned: that of an answer is its plan's own.
pub fn limits(city: &City, profile: &str, operation: &Operation, outages: Vec<Outage>) -> Limits {
    let plan = &operation.plan;
    let kind = plan.kind.as_ref().and_then(|kind| city.operations.get(kind));
    let limits = kind.map(|kind| city.limits(profile, &kind.issue_type)).unwrap_or_default();
    let accept = Limit { within_ms: plan.within_ms, pace: plan.pace, ..limits.accept };
    let limits = Limits { accept, calendar: city.calendar.clone(), ..limits };
    Limits { outages, ..limits.since(operation.planned_at) }
}

/// When so much of the limit has passed since then. Our own outages are charged to nobody.
fn reached(operation: &Operation, limits: &Limits, from: Moment) -> Moment {
    let (within_ms, pace) = (operation.plan.within_ms, operation.plan.pace);
    let limit = Limit { within_ms, pace, ..limits.accept };
    standing::after_all(from, &[limit], limits)
}

/// By when every unit has to answer; never after the beginning.
pub fn due(operation: &Operation, limits: &Limits) -> Moment {
    reached(operation, limits, operation.planned_at).min(operation.plan.from)
}

/// When the summary waits no longer for who has not let go; nothing before the end.
pub fn patience_ends(operation: &Operation, limits: &Limits) -> Option<Moment> {
    let ended = operation.ended.as_ref()?;
    Some(reached(operation, limits, ended.at))
}

/// Who has not answered: whom the invitation has not reached, and who has it.
pub fn missed(operation: &Operation, receipts: &Receipts) -> (Vec<UnitId>, Vec<UnitId>) {
    let silent = operation.members.iter().filter(|(_, member)| member.answer == Answer::None);
    let (late, not_reached): (Vec<_>, Vec<_>) =
        silent.map(|(unit, _)| unit.clone()).partition(|unit| receipts.invited.contains(unit));
    (not_reached, late)
}

/// Decides.
pub fn decide(operation: &Operation, receipts: &Receipts, limits: &Limits, now: Moment) -> Todo {
    let mut todo = match operation.ended {
        None => goes_on(operation, limits, now),
        Some(_) => comes_to_an_end(operation, receipts, limits, now),
    };
    todo.steps.extend(operation.unbegun().map(|batch| Step::BeginWork { batch }));
    todo
}

/// The units of which this holds.
fn units(operation: &Operation, holds: impl Fn(&Member) -> bool) -> Vec<UnitId> {
    let of = operation.members.iter().filter(|(_, member)| holds(member));
    of.map(|(unit, _)| unit.clone()).collect()
}

fn goes_on(operation: &Operation, limits: &Limits, now: Moment) -> Todo {
    let new = units(operation, |one| !one.is_registered);
    if !new.is_empty() {
        // Nobody is called before it is in the record how that is undone.
        return Todo { steps: vec![Step::Register { units: new }], wake: None };
    }
    let to = operation.plan.to;
    let is_started = operation.started_at.is_some();
    if now >= to {
        let how = if is_started { Ending::Over } else { Ending::NoQuorum };
        return Todo { steps: vec![Step::End { how }], wake: None };
    }
    let uncalled = units(operation, |one| !one.is_invited).into_iter();
    let mut steps: Vec<Step> = uncalled.map(|unit| Step::Invite { unit }).collect();
    let due = due(operation, limits);
    let (is_due, all_answered) = (now >= due, operation.all_answered());
    let has_begun = is_started || operation.has_quorum();
    if is_due && !operation.is_assessed && !(all_answered && has_begun) {
        steps.push(Step::Assess);
    }
    if !is_started && operation.has_quorum() && (is_due || all_answered) {
        steps.push(Step::Start);
    }
    if is_started {
        let unbriefed = units(operation, |one| one.is_confirmed() && !one.is_briefed).into_iter();
        steps.extend(unbriefed.map(|unit| Step::Brief { unit }));
    }
    let has_nothing_to_wait_for = is_due || is_started && all_answered;
    Todo { steps, wake: Some(if has_nothing_to_wait_for { to } else { due.min(to) }) }
}

fn comes_to_an_end(
    operation: &Operation,
    receipts: &Receipts,
    limits: &Limits,
    now: Moment,
) -> Todo {
    let unasked = units(operation, |one| one.is_registered && one.release == Release::None);
    let mut steps: Vec<Step> = unasked.into_iter().map(|unit| Step::Release { unit }).collect();
    let arrived = operation.members.iter().filter(|(unit, member)| {
        member.release == Release::Asked && receipts.released.contains(*unit)
    });
    let arrived: Vec<UnitId> = arrived.map(|(unit, _)| unit.clone()).collect();
    if !arrived.is_empty() {
        steps.push(Step::NoteReleased { units: arrived });
    }
    if operation.repeats() && !operation.is_repeated {
        steps.push(Step::Repeat);
    }
    let patience = patience_ends(operation, limits).filter(|_| operation.summary.is_none());
    let Some(patience) = patience else { return Todo { steps, wake: None } };
    if operation.unreleased().next().is_none() || now >= patience {
        steps.push(Step::Summarise);
        return Todo { steps, wake: None };
    }
    Todo { steps, wake: Some(patience) }
}
