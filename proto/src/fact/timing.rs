//! Decisions about clocks between the domain and the wire.

use domain::{case::Timing, rejection::Rejection};

use super::{decode, duty_in, duty_out, pack};
use crate::{case, convert};

pub(super) fn write(timing: &Timing) -> (String, Vec<u8>) {
    match timing {
        Timing::Held { round, unit, reason, decided_by } => pack(&case::ClockHeld {
            round: *round,
            unit: unit.to_string(),
            reason: reason.clone(),
            decided_by: decided_by.to_string(),
        }),
        Timing::Resumed { round, unit, decided_by } => pack(&case::ClockResumed {
            round: *round,
            unit: unit.to_string(),
            decided_by: decided_by.to_string(),
        }),
        Timing::Extended { round, unit, duty, by_ms, reason, decided_by } => {
            pack(&case::LimitExtended {
                round: *round,
                unit: unit.to_string(),
                duty: duty_out(*duty).into(),
                by_ms: *by_ms,
                reason: reason.clone(),
                decided_by: decided_by.to_string(),
            })
        }
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Timing>, Rejection> {
    let by = |text: &str| convert::party("decided_by", text);
    Ok(Some(match name {
        "ClockHeld" => {
            let m: case::ClockHeld = decode(body)?;
            let (unit, decided_by) = (convert::id("unit", m.unit)?, by(&m.decided_by)?);
            Timing::Held { round: m.round, unit, reason: m.reason, decided_by }
        }
        "ClockResumed" => {
            let m: case::ClockResumed = decode(body)?;
            let (unit, decided_by) = (convert::id("unit", m.unit)?, by(&m.decided_by)?);
            Timing::Resumed { round: m.round, unit, decided_by }
        }
        "LimitExtended" => {
            let m: case::LimitExtended = decode(body)?;
            Timing::Extended {
                round: m.round,
                unit: convert::id("unit", m.unit)?,
                duty: duty_in(m.duty)?,
                by_ms: m.by_ms,
                reason: m.reason,
                decided_by: by(&m.decided_by)?,
            }
        }
        _ => return Ok(None),
    }))
}
