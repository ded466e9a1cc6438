//! What is said of an object that was stopped, between the domain and the bodies of envelopes, and
//! how it is shown. See [`crate::fact`].

mod show;

use domain::{
    credit::ViolationId,
    id::{DecisionId, InspectionId, PersonId, UnitId},
    inspection::{About, End, FINDINGS_MAX, Fact, Found, Opened, Outcome, Seized, SeizureId},
    moment::Moment,
    rejection::Rejection,
};
use prost::{Message, Name};

pub use self::show::{finding_out, flags_out, inspection_out, seizure_out};
use crate::{convert, inspection_wire as wire};

/// The most penalties that one choice sets aside.
const ASIDE_MAX: usize = 1_000;

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.inspection.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    InspectionOpened,
    FindingAssigned,
    FindingSettled,
    FindingRevoked,
    PenaltyChosen,
    VehicleSeized,
    SeizureEnded,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Opened(opened) => pack(&opened_out(opened)),
        Fact::Assigned { opened, finding, unit, person, reason } => pack(&wire::FindingAssigned {
            opened: Some(opened_out(opened)),
            finding: *finding,
            unit: unit.to_string(),
            person: person.to_string(),
            reason: reason.clone(),
        }),
        Fact::Settled { id, finding, unit, person, outcome } => pack(&wire::FindingSettled {
            inspection_id: id.to_string(),
            finding: *finding,
            unit: unit.to_string(),
            person: person.to_string(),
            outcome: Some(outcome_out(outcome)),
        }),
        Fact::Revoked { id, finding, unit, person, reason } => pack(&wire::FindingRevoked {
            inspection_id: id.to_string(),
            finding: *finding,
            unit: unit.to_string(),
            person: person.to_string(),
            reason: reason.clone(),
        }),
        Fact::Chosen { fact, stands, aside, person, reason } => pack(&wire::PenaltyChosen {
            fact: fact.to_string(),
            stands: Some(decision_out(stands)),
            aside: aside.iter().map(decision_out).collect(),
            person: person.to_string(),
            reason: reason.clone(),
        }),
        Fact::Seized(seized) => pack(&seized_out(seized)),
        Fact::Ended { id, end, person, reason } => pack(&wire::SeizureEnded {
            seizure: id.to_string(),
            end: end_out(*end).into(),
            person: person.to_string(),
            reason: reason.clone(),
        }),
    }
}

/// Reads a body by its name; none when it is nothing of a stop.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.inspection.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "InspectionOpened" => Fact::Opened(opened_in(decode(body)?)?),
        "FindingAssigned" => {
            let m: wire::FindingAssigned = decode(body)?;
            let opened = opened_in(m.opened.ok_or_else(|| missing("opened"))?)?;
            let (unit, person) = by(m.unit, m.person)?;
            Fact::Assigned { opened, finding: m.finding, unit, person, reason: m.reason }
        }
        "FindingSettled" => {
            let m: wire::FindingSettled = decode(body)?;
            let (id, (unit, person)) = (inspection_id(m.inspection_id)?, by(m.unit, m.person)?);
            let outcome = outcome_in(m.outcome)?;
            Fact::Settled { id, finding: m.finding, unit, person, outcome }
        }
        "FindingRevoked" => {
            let m: wire::FindingRevoked = decode(body)?;
            let (id, (unit, person)) = (inspection_id(m.inspection_id)?, by(m.unit, m.person)?);
            Fact::Revoked { id, finding: m.finding, unit, person, reason: m.reason }
        }
        "PenaltyChosen" => chosen_in(decode(body)?)?,
        "VehicleSeized" => Fact::Seized(seized_in(decode(body)?)?),
        "SeizureEnded" => {
            let m: wire::SeizureEnded = decode(body)?;
            let person = convert::id("person", m.person)?;
            let (id, end) = (seizure_id(&m.seizure)?, end_in(m.end)?);
            Fact::Ended { id, end, person, reason: m.reason }
        }
        _ => return Ok(None),
    }))
}

fn opened_out(opened: &Opened) -> wire::InspectionOpened {
    wire::InspectionOpened {
        inspection_id: opened.id.to_string(),
        unit: opened.unit.to_string(),
        person: opened.person.to_string(),
        vehicle: opened.vehicle.as_ref().map(ToString::to_string).unwrap_or_default(),
        place: opened.place.clone(),
        at_ms: opened.at.0,
        operation_id: opened.operation.as_ref().map(ToString::to_string).unwrap_or_default(),
        findings: opened.findings.iter().map(found_out).collect(),
    }
}

fn opened_in(m: wire::InspectionOpened) -> Result<Opened, Rejection> {
    let (unit, person) = by(m.unit, m.person)?;
    Ok(Opened {
        id: inspection_id(m.inspection_id)?,
        unit,
        person,
        vehicle: convert::optional("vehicle", m.vehicle)?,
        place: m.place,
        at: Moment(m.at_ms),
        operation: convert::optional("operation_id", m.operation_id)?,
        findings: findings_in(m.findings)?,
    })
}

