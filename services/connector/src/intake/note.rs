//! What is written down about the reports of a system.

use domain::{
    evidence::Evidence,
    id::{CaseId, GridId, IssueTypeId, PersonId, RequestId},
    party::Party,
};
use serde::{Deserialize, Serialize};

use super::report::Report;

/// Who has settled something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct By {
    pub(crate) party: Party,
    pub(crate) person: PersonId,
    pub(crate) request_id: RequestId,
    /// Unix milliseconds.
    pub(crate) at_ms: i64,
}

/// What a person says about a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    pub(crate) issue_type: Option<IssueTypeId>,
    pub(crate) grid: Option<GridId>,
    /// Empty: what the report says.
    pub(crate) description: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) same_as: Option<CaseId>,
}

impl Given {
    /// What is said now takes the place of what was said before.
    pub(crate) fn after(self, before: Option<Given>) -> Given {
        let before = before.unwrap_or_default();
        let or = |now: String, then: String| if now.trim().is_empty() { then } else { now };
        Given {
            issue_type: self.issue_type.or(before.issue_type),
            grid: self.grid.or(before.grid),
            description: or(self.description, before.description),
            evidence: [before.evidence, self.evidence].concat(),
            same_as: self.same_as.or(before.same_as),
        }
    }
}

/// One record of the journal, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub(crate) enum Note {
    /// The feed is read as far as this.
    Cursor {
        /// In its own terms.
        after: String,
    },
    /// A report has come whose number nobody had.
    Came {
        report: Report,
        /// Unix milliseconds.
        at_ms: i64,
    },
    /// One has come again with other content.
    Changed {
        report: Report,
        /// Unix milliseconds.
        at_ms: i64,
    },
    /// It waits for a person.
    Waits { number: String, reason: String },
    /// It is tried again: the pack says more than it did.
    Again { number: String },
    /// A person has said what it is.
    Given { number: String, given: Given, by: By },
    /// A person has turned it down.
    TurnedDown { number: String, reason: String, by: By },
    /// The other system has been told so, or it is kept for it.
    Told { number: String },
    /// It has a case.
    Raised { number: String, case_id: String, is_again: bool },
    /// The record says in which case it is.
    Bound { number: String, case_id: String },
}
