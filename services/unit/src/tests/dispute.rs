//! What a desk says when it does not want a case, and what it is told then.

use domain::case::{Body, Dispute, Ladder, Outcome};
use proto::unit::{
    ContestRulingRequest, GiveOpinionRequest, ListDisputesRequest, RefuseTaskRequest, Task,
    TaskState,
};

use super::{desk::Desk, *};

fn opened(round: u32, units: &[&str]) -> Fact {
    let units = units.iter().map(|unit| unit.parse().unwrap()).collect();
    let (reason, owner) = ("nobody wants it".into(), "office/o".parse().unwrap());
    Fact::Dispute(Dispute::Opened { round, units, reason, owner, within_ms: 1_000 })
}

fn ruled(unit: &str) -> Fact {
    let Fact::Called(call) = call(unit, unit, 2) else { unreachable!() };
    Fact::Called(domain::case::fact::Called { bound_by: Some(Body::Office), ..call })
}

async fn refuse(desk: &mut Desk, id: &str) -> Result<Task, Status> {
    let request = RefuseTaskRequest {
        command: asks(id),
        case_id: "c1".into(),
        reason: "not ours".into(),
        named_unit: String::new(),
        ..Default::default()
    };
    Ok(desk.refuse_task(request).await?.into_inner().task.unwrap())
}

async fn opine(desk: &mut Desk, id: &str, named: &str) -> Result<proto::unit::Dispute, Status> {
    let request = GiveOpinionRequest {
        command: asks(id),
        case_id: "c1".into(),
        text: "theirs".into(),
        named_unit: named.into(),
    };
    Ok(desk.give_opinion(request).await?.into_inner().dispute.unwrap())
}

/// The cases of the disputes that are listed.
async fn listed(desk: &mut Desk, case_id: &str, is_waiting: bool) -> Vec<String> {
    let request = ListDisputesRequest { page: None, is_waiting, case_id: case_id.into() };
    let answer = desk.list_disputes(request).await.unwrap().into_inner();
    answer.disputes.into_iter().map(|dispute| dispute.case_id).collect()
}

#[tokio::test]
async fn a_refusal_against_a_ruling_is_sent_once_and_answered_no_each_time() {
    let town = Town::new();
    let host = town.start(&["enforcement"]).await;
    host.hears("enforcement", 1, "c1", &ruled("enforcement")).await;
    let mut desk = host.desk(&town, "enforcement");
    for id in ["r1", "r1", "r2"] {
        assert_eq!(reason(&refuse(&mut desk, id).await.unwrap_err()), "BOUND_BY_RULING", "{id}");
    }
    let sent = host.waiting("enforcement");
    assert_eq!(sent.len(), 1, "it is on record once: {sent:?}");
    assert!(sent[0].kind.ends_with("TaskRefused"));
    let contest = ContestRulingRequest {
        command: asks("contest"),
        case_id: "c1".into(),
        reason: "no".into(),
    };
    let task = desk.contest_ruling(contest).await.unwrap().into_inner().task.unwrap();
    assert_eq!(task.state(), TaskState::Contested);
    host.end().await;
}

#[tokio::test]
async fn who_is_asked_says_it_once_also_without_a_task_until_it_is_ruled() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    assert_eq!(reason(&opine(&mut desk, "o1", "").await.unwrap_err()), "UNKNOWN_DISPUTE");
    // One that asks others is none of its affair.
    host.hears("housing", 1, "c1", &opened(2, &["enforcement"])).await;
    assert_eq!(reason(&opine(&mut desk, "o1", "").await.unwrap_err()), "UNKNOWN_DISPUTE");
    host.hears("housing", 2, "c1", &opened(2, &["enforcement", "housing"])).await;
    assert_eq!(reason(&opine(&mut desk, "o1", "nobody").await.unwrap_err()), "UNKNOWN_UNIT");
    let said = opine(&mut desk, "o1", "housing").await.unwrap();
    assert_eq!((said.text.as_str(), said.named_unit.as_str()), ("theirs", "housing"));
    assert_eq!(opine(&mut desk, "o1", "housing").await.unwrap(), said, "a repeat");
    assert_eq!(reason(&opine(&mut desk, "o2", "").await.unwrap_err()), "OPINION_GIVEN");
    assert_eq!(listed(&mut desk, "", false).await, ["c1"]);
    let sent = host.waiting("housing");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].id.as_str(), "c1/2/opinion/housing");
    host.end().await;
}

#[tokio::test]
async fn what_waits_for_the_unit_is_listed_by_itself_and_each_case_is_found() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    for (number, case) in (1..).zip(["c1", "c12", "c2"]) {
        host.hears("housing", number, case, &opened(2, &["housing"])).await;
    }
    assert_eq!(listed(&mut desk, "", true).await, ["c1", "c12", "c2"]);
    assert_eq!(listed(&mut desk, "c1", true).await, ["c1"], "and none whose number begins so");
    assert_eq!(listed(&mut desk, "c", false).await, [""; 0]);
    opine(&mut desk, "o1", "").await.unwrap();
    assert_eq!(listed(&mut desk, "", true).await, ["c12", "c2"], "it has said its word");
    assert_eq!(listed(&mut desk, "c1", true).await, [""; 0]);
    assert_eq!(listed(&mut desk, "c1", false).await, ["c1"]);
    let page = Some(proto::page::Page { size: 1, token: String::new() });
    let request = ListDisputesRequest { page, is_waiting: true, ..Default::default() };
    let first = desk.list_disputes(request).await.unwrap().into_inner();
    let page = Some(proto::page::Page { size: 9, token: first.next_token });
    let request = ListDisputesRequest { page, is_waiting: true, ..Default::default() };
    let rest = desk.list_disputes(request).await.unwrap().into_inner();
    let cases = |found: &[proto::unit::Dispute]| found[0].case_id.clone();
    assert_eq!((cases(&first.disputes), cases(&rest.disputes)), ("c12".into(), "c2".into()));
    host.end().await;
}

#[tokio::test]
async fn nobody_asks_any_more_when_the_case_is_closed_or_goes_on_otherwise() {
    let town = Town::new();
    let host = town.start(&["housing"]).await;
    let mut desk = host.desk(&town, "housing");
    let instructed = Ladder::Instructed {
        round: 3,
        lead: "enforcement".parse().unwrap(),
        cooperating: vec![],
        within_ms: 1_000,
        text: "today".into(),
        instructed_by: "office/g".parse().unwrap(),
    };
    let closed = Fact::Closed { round: 2, outcome: Outcome::Withdrawn };
    let ends = [
        ("closed", "service/worker", closed),
        ("instructed", "service/gateway", Fact::Ladder(instructed)),
        ("called", "service/worker", call("housing", "enforcement", 3)),
        ("beside", "service/worker", call("housing", "enforcement", 2)),
    ];
    for (number, (case, source, end)) in (1..).step_by(2).zip(ends) {
        host.hears("housing", number, case, &opened(2, &["housing"])).await;
        host.hears_from(source, "housing", number + 1, case, &end).await;
    }
    assert_eq!(listed(&mut desk, "", true).await, ["beside"], "a call of its round ends nothing");
    host.end().await;
}
