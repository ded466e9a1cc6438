//! `muster where`: of any envelope or case, where it is, since when, who owes, what happens next.

use proto::whistle::CaseStage;

use super::{bus, letters, letters::Letters, one, refused, said, shown, until};
use crate::{
    city::{City, Part},
    people::{eventually, reachable, whistle},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_is_found_by_each_of_its_names_and_says_who_owes() {
    let city = bus();
    let data = city.data().to_owned();
    let mut letters = Letters::new(&data).await;
    let places = letters.send("unit/housing", "case/wenshan/a", 2).await;
    letters.send("unit/housing", "case/wenshan/b", 1).await;
    let find = |name: &str| one(&said(&data, &["where", name]), "envelope").clone();
    let first = find("service/worker/unit/housing/1");
    assert_eq!((&first["place"], &first["state"]), (&places[0].into(), &"WAITING".into()));
    assert_eq!(first["owed_by"][0], "unit/housing");
    assert!(first["next_zh"].as_str().unwrap().contains("签收"), "{first}");
    assert_eq!(find(&places[0].to_string()), first);
    assert_eq!(find("letter/unit/housing/1"), first, "by its id");
    let behind = find("letter/unit/housing/2");
    assert_eq!((&behind["state"], &behind["behind_place"]), (&"BEHIND".into(), &places[0].into()));

    letters::park(&data, "unit/housing", "no").await;
    let text = shown(&data, &["where", "service/worker/unit/housing/1"]);
    for words in [
        "it is parked and waits for a person 滞留",
        "owes   office/leading_group_office",
        "puts it back or skips it",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
    for (name, why) in [
        ("service/worker/unit/housing/9", "has it still and owes it"),
        ("1000000", "no envelope at this place"),
        ("no.such.id", "no envelope of this id"),
        ("20261122-7QK3M9ZT", "there is no case"),
    ] {
        let said = refused(&data, &["where", name]);
        assert!(said.contains(why), "{name}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_says_its_stage_and_which_of_its_envelopes_are_under_way() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    let data = city.data().to_owned();
    city.start_temporal().await;
    city.start(Part::Gateway);
    reachable(&data, &["gateway"]).await;
    let case_id = whistle(&data).await;
    let found = said(&data, &["where", &case_id]);
    assert_eq!(one(&found, "case")["is_on_bus"], false);
    assert_eq!(one(&found, "away")["who"], "bus", "the ledger is said though the bus is down");

    city.start(Part::Bus);
    let open = |found: &Vec<serde_json::Value>| found.iter().any(|one| one["event"] == "envelope");
    let found = until(|| said(&data, &["where", &case_id]), open).await;
    let owed = &found.iter().find(|one| one["event"] == "envelope").unwrap()["owed_by"];
    assert!(owed.as_array().unwrap().contains(&"service/worker".into()), "{found:?}");

    // The unit is down: its call waits for it.
    city.start(Part::Worker);
    eventually(&data, &case_id, CaseStage::Called).await;
    let is_waiting = |found: &Vec<serde_json::Value>| {
        found.iter().any(|one| one["state"] == "WAITING" && one["recipient"] == "unit/enforcement")
    };
    let found = until(|| said(&data, &["where", &case_id]), is_waiting).await;
    let case = one(&found, "case");
    assert_eq!((&case["stage"], &case["owner"]), (&"CALLED".into(), &"unit/enforcement".into()));
    assert_eq!(case["owed"][0]["duty_zh"], "报到或说明理由");
    let text = shown(&data, &["where", &case_id]);
    for words in ["案件", "待报到", "unit/enforcement must report for duty or refuse", "under way"]
    {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}
