//! What is kept of a decision, part by part: files, reviews, actions, transfers, calls, payments,
//! opinions. All versions of everything.

use serde::{Deserialize, Serialize};

use super::{Answer, By, File, Recording, Verdict};
use crate::{
    id::{ActionId, PersonId},
    moment::Moment,
    party::Party,
};

/// A version of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Who wrote it.
    pub by: By,
    /// What it says.
    pub file: File,
    /// When.
    pub at: Moment,
}

/// One word of the reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who.
    pub by: By,
    /// What.
    pub verdict: Verdict,
    /// Why; of a return, what is missing.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// One action by which it was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Who.
    pub by: By,
    /// What.
    pub action: ActionId,
    /// Where it was recorded.
    pub recording: Option<Recording>,
    /// When.
    pub at: Moment,
}

/// One file that went to criminal justice, and what came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who sent it.
    pub by: By,
    /// The file.
    pub file: File,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// What was answered, in order.
    pub answers: Vec<(By, Answer, Moment)>,
}

impl Transfer {
    /// Whether it waits: for an answer, or for what comes of an accepted case.
    pub fn is_open(&self) -> bool {
        let is_end = |(_, answer, _): &(By, Answer, Moment)| {
            !matches!(answer, Answer::Receipt | Answer::Accept)
        };
        !self.answers.iter().any(is_end)
    }

    /// Whether it was taken.
    pub fn is_accepted(&self) -> bool {
        self.answers.iter().any(|(_, answer, _)| *answer == Answer::Accept)
    }
}

/// One call for the police.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstruction {
    /// Who called.
    pub by: By,
    /// What happens.
    pub text: String,
    /// When.
    pub at: Moment,
    /// Who of the police has it, and since when.
    pub acknowledged: Option<(By, Moment)>,
    /// Who settled it, how and when.
    pub settled: Option<(By, String, Moment)>,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Who of finance says so.
    pub by: By,
    /// How much, in yuan.
    pub amount: u64,
    /// The number of the payment.
    pub reference: String,
    /// When.
    pub at: Moment,
}

/// What a supervisor has said, and the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Who.
    pub by: Party,
    /// The person.
    pub person: PersonId,
    /// What.
    pub text: String,
    /// When.
    pub at: Moment,
    /// The answer.
    pub reply: Option<(By, String, Moment)>,
}
