//! A decision as a fold over what was said about it. What a gate refuses changes nothing.
//!
//! All versions of everything are kept. A desk that is asked later begins with the draft that it is
//! given; of what it was not told it says nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Answer, By, Classed, Draft, Duty, Extract, Fact, Phase, Terms, Verdict, is_number_of,
    part::{Action, Obstruction, Opinion, Payment, Review, Transfer, Version},
};
use crate::{
    id::{DecisionId, PersonId, UnitId},
    moment::Moment,
};

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The pack has no such decision.
    Void,
    /// The review has rejected it.
    Rejected,
    /// It was taken back before it was issued.
    Withdrawn,
    /// It was carried out.
    Closed,
    /// Criminal justice has it, and it does not go on.
    HandedOver,
}

/// An end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Which.
    pub ending: Ending,
    /// Why; empty of one that was carried out.
    pub reason: String,
    /// When.
    pub at: Moment,
}

/// How a decision stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is not said yet what it is.
    Drafted,
    /// The reviewer has it.
    InReview,
    /// The handler has to add something.
    Returned,
    /// It may be issued.
    Cleared,
    /// It is issued.
    Issued,
    /// It is being carried out.
    Executing,
    /// Its end.
    Ended(Ending),
}

impl Stage {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Drafted => "drafted",
            Stage::InReview => "in_review",
            Stage::Returned => "returned",
            Stage::Cleared => "cleared",
            Stage::Issued => "issued",
            Stage::Executing => "executing",
            Stage::Ended(Ending::Void) => "void",
            Stage::Ended(Ending::Rejected) => "rejected",
            Stage::Ended(Ending::Withdrawn) => "withdrawn",
            Stage::Ended(Ending::Closed) => "closed",
            Stage::Ended(Ending::HandedOver) => "handed_over",
        }
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number.
    pub id: DecisionId,
    /// As it was drafted.
    pub draft: Draft,
    /// When.
    pub drafted_at: Moment,
    /// Its gates, since they are known.
    pub terms: Option<Terms>,
    /// Every version of its file.
    pub versions: Vec<Version>,
    /// When the reviewer got each version.
    pub asked: Vec<Moment>,
    /// What the reviewer has said.
    pub reviews: Vec<Review>,
    /// Who issued it, and when.
    pub issued: Option<(By, Moment)>,
    /// What was published, and when.
    pub published: BTreeMap<Phase, (Extract, Moment)>,
    /// What was done.
    pub actions: Vec<Action>,
    /// What went to criminal justice.
    pub transfers: Vec<Transfer>,
    /// The calls for the police.
    pub obstructions: Vec<Obstruction>,
    /// What was paid.
    pub payments: Vec<Payment>,
    /// What supervisors have said.
    pub opinions: Vec<Opinion>,
    /// Its end.
    pub end: Option<End>,
    /// Who was reminded of what, and whether the limit had passed.
    #[serde(with = "said")]
    pub reminded: BTreeSet<(Duty, bool)>,
    /// Of which silence the office was told.
    pub escalated: BTreeSet<Duty>,
}

/// A set of pairs as a list: JSON has no other keys than texts.
mod said {
    use std::collections::BTreeSet;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Duty;

