//! The unit's part in joint operations (联合执法行动): what it is called to, whom and what it has
//! reserved, what its team was ordered and has found.
//!
//! What the desk says is one record with the envelope that carries it: with "we come" the people and
//! vehicles are reserved, or nothing is said. No person and no vehicle is in two operations at once.
//! A release is folded when it comes, also before its invitation, and is remembered.

use domain::{
    id::{InspectionId, OperationId, OrderId, PersonId, UnitId},
    moment::Moment,
    operation::{
        Fact, Order, Sort, may_say, of_subject,
        part::{Hold, Part},
        subject,
    },
    party::Party,
    rejection::Rejection,
    routing,
};
use kit::{
    inbox::accepted_at,
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{envelope::Wire, operate::shown::part_out, record::Record};

use super::{Desk, came, traced};
use crate::asking::Said;

/// What the unit says in an operation.
pub(crate) struct Telling {
    /// In which.
    pub(crate) id: OperationId,
    /// What.
    pub(crate) said: Said,
    /// Who says it.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
}

impl Desk {
    pub(super) fn tell(
        &self,
        tx: &Tx<'_>,
        telling: Telling,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Telling { id, said, person, traceparent } = telling;
        let mut part = part(tx, &id)?.ok_or_else(|| unknown(&id))?;
        let fact = self.judged(tx, &part, said, now)?;
        part.apply(&self.unit, &fact, now);
        let outgoing = self.team_says(&part, &fact)?;
        let traceparent = traced(tx, &subject(&self.city.id, &id), traceparent)?;
        let (actor, traceparent) = (Some(person), Some(traceparent));
        let (kind, body) = proto::operate::write(&fact);
        let answer = part_out(&part).encode_to_vec();
        let outgoing = Outgoing { actor, traceparent, ..outgoing };
        Ok(Decision::change(&kind, body, vec![outgoing], answer))
    }

    /// The team has made a stop in an operation: what goes out with it.
    pub(super) fn finds(
        &self,
        tx: &Tx<'_>,
        id: &OperationId,
        inspection: &InspectionId,
    ) -> Result<Outgoing, Refusal> {
        let part = part(tx, id)?.ok_or_else(|| unknown(id))?;
        part.check_finding(inspection)?;
        let (unit, inspection) = (self.unit.clone(), inspection.clone());
        let outgoing = self.team_says(&part, &Fact::Found { unit, inspection })?;
        Ok(Outgoing { traceparent: self.operation_trace(tx, id)?, ..outgoing })
    }

    /// The trace of an operation, in which this unit was called.
    pub(super) fn operation_trace(
        &self,
        tx: &Tx<'_>,
        id: &OperationId,
    ) -> Result<Option<String>, view::Error> {
        came(tx, &subject(&self.city.id, id))
    }

    fn team_says(&self, part: &Part, fact: &Fact) -> Result<Outgoing, Rejection> {
        let (id, number) = (&part.id, part.said.saturating_add(1));
        let name = proto::convert::id("operation_id", format!("operation/{id}/team/{number}"))?;
        let outgoing =
            Outgoing::new(name, &subject(&self.city.id, id), proto::operate::write(fact));
        Ok(Outgoing { recipient: self.told(part, fact), ..outgoing })
    }

    /// What is said, when it may be.
    fn judged(&self, tx: &Tx<'_>, part: &Part, said: Said, now: Moment) -> Result<Fact, Refusal> {
        let unit = self.unit.clone();
        Ok(match said {
            Said::Comes(crew) => {
                part.check_confirmation(&crew, &holds(tx)?, now)?;
                Fact::Confirmed { unit, crew }
            }
            Said::Declines { reason, substitute } => {
                part.check_refusal(&unit, &reason, substitute.as_ref())?;
                self.check_reached(substitute.as_ref(), "substitute")?;
                Fact::Declined { unit, reason, substitute }
            }
            Said::HasRead => {
                part.check_reading()?;
                Fact::BriefingRead { unit }
            }
            Said::IsThere { at } => {
                part.check_arrival(&holds(tx)?, now)?;
                let at = at.map_or(Ok(now), |said| part.arrival(said, now))?;
                Fact::CheckedIn { unit, at }
            }
            Said::Answers { order, is_taken, text, at } => {
                part.check_answer(&unit, &order, is_taken, &text)?;
                let at = at.map_or(Ok(now), |said| part.answered_at(&order, said, now))?;
                Fact::Answered { unit, order, is_taken, text, at: Some(at) }
            }
            Said::Asks { to, text, grid, is_handover } => {
                let sort = if is_handover { Sort::HandOver } else { Sort::Assist };
                let id: OrderId = proto::convert::id("unit", request_number(&unit, part))?;
                let order = Order { id, sort, from: Party::unit(&unit), to, text, grid };
                part.check_request(&order)?;
                self.check_reached(Some(&order.to), "unit")?;
                if let Some(grid) = &order.grid {
                    routing::check_grid(&self.city, grid).map_err(|no| no.at("grid"))?;
                }
                Fact::Ordered(order)
            }
            Said::Finds(inspection) => {
                part.check_finding(&inspection)?;
                Fact::Found { unit, inspection }
            }
        })
    }

    fn check_reached(&self, unit: Option<&UnitId>, field: &str) -> Result<(), Rejection> {
        match unit.filter(|unit| self.city.reached(unit).is_none()) {
            None => Ok(()),
            Some(unit) => {
                let message = format!("{unit} is no unit of {} with a desk", self.city.id);
                Err(Rejection::unknown("UNKNOWN_UNIT", field, message))
            }
        }
    }

    /// Whom it goes to besides the record: another team, with what it is asked or has asked.
    fn told(&self, part: &Part, fact: &Fact) -> Option<Party> {
        match fact {
            Fact::Ordered(order) => self.city.reached(&order.to),
            Fact::Answered { order, .. } => {
                let from = &part.orders.get(order)?.order.from;
                self.city.reached(&from.as_unit()?)
            }
            _ => None,
        }
    }

    pub(super) fn fold_teams(&self, tx: &mut Tx<'_>, record: &Record) -> Result<(), view::Error> {
        for wire in &record.outgoing {
            self.fold_team(tx, wire, Moment(record.at_ms))?;
        }
        for received in &record.received {
            if let Some(wire) = &received.envelope {
                self.fold_team(tx, wire, accepted_at(received))?;
            }
        }
        Ok(())
    }

    /// What this unit said, and what came for it, from the party whose word it is.
    fn fold_team(&self, tx: &mut Tx<'_>, wire: &Wire, at: Moment) -> Result<(), view::Error> {
        let Some((id, is_own, fact)) = self.read_team(wire) else { return Ok(()) };
        let now = match part(tx, &id)? {
            None => Part::begin(id, &self.unit, &fact, at),
            Some(mut part) => {
                let is_new = part.apply(&self.unit, &fact, at);
                part.said = part.said.saturating_add(u32::from(is_own));
                (is_new || is_own).then_some(part)
            }
        };
        let Some(part) = now else { return Ok(()) };
        match &part.hold {
            Some(hold) => tx.put(key(HOLDS, &part.id), json(hold)),
            None => tx.remove(key(HOLDS, &part.id)),
        }
        match part.waits() {
            true => tx.put(key(WAITING, &part.id), []),
            false => tx.remove(key(WAITING, &part.id)),
        }
        tx.put(key(PARTS, &part.id), json(&part));
        Ok(())
    }

    fn read_team(&self, wire: &Wire) -> Option<(OperationId, bool, Fact)> {
        if !wire.r#type.starts_with("muster.operation.v1.") {
            return None;
        }
        let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
        let id = of_subject(&self.city.id, &envelope.subject)?;
        let own = Party::unit(&self.unit);
        let is_own = envelope.source == own;
        let is_ours = is_own || envelope.recipient == Some(own);
        let fact = proto::operate::read(&envelope.kind, &envelope.body).ok()??;
        (is_ours && may_say(&envelope.source, &fact)).then_some((id, is_own, fact))
    }
}

