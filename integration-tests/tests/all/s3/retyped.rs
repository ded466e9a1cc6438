//! The community chose the wrong kind of matter, or the wrong side of a border: the lead says so, it
//! is routed anew, and what was whistled is kept.

use proto::{
    unit::TaskState,
    whistle::{Case, CaseStage},
};

use super::scene::{GOVERNMENT, PIPELINE, Scene, reason};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_types_a_wrong_dispatch_anew_and_the_original_is_kept() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let id = scene.whistle("facade_worn", &["enforcement", "natural_resources", "housing"]).await;
    // The plan names three leads; the office's department is one of them.
    scene.owned(&id, GOVERNMENT, CaseStage::Assigning).await;
    scene.assign(GOVERNMENT, &id, "housing").await;
    let (lead, beside) = (scene.unit("housing"), scene.unit("natural_resources"));
    lead.task(&id, TaskState::Called, 2).await;
    lead.accept(&id).await.unwrap();
    assert_eq!(reason(&lead.retype(&id, "facade_worn").await.unwrap_err()), "SAME_ISSUE_TYPE");
    assert_eq!(reason(&lead.retype(&id, "facade").await.unwrap_err()), "UNKNOWN_ISSUE_TYPE");
    beside.task(&id, TaskState::Called, 2).await;
    assert_eq!(reason(&beside.retype(&id, PIPELINE).await.unwrap_err()), "NOT_THE_LEAD");
    lead.retype(&id, PIPELINE).await.unwrap();

    // It is routed by the kind that it is: another lead, under that kind.
    let called = scene.unit("enforcement").task(&id, TaskState::Called, 3).await;
    assert_eq!(called.call.unwrap().issue_type, PIPELINE);
    let case = scene.owned(&id, "unit/enforcement", CaseStage::Called).await;
    assert_eq!(
        (case.issue_type.as_str(), case.first_issue_type.as_str()),
        (PIPELINE, "facade_worn")
    );
    assert_eq!((case.transfers, case.parts.iter().any(|part| part.unit == "water")), (1, true));
    let history = scene.history(&id).await;
    let said = history.iter().find(|entry| entry.r#type.ends_with("CaseRetyped")).unwrap();
    assert!(said.text.contains(PIPELINE) && said.text.contains("gas pipe under it"), "{said:?}");
    assert!(history[0].text.contains("立面"), "the whistle stands as it was: {:?}", history[0]);
    stage.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_over_the_border_of_subdistricts_goes_to_who_answers_there() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let id = scene.whistle("messy_placement", &[]).await;
    let lead = scene.unit("enforcement");
    lead.task(&id, TaskState::Called, 1).await;
    let case = scene.case(&id).await;
    assert_eq!(case.territorial_owner, "unit/subdistrict_kaihua");
    lead.accept(&id).await.unwrap();
    assert_eq!(reason(&lead.relocate(&id, &case.grid).await.unwrap_err()), "SAME_ISSUE_TYPE");
    assert_eq!(reason(&lead.relocate(&id, "WS-WL-999").await.unwrap_err()), "UNKNOWN_GRID");
    lead.relocate(&id, "WS-WL-001").await.unwrap();

    // The other subdistrict answers by territory from now on; who whistled still confirms.
    let called = lead.task(&id, TaskState::Called, 2).await.call.unwrap();
    assert_eq!(
        (called.grid.as_str(), called.issue_type.as_str()),
        ("WS-WL-001", "messy_placement")
    );
    let is_there = |case: &Case| case.grid == "WS-WL-001" && case.round == 2;
    let moved = scene.until("over the border", &id, is_there).await;
    assert_eq!((moved.grid.as_str(), moved.community), ("WS-WL-001", case.community));
    assert_eq!(moved.territorial_owner, "unit/subdistrict_wolong");
    assert_eq!((moved.transfers, moved.raised_at_ms), (1, case.raised_at_ms));
    let history = scene.history(&id).await;
    let said = history.iter().find(|entry| entry.r#type.ends_with("CaseRetyped")).unwrap();
    assert!(said.text.contains("WS-WL-001") && said.text.contains("beyond the bridge"), "{said:?}");
    stage.close();
}
