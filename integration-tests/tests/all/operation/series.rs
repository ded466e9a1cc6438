//! Standing operations (常态化联合执法): the next of a series is planned once, on a day that is not free.

use domain::moment::Moment;
use proto::operation::{
    EndKind, EndOperationRequest, FreeDays, Operation, OperationStage, PlanOperationRequest, Repeat,
};

use super::people::{after, comes, door, eventually, is_at, member, night, plan_as, seen};
use crate::{people::another, program::root, s13::stage::Stage};

const OFFICE: &str = "office/um_committee_office";

/// Checks of the template, with 生态环境, which is not in the document's list, as the measuring side.
fn checks(act: &str) -> PlanOperationRequest {
    let mut plan = night(act);
    plan.kind = "exhaust_checks".into();
    (plan.subdistricts, plan.grids) = (vec![], vec!["WH-DZ-001".into()]);
    plan.needs[0].unit = "environment".into();
    plan.is_single = false;
    plan
}

/// Whether anybody works in Wuhan on that day.
fn is_worked(ms: i64) -> bool {
    let files = kit::pack::files(&root().join("deploy/cities/wuhan")).unwrap();
    let calendar = domain::pack::load(&files).unwrap().calendar;
    !calendar.hours(calendar.day_of(Moment(ms))).is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_says_how_often_and_the_plan_may_say_otherwise() {
    let stage = Stage::open("wuhan", |_| ()).await;
    let id = plan_as(&stage, OFFICE, checks("weekly")).await.unwrap();
    let repeat = seen(&stage, OFFICE, &id).await.unwrap().plan.unwrap().repeat.unwrap();
    assert_eq!((repeat.every_days, repeat.free_days()), (7, FreeDays::Skip));
    let single = PlanOperationRequest { is_single: true, ..checks("single") };
    let id = plan_as(&stage, OFFICE, single).await.unwrap();
    assert_eq!(seen(&stage, OFFICE, &id).await.unwrap().plan.unwrap().repeat, None);
    stage.close().await;
}

async fn ends(stage: &Stage, id: &str, is_series: bool) {
    let request = EndOperationRequest {
        command: another("li.na"),
        operation_id: id.to_owned(),
        how: EndKind::Stopped.into(),
        reason: "done".into(),
        is_series,
    };
    door(stage, OFFICE).end_operation(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn exhaust_checks_in_wuhan_recur_once_each_until_the_series_is_ended() {
    let mut stage = Stage::open("wuhan", |_| ()).await;
    let mut first = checks("exhaust");
    // Every day, and free days are passed over.
    let free_days = FreeDays::Skip.into();
    first.repeat = Some(Repeat { every_days: 1, free_days, ..Repeat::default() });
    let (from, length) = (first.from_ms, first.to_ms - first.from_ms);
    let id = plan_as(&stage, OFFICE, first).await.unwrap();
    for unit in ["traffic_police", "environment", "enforcement", "transport", "urban_construction"]
    {
        comes(&stage, (unit, &id), "a").await.unwrap();
    }
    eventually(&stage, "begun", &id, is_at(OperationStage::Started)).await;
    ends(&stage, &id, false).await;
    eventually(&stage, "closed", &id, is_at(OperationStage::Closed)).await;
    stage.restart().await;

    let second = format!("{id}.2");
    let called = |one: &Operation| one.members.len() == 5 && one.stage() == OperationStage::Calling;
    let next = eventually(&stage, "planned", &second, called).await;
    let plan = next.plan.clone().unwrap();
    let days = (plan.from_ms - from) / 86_400_000;
    assert!(is_worked(plan.from_ms) && (1..=15).contains(&days), "on a working day");
    let passed = (1..days).filter(|day| is_worked(from + day * 86_400_000)).count();
    assert_eq!((passed, plan.to_ms - plan.from_ms), (0, length), "the first of them, as long");
    assert_eq!((plan.series.as_str(), plan.occurrence), (id.as_str(), 2));
    assert!(member(&next, "traffic_police").need.as_ref().unwrap().is_must);
    comes(&stage, ("traffic_police", &second), "a").await.unwrap();
    assert!(after(0) < plan.from_ms, "it is ended before it begins");
    ends(&stage, &second, true).await;
    let closed = eventually(&stage, "closed", &second, is_at(OperationStage::Closed)).await;
    assert_eq!(closed.summary.unwrap().absent, ["traffic_police"]);
    let none = seen(&stage, "admin/li", &format!("{id}.3")).await.unwrap_err();
    assert_eq!(none.code(), tonic::Code::NotFound, "the series is ended");
    stage.close().await;
}