/// The keys of all parts.
const PARTS: &[u8] = b"k";
/// The keys of what the unit holds.
const HOLDS: &[u8] = b"h";
/// The keys of the parts in which the unit has still to say something.
const WAITING: &[u8] = b"z";

fn key(kind: &[u8], id: &OperationId) -> Vec<u8> {
    [kind, id.as_str().as_bytes()].concat()
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn part(tx: &Tx<'_>, id: &OperationId) -> Result<Option<Part>, view::Error> {
    Ok(tx.get(&key(PARTS, id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

fn unknown(id: &OperationId) -> Rejection {
    let message = format!("this unit is not called to {id}");
    Rejection::unknown("UNKNOWN_OPERATION", "operation_id", message)
}

fn id_of(key: &[u8]) -> Option<OperationId> {
    OperationId::parse(std::str::from_utf8(key.get(1..)?).ok()?).ok()
}

/// All that the unit holds, for which operation.
fn holds(tx: &Tx<'_>) -> Result<Vec<(OperationId, Hold)>, view::Error> {
    let read =
        |(key, json): (Vec<u8>, Vec<u8>)| Some((id_of(&key)?, serde_json::from_slice(&json).ok()?));
    Ok(tx.scan(HOLDS, b"", usize::MAX)?.into_iter().filter_map(read).collect())
}

/// The number of what this team asks for next.
fn request_number(unit: &UnitId, part: &Part) -> String {
    let own = part.orders.values().filter(|given| given.order.from == Party::unit(unit)).count();
    format!("{unit}-{}", own + 1)
}

/// A page of parts by number, with their keys; only what waits for the unit, where that is asked.
pub(crate) fn parts(
    tx: &Tx<'_>,
    is_waiting: bool,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, Part)>, view::Error> {
    let prefix = if is_waiting { WAITING } else { PARTS };
    let mut found = Vec::new();
    for (at, _) in tx.scan(prefix, from, limit)? {
        let Some(id) = id_of(&at) else { continue };
        found.extend(part(tx, &id)?.map(|part| (at, part)));
    }
    Ok(found)
}
