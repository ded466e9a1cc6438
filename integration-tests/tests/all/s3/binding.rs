//! What binds: the office rules where its own department is no party, and who refuses against it is
//! counted, in all cases of the kind, and answers for it.

use proto::{
    accountability::{SheetFact, SheetStage},
    case::RulingBody,
    unit::TaskState,
    whistle::{Case, CaseStage},
};

use super::scene::{COMMUNITY, GOVERNMENT, OFFICE, Scene, reason};
use crate::{
    operate,
    s1::stage::Stage,
    s11::people::{Person, Unit},
};

const HAZARD: &str = "fire_hazard";

/// Housing refuses, is assigned, refuses again, and is told to lead.
async fn ruled(scene: &Scene) -> String {
    let id = scene.whistle(HAZARD, &["housing"]).await;
    let lead = scene.unit("housing");
    lead.task(&id, TaskState::Called, 1).await;
    lead.refuse(&id, "not ours", "").await.unwrap();
    // Who names nobody gives it to who assigns.
    scene.owned(&id, OFFICE, CaseStage::Assigning).await;
    scene.assign(OFFICE, &id, "housing").await;
    lead.task(&id, TaskState::Called, 3).await;
    // What a person has decided is not handed on by a refusal.
    lead.refuse(&id, "still not ours", "emergency").await.unwrap();
    scene.owned(&id, OFFICE, CaseStage::Disputed).await;
    for unit in ["housing", "emergency"] {
        scene.unit(unit).opine(&id, "not ours", "").await.unwrap();
    }
    let is_heard = |case: &Case| case.hearings.iter().all(|hearing| hearing.given_at_ms > 0);
    scene.until("heard", &id, is_heard).await;
    // To its own department the office does not give it, nor may it keep it from itself.
    let own = scene.rule(OFFICE, &id, "enforcement").await.unwrap_err();
    assert_eq!(reason(&own), "NOT_THE_RULER");
    scene.rule(OFFICE, &id, "housing").await.unwrap();
    let call = lead.task(&id, TaskState::Called, 4).await.call.unwrap();
    assert_eq!(call.bound_by(), RulingBody::Office);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_refusal_of_a_kind_of_matter_against_rulings_is_flagged_and_answered_for() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let lead = scene.unit("housing");
    for time in 1..=3_u32 {
        let id = ruled(&scene).await;
        let before = scene.owned(&id, "unit/housing", CaseStage::Called).await;
        let no = lead.refuse(&id, "we said no", "emergency").await.unwrap_err();
        assert_eq!(reason(&no), "BOUND_BY_RULING");
        let counted = |case: &Case| case.evasions.iter().any(|one| one.count == time);
        let case = scene.until("counted", &id, counted).await;
        let [evasion] = &case.evasions[..] else { panic!("{case:#?}") };
        assert_eq!((evasion.unit.as_str(), evasion.is_flagged), ("housing", time == 3));
        assert_eq!((&case.owner, case.round), (&before.owner, before.round), "it moves nothing");
        // Again it is refused, and counts no more.
        let again = lead.refuse(&id, "no", "").await.unwrap_err();
        assert_eq!(reason(&again), "BOUND_BY_RULING");
        let retyped = lead.retype(&id, "noise").await.unwrap_err();
        assert_eq!(reason(&retyped), "BOUND_BY_RULING");
        lead.task(&id, TaskState::Called, 4).await;
        lead.accept(&id).await.unwrap();
        let case = scene.until("at work", &id, |case| case.stage() == CaseStage::Working).await;
        assert_eq!(case.evasions[0].count, time);
        let refusals = scene.history(&id).await;
        let refusals = refusals.iter().filter(|entry| entry.r#type.ends_with("TaskRefused"));
        assert_eq!(refusals.count(), 3, "two that counted, and the one that did not");
        settled(&scene, &id).await;
        if time == 3 {
            answered_for(&stage, &id).await;
        }
    }
    stage.close();
}

/// Housing does what it was told, and the community is content.
async fn settled(scene: &Scene, id: &str) {
    let lead = scene.unit("housing");
    lead.rest(id).await;
    lead.declare(id).await;
    scene.until("confirming", id, |case| case.stage() == CaseStage::Confirming).await;
    scene.confirm(id, &["housing"]).await;
    scene.until("closed", id, |case| case.stage() == CaseStage::Closed).await;
}

/// The last case opens a sheet, though it was settled in time; the two before have none. The unit is
/// heard, the office decides, and it is published.
async fn answered_for(stage: &Stage, id: &str) {
    let (office, housing) = (Person::of(&stage.data, OFFICE), Unit::of(&stage.data, "housing"));
    let sheet = office.sheet(id, "housing", |_| true).await;
    let [ground] = &sheet.grounds[..] else { panic!("one ground: {sheet:#?}") };
    assert!(ground.contains("against rulings, 3 times"), "{ground}");
    let refused = |fact: &SheetFact| fact.r#type.ends_with(".TaskRefused");
    assert!(sheet.facts.iter().any(refused), "{sheet:#?}");
    let all = operate::said(&stage.data, &["accountability", "list"]);
    assert_eq!(all.len(), 1, "{all:?}");
    housing.demand(id).await;
    housing.state(id, "the pipe is another department's").await.unwrap();
    office.sheet(id, "housing", |sheet| sheet.stage() == SheetStage::Deciding).await;
    office.decide(id, "housing", "public_criticism").await.unwrap();
    office.sheet(id, "housing", |sheet| sheet.stage() == SheetStage::Closed).await;
    let entries = Person::of(&stage.data, COMMUNITY).bulletin(1).await;
    assert_eq!((entries[0].case_id.as_str(), entries[0].unit.as_str()), (id, "housing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_has_ruled_goes_before_the_conference_once() {
    let stage = Stage::open(&[]);
    let scene = Scene::of(&stage.data);
    let lead = scene.unit("housing");
    let id = ruled(&scene).await;
    lead.contest(&id).await.unwrap();
    scene.owned(&id, GOVERNMENT, CaseStage::Disputed).await;
    scene.rule(GOVERNMENT, &id, "emergency").await.unwrap();
    scene.owned(&id, "unit/emergency", CaseStage::Called).await;
    let over = lead.opine(&id, "at last", "").await.unwrap_err();
    assert_eq!(reason(&over), "DISPUTE_OVER");
    stage.close();
}
