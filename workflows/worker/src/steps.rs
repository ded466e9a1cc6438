//! What a decided step sends: from the case and the city pack to envelopes. Pure.
//!
//! The id of an envelope is `<case>/<step>[/<recipient>]`: the same step has the same ids every
//! time, so that doing it twice is once. A route that can't be found is no error: the case is given
//! to who must assign, and is never without an owner.

mod quarrel;
mod word;

use std::collections::BTreeSet;

use domain::{
    case::{
        Course, Dispute, Duty, Fact, Ladder, Outcome, Phrase, Severity, Stage, Step, Whistle,
        clocks, direct,
        fact::{Called, Instruction, Routed, Rung},
        ground, owes,
    },
    clock::Pace,
    envelope::URGENT,
    id::{CaseId, CityId, EnvelopeId, GridId, IssueTypeId, LENGTH_MAX, UnitId},
    moment::Moment,
    pack::{City, Limits},
    party::{Kind, Party},
    registry::Registry,
    routing,
};
use kit::{store::Outgoing, trace::TraceContext};
use sha2::{Digest as _, Sha256};

/// The urgency of a notice to a first responsible person; 0 is ordinary.
const NOTICE: u8 = 1;

/// What is known of a case when a step is done.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its number.
    pub case_id: &'a CaseId,
    /// What was whistled.
    pub whistle: &'a Whistle,
    /// Its course.
    pub course: &'a Course,
    /// Its limits.
    pub limits: &'a Limits,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
    /// The amendments about its kind of matter.
    pub registry: &'a Registry,
}

impl Known<'_> {
    /// What sort of matter it is: as the lead has typed it, or the whistle.
    pub fn issue_type(&self) -> &IssueTypeId {
        self.course.jurisdiction.issue_type.as_ref().unwrap_or(&self.whistle.issue_type)
    }

    /// Where it is: as the lead has said, or the whistle.
    pub fn grid(&self) -> &GridId {
        self.course.jurisdiction.grid.as_ref().unwrap_or(&self.whistle.grid)
    }
}

/// The subject of a case's envelopes.
pub fn subject(city: &CityId, case_id: &CaseId) -> String {
    format!("case/{city}/{case_id}")
}

/// The case that a subject is about, when it is one of this city.
pub fn case_of(city: &CityId, subject: &str) -> Option<CaseId> {
    let rest = subject.strip_prefix("case/")?.strip_prefix(city.as_str())?;
    CaseId::parse(rest.strip_prefix('/')?).ok()
}

