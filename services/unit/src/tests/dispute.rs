//! What a desk says when it does not want a case, and what it is told then.

use domain::case::{Body, Dispute};
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
    let listed = desk.list_disputes(ListDisputesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.disputes, [said]);
    let sent = host.waiting("housing");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].id.as_str(), "c1/2/opinion/housing");
    host.end().await;
}