    pub fn serialize<S: Serializer>(
        set: &BTreeSet<(Duty, bool)>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        set.iter().collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeSet<(Duty, bool)>, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

impl Decision {
    /// In the record a decision begins with its draft, and with nothing else.
    pub fn begin(id: DecisionId, fact: &Fact, at: Moment) -> Option<Decision> {
        let Fact::Drafted(draft) = fact else { return None };
        Decision::of(id, draft, at)
    }

    /// A desk that is asked begins with the draft and the gates that it is given: of the worker, or
    /// where the unit is the one that the file or the call goes to.
    pub fn given(id: DecisionId, fact: &Fact, unit: &UnitId, at: Moment) -> Option<Decision> {
        let (classed, is_told) = match fact {
            Fact::Classed(classed) => (classed, true),
            Fact::Transferred { classed, .. } => (classed, classed.terms.justice == *unit),
            Fact::Obstructed { classed, .. } => (classed, classed.terms.police == *unit),
            _ => return None,
        };
        let mut decision = Decision::of(id, &classed.draft, at).filter(|_| is_told)?;
        decision.class(classed, at);
        decision.apply(fact, at);
        Some(decision)
    }

    fn of(id: DecisionId, draft: &Draft, at: Moment) -> Option<Decision> {
        let (by, file) = (draft.by.clone(), draft.file.clone());
        if !is_number_of(&id, &by.unit) {
            return None;
        }
        Some(Decision {
            id,
            draft: draft.clone(),
            drafted_at: at,
            terms: None,
            versions: vec![Version { by, file, at }],
            asked: Vec::new(),
            reviews: Vec::new(),
            issued: None,
            published: BTreeMap::new(),
            actions: Vec::new(),
            transfers: Vec::new(),
            obstructions: Vec::new(),
            payments: Vec::new(),
            opinions: Vec::new(),
            end: None,
            reminded: BTreeSet::new(),
            escalated: BTreeSet::new(),
        })
    }

    /// How it stands.
    pub fn stage(&self) -> Stage {
        if let Some(end) = &self.end {
            return Stage::Ended(end.ending);
        }
        match (&self.terms, &self.issued) {
            (None, _) => Stage::Drafted,
            (_, Some(_)) if self.actions.is_empty() => Stage::Issued,
            (_, Some(_)) => Stage::Executing,
            _ if self.is_cleared() => Stage::Cleared,
            _ if self.is_in_review() => Stage::InReview,
            _ => Stage::Returned,
        }
    }

    /// Whether the gate of the review is open: it is not major, or an approval is the last word.
    pub fn is_cleared(&self) -> bool {
        let approved = self.reviews.last().is_some_and(|review| review.verdict == Verdict::Approve);
        self.terms.as_ref().is_some_and(|terms| !terms.is_major || approved)
    }

    /// Whether the reviewer has it.
    pub fn is_in_review(&self) -> bool {
        self.end.is_none() && self.asked.len() > self.reviews.len()
    }

    /// Whether this unit carries it out.
    pub fn is_carried_out_by(&self, unit: &UnitId) -> bool {
        *unit == self.draft.by.unit
            || self.terms.as_ref().is_some_and(|terms| terms.joint.contains(unit))
    }

    /// Whether this person has worked on the file.
    pub fn is_handler(&self, person: &PersonId) -> bool {
        self.versions.iter().any(|version| version.by.person == *person)
    }

    /// Why nothing is carried out now; none where nothing stands in the way.
    pub fn paused_by(&self) -> Option<String> {
        if let Some(number) = self.obstructions.iter().position(|call| call.settled.is_none()) {
            return Some(format!("call {} for the police is not settled", number + 1));
        }
        let open = self.transfers.last().filter(|transfer| transfer.is_open());
        open.map(|_| format!("transfer {} to criminal justice is open", self.transfers.len()))
    }

    /// How much is paid, in yuan.
    pub fn paid(&self) -> u64 {
        self.payments.iter().fold(0, |sum, payment| sum.saturating_add(payment.amount))
    }

    /// What is missing before it can be closed, each by its name.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        if self.issued.is_none() {
            missing.push("issue".to_owned());
        }
        if !self.published.contains_key(&Phase::Before) {
            missing.push("publication before".to_owned());
        }
        for rule in self.terms.iter().flat_map(|terms| &terms.actions) {
            let done = || self.actions.iter().filter(|one| one.action == rule.action);
            if done().next().is_none() {
                missing.push(format!("action {}", rule.action));
            }
            let units: BTreeSet<&UnitId> = done().map(|one| &one.by.unit).collect();
            for unit in units.into_iter().filter(|_| rule.is_recorded) {
                if !done().any(|one| one.by.unit == *unit && one.recording.is_some()) {
                    missing.push(format!("recording of {} by {unit}", rule.action));
                }
            }
        }
        if !self.actions.is_empty() && !self.published.contains_key(&Phase::During) {
            missing.push("publication during".to_owned());
        }
        if self.paid() < self.draft.amount {
            missing.push("payment".to_owned());
        }
        missing
    }

    /// The phases that are to be published now.
    pub fn unpublished(&self) -> impl Iterator<Item = Phase> {
        let is_issued = self.issued.is_some();
        let due = [
            (Phase::Before, is_issued),
            (Phase::During, is_issued && !self.actions.is_empty()),
            (Phase::After, is_issued && self.end.is_some()),
        ];
        let due =
            due.into_iter().filter(|(phase, due)| *due && !self.published.contains_key(phase));
        due.map(|(phase, _)| phase)
    }

    /// Whether nothing is to be done any more: it has ended, is published, and every supervisor has
    /// an answer.
    pub fn is_over(&self) -> bool {
        self.end.is_some()
            && self.unpublished().next().is_none()
            && self.opinions.iter().all(|opinion| opinion.reply.is_some())
    }

