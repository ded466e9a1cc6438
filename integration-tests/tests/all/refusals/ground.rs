//! Rows of the gateway: the grid and its people.

use kit::client::Channel;
use proto::{
    case::{Intake, TeamMember},
    grid::{FormTeamRequest, LiftCaseRequest, grid_service_client::GridServiceClient},
    whistle::RaiseWhistleRequest,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{COMMUNITY, World, command, no, whistle},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";
const SUBDISTRICT: &str = "unit/subdistrict_kaihua";

fn member(unit: &str, person: &str) -> TeamMember {
    TeamMember { unit: unit.into(), person: person.into() }
}

impl World {
    fn grid(&self, party: &str) -> GridServiceClient<Channel> {
        GridServiceClient::new(line(&self.data, party, &["gateway"]))
    }

    async fn lift(self, party: &str, change: impl FnOnce(&mut LiftCaseRequest)) -> Status {
        let mut request = LiftCaseRequest {
            command: command("lift"),
            case_id: self.case_id.clone(),
            reason: "every evening".into(),
        };
        change(&mut request);
        no(self.grid(party).lift_case(request).await)
    }

    async fn team(self, party: &str, change: impl FnOnce(&mut FormTeamRequest)) -> Status {
        let mut request = FormTeamRequest {
            command: command("team"),
            case_id: self.case_id.clone(),
            members: vec![member("enforcement", "p-1"), member("housing", "p-2")],
            note: String::new(),
        };
        change(&mut request);
        no(self.grid(party).form_team(request).await)
    }

    /// For a road, by its chief.
    async fn road(self, party: &str, change: impl FnOnce(&mut RaiseWhistleRequest)) -> Status {
        let mut request = whistle("wrong");
        request.grid = "WS-KH-002".into();
        request.intake = Some(Intake { road: "WS-KH-R2".into(), ..Intake::default() });
        request.command.as_mut().unwrap().person = "p-302".into();
        change(&mut request);
        no(self.gateway(party).raise_whistle(request).await)
    }
}

fn intake(request: &mut RaiseWhistleRequest) -> &mut Intake {
    request.intake.as_mut().unwrap()
}

/// Whistles for roads, lifts and teams that are wrong in one thing.
pub fn rows() -> Vec<Row> {
    let mut rows = roads();
    rows.extend(lifts());
    rows.extend(teams());
    rows
}

fn roads() -> Vec<Row> {
    rows! {
        "an unknown road": |w| w.road(SUBDISTRICT, |r| intake(r).road = "WS-KH-R9".into())
            => NotFound "UNKNOWN_ROAD" "intake.road" "WS-KH-R1";
        "a malformed road": |w| w.road(SUBDISTRICT, |r| intake(r).road = "西山路".into())
            => InvalidArgument "MALFORMED_ID" "intake.road" "letters, digits";
        "a malformed object": |w| w.road(SUBDISTRICT, |r| intake(r).object = "a shop".into())
            => InvalidArgument "MALFORMED_ID" "intake.object" "letters, digits";
        "a road that goes elsewhere": |w| w.road(COMMUNITY, |r| r.grid = "WS-KH-001".into())
            => InvalidArgument "GRID_NOT_OF_ROAD" "grid" "WS-KH-002";
        "somebody of the unit who is no chief": |w|
            w.road(SUBDISTRICT, |r| r.command.as_mut().unwrap().person = "p-301".into())
            => PermissionDenied "NOT_A_COMMUNITY" "" "is no community";
        "a chief through another unit": |w| w.road("unit/housing", |_| ())
            => PermissionDenied "NOT_A_COMMUNITY" "" "unit/housing is no community";
        "a chief for no road": |w| w.road(SUBDISTRICT, |r| r.intake = None)
            => PermissionDenied "NOT_A_COMMUNITY" "" "is no community";
        "a chief without evidence": |w| w.road(SUBDISTRICT, |r| r.evidence.clear())
            => InvalidArgument "EVIDENCE_MISSING" "evidence" "kind photo";
    }
}

fn lifts() -> Vec<Row> {
    rows! {
        "lifted from a level that it has not": |w| w.lift(SUBDISTRICT, |_| ())
            => PermissionDenied "NOT_YOUR_LEVEL" "case_id" "community/kaihua_dongfeng";
        "lifted by another community": |w| w.lift("community/kaihua_xishan", |_| ())
            => PermissionDenied "NOT_YOUR_LEVEL" "case_id" "community/kaihua_dongfeng";
        "lifted by an administrator": |w| w.lift("admin/root", |_| ())
            => PermissionDenied "NOT_YOUR_LEVEL" "case_id" "lifts no case";
        "lifted by a trainee": |w|
            w.lift(COMMUNITY, |r| r.command.as_mut().unwrap().person = "trainee-1".into())
            => PermissionDenied "NOT_YOUR_LEVEL" "case_id" "by a person who may";
        "lifted without a reason": |w| w.lift(COMMUNITY, |r| r.reason = " ".into())
            => InvalidArgument "REASON_MISSING" "reason" "must not be empty";
        "lifted for a long reason": |w| w.lift(COMMUNITY, |r| r.reason = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "reason" "at most 2000";
        "an unknown case is lifted": |w| w.lift(COMMUNITY, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
        "a malformed case is lifted": |w| w.lift(COMMUNITY, |r| r.case_id = "案".into())
            => InvalidArgument "MALFORMED_ID" "case_id" "letters, digits";
    }
}

fn teams() -> Vec<Row> {
    rows! {
        "a team by a community": |w| w.team(COMMUNITY, |_| ())
            => PermissionDenied "NOT_AN_OFFICE" "" "an office's";
        "a team by a trainee": |w|
            w.team(OFFICE, |r| r.command.as_mut().unwrap().person = "trainee-1".into())
            => PermissionDenied "NOT_AN_OFFICE" "" "by a person who may";
        "a team of one unit": |w| w.team(OFFICE, |r| r.members[1].unit = "enforcement".into())
            => InvalidArgument "TEAM_OF_ONE_UNIT" "members" "two units at least";
        "a member of an unknown unit": |w| w.team(OFFICE, |r| r.members[1].unit = "hosing".into())
            => InvalidArgument "UNKNOWN_UNIT" "members" "hosing";
        "a member twice": |w| w.team(OFFICE, |r| r.members.push(member("housing", "p-2")))
            => InvalidArgument "MEMBER_TWICE" "members" "named twice";
        "a malformed member": |w| w.team(OFFICE, |r| r.members[0].person = "李娜".into())
            => InvalidArgument "MALFORMED_ID" "members.person" "letters, digits";
        "too many members": |w| w.team(OFFICE, |r| r.members = vec![member("housing", "p-2"); 51])
            => InvalidArgument "TOO_MANY" "members" "at most 50";
        "a long note on a team": |w| w.team(OFFICE, |r| r.note = "长".repeat(2_001))
            => InvalidArgument "TEXT_TOO_LONG" "note" "at most 2000";
        "a team for an unknown case": |w| w.team(OFFICE, |r| r.case_id = "20260101-A".into())
            => NotFound "UNKNOWN_CASE" "case_id" "there is no case";
    }
}

/// When the case is closed.
pub fn closed() -> Vec<Row> {
    rows! {
        "a closed case is lifted": |w| w.lift(COMMUNITY, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
        "a team for a closed case": |w| w.team(OFFICE, |_| ())
            => FailedPrecondition "CASE_CLOSED" "case_id" "is closed";
    }
}
