//! What this unit finds and settles in stops (检查, M063), and its register of seizures (M070).
//!
//! What a desk says is one record with the envelopes that carry it; it is taken while everything
//! else is down. A proven finding whose kind counts for credit is confirmed for credit in the same
//! record, under the number of its decision: so once. A desk knows the stops in which it has a part,
//! and of the penalties of others nothing: which of two for one fact stands, the record judges.

mod fold;
mod shelf;

use std::collections::BTreeSet;

use domain::{
    credit,
    evidence::Digest,
    id::{CaseId, EnvelopeId, InspectionId, ObjectId, PersonId, UnitId},
    inspection::{
        About, Docket, End, Fact, Finding, Opened, Outcome, Seized, SeizureId, check_ending,
        check_opening, check_revocation, check_seizure, check_settlement, split, subject,
    },
    moment::Moment,
    party::{Kind, Party},
    rejection::Rejection,
    task::{self, Desk as AtHand},
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    trace::TraceContext,
    tx::Tx,
    view,
};
use proto::inspection as wire;

pub(super) use self::shelf::docket;
use self::shelf::docket_of;
pub(crate) use self::shelf::findings;
use super::{Desk, procedure, traced, violation};

/// What a person of the unit says.
pub(crate) struct Said {
    /// Who.
    pub(crate) person: PersonId,
    /// The caller's trace context.
    pub(crate) traceparent: String,
    /// What.
    pub(crate) word: Word,
}

/// What can be said.
pub(crate) enum Word {
    /// A stop, and what was found; its number and its unit are the desk's to fill in.
    Open {
        /// Of whom.
        object: ObjectId,
        /// The stop.
        opened: Opened,
        /// Which of its evidence is in the store.
        held: BTreeSet<Digest>,
    },
    /// How a finding is settled.
    Settle {
        /// Of which stop.
        id: InspectionId,
        /// Which.
        finding: u32,
        /// How.
        outcome: Outcome,
    },
    /// That it is taken back.
    Revoke {
        /// Of which stop.
        id: InspectionId,
        /// Which finding.
        finding: u32,
        /// Why.
        reason: String,
    },
    /// That a vehicle is seized; its number is the desk's to fill in.
    Seize {
        /// Of whom; none where it is of a stop.
        object: Option<ObjectId>,
        /// What.
        seized: Seized,
    },
    /// What becomes of it.
    End {
        /// Which.
        id: SeizureId,
        /// What.
        end: End,
        /// Why.
        reason: String,
    },
}

impl Desk {
    pub(super) fn inspect(
        &self,
        tx: &Tx<'_>,
        said: Said,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Said { person, traceparent, word } = said;
        let by = By { person, traceparent };
        let by = match &word {
            Word::Settle { id, .. } | Word::Revoke { id, .. } => {
                By { traceparent: traced(tx, &stop(id), by.traceparent)?, ..by }
            }
            _ => by,
        };
        match word {
            Word::Open { object, opened, held } => {
                let id = wire::inspection_id(format!("I-{}-{}", self.unit, tx.next()))?;
                let opened = Opened { id, unit: self.unit.clone(), ..opened };
                let by = self.begins(tx, by, &opened)?;
                self.open(tx, &by, (object, opened, held), now)
            }
            Word::Settle { id, finding, outcome } => {
                self.settle(tx, &by, (id, finding), outcome, now)
            }
            Word::Revoke { id, finding, reason } => {
                self.take_back(tx, &by, (id, finding), reason, now)
            }
            Word::Seize { object, seized } => self.seize(tx, &by, object, seized, now),
            Word::End { id, end, reason } => self.end(tx, &by, id, end, reason, now),
        }
    }

    fn open(
        &self,
        tx: &Tx<'_>,
        by: &By,
        (object, opened, held): (ObjectId, Opened, BTreeSet<Digest>),
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut docket = shelf::docket(tx, &object)?.unwrap_or_else(|| Docket::new(object));
        check_opening(&docket, &opened, now)?;
        let at_hand = AtHand { held, rules: Vec::new() };
        for found in &opened.findings {
            task::check_evidence(&found.evidence, &at_hand).map_err(|no| no.at("findings"))?;
        }
        let owners = split(&self.city.powers, &opened).into_iter();
        let to = owners.filter_map(|owner| match owner {
            Some(unit) => self.city.reached(&unit),
            None => Some(self.office()),
        });
        let (id, name) = (opened.id.clone(), format!("inspection/{}/open", opened.id));
        let operation = opened.operation.as_ref();
        let found = operation.map(|operation| self.finds(tx, operation, &id)).transpose()?;
        let fact = Fact::Opened(opened);
        let mut outgoing = self.tell_of(by, &docket.object, (&name, &fact), to.collect())?;
        outgoing.extend(found.map(|found| by.says(found)));
        docket.apply(&fact, now, &self.city.powers);
        Ok(decided(&fact, outgoing, wire::inspection_out(&docket, &id).unwrap_or_default()))
    }

