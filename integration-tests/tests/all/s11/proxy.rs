//! The power company is no government unit and has no client: the lead acts in its place, marked so.

use proto::whistle::Case;

use super::people::People;
use crate::s1::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_handles_the_power_companys_task_and_the_history_says_so() {
    let stage = Stage::open(&[("accept", "20s,10s,1s")]);
    let people = People::of(&stage.data);
    let community = &people.community;
    let id = community.raise("whistle", |_| ()).await.unwrap();
    let doors = std::fs::read_to_string(stage.data.join("endpoints.json")).unwrap();
    assert!(!doors.contains("power_company"), "it has no door");

    let task = people.housing.called(&id, 1, "power_company").await;
    assert!(task.call.unwrap().by_proxy);
    let own = people.housing.called(&id, 1, "").await;
    assert!(!own.call.unwrap().by_proxy);
    for unit in [&people.housing, &people.fire] {
        unit.accept(&id, 1, "").await;
    }
    // Its limit runs, and the lead is told in its place; it is nobody's lateness but shown as its part.
    let is_urged = |case: &Case| case.parts.iter().any(|part| part.urgings > 0);
    let case = community.until("urged", &id, is_urged).await;
    let part = case.parts.iter().find(|part| part.unit == "power_company").unwrap();
    assert_eq!((part.proxy.as_str(), part.urgings), ("housing", 1));
    let history = community.history(&id).await;
    let urged = history.iter().find(|step| step.r#type.ends_with(".Urged")).unwrap();
    assert_eq!(urged.recipient, "unit/housing");

    people.housing.work(&id, 1, "power_company").await;
    let is_done = |case: &Case| {
        case.parts.iter().any(|part| part.unit == "power_company" && part.disposed_at_ms > 0)
    };
    community.until("done for it", &id, is_done).await;
    let history = community.history(&id).await;
    let acts: Vec<_> =
        history.iter().filter(|step| step.r#type.ends_with(".ActedByProxy")).collect();
    assert_eq!(acts.len(), 3, "accepted, arrived, disposed");
    for step in acts {
        assert_eq!(step.source, "unit/housing");
        assert_eq!(step.actor, "officer.housing");
        assert_eq!(step.on_behalf_of, "unit/power_company");
        assert!(step.text.contains("in whose place"), "{}", step.text);
    }
    stage.close();
}
