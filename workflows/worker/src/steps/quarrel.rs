//! What is sent when it is not clear whose matter a case is, and when people are in danger.
//!
//! Which unit can lead, how often a case is handed on, and who helps, the city pack says; so what
//! follows a refusal is found here, by the rules of [`domain::case::jurisdiction`].

use domain::{
    case::{
        Dispute, Fact, Phrase,
        fact::Called,
        jurisdiction::{self, Next},
    },
    id::UnitId,
    pack::{City, Unit},
    party::Party,
    routing,
};

use super::{Known, beside, calling, office, reassign, routed};

/// What follows the lead's refusal.
pub(super) fn answer(city: &City, known: &Known<'_>, round: u32) -> Option<Fact> {
    let course = known.course;
    let can_lead = |unit: &UnitId| city.unit(unit).is_some_and(Unit::can_lead);
    Some(match jurisdiction::after_refusal(course, city.transfers_max, can_lead) {
        Next::Transfer(to) => {
            let from = course.lead.clone()?;
            let mut cooperating = beside(course);
            cooperating.retain(|unit| *unit != to && !has_refused(known, unit));
            let refusal = course.jurisdiction.refusal.as_ref();
            let reason = refusal.map(|refusal| refusal.reason.clone()).unwrap_or_default();
            Fact::Dispute(Dispute::Transferred { round, from, to, cooperating, reason })
        }
        Next::Dispute => open(city, known, &why(known)),
        Next::Assign => Fact::Routed(reassign(city, known, round)),
    })
}

/// The route by the kind of matter that the lead says it is; handed on too often, it is in dispute.
pub(super) fn reroute(city: &City, known: &Known<'_>, round: u32) -> Fact {
    if jurisdiction::may_reroute(known.course, city.transfers_max) {
        // Whom the whistle has called it has called for another kind of matter.
        return Fact::Routed(routed(city, known, round, None));
    }
    let lead = known.course.lead.as_ref().map(ToString::to_string).unwrap_or_default();
    open(city, known, &Phrase::OtherKind(&lead).to_string())
}

fn has_refused(known: &Known<'_>, unit: &UnitId) -> bool {
    known.course.parts.get(unit).is_some_and(|part| part.refused_at.is_some())
}

/// Why it is in dispute, in words.
fn why(known: &Known<'_>) -> String {
    let of = &known.course.jurisdiction;
    let lead = known.course.lead.as_ref().map(ToString::to_string).unwrap_or_default();
    let named = of.refusal.as_ref().and_then(|refusal| refusal.named.as_ref());
    let phrase = match named {
        _ if of.is_assigned => Phrase::RefusesAssigned(&lead),
        Some(named) if of.refused.contains(named) => Phrase::NamesRefuser(&lead, named.as_str()),
        named => Phrase::HandedOn(&lead, named.map(UnitId::as_str), of.transfers),
    };
    phrase.to_string()
}

/// Who can be called is asked; nobody rules in its own house.
fn open(city: &City, known: &Known<'_>, reason: &str) -> Fact {
    let parties = jurisdiction::parties(known.course);
    let all: Vec<UnitId> = parties.iter().chain(&known.course.involved).cloned().collect();
    let owner = office(&routing::assigner(city, &all));
    let units = parties.into_iter().filter(|unit| city.callable(unit)).collect();
    let (round, reason) = (known.course.round, reason.to_owned());
    let within_ms = known.limits.opinion.within_ms;
    Fact::Dispute(Dispute::Opened { round, units, reason, owner, within_ms })
}

/// The question for the joint conference, which the city government calls.
pub(super) fn convene(city: &City, known: &Known<'_>, round: u32) -> Option<Fact> {
    let course = known.course;
    let (lead, body) = (course.lead.as_ref()?, course.bound_by()?);
    let kind = known.issue_type();
    let kind = city.issues.get(kind).map_or_else(|| kind.to_string(), |issue| issue.zh.clone());
    let name = city.unit(lead).map_or_else(|| lead.to_string(), |unit| unit.zh.clone());
    let agenda = Phrase::Contests(&kind, &name, body).to_string();
    Some(Fact::Dispute(Dispute::Convened { round, agenda, owner: office(&city.government) }))
}

/// One call for each unit that helps, whoever leads.
pub(super) fn alert(city: &City, known: &Known<'_>) -> Vec<(Fact, Party)> {
    let call = |unit: &UnitId| {
        let lead = known.course.lead.as_ref().unwrap_or(unit);
        let called = calling(city, known, known.course.round, unit, lead);
        let called = Called { is_emergency: true, ..called };
        let to = super::word::called(&called);
        (Fact::Called(called), to)
    };
    city.emergency.iter().map(call).collect()
}
