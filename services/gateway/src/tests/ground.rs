//! The grid and its people: chiefs of roads, what is lifted, special teams, who answers for a case.

use domain::case::{Fact, Outcome as Ended};
use proto::{
    case::{Channel as Through, Intake, PatrolLevel, Rating, TeamMember},
    grid::{FormTeamRequest, LiftCaseRequest, grid_service_client::GridServiceClient},
    whistle::{ConfirmCaseRequest, MergeCaseRequest},
};
use tonic::Code;

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";
const KAIHUA: &str = "unit/subdistrict_kaihua";

fn by(person: &str, request: &str) -> Option<Command> {
    Some(Command { request_id: request.into(), person: person.into() })
}

fn on_road(road: &str) -> Option<Intake> {
    Some(Intake { road: road.into(), ..Intake::default() })
}

fn about(object: &str) -> Option<Intake> {
    Some(Intake { object: object.into(), ..Intake::default() })
}

fn no(answer: Result<impl std::fmt::Debug, Status>) -> (Code, String, String) {
    let refused = answer.unwrap_err();
    let Rejection { reason, field, .. } = status::rejection(&refused);
    (refused.code(), reason, field)
}

fn wanted(code: Code, reason: &str, field: &str) -> (Code, String, String) {
    (code, reason.to_owned(), field.to_owned())
}

impl Running {
    /// For West Hill Road, in the cell of another community than the one that is near.
    fn road_whistle(&self, person: &str, request: &str) -> RaiseWhistleRequest {
        RaiseWhistleRequest {
            command: by(person, request),
            grid: "WS-KH-004".into(),
            intake: on_road("WS-KH-R2"),
            ..self.stall(request)
        }
    }

    async fn lift(&self, party: &str, case_id: &str) -> Result<(PatrolLevel, String), Status> {
        let request = LiftCaseRequest {
            command: command(&format!("lift/{party}/{case_id}")),
            case_id: case_id.into(),
            reason: "it comes back every evening".into(),
        };
        let answer = GridServiceClient::new(self.channel(party)).lift_case(request).await?;
        let answer = answer.into_inner();
        Ok((answer.level(), answer.upper))
    }

    async fn team(&self, party: &str, request: FormTeamRequest) -> Result<(), Status> {
        GridServiceClient::new(self.channel(party)).form_team(request).await.map(drop)
    }

    async fn confirm(&self, party: &str, person: &str, case_id: &str) -> Result<(), Status> {
        let rating = |unit: &str| Rating { unit: unit.into(), stars: 4, ..Rating::default() };
        let request = ConfirmCaseRequest {
            command: by(person, &format!("confirm/{person}/{case_id}")),
            case_id: case_id.into(),
            ratings: ["enforcement", "environment"].map(rating).to_vec(),
        };
        self.client(party).confirm_case(request).await.map(drop)
    }
}

fn team(case_id: &str, request: &str, members: &[(&str, &str)]) -> FormTeamRequest {
    let member = |(unit, person): &(&str, &str)| TeamMember {
        unit: (*unit).into(),
        person: (*person).into(),
    };
    FormTeamRequest {
        command: command(request),
        case_id: case_id.into(),
        members: members.iter().map(member).collect(),
        note: "day and night".into(),
    }
}

