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
    /// Extensions, each once, in the order in which they were given.
    pub extensions: Vec<Extension>,
}

/// More time that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// When.
    pub at: Moment,
    /// What was decided.
    pub timing: Timing,
}

impl Clocks {
    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.extensions.is_empty()
    }

    /// What was decided about the clocks of one unit.
    pub fn of(&self, whose: &UnitId) -> Clocks {
        let holds = self.holds.iter().filter(|hold| hold.unit == *whose);
        let extensions = self.extensions.iter().filter(|more| more.timing.unit() == whose);
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
        let by = self.extensions.iter().filter_map(|more| match &more.timing {
            Timing::Extended { unit: whose, duty, by_ms, .. } => {
                (whose == unit && *duty == for_what).then_some(*by_ms)
            }
            _ => None,
        });
        by.fold(0, u64::saturating_add)
    }

    /// Whether exactly this extension was given.
    pub fn has(&self, extended: &Timing) -> bool {
        self.extensions.iter().any(|more| more.timing == *extended)
    }

    /// How a decision of the present round stands, about a unit that is called in it.
    pub(super) fn standing(&self, timing: &Timing) -> Standing {
        let is_full = self.holds.len() + self.extensions.len() >= DECISIONS_MAX;
        let is_news = match timing {
            Timing::Held { unit, .. } => !is_full && !self.is_held(unit),
            Timing::Resumed { unit, .. } => self.is_held(unit),
            Timing::Extended { .. } => !is_full && !self.has(timing),
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
            Timing::Extended { .. } => {
                self.extensions.push(Extension { at, timing: timing.clone() });
            }
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
    let more_ms = party.as_unit().map_or(0, |unit| course.clocks.extended_ms(&unit, *duty));
    let outages = limits.outages.get(..outages).unwrap_or_default();
    run(*from, *limit, more_ms, &pauses(course, limits, outages, party), limits)
}

/// When the clock of a party stands still: in its holds and in our outages.
pub(super) fn pauses(
    course: &Course,
    limits: &Limits,
    outages: &[Outage],
    party: &Party,
) -> Vec<(Moment, Moment)> {
    let mut pauses: Vec<(Moment, Moment)> =
        outages.iter().map(|outage| (outage.from, outage.to)).collect();
    if let Some(unit) = party.as_unit() {
        let holds = course.clocks.holds.iter().filter(|hold| hold.unit == unit);
        pauses.extend(holds.filter_map(|hold| Some((hold.from, end_of(hold, limits)?))));
    }
    pauses.sort_unstable();
    pauses
}

/// A clock that runs from a moment on in the time of a limit, with so much more, and stands still
/// in the pauses.
pub(super) fn run(
    from: Moment,
    limit: Limit,
    more_ms: u64,
    pauses: &[(Moment, Moment)],
    limits: &Limits,
) -> Ledger {
    let mut ledger = Ledger::start(limit.pace, limit.within_ms, from, &limits.calendar);
    ledger.extend(more_ms);
    for (held, resumed) in pauses.iter().filter(|(_, resumed)| *resumed > from) {
        ledger.hold(*held, &limits.calendar);
        ledger.resume(*resumed);
    }
    ledger
}

/// When it has run out. Every pause ends, so every moment is reached.
pub(crate) fn after(
    from: Moment,
    limit: Limit,
    more_ms: u64,
    pauses: &[(Moment, Moment)],
    limits: &Limits,
) -> Moment {
    let ledger = run(from, limit, more_ms, pauses, limits);
    ledger.due(&limits.calendar).unwrap_or(Moment(i64::MAX))
}

/// When a limit that begins at a due moment has run out: it stands still as the party's clock does.
pub(super) fn after_due(course: &Course, limits: &Limits, owed: &Owed, limit: Limit) -> Moment {
    let pauses = pauses(course, limits, &limits.outages, &owed.party);
    after(owed.due, limit, 0, &pauses, limits)
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

/// The limit for the work of the present round.
pub fn work_limit(course: &Course, limits: &Limits) -> Limit {
    if course.round > 1 && course.sent_back > 0 { limits.rework } else { limits.dispose }
}

#[cfg(test)]
mod tests;