    /// A stop that is made in an operation is in that one's trace, at a place of its own.
    fn begins(&self, tx: &Tx<'_>, by: By, opened: &Opened) -> Result<By, view::Error> {
        let Some(operation) = &opened.operation else { return Ok(by) };
        let known = self.operation_trace(tx, operation)?.unwrap_or(by.traceparent);
        let context = known.parse::<TraceContext>().map(|one| one.begins(&stop(&opened.id)));
        let traceparent = context.map_or(known, |context| context.to_string());
        Ok(By { traceparent, person: by.person })
    }

    fn settle(
        &self,
        tx: &Tx<'_>,
        by: &By,
        (id, number): (InspectionId, u32),
        outcome: Outcome,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut docket = known(tx, &id)?;
        check_settlement(&docket, (&id, number), &self.unit, &outcome)?;
        procedure::check_issued(tx, &self.unit, &outcome)?;
        let to = opener(&docket, &id);
        let (unit, person) = (self.unit.clone(), by.person.clone());
        let name = format!("inspection/{id}/{number}/settle");
        let fact = Fact::Settled { id: id.clone(), finding: number, unit, person, outcome };
        let mut outgoing = self.tell_of(by, &docket.object, (&name, &fact), to)?;
        docket.apply(&fact, now, &self.city.powers);
        let finding = docket.finding(&id, number);
        if let Some(violation) = finding.and_then(|finding| self.violation(by, finding)) {
            violation::check_new(tx, &docket.object, &violation, now)?;
            let fact = credit::Fact::Confirmed(violation);
            outgoing.push(self.for_credit(by, &docket.object, &fact)?);
        }
        Ok(decided(&fact, outgoing, wire::finding_out(&docket, &id, number).unwrap_or_default()))
    }

    /// What a proven finding is for credit; none where its kind does not count, or the unit has it
    /// from the office and not from the table of powers.
    fn violation(&self, by: &By, finding: &Finding) -> Option<credit::Violation> {
        let found = &finding.found;
        let code = self.city.credit.as_ref()?.code(&found.code).ok()?;
        let has_power = self.city.powers.has(&self.unit, &found.code, found.at);
        Some(credit::Violation {
            id: finding.decision().filter(|_| has_power)?,
            code: found.code.clone(),
            fact: found.fact.clone(),
            person: by.person.clone(),
            at: found.at,
            points: code.points,
        })
    }

    fn take_back(
        &self,
        tx: &Tx<'_>,
        by: &By,
        (id, number): (InspectionId, u32),
        reason: String,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut docket = known(tx, &id)?;
        check_revocation(&docket, (&id, number), &self.unit, &reason)?;
        let decision = docket.finding(&id, number).and_then(Finding::decision);
        let to = opener(&docket, &id);
        let (unit, person) = (self.unit.clone(), by.person.clone());
        let name = format!("inspection/{id}/{number}/revoke");
        let of = id.clone();
        let why = reason.clone();
        let fact = Fact::Revoked { id: of, finding: number, unit, person, reason };
        let mut outgoing = self.tell_of(by, &docket.object, (&name, &fact), to)?;
        if let Some(decision) = decision {
            let held = violation::held(tx, &docket.object, &decision.decision)?;
            if held.is_some_and(|held| held.revoked.is_none()) {
                let fact = credit::Fact::Revoked { id: decision, reason: why };
                outgoing.push(self.for_credit(by, &docket.object, &fact)?);
            }
        }
        docket.apply(&fact, now, &self.city.powers);
        Ok(decided(&fact, outgoing, wire::finding_out(&docket, &id, number).unwrap_or_default()))
    }

    fn seize(
        &self,
        tx: &Tx<'_>,
        by: &By,
        object: Option<ObjectId>,
        seized: Seized,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let mut docket = match (&seized.about, object) {
            (About::Inspection(id), _) => known(tx, id)?,
            (About::Case(case_id), Some(object)) => {
                check_case(tx, case_id)?;
                shelf::docket(tx, &object)?.unwrap_or_else(|| Docket::new(object))
            }
            (About::Case(_), None) => {
                let message = "object says who answers for the vehicle of a case";
                return Err(Rejection::invalid("OBJECT_MISSING", "object", message).into());
            }
        };
        let number = shelf::seizures(tx)?.saturating_add(1);
        let id = SeizureId { unit: self.unit.clone(), number };
        let seized = Seized { id: id.clone(), person: by.person.clone(), ..seized };
        check_seizure(&docket, &seized, now)?;
        let fact = Fact::Seized(seized);
        let name = format!("seizure/{id}/seize");
        let outgoing = self.tell_of(by, &docket.object, (&name, &fact), BTreeSet::new())?;
        docket.apply(&fact, now, &self.city.powers);
        Ok(decided(&fact, outgoing, shelf::seizure_out(&docket, &id)))
    }