fn found_out(found: &Found) -> wire::Found {
    wire::Found {
        code: found.code.to_string(),
        fact: found.fact.to_string(),
        at_ms: found.at.0,
        text: found.text.clone(),
        evidence: convert::evidence_out(&found.evidence),
    }
}

/// Reads what was found.
pub fn findings_in(findings: Vec<wire::Found>) -> Result<Vec<Found>, Rejection> {
    let count = findings.len();
    if count > FINDINGS_MAX {
        let message = format!("findings names at most {FINDINGS_MAX}, not {count}");
        return Err(Rejection::invalid("FINDINGS_MISSING", "findings", message));
    }
    let read = |m: wire::Found| {
        Ok(Found {
            code: convert::id("findings.code", m.code)?,
            fact: convert::id("findings.fact", m.fact)?,
            at: Moment(m.at_ms),
            text: m.text,
            evidence: convert::evidence("findings.evidence", m.evidence)?,
        })
    };
    findings.into_iter().map(read).collect()
}

fn outcome_out(outcome: &Outcome) -> wire::Outcome {
    use wire::outcome::Outcome as Out;
    let outcome = match outcome.clone() {
        Outcome::Penalty { decision, kind, fen } => {
            Out::Penalty(wire::Penalty { decision: decision.to_string(), kind, fen })
        }
        Outcome::Warning { decision } => {
            Out::Warning(wire::Warning { decision: decision.to_string() })
        }
        Outcome::NotProven { reason } => Out::NotProven(wire::NotProven { reason }),
    };
    wire::Outcome { outcome: Some(outcome) }
}

/// Reads how a finding is settled.
pub fn outcome_in(outcome: Option<wire::Outcome>) -> Result<Outcome, Rejection> {
    use wire::outcome::Outcome as In;
    Ok(match outcome.and_then(|outcome| outcome.outcome).ok_or_else(|| missing("outcome"))? {
        In::Penalty(wire::Penalty { decision, kind, fen }) => {
            Outcome::Penalty { decision: number(decision)?, kind, fen }
        }
        In::Warning(wire::Warning { decision }) => Outcome::Warning { decision: number(decision)? },
        In::NotProven(wire::NotProven { reason }) => Outcome::NotProven { reason },
    })
}

/// The number of a decision; it stands between slashes in ids.
fn number(decision: String) -> Result<DecisionId, Rejection> {
    if decision.contains('/') {
        let message =
            "the number of a decision has no slash; right would be: letters, digits and ._:-";
        return Err(Rejection::invalid("MALFORMED_ID", "outcome.decision", message));
    }
    convert::id("outcome.decision", decision)
}

fn decision_out(id: &ViolationId) -> wire::DecisionRef {
    wire::DecisionRef { unit: id.unit.to_string(), decision: id.decision.to_string() }
}

/// Reads a decision of a unit.
pub fn decision_in(
    field: &str,
    decision: Option<wire::DecisionRef>,
) -> Result<ViolationId, Rejection> {
    let wire::DecisionRef { unit, decision } = decision.ok_or_else(|| missing(field))?;
    let (unit, decision) = (convert::id(field, unit)?, convert::id(field, decision)?);
    Ok(ViolationId { unit, decision })
}

fn chosen_in(m: wire::PenaltyChosen) -> Result<Fact, Rejection> {
    if m.aside.len() > ASIDE_MAX {
        let message = format!("aside names at most {ASIDE_MAX}, not {}", m.aside.len());
        return Err(Rejection::invalid("TOO_MANY", "aside", message));
    }
    let aside: Result<_, _> =
        m.aside.into_iter().map(|id| decision_in("aside", Some(id))).collect();
    Ok(Fact::Chosen {
        fact: convert::id("fact", m.fact)?,
        stands: decision_in("stands", m.stands)?,
        aside: aside?,
        person: convert::id("person", m.person)?,
        reason: m.reason,
    })
}

fn seized_out(seized: &Seized) -> wire::VehicleSeized {
    use wire::vehicle_seized::About as Out;
    wire::VehicleSeized {
        seizure: seized.id.to_string(),
        person: seized.person.to_string(),
        vehicle: seized.vehicle.to_string(),
        kind: seized.kind.clone(),
        place: seized.place.clone(),
        at_ms: seized.at.0,
        reason: seized.reason.clone(),
        about: Some(match &seized.about {
            About::Inspection(id) => Out::InspectionId(id.to_string()),
            About::Case(id) => Out::CaseId(id.to_string()),
        }),
    }
}

fn seized_in(m: wire::VehicleSeized) -> Result<Seized, Rejection> {
    use wire::vehicle_seized::About as In;
    Ok(Seized {
        id: seizure_id(&m.seizure)?,
        person: convert::id("person", m.person)?,
        vehicle: convert::id("vehicle", m.vehicle)?,
        kind: m.kind,
        place: m.place,
        at: Moment(m.at_ms),
        reason: m.reason,
        about: match m.about.ok_or_else(|| missing("about"))? {
            In::InspectionId(id) => About::Inspection(inspection_id(id)?),
            In::CaseId(id) => About::Case(convert::id("case_id", id)?),
        },
    })
}

