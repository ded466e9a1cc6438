//! What is said on the ground between the domain and the wire.

use domain::{
    case::{Level, Local, TeamMember},
    rejection::Rejection,
};

use super::{decode, pack};
use crate::{case, convert};

pub(super) fn write(local: &Local) -> (String, Vec<u8>) {
    match local {
        Local::Lifted { to, upper, reason, lifted_by } => pack(&case::CaseLifted {
            to: level_out(*to).into(),
            upper: upper.to_string(),
            reason: reason.clone(),
            lifted_by: lifted_by.to_string(),
        }),
        Local::Teamed { members, note, formed_by } => pack(&case::TeamFormed {
            members: members_out(members),
            note: note.clone(),
            formed_by: formed_by.to_string(),
        }),
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Local>, Rejection> {
    Ok(Some(match name {
        "CaseLifted" => {
            let m: case::CaseLifted = decode(body)?;
            Local::Lifted {
                to: level_in(m.to)?,
                upper: convert::party("upper", &m.upper)?,
                reason: m.reason,
                lifted_by: convert::party("lifted_by", &m.lifted_by)?,
            }
        }
        "TeamFormed" => {
            let m: case::TeamFormed = decode(body)?;
            Local::Teamed {
                members: members_in(m.members)?,
                note: m.note,
                formed_by: convert::party("formed_by", &m.formed_by)?,
            }
        }
        _ => return Ok(None),
    }))
}

/// Writes a level of the patrol.
pub fn level_out(level: Level) -> case::PatrolLevel {
    match level {
        Level::Community => case::PatrolLevel::Community,
        Level::Subdistrict => case::PatrolLevel::Subdistrict,
        Level::City => case::PatrolLevel::City,
    }
}

fn level_in(level: i32) -> Result<Level, Rejection> {
    match case::PatrolLevel::try_from(level) {
        Ok(case::PatrolLevel::Community) => Ok(Level::Community),
        Ok(case::PatrolLevel::Subdistrict) => Ok(Level::Subdistrict),
        Ok(case::PatrolLevel::City) => Ok(Level::City),
        Ok(case::PatrolLevel::Unspecified) | Err(_) => {
            Err(Rejection::invalid("MALFORMED_LEVEL", "to", format!("there is no level {level}")))
        }
    }
}

/// Writes members of a team.
pub fn members_out(members: &[TeamMember]) -> Vec<case::TeamMember> {
    let write = |TeamMember { unit, person }: &TeamMember| case::TeamMember {
        unit: unit.to_string(),
        person: person.to_string(),
    };
    members.iter().map(write).collect()
}

/// Reads members of a team.
pub fn members_in(members: Vec<case::TeamMember>) -> Result<Vec<TeamMember>, Rejection> {
    let read = |case::TeamMember { unit, person }: case::TeamMember| {
        let unit = convert::id("members.unit", unit)?;
        Ok(TeamMember { unit, person: convert::id("members.person", person)? })
    };
    members.into_iter().map(read).collect()
}
