//! A case (案件): one matter from the whistle to the closing, as a fold over facts.
//!
//! [`Case::apply`] folds one fact and never fails: what does not fit the state changes nothing, so
//! that a repeated or late fact is harmless. [`course`] holds what decisions need, [`mod@decide`]
//! says what is to be done now and when to look again. Exactly one party owns a case at any moment.

pub mod agenda;
pub mod answerable;
pub mod clocks;
pub mod complaint;
pub mod course;
pub mod decide;
pub mod direct;
pub mod dispute;
pub mod duplicate;
pub mod fact;
pub mod finding;
pub mod ground;
pub mod jurisdiction;
pub mod ladder;
pub mod local;
pub mod order;
pub mod phrase;
pub mod proxy;
pub mod report;
pub mod score;
pub mod source;
mod stage;
pub mod standing;
pub mod timing;

pub use clocks::Clocks;
pub use complaint::Complaint;
pub use course::{Course, Part, Stage};
pub use decide::{Owed, Plan, Step, decide, owes};
pub use direct::{Direct, Right};
pub use dispute::{Body, Dispute, Severity};
pub use fact::{Duty, Fact, Outcome, Rating, Whistle};
pub use finding::Finding;
pub use jurisdiction::Jurisdiction;
pub use ladder::Ladder;
pub use local::{Level, Local, TeamMember};
pub use phrase::Phrase;
pub use proxy::Proxied;
pub use report::{Channel, Ground, Intake, Place, Point, Report};
pub use score::Score;
pub use source::may_say;
pub use timing::Timing;

pub use crate::routing::power::may_rule;

use crate::{id::CaseId, moment::Moment};
use serde::{Deserialize, Serialize};

/// A case: what was whistled, and the course that it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// What was whistled.
    pub whistle: Whistle,
    /// The course it takes.
    pub course: Course,
}

impl Case {
    /// A case begins with its whistle; any other first fact begins nothing.
    pub fn begin(id: CaseId, fact: &Fact, at: Moment) -> Option<Case> {
        let Fact::Whistled(whistle) = fact else { return None };
        let course = Course::of(whistle, at);
        Some(Case { id, whistle: whistle.clone(), course })
    }

    /// Folds one fact; `at` is when the bus had it. Says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        let before = self.course.clone();
        self.course.apply(fact, at);
        before != self.course
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
