//! The community's right to report directly to the city government (直接向市政府报告, M002), and
//! what comes of it.
//!
//! The right opens when a unit that was called has not settled the matter so long after it should
//! have. It needs nobody's approval, and it stays open until the city government has answered, also
//! when the unit settles the matter after all: a report that comes a moment later stands. From the
//! report to the answer nothing closes, merges, withdraws or re-assigns the case. The answer is an
//! instruction that binds: it begins a round, and a call of that round or of a later one can't be
//! refused.
//!
//! When a unit should have settled it is counted from what it has done; a late step gives it no
//! more time than it would have had from the call on. Until then it is the unit's time: what is
//! held or extended, and our own outages, move the opening of the right as they move the due moment,
//! so that nobody is reported as late who was not. What is decided once the right is there does not
//! take it away again, and the public clock is touched by nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    clocks::{self, pauses, work_limit},
    course::{Course, Part, Stage},
    decide::{Owed, declaration, owe},
    fact::{Duty, Fact, Rung},
    ladder::Ladder,
    order::{Standing, of_round},
};
use crate::{
    clock::{Ledger, Pace},
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
    party::{Kind, Party},
};

use Standing::{Early, Late, Ready};

/// What has come of the right so far. A later report takes the place of one that was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Direct {
    /// That the community was told of it.
    pub opened: Option<Opened>,
    /// The last report.
    pub filed: Option<Filed>,
    /// The last answer.
    pub instruction: Option<Instructed>,
    /// The units that were late under a direct report, whatever round it was in (慢作为).
    pub slow: BTreeSet<UnitId>,
}

/// The right is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The unit that has not settled the matter.
    pub unit: UnitId,
    /// By when it should have.
    pub due: Moment,
    /// When the community was told.
    pub at: Moment,
}

/// The community has reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// In which round.
    pub round: u32,
    /// When the bus had it.
    pub at: Moment,
    /// The units that it reports.
    pub against: Vec<UnitId>,
    /// Who owes the answer.
    pub to: Party,
    /// Whether those units had done their parts when it came.
    pub is_answered_before: bool,
}

/// The city government has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instructed {
    /// The round that this began.
    pub round: u32,
    /// When the bus had it.
    pub at: Moment,
    /// The time to have it done, from the call.
    pub within_ms: u64,
    /// What is to be done.
    pub text: String,
}

impl Direct {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Direct::default()
    }

    /// Whether a report waits for its answer: the case is frozen until then.
    pub fn is_frozen(&self) -> bool {
        self.filed.as_ref().is_some_and(|filed| filed.round >= self.answered())
    }

    /// The round that the last answer began, 0 when there is none: what was said about an earlier
    /// one is answered.
    pub fn answered(&self) -> u32 {
        self.instruction.as_ref().map_or(0, |instruction| instruction.round)
    }

    /// Whether the time of this round is what the last answer has set.
    pub fn is_limited(&self, round: u32) -> bool {
        self.instruction.as_ref().is_some_and(|instruction| instruction.round == round)
    }

    /// Whether a call of this round is by an instruction, and can't be refused.
    pub fn is_binding(&self, round: u32) -> bool {
        self.instruction.as_ref().is_some_and(|instruction| round >= instruction.round)
    }
}

/// How it stands with the right, for who asks now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// The city has no such right, or no limit for it.
    Nowhere,
    /// No department was called yet.
    NotCalled,
    /// The units have done their parts, and were not late enough.
    Settled,
    /// The units still have time.
    TooEarly {
        /// The first that runs out of it.
        unit: UnitId,
        /// When the right opens.
        opens: Moment,
    },
    /// The community may report.
    Open {
        /// The unit that has not settled the matter.
        unit: UnitId,
        /// Since when.
        since: Moment,
    },
    /// It has, and waits for the answer.
    Reported,
    /// The case is at its end.
    Over,
}