/// The name of a step, which is its request id: the same whenever the same thing is decided.
/// A limit that was changed makes another due moment, and so another thing.
pub fn name(case_id: &CaseId, step: &Step) -> EnvelopeId {
    let name = match step {
        Step::Remind(rung) | Step::Urge(rung) | Step::Notice(rung) => {
            format!("{}/{}", step.name(), rung.due.0)
        }
        Step::OpenRight(_, _, due) => format!("{}/{}", step.name(), due.0),
        _ => step.name(),
    };
    id(format!("{case_id}/{name}"))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(course: &Course, limits: &Limits, step: &Step) -> bool {
    let is_ending = course.is_ending();
    let is_open = course.stage != Stage::Closed;
    let goes_on = is_open && !is_ending;
    // Nothing is begun and nothing is closed before a direct report is answered.
    let is_free = !course.direct.is_frozen();
    let next = |round: u32| goes_on && is_free && Some(round) == course.round.checked_add(1);
    let owed = |rung: &Rung| {
        let still = owes(course, limits);
        rung.round == course.round
            && still.iter().any(|o| (&o.party, o.duty, o.due) == (&rung.party, rung.duty, rung.due))
    };
    match step {
        Step::Route => course.stage == Stage::Raised && !is_ending,
        Step::Reassign(round) => {
            next(*round) && course.lead_refused() && course.stage != Stage::Disputed
        }
        Step::Reroute(round) => next(*round) && course.jurisdiction.retyped_at.is_some(),
        Step::NoteSilence(round, unit) => {
            let silent = owes(course, limits)
                .into_iter()
                .any(|owed| owed.duty == Duty::Opine && owed.party == Party::unit(unit));
            *round == course.round && silent
        }
        Step::Convene(round) => {
            let of = &course.jurisdiction;
            *round == course.round && of.contested_at.is_some() && of.convened_at.is_none()
        }
        Step::Alert => {
            goes_on && course.severity == Severity::Emergency && course.alerted_at.is_none()
        }
        Step::Rework(round) => next(*round) && course.sent_back == course.round,
        Step::Consult(round) => {
            goes_on
                && *round == course.round
                && course.sent_back == *round
                && course.consulted < *round
        }
        Step::Account(round, unit) => {
            // A case that is taken back ends, and who was late in it answers for that all the same.
            is_open && *round == course.round && ground::unaccounted(course, limits).contains(unit)
        }
        Step::Call(round, unit) => {
            let part = course.parts.get(unit).filter(|_| *round == course.round);
            goes_on && part.is_some_and(|part| part.called_at.is_none())
        }
        Step::Remind(rung) => owed(rung) && !course.reminded.contains(rung),
        Step::Urge(rung) => owed(rung) && !course.urged.contains(rung),
        Step::Notice(rung) => owed(rung) && !course.noticed.contains(rung),
        Step::OpenRight(round, unit, due) => {
            *round == course.round && direct::is_to_open(course, limits, unit, *due)
        }
        Step::Close(round, Outcome::Merged | Outcome::Withdrawn) => {
            is_open && is_free && is_ending && *round == course.round
        }
        Step::Close(round, _) => {
            course.stage == Stage::Confirming && goes_on && is_free && *round == course.round
        }
    }
}

/// The envelopes of a step; none when the case has nothing that the step needs.
pub fn envelopes(city: &City, known: &Known<'_>, step: &Step) -> Vec<Outgoing> {
    if *step == Step::Alert {
        let name = name(known.case_id, step);
        let calls = quarrel::alert(city, known).into_iter();
        return calls.map(|(fact, to)| envelope(city, known, &name, &fact, Some(to))).collect();
    }
    let (fact, recipients) = match step {
        Step::Alert => (None, Vec::new()),
        Step::Route => (Some(Fact::Routed(route(city, known))), vec![None]),
        Step::Reassign(round) => said(quarrel::answer(city, known, *round)),
        Step::Reroute(round) => said(Some(quarrel::reroute(city, known, *round))),
        Step::NoteSilence(round, unit) => {
            let (round, unit) = (*round, unit.clone());
            said(Some(Fact::Dispute(Dispute::Silent { round, unit })))
        }
        Step::Convene(round) => said(quarrel::convene(city, known, *round)),
        Step::Rework(round) => (rework(city, known, *round).map(Fact::Routed), vec![None]),
        Step::Consult(round) => {
            let consulted = Fact::Finding(word::consult(known.course, *round));
            (Some(consulted), word::to_consult(city, known.course))
        }
        Step::Account(round, unit) => return word::account(city, known, *round, unit),
        Step::Call(round, unit) => {
            let call = call(city, known, *round, unit);
            let to = call.as_ref().map(word::called);
            (call.map(Fact::Called), vec![to])
        }
        Step::Remind(rung) => {
            (Some(Fact::Reminded(rung.clone())), vec![Some(known.course.told(&rung.party))])
        }
        Step::Urge(rung) => {
            (Some(Fact::Urged(rung.clone())), vec![Some(known.course.told(&rung.party))])
        }
        Step::Notice(rung) => {
            (Some(notice(city, rung)), vec![Some(known.course.told(&rung.party))])
        }
        Step::OpenRight(round, unit, due) => {
            let opened = Ladder::RightOpened { round: *round, unit: unit.clone(), due: *due };
            (Some(Fact::Ladder(opened)), vec![Some(known.course.community_party())])
        }
        Step::Close(round, outcome) => {
            (Some(Fact::Closed { round: *round, outcome: *outcome }), to_all(known.course))
        }
    };
    let Some(fact) = fact else { return Vec::new() };
    let name = name(known.case_id, step);
    let send = |recipient| Outgoing {
        priority: priority(step),
        ..envelope(city, known, &name, &fact, recipient)
    };
    recipients.into_iter().map(send).collect()
}

/// What is for a person who answers for the whole unit does not wait behind its calls.
fn priority(step: &Step) -> u8 {
    if matches!(step, Step::Notice(_)) { NOTICE } else { 0 }
}

fn notice(city: &City, rung: &Rung) -> Fact {
    let unit = rung.party.as_unit().and_then(|id| city.unit(&id));
    let contact = unit.map(|unit| unit.contact.clone()).unwrap_or_default();
    Fact::Ladder(Ladder::Noticed { rung: rung.clone(), contact })
}

/// What is for the record; a dispute is for those who are asked as well.
fn said(fact: Option<Fact>) -> (Option<Fact>, Vec<Option<Party>>) {
    let mut recipients = vec![None];
    if let Some(Fact::Dispute(Dispute::Opened { units, .. })) = &fact {
        recipients.extend(units.iter().map(|unit| Some(Party::unit(unit))));
    }
    (fact, recipients)
}

fn envelope(
    city: &City,
    known: &Known<'_>,
    name: &EnvelopeId,
    fact: &Fact,
    recipient: Option<Party>,
) -> Outgoing {
    let full = recipient.as_ref().map_or(name.to_string(), |party| format!("{name}/{party}"));
    let subject = subject(&city.id, known.case_id);
    let mut outgoing = Outgoing::new(id(full), &subject, proto::fact::write(fact));
    outgoing.recipient = recipient;
    if known.course.severity == Severity::Emergency {
        outgoing.priority = URGENT;
    }
    outgoing.traceparent = known.traceparent.map(str::to_owned);
    outgoing
}

/// The trace context of a case that begins in another matter: in that one's trace, at a place of its
/// own.
pub(crate) fn begins(traceparent: Option<&str>, subject: &str) -> Option<String> {
    let context: TraceContext = traceparent?.parse().ok()?;
    Some(context.begins(subject).to_string())
}

/// An id of any length: what is too long keeps its digest.
pub(crate) fn id(text: String) -> EnvelopeId {
    let digest = |text: &str| -> String {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let short = if text.len() > LENGTH_MAX { digest(&text) } else { text };
    EnvelopeId::parse(short.clone()).unwrap_or_else(|_| {
        // Every part is an id, so this is not reached; a digest is an id whatever the text was.
        EnvelopeId::parse(digest(&short)).unwrap_or_else(|_| unreachable!("hexadecimal digits"))
    })
}

pub(crate) fn office(unit: &UnitId) -> Party {
    Party { kind: Kind::Office, id: unit.to_string() }
}

fn route(city: &City, known: &Known<'_>) -> Routed {
    if let Some(complaint) = &known.whistle.complaint {
        return word::complained(city, complaint, 1);
    }
    let called = Some(known.whistle.called_units.as_slice()).filter(|called| !called.is_empty());
    routed(city, known, 1, called)
}

/// Who is called for the matter, of those whom the whistle calls.
fn routed(city: &City, known: &Known<'_>, round: u32, called: Option<&[UnitId]>) -> Routed {
    let seen_at = known.whistle.seen_at;
    let (issue_type, grid) = (known.issue_type(), known.grid());
    match routing::route(city, known.registry, issue_type, grid, called, seen_at) {
        Ok(found) => Routed {
            round,
            owner: found.lead.as_ref().map_or_else(|| office(&found.owner), Party::unit),
            lead: found.lead,
            candidates: found.candidates,
            cooperating: found.cooperating,
            responsible: found.responsible,
            basis: found.basis,
        },
        Err(rejection) => Routed {
            round,
            lead: None,
            candidates: Vec::new(),
            cooperating: Vec::new(),
            responsible: Vec::new(),
            owner: office(&routing::assigner(city, &[])),
            basis: Phrase::NoRoute(&rejection.message).to_string(),
        },
    }
}

/// The units of the round but its lead, and but those who only help people in danger.
fn beside(course: &Course) -> Vec<UnitId> {
    let others = course.parts.iter().filter(|(unit, _)| Some(*unit) != course.lead.as_ref());
    others.filter(|(_, part)| part.alerted_at.is_none()).map(|(unit, _)| unit.clone()).collect()
}

fn reassign(city: &City, known: &Known<'_>, round: u32) -> Routed {
    let course = known.course;
    let refused = course.lead.as_ref();
    let remaining = course.candidates.iter().filter(|unit| Some(*unit) != refused);
    Routed {
        round,
        lead: None,
        candidates: remaining.cloned().collect(),
        cooperating: beside(course),
        responsible: course.responsible.clone(),
        // By the whole list: who is biased does not become impartial because one has refused.
        owner: office(&routing::assigner(city, &course.candidates)),
        basis: refused
            .map(|lead| Phrase::RefusedToLead(lead.as_str()).to_string())
            .unwrap_or_default(),
    }
}

fn rework(city: &City, known: &Known<'_>, round: u32) -> Option<Routed> {
    let course = known.course;
    if let Some(complaint) = &course.complaint {
        return Some(word::complained(city, complaint, round));
    }
    let lead = course.lead.clone()?;
    Some(Routed {
        round,
        owner: Party::unit(&lead),
        lead: Some(lead),
        candidates: course.candidates.clone(),
        cooperating: beside(course),
        responsible: course.responsible.clone(),
        basis: word::sent_back(course),
    })
}

fn call(city: &City, known: &Known<'_>, round: u32, unit: &UnitId) -> Option<Called> {
    let lead = known.course.lead.as_ref()?;
    Some(calling(city, known, round, unit, lead))
}

fn calling(city: &City, known: &Known<'_>, round: u32, unit: &UnitId, lead: &UnitId) -> Called {
    let Known { whistle, course, limits, .. } = known;
    let is_lead = course.lead.as_ref() == Some(unit);
    let dispose = clocks::work_limit(course, limits);
    let stages =
        [(Duty::Accept, limits.accept), (Duty::Arrive, limits.arrive), (Duty::Dispose, dispose)];
    let working = stages.into_iter().filter(|(_, limit)| limit.pace == Pace::Working);
    Called {
        round,
        unit: unit.clone(),
        is_lead,
        lead: lead.clone(),
        issue_type: known.issue_type().clone(),
        grid: known.grid().clone(),
        description: whistle.description.clone(),
        evidence: whistle.evidence.clone(),
        accept_within_ms: limits.accept.within_ms,
        arrive_within_ms: limits.arrive.within_ms,
        dispose_within_ms: dispose.within_ms,
        working: working.map(|(duty, _)| duty).collect(),
        by_proxy: city.by_proxy(unit),
        community: whistle.community.clone(),
        liaison: city.people.liaison(unit, &whistle.community).cloned(),
        instruction: instruction(course, round),
        bound_by: course.bound_by().filter(|_| is_lead),
        is_emergency: false,
    }
}

/// What binds the call: its own time only in the round that the instruction began.
fn instruction(course: &Course, round: u32) -> Option<Instruction> {
    let found = course.direct.instruction.as_ref().filter(|_| course.direct.is_binding(round))?;
    let within_ms = if found.round == round { found.within_ms } else { 0 };
    Some(Instruction { text: found.text.clone(), within_ms })
}

/// The record, every unit that was called, and who is still asked whose matter it is.
fn to_all(course: &Course) -> Vec<Option<Party>> {
    let called = course.parts.iter().filter(|(_, part)| part.called_at.is_some());
    let called = called.map(|(unit, _)| course.told(&Party::unit(unit)));
    let asked = course.jurisdiction.asked.keys().map(Party::unit);
    let called: BTreeSet<Party> = called.chain(asked).collect();
    std::iter::once(None).chain(called.into_iter().map(Some)).collect()
}

/// When a flow that sees this looks next by itself.
pub(crate) fn wakes(course: &Course, limits: &Limits, at: Moment) -> Option<Moment> {
    domain::case::decide(course, limits, at).wake
}

#[cfg(test)]
pub(crate) mod tests;