#[tokio::test]
async fn a_chief_whistles_for_the_whole_road_and_the_case_is_of_the_cells_community() {
    let running = Running::start().await;
    let raise = async |party: &str, request| running.client(party).raise_whistle(request).await;
    let raised = raise(KAIHUA, running.road_whistle("p-302", "chief")).await.unwrap();
    let id = raised.into_inner().case_id;
    let case = running.get(XISHAN, &id).await.unwrap();
    assert_eq!((case.community.as_str(), case.road.as_str()), ("kaihua_xishan", "WS-KH-R2"));
    assert!(case.self_found, "a unit found it itself");
    let text = &running.history(XISHAN, &id).await.unwrap()[0].text;
    assert!(text.contains("by a chief of the road, of Kaihua"), "{text}");
    assert_eq!(running.get(KAIHUA, &id).await.unwrap().case_id, id, "its chiefs see it");

    // From another community: its chief may, in both cells of the road, and nobody else may.
    let gate = |person: &str, request: &str, grid: &str| RaiseWhistleRequest {
        grid: grid.into(),
        intake: on_road("WS-KH-R1"),
        ..running.road_whistle(person, request)
    };
    let id = raise(DONGFENG, gate("p-301", "r1", "WS-KH-003")).await.unwrap().into_inner().case_id;
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!((case.community.as_str(), case.self_found), ("kaihua_xishan", false));
    raise(DONGFENG, gate("li.na", "own", "WS-KH-001")).await.unwrap();

    let forbidden = |reason, field| wanted(Code::PermissionDenied, reason, field);
    let other = raise(KAIHUA, running.road_whistle("p-301", "other")).await;
    assert_eq!(no(other), forbidden("NOT_A_COMMUNITY", ""), "a chief of another road");
    let plain = RaiseWhistleRequest { intake: None, ..running.road_whistle("p-302", "plain") };
    assert_eq!(no(raise(KAIHUA, plain).await), forbidden("NOT_A_COMMUNITY", ""), "for no road");
    let theirs = raise(DONGFENG, gate("li.na", "theirs", "WS-KH-003")).await;
    assert_eq!(no(theirs), forbidden("GRID_OF_ANOTHER_COMMUNITY", "grid"));
    let beside = raise(DONGFENG, gate("p-301", "beside", "WS-KH-002")).await;
    assert_eq!(no(beside), wanted(Code::InvalidArgument, "GRID_NOT_OF_ROAD", "grid"));
    let beside = RaiseWhistleRequest {
        grid: "WS-KH-001".into(),
        ..running.road_whistle("p-301", "stranger")
    };
    assert_eq!(no(raise(KAIHUA, beside).await), forbidden("NOT_A_COMMUNITY", ""));
    let nowhere =
        RaiseWhistleRequest { intake: on_road("R-9"), ..running.road_whistle("p-302", "nowhere") };
    let unknown = wanted(Code::NotFound, "UNKNOWN_ROAD", "intake.road");
    assert_eq!(no(raise(KAIHUA, nowhere).await), unknown);
}

#[tokio::test]
async fn evidence_for_a_road_comes_through_the_party_of_its_chiefs_and_through_no_other_unit() {
    let running = Running::start().await;
    let bring = async |party: &str| {
        let request = proto::evidence::UploadRequest {
            digest: running.photo("a stall").digest,
            size: 7,
            piece: b"a stall".to_vec(),
            ..Default::default()
        };
        let mut store = proto::evidence::evidence_service_client::EvidenceServiceClient::new(
            running.channel(party),
        );
        store.upload(tokio_stream::once(request)).await.map(drop)
    };
    bring(KAIHUA).await.unwrap();
    bring(XISHAN).await.unwrap();
    let denied = wanted(Code::PermissionDenied, "NOT_A_COMMUNITY", "");
    assert_eq!(no(bring("unit/housing").await), denied);
}

