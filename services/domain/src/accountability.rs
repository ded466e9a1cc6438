//! Accountability (追责问责, M034): a unit answers for a case, and people decide what follows.
//!
//! The story: a sheet of facts is opened; the unit states its case, or its silence is recorded; the
//! office, or the government where the office's own house is a party, decides by the city's ladder;
//! where something follows, it is published, without exception (四个一律, M035). Nothing is decided
//! before the unit was heard or had its time.
//! A sheet states what is in the record and never that anybody is to blame.

mod decide;
mod sheet;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::{
    decide::{Owed, Plan, Step, decide, is_said, owes},
    sheet::{Decision, Sheet, Stage, Statement},
};
use crate::{
    case::ground::Ground,
    clock::Pace,
    evidence::Evidence,
    id::{CaseId, FormId, IssueTypeId, UnitId},
    moment::Moment,
    party::{Party, Role},
};

/// Which sheet: one unit's in one case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SheetId {
    /// The case.
    pub case_id: CaseId,
    /// The unit.
    pub unit: UnitId,
}

impl fmt::Display for SheetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.case_id, self.unit)
    }
}

/// What is owed about a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The unit states its case.
    State,
    /// Who decides, decides.
    Decide,
}

impl Duty {
    /// The word in ids and tables.
    pub fn word(self) -> &'static str {
        match self {
            Duty::State => "state",
            Duty::Decide => "decide",
        }
    }
}

/// With what a sheet begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// What sort of matter the case is.
    pub issue_type: IssueTypeId,
    /// What is so, from the record.
    pub grounds: Vec<Ground>,
    /// Who decides.
    pub judge: Party,
    /// How long the unit has to state its case.
    pub statement_within_ms: u64,
    /// In which time.
    #[serde(default, skip_serializing_if = "Pace::is_around")]
    pub statement_pace: Pace,
}

/// One thing that was said about a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It is opened.
    Opened(Opened),
    /// Who owes something was reminded, or urged after the limit.
    Reminded {
        /// Who.
        party: Party,
        /// Of what.
        duty: Duty,
        /// By when.
        due: Moment,
        /// Whether the limit had passed.
        is_late: bool,
    },
    /// The unit states its case.
    Stated {
        /// What it says.
        text: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// The unit has said nothing in time.
    Silent {
        /// By when it could have.
        due: Moment,
    },
    /// It is decided what follows.
    Decided {
        /// The form of the city's ladder; none: nothing follows.
        form: Option<FormId>,
        /// Why.
        reason: String,
        /// Who says so.
        decided_by: Party,
    },
    /// What follows is in the bulletin (通报).
    Published {
        /// The form.
        form: FormId,
        /// What the bulletin says.
        text: String,
    },
}

/// Whether `source` is the one that says such a thing about a sheet of this unit.
pub fn may_say(source: &Party, unit: &UnitId, fact: &Fact) -> bool {
    match fact {
        Fact::Opened(_) | Fact::Reminded { .. } | Fact::Silent { .. } | Fact::Published { .. } => {
            source.is(Role::Worker)
        }
        Fact::Decided { .. } => source.is(Role::Gateway),
        Fact::Stated { .. } => source.as_unit().as_ref() == Some(unit),
    }
}

#[cfg(test)]
mod tests;
