//! The office decides about clocks, and never about that of its own house.

use domain::case::{Fact, Ladder};
use proto::{
    case::Duty,
    whistle::{ExtendLimitRequest, HoldClockRequest, Owed, ResumeClockRequest},
};

use tonic::Code;

use super::{refusals::check, world::World, *};

const OFFICE: &str = "office/leading_group_office";

const GOVERNMENT: &str = "office/gov_city";
const HOUR: i64 = 3_600_000;

fn hold(case_id: &str, request: &str, unit: &str) -> HoldClockRequest {
    let (unit, reason) = (unit.into(), "a wall must be propped up first".into());
    HoldClockRequest { command: command(request), case_id: case_id.into(), unit, reason }
}

fn extend(case_id: &str, request: &str, unit: &str, by: &str) -> ExtendLimitRequest {
    ExtendLimitRequest {
        command: command(request),
        case_id: case_id.into(),
        unit: unit.into(),
        duty: Duty::Accept.into(),
        by: by.into(),
        reason: "the road is closed".into(),
    }
}

async fn owed(running: &Running, id: &str, unit: &str) -> Owed {
    let case = running.get(OFFICE, id).await.unwrap();
    case.owed.into_iter().find(|owed| owed.party == format!("unit/{unit}")).unwrap()
}

/// A case of environment and the department in which the office sits, both called on Sunday.
async fn both_called(running: &Running, world: &mut World) -> String {
    let id = running.raise(running.stall("r1")).await;
    world.echo(running).await;
    world.tell(running, &id, &[("service/worker", world::routed(1, true))]).await;
    for unit in ["enforcement", "environment"] {
        world.tell(running, &id, &[("service/worker", world::called(1, unit))]).await;
    }
    id
}

#[tokio::test]
async fn the_government_holds_extends_and_resumes_and_the_due_moment_follows() {
    let (running, mut world) = (Running::start().await, World::default());
    let id = both_called(&running, &mut world).await;
    let mut government = running.client(GOVERNMENT);
    let first = owed(&running, &id, "environment").await;
    assert_eq!(first.limit_en, "2 h of working time");
    assert_eq!(first.limit_zh, "工作时间2小时");
    // Called on a Sunday: Monday is a working day from half past eight on.
    let monday = first.due_at_ms - 2 * HOUR;
    assert!(monday > first.from_ms && first.held_to_ms == 0, "{first:?}");

    let round = government.extend_limit(extend(&id, "e1", "environment", "1wh")).await;
    assert_eq!(round.unwrap().into_inner().round, 1);
    assert_eq!(owed(&running, &id, "environment").await, first, "not on the record yet");
    let meanwhile = government.hold_clock(hold(&id, "h0", "environment")).await;
    check("meanwhile", meanwhile, (Code::Unavailable, "CLOCK_DECIDED_MEANWHILE", ""));
    world.echo(&running).await;
    let extended = owed(&running, &id, "environment").await;
    assert_eq!(extended.due_at_ms, first.due_at_ms + HOUR);

    government.hold_clock(hold(&id, "h1", "environment")).await.unwrap();
    world.echo(&running).await;
    let held = owed(&running, &id, "environment").await;
    // Five working days on it runs again by itself, whatever is forgotten.
    assert!(held.held_to_ms > held.from_ms && held.due_at_ms > held.held_to_ms, "{held:?}");
    let twice = government.hold_clock(hold(&id, "h2", "environment")).await;
    check("twice", twice, (Code::FailedPrecondition, "ALREADY_HELD", "unit"));
    let (case_id, unit) = (id.clone(), "environment".into());
    let resume = ResumeClockRequest { command: command("z1"), case_id, unit };
    government.resume_clock(resume.clone()).await.unwrap();
    world.echo(&running).await;
    let resumed = owed(&running, &id, "environment").await;
    // It was Sunday all the time: nothing was taken of it.
    assert_eq!((resumed.due_at_ms, resumed.held_to_ms), (extended.due_at_ms, 0));
    let again = government.resume_clock(resume).await.unwrap().into_inner();
    assert_eq!(again.round, 1, "a repeat changes nothing");

    let same = government.extend_limit(extend(&id, "e2", "environment", "1wh")).await;
    check("same", same, (Code::FailedPrecondition, "ALREADY_EXTENDED", "reason"));
    let around = government.extend_limit(extend(&id, "e3", "environment", "1h")).await;
    check("around", around, (Code::InvalidArgument, "OTHER_TIME", "by"));
    let history = running.history(OFFICE, &id).await.unwrap();
    let told: Vec<&str> = history.iter().map(|entry| entry.recipient.as_str()).collect();
    assert_eq!(told.iter().filter(|unit| **unit == "unit/environment").count(), 3, "{told:?}");
}

