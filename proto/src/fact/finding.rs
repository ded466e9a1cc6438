//! Consultations and findings between the domain and the wire.

use domain::{
    case::{Complaint, Finding, ground::Ground},
    moment::Moment,
    rejection::Rejection,
};

use super::{decode, duty_in, duty_out, pack};
use crate::{
    case::{self, account_ground::Ground as Wire},
    convert,
};

/// More than a case has rounds and duties.
const GROUNDS_MAX: usize = 1_000;

pub(super) fn write(finding: &Finding) -> (String, Vec<u8>) {
    match finding {
        Finding::Consulted { round, units, reason } => pack(&case::UnitsConsulted {
            round: *round,
            units: convert::texts(units),
            reason: reason.clone(),
        }),
        Finding::Found { round, is_upheld, text, evidence, found_by } => {
            pack(&case::ComplaintFound {
                round: *round,
                is_upheld: *is_upheld,
                text: text.clone(),
                evidence: convert::evidence_out(evidence),
                found_by: found_by.to_string(),
            })
        }
        Finding::Accounted { round, unit, grounds } => pack(&case::AccountOpened {
            round: *round,
            unit: unit.to_string(),
            grounds: grounds_out(grounds),
        }),
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Finding>, Rejection> {
    Ok(Some(match name {
        "UnitsConsulted" => {
            let m: case::UnitsConsulted = decode(body)?;
            let units = convert::ids("units", m.units)?;
            Finding::Consulted { round: m.round, units, reason: m.reason }
        }
        "ComplaintFound" => {
            let m: case::ComplaintFound = decode(body)?;
            Finding::Found {
                round: m.round,
                is_upheld: m.is_upheld,
                text: m.text,
                evidence: convert::evidence("evidence", m.evidence)?,
                found_by: convert::party("found_by", &m.found_by)?,
            }
        }
        "AccountOpened" => {
            let m: case::AccountOpened = decode(body)?;
            let unit = convert::id("unit", m.unit)?;
            Finding::Accounted { round: m.round, unit, grounds: grounds_in(m.grounds)? }
        }
        _ => return Ok(None),
    }))
}

/// Writes grounds.
pub fn grounds_out(grounds: &[Ground]) -> Vec<case::AccountGround> {
    let write = |ground: &Ground| {
        let ground = match ground {
            Ground::Late { round, duty, due, urged_at } => Wire::Late(case::LateGround {
                round: *round,
                duty: duty_out(*duty).into(),
                due_at_ms: due.0,
                urged_at_ms: urged_at.0,
            }),
            Ground::Reworked { times } => Wire::Reworked(case::ReworkedGround { times: *times }),
            Ground::Reported { reported_at } => {
                Wire::Reported(case::ReportedGround { reported_at_ms: reported_at.0 })
            }
            Ground::Evaded { times } => Wire::Evaded(case::EvadedGround { times: *times }),
            Ground::Upheld { found_at } => {
                Wire::Upheld(case::UpheldGround { found_at_ms: found_at.0 })
            }
        };
        case::AccountGround { ground: Some(ground) }
    };
    grounds.iter().map(write).collect()
}

/// Reads grounds, at most 1,000.
pub fn grounds_in(grounds: Vec<case::AccountGround>) -> Result<Vec<Ground>, Rejection> {
    if grounds.len() > GROUNDS_MAX {
        let message = format!("at most {GROUNDS_MAX} grounds, these are {}", grounds.len());
        return Err(Rejection::invalid("TOO_MANY", "grounds", message));
    }
    grounds.into_iter().map(ground_in).collect()
}

fn ground_in(ground: case::AccountGround) -> Result<Ground, Rejection> {
    match ground.ground {
        Some(Wire::Late(m)) => Ok(Ground::Late {
            round: m.round,
            duty: duty_in(m.duty)?,
            due: Moment(m.due_at_ms),
            urged_at: Moment(m.urged_at_ms),
        }),
        Some(Wire::Reworked(m)) => Ok(Ground::Reworked { times: m.times }),
        Some(Wire::Reported(m)) => Ok(Ground::Reported { reported_at: Moment(m.reported_at_ms) }),
        Some(Wire::Evaded(m)) => Ok(Ground::Evaded { times: m.times }),
        Some(Wire::Upheld(m)) => Ok(Ground::Upheld { found_at: Moment(m.found_at_ms) }),
        None => Err(Rejection::invalid("MALFORMED_BODY", "grounds", "a ground that says nothing")),
    }
}

/// Writes what a complaint is about.
pub fn complaint_out(complaint: &Complaint) -> case::Complaint {
    let case_id = complaint.case_id.as_ref().map(ToString::to_string).unwrap_or_default();
    case::Complaint { about: complaint.about.to_string(), case_id }
}

/// Reads what a complaint is about.
pub fn complaint_in(m: case::Complaint) -> Result<Complaint, Rejection> {
    let case_id = convert::optional("complaint.case_id", m.case_id)?;
    Ok(Complaint { about: convert::id("complaint.about", m.about)?, case_id })
}
