//! What a closed case counts as: on time or late, satisfied or not (限时整改率、群众满意率).
//!
//! The time is the units': from the whistle to the moment at which the lead's declaration took
//! effect; how long the community takes to confirm is not theirs. Rework does not set it back.
//! A case that is open counts as nothing yet; one that was merged never does, since its matter is
//! counted where it was settled, nor does one that was withdrawn.

use super::{
    course::{Course, Stage},
    fact::Outcome,
};
use crate::{moment::Moment, pack::Limits};

impl Outcome {
    /// Whether it counts as satisfied: the community has said so. Silence never is.
    pub fn is_satisfied(self) -> bool {
        match self {
            Outcome::Confirmed => true,
            Outcome::Unconfirmed | Outcome::Merged | Outcome::Withdrawn => false,
        }
    }
}

/// By when the matter is to be disposed of, from the whistle: to accept, arrive and dispose.
pub fn due_at(raised_at: Moment, limits: &Limits) -> Moment {
    raised_at + limits.accept.within() + limits.arrive.within() + limits.dispose.within()
}

/// Whether a closed case was on time; none where it does not count.
pub fn is_on_time(course: &Course, due: Moment) -> Option<bool> {
    let is_void = matches!(course.outcome, Some(Outcome::Merged | Outcome::Withdrawn));
    let counts = course.stage == Stage::Closed && !is_void;
    course.confirming_at.filter(|_| counts).map(|disposed| disposed <= due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Limit;

    #[test]
    fn on_time_is_the_units_time_and_only_a_confirmed_case_is_satisfied() {
        let limit = Limit { within_ms: 10, ..Limit::default() };
        let limits = Limits { accept: limit, arrive: limit, dispose: limit, ..Limits::default() };
        let due = due_at(Moment(100), &limits);
        assert_eq!(due, Moment(130));
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