#[tokio::test]
async fn the_office_decides_about_no_clock_where_its_own_house_is_a_party() {
    let (running, mut world) = (Running::start().await, World::default());
    let id = both_called(&running, &mut world).await;
    let mut office = running.client(OFFICE);
    // Enforcement is the house in which it sits; environment is in the same case.
    for unit in ["enforcement", "environment"] {
        let wanted = (Code::PermissionDenied, "NOT_THE_RULER", "case_id");
        check(unit, office.hold_clock(hold(&id, "h1", unit)).await, wanted);
        check(unit, office.extend_limit(extend(&id, "e1", unit, "1wh")).await, wanted);
    }
    let other = running.raise(running.cables("r2")).await;
    world.echo(&running).await;
    let assigned = Fact::Assigned {
        round: 2,
        lead: "housing".parse().unwrap(),
        cooperating: vec![],
        assigned_by: OFFICE.parse().unwrap(),
        note: String::new(),
    };
    let route = world::routed(1, false);
    let said = [("service/worker", route), ("service/gateway", assigned)];
    world.tell(&running, &other, &said).await;
    let early = office.hold_clock(hold(&other, "h2", "housing")).await;
    check("early", early, (Code::InvalidArgument, "UNIT_NOT_CALLED", "unit"));
    world.tell(&running, &other, &[("service/worker", world::called(2, "housing"))]).await;
    office.hold_clock(hold(&other, "h2", "housing")).await.unwrap();
    // Once, and then it waits for what the city government answers, and keeps to it.
    let report = Ladder::Reported {
        round: 2,
        against: vec!["housing".parse().unwrap()],
        reason: "nobody comes".into(),
        evidence: vec![],
        reported_by: DONGFENG.parse().unwrap(),
        to: GOVERNMENT.parse().unwrap(),
        is_answered_before: false,
    };
    world.echo(&running).await;
    world.tell(&running, &other, &[("service/gateway", Fact::Ladder(report))]).await;
    let wanted = (Code::FailedPrecondition, "UNDER_DIRECT_REPORT", "case_id");
    let extension = || extend(&other, "e4", "housing", "1wh");
    check("reported", office.extend_limit(extension()).await, wanted);
    let instructed = Ladder::Instructed {
        round: 3,
        lead: "housing".parse().unwrap(),
        cooperating: vec![],
        within_ms: 60_000,
        text: "today".into(),
        instructed_by: GOVERNMENT.parse().unwrap(),
    };
    let said = [("service/gateway", Fact::Ladder(instructed))];
    world.tell(&running, &other, &said).await;
    world.tell(&running, &other, &[("service/worker", world::called(3, "housing"))]).await;
    let wanted = (Code::PermissionDenied, "INSTRUCTION_BINDS", "case_id");
    check("instructed", office.extend_limit(extension()).await, wanted);
    running.client(GOVERNMENT).extend_limit(extension()).await.unwrap();
    for party in [DONGFENG, "unit/housing", "admin/root"] {
        let refused = running.client(party).hold_clock(hold(&other, "h3", "housing")).await;
        check(party, refused, (Code::PermissionDenied, "NOT_THE_TIMER", ""));
    }
}
