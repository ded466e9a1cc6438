//! Every refusal: its code, its reason, its field. And who may what.

use proto::{
    case::Rating,
    whistle::{
        AssignCaseRequest, ConfirmCaseRequest, ListCasesRequest, SendBackCaseRequest,
        WatchCasesRequest,
    },
};
use tonic::Code;

use super::{world::World, *};

const OFFICE: &str = "office/leading_group_office";

/// The units of a plain case.
const BOTH: [&str; 2] = ["enforcement", "environment"];

pub(super) type Wanted = (Code, &'static str, &'static str);

pub(super) fn check<T: std::fmt::Debug>(what: &str, answer: Result<T, Status>, wanted: Wanted) {
    let refused = answer.unwrap_err();
    let Rejection { reason, field, .. } = status::rejection(&refused);
    assert_eq!((refused.code(), reason.as_str(), field.as_str()), wanted, "{what}: {refused}");
}

type Change = fn(&mut RaiseWhistleRequest);

/// What is wrong, how, and the code, reason and field of the refusal.
const WRONG: [(&str, Change, Wanted); 18] = [
    (
        "no command",
        |r| r.command = None,
        (Code::InvalidArgument, "MALFORMED_ID", "command.request_id"),
    ),
    (
        "no person",
        |r| r.command.as_mut().unwrap().person.clear(),
        (Code::InvalidArgument, "MALFORMED_ID", "command.person"),
    ),
    ("no type", |r| r.issue_type.clear(), (Code::InvalidArgument, "MALFORMED_ID", "issue_type")),
    (
        "other type",
        |r| r.issue_type = "x".into(),
        (Code::NotFound, "UNKNOWN_ISSUE_TYPE", "issue_type"),
    ),
    ("other grid", |r| r.grid = "x".into(), (Code::NotFound, "UNKNOWN_GRID", "grid")),
    (
        "their grid",
        |r| r.grid = "WS-KH-003".into(),
        (Code::PermissionDenied, "GRID_OF_ANOTHER_COMMUNITY", "grid"),
    ),
    (
        "no words",
        |r| r.description = " ".into(),
        (Code::InvalidArgument, "DESCRIPTION_MISSING", "description"),
    ),
    (
        "many words",
        |r| r.description = "长".repeat(2_001),
        (Code::InvalidArgument, "TEXT_TOO_LONG", "description"),
    ),
    ("no photo", |r| r.evidence.clear(), (Code::InvalidArgument, "EVIDENCE_MISSING", "evidence")),
    (
        "not stored",
        |r| r.evidence[0].digest = format!("sha256:{}", "0".repeat(64)),
        (Code::InvalidArgument, "EVIDENCE_MISSING", "evidence"),
    ),
    (
        "no digest",
        |r| r.evidence[0].digest.clear(),
        (Code::InvalidArgument, "MALFORMED_DIGEST", "evidence"),
    ),
    (
        "other size",
        |r| r.evidence[0].size += 1,
        (Code::InvalidArgument, "EVIDENCE_MALFORMED", "evidence"),
    ),
    (
        "other kind",
        |r| r.evidence[0].kind = "document".into(),
        (Code::InvalidArgument, "EVIDENCE_MISSING", "evidence"),
    ),
    (
        "not of the route",
        |r| r.called_units.push("fire_rescue".into()),
        (Code::InvalidArgument, "UNIT_NOT_IN_ROUTE", "called_units"),
    ),
    (
        "without the lead",
        |r| drop(r.called_units.remove(0)),
        (Code::InvalidArgument, "UNIT_NOT_IN_ROUTE", "called_units"),
    ),
    (
        "too many",
        |r| r.called_units = vec!["enforcement".into(); 101],
        (Code::InvalidArgument, "TOO_MANY", "called_units"),
    ),
    (
        "tomorrow",
        |r| r.seen_at_ms = NOW.0 + 300_001,
        (Code::InvalidArgument, "SEEN_IN_THE_FUTURE", "seen_at_ms"),
    ),
    ("long ago", |r| r.seen_at_ms = 1, (Code::InvalidArgument, "NO_ROUTE_ON_DATE", "seen_at_ms")),
];