#[tokio::test]
async fn a_chief_confirms_on_the_own_road_and_never_the_work_of_the_own_unit() {
    let running = Running::start().await;
    let mut world = World::default();
    let raise = |request: &str| RaiseWhistleRequest {
        command: by("zhao", request),
        ..running.road_whistle("zhao", request)
    };
    let mut ids = Vec::new();
    for request in ["one", "two"] {
        let raised = running.client(XISHAN).raise_whistle(raise(request)).await.unwrap();
        ids.push(raised.into_inner().case_id);
    }
    world.echo(&running).await;
    for id in &ids {
        world.work_through(&running, id, 1).await;
    }
    let denied = wanted(Code::PermissionDenied, "NOT_YOUR_CASE", "case_id");
    assert_eq!(no(running.confirm(KAIHUA, "p-301", &ids[0]).await), denied, "no chief of it");
    assert_eq!(no(running.confirm(DONGFENG, "p-301", &ids[0]).await), denied, "of another road");
    assert_eq!(no(running.confirm("unit/housing", "p-302", &ids[0]).await), denied);
    // That it was lifted to the own unit makes nobody a judge of the own work.
    running.lift(XISHAN, &ids[0]).await.unwrap();
    running.confirm(KAIHUA, "p-303", &ids[0]).await.unwrap();
    world.echo(&running).await;
    let history = running.history(XISHAN, &ids[0]).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.on_behalf_of.as_str(), last.actor.as_str()), (KAIHUA, "p-303"));
    assert!(last.text.starts_with("A chief of the road, of Kaihua"), "{}", last.text);

    // Its own unit is in the team of the other case, or was called to it: whoever judges that, it is not the unit.
    let members = [("enforcement", "p-1"), ("subdistrict_kaihua", "p-2")];
    running.team(OFFICE, team(&ids[1], "own", &members)).await.unwrap();
    world.echo(&running).await;
    assert_eq!(no(running.confirm(KAIHUA, "p-303", &ids[1]).await), denied);
    running
        .team(OFFICE, team(&ids[1], "other", &[("enforcement", "p-1"), ("housing", "p-2")]))
        .await
        .unwrap();
    world.echo(&running).await;
    world
        .tell(&running, &ids[1], &[("service/worker", world::called(1, "subdistrict_kaihua"))])
        .await;
    assert_eq!(no(running.confirm(KAIHUA, "p-303", &ids[1]).await), denied);
}

#[tokio::test]
async fn cases_of_one_object_are_counted_and_what_was_merged_is_not() {
    let running = Running::start().await;
    let mut world = World::default();
    let mut ids = Vec::new();
    for (request, object) in [("a", "shop-7"), ("b", "shop-7"), ("c", "shop-7"), ("d", "shop-70")] {
        let whistle = RaiseWhistleRequest { intake: about(object), ..running.stall(request) };
        ids.push(running.raise(whistle).await);
    }
    let none = running.raise(running.stall("e")).await;
    world.echo(&running).await;
    let count = async |id: &str| running.get(DONGFENG, id).await.unwrap().cases_of_object;
    assert_eq!([count(&ids[0]).await, count(&ids[2]).await], [3, 3]);
    assert_eq!([count(&ids[3]).await, count(&none).await], [1, 0]);
    let (case_id, same_as) = (ids[1].clone(), ids[0].clone());
    let merge = MergeCaseRequest { command: command("m"), case_id, same_as, note: String::new() };
    running.client(DONGFENG).merge_case(merge).await.unwrap();
    world.echo(&running).await;
    assert_eq!(count(&ids[0]).await, 2);
    // What is closed otherwise is still a case of the object, also in a view that is made again.
    world.settle(&running, &ids[2]).await;
    let running = running.restart().await;
    let case = running.get(DONGFENG, &ids[0]).await.unwrap();
    assert_eq!((case.cases_of_object, case.object.as_str()), (2, "shop-7"));
}

