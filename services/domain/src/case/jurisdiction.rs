//! Whose matter it is (管辖, M022): refusals, transfers, the dispute, the ruling and what it binds.
//!
//! A lead that refuses and names another unit hands the case on, so often as the city allows and
//! never back to who has refused it; then, or where a person had put the lead there, it is in
//! dispute. A dispute has an owner who rules, units that are asked, and for each of them an opinion
//! or a recorded silence. A ruling binds. It may be contested once, before the joint conference,
//! whose ruling is the last word.
//!
//! A refusal against what binds is kept and changes nothing: whoever it binds leads on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    course::{Course, Stage},
    decide::{Owed, owe},
    dispute::{Body, Dispute, Severity},
    fact::Duty,
    order::{Standing, begins, called, of_round},
};
use crate::{
    id::{GridId, IssueTypeId, UnitId},
    moment::Moment,
    pack::Limits,
    party::Party,
};

use Standing::{Early, Late, Ready};

/// What is kept about whose matter a case is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Jurisdiction {
    /// The kind of matter that a lead has said it is; none: that of the whistle.
    pub issue_type: Option<IssueTypeId>,
    /// The cell where a lead has said it is; none: that of the whistle.
    pub grid: Option<GridId>,
    /// Whose refusal to lead was answered, in order.
    pub refused: Vec<UnitId>,
    /// How often it was handed on.
    pub transfers: u32,
    /// The refusal of the present lead, until it is answered.
    pub refusal: Option<Refusal>,
    /// Whether a person has put the present lead there.
    pub is_assigned: bool,
    /// When the present lead said that it is another kind of matter, until it is routed anew.
    pub retyped_at: Option<Moment>,
    /// When it came to be in dispute.
    pub opened_at: Option<Moment>,
    /// Who is asked, and what has come of it.
    pub asked: BTreeMap<UnitId, Hearing>,
    /// The last ruling.
    pub ruling: Option<Ruling>,
    /// When that was contested.
    pub contested_at: Option<Moment>,
    /// When it came before the joint conference.
    pub convened_at: Option<Moment>,
    /// Who has refused against a ruling, and in which round (推诿扯皮); each once.
    pub evaded: Vec<(UnitId, u32)>,
}

/// What a lead said when it refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// Why.
    pub reason: String,
    /// Whom it names.
    pub named: Option<UnitId>,
}

/// What has come of asking a unit. Who speaks after its silence was recorded is heard all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hearing {
    /// When it gave its opinion.
    pub given_at: Option<Moment>,
    /// When its silence was recorded.
    pub silent_at: Option<Moment>,
}

impl Hearing {
    /// Whether nothing more is awaited from it.
    pub fn is_settled(&self) -> bool {
        self.settled_at().is_some()
    }

    /// When nothing more was awaited from it.
    fn settled_at(&self) -> Option<Moment> {
        self.given_at.into_iter().chain(self.silent_at).min()
    }
}

/// A ruling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Who leads by it.
    pub lead: UnitId,
    /// Who has ruled.
    pub body: Body,
}

/// What follows when a lead does not want the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The unit that it names leads.
    Transfer(UnitId),
    /// It is in dispute.
    Dispute,
    /// An office names the lead.
    Assign,
}

/// What follows the refusal of the lead.
///
/// Who names nobody, or somebody who can't lead, gives it to who assigns, as long as nobody has
/// handed it on before.
pub fn after_refusal(
    course: &Course,
    transfers_max: u32,
    can_lead: impl Fn(&UnitId) -> bool,
) -> Next {
    let of = &course.jurisdiction;
    let named = of.refusal.as_ref().and_then(|refusal| refusal.named.as_ref());
    match named.filter(|named| can_lead(named)) {
        _ if of.is_assigned => Next::Dispute,
        Some(named) if of.refused.contains(named) || of.transfers >= transfers_max => Next::Dispute,
        Some(named) => Next::Transfer(named.clone()),
        None if of.transfers > 0 => Next::Dispute,
        None => Next::Assign,
    }
}

/// Whether a case that was typed anew is routed anew: to type it anew is to hand it on.
pub fn may_reroute(course: &Course, transfers_max: u32) -> bool {
    course.jurisdiction.transfers <= transfers_max
}

/// Those between whom it is in dispute: who has refused, whom the lead names, whom the registry
/// names; each once.
pub fn parties(course: &Course) -> Vec<UnitId> {
    let of = &course.jurisdiction;
    let named = of.refusal.iter().filter_map(|refusal| refusal.named.as_ref());
    let lead = course.lead.iter();
    let mut parties: Vec<UnitId> = Vec::new();
    for unit in of.refused.iter().chain(lead).chain(named).chain(&course.candidates) {
        if !parties.contains(unit) {
            parties.push(unit.clone());
        }
    }
    parties
}

