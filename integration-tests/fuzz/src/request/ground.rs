//! Whistles, and what is said on the ground, through the code by which the gateway reads them.

use domain::{
    case::local::check_team, pack::Datum, registry::Registry, rejection::Rejection, routing, task,
};
use gateway::asking::LocalWord;
use proto::{
    case::TeamMember,
    grid::{FormTeamRequest, LiftCaseRequest},
    whistle::RaiseWhistleRequest,
};

use super::{NOW, Read, case_id, city, command, decoded, party, reason, seed};

/// The methods of the grid and its people.
pub(super) const METHODS: [(&str, Read); 2] = [("LiftCase", lift), ("FormTeam", team)];

pub(super) fn raise(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RaiseWhistleRequest>(bytes, |request| {
        gateway::asking::by(party("community/kaihua_dongfeng"), request.command.clone())?;
        let raise = gateway::asking::raise(request, Datum::Cgcs2000, |_| Some(5))?;
        let seen_at = raise.seen_at.unwrap_or(NOW);
        let called = (!raise.called_units.is_empty()).then_some(raise.called_units.as_slice());
        routing::route(
            city(),
            &Registry::default(),
            &raise.issue_type,
            &raise.grid,
            called,
            seen_at,
        )?;
        task::text("DESCRIPTION_MISSING", "description", &raise.description)
    })
}

pub(super) fn lift(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<LiftCaseRequest>(bytes, |request| {
        let (_, word) = gateway::asking::lift(request)?;
        let LocalWord::Lift { reason } = word else { unreachable!("a lift is read as one") };
        task::text("REASON_MISSING", "reason", &reason)
    })
}

pub(super) fn team(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<FormTeamRequest>(bytes, |request| {
        let (_, word) = gateway::asking::team(request)?;
        let LocalWord::Team { members, .. } = word else { unreachable!("a team is read as one") };
        check_team(&members, |unit| city().callable(unit))
    })
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let lift = LiftCaseRequest { command: command(), case_id: case_id(), reason: reason() };
    let member = |unit: &str| TeamMember { unit: unit.to_owned(), person: "p-1".to_owned() };
    let team = FormTeamRequest {
        command: command(),
        case_id: case_id(),
        members: vec![member("housing"), member("enforcement")],
        note: reason(),
    };
    vec![seed("LiftCase", &lift), seed("FormTeam", &team)]
}
