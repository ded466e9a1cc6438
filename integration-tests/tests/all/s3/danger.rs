//! Gas leaks while everybody disputes: fire and emergency are called at once, the dispute goes on.

use proto::{
    case::Severity,
    unit::TaskState,
    whistle::{Case, CaseStage},
};

use super::scene::{COMMUNITY, GOVERNMENT, OFFICE, PIPELINE, Scene, reason};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn danger_during_a_dispute_calls_fire_and_emergency_at_once_and_the_dispute_goes_on() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let id = scene.whistle(PIPELINE, &["enforcement"]).await;
    for (unit, named, round) in
        [("enforcement", "natural_resources", 1), ("natural_resources", "enforcement", 2)]
    {
        scene.unit(unit).task(&id, TaskState::Called, round).await;
        scene.unit(unit).refuse(&id, "not ours", named).await.unwrap();
    }
    scene.owned(&id, GOVERNMENT, CaseStage::Disputed).await;
    let (fire, emergency) = (scene.unit("fire_rescue"), scene.unit("emergency"));
    assert!(!fire.is_called(&id).await && !emergency.is_called(&id).await);

    scene.worsen(COMMUNITY, &id, Severity::Emergency).await.unwrap();
    // No limit has passed and nobody has ruled; they are called all the same.
    for unit in [&fire, &emergency] {
        let call = unit.task(&id, TaskState::Called, 2).await.call.unwrap();
        assert!(call.is_emergency && !call.is_lead, "{call:?}");
    }
    let is_alerted = |case: &Case| case.parts.len() == 3;
    let case = scene.until("alerted", &id, is_alerted).await;
    assert_eq!((case.stage(), case.owner.as_str()), (CaseStage::Disputed, GOVERNMENT));
    assert_eq!(case.severity(), Severity::Emergency);
    let same = scene.worsen(OFFICE, &id, Severity::Serious).await.unwrap_err();
    assert_eq!(reason(&same), "SEVERITY_NOT_RAISED");
    let stranger = scene.worsen("community/kaihua_xishan", &id, Severity::Emergency).await;
    assert_eq!(reason(&stranger.unwrap_err()), "NOT_YOUR_CASE");

    // They work beside the dispute, and beside the round that ends it.
    fire.accept(&id).await.unwrap();
    for unit in ["enforcement", "natural_resources"] {
        scene.unit(unit).opine(&id, "not ours", "").await.unwrap();
    }
    let is_heard = |case: &Case| case.hearings.iter().all(|hearing| hearing.given_at_ms > 0);
    scene.until("heard", &id, is_heard).await;
    scene.rule(GOVERNMENT, &id, "enforcement").await.unwrap();
    let lead = scene.unit("enforcement");
    lead.task(&id, TaskState::Called, 3).await;
    lead.work(&id).await;
    lead.declare(&id).await;
    emergency.work(&id).await;
    let open = scene.until("emergency is done", &id, |case| {
        case.parts.iter().any(|part| part.unit == "emergency" && part.disposed_at_ms > 0)
    });
    assert_ne!(open.await.stage(), CaseStage::Confirming, "fire is still there");
    let round = fire.task(&id, TaskState::Accepted, 2).await.call.unwrap().round;
    assert_eq!(round, 2, "nobody is called twice");
    fire.rest(&id).await;
    scene.until("asked", &id, |case| case.stage() == CaseStage::Confirming).await;
    scene.confirm(&id, &["enforcement", "emergency", "fire_rescue"]).await;
    scene.until("closed", &id, |case| case.stage() == CaseStage::Closed).await;
    stage.close();
}