impl Jurisdiction {
    /// Whether nobody has ever doubted it.
    pub fn is_plain(&self) -> bool {
        *self == Jurisdiction::default()
    }
}

impl Course {
    /// The body whose ruling binds the present lead.
    pub fn bound_by(&self) -> Option<Body> {
        let ruling = self.jurisdiction.ruling.as_ref();
        ruling.filter(|ruling| self.lead.as_ref() == Some(&ruling.lead)).map(|ruling| ruling.body)
    }

    /// Whether everybody who was asked has spoken or is recorded as silent.
    pub fn is_heard(&self) -> bool {
        self.jurisdiction.asked.values().all(|hearing| hearing.settled_at().is_some())
    }

    /// Whether the lead contests the ruling that binds it.
    pub(super) fn is_contested(&self) -> bool {
        self.jurisdiction.contested_at.is_some()
    }

    /// A new round: what was said of the one before is answered.
    pub(super) fn clear_jurisdiction(&mut self) {
        let of = &mut self.jurisdiction;
        of.refusal = None;
        of.is_assigned = false;
        of.retyped_at = None;
        of.opened_at = None;
        of.asked.clear();
        of.contested_at = None;
        of.convened_at = None;
    }

    /// The lead refuses; says whether that has its effect.
    pub(super) fn refuse_to_lead(
        &mut self,
        unit: &UnitId,
        reason: &str,
        named: Option<&UnitId>,
    ) -> bool {
        let round = self.round;
        let is_bound = self.bound_by().is_some();
        let of = &mut self.jurisdiction;
        if is_bound {
            if !of.evaded.iter().any(|(who, when)| (who, *when) == (unit, round)) {
                of.evaded.push((unit.clone(), round));
            }
            return false;
        }
        if of.refusal.is_none() {
            of.refusal = Some(Refusal { reason: reason.to_owned(), named: named.cloned() });
        }
        true
    }

    /// Who has refused to lead, the present lead among them, in order.
    pub fn refusers(&self) -> Vec<UnitId> {
        let of = &self.jurisdiction;
        let present =
            self.lead.as_ref().filter(|lead| of.refusal.is_some() && !of.refused.contains(lead));
        of.refused.iter().chain(present).cloned().collect()
    }

    /// The refusal of the lead is answered: only now is it one of those that were.
    pub(super) fn answer_refusal(&mut self) {
        let of = &mut self.jurisdiction;
        let lead = self.lead.as_ref().filter(|_| of.refusal.is_some());
        if let Some(lead) = lead.filter(|lead| !of.refused.contains(lead)) {
            of.refused.push(lead.clone());
        }
    }

    /// Folds what is said in a dispute and is ready.
    pub(super) fn dispute(&mut self, said: &Dispute, at: Moment) {
        match said {
            Dispute::Transferred { round, to, cooperating, .. } => {
                self.answer_refusal();
                self.jurisdiction.transfers = self.jurisdiction.transfers.saturating_add(1);
                self.lead_by(*round, to, cooperating, at);
            }
            Dispute::Opened { units, owner, .. } => {
                self.stage = Stage::Disputed;
                self.owner = owner.clone();
                self.involved.extend(units.iter().cloned());
                let of = &mut self.jurisdiction;
                of.opened_at = Some(at);
                of.retyped_at = None;
                of.asked = units.iter().map(|unit| (unit.clone(), Hearing::default())).collect();
            }
            Dispute::Opinion { unit, .. } => {
                if let Some(hearing) = self.jurisdiction.asked.get_mut(unit) {
                    hearing.given_at.get_or_insert(at);
                }
            }
            Dispute::Silent { unit, .. } => {
                if let Some(hearing) = self.jurisdiction.asked.get_mut(unit) {
                    hearing.silent_at.get_or_insert(at);
                }
            }
            Dispute::Ruled { round, lead, cooperating, body, .. } => {
                self.answer_refusal();
                self.lead_by(*round, lead, cooperating, at);
                let ruling = Ruling { lead: lead.clone(), body: *body };
                self.jurisdiction.ruling = Some(ruling);
            }
            Dispute::Contested { .. } => self.jurisdiction.contested_at = Some(at),
            Dispute::Convened { owner, .. } => {
                self.stage = Stage::Disputed;
                self.owner = owner.clone();
                self.jurisdiction.convened_at = Some(at);
            }
            Dispute::Retyped { issue_type, grid, .. } => {
                let of = &mut self.jurisdiction;
                of.issue_type = Some(issue_type.clone());
                of.grid = grid.clone().or(of.grid.take());
                of.transfers = of.transfers.saturating_add(1);
                of.retyped_at = Some(at);
            }
            Dispute::Raised { severity, .. } => self.severity = *severity,
        }
    }
}