    fn end(
        &self,
        tx: &Tx<'_>,
        by: &By,
        id: SeizureId,
        end: End,
        reason: String,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let object = shelf::object_of(tx, &id)?.filter(|_| id.unit == self.unit);
        let docket = object.map(|object| shelf::docket(tx, &object)).transpose()?.flatten();
        let mut docket = docket.ok_or_else(|| {
            let message = format!("this unit has no seizure {id}");
            Rejection::unknown("UNKNOWN_SEIZURE", "seizure", message)
        })?;
        check_ending(&docket, &id, &reason)?;
        let fact = Fact::Ended { id: id.clone(), end, person: by.person.clone(), reason };
        let name = format!("seizure/{id}/end");
        let outgoing = self.tell_of(by, &docket.object, (&name, &fact), BTreeSet::new())?;
        docket.apply(&fact, now, &self.city.powers);
        Ok(decided(&fact, outgoing, shelf::seizure_out(&docket, &id)))
    }

    /// One envelope for the record, and one for each of these, but not for this unit itself.
    fn tell_of(
        &self,
        by: &By,
        object: &ObjectId,
        (name, fact): (&str, &Fact),
        to: BTreeSet<Party>,
    ) -> Result<Vec<Outgoing>, Rejection> {
        let own = Party::unit(&self.unit);
        let others = to.into_iter().filter(|party| *party != own).map(Some);
        let write = |recipient: Option<Party>| {
            let to = recipient.as_ref().map(|party| format!("/{party}")).unwrap_or_default();
            let id: EnvelopeId = violation::short("inspection_id", format!("{name}{to}"))?;
            let outgoing = Outgoing::new(id, &subject(&self.city.id, object), wire::write(fact));
            Ok(by.signs(Outgoing { recipient, ..outgoing }))
        };
        [None].into_iter().chain(others).map(write).collect()
    }

    fn for_credit(
        &self,
        by: &By,
        object: &ObjectId,
        fact: &credit::Fact,
    ) -> Result<Outgoing, Rejection> {
        Ok(by.signs(self.credit_envelope(object, fact)?))
    }

    /// Who must name somebody for what is nobody's.
    fn office(&self) -> Party {
        Party { kind: Kind::Office, id: self.city.coordinator.to_string() }
    }
}

struct By {
    person: PersonId,
    traceparent: String,
}

impl By {
    fn signs(&self, outgoing: Outgoing) -> Outgoing {
        let (actor, traceparent) = (Some(self.person.clone()), Some(self.traceparent.clone()));
        Outgoing { actor, traceparent, ..outgoing }
    }

    /// What is said in an operation has its trace already.
    fn says(&self, outgoing: Outgoing) -> Outgoing {
        let traceparent = outgoing.traceparent.clone();
        let signed = self.signs(outgoing);
        Outgoing { traceparent: traceparent.or(signed.traceparent.clone()), ..signed }
    }
}

/// The name under which the trace of a stop is kept.
fn stop(id: &InspectionId) -> String {
    format!("stop/{id}")
}

fn decided(fact: &Fact, outgoing: Vec<Outgoing>, answer: impl prost::Message) -> Decision {
    let (kind, body) = wire::write(fact);
    Decision::change(&kind, body, outgoing, answer.encode_to_vec())
}

/// Who has opened a stop, and so hears what becomes of it.
fn opener(docket: &Docket, id: &InspectionId) -> BTreeSet<Party> {
    docket.inspections.get(id).map(|one| Party::unit(&one.opened.unit)).into_iter().collect()
}

/// What this unit knows of the object of a stop.
fn known(tx: &Tx<'_>, id: &InspectionId) -> Result<Docket, Refusal> {
    Ok(docket_of(tx, id)?.ok_or_else(|| {
        let message = format!("this unit has no part in an inspection {id}");
        Rejection::unknown("UNKNOWN_INSPECTION", "inspection_id", message)
    })?)
}

/// A vehicle is seized in a case in which the unit has a task.
fn check_case(tx: &Tx<'_>, case_id: &CaseId) -> Result<(), Refusal> {
    let tasks: Result<Vec<_>, view::Error> = super::of_case(tx, case_id);
    if tasks?.is_empty() {
        let message = format!("this unit has no task in the case {case_id}");
        return Err(Rejection::unknown("UNKNOWN_TASK", "case_id", message).into());
    }
    Ok(())
}

/// Whose finding it is to whom its evidence must come.
fn lead_of<'a>(finding: &'a Finding, own: &UnitId) -> Option<&'a UnitId> {
    finding.owner.as_ref().filter(|owner| *owner != own)
}
