//! Housing answers a moment before the report arrives: the report stands, and is marked.

use proto::whistle::{Case, CaseStage, DirectReportState};

use super::people::{GOVERNMENT, LATE, Voice, direct, opened, reason, reported, stuck};
use crate::s1::{
    people::{Asked, COMMUNITY},
    stage::Stage,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_stands_though_the_unit_has_answered_just_before() {
    let stage = Stage::open(&LATE);
    let (community, housing, id) = stuck(&stage).await;
    opened(&community, &id).await;
    housing.finish(&id, 1).await;
    let case = community.until("asked to confirm", &id, Asked::confirming).await;
    assert_eq!(direct(&case).state(), DirectReportState::Open, "the right is not taken away");
    let at_desk = Voice::of(&stage.data, COMMUNITY);
    assert_eq!(at_desk.report("report", &id).await.unwrap(), 1);

    let case = reported(&community, &id).await;
    assert!(direct(&case).is_answered_before, "{case:#?}");
    assert_eq!(direct(&case).against, ["housing"]);
    let history = community.history(&id).await;
    let filed = history.iter().find(|entry| entry.r#type.ends_with(".ReportedToGovernment"));
    let text = &filed.unwrap().text;
    assert!(text.contains("(answered before receipt)"), "{text}");
    // It waits for the answer like any other: not even the community's own word closes it.
    let early = community.confirm(&id, &[("housing", 5)]).await;
    assert_eq!(reason(early), "UNDER_DIRECT_REPORT");
    assert_eq!(community.case(&id).await.stage(), CaseStage::Confirming);
    let government = Voice::of(&stage.data, GOVERNMENT);
    assert_eq!(government.instruct("instruct", &id, "housing").await.unwrap(), 2);
    let is_answered = |case: &Case| direct(case).state() == DirectReportState::Answered;
    let case = community.until("answered", &id, is_answered).await;
    assert!(direct(&case).is_answered_before, "the mark stays");
    stage.close();
}
