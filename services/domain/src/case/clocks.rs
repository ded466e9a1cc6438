//! The clocks of a case: what was decided about them, and the moments that follow.
//!
//! The course keeps decisions only: holds, resumptions, extensions. From these, the limits, the
//! calendar and our own outages the ledger of each duty is made anew whenever it is asked for, so
//! that a due moment is never kept and can't go wrong. A hold that nobody ends is over when the
//! pack's limit for holds has run out; without such a limit nothing can be held.
//!
//! The public clock runs from the whistle and is touched by no decision.

use serde::{Deserialize, Serialize};

use super::{Owed, course::Course, fact::Duty, order::Standing, timing::Timing};
use crate::{
    clock::{Ledger, Pace},
    id::{IssueTypeId, UnitId},
    moment::Moment,
    outage::Outage,
    pack::{City, Limit, Limits},
    party::Party,
};

/// How many decisions count at most in one round.
pub const DECISIONS_MAX: usize = 64;

/// One hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Whose clock.
    pub unit: UnitId,
    /// Since when it stands still.
    pub from: Moment,
    /// When it was resumed.
    #[serde(default)]
    pub to: Option<Moment>,
}

/// What was decided about the clocks of a round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Clocks {
    /// Holds, in the order in which they began.
    pub holds: Vec<Hold>,
    /// Extensions, each once.
    pub extensions: Vec<Timing>,
}

impl Clocks {
    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.extensions.is_empty()
    }

    /// What was decided about the clocks of one unit.
    pub fn of(&self, whose: &UnitId) -> Clocks {
        let holds = self.holds.iter().filter(|hold| hold.unit == *whose);
        let is_theirs = |timing: &&Timing| match timing {
            Timing::Extended { unit, .. } => unit == whose,
            _ => false,
        };
        let extensions = self.extensions.iter().filter(is_theirs);
        Clocks { holds: holds.cloned().collect(), extensions: extensions.cloned().collect() }
    }

    /// Whether a unit's clock was held and not resumed.
    pub fn is_held(&self, unit: &UnitId) -> bool {
        self.held(unit).is_some()
    }

    /// The hold of a unit that was not resumed.
    pub fn held(&self, unit: &UnitId) -> Option<&Hold> {
        self.holds.iter().find(|hold| &hold.unit == unit && hold.to.is_none())
    }

    /// How much more time a unit has for a duty.
    pub fn extended_ms(&self, unit: &UnitId, for_what: Duty) -> u64 {
        let by = self.extensions.iter().filter_map(|timing| match timing {
            Timing::Extended { unit: whose, duty, by_ms, .. } => {
                (whose == unit && *duty == for_what).then_some(*by_ms)
            }
            _ => None,
        });
        by.fold(0, u64::saturating_add)
    }

    /// How a decision of the present round stands, about a unit that is called in it.
    pub(super) fn standing(&self, timing: &Timing) -> Standing {
        let is_full = self.holds.len() + self.extensions.len() >= DECISIONS_MAX;
        let is_news = match timing {
            Timing::Held { unit, .. } => !is_full && !self.is_held(unit),
            Timing::Resumed { unit, .. } => self.is_held(unit),
            Timing::Extended { .. } => !is_full && !self.extensions.contains(timing),
        };
        if is_news { Standing::Ready } else { Standing::Late }
    }

    /// Takes a decision that still says something; says whether it did.
    pub(crate) fn take(&mut self, timing: &Timing, at: Moment) -> bool {
        let is_news = self.standing(timing) == Standing::Ready;
        if is_news {
            self.apply(timing, at);
        }
        is_news
    }

    pub(super) fn apply(&mut self, timing: &Timing, at: Moment) {
        match timing {
            Timing::Held { unit, .. } => {
                self.holds.push(Hold { unit: unit.clone(), from: at, to: None });
            }
            Timing::Resumed { unit, .. } => {
                let held =
                    self.holds.iter_mut().find(|hold| &hold.unit == unit && hold.to.is_none());
                if let Some(hold) = held {
                    hold.to = Some(at.max(hold.from));
                }
            }
            Timing::Extended { .. } => self.extensions.push(timing.clone()),
        }
    }
}

/// The limits of a case by how bad it is now, with our own outages.
pub fn limits(
    city: &City,
    profile: &str,
    issue_type: &IssueTypeId,
    course: &Course,
    outages: &[Outage],
) -> Limits {
    let severity = course.severity;
    Limits { outages: outages.to_vec(), ..city.limits_of(profile, issue_type, severity) }
}

/// The ledger of a duty: its limit from a moment on, with all that was decided about it.
pub fn ledger(course: &Course, limits: &Limits, owed: &Owed) -> Ledger {
    replay(course, limits, owed, limits.outages.len())
}