fn end_out(end: End) -> wire::SeizureEnd {
    match end {
        End::Released => wire::SeizureEnd::Released,
        End::Disposed => wire::SeizureEnd::Disposed,
    }
}

/// Reads what becomes of a seized vehicle.
pub fn end_in(end: i32) -> Result<End, Rejection> {
    match wire::SeizureEnd::try_from(end) {
        Ok(wire::SeizureEnd::Released) => Ok(End::Released),
        Ok(wire::SeizureEnd::Disposed) => Ok(End::Disposed),
        _ => {
            let message = "end says what becomes of it; right would be: RELEASED or DISPOSED";
            Err(Rejection::invalid("END_MISSING", "end", message))
        }
    }
}

/// Reads the number of a stop.
pub fn inspection_id(text: String) -> Result<InspectionId, Rejection> {
    convert::id("inspection_id", text)
}

/// Reads the number of a seizure.
pub fn seizure_id(text: &str) -> Result<SeizureId, Rejection> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(200).collect();
        let message = format!("{shown:?} is no seizure; right would be: <unit>/<number>");
        Rejection::invalid("MALFORMED_ID", "seizure", message)
    })
}

fn by(unit: String, person: String) -> Result<(UnitId, PersonId), Rejection> {
    Ok((convert::id("unit", unit)?, convert::id("person", person)?))
}

fn missing(field: &str) -> Rejection {
    Rejection::invalid("MALFORMED_BODY", field, format!("{field} is missing"))
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Opened {
        let found = Found {
            code: "mud".parse().unwrap(),
            fact: "f-1".parse().unwrap(),
            at: Moment(7),
            text: "seen".into(),
            evidence: Vec::new(),
        };
        Opened {
            id: "i-1".parse().unwrap(),
            unit: "enforcement".parse().unwrap(),
            person: "p-1".parse().unwrap(),
            vehicle: Some("v-1".parse().unwrap()),
            place: "gate".into(),
            at: Moment(8),
            operation: Some("op-1".parse().unwrap()),
            findings: vec![found],
        }
    }

    fn facts() -> Vec<Fact> {
        let (unit, person) = (|| "police".parse().unwrap(), || "p-2".parse().unwrap());
        let (id, reason) = (|| "i-1".parse().unwrap(), || String::from("why"));
        let number = || "d-1".parse().unwrap();
        let settled = |outcome| Fact::Settled {
            id: id(),
            finding: 1,
            unit: unit(),
            person: person(),
            outcome,
        };
        let decision = || ViolationId { unit: unit(), decision: number() };
        let seizure = || SeizureId { unit: unit(), number: 3 };
        let seized = |about| Seized {
            id: seizure(),
            person: person(),
            vehicle: "v-1".parse().unwrap(),
            kind: "三轮车".into(),
            place: "yard".into(),
            at: Moment(9),
            reason: reason(),
            about,
        };
        let ended = |end| Fact::Ended { id: seizure(), end, person: person(), reason: reason() };
        let opened = opened;
        vec![
            Fact::Opened(opened()),
            Fact::Opened(Opened { vehicle: None, operation: None, ..opened() }),
            Fact::Assigned {
                opened: opened(),
                finding: 1,
                unit: unit(),
                person: person(),
                reason: reason(),
            },
            settled(Outcome::Penalty { decision: number(), kind: "fine".into(), fen: 20_000 }),
            settled(Outcome::Warning { decision: number() }),
            settled(Outcome::NotProven { reason: reason() }),
            Fact::Revoked {
                id: id(),
                finding: 1,
                unit: unit(),
                person: person(),
                reason: reason(),
            },
            Fact::Chosen {
                fact: "f-1".parse().unwrap(),
                stands: decision(),
                aside: vec![decision()],
                person: person(),
                reason: reason(),
            },
            Fact::Seized(seized(About::Inspection(id()))),
            Fact::Seized(seized(About::Case("20261122-7QK3M9ZT".parse().unwrap()))),
            ended(End::Released),
            ended(End::Disposed),
        ]
    }

    #[test]
    fn every_fact_of_a_stop_goes_there_and_back() {
        for fact in facts() {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
        }
    }

    #[test]
    fn what_is_nothing_of_a_stop_is_passed_over_or_refused_by_name() {
        assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
        assert_eq!(read("muster.inspection.v1.Nothing", b"").unwrap(), None);
        for fact in facts() {
            let (kind, _) = write(&fact);
            assert!(read(&kind, b"").is_err(), "{kind}: an empty one says nothing");
            assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
        }
        let many = vec![found_out(&opened().findings[0]); 31];
        assert_eq!(findings_in(many).unwrap_err().field, "findings");
        let slash = wire::Warning { decision: "a/b".into() };
        let outcome = wire::Outcome { outcome: Some(wire::outcome::Outcome::Warning(slash)) };
        assert_eq!(outcome_in(Some(outcome)).unwrap_err().field, "outcome.decision");
        assert_eq!(seizure_id("police").unwrap_err().field, "seizure");
    }
}