    /// Whether it waits for a word of this unit.
    pub fn waits_for(&self, unit: &UnitId) -> bool {
        let Some(terms) = &self.terms else { return false };
        let is_owner = *unit == self.draft.by.unit;
        let unanswered = self.opinions.iter().any(|opinion| opinion.reply.is_none());
        if self.end.is_some() {
            return is_owner && unanswered;
        }
        let is = |other: &Option<UnitId>| other.as_ref() == Some(unit);
        let acts = || self.actions.iter().any(|action| action.by.unit == *unit);
        let is_issued = self.issued.is_some();
        (is_owner && (unanswered || !self.is_in_review()))
            || (is(&terms.reviewer) && self.is_in_review())
            || (terms.joint.contains(unit) && is_issued && !acts())
            || (is(&terms.finance) && is_issued && self.paid() < self.draft.amount)
            || (terms.justice == *unit && self.transfers.last().is_some_and(Transfer::is_open))
            || (terms.police == *unit
                && self.obstructions.iter().any(|call| call.settled.is_none()))
    }

    /// The draft and its gates, for who is asked later.
    pub fn classed(&self) -> Option<Classed> {
        Some(Classed { draft: self.draft.clone(), terms: self.terms.clone()? })
    }

    /// Folds one fact; says whether anything changed. What [`Decision::check`] refuses does not.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        if self.check(fact).is_err() {
            return false;
        }
        match fact.clone() {
            Fact::Drafted(_) => return false,
            Fact::Classed(classed) => self.class(&classed, at),
            Fact::Voided { reason } => self.end(Ending::Void, reason, at),
            Fact::Supplemented { by, file } => {
                self.versions.push(Version { by, file, at });
                self.asked.push(at);
            }
            Fact::Reviewed { by, verdict, reason } => {
                if verdict == Verdict::Reject {
                    self.end(Ending::Rejected, reason.clone(), at);
                }
                self.reviews.push(Review { by, verdict, reason, at });
            }
            Fact::Issued { by } => self.issued = Some((by, at)),
            Fact::Published(extract) => drop(self.published.insert(extract.phase, (extract, at))),
            Fact::Acted { by, action, recording } => {
                self.actions.push(Action { by, action, recording, at });
            }
            Fact::Transferred { by, file, reason, .. } => {
                self.transfers.push(Transfer { by, file, reason, at, answers: Vec::new() });
            }
            Fact::Answered { by, answer, .. } => self.answer(by, answer, at),
            Fact::Obstructed { by, text, .. } => {
                let (acknowledged, settled) = (None, None);
                self.obstructions.push(Obstruction { by, text, at, acknowledged, settled });
            }
            Fact::Assisted { by, number, is_settled, text } => {
                self.assist(by, number, is_settled.then_some(text), at);
            }
            Fact::Paid { by, amount, reference } => {
                self.payments.push(Payment { by, amount, reference, at });
            }
            Fact::Supervised { by, person, text, .. } => {
                self.opinions.push(Opinion { by, person, text, at, reply: None });
            }
            Fact::Replied { by, number, text } => {
                if let Some(opinion) = nth(&mut self.opinions, number) {
                    opinion.reply = Some((by, text, at));
                }
            }
            Fact::Closed { .. } => self.end(Ending::Closed, String::new(), at),
            Fact::Withdrawn { reason, .. } => self.end(Ending::Withdrawn, reason, at),
            Fact::Reminded { duty, is_late, .. } => return self.reminded.insert((duty, is_late)),
            Fact::Escalated { duty, .. } => return self.escalated.insert(duty),
        }
        true
    }

    fn class(&mut self, classed: &Classed, at: Moment) {
        if classed.terms.is_major {
            self.asked.push(at);
        }
        self.terms = Some(classed.terms.clone());
    }

    fn end(&mut self, ending: Ending, reason: String, at: Moment) {
        self.end = Some(End { ending, reason, at });
    }

    fn answer(&mut self, by: By, answer: Answer, at: Moment) {
        if let Answer::Outcome { text, goes_on: false } = &answer {
            self.end(Ending::HandedOver, text.clone(), at);
        }
        if let Some(transfer) = self.transfers.last_mut() {
            transfer.answers.push((by, answer, at));
        }
    }

    fn assist(&mut self, by: By, number: u32, settled: Option<String>, at: Moment) {
        if let Some(call) = nth(&mut self.obstructions, number) {
            call.acknowledged.get_or_insert_with(|| (by.clone(), at));
            call.settled = settled.map(|text| (by, text, at));
        }
    }
}

/// What has this number, from 1.
pub(super) fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}

fn nth<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    all.get_mut(place(number)?)
}
