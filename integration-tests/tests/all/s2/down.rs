//! Housing's system is down: the direct report is delivered all the same, and the instruction waits
//! for it.
//!
//! Each role is a process of its own, on the pack as it ships.

use proto::whistle::DirectReportState;

use super::people::{GOVERNMENT, Unit, Voice, direct, heap, opened, reason, reported};
use crate::{
    city::{City, Part},
    s1::people::{COMMUNITY, Community},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_report_and_its_answer_need_no_system_of_the_department() {
    let mut city = City::new("demo", &[&["housing"]]);
    let data = city.data().to_owned();
    city.start_all().await;
    crate::people::reachable(&data, &["gateway"]).await;
    let (community, housing) = (Community::of(&data), Unit::of(&data, "housing"));
    let id = heap(&community, "heap").await;
    housing.accept(&id, 1).await;
    housing.arrive(&id, 1).await;
    let on_site = |case: &proto::whistle::Case| case.parts[0].arrived_at_ms > 0;
    community.until("on site", &id, on_site).await;
    city.kill(Part::Units(0));

    let case = opened(&community, &id).await;
    assert_eq!(direct(&case).unit, "housing");
    // The right is there by the limits: the worker that told of it is not needed either.
    city.kill(Part::Worker);
    Voice::of(&data, COMMUNITY).report("report", &id).await.unwrap();
    let case = reported(&community, &id).await;
    assert!(!direct(&case).is_answered_before);
    let government = Voice::of(&data, GOVERNMENT);
    assert_eq!(government.instruct("instruct", &id, "housing").await.unwrap(), 2);
    let second = government.instruct("second", &id, "housing").await;
    assert!(["ALREADY_ANSWERED", "NOT_REPORTED"].contains(&reason(second).as_str()));
    city.start(Part::Worker);
    let is_called = |case: &proto::whistle::Case| {
        case.round == 2 && case.parts.first().is_some_and(|part| part.called_at_ms > 0)
    };
    let case = community.until("called by the instruction", &id, is_called).await;
    assert_eq!(direct(&case).state(), DirectReportState::Answered);

    // The bus has it, and housing gets it when its system is there again.
    city.start(Part::Units(0));
    let task = housing.called(&id, 2).await;
    let instruction = task.call.as_ref().unwrap().instruction.clone().unwrap();
    assert_eq!(instruction.text, "remove it today");
    assert_eq!(task.called_at_ms, case.parts[0].called_at_ms, "its time runs from the bus");
    assert!(city.terminate(), "SIGTERM drains a role");
}
