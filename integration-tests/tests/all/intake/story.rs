//! One case from 12319 to its closing, with its state on both sides; the same matter is reported again
//! by 12319 ten minutes later, and the caller has the same case number.

use serde_json::json;

use super::{cases_of, feed::report, open, said, shown, told};
use crate::{
    city::Part,
    credit::outside::Act,
    people,
    s1::{
        people::{Asked as _, Community, Department},
        stage::until,
    },
};

const LEAD: &str = "public_security";

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_12319_goes_its_way_and_each_side_has_both_numbers() {
    let (mut city, feed, outside) = open(&[&[LEAD]]).await;
    let data = city.data().to_owned();
    // Who is told fails, breaks off, and takes what it had taken: each state is told once, in order.
    outside.does("states", &[Act::Say(500), Act::Reset, Act::Take, Act::Stall, Act::Take]);
    let point = json!({ "lon_e7": 1_042_440_000, "lat_e7": 233_690_000 });
    let mut first = report("12319-1", "C-0701", "532601001", Some("b25l"));
    first["point"] = point.clone();
    feed.gives(first);
    city.start_all().await;
    people::reachable(&data, &["gateway"]).await;
    let raised = async || shown(&data, "12319-1").unwrap_or_default();
    let row = until("it has a case", &raised, |row| row["state"] == "raised").await;
    let case_id = row["case_id"].as_str().unwrap().to_owned();

    let community = Community::of(&data);
    let case = community.case(&case_id).await;
    let intake = case.reports[0].intake.clone().unwrap();
    assert_eq!((intake.system.as_str(), intake.external_id.as_str()), (super::SYSTEM, "12319-1"));
    assert_eq!((case.issue_type.as_str(), case.grid.as_str()), ("signal_fault", "WS-KH-001"));

    // Ten minutes later somebody phones: no photograph, near by; no second case and no second call.
    let mut again = report("12319-2", "C-0701", "532601001", None);
    again["point"] = point;
    feed.gives(again);
    let linked = async || shown(&data, "12319-2").unwrap_or_default();
    let row = until("it is linked", &linked, |row| row["state"] == "raised").await;
    assert_eq!((row["case_id"].as_str(), &row["is_again"]), (Some(case_id.as_str()), &true.into()));
    for number in ["12319-1", "12319-2"] {
        let found = cases_of(&data, number).await;
        assert_eq!(found.iter().map(|case| case.case_id.as_str()).collect::<Vec<_>>(), [&case_id]);
    }

    let lead = Department::of(&data, LEAD);
    lead.accept(&case_id).await;
    until(
        "it is told that it is in work",
        async || told(&outside, "12319-1"),
        |all| all.iter().any(|(word, _)| word == "in_work"),
    )
    .await;
    city.kill(Part::Worker);
    lead.arrive(&case_id).await;
    lead.dispose(&case_id, "the lamp is replaced").await;
    lead.declare(&case_id).await.unwrap();
    city.start(Part::Worker);
    community.until("asked to confirm", &case_id, |case| case.confirming()).await;
    community.confirm(&case_id, &[(LEAD, 5)]).await.unwrap();
    community.until("closed", &case_id, |case| case.closed()).await;

    let words = |number: &str| -> Vec<String> {
        told(&outside, number).into_iter().map(|(word, _)| word).collect()
    };
    let is_over = |all: &Vec<String>| all.last().is_some_and(|word| word == "closed");
    for number in ["12319-1", "12319-2"] {
        until("the system is told to the end", async || words(number), is_over).await;
    }
    assert_eq!(words("12319-1"), ["taken", "called", "in_work", "declared", "closed"]);
    assert!(told(&outside, "12319-1").iter().all(|(_, case)| *case == case_id));
    let second = words("12319-2");
    assert!(
        second.len() >= 3 && second.ends_with(&["declared".into(), "closed".into()]),
        "{second:?}"
    );
    let events = outside.events("states");
    let last = events.iter().rfind(|event| event["subject"] == "12319-1").unwrap();
    assert_eq!(last["data"]["outcome"], "confirmed");
    // Nothing of persons, and nothing of what was seen, has left; and none of it was kept.
    let all = serde_json::to_string(&events).unwrap();
    assert!(!all.contains("seen as") && !all.contains("li.na"), "{all}");
    let sources = said(&data, &["sources"]);
    assert_eq!((&sources[0]["untold"], &sources[0]["waiting"]), (&0.into(), &0.into()));
    assert!(city.terminate(), "SIGTERM drains a role");
}