/// How it stands with the right. It is there by the limits alone: the flow only tells of it.
pub fn right(course: &Course, limits: &Limits, now: Moment) -> Right {
    let is_over = course.stage == Stage::Closed || course.is_ending();
    if is_over || course.confirmed_at.is_some() {
        return Right::Over;
    }
    if course.direct.is_frozen() {
        return Right::Reported;
    }
    if let Some(Opened { unit, at, .. }) = &course.direct.opened {
        return Right::Open { unit: unit.clone(), since: *at };
    }
    if limits.direct.within_ms == 0 {
        return Right::Nowhere;
    }
    match first_late(course, limits) {
        Some(Overdue { unit, opens, .. }) if opens <= now => Right::Open { unit, since: opens },
        Some(Overdue { unit, opens, .. }) => Right::TooEarly { unit, opens },
        None if course.parts.values().any(|part| part.called_at.is_some()) => Right::Settled,
        None => Right::NotCalled,
    }
}

/// The units that a report of now is about: those for which the right is open, and whether they
/// have done their parts meanwhile.
pub fn against(course: &Course, limits: &Limits, now: Moment) -> (Vec<UnitId>, bool) {
    let mut units: BTreeSet<UnitId> =
        course.direct.opened.iter().map(|opened| opened.unit.clone()).collect();
    let overdue = all_late(course, limits);
    units.extend(overdue.iter().filter(|late| late.opens <= now).map(|late| late.unit.clone()));
    let is_done = |unit: &UnitId| {
        let part = course.parts.get(unit);
        part.is_some_and(|part| part.disposed_at.is_some())
            && overdue.iter().all(|late| late.unit != *unit)
    };
    let is_answered_before = units.iter().all(is_done);
    (units.into_iter().collect(), is_answered_before)
}

/// A unit that has not settled the matter, or the lead that has not said so.
pub(super) struct Overdue {
    pub(super) unit: UnitId,
    pub(super) due: Moment,
    /// When the right opens by it.
    pub(super) opens: Moment,
}

/// By whom and when the right is to be opened, where the community was not told yet.
pub(super) fn to_open(course: &Course, limits: &Limits) -> Option<Overdue> {
    let Direct { opened, .. } = &course.direct;
    let waits = opened.is_none() && !course.direct.is_frozen() && !course.is_ending();
    first_late(course, limits).filter(|_| waits && limits.direct.within_ms > 0)
}

/// Whether that is still to be told.
pub fn is_to_open(course: &Course, limits: &Limits, unit: &UnitId, due: Moment) -> bool {
    to_open(course, limits).is_some_and(|late| (&late.unit, late.due) == (unit, due))
}

fn first_late(course: &Course, limits: &Limits) -> Option<Overdue> {
    all_late(course, limits).into_iter().min_by_key(|late| late.opens)
}

/// Who is late by what was decided so far. What was decided when the right was there by a unit
/// already does not take it away again: nobody but the community closes it.
fn all_late(course: &Course, limits: &Limits) -> Vec<Overdue> {
    if course.clocks.extensions.is_empty() {
        return late_by(course, limits);
    }
    let mut known = course.clone();
    known.clocks.extensions.clear();
    let mut late = late_by(&known, limits);
    for more in &course.clocks.extensions {
        let is_there = |late: &Overdue| &late.unit == more.timing.unit() && late.opens <= more.at;
        if !late.iter().any(is_there) {
            known.clocks.extensions.push(more.clone());
            late = late_by(&known, limits);
        }
    }
    late
}

