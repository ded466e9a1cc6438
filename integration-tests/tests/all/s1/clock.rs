//! An office gives one unit more time and holds another one's clock: the public clock goes on.

use proto::{
    case::Duty,
    unit::Task,
    whistle::{
        Case, ExtendLimitRequest, HoldClockRequest, ResumeClockRequest,
        whistle_service_client::WhistleServiceClient,
    },
};

use super::{
    people::{Asked, People},
    stage::{Stage, until},
};
use crate::people::{command, line};

const GOVERNMENT: &str = "office/gov_city";

fn urgings(case: &Case, unit: &str) -> u32 {
    case.parts.iter().find(|part| part.unit == unit).map_or(0, |part| part.urgings)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_more_time_is_not_urged_and_a_clock_that_is_held_runs_again() {
    let stage = Stage::open(&[("accept", "20s,5s,1s")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.whistle().await;
    let called = |case: &Case| case.owed.len() == 2;
    let before = community.until("both are called", &id, called).await;
    assert!(before.owed.iter().all(|owed| owed.limit_en == "20 s around the clock"));

    let mut government = WhistleServiceClient::new(line(&stage.data, GOVERNMENT, &["gateway"]));
    let more = ExtendLimitRequest {
        command: command("li.na", "more"),
        case_id: id.clone(),
        unit: "enforcement".into(),
        duty: Duty::Accept.into(),
        by: "30m".into(),
        reason: "the road is closed".into(),
    };
    government.extend_limit(more).await.unwrap();
    let is_urged = |case: &Case| urgings(case, "market_regulation") > 0;
    let case = community.until("the other one is urged", &id, is_urged).await;
    assert_eq!(urgings(&case, "enforcement"), 0, "it has more time");
    let owed = case.owed.iter().find(|owed| owed.party == "unit/enforcement").unwrap();
    let first = before.owed.iter().find(|owed| owed.party == "unit/enforcement").unwrap();
    assert_eq!(owed.due_at_ms, first.due_at_ms + 30 * 60_000);
    assert_eq!(case.due_at_ms, before.due_at_ms, "no decision moves the public one");

    let hold = HoldClockRequest {
        command: command("li.na", "hold"),
        case_id: id.clone(),
        unit: "enforcement".into(),
        reason: "a wall must be propped up first".into(),
    };
    government.hold_clock(hold).await.unwrap();
    let is_held = |case: &Case| case.owed.iter().any(|owed| owed.held_to_ms > 0);
    community.until("held", &id, is_held).await;
    // The unit's own desk knows: while its clock is held nothing is due.
    let is_due_never = |tasks: &Vec<Task>| tasks.iter().all(|task| task.due_at_ms == 0);
    until("its clock is held", async || people.lead.tasks().await, is_due_never).await;
    let unit = "enforcement".to_owned();
    let resume =
        ResumeClockRequest { command: command("li.na", "resume"), case_id: id.clone(), unit };
    government.resume_clock(resume).await.unwrap();
    community.until("it runs again", &id, |case| !is_held(case)).await;
    let history = community.history(&id).await;
    let words = ["LimitExtended", "ClockHeld", "ClockResumed"];
    let said = words.map(|word| history.iter().filter(|one| one.r#type.ends_with(word)).count());
    assert_eq!(said, [1, 1, 1]);

    people.work(&id).await;
    people.confirm(&id).await;
    community.until("closed", &id, Asked::closed).await;
    stage.close();
}
