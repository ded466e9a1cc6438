//! The flow: dispatched under C03, refused, handed on, refused again, disputed, ruled, contested,
//! decided by the joint conference, done, and kept for the next time.

use proto::{
    case::{Outcome, RulingBody},
    unit::TaskState,
    whistle::{Case, CaseStage},
};

use super::scene::{GOVERNMENT, OFFICE, PIPELINE, Scene, reason};
use crate::s1::stage::Stage;

/// From the whistle to the dispute: both have refused, each with its reason.
async fn disputed(scene: &Scene) -> String {
    let id = scene.whistle(PIPELINE, &["enforcement", "housing"]).await;
    let (first, second) = (scene.unit("enforcement"), scene.unit("natural_resources"));
    first.task(&id, TaskState::Called, 1).await;
    scene.owned(&id, "unit/enforcement", CaseStage::Called).await;
    assert!(!second.is_called(&id).await, "nobody who was not called hears of it");
    first.refuse(&id, "not ours: compound building, C05", "natural_resources").await.unwrap();

    // It goes to whom the first one named, and the clock of the public goes on.
    let call = second.task(&id, TaskState::Called, 2).await.call.unwrap();
    assert!(call.is_lead);
    let case = scene.owned(&id, "unit/natural_resources", CaseStage::Called).await;
    assert_eq!((case.transfers, case.refused_by.as_slice()), (1, &["enforcement".to_owned()][..]));
    second.refuse(&id, "the pipe makes it C03", "enforcement").await.unwrap();

    // Back to who has refused it, it never goes. The office's own department is a party.
    let case = scene.owned(&id, GOVERNMENT, CaseStage::Disputed).await;
    assert_eq!(case.refused_by, ["enforcement", "natural_resources"]);
    id
}

