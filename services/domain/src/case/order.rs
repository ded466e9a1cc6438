//! What a fact rests on: it counts when that is there, and waits while it is still to come.
//!
//! The facts of one source come in the order in which it said them; across sources that is so only
//! while the bus keeps its log. A log that was lost is filled again by each sender for itself, and
//! then an acceptance may stand before the call that it answers. Whatever the order across sources,
//! the same facts lead to the same course, and none is lost; only the moments may differ.

use super::{
    course::{Course, Stage},
    direct,
    dispute::Dispute,
    fact::{Called, Fact, Outcome, Routed},
    finding::Finding,
    jurisdiction,
    proxy::Proxied,
};
use crate::id::UnitId;

/// How a fact stands to a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What it rests on is there.
    Ready,
    /// What it rests on is still to come.
    Early,
    /// It can change nothing any more.
    Late,
}

use Standing::{Early, Late, Ready};

/// How the fact stands.
pub fn standing(course: &Course, fact: &Fact) -> Standing {
    if course.stage == Stage::Closed {
        return Late;
    }
    match fact {
        // They are kept beside the course; they rest on nothing.
        Fact::Whistled(_) | Fact::ReportedAgain(_) | Fact::ToldApart { .. } => Late,
        Fact::Local(_) => Late,
        // A binding call can't be refused, nor called another matter, nor contested.
        Fact::Refused { .. }
        | Fact::Dispute(Dispute::Retyped { .. } | Dispute::Contested { .. })
            if course.direct.is_binding(course.round) =>
        {
            Late
        }
        Fact::HandedOver { round, .. } => begins(course, *round, can_be_handed_over(course)),
        Fact::Ladder(ladder) => direct::standing(course, ladder),
        Fact::Dispute(said) => jurisdiction::standing(course, said),
        Fact::Timing(timing) => {
            let present = match called(course, timing.unit()) {
                Ready => course.clocks.standing(timing),
                other => other,
            };
            of_round(course, timing.round(), present)
        }
        Fact::Finding(finding) => find(course, finding),
        Fact::Proxied(proxied) => act(course, proxied),
        Fact::Merged { .. } => {
            if !course.is_ending() && course.direct.filed.is_none() {
                Ready
            } else {
                Late
            }
        }
        Fact::Routed(routed) => route(course, routed),
        Fact::Assigned { round, .. } => begins(course, *round, course.stage == Stage::Assigning),
        Fact::Called(called) => call(course, called),
        Fact::Reminded(rung) | Fact::Urged(rung) => of_round(course, rung.round, Ready),
        Fact::Accepted { round, unit }
        | Fact::Refused { round, unit, .. }
        | Fact::Arrived { round, unit }
        | Fact::Disposed { round, unit, .. }
        | Fact::Declared { round, unit, .. } => at_work(course, *round, unit, None),
        Fact::Confirmed { round, .. } | Fact::SentBack { round, .. } => {
            of_round(course, *round, verdict(course))
        }
        Fact::Closed { round, outcome } => of_round(course, *round, close(course, *outcome)),
    }
}

/// A fact of a round: `present` is how it stands when that is the one that runs.
pub(super) fn of_round(course: &Course, round: u32, present: Standing) -> Standing {
    match round.cmp(&course.round) {
        std::cmp::Ordering::Less => Late,
        std::cmp::Ordering::Equal => present,
        std::cmp::Ordering::Greater => Early,
    }
}

/// A fact that begins a round: the next one, when the present one is at its end.
pub(super) fn begins(course: &Course, round: u32, is_at_end: bool) -> Standing {
    match round <= course.round {
        true => Late,
        false if is_at_end && Some(round) == course.round.checked_add(1) => Ready,
        false => Early,
    }
}

/// A case is handed over while units have it or somebody is to name one; what is declared, or was
/// never routed, is not.
pub fn can_be_handed_over(course: &Course) -> bool {
    let is_open = matches!(course.stage, Stage::Assigning | Stage::Called | Stage::Working);
    is_open && !course.is_ending()
}

