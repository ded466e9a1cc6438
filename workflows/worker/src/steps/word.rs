//! What follows from the community's word: consultations, complaints, who has to answer; and who is
//! told in the place of a unit that has no client.

use std::collections::BTreeSet;

use domain::{
    accountability::{self, Opened, SheetId},
    case::{
        Complaint, Course, Fact, Finding, Phrase, Step, complaint,
        fact::{Called, Routed},
        ground,
    },
    id::UnitId,
    pack::City,
    party::Party,
    routing,
};
use kit::store::Outgoing;

use super::{Known, envelope, id, name, office};
use crate::sheets;

/// Who gets a call.
pub(super) fn called(call: &Called) -> Party {
    Party::unit(if call.by_proxy { &call.lead } else { &call.unit })
}

/// A complaint goes to who finds, and to no unit.
pub(super) fn complained(city: &City, about: &Complaint, round: u32) -> Routed {
    let owner = complaint::judge(city, &about.about, round > 1);
    Routed {
        round,
        lead: None,
        candidates: Vec::new(),
        cooperating: Vec::new(),
        responsible: Vec::new(),
        basis: Phrase::Complaint(about.about.as_str(), round > 1).to_string(),
        owner,
    }
}

/// Why the next round begins.
pub(super) fn sent_back(course: &Course) -> String {
    let Course { round, dissatisfied, consulted, .. } = course;
    match consulted == round {
        true => Phrase::SentBackAgain(*round, *dissatisfied).to_string(),
        false => Phrase::SentBack(*round).to_string(),
    }
}

/// All units of the case consult (会商).
pub(super) fn consult(course: &Course, round: u32) -> Finding {
    let units = course.called.iter().cloned().collect();
    let reason = Phrase::NotSatisfied(course.dissatisfied).to_string();
    Finding::Consulted { round, units, reason }
}

/// The record, the office, and every unit that was called in any round.
pub(super) fn to_consult(city: &City, course: &Course) -> Vec<Option<Party>> {
    let to = |unit: &UnitId| course.told(&Party::unit(unit));
    let has_client = |unit: &&UnitId| !city.by_proxy(unit) || course.parts.contains_key(*unit);
    let units: BTreeSet<Party> = course.called.iter().filter(has_client).map(to).collect();
    let office = office(&city.coordinator);
    [None, Some(office)].into_iter().chain(units.into_iter().map(Some)).collect()
}

/// A unit has to answer: the case says so, and the unit's sheet is opened.
pub(super) fn account(city: &City, known: &Known<'_>, round: u32, unit: &UnitId) -> Vec<Outgoing> {
    let grounds = ground::grounds(known.course, known.limits).remove(unit).unwrap_or_default();
    let step = Step::Account(round, unit.clone());
    let accounted =
        Fact::Finding(Finding::Accounted { round, unit: unit.clone(), grounds: grounds.clone() });
    let opened = accountability::Fact::Opened(Opened {
        issue_type: known.whistle.issue_type.clone(),
        grounds,
        judge: office(&routing::assigner(city, std::slice::from_ref(unit))),
        statement_within_ms: known.limits.statement.within_ms,
        statement_pace: known.limits.statement.pace,
    });
    let sheet = SheetId { case_id: known.case_id.clone(), unit: unit.clone() };
    let mut opening = Outgoing::new(
        id(sheets::name(&sheet, "open")),
        &sheets::subject(&city.id, &sheet),
        proto::account::write(&opened),
    );
    opening.recipient = city.reached(unit);
    opening.traceparent = known.traceparent.map(str::to_owned);
    vec![envelope(city, known, &name(known.case_id, &step), &accounted, None), opening]
}
