//! A refusal has a reason, and a case that is handed on too often is in dispute by itself.

use proto::{unit::TaskState, whistle::CaseStage};

use super::scene::{GOVERNMENT, PIPELINE, Scene, reason};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_without_a_reason_is_rejected_and_the_task_stands() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let id = scene.whistle(PIPELINE, &["enforcement"]).await;
    let lead = scene.unit("enforcement");
    lead.task(&id, TaskState::Called, 1).await;
    for nothing in ["", " \n"] {
        let no = lead.refuse(&id, nothing, "natural_resources").await.unwrap_err();
        assert_eq!(no.code(), tonic::Code::InvalidArgument);
        assert_eq!(reason(&no), "REASON_MISSING");
    }
    lead.task(&id, TaskState::Called, 1).await;
    let history = scene.history(&id).await;
    assert!(!history.iter().any(|entry| entry.r#type.ends_with("TaskRefused")), "{history:#?}");
    // With a reason it counts.
    lead.refuse(&id, "not ours", "natural_resources").await.unwrap();
    scene.owned(&id, "unit/natural_resources", CaseStage::Called).await;
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_round_between_units_is_in_dispute_when_it_was_handed_on_often_enough() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let id = scene.whistle(PIPELINE, &["enforcement"]).await;
    let round = [("enforcement", "natural_resources"), ("natural_resources", "housing")];
    for ((unit, named), round) in round.into_iter().zip(1..) {
        scene.unit(unit).task(&id, TaskState::Called, round).await;
        scene.unit(unit).refuse(&id, "not ours", named).await.unwrap();
    }
    let last = scene.unit("housing");
    last.task(&id, TaskState::Called, 3).await;
    scene.owned(&id, "unit/housing", CaseStage::Called).await;
    last.refuse(&id, "not ours", "water").await.unwrap();
    let case = scene.owned(&id, GOVERNMENT, CaseStage::Disputed).await;
    assert_eq!(case.transfers, 2, "as often as the pack allows");
    let asked: Vec<&str> = case.hearings.iter().map(|hearing| hearing.unit.as_str()).collect();
    assert_eq!(asked, ["enforcement", "housing", "natural_resources", "water"]);
    // Who was only named is asked, and was never called.
    assert!(scene.unit("water").dispute(&id).await.reason.contains("water"));
    assert!(!scene.unit("water").is_called(&id).await);
    stage.close();
}