fn late_by(course: &Course, limits: &Limits) -> Vec<Overdue> {
    if !matches!(course.stage, Stage::Called | Stage::Working) {
        return Vec::new();
    }
    let parts = course.parts.iter().filter(|(_, part)| !part.is_done());
    let mut dues: Vec<(UnitId, Moment)> = parts
        .filter_map(|(unit, part)| Some((unit.clone(), settled_by(course, limits, unit, part)?)))
        .collect();
    let lead = course.lead.clone().zip(declaration(course, work_limit(course, limits)));
    dues.extend(lead.map(|(unit, mut owed)| {
        clocks::settle(course, limits, &mut owed);
        (unit, owed.due)
    }));
    let late = |(unit, due): (UnitId, Moment)| {
        let pauses = pauses(course, limits, &limits.outages, &Party::unit(&unit));
        let opens = clocks::after(due, limits.direct, 0, &pauses, limits);
        Overdue { unit, due, opens }
    };
    dues.into_iter().map(late).collect()
}

/// By when a unit that was called should have done its part.
fn settled_by(course: &Course, limits: &Limits, unit: &UnitId, part: &Part) -> Option<Moment> {
    let called = part.called_at?;
    if let Some(instruction) = of_this_round(course, unit) {
        let whole = whole(course, limits, unit, called, instruction, &STEPS);
        return Some(whole.due(&limits.calendar).unwrap_or(Moment(i64::MAX)));
    }
    let pauses = pauses(course, limits, &limits.outages, &Party::unit(unit));
    let step = |from, duty, limit| {
        clocks::after(from, limit, course.clocks.extended_ms(unit, duty), &pauses, limits)
    };
    let work = |from| step(from, Duty::Dispose, work_limit(course, limits));
    let arrive = |from| step(from, Duty::Arrive, limits.arrive);
    let latest = work(arrive(step(called, Duty::Accept, limits.accept)));
    let by = match (part.accepted_at, part.arrived_at) {
        (_, Some(arrived)) => work(arrived),
        (Some(accepted), None) => work(arrive(accepted)),
        (None, None) => latest,
    };
    Some(by.min(latest))
}

/// The instruction by which a unit was called in this round; who was called in a round of before,
/// and helps on, has the time of that call.
fn of_this_round<'c>(course: &'c Course, unit: &UnitId) -> Option<&'c Instructed> {
    let is_former = course.parts.get(unit).is_some_and(|part| part.round.is_some());
    let is_limited = course.direct.is_limited(course.round) && !is_former;
    course.direct.instruction.as_ref().filter(|_| is_limited)
}

/// The steps of a unit's own part, in their order.
const STEPS: [Duty; 3] = [Duty::Accept, Duty::Arrive, Duty::Dispose];

/// All the time that a unit has under an instruction, around the clock, with what it was given more
/// for these steps.
fn whole(
    course: &Course,
    limits: &Limits,
    unit: &UnitId,
    called: Moment,
    instruction: &Instructed,
    steps: &[Duty],
) -> Ledger {
    let more = steps.iter().map(|duty| course.clocks.extended_ms(unit, *duty));
    let more_ms = more.fold(0, u64::saturating_add);
    let limit = Limit { within_ms: instruction.within_ms, ..Limit::default() };
    let pauses = pauses(course, limits, &limits.outages, &Party::unit(unit));
    clocks::run(called, limit, more_ms, &pauses, limits)
}

/// What a unit owes under an instruction: no step has more time than all of it, and all of it is
/// around the clock. More time for a step is more time for all of it.
pub(super) fn instructed(
    course: &Course,
    limits: &Limits,
    unit: &UnitId,
    called: Moment,
    mut owed: Owed,
) -> Owed {
    if let Some(instruction) = of_this_round(course, unit) {
        let before: Vec<Duty> = STEPS.into_iter().take_while(|duty| *duty != owed.duty).collect();
        let whole = whole(course, limits, unit, called, instruction, &before);
        let left = whole.left_ms(owed.from, &limits.calendar);
        let own = if owed.duty == Duty::Dispose { left } else { owed.limit.within_ms };
        // A reminder that came with the call would remind of nothing.
        let remind_before_ms = owed.limit.remind_before_ms.min(instruction.within_ms / 2);
        owed.limit =
            Limit { within_ms: own.min(left), pace: Pace::Around, remind_before_ms, ..owed.limit };
    }
    owed
}

