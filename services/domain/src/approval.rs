//! Joint approval (联审联批, M068, M069): several approvers, each within its own power, about many
//! items at once.
//!
//! The story: somebody applies for up to so many items; every approver is asked at the same moment
//! (one matter handled jointly, 一事联办, M110) and says yes, perhaps with conditions, or no with a
//! reason, about as many items at once as it likes; one "no" ends its item, every "yes" approves it;
//! each approved item becomes the work of a case, exactly one.
//! Silence is urged, once, and then the office is told; it is never consent, and no limit decides.
//! The last word before an item is complete counts; all words are kept, also those that came late.

mod check;
mod course;
mod decide;

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

pub use self::{
    check::{check_application, check_opinion, check_withdrawal},
    course::{Approval, Item, State, Word},
    decide::{Owed, Plan, Step, decide, is_said, owes},
};
use crate::{
    clock::Pace,
    id::{ApprovalId, ApprovalKindId, CaseId, CityId, GridId, ItemId, OutcomeId, UnitId},
    moment::Moment,
    pack::City,
    party::{Party, Role},
};

/// The most items of a request, whatever a pack says: one envelope has to carry them.
pub const ITEMS_MAX: usize = 100;
/// So many items are settled in one step at most: one record has to carry their cases.
pub const BATCH_MAX: usize = 20;
/// The longest text of an item, of a condition and of a reason, in characters.
pub const TEXT_MAX: usize = 300;
/// The most conditions of an opinion.
pub const CONDITIONS_MAX: usize = 5;
/// The most words of a unit about one item: who changes its mind more often talks to the others.
pub const WORDS_MAX: usize = 20;
/// The longest id of an item, in bytes: it is part of the number of its case.
pub const ITEM_ID_MAX: usize = 32;

/// One thing that is applied for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id in the request.
    pub id: ItemId,
    /// Where it is.
    pub grid: GridId,
    /// What it is.
    pub text: String,
    /// What is proposed for it: an outcome of the kind.
    pub outcome: OutcomeId,
}

/// With what an approval begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// What sort of approval.
    pub kind: ApprovalKindId,
    /// Who applies, and is told.
    pub applicant: Party,
    /// What it is about.
    pub title: String,
    /// What is applied for.
    pub items: Vec<Proposal>,
    /// Whose yes each item needs; a later pack changes nothing of it.
    pub approvers: Vec<UnitId>,
    /// Who is asked and decides nothing.
    pub asked: Vec<UnitId>,
    /// Who is told of silence.
    pub office: Party,
    /// How long an approver has.
    pub within_ms: u64,
    /// In which time.
    #[serde(default, skip_serializing_if = "Pace::is_around")]
    pub pace: Pace,
}

impl Applied {
    /// Who is told: whoever is asked, and who applies, whose desk shows what becomes of it.
    pub fn everybody(&self, city: &City) -> BTreeSet<Party> {
        let asked = self.approvers.iter().chain(&self.asked);
        let asked = asked.filter_map(|unit| city.reached(unit));
        asked.chain([self.applicant.clone()]).collect()
    }
}

/// The subject of an approval's envelopes.
pub fn subject(city: &CityId, id: &ApprovalId) -> String {
    format!("approval/{city}/{id}")
}

/// The approval that a subject is about, when it is one of this city.
pub fn of_subject(city: &CityId, subject: &str) -> Option<ApprovalId> {
    let rest = subject.strip_prefix("approval/")?.strip_prefix(city.as_str())?;
    ApprovalId::parse(rest.strip_prefix('/')?).ok()
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, which ends the item.
    Refuse,
}

/// What a condition asks of the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// The work is done so.
    Work,
    /// The applicant commits itself to something (告知承诺).
    Commitment,
    /// A document that is missing is brought later (容缺后补).
    Document,
}

impl ConditionKind {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            ConditionKind::Work => "condition",
            ConditionKind::Commitment => "commitment (告知承诺)",
            ConditionKind::Document => "document to follow (容缺后补)",
        }
    }
}

/// On what a yes stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What sort.
    pub kind: ConditionKind,
    /// What is asked for.
    pub text: String,
}

/// What a unit says about some items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Who says it.
    pub unit: UnitId,
    /// About which items.
    pub items: Vec<ItemId>,
    /// Yes or no.
    pub verdict: Verdict,
    /// Why; never empty of a no.
    pub reason: String,
    /// On what a yes stands.
    pub conditions: Vec<Condition>,
}

/// What an item has come to, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The item.
    pub item: ItemId,
    /// Yes or no.
    pub verdict: Verdict,
    /// Who has refused it.
    pub refused_by: Option<UnitId>,
    /// Why.
    pub reason: String,
    /// The conditions of all approvers.
    pub conditions: Vec<Condition>,
    /// The case of its work; none of a refused one.
    pub case_id: Option<CaseId>,
}

/// One thing that was said about an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Somebody applies.
    Applied(Applied),
    /// A unit gives its opinion.
    Opined(Opinion),
    /// An approver was reminded, or urged after the limit.
    Reminded {
        /// Who.
        unit: UnitId,
        /// By when.
        due: Moment,
        /// Whether the limit had passed.
        is_late: bool,
    },
    /// The office is told who is silent long after the limit.
    Escalated {
        /// Who is silent.
        units: Vec<UnitId>,
        /// By when they should have spoken.
        due: Moment,
    },
    /// What some items have come to, and what follows.
    Decided {
        /// The batch, from 1.
        batch: u32,
        /// Each item.
        items: Vec<Settled>,
    },
    /// The applicant takes back what is not complete.
    Withdrawn {
        /// Who says so.
        by: Party,
        /// Why.
        reason: String,
    },
}

/// Whether `source` is the one that says such a thing about an approval.
pub fn may_say(source: &Party, fact: &Fact) -> bool {
    match fact {
        Fact::Applied(_) | Fact::Withdrawn { .. } => source.is(Role::Gateway),
        Fact::Reminded { .. } | Fact::Escalated { .. } | Fact::Decided { .. } => {
            source.is(Role::Worker)
        }
        Fact::Opined(opinion) => source.as_unit().as_ref() == Some(&opinion.unit),
    }
}

/// The case of the work of an item: one number, however often it is asked for.
pub fn work_case(id: &ApprovalId, item: &ItemId) -> Option<CaseId> {
    CaseId::parse(format!("{id}-{item}")).ok()
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.text)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
