//! What is refused: a stop that says nothing, a decision of a unit without the power, a second word
//! where one is final. What is taken here the fold takes too, unless another came before it.

use super::{
    Docket, FEN_MAX, FINDINGS_MAX, Finding, INSPECTIONS_MAX, Opened, Outcome, Seized, SeizureId,
    Standing, TEXT_MAX,
};
use crate::{
    credit::ViolationId,
    id::{FactKey, InspectionId, UnitId},
    moment::Moment,
    pack::City,
    rejection::Rejection,
};

/// The most seizures in the register of one unit about one object.
pub const SEIZURES_MAX: usize = 200;
/// How far the clocks of two offices may be apart.
const AHEAD_MS: i64 = 300_000;

/// Checks a stop that is to be opened, by what the desk knows of the object.
pub fn check_opening(docket: &Docket, opened: &Opened, now: Moment) -> Result<(), Rejection> {
    text("PLACE_MISSING", "place", &opened.place)?;
    happened("at_ms", opened.at, now)?;
    let count = opened.findings.len();
    if !(1..=FINDINGS_MAX).contains(&count) {
        let message = format!("findings says what was found, 1 to {FINDINGS_MAX}, not {count}");
        return Err(Rejection::invalid("FINDINGS_MISSING", "findings", message));
    }
    for found in &opened.findings {
        text("TEXT_MISSING", "findings.text", &found.text)?;
        happened("findings.at_ms", found.at, now)?;
    }
    let own = docket.inspections.values().filter(|one| one.opened.unit == opened.unit).count();
    if own >= INSPECTIONS_MAX {
        let message = format!("one unit opens at most {INSPECTIONS_MAX} stops of one object");
        return Err(Rejection::exhausted("TOO_MANY_INSPECTIONS", message).at("object"));
    }
    Ok(())
}

/// Checks how a unit settles a finding.
pub fn check_settlement(
    docket: &Docket,
    (id, number): (&InspectionId, u32),
    unit: &UnitId,
    outcome: &Outcome,
) -> Result<(), Rejection> {
    check_owner(docket, (id, number), unit)?;
    if docket.standing(id, number) != Some(Standing::Pending) {
        let message = format!("finding {number} of {id} is settled already");
        return Err(Rejection::conflict("ALREADY_SETTLED", message).at("finding"));
    }
    match outcome {
        Outcome::NotProven { reason } => text("REASON_MISSING", "reason", reason)?,
        Outcome::Warning { .. } => {}
        Outcome::Penalty { kind, fen, .. } => {
            text("PENALTY_MISSING", "penalty_kind", kind)?;
            if *fen > FEN_MAX {
                let message = format!("{fen} fen is too much; right would be: at most {FEN_MAX}");
                return Err(Rejection::invalid("TOO_MUCH", "fen", message));
            }
        }
    }
    let decision = outcome.decision().filter(|decision| docket.has_decision(unit, decision));
    if let Some(decision) = decision {
        let message = format!("{unit} has decided {decision} about {} already", docket.object);
        return Err(Rejection::conflict("ALREADY_CONFIRMED", message).at("decision"));
    }
    Ok(())
}

/// Checks that a unit takes back what it has settled.
pub fn check_revocation(
    docket: &Docket,
    (id, number): (&InspectionId, u32),
    unit: &UnitId,
    reason: &str,
) -> Result<(), Rejection> {
    check_owner(docket, (id, number), unit)?;
    text("REASON_MISSING", "reason", reason)?;
    match docket.standing(id, number) {
        Some(Standing::Pending) => {
            let message = format!("finding {number} of {id} is not settled");
            Err(Rejection::conflict("NOT_SETTLED", message).at("finding"))
        }
        Some(Standing::Revoked) => {
            let message = format!("what was said of finding {number} of {id} is revoked already");
            Err(Rejection::conflict("ALREADY_REVOKED", message).at("finding"))
        }
        _ => Ok(()),
    }
}

fn check_owner(
    docket: &Docket,
    (id, number): (&InspectionId, u32),
    unit: &UnitId,
) -> Result<(), Rejection> {
    let found = finding(docket, id, number)?;
    match &found.owner {
        Some(owner) if owner == unit => Ok(()),
        owner => {
            let right = owner.as_ref().map_or("a unit that the office names", UnitId::as_str);
            let code = &found.found.code;
            let message =
                format!("{unit} has no power to decide about {code}; right would be: {right}");
            Err(Rejection::forbidden("NOT_ITS_POWER", message).at("finding"))
        }
    }
}

