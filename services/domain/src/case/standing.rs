//! What a closed case counts as: on time or late, satisfied or not (限时整改率、群众满意率).
//!
//! The time is the units': from the whistle to the moment at which the lead's declaration took
//! effect; how long the community takes to confirm is not theirs. Rework does not set it back.
//! A case that is open counts as nothing yet; one that was merged never does, since its matter is
//! counted where it was settled, nor does one that was withdrawn.

use super::{
    clocks::{after, end_of},
    course::{Course, Stage},
    fact::{Duty, Outcome},
    score::{Score, Work},
};
use crate::{
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
};

impl Outcome {
    /// The word in keys and tables.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Unconfirmed => "unconfirmed",
            Outcome::Merged => "merged",
            Outcome::Withdrawn => "withdrawn",
        }
    }

    /// Whether its case counts as nothing: it is counted elsewhere, or was taken back.
    pub fn is_void(self) -> bool {
        matches!(self, Outcome::Merged | Outcome::Withdrawn)
    }

    /// Whether it counts as satisfied: the community has said so. Silence never is.
    pub fn is_satisfied(self) -> bool {
        match self {
            Outcome::Confirmed => true,
            Outcome::Unconfirmed | Outcome::Merged | Outcome::Withdrawn => false,
        }
    }
}

/// By when the matter is to be disposed of, from the whistle: to accept, arrive and dispose, each
/// in its own time. No decision moves it, and our own outages are charged to nobody.
pub fn due_at(raised_at: Moment, limits: &Limits) -> Moment {
    after_all(raised_at, &[limits.accept, limits.arrive, limits.dispose], limits)
}

/// The same of a case: a complaint has its time to be found about.
pub fn whole_due_at(course: &Course, raised_at: Moment, limits: &Limits) -> Moment {
    match &course.complaint {
        Some(_) => after_all(raised_at, &[limits.find], limits),
        None => due_at(raised_at, limits),
    }
}

/// When all of these limits have run out, one after the other, from a moment on.
pub(crate) fn after_all(from: Moment, steps: &[Limit], limits: &Limits) -> Moment {
    let pauses = outages(limits);
    steps.iter().fold(from, |from, limit| after(from, *limit, 0, &pauses, limits))
}

/// By when a unit is to be done, from when the bus has its call: the same, with the holds and the
/// extensions of its own clock.
pub fn task_due_at(unit: &UnitId, work: &Work, limits: &Limits) -> Moment {
    let mut pauses = outages(limits);
    pauses.extend(work.holds().filter_map(|hold| Some((hold.from, end_of(hold, limits)?))));
    pauses.sort_unstable();
    let steps = [
        (Duty::Accept, limits.accept),
        (Duty::Arrive, limits.arrive),
        (Duty::Dispose, limits.dispose),
    ];
    steps.into_iter().fold(work.since, |from, (duty, limit)| {
        after(from, limit, work.extended_ms(unit, duty), &pauses, limits)
    })
}

fn outages(limits: &Limits) -> Vec<(Moment, Moment)> {
    limits.outages.iter().map(|outage| (outage.from, outage.to)).collect()
}

/// What is due and decided, and since when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// On time; since its case was closed.
    OnTime(Moment),
    /// Late; since its due moment, or since it was sent back after that.
    Late(Moment),
}

/// What a case counts as: late as soon as it is, on time once it is closed; none while that is not
/// decided, and where it does not count.
pub fn decided(course: &Course, score: &Score, due: Moment, now: Moment) -> Option<Decided> {
    let late = score.whole.late_since(due, now).map(Decided::Late);
    settled(course, late, score.whole.is_done())
}

/// What a unit's task in it counts as.
pub fn task_decided(
    course: &Course,
    score: &Score,
    unit: &UnitId,
    limits: &Limits,
    now: Moment,
) -> Option<Decided> {
    let task = score.tasks.get(unit)?;
    let due = |work: &Work| task_due_at(unit, work, limits);
    let late = task.late_since(due, now).map(Decided::Late);
    settled(course, late, task.is_done())
}

fn settled(course: &Course, late: Option<Decided>, is_done: bool) -> Option<Decided> {
    let is_void = course.outcome.is_some_and(Outcome::is_void);
    if is_void || course.is_ending() {
        return None;
    }
    late.or_else(|| course.closed_at.filter(|_| is_done).map(Decided::OnTime))
}

/// Whether a closed case was on time; none where it does not count.
pub fn is_on_time(course: &Course, due: Moment) -> Option<bool> {
    let counts = course.stage == Stage::Closed && !course.outcome.is_some_and(Outcome::is_void);
    course.confirming_at.filter(|_| counts).map(|disposed| disposed <= due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{case::Complaint, pack::Limit};

    #[test]
    fn on_time_is_the_units_time_and_only_a_confirmed_case_is_satisfied() {
        let limit = Limit { within_ms: 10, ..Limit::default() };
        let limits = Limits { accept: limit, arrive: limit, dispose: limit, ..Limits::default() };
        let due = due_at(Moment(100), &limits);
        assert_eq!(due, Moment(130));
        let find = Limit { within_ms: 70, ..Limit::default() };
        let complaint = Complaint { about: "a".parse().unwrap(), case_id: None };
        let course = Course {
            complaint: Some(complaint),
            ..Course::begin("c".parse().unwrap(), Moment(100))
        };
        let found_by = whole_due_at(&course, Moment(100), &Limits { find, ..limits.clone() });
        assert_eq!(found_by, Moment(170), "a complaint has its own time");
        let course = |stage, disposed, outcome| Course {
            stage,
            confirming_at: disposed,
            closed_at: Some(Moment(9_999)),
            outcome,
            ..Course::begin("c".parse().unwrap(), Moment(100))
        };
        let closed =
            |disposed, outcome| course(Stage::Closed, Some(Moment(disposed)), Some(outcome));
        assert_eq!(is_on_time(&closed(130, Outcome::Confirmed), due), Some(true));
        assert_eq!(is_on_time(&closed(131, Outcome::Confirmed), due), Some(false));
        assert_eq!(is_on_time(&closed(130, Outcome::Unconfirmed), due), Some(true));
        assert_eq!(is_on_time(&closed(130, Outcome::Merged), due), None);
        assert_eq!(is_on_time(&closed(130, Outcome::Withdrawn), due), None);
        assert_eq!(is_on_time(&course(Stage::Confirming, Some(Moment(101)), None), due), None);
        assert_eq!(is_on_time(&course(Stage::Closed, None, Some(Outcome::Confirmed)), due), None);
        let all = [Outcome::Confirmed, Outcome::Unconfirmed, Outcome::Merged, Outcome::Withdrawn];
        assert_eq!(all.map(Outcome::is_satisfied), [true, false, false, false]);
    }
}