#[tokio::test]
async fn a_whistle_that_is_wrong_is_refused_with_reason_and_field() {
    let running = Running::start().await;
    for (what, change, wanted) in WRONG {
        let mut request = running.stall("r1");
        change(&mut request);
        check(what, running.client(DONGFENG).raise_whistle(request).await, wanted);
    }
    for party in [OFFICE, "unit/enforcement", "admin/root", "community/nowhere", "service/worker"] {
        let wanted = (Code::PermissionDenied, "NOT_A_COMMUNITY", "");
        check(party, running.client(party).raise_whistle(running.stall("r1")).await, wanted);
    }
    // Nothing was recorded, so the same id is still free; a clock may be a little ahead.
    let ahead = RaiseWhistleRequest { seen_at_ms: NOW.0 + 300_000, ..running.stall("r1") };
    running.raise(ahead).await;
    assert_eq!(running.gateway.counts().unwrap().raised, 1);
}

#[tokio::test]
async fn a_type_that_wants_two_photos_is_not_content_with_one_twice() {
    let running = Running::start().await;
    let one = running.photo("one");
    let issue_type = "street_vending".to_owned();
    let evidence = vec![one.clone(), one.clone()];
    let twice = RaiseWhistleRequest { issue_type, evidence, ..running.stall("r1") };
    let refused = running.client(DONGFENG).raise_whistle(twice.clone()).await;
    check("twice", refused, (Code::InvalidArgument, "EVIDENCE_MISSING", "evidence"));
    running.raise(RaiseWhistleRequest { evidence: vec![one, running.photo("two")], ..twice }).await;
}

fn assign(case_id: &str, request: &str, lead: &str) -> AssignCaseRequest {
    let (case_id, lead) = (case_id.into(), lead.into());
    let (cooperating, note) = (vec![], "by the plan".into());
    AssignCaseRequest { command: command(request), case_id, lead, cooperating, note }
}

#[tokio::test]
async fn a_lead_is_assigned_once_and_by_who_must() {
    use Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.cables("r1")).await;
    let office = || running.client(OFFICE);
    let early = office().assign_case(assign(&id, "a1", "housing")).await;
    check("raised", early, (FailedPrecondition, "WRONG_STAGE", "case_id"));
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::routed(1, false))]).await;
    let case = running.get(OFFICE, &id).await.unwrap();
    assert_eq!(case.candidates, ["natural_resources", "housing"]);
    assert_eq!((case.owner.as_str(), case.owed.len()), (OFFICE, 1));

    for (party, wanted) in [
        (DONGFENG, (PermissionDenied, "NOT_THE_ASSIGNER", "")),
        ("unit/housing", (PermissionDenied, "NOT_THE_ASSIGNER", "")),
        ("office/housing", (PermissionDenied, "NOT_THE_ASSIGNER", "")),
    ] {
        check(party, running.client(party).assign_case(assign(&id, "a1", "housing")).await, wanted);
    }
    let unknown = office().assign_case(assign("20260101-AAAAAAAA", "a1", "housing")).await;
    check("unknown", unknown, (NotFound, "UNKNOWN_CASE", "case_id"));
    let nobody = office().assign_case(assign(&id, "a1", "nobody")).await;
    check("nobody", nobody, (NotFound, "UNKNOWN_UNIT", "lead"));
    let silent = office().assign_case(assign(&id, "a1", "traffic_police")).await;
    check("silent", silent, (InvalidArgument, "UNIT_NOT_CALLABLE", "lead"));
    let beside =
        AssignCaseRequest { cooperating: vec!["no".into()], ..assign(&id, "a1", "housing") };
    check("beside", office().assign_case(beside).await, (NotFound, "UNKNOWN_UNIT", "cooperating"));

    let round =
        office().assign_case(assign(&id, "a1", "housing")).await.unwrap().into_inner().round;
    assert_eq!(round, 2);
    // Not back from the bus: nothing has changed yet, and nobody decides otherwise meanwhile.
    assert_eq!(running.get(OFFICE, &id).await.unwrap().round, 1);
    let other = running.client("office/gov_city").assign_case(assign(&id, "a2", "housing")).await;
    check("other", other, (FailedPrecondition, "ALREADY_ANSWERED", "case_id"));
    let again =
        office().assign_case(assign(&id, "a1", "housing")).await.unwrap().into_inner().round;
    assert_eq!(again, 2);

    world.echo(&running).await;
    let case = running.get(OFFICE, &id).await.unwrap();
    assert_eq!((case.round, case.owner.as_str()), (2, "unit/housing"));
    let units: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    assert_eq!(units, ["housing", "industry_info_commerce", "transport"]);
    let late = office().assign_case(assign(&id, "a3", "housing")).await;
    check("late", late, (FailedPrecondition, "WRONG_STAGE", "case_id"));
}

