//! The ladder between the domain and the wire.

use domain::{
    case::{Ladder, fact::Instruction},
    moment::Moment,
    rejection::Rejection,
};

use super::{decode, duty_out, pack, rung};
use crate::{case, convert};

pub(super) fn instruction_out(instruction: &Instruction) -> case::Instruction {
    case::Instruction { text: instruction.text.clone(), within_ms: instruction.within_ms }
}

pub(super) fn instruction_in(m: case::Instruction) -> Instruction {
    Instruction { text: m.text, within_ms: m.within_ms }
}

pub(super) fn write(ladder: &Ladder) -> (String, Vec<u8>) {
    match ladder {
        Ladder::Pressed { round, party, number, note, pressed_by } => pack(&case::PartyPressed {
            round: *round,
            party: party.to_string(),
            note: note.clone(),
            pressed_by: pressed_by.to_string(),
            number: *number,
        }),
        Ladder::Noticed { rung, contact } => pack(&case::FirstPersonNoticed {
            round: rung.round,
            party: rung.party.to_string(),
            duty: duty_out(rung.duty).into(),
            due_at_ms: rung.due.0,
            contact: contact.clone(),
        }),
        Ladder::RightOpened { round, unit, due } => pack(&case::DirectReportOpened {
            round: *round,
            unit: unit.to_string(),
            due_at_ms: due.0,
        }),
        Ladder::Reported {
            round,
            against,
            reason,
            evidence,
            reported_by,
            to,
            is_answered_before,
        } => pack(&case::ReportedToGovernment {
            round: *round,
            against: convert::texts(against),
            reason: reason.clone(),
            evidence: convert::evidence_out(evidence),
            reported_by: reported_by.to_string(),
            to: to.to_string(),
            is_answered_before: *is_answered_before,
        }),
        Ladder::Withdrawn { round, reason, withdrawn_by } => pack(&case::CaseWithdrawn {
            round: *round,
            reason: reason.clone(),
            withdrawn_by: withdrawn_by.to_string(),
        }),
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
                number: m.number,
                note: m.note,
                pressed_by: convert::party("pressed_by", &m.pressed_by)?,
            }
        }
        "FirstPersonNoticed" => {
            let m: case::FirstPersonNoticed = decode(body)?;
            let rung = rung(m.round, &m.party, m.duty, m.due_at_ms)?;
            Ladder::Noticed { rung, contact: m.contact }
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
                to: convert::party("to", &m.to)?,
                is_answered_before: m.is_answered_before,
            }
        }
        "CaseWithdrawn" => {
            let m: case::CaseWithdrawn = decode(body)?;
            let withdrawn_by = convert::party("withdrawn_by", &m.withdrawn_by)?;
            Ladder::Withdrawn { round: m.round, reason: m.reason, withdrawn_by }
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
