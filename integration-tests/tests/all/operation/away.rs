//! A unit that can't be reached: the operation begins without it, it catches up and is not late; an
//! abort waits for it, in a list that an operator sees, and it lets go when it is back.

use kit::status;
use proto::operation::{
    EndKind, MissedKind, Operation, OperationStage, ReleaseState, SettleReleaseRequest,
};

use super::people::{
    ENFORCEMENT, POLICE, TRANSPORT, after, arrives, comes, door, end, eventually, finds, is_at,
    member, night, order, part, plan, waiting,
};
use crate::{
    city::{City, Part},
    people::another,
};

/// A night in which units have four seconds to answer.
fn short(act: &str) -> proto::operation::PlanOperationRequest {
    let mut plan = night(act);
    plan.answer_within_ms = 4_000;
    plan
}

async fn planned(city: &City, act: &str) -> String {
    let taken = async || plan(city, short(act)).await;
    crate::s1::stage::until("taken", taken, Result::is_ok).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_away_is_not_late_catches_up_and_lets_go_when_it_is_back() {
    let mut city = City::new("standard", &[&[POLICE, ENFORCEMENT], &[TRANSPORT]]);
    city.becomes("dengfeng");
    city.start_all().await;
    city.kill(Part::Units(1));

    let id = planned(&city, "night").await;
    comes(&city, (POLICE, &id), "a").await.unwrap();
    comes(&city, (ENFORCEMENT, &id), "a").await.unwrap();
    let one = eventually(&city, "begun", &id, is_at(OperationStage::Started)).await;
    assert_eq!(member(&one, TRANSPORT).missed(), MissedKind::NotReached, "and not late");
    arrives(&city, (POLICE, &id)).await;
    arrives(&city, (ENFORCEMENT, &id)).await;
    city.start(Part::Units(1));
    comes(&city, (TRANSPORT, &id), "a").await.unwrap();
    arrives(&city, (TRANSPORT, &id)).await;
    let there = |one: &Operation| member(one, TRANSPORT).checked_in_at_ms > 0;
    let one = eventually(&city, "it has caught up", &id, there).await;
    assert!(member(&one, TRANSPORT).checked_in_at_ms < after(60));

    city.kill(Part::Units(1));
    // It goes on: what is for who is away waits, what the others find is in it.
    let waits = order(&city, &id, TRANSPORT, "look at the bridge").await.unwrap();
    finds(&city, (POLICE, &id), "I1").await.unwrap();
    eventually(&city, "found", &id, |one| one.findings == ["I1"]).await;
    end(&city, &id, EndKind::Aborted).await.unwrap();
    let one =
        eventually(&city, "who is away is seen", &id, |one| one.unreleased == [TRANSPORT]).await;
    assert_eq!(member(&one, POLICE).release(), ReleaseState::Done);
    assert_eq!(waiting(&city).await.concat(), id, "an operator sees it");
    let told =
        |one: &Operation| one.summary.as_ref().is_some_and(|said| said.pending == [TRANSPORT]);
    let one = eventually(&city, "summed up without it", &id, told).await;
    assert_eq!(one.stage(), OperationStage::Ended);
    let summary = one.summary.unwrap();
    assert!(!summary.late.contains(&TRANSPORT.to_owned()));
    assert_eq!((summary.orders_open, summary.findings), (vec![waits], vec!["I1".to_owned()]));
    city.start(Part::Units(1));
    part(&city, "let go", (TRANSPORT, &id), |part| part.is_released && part.reserved.is_none())
        .await;
    eventually(&city, "closed", &id, is_at(OperationStage::Closed)).await;
    assert!(waiting(&city).await.is_empty());
    assert!(city.terminate(), "SIGTERM drains a role");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_settles_what_could_not_be_undone_and_the_undo_still_arrives() {
    let mut city = City::new("standard", &[&[POLICE, ENFORCEMENT], &[TRANSPORT]]);
    city.becomes("dengfeng");
    city.start_all().await;
    let id = planned(&city, "night").await;
    for unit in [POLICE, ENFORCEMENT, TRANSPORT] {
        comes(&city, (unit, &id), "a").await.unwrap();
    }
    eventually(&city, "begun", &id, is_at(OperationStage::Started)).await;
    city.kill(Part::Units(1));
    end(&city, &id, EndKind::Aborted).await.unwrap();
    eventually(&city, "only it is away", &id, |one| one.unreleased == [TRANSPORT]).await;
    let settle = async |unit: &str| {
        let request = SettleReleaseRequest {
            command: another("li.na"),
            operation_id: id.clone(),
            unit: unit.to_owned(),
            reason: "told by telephone".into(),
        };
        door(&city, "admin/li").settle_release(request).await
    };
    let no = settle(POLICE).await.unwrap_err();
    assert_eq!(status::rejection(&no).reason, "NOTHING_WAITS");
    settle(TRANSPORT).await.unwrap();
    let one = eventually(&city, "closed", &id, is_at(OperationStage::Closed)).await;
    assert_eq!(member(&one, TRANSPORT).settled_reason, "told by telephone");
    city.start(Part::Units(1));
    part(&city, "let go", (TRANSPORT, &id), |part| part.is_released).await;
    assert_eq!(comes(&city, (TRANSPORT, &id), "b").await.unwrap_err(), "RELEASED");
    assert!(city.terminate(), "SIGTERM drains a role");
}