async fn opinions(scene: &Scene, id: &str) {
    let (first, second) = (scene.unit("enforcement"), scene.unit("natural_resources"));
    let asked = first.dispute(id).await;
    assert!(asked.due_at_ms > asked.asked_at_ms && asked.owner == GOVERNMENT, "{asked:?}");
    first.opine(id, "a building of the compound", "natural_resources").await.unwrap();
    let twice = first.opine(id, "once more", "").await.unwrap_err();
    assert_eq!(reason(&twice), "OPINION_GIVEN");
    let early = scene.rule(GOVERNMENT, id, "natural_resources").await.unwrap_err();
    assert_eq!(reason(&early), "OPINIONS_OUTSTANDING", "both are heard first");

    // The other one says nothing, which is recorded, and then late all the same.
    let is_silent = |case: &Case| case.hearings.iter().any(|hearing| hearing.silent_at_ms > 0);
    let case = scene.until("silent", id, is_silent).await;
    let of = |unit: &str| {
        let hearing = case.hearings.iter().find(|hearing| hearing.unit == unit).unwrap();
        (hearing.given_at_ms > 0, hearing.silent_at_ms > 0)
    };
    assert_eq!(of("enforcement"), (true, false));
    assert_eq!(of("natural_resources"), (false, true));
    second.opine(id, "of the pipe", "enforcement").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_twice_it_is_disputed_ruled_contested_and_the_conference_binds() {
    let stage = Stage::open(&[("opinion", "20s,1s,0s")]);
    let scene = Scene::of(&stage.data);
    let id = disputed(&scene).await;
    opinions(&scene, &id).await;

    // Where its own department is a party, the office rules nothing.
    let own = scene.rule(OFFICE, &id, "natural_resources").await.unwrap_err();
    assert_eq!(reason(&own), "NOT_THE_RULER");
    assert_eq!(scene.rule(GOVERNMENT, &id, "natural_resources").await.unwrap(), 3);
    let lead = scene.unit("natural_resources");
    let call = lead.task(&id, TaskState::Called, 3).await.call.unwrap();
    assert_eq!((call.is_lead, call.bound_by()), (true, RulingBody::Government));
    lead.contest(&id).await.unwrap();

    // It is on the agenda, with what everybody has said.
    let case = scene.owned(&id, GOVERNMENT, CaseStage::Disputed).await;
    assert_eq!(case.round, 3);
    let agenda = scene.agenda().await;
    let [item] = &agenda[..] else { panic!("{agenda:#?}") };
    assert_eq!((item.case_id.as_str(), item.contest.as_str()), (&*id, "the pipe was there first"));
    assert!(item.question.contains("市自然资源局") && item.due_at_ms > 0, "{item:#?}");
    let said: Vec<(&str, &str, bool)> = item
        .opinions
        .iter()
        .map(|said| (said.unit.as_str(), said.text.as_str(), said.is_silent))
        .collect();
    let right = [
        ("enforcement", "a building of the compound", false),
        ("natural_resources", "", true),
        ("natural_resources", "of the pipe", false),
    ];
    assert_eq!(said, right);
    assert_eq!(item.ruling.as_ref().map(|ruling| ruling.body()), Some(RulingBody::Government));
    let office = scene.rule(OFFICE, &id, "natural_resources").await.unwrap_err();
    assert_eq!(reason(&office), "NOT_THE_RULER", "the government enters what was decided");
    assert_eq!(scene.rule(GOVERNMENT, &id, "natural_resources").await.unwrap(), 4);

    // What the conference has decided is the last word.
    let call = lead.task(&id, TaskState::Called, 4).await.call.unwrap();
    assert_eq!(call.bound_by(), RulingBody::Conference);
    assert_eq!(reason(&lead.contest(&id).await.unwrap_err()), "RULING_IS_FINAL");
    assert!(scene.agenda().await.is_empty());
    scene.unit("housing").task(&id, TaskState::Called, 4).await;
    for unit in ["natural_resources", "housing"] {
        scene.unit(unit).work(&id).await;
    }
    lead.declare(&id).await;
    scene.until("asked", &id, |case| case.stage() == CaseStage::Confirming).await;
    scene.confirm(&id, &["natural_resources", "housing"]).await;
    let case = scene.until("closed", &id, |case| case.stage() == CaseStage::Closed).await;
    assert_eq!((case.outcome(), case.round), (Outcome::Confirmed, 4));

    kept(&scene, &id).await;
    always_owned(&scene, &id).await;
    stage.close();
}

/// Both rulings are kept with their reasons; the one that was contested is no rule for others.
async fn kept(scene: &Scene, id: &str) {
    let kept = scene.precedents(PIPELINE).await;
    let [first, last] = &kept[..] else { panic!("{kept:#?}") };
    assert_eq!((first.body(), first.is_contested), (RulingBody::Government, true));
    assert_eq!((last.body(), last.is_contested), (RulingBody::Conference, false));
    assert_eq!((last.case_id.as_str(), last.lead.as_str()), (id, "natural_resources"));
    assert_eq!(last.reason, "the shed is a building of the compound");
    assert!(last.basis.contains(id) && last.basis.contains("joint conference"), "{last:?}");
    assert!(scene.precedents("noise").await.is_empty());
}

/// After every step somebody owned the case, and the public had waited since the whistle.
async fn always_owned(scene: &Scene, id: &str) {
    let states = scene.states(id).await;
    let raised = states[0].raised_at_ms;
    assert!(raised > 0);
    let mut owners: Vec<&str> = Vec::new();
    for case in &states {
        assert_eq!(case.raised_at_ms, raised, "{case:#?}");
        let owner = case.owner.as_str();
        let of_stage = match case.stage() {
            CaseStage::Raised => owner == "service/worker",
            CaseStage::Assigning | CaseStage::Disputed => owner.starts_with("office/"),
            _ => owner.starts_with("unit/"),
        };
        assert!(of_stage, "{owner} owns {:?}", case.stage());
        if owners.last() != Some(&owner) {
            owners.push(owner);
        }
    }
    let right = [
        "service/worker",
        "unit/enforcement",
        "unit/natural_resources",
        GOVERNMENT,
        "unit/natural_resources",
        GOVERNMENT,
        "unit/natural_resources",
    ];
    assert_eq!(owners, right);
}
