//! Enforcement decisions (执法决定) and the gates of lawful procedure (M055, M074, M075, M080 to M083,
//! M086, M087).
//!
//! The story: a handler drafts; the worker says by the pack what the draft is and which gates it has
//! to pass; a major one goes to legal review (法制审核); the unit issues it; it is published; it is
//! carried out, each action with its recording; the money is a fact of finance alone; it is closed
//! when every record is there, and published again. A suspected crime goes to criminal justice, and
//! violence to the police: until that is settled nothing is carried out. A supervisor's opinion is
//! answered.
//!
//! Every gate is one rule, [`Decision::check`]: the desk refuses by it with a sentence, and the fold
//! passes over what it refuses, whoever says it. Silence is urged, and never a word.

mod check;
mod course;
mod decide;
mod draft;
mod extract;
mod fact;
mod part;
mod word;

use std::collections::BTreeSet;

pub use self::{
    course::{Decision, End, Ending, Stage},
    decide::{Duty, Owed, Plan, Step, decide, is_said, owes, silent},
    draft::{check_draft, terms},
    extract::{Extract, Outcome, Phase, extract},
    fact::{Answer, By, Classed, Draft, Fact, File, Recording, Rule, Terms, Verdict, may_say},
    part::{Action, Obstruction, Opinion, Payment, Review, Transfer, Version},
    word::{Word, check_file, check_supervision, fact},
};
use crate::{
    id::{CityId, DecisionId, UnitId},
    party::Party,
};

/// The longest reason, reference and name, in characters.
pub const TEXT_MAX: usize = 300;
/// The longest text of a file, in characters.
pub const FILE_MAX: usize = 2_000;
/// The most pieces of evidence of a file.
pub const EVIDENCE_MAX: usize = 20;
/// The most of anything that may happen again: versions, actions, transfers, calls, payments.
pub const COUNT_MAX: usize = 50;

/// The subject of a decision's envelopes.
pub fn subject(city: &CityId, id: &DecisionId) -> String {
    format!("decision/{city}/{id}")
}

/// The decision that a subject is about, when it is one of this city.
pub fn of_subject(city: &CityId, subject: &str) -> Option<DecisionId> {
    let rest = subject.strip_prefix("decision/")?.strip_prefix(city.as_str())?;
    DecisionId::parse(rest.strip_prefix('/')?).ok()
}

/// The number of the so manieth decision of a unit; nobody else's begins like it.
pub fn number(unit: &UnitId, count: u64) -> String {
    format!("{unit}-{count}")
}

/// Whether a number is one of this unit's.
pub fn is_number_of(id: &DecisionId, unit: &UnitId) -> bool {
    let rest = id.as_str().strip_prefix(unit.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Who has a part in it: who decides, reviews, carries out, and has the money.
fn parties(decision: &Decision) -> Vec<UnitId> {
    let mut units = vec![decision.draft.by.unit.clone()];
    if let Some(terms) = &decision.terms {
        units.extend(terms.joint.clone());
        units.extend(terms.reviewer.clone());
        units.extend(terms.finance.clone());
    }
    units
}

/// Whom a decision concerns: who has a part in it, and to whom it was sent.
pub fn concerned(decision: &Decision) -> BTreeSet<UnitId> {
    let mut units: BTreeSet<UnitId> = parties(decision).into_iter().collect();
    if let Some(terms) = &decision.terms {
        units.extend((!decision.transfers.is_empty()).then(|| terms.justice.clone()));
        units.extend((!decision.obstructions.is_empty()).then(|| terms.police.clone()));
    }
    units
}

/// Whose mailbox hears a fact about a decision, the handler's unit last: what it does next, the
/// others hear after what it does it upon.
pub fn told(decision: &Decision, fact: &Fact) -> Vec<Party> {
    let Some(terms) = &decision.terms else { return Vec::new() };
    let owner = &decision.draft.by.unit;
    let mut units = parties(decision);
    match fact {
        Fact::Transferred { .. } => units.push(terms.justice.clone()),
        Fact::Obstructed { .. } | Fact::Assisted { .. } => units.push(terms.police.clone()),
        _ => {}
    }
    units.sort();
    units.dedup();
    units.retain(|unit| unit != owner);
    units.push(owner.clone());
    units.iter().map(Party::unit).collect()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod tests;
