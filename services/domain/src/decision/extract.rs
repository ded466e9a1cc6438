//! What is published of a decision (公示制度), before, during and after.
//!
//! An extract is made of fields that may be published: names of the pack, units, numbers, moments. It
//! has no field for a person, an object, a place or a text that somebody wrote, so nothing has to be
//! taken out of it.

use serde::{Deserialize, Serialize};

use super::{Decision, course::Ending};
use crate::id::{DecisionKindId, IssueTypeId, UnitId};

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Before it is carried out (事前公开).
    Before,
    /// While it is (事中公示).
    During,
    /// After (事后公开).
    After,
}

impl Phase {
    /// The word in names and tables.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Before => "before",
            Phase::During => "during",
            Phase::After => "after",
        }
    }
}

/// What has come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It will be carried out.
    Announced,
    /// It is being carried out.
    UnderWay,
    /// It was carried out.
    CarriedOut,
    /// Criminal justice has it.
    HandedOver,
}

/// What anybody may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extract {
    /// When.
    pub phase: Phase,
    /// The unit that decides.
    pub unit: UnitId,
    /// What sort of decision.
    pub kind: DecisionKindId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Its legal basis, as the pack words it.
    pub basis: String,
    /// About what kind of matter.
    pub issue_type: IssueTypeId,
    /// Whether it passed a legal review.
    pub is_reviewed: bool,
    /// Who carries it out beside the unit.
    pub joint: Vec<UnitId>,
    /// The fine, in yuan; 0: none.
    pub amount: u64,
    /// What has come of it.
    pub outcome: Outcome,
}

/// The extract of a decision whose gates are known.
pub fn extract(decision: &Decision, phase: Phase) -> Option<Extract> {
    let terms = decision.terms.as_ref()?;
    let is_handed = decision.end.as_ref().is_some_and(|end| end.ending == Ending::HandedOver);
    Some(Extract {
        phase,
        unit: decision.draft.by.unit.clone(),
        kind: decision.draft.kind.clone(),
        zh: terms.zh.clone(),
        en: terms.en.clone(),
        basis: terms.basis.clone(),
        issue_type: decision.draft.issue_type.clone(),
        is_reviewed: terms.is_major && decision.is_cleared(),
        joint: terms.joint.clone(),
        amount: decision.draft.amount,
        outcome: match phase {
            Phase::Before => Outcome::Announced,
            Phase::During => Outcome::UnderWay,
            Phase::After if is_handed => Outcome::HandedOver,
            Phase::After => Outcome::CarriedOut,
        },
    })
}