/// Who was reported to owes an answer.
pub(super) fn answer(course: &Course, limits: &Limits) -> Option<Owed> {
    let filed = course.direct.filed.as_ref().filter(|_| course.direct.is_frozen())?;
    Some(owe(filed.to.clone(), Duty::Answer, filed.at, limits.answer))
}

/// Whether somebody is told when a rung of this party is late: units have a first responsible
/// person, where the city has a limit for it.
pub(super) fn has_first_person(rung: &Rung, limits: &Limits) -> bool {
    rung.party.kind == Kind::Unit && limits.notice.within_ms > 0
}

/// How what is said on the ladder stands to a course.
pub(super) fn standing(course: &Course, ladder: &Ladder) -> Standing {
    let direct = &course.direct;
    match ladder {
        Ladder::Pressed { round, .. } => of_round(course, *round, Ready),
        Ladder::Noticed { rung, .. } => of_round(course, rung.round, Ready),
        Ladder::RightOpened { round, .. } if *round > course.round => Early,
        Ladder::RightOpened { round, .. } => {
            ready(*round >= direct.answered() && direct.opened.is_none())
        }
        Ladder::Reported { round, .. } => report(course, *round),
        Ladder::Instructed { round, .. } => instruction(course, *round),
        Ladder::Withdrawn { .. } => {
            ready(!course.is_ending() && direct.filed.is_none() && course.complaint.is_none())
        }
    }
}

/// A report rests on its round, and on what the community has said before it.
fn report(course: &Course, round: u32) -> Standing {
    let is_over = round < course.direct.answered() || course.direct.is_frozen();
    match is_over || course.is_ending() {
        true => Late,
        false if round > course.round || is_judged(course) => Early,
        false => Ready,
    }
}

/// Whether the community's word on this round waits for what it rests on: it was said before.
fn is_judged(course: &Course) -> bool {
    let is_word =
        |fact: &Fact| matches!(fact, Fact::SentBack { round, .. } if *round == course.round);
    course.early.iter().any(|(fact, _)| is_word(fact))
}

/// An answer rests on its report. The round that it begins is the next one, also where another was
/// begun while it was on its way: an answer is not lost.
fn instruction(course: &Course, round: u32) -> Standing {
    let Some(next) = course.round.checked_add(1) else { return Late };
    match course.direct.is_frozen() {
        _ if round <= course.direct.answered() => Late,
        true if round <= next => Ready,
        _ => Early,
    }
}

fn ready(is_new: bool) -> Standing {
    if is_new { Ready } else { Late }
}

impl Course {
    /// Folds what is said on the ladder and is ready.
    pub(super) fn climb(&mut self, ladder: &Ladder, at: Moment) {
        match ladder {
            Ladder::Pressed { party, number, .. } => {
                self.pressed.entry(*number).or_insert_with(|| party.clone());
            }
            Ladder::Noticed { rung, .. } => {
                self.noticed.insert(rung.clone());
            }
            Ladder::RightOpened { unit, due, .. } => {
                self.direct.opened = Some(Opened { unit: unit.clone(), due: *due, at });
            }
            Ladder::Reported { round, against, to, is_answered_before, .. } => {
                self.direct.slow.extend(against.iter().cloned());
                let (against, to) = (against.clone(), to.clone());
                let is_answered_before = *is_answered_before;
                let round = *round;
                self.direct.filed = Some(Filed { round, at, against, to, is_answered_before });
            }
            Ladder::Instructed { lead, cooperating, within_ms, text, .. } => {
                let round = self.round.saturating_add(1);
                self.lead_by(round, lead, cooperating, at);
                let (within_ms, text) = (*within_ms, text.clone());
                self.direct.opened = None;
                self.direct.instruction = Some(Instructed { round, at, within_ms, text });
            }
            Ladder::Withdrawn { .. } => {
                self.withdrawn_at.get_or_insert(at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
