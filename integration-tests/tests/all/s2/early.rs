//! A direct report before its time, or before any department was called: the unmet condition is named.

use kit::status;
use proto::whistle::{CaseStage, DirectReportCondition, DirectReportState};

use super::people::{Voice, direct, heap};
use crate::s1::{
    people::{COMMUNITY, Community},
    stage::{LONG, Stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_too_early_is_refused_with_what_is_missing() {
    let stage = Stage::open(&[("direct", "1s,0s,0s"), ("answer", LONG)]);
    let (community, at_desk) = (Community::of(&stage.data), Voice::of(&stage.data, COMMUNITY));

    // Several units could lead, and nobody has named one: no department has it yet.
    let unassigned = community.raise("facade", 2, |request| {
        request.issue_type = "facade_worn".into();
        request.called_units = vec![];
    });
    let id = unassigned.await.unwrap().case_id;
    let case = community.until("waiting", &id, |case| case.stage() == CaseStage::Assigning).await;
    assert_eq!(direct(&case).state(), DirectReportState::Closed);
    assert_eq!(direct(&case).unmet(), DirectReportCondition::NotCalled);
    let no = status::rejection(&at_desk.report("report-facade", &id).await.unwrap_err());
    assert_eq!(
        (no.reason.as_str(), no.field.as_str()),
        ("NOT_REPORTED_TO_A_DEPARTMENT", "case_id")
    );

    // Housing is called, and has its time.
    let id = heap(&community, "heap").await;
    let is_called =
        |case: &proto::whistle::Case| case.parts.first().is_some_and(|part| part.called_at_ms > 0);
    let case = community.until("called", &id, is_called).await;
    assert_eq!(direct(&case).unmet(), DirectReportCondition::StillInTime);
    assert_eq!(direct(&case).unit, "housing");
    // To accept, arrive and dispose, 30 min each, and one second more.
    let opens = case.parts[0].called_at_ms + 3 * 1_800_000 + 1_000;
    assert_eq!(direct(&case).opens_at_ms, opens);
    let no = status::rejection(&at_desk.report("report-heap", &id).await.unwrap_err());
    assert_eq!(no.reason, "TOO_EARLY");
    assert!(no.message.contains("housing still has time"), "{}", no.message);

    // Nothing was taken: it can be withdrawn, and then nobody reports it.
    at_desk.withdraw("withdraw", &id).await.unwrap();
    let no = status::rejection(&at_desk.report("late", &id).await.unwrap_err());
    assert!(["CASE_WITHDRAWN", "CASE_CLOSED"].contains(&no.reason.as_str()), "{no}");
    stage.close();
}