#[tokio::test]
async fn a_finding_is_lifted_one_level_at_a_time_by_who_has_it() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    let denied = |reason| wanted(Code::PermissionDenied, reason, "case_id");
    assert_eq!(running.get(DONGFENG, &id).await.unwrap().level(), PatrolLevel::Community);
    assert_eq!(running.get(KAIHUA, &id).await.unwrap_err().reason, "NOT_YOUR_CASE");
    assert_eq!(no(running.lift(KAIHUA, &id).await), denied("NOT_YOUR_LEVEL"), "not yet");
    assert_eq!(no(running.lift(XISHAN, &id).await), denied("NOT_YOUR_LEVEL"));

    let up = (PatrolLevel::Subdistrict, KAIHUA.to_owned());
    assert_eq!(running.lift(DONGFENG, &id).await.unwrap(), up);
    assert_eq!(running.lift(DONGFENG, &id).await.unwrap(), up, "the same request");
    let twice =
        LiftCaseRequest { command: command("twice"), case_id: id.clone(), reason: "again".into() };
    let twice = GridServiceClient::new(running.channel(DONGFENG)).lift_case(twice).await;
    assert_eq!(no(twice), denied("NOT_YOUR_LEVEL"), "also while the bus is away");
    assert_eq!(running.get(KAIHUA, &id).await.unwrap().level(), PatrolLevel::Subdistrict);
    world.echo(&running).await;
    assert_eq!(no(running.lift("unit/subdistrict_wolong", &id).await), denied("NOT_YOUR_LEVEL"));
    let top = (PatrolLevel::City, OFFICE.to_owned());
    assert_eq!(running.lift(KAIHUA, &id).await.unwrap(), top);
    let above = no(running.lift(OFFICE, &id).await);
    assert_eq!(above, wanted(Code::FailedPrecondition, "AT_THE_TOP", "case_id"));
    world.echo(&running).await;
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!(
        (case.level(), case.round, case.owner.as_str()),
        (PatrolLevel::City, 0, "service/worker")
    );
    let texts: Vec<String> =
        running.history(KAIHUA, &id).await.unwrap().into_iter().map(|entry| entry.text).collect();
    assert!(texts[1].contains("lifted it to the subdistrict level"), "{texts:#?}");
    assert!(texts[2].contains("lifted it to the city level"), "{texts:#?}");

    // A lift moves nothing: the case goes its way, and no finding of what is closed is lifted.
    world.settle(&running, &id).await;
    let closed = running.raise(running.stall("r2")).await;
    world.echo(&running).await;
    world.settle(&running, &closed).await;
    let refused = no(running.lift(DONGFENG, &closed).await);
    assert_eq!(refused, wanted(Code::FailedPrecondition, "CASE_CLOSED", "case_id"));
}

#[tokio::test]
async fn a_special_team_is_of_several_units_which_see_the_case_and_the_last_one_stands() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let first = team(&id, "t1", &[("enforcement", "p-1"), ("fire_rescue", "p-2")]);
    running.team(OFFICE, first.clone()).await.unwrap();
    running.team(OFFICE, first).await.unwrap();
    assert_eq!(running.get("unit/fire_rescue", &id).await.unwrap_err().reason, "NOT_YOUR_CASE");
    world.echo(&running).await;
    assert_eq!(running.get("unit/fire_rescue", &id).await.unwrap().team.len(), 2);
    let members = [("housing", "p-3"), ("enforcement", "p-1"), ("housing", "p-4")];
    running.team(OFFICE, team(&id, "t2", &members)).await.unwrap();
    world.echo(&running).await;
    let gone = running.get("unit/fire_rescue", &id).await.unwrap_err();
    assert_eq!(gone.reason, "NOT_YOUR_CASE", "who is in it no more");
    let case = running.get(DONGFENG, &id).await.unwrap();
    let now: Vec<_> = case.team.iter().map(|m| (m.unit.as_str(), m.person.as_str())).collect();
    assert_eq!(now, members);
    let text = running.history(DONGFENG, &id).await.unwrap().pop().unwrap().text;
    assert!(text.contains("p-3 of Housing") && text.contains("who heads it; p-1 of"), "{text}");

    let invalid = |reason, field| wanted(Code::InvalidArgument, reason, field);
    for (members, reason, field) in [
        (vec![("housing", "p-1"), ("housing", "p-2")], "TEAM_OF_ONE_UNIT", "members"),
        (vec![("housing", "p-1"), ("hosing", "p-2")], "UNKNOWN_UNIT", "members"),
        (vec![("housing", "p-1"), ("water", "p-2"), ("water", "p-2")], "MEMBER_TWICE", "members"),
        (vec![("housing", "p-1"), ("water", "李")], "MALFORMED_ID", "members.person"),
        (vec![("housing", "p-1"); 51], "TOO_MANY", "members"),
    ] {
        let refused = no(running.team(OFFICE, team(&id, "t3", &members)).await);
        assert_eq!(refused, invalid(reason, field), "{members:?}");
    }
    let right = team(&id, "t3", &members);
    let refused = no(running.team(DONGFENG, right.clone()).await);
    assert_eq!(refused, wanted(Code::PermissionDenied, "NOT_AN_OFFICE", ""));
    let long = FormTeamRequest { note: "长".repeat(2_001), ..right };
    assert_eq!(no(running.team(OFFICE, long).await), invalid("TEXT_TOO_LONG", "note"));
}