/// The same, as it was when only the first `outages` were known.
fn replay(course: &Course, limits: &Limits, owed: &Owed, outages: usize) -> Ledger {
    let Owed { party, duty, from, limit, .. } = owed;
    let mut ledger = Ledger::start(limit.pace, limit.within_ms, *from, &limits.calendar);
    let mut pauses: Vec<(Moment, Moment)> =
        limits.outages.iter().take(outages).map(|outage| (outage.from, outage.to)).collect();
    if let Some(unit) = party.as_unit() {
        ledger.extend(course.clocks.extended_ms(&unit, *duty));
        let holds = course.clocks.holds.iter().filter(|hold| hold.unit == unit);
        pauses.extend(holds.filter_map(|hold| Some((hold.from, end_of(hold, limits)?))));
    }
    pauses.sort_unstable();
    for (held, resumed) in pauses.into_iter().filter(|(_, resumed)| resumed > from) {
        ledger.hold(held, &limits.calendar);
        ledger.resume(resumed);
    }
    ledger
}

/// When a hold is over; none where the pack has no limit for holds.
pub fn end_of(hold: &Hold, limits: &Limits) -> Option<Moment> {
    let Limit { within_ms, pace, .. } = limits.hold;
    let last = (within_ms > 0).then(|| pace.after(&limits.calendar, hold.from, within_ms))?;
    Some(hold.to.map_or(last, |to| to.min(last)))
}

/// Derives the moments of a duty from its ledger.
pub(super) fn settle(course: &Course, limits: &Limits, owed: &mut Owed) {
    let ledger = ledger(course, limits, owed);
    let Limit { remind_before_ms, urge_after_ms, .. } = owed.limit;
    let budget = ledger.budget_ms();
    // Every pause ends, so every moment is reached.
    let reached = |ms| ledger.reached(ms, &limits.calendar).unwrap_or(Moment(i64::MAX));
    owed.due = reached(budget);
    owed.remind_at = reached(budget.saturating_sub(remind_before_ms));
    owed.urge_at = reached(budget.saturating_add(urge_after_ms));
    owed.end_at = reached(budget.saturating_add(urge_after_ms.saturating_mul(2)));
    let unit = owed.party.as_unit();
    let hold = unit.and_then(|unit| course.clocks.held(&unit));
    owed.held_to = hold.and_then(|hold| end_of(hold, limits));
    owed.before = dues_before(course, limits, owed);
}

/// The due moments as they were before each of the outages that have moved it.
fn dues_before(course: &Course, limits: &Limits, owed: &Owed) -> Vec<Moment> {
    let moved = |outage: &Outage| outage.to > owed.from && outage.from < owed.due;
    let known = (0..limits.outages.len()).filter(|known| moved(&limits.outages[*known]));
    let due = |known| replay(course, limits, owed, known).due(&limits.calendar);
    known.filter_map(due).filter(|due| *due != owed.due).collect()
}

/// When a duty's clock has run for so long after its due moment: for rungs beyond the urging.
pub fn after_due(course: &Course, limits: &Limits, owed: &Owed, ms: u64) -> Moment {
    let ledger = ledger(course, limits, owed);
    let at = ledger.budget_ms().saturating_add(ms);
    ledger.reached(at, &limits.calendar).unwrap_or(Moment(i64::MAX))
}

/// The two clocks of a case: how long it is since the whistle, and how much of its own time the
/// party of a duty has left. The first never stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoClocks {
    /// Since the whistle, around the clock.
    pub public_ms: u64,
    /// What the duty's clock has taken.
    pub consumed_ms: u64,
    /// What is left of it.
    pub left_ms: u64,
    /// In which time the duty's clock runs.
    pub pace: Pace,
}

/// Both clocks at a moment.
pub fn two_clocks(course: &Course, limits: &Limits, owed: &Owed, now: Moment) -> TwoClocks {
    let ledger = ledger(course, limits, owed);
    TwoClocks {
        public_ms: Pace::Around.between(&limits.calendar, course.raised_at, now),
        consumed_ms: ledger.consumed_ms(now, &limits.calendar),
        left_ms: ledger.left_ms(now, &limits.calendar),
        pace: owed.limit.pace,
    }
}

/// What a called unit had to do in the present round, by when, and when it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What, by when.
    pub owed: Owed,
    /// When it was done; none while it is open.
    pub met_at: Option<Moment>,
}

impl Kept {
    /// Whether it was done in time; none while it is open.
    pub fn is_on_time(&self) -> Option<bool> {
        self.met_at.map(|met| met <= self.owed.due)
    }
}

/// The limit for the work of the present round.
pub fn work_limit(course: &Course, limits: &Limits) -> Limit {
    if course.round > 1 && course.sent_back > 0 { limits.rework } else { limits.dispose }
}

/// Every duty of a unit for its own part in the present round that has begun, done or open.
pub fn duties(course: &Course, limits: &Limits, unit: &UnitId) -> Vec<Kept> {
    let Some(part) = course.parts.get(unit) else { return Vec::new() };
    let dispose = work_limit(course, limits);
    let refused = part.refused_at;
    let steps = [
        (Duty::Accept, part.called_at, part.accepted_at.or(refused), limits.accept),
        (Duty::Arrive, part.accepted_at, part.arrived_at, limits.arrive),
        (Duty::Dispose, part.arrived_at, part.disposed_at, dispose),
    ];
    let kept = steps.into_iter().filter_map(|(duty, from, met_at, limit)| {
        let mut owed = Owed::new(Party::unit(unit), duty, from?, limit);
        settle(course, limits, &mut owed);
        Some(Kept { owed, met_at })
    });
    kept.collect()
}

#[cfg(test)]
mod tests;