/// How what is said in a dispute stands.
pub(super) fn standing(course: &Course, said: &Dispute) -> Standing {
    let of = &course.jurisdiction;
    let is_disputed = course.stage == Stage::Disputed;
    match said {
        Dispute::Transferred { round, .. } => {
            begins(course, *round, course.lead_refused() && !is_disputed)
        }
        Dispute::Opened { round, .. } => of_round(course, *round, opening(course)),
        Dispute::Opinion { round, unit, .. } => {
            of_round(course, *round, hearing(course, unit, |hearing| hearing.given_at))
        }
        Dispute::Silent { round, unit } => {
            of_round(course, *round, hearing(course, unit, |hearing| hearing.silent_at))
        }
        Dispute::Ruled { round, .. } => begins(course, *round, is_disputed),
        Dispute::Contested { round, unit, .. } => of_round(course, *round, contest(course, unit)),
        Dispute::Convened { round, .. } => of_round(
            course,
            *round,
            match (course.is_contested(), of.convened_at) {
                (true, None) => Ready,
                (true, Some(_)) => Late,
                (false, _) => Early,
            },
        ),
        Dispute::Retyped { round, unit, .. } => of_round(course, *round, retyping(course, unit)),
        Dispute::Raised { severity, .. } if *severity > course.severity => Ready,
        Dispute::Raised { .. } => Late,
    }
}

/// A dispute opens once in a round, on the lead's refusal or its word that it is another matter.
fn opening(course: &Course) -> Standing {
    let of = &course.jurisdiction;
    match (of.opened_at, course.lead_refused() || of.retyped_at.is_some()) {
        (Some(_), _) => Late,
        (None, true) => Ready,
        (None, false) => Early,
    }
}

/// Who is asked has the word once; who is not asked has none.
fn hearing(course: &Course, unit: &UnitId, said: impl Fn(&Hearing) -> Option<Moment>) -> Standing {
    let of = &course.jurisdiction;
    match of.asked.get(unit) {
        Some(hearing) if said(hearing).is_none() => Ready,
        Some(_) => Late,
        None if of.opened_at.is_none() => Early,
        None => Late,
    }
}

/// The lead that a ruling has named may contest it, instead of reporting for duty, once.
fn contest(course: &Course, unit: &UnitId) -> Standing {
    let is_lead = course.lead.as_ref() == Some(unit);
    let Some(body) = course.bound_by().filter(|_| is_lead) else { return Late };
    let part = course.parts.get(unit);
    let is_free = part.is_some_and(|part| part.accepted_at.is_none());
    match called(course, unit) {
        Ready if body.may_be_contested() && is_free && !course.is_contested() => Ready,
        Ready => Late,
        other => other,
    }
}

/// The lead may type the matter anew until its own part is done; what binds it it can't undo.
fn retyping(course: &Course, unit: &UnitId) -> Standing {
    let of = &course.jurisdiction;
    let is_over = |part: &super::Part| part.is_done();
    let part = course.parts.get(unit);
    let is_spent = course.lead.as_ref() != Some(unit)
        || course.bound_by().is_some()
        || of.retyped_at.is_some()
        || of.opened_at.is_some()
        || part.is_some_and(is_over);
    match called(course, unit) {
        Ready if is_spent => Late,
        other => other,
    }
}

/// Who owes what in a dispute: first the opinions, then the ruling.
pub(super) fn owes(course: &Course, limits: &Limits) -> Vec<Owed> {
    let of = &course.jurisdiction;
    let rule = |from| vec![owe(course.owner.clone(), Duty::Rule, from, limits.rule)];
    if let Some(convened) = of.convened_at {
        return rule(convened);
    }
    let opened = of.opened_at.unwrap_or(course.routed_at);
    if course.is_heard() {
        let settled = of.asked.values().filter_map(Hearing::settled_at).max();
        return rule(settled.unwrap_or(opened).max(opened));
    }
    let silent = of.asked.iter().filter(|(_, hearing)| hearing.settled_at().is_none());
    silent.map(|(unit, _)| owe(Party::unit(unit), Duty::Opine, opened, limits.opinion)).collect()
}

/// Whether people are in danger and those who help have not been called yet.
pub(super) fn must_alert(course: &Course) -> bool {
    course.severity == Severity::Emergency && course.alerted_at.is_none() && course.round > 0
}

#[cfg(test)]
mod tests;