#[tokio::test]
async fn who_answers_by_territory_and_who_by_function_are_late_each_by_itself() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let owners = async || {
        let case = running.get(DONGFENG, &id).await.unwrap();
        assert_eq!(case.territorial_owner, KAIHUA);
        let late = (case.territorial_late_since_ms, case.functional_late_since_ms);
        (case.functional_owner, late.0 > 0, late.1 > 0)
    };
    assert_eq!(owners().await, ("service/worker".to_owned(), false, false));
    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &id, &[("service/worker", world::called(1, "enforcement"))]).await;
    let lead = "unit/enforcement".to_owned();
    assert_eq!(owners().await, (lead.clone(), false, false));
    // Called on a Sunday: two hours of Monday.
    running.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(owners().await, (lead.clone(), false, true), "two hours to accept are over");

    // Another one, whose units were in time and whose community does not answer.
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.work_through(&running, &id, 1).await;
    running.clock.advance(Duration::from_secs(3 * 86_400));
    let case = running.get(DONGFENG, &id).await.unwrap();
    assert_eq!((case.functional_owner, case.functional_late_since_ms), (lead, 0));
    assert_eq!(case.territorial_late_since_ms, case.owed[0].due_at_ms);
}

#[tokio::test]
async fn what_was_found_by_whoever_answers_for_the_place_is_told_from_what_was_whistled() {
    let running = Running::start().await;
    for (channel, is_own) in
        [(Through::Patrol, true), (Through::Campaign, true), (Through::Citizen, false)]
    {
        let intake = Some(Intake { channel: channel.into(), ..Intake::default() });
        let whistle =
            RaiseWhistleRequest { intake, ..running.stall(&format!("{}", channel as i32)) };
        let id = running.raise(whistle).await;
        assert_eq!(running.get(DONGFENG, &id).await.unwrap().self_found, is_own, "{channel:?}");
    }
}

#[tokio::test]
async fn a_view_that_is_made_again_has_levels_teams_and_objects_as_before() {
    let running = Running::start().await;
    let mut world = World::default();
    let whistle = RaiseWhistleRequest {
        intake: Some(Intake { object: "shop-7".into(), ..on_road("WS-KH-R1").unwrap() }),
        ..running.stall("r1")
    };
    let id = running.raise(whistle).await;
    running.lift(DONGFENG, &id).await.unwrap();
    world.echo(&running).await;
    let members = [("housing", "p-3"), ("enforcement", "p-1")];
    running.team(OFFICE, team(&id, "t", &members)).await.unwrap();
    world.echo(&running).await;
    world
        .tell(
            &running,
            &id,
            &[("service/worker", Fact::Closed { round: 0, outcome: Ended::Merged })],
        )
        .await;
    let before = running.gateway.dump().unwrap();
    let (dir, authority) = running.stop().await;
    std::fs::remove_dir_all(dir.path().join("gateway/view")).unwrap();
    let running = Running::open(dir, authority, "https://127.0.0.1:1").await;
    assert_eq!(running.gateway.dump().unwrap(), before);
    let case = running.get(KAIHUA, &id).await.unwrap();
    assert_eq!((case.level(), case.team.len()), (PatrolLevel::Subdistrict, 2));
}
