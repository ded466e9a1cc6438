//! Reading what is said on the ground.

use domain::{
    case::{TeamMember, local::MEMBERS_MAX},
    id::CaseId,
    rejection::Rejection,
};
use proto::{
    fact::members_in,
    grid::{FormTeamRequest, LiftCaseRequest},
};

use super::case_id;
use crate::command::LocalWord;

/// Reads which case is lifted, and why.
pub fn lift(request: LiftCaseRequest) -> Result<(CaseId, LocalWord), Rejection> {
    let LiftCaseRequest { case_id: case, reason, .. } = request;
    Ok((case_id(case)?, LocalWord::Lift { reason }))
}

/// Reads the special team of a case.
pub fn team(request: FormTeamRequest) -> Result<(CaseId, LocalWord), Rejection> {
    let FormTeamRequest { case_id: case, members, note, .. } = request;
    let count = members.len();
    if count > MEMBERS_MAX {
        let message = format!("members names at most {MEMBERS_MAX}, not {count}");
        return Err(Rejection::invalid("TOO_MANY", "members", message));
    }
    let members: Vec<TeamMember> = members_in(members)?;
    Ok((case_id(case)?, LocalWord::Team { members, note }))
}