/// A finding that there is.
fn finding<'a>(
    docket: &'a Docket,
    id: &InspectionId,
    number: u32,
) -> Result<&'a Finding, Rejection> {
    docket.finding(id, number).ok_or_else(|| {
        let message = format!("there is no finding {number} of an inspection {id} here");
        Rejection::unknown("UNKNOWN_FINDING", "finding", message)
    })
}

/// Checks that the office names a unit for a finding that is nobody's.
pub fn check_assignment(
    docket: &Docket,
    (id, number): (&InspectionId, u32),
    city: &City,
    unit: &UnitId,
    reason: &str,
) -> Result<(), Rejection> {
    text("REASON_MISSING", "reason", reason)?;
    if let Some(owner) = &finding(docket, id, number)?.owner {
        let message = format!("finding {number} of {id} is {owner}'s");
        return Err(Rejection::conflict("HAS_AN_OWNER", message).at("finding"));
    }
    if city.reached(unit).is_none() {
        let message = format!("{unit} is no unit of {} that has a service", city.id);
        return Err(Rejection::invalid("UNKNOWN_UNIT", "unit", message));
    }
    Ok(())
}

/// Checks which of several penalties for a fact is to stand; gives those that do not.
pub fn check_choice(
    docket: &Docket,
    fact: &FactKey,
    stands: &ViolationId,
    reason: &str,
) -> Result<Vec<ViolationId>, Rejection> {
    text("REASON_MISSING", "reason", reason)?;
    let penalties = docket.penalties(fact);
    let mut ids: Vec<_> = penalties.iter().filter_map(|(_, _, one)| one.decision()).collect();
    if ids.len() < 2 {
        let message = format!("there are no two penalties for {fact} of {}", docket.object);
        return Err(Rejection::conflict("NOT_A_DOUBLE", message).at("fact"));
    }
    let Some(place) = ids.iter().position(|id| id == stands) else {
        let right: Vec<String> = ids.iter().map(ViolationId::to_string).collect();
        let message = format!("{stands} is none of them; right would be: {}", right.join(" or "));
        return Err(Rejection::invalid("UNKNOWN_DECISION", "stands", message));
    };
    ids.remove(place);
    Ok(ids)
}

/// Checks a seizure, by what the desk knows of the object.
pub fn check_seizure(docket: &Docket, seized: &Seized, now: Moment) -> Result<(), Rejection> {
    text("KIND_MISSING", "kind", &seized.kind)?;
    text("PLACE_MISSING", "place", &seized.place)?;
    text("REASON_MISSING", "reason", &seized.reason)?;
    happened("at_ms", seized.at, now)?;
    let is_same =
        |one: &&super::Seizure| one.seized.vehicle == seized.vehicle && one.ended.is_none();
    if let Some(held) = docket.seizures.values().find(is_same) {
        let message = format!("{} is seized already, as {}", seized.vehicle, held.seized.id);
        return Err(Rejection::conflict("ALREADY_SEIZED", message).at("vehicle"));
    }
    if docket.seizures.len() >= SEIZURES_MAX {
        let message = format!("one unit seizes at most {SEIZURES_MAX} vehicles of one object");
        return Err(Rejection::exhausted("TOO_MANY_SEIZURES", message).at("object"));
    }
    Ok(())
}

/// Checks what becomes of a seized vehicle.
pub fn check_ending(docket: &Docket, id: &SeizureId, reason: &str) -> Result<(), Rejection> {
    text("REASON_MISSING", "reason", reason)?;
    match docket.seizures.get(id) {
        None => {
            let message = format!("there is no seizure {id} of {}", docket.object);
            Err(Rejection::unknown("UNKNOWN_SEIZURE", "seizure", message))
        }
        Some(seizure) if seizure.ended.is_some() => {
            let message = format!("the seizure {id} is over already");
            Err(Rejection::conflict("ALREADY_ENDED", message).at("seizure"))
        }
        Some(_) => Ok(()),
    }
}

fn happened(field: &str, at: Moment, now: Moment) -> Result<(), Rejection> {
    if at.0 <= 0 {
        let message = format!("{field} says when it happened, in Unix milliseconds");
        return Err(Rejection::invalid("MOMENT_MISSING", field, message));
    }
    if at.0 > now.0.saturating_add(AHEAD_MS) {
        let message = "it is said when it has happened, and not before";
        return Err(Rejection::invalid("HAPPENS_LATER", field, message));
    }
    Ok(())
}

fn text(reason: &str, field: &str, text: &str) -> Result<(), Rejection> {
    let length = text.trim().chars().count();
    if (1..=TEXT_MAX).contains(&length) {
        return Ok(());
    }
    let reason = if length == 0 { reason } else { "TEXT_TOO_LONG" };
    let message = format!("{field} has 1 to {TEXT_MAX} characters, not {length}");
    Err(Rejection::invalid(reason, field, message))
}