fn route(course: &Course, routed: &Routed) -> Standing {
    let sent_back = course.stage == Stage::Confirming && course.sent_back == course.round;
    let is_unsettled = course.lead_refused() || course.jurisdiction.retyped_at.is_some();
    let is_free = is_unsettled && course.stage != Stage::Disputed;
    begins(course, routed.round, course.round == 0 || is_free || sent_back)
}

/// A call because of a danger counts whatever has become of its round.
fn call(course: &Course, called: &Called) -> Standing {
    let is_alerted = course.parts.get(&called.unit).is_some_and(|part| part.alerted_at.is_some());
    match called.is_emergency {
        true if is_alerted => Late,
        true if called.round <= course.round => Ready,
        _ => of_round(course, called.round, Ready),
    }
}

/// A unit answers the call that it has.
fn at_work(course: &Course, round: u32, unit: &UnitId, by: Option<&UnitId>) -> Standing {
    let of_before = course.parts.get(unit).and_then(|part| part.round);
    match of_before {
        Some(own) if own == round => work(course, unit, by),
        Some(_) if round == course.round => Late,
        _ => of_round(course, round, work(course, unit, by)),
    }
}

/// A unit that is called, whoever acts for it.
pub(super) fn called(course: &Course, unit: &UnitId) -> Standing {
    match course.parts.get(unit) {
        Some(part) if part.called_at.is_none() => Early,
        Some(_) => Ready,
        None => Late,
    }
}

/// A unit answers a call; who was not called in the round has no word in it.
/// Where another acts in its place, it has no word of its own.
fn work(course: &Course, unit: &UnitId, by: Option<&UnitId>) -> Standing {
    match course.parts.get(unit) {
        Some(part) if part.called_at.is_none() => Early,
        Some(part) if part.proxy.as_ref() == by => Ready,
        _ => Late,
    }
}

/// The lead acts for a unit that was called so, and for no other.
fn act(course: &Course, proxied: &Proxied) -> Standing {
    match proxied.part() {
        Some((round, unit)) => at_work(course, round, unit, Some(&proxied.by)),
        None => Late,
    }
}

/// All consult once about a round that was sent back; a complaint is found about once in a round.
fn find(course: &Course, finding: &Finding) -> Standing {
    let once = |is_said, is_time| match (is_said, is_time) {
        (true, _) => Late,
        (false, true) => Ready,
        (false, false) => Early,
    };
    let present = match finding {
        Finding::Accounted { unit, .. } => {
            return once(course.accounted.contains(unit), true);
        }
        Finding::Found { .. } if course.complaint.is_none() => Late,
        Finding::Found { .. } => once(course.found_at.is_some(), course.stage == Stage::Finding),
        Finding::Consulted { round, .. } => {
            let is_back = course.stage == Stage::Confirming && course.sent_back == *round;
            once(course.consulted >= *round, is_back)
        }
    };
    of_round(course, finding.round(), present)
}

/// The community has the word once, when all is done.
fn verdict(course: &Course) -> Standing {
    let is_said = course.confirmed_at.is_some() || course.sent_back == course.round;
    match course.stage {
        Stage::Confirming if is_said => Late,
        Stage::Confirming => Ready,
        _ => Early,
    }
}

/// Closed as confirmed, when it was; without the community's word, when that was asked for; as
/// merged, when somebody has said so.
fn close(course: &Course, outcome: Outcome) -> Standing {
    // Who was reported to has the word first.
    if course.direct.is_frozen() {
        return Early;
    }
    let is_asked = course.stage == Stage::Confirming;
    let is_there = match outcome {
        Outcome::Confirmed => is_asked && course.confirmed_at.is_some(),
        Outcome::Unconfirmed => is_asked,
        Outcome::Merged => course.merged_into.is_some(),
        Outcome::Withdrawn => course.withdrawn_at.is_some(),
    };
    if is_there { Ready } else { Early }
}

#[cfg(test)]
mod tests;
