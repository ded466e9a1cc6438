//! A cooperating unit finishes and the lead does not: the case stays open, and only the lead is late.

use proto::{
    case::Duty,
    whistle::{Case, CaseStage, Part},
};

use super::{
    people::{Asked, People},
    stage::Stage,
};

fn parts(case: &Case) -> (&Part, &Part) {
    let [lead, cooperating] = &case.parts[..] else { panic!("{case:#?}") };
    assert!(lead.is_lead && !cooperating.is_lead);
    (lead, cooperating)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_lead_is_reminded_and_urged_and_the_case_stays_open() {
    let stage = Stage::open(&[("dispose", "30s,15s,1s")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.whistle().await;
    for unit in [&people.lead, &people.cooperating] {
        unit.accept(&id).await;
    }
    people.cooperating.arrive(&id).await;
    people.cooperating.dispose(&id, "licences checked").await;
    people.lead.arrive(&id).await;

    let is_urged = |case: &Case| case.parts.iter().any(|part| part.is_lead && part.urgings > 0);
    let case = community.until("urged", &id, is_urged).await;
    let (lead, cooperating) = parts(&case);
    assert_eq!((lead.reminders, lead.urgings), (1, 1), "first reminded, then urged");
    assert!(cooperating.disposed_at_ms > 0 && cooperating.reminders + cooperating.urgings == 0);
    assert_eq!((case.stage(), case.closed_at_ms), (CaseStage::Working, 0));
    let owed: Vec<_> = case.owed.iter().map(|owed| (owed.party.as_str(), owed.duty())).collect();
    assert_eq!(owed, [("unit/enforcement", Duty::Dispose)]);
    let history = community.history(&id).await;
    let rungs = history
        .iter()
        .filter(|entry| entry.r#type.ends_with(".Reminded") || entry.r#type.ends_with(".Urged"));
    let told: Vec<&str> = rungs.map(|entry| entry.recipient.as_str()).collect();
    assert_eq!(told, ["unit/enforcement"; 2]);

    // Late is not never.
    people.lead.dispose(&id, "stalls moved to the diversion point").await;
    people.lead.declare(&id).await.unwrap();
    people.confirm(&id).await;
    let case = community.until("closed", &id, Asked::closed).await;
    assert_eq!(parts(&case).0.urgings, 1);
    stage.close();
}
