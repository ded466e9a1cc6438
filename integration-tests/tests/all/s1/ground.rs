//! The grid and its people in the plain whistle: whom a unit's call is for first (M007), a chief of
//! the road who confirms (M017), a finding that goes up the patrol (M016), a special team (M032), and
//! the agenda on which all of it stands (M015, M018, M019, M030).

use std::path::Path;

use kit::client::Channel as Line;
use proto::{
    case::{Channel, Intake, Outcome, PatrolLevel, Rating, TeamMember},
    grid::{FormTeamRequest, LiftCaseRequest, grid_service_client::GridServiceClient},
    page::Command,
    unit::TaskState,
    whistle::{
        Case, ConfirmCaseRequest, GetCaseRequest, whistle_service_client::WhistleServiceClient,
    },
};
use serde_json::Value;
use tonic::Status;

use super::{
    people::{Asked, CALLED, COMMUNITY, ONCE, People, counts},
    stage::{Stage, until},
};
use crate::{operate::said, people::line};

const SUBDISTRICT: &str = "unit/subdistrict_kaihua";
const OFFICE: &str = "office/leading_group_office";

fn by(person: &str, act: &str) -> Option<Command> {
    Some(Command { request_id: act.to_owned(), person: person.to_owned() })
}

/// A party before the gateway's door.
struct Caller(Line);

impl Caller {
    fn of(stage: &Stage, party: &str) -> Caller {
        Caller(line(&stage.data, party, &["gateway"]))
    }

    async fn case(&self, case_id: &str) -> Result<Case, Status> {
        let mut gateway = WhistleServiceClient::new(self.0.clone());
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        Ok(gateway.get_case(request).await?.into_inner().case.unwrap())
    }

    async fn lift(&self, case_id: &str) -> Result<PatrolLevel, Status> {
        let request = LiftCaseRequest {
            command: by("p-1", &format!("lift/{case_id}")),
            case_id: case_id.to_owned(),
            reason: "they come back every evening".to_owned(),
        };
        let answer = GridServiceClient::new(self.0.clone()).lift_case(request).await?;
        Ok(answer.into_inner().level())
    }

    async fn team(&self, case_id: &str) {
        let member = |unit: &str, person: &str| TeamMember {
            unit: unit.to_owned(),
            person: person.to_owned(),
        };
        let request = FormTeamRequest {
            command: by("p-1", &format!("team/{case_id}")),
            case_id: case_id.to_owned(),
            members: vec![member("enforcement", "p-201"), member("fire_rescue", "p-9")],
            note: String::new(),
        };
        GridServiceClient::new(self.0.clone()).form_team(request).await.unwrap();
    }

    async fn confirm(&self, person: &str, case_id: &str) -> Result<(), Status> {
        let rating = |unit: &str| Rating { unit: unit.into(), stars: 5, ..Rating::default() };
        let request = ConfirmCaseRequest {
            command: by(person, &format!("confirm/{person}/{case_id}")),
            case_id: case_id.to_owned(),
            ratings: CALLED.map(rating).to_vec(),
        };
        WhistleServiceClient::new(self.0.clone()).confirm_case(request).await.map(drop)
    }
}

fn one<'a>(rows: &'a [Value], event: &str) -> &'a Value {
    let mut found = rows.iter().filter(|row| row["event"] == event);
    let first = found.next().unwrap_or_else(|| panic!("no {event} in {rows:#?}"));
    assert!(found.next().is_none(), "more than one {event} in {rows:#?}");
    first
}