fn confirm(case_id: &str, request: &str, units: &[&str]) -> ConfirmCaseRequest {
    let rating = |unit: &&str| Rating { unit: (*unit).into(), stars: 5, comment: String::new() };
    let ratings = units.iter().map(rating).collect();
    ConfirmCaseRequest { command: command(request), case_id: case_id.into(), ratings }
}

fn send_back(case_id: &str, request: &str, reason: &str) -> SendBackCaseRequest {
    let (case_id, reason) = (case_id.into(), reason.into());
    SendBackCaseRequest { command: command(request), case_id, reason, evidence: vec![] }
}

#[tokio::test]
async fn the_community_has_one_word_in_each_round() {
    use Code::{FailedPrecondition, InvalidArgument, PermissionDenied};
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    let community = || running.client(DONGFENG);
    world.echo(&running).await;
    let early = community().confirm_case(confirm(&id, "c1", &BOTH)).await;
    check("early", early, (FailedPrecondition, "WRONG_STAGE", "case_id"));
    world.work_through(&running, &id, 1).await;

    for party in [XISHAN, OFFICE, "unit/enforcement"] {
        let wanted = (PermissionDenied, "NOT_YOUR_CASE", "case_id");
        check(party, running.client(party).confirm_case(confirm(&id, "c1", &BOTH)).await, wanted);
        check(party, running.client(party).send_back_case(send_back(&id, "s", "x")).await, wanted);
    }
    let stars = |stars| {
        let mut request = confirm(&id, "c1", &BOTH);
        request.ratings[0].stars = stars;
        request
    };
    let mut chatty = stars(5);
    chatty.ratings[0].comment = "长".repeat(2_001);
    for (what, request, reason) in [
        ("one", confirm(&id, "c1", &BOTH[..1]), "RATING_MISSING"),
        (
            "stranger",
            confirm(&id, "c1", &["enforcement", "environment", "housing"]),
            "RATING_OF_UNCALLED_UNIT",
        ),
        (
            "twice",
            confirm(&id, "c1", &["enforcement", "enforcement", "environment"]),
            "RATED_TWICE",
        ),
        ("none", stars(0), "STARS_OUT_OF_RANGE"),
        ("six", stars(6), "STARS_OUT_OF_RANGE"),
        ("chatty", chatty, "TEXT_TOO_LONG"),
    ] {
        check(what, community().confirm_case(request).await, (InvalidArgument, reason, "ratings"));
    }
    let missing =
        refused(community().confirm_case(confirm(&id, "c1", &BOTH[..1])).await.unwrap_err());
    assert!(missing.message.contains("environment"), "{missing}");
    let wordless = community().send_back_case(send_back(&id, "s", "")).await;
    check("wordless", wordless, (InvalidArgument, "REASON_MISSING", "reason"));
    let mut shown = send_back(&id, "s", "x");
    shown.evidence =
        vec![Evidence { digest: format!("sha256:{}", "0".repeat(64)), ..running.photo("p") }];
    check(
        "shown",
        community().send_back_case(shown).await,
        (InvalidArgument, "EVIDENCE_MISSING", "evidence"),
    );

    let answer = community().send_back_case(send_back(&id, "s1", "still there")).await.unwrap();
    assert_eq!(answer.into_inner().round, 1);
    let other = community().confirm_case(confirm(&id, "c1", &BOTH)).await;
    check("other", other, (FailedPrecondition, "ALREADY_ANSWERED", "case_id"));
    world.echo(&running).await;
    let other = community().confirm_case(confirm(&id, "c1", &BOTH)).await;
    check("still", other, (FailedPrecondition, "ALREADY_ANSWERED", "case_id"));

    world.work_through(&running, &id, 2).await;
    let round =
        community().confirm_case(confirm(&id, "c1", &BOTH)).await.unwrap().into_inner().round;
    assert_eq!(round, 2);
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::closed(2))]).await;
    let late = community().send_back_case(send_back(&id, "s2", "late")).await;
    check("late", late, (FailedPrecondition, "WRONG_STAGE", "case_id"));
}

