//! Enforcement decisions (执法决定, M080 to M083, M087) as the bus's record has them: reading, the
//! opinions of supervisors, and what is published.
//!
//! Folded by the rules of `domain`: in the record a decision begins with its draft, and what a gate
//! refuses changes nothing here either. Nobody decides, reviews or issues here: only desks do.

mod keys;
mod service;

use domain::{
    decision::{Decision as Course, Fact, check_supervision, may_say, of_subject, subject},
    id::{CityId, DecisionId},
    moment::Moment,
    pack::City,
    party::Party,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use proto::{
    envelope::{Wire, from_wire},
    record::Received,
};

pub(crate) use self::service::Decisions;
use crate::{access, command::By, door::Door, raise, trail};

/// A supervisor's opinion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// About which decision.
    pub id: DecisionId,
    /// What.
    pub text: String,
}

fn read_fact(city: &CityId, wire: &Wire) -> Option<(DecisionId, Fact)> {
    if !wire.r#type.starts_with("muster.decision.v1.") {
        return None;
    }
    // The copies for those that it concerns say the same once more.
    let envelope = from_wire(wire.clone()).ok().filter(|one| one.recipient.is_none())?;
    let id = of_subject(city, &envelope.subject)?;
    let fact = proto::decree::read(&envelope.kind, &envelope.body).ok()??;
    may_say(&envelope.source, envelope.actor.as_ref(), &fact).then_some((id, fact))
}

/// What a supervisor has said here is on its way: its number is taken.
pub(crate) fn leaves(city: &City, tx: &mut Tx<'_>, wire: &Wire) {
    if let Some((id, Fact::Supervised { number, .. })) = read_fact(&city.id, wire) {
        keys::note(tx, &id, number);
    }
}

/// Folds what the bus's record has; says whether it was about a decision.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((id, fact)) = wire.and_then(|wire| read_fact(&city.id, wire)) else {
        return Ok(false);
    };
    let at = Moment(received.accepted_at_ms);
    let now = match keys::kept(tx, &id)? {
        Some(mut course) => course.apply(&fact, at).then_some(course),
        None => Course::begin(id, &fact, at),
    };
    if let Some(course) = now {
        if let Fact::Published(extract) = &fact {
            keys::publish(tx, &course.id, extract, at);
        }
        keys::put(tx, &course);
    }
    Ok(true)
}

/// Decides about an opinion; the answer is its number.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    mut by: By,
    said: Supervision,
) -> Result<Decision, Refusal> {
    let Supervision { id, text } = said;
    by.trace = trail::trace(tx, &subject(&door.city.id, &id))?.unwrap_or(by.trace);
    let course = keys::kept(tx, &id)?.ok_or_else(|| unknown(&id))?;
    access::check_supervisor(&door.access, &door.city, &course, &by)?;
    let number = keys::noted(tx, &id)?.max(course.opinions.len().try_into().unwrap_or(u32::MAX));
    let number = number.saturating_add(1);
    check_supervision(number, &text)?;
    let (party, person) = (by.party.clone(), by.person.clone());
    let fact = Fact::Supervised { number, by: party, person, text };
    let outgoing = envelopes(door, &course, &by, number, &fact)?;
    let answer = number.to_be_bytes().to_vec();
    Ok(Decision::change("decision_supervised", answer.clone(), outgoing, answer))
}

/// One envelope for the record, and one for the unit that must answer.
fn envelopes(
    door: &Door,
    course: &Course,
    by: &By,
    number: u32,
    fact: &Fact,
) -> Result<Vec<Outgoing>, Rejection> {
    let owner = door.city.reached(&course.draft.by.unit);
    let write = |recipient: Option<Party>| {
        let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
        let name = raise::envelope_id(format!("decision/{}/opinion/{number}{to}", course.id))?;
        Ok(Outgoing {
            recipient,
            actor: Some(by.person.clone()),
            on_behalf_of: Some(by.party.clone()),
            traceparent: Some(by.trace.clone()),
            ..Outgoing::new(name, &subject(&door.city.id, &course.id), proto::decree::write(fact))
        })
    };
    [None].into_iter().chain(owner.map(Some)).map(write).collect()
}

/// No such decision.
fn unknown(id: &DecisionId) -> Rejection {
    let message = format!("there is no decision {id}");
    Rejection::unknown("UNKNOWN_DECISION", "decision_id", message)
}