/// The agenda of its week has it; a task is proposed, for the shop was named twice.
fn check_agenda(data: &Path, id: &str, raised_at_ms: i64) {
    let day = domain::pack::Day::of(domain::moment::Moment(raised_at_ms), 480).to_string();
    let rows = said(data, &["cases", "agenda", "--week", &day, "--as", OFFICE]);
    assert_eq!(
        (&one(&rows, "lifted")["case_id"], &one(&rows, "lifted")["level"]),
        (&id.into(), &"city".into())
    );
    let task = one(&rows, "proposed_task");
    assert_eq!(
        (&task["issue_type"], &task["area"]),
        (&"street_vending".into(), &"subdistrict_kaihua".into())
    );
    assert_eq!((&task["cases"], &task["leads"][0]), (&2.into(), &"enforcement".into()));
    let agenda = one(&rows, "agenda");
    assert_eq!((&agenda["raised"], &agenda["self_found"]), (&2.into(), &2.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_liaison_is_told_the_finding_is_lifted_and_a_chief_of_the_road_confirms() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let [subdistrict, office] = [SUBDISTRICT, OFFICE].map(|party| Caller::of(&stage, party));
    let on_the_road = Some(Intake {
        channel: Channel::Patrol.into(),
        road: "WS-KH-R2".to_owned(),
        object: "91532601MA6K".to_owned(),
        ..Intake::default()
    });
    let raise = async |act: &str| {
        let change = |request: &mut proto::whistle::RaiseWhistleRequest| {
            request.grid = "WS-KH-002".into();
            request.intake = on_the_road.clone();
        };
        people.community.raise(act, 2, change).await.unwrap().case_id
    };
    let id = raise("road").await;
    for (department, liaison) in [(&people.lead, "p-201"), (&people.cooperating, "p-203")] {
        let task = department.until(&id, TaskState::Called).await;
        assert_eq!(task.call.unwrap().liaison, liaison);
    }

    // Up the patrol, one level at a time; the case goes on all the while.
    let community = Caller::of(&stage, COMMUNITY);
    assert_eq!(community.lift(&id).await.unwrap(), PatrolLevel::Subdistrict);
    let is_there = |case: &Result<Case, Status>| {
        case.as_ref().is_ok_and(|case| case.level() == PatrolLevel::Subdistrict)
    };
    until("seen by the subdistrict office", async || subdistrict.case(&id).await, is_there)
        .await
        .unwrap();
    assert_eq!(subdistrict.lift(&id).await.unwrap(), PatrolLevel::City);
    office.team(&id).await;
    let fire = Caller::of(&stage, "unit/fire_rescue");
    let is_seen =
        |case: &Result<Case, Status>| case.as_ref().is_ok_and(|case| case.team.len() == 2);
    until("seen by who is in the team", async || fire.case(&id).await, is_seen).await.unwrap();

    let second = raise("again-there").await;
    assert_ne!(second, id, "nobody has said that it is the same matter");
    let case = office.case(&id).await.unwrap();
    assert_eq!((case.cases_of_object, case.self_found), (2, true));
    assert_eq!((case.territorial_owner.as_str(), case.territorial_late_since_ms), (SUBDISTRICT, 0));
    assert_eq!(case.functional_owner, "unit/enforcement");

    check_agenda(&stage.data, &id, case.raised_at_ms);

    people.work(&id).await;
    people.community.until("asked to confirm", &id, Asked::confirming).await;
    let refused = subdistrict.confirm("p-1", &id).await.unwrap_err();
    assert_eq!(kit::status::rejection(&refused).reason, "NOT_YOUR_CASE");
    subdistrict.confirm("p-303", &id).await.unwrap();
    let closed = people.community.until("closed", &id, Asked::closed).await;
    assert_eq!((closed.outcome(), closed.is_satisfied), (Outcome::Confirmed, true));
    let history = people.community.history(&id).await;
    let extra = [("CaseLifted", 2), ("TeamFormed", 1)];
    let steps: Vec<_> = counts(&history).into_iter().filter(|step| !extra.contains(step)).collect();
    assert_eq!(steps, ONCE, "neither a lift nor a team moves the case: {history:#?}");
    let rows = said(&stage.data, &["cases", "agenda", "--as", OFFICE]);
    assert!(
        rows.iter().all(|row| row["event"] != "lifted"),
        "what is closed is not on it: {rows:#?}"
    );
    stage.close();
}
