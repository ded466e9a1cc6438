//! The third "not satisfied": all units and the office consult, the next round is called with it,
//! and the lead's sheet of facts is opened.

use proto::whistle::CaseStage;

use super::people::{OFFICE, People};
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_third_not_satisfied_calls_all_to_consult_and_opens_the_leads_sheet() {
    let stage = Stage::open(&[]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.raise("whistle", |_| ()).await.unwrap();
    people.rounds_in_vain(&id, 2).await;
    let case = community.until("in round 3", &id, |case| case.round == 3).await;
    assert_eq!(case.dissatisfied, 2);
    let consulted = |history: &[proto::whistle::HistoryEntry]| -> Vec<String> {
        let steps = history.iter().filter(|step| step.r#type.ends_with(".UnitsConsulted"));
        steps.map(|step| step.recipient.clone()).collect()
    };
    assert_eq!(consulted(&community.history(&id).await), [""; 0], "not before the third");
    people.round(&id, 3).await;
    community.send_back(&id, 3).await;

    let case = community.until("in round 4", &id, |case| case.round == 4).await;
    assert_eq!((case.dissatisfied, case.stage()), (3, CaseStage::Called));
    let history = community.history(&id).await;
    let mut to = consulted(&history);
    to.sort();
    // The power company has no client: what is for it is at housing's desk, once.
    assert_eq!(to, ["", OFFICE, "unit/fire_rescue", "unit/housing"]);
    let place = |kind: &str| history.iter().position(|step| step.r#type.ends_with(kind)).unwrap();
    let last_route = history.iter().rposition(|step| step.r#type.ends_with(".CaseRouted")).unwrap();
    assert!(place(".UnitsConsulted") < last_route, "before the next round");
    assert!(history[last_route].text.contains("all consult"), "{}", history[last_route].text);
    for (unit, whose) in
        [(&people.fire, ""), (&people.housing, ""), (&people.housing, "power_company")]
    {
        unit.called(&id, 4, whose).await;
    }

    let sheet = people.office.sheet(&id, "housing", |_| true).await;
    assert!(sheet.grounds.iter().any(|ground| ground.contains("3 times")), "{sheet:#?}");
    assert_eq!((sheet.judge.as_str(), sheet.owed_by.as_str()), (OFFICE, "unit/housing"));
    let steps: Vec<&str> =
        sheet.facts.iter().filter_map(|fact| fact.r#type.rsplit('.').next()).collect();
    assert_eq!(steps.iter().filter(|step| **step == "CaseSentBack").count(), 3, "{steps:?}");
    assert_eq!(steps.iter().filter(|step| **step == "CaseDeclared").count(), 3, "{steps:?}");
    for fact in &sheet.facts {
        assert!(history.iter().any(|step| step.place == fact.place && step.text == fact.text));
    }
    stage.close();
}
