//! The ladder between the domain and the wire.

use domain::{case::Ladder, moment::Moment, rejection::Rejection};

use super::{decode, duty_out, pack, rung};
use crate::{case, convert};

pub(super) fn write(ladder: &Ladder) -> (String, Vec<u8>) {
    match ladder {
        Ladder::Pressed { round, party, note, pressed_by } => pack(&case::PartyPressed {
            round: *round,
            party: party.to_string(),
            note: note.clone(),
            pressed_by: pressed_by.to_string(),
        }),
        Ladder::Noticed(rung) => pack(&case::FirstPersonNoticed {
            round: rung.round,
            party: rung.party.to_string(),
            duty: duty_out(rung.duty).into(),
            due_at_ms: rung.due.0,
        }),
        Ladder::RightOpened { round, unit, due } => pack(&case::DirectReportOpened {
            round: *round,
            unit: unit.to_string(),
            due_at_ms: due.0,
        }),
        Ladder::Reported { round, against, reason, evidence, reported_by } => {
            pack(&case::ReportedToGovernment {
                round: *round,
                against: convert::texts(against),
                reason: reason.clone(),
                evidence: convert::evidence_out(evidence),
                reported_by: reported_by.to_string(),
            })
        }
        Ladder::Instructed { round, lead, cooperating, within_ms, text, instructed_by } => {
            pack(&case::GovernmentInstructed {
                round: *round,
                lead: lead.to_string(),
                cooperating: convert::texts(cooperating),
                within_ms: *within_ms,
                text: text.clone(),
                instructed_by: instructed_by.to_string(),
            })
        }
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Ladder>, Rejection> {
    Ok(Some(match name {
        "PartyPressed" => {
            let m: case::PartyPressed = decode(body)?;
            Ladder::Pressed {
                round: m.round,
                party: convert::party("party", &m.party)?,
                note: m.note,
                pressed_by: convert::party("pressed_by", &m.pressed_by)?,
            }
        }
        "FirstPersonNoticed" => {
            let m: case::FirstPersonNoticed = decode(body)?;
            Ladder::Noticed(rung(m.round, &m.party, m.duty, m.due_at_ms)?)
        }
        "DirectReportOpened" => {
            let m: case::DirectReportOpened = decode(body)?;
            let unit = convert::id("unit", m.unit)?;
            Ladder::RightOpened { round: m.round, unit, due: Moment(m.due_at_ms) }
        }
        "ReportedToGovernment" => {
            let m: case::ReportedToGovernment = decode(body)?;
            Ladder::Reported {
                round: m.round,
                against: convert::ids("against", m.against)?,
                reason: m.reason,
                evidence: convert::evidence("evidence", m.evidence)?,
                reported_by: convert::party("reported_by", &m.reported_by)?,
            }
        }
        "GovernmentInstructed" => {
            let m: case::GovernmentInstructed = decode(body)?;
            Ladder::Instructed {
                round: m.round,
                lead: convert::id("lead", m.lead)?,
                cooperating: convert::ids("cooperating", m.cooperating)?,
                within_ms: m.within_ms,
                text: m.text,
                instructed_by: convert::party("instructed_by", &m.instructed_by)?,
            }
        }
        _ => return Ok(None),
    }))
}
