//! Consultations and findings between the domain and the wire.

use domain::{case::Finding, rejection::Rejection};

use super::{decode, pack};
use crate::{case, convert};

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
        _ => return Ok(None),
    }))
}