#[tokio::test]
async fn a_word_that_only_the_bus_knows_of_stands_as_well() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.work_through(&running, &id, 1).await;
    let back =
        domain::case::Fact::SentBack { round: 1, reason: "still".into(), evidence: Vec::new() };
    world.tell(&running, &id, &[("service/gateway", back)]).await;
    let answer = running.client(DONGFENG).confirm_case(confirm(&id, "c1", &BOTH)).await;
    check("both", answer, (Code::FailedPrecondition, "ALREADY_ANSWERED", "case_id"));
}

#[tokio::test]
async fn a_unit_that_refused_is_not_rated() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    let refuses = domain::case::Fact::Refused {
        round: 1,
        unit: "environment".parse().unwrap(),
        reason: "not ours".into(),
        named_unit: None,
    };
    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &id, &[("unit/environment", refuses)]).await;
    world.work_through(&running, &id, 1).await;
    let both = confirm(&id, "c1", &["enforcement", "environment"]);
    let wanted = (Code::InvalidArgument, "RATING_OF_UNCALLED_UNIT", "ratings");
    check("both", running.client(DONGFENG).confirm_case(both).await, wanted);
    running.client(DONGFENG).confirm_case(confirm(&id, "c1", &["enforcement"])).await.unwrap();
}

#[tokio::test]
async fn everybody_sees_what_concerns_them_and_nothing_else() {
    let running = Running::start().await;
    let mut world = World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", world::routed(1, true))]).await;
    world.tell(&running, &id, &[("service/worker", world::called(1, "environment"))]).await;

    let all = ListCasesRequest::default;
    for (party, sees) in [
        (DONGFENG, true),
        (XISHAN, false),
        ("unit/enforcement", true),
        ("unit/environment", true),
        ("unit/market_regulation", false),
        ("unit/gov_city", true),
        (OFFICE, true),
        ("office/gov_city", true),
        ("admin/root", true),
    ] {
        let listed = running.client(party).list_cases(all()).await.unwrap().into_inner().cases;
        assert_eq!(listed.len(), usize::from(sees), "{party}");
        let no = |answer: Result<(), Rejection>| answer.err().map(|no| no.reason);
        let wanted = (!sees).then(|| "NOT_YOUR_CASE".to_owned());
        assert_eq!(no(running.get(party, &id).await.map(drop)), wanted, "{party}");
        assert_eq!(no(running.history(party, &id).await.map(drop)), wanted, "{party}");
        let watch = WatchCasesRequest { after_place: 0, case_id: id.clone(), only_new: false };
        let watching = running.client(party).watch_cases(watch).await.map(drop).map_err(refused);
        assert_eq!(no(watching), wanted, "{party}");
    }
    let wanted = (Code::PermissionDenied, "NOT_A_READER", "");
    check("bus", running.client("service/bus").list_cases(all()).await, wanted);
    let unknown = running.get(OFFICE, "20260101-AAAAAAAA").await.unwrap_err();
    assert_eq!((unknown.reason.as_str(), unknown.field.as_str()), ("UNKNOWN_CASE", "case_id"));
}
