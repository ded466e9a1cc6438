//! The story, as a newcomer runs it.

use serde_json::Value;

use crate::program::{objects, output, processes};

/// Every number of the summary, and the event of the story that drives it above zero.
const DRIVEN_BY: [(&str, &str); 6] = [
    ("cases_closed", "case_closed"),
    ("messages_sent", "step"),
    ("messages_applied", "step"),
    ("duplicates_suppressed", "whistle_repeated"),
    ("temporal_writes_per_case", "case_closed"),
    ("history_events_per_case", "case_closed"),
];

/// Fails for a number without a driver, for a driver without a number, and for a zero.
fn check_driven(objects: &[Value]) {
    let summary = objects.last().unwrap().as_object().unwrap();
    let numbers = summary.iter().filter(|(_, value)| value.is_number());
    let mut numbers: Vec<&str> = numbers.map(|(name, _)| name.as_str()).collect();
    numbers.sort_unstable();
    let mut driven = DRIVEN_BY.map(|(name, _)| name);
    driven.sort_unstable();
    assert_eq!(numbers, driven, "each number has its driver");
    for (name, event) in DRIVEN_BY {
        assert!(objects.iter().any(|object| object["event"] == event), "{event} drives {name}");
        assert!(summary[name].as_f64().unwrap() > 0.0, "{name} is not driven by {event}");
    }
}

#[test]
fn the_story_ends_well_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let path = data.to_str().unwrap();
    let said = output(&["demo", "--exit", "--output", "json", "--data", path]);
    let why = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{why}");

    let objects = objects(&said);
    let summary = objects.last().unwrap();
    assert_eq!(summary["event"], "summary");
    // One case in detail and one of each issue type.
    assert_eq!(summary["cases_closed"], 71);
    for count in ["messages_sent", "messages_applied"] {
        assert!(summary[count].as_u64().unwrap() > 71, "{summary}");
    }
    check_driven(&objects);
    let closed = objects.iter().filter(|object| object["event"] == "case_closed");
    let leads: std::collections::BTreeSet<_> =
        closed.map(|object| object["lead"].as_str().unwrap()).collect();
    assert!(leads.len() > 3, "the routing differs: {leads:?}");
    let steps: Vec<&str> = objects
        .iter()
        .filter(|object| object["event"] == "step")
        .map(|object| object["type"].as_str().unwrap())
        .collect();
    for step in ["WhistleRaised", "CaseRouted", "UnitCalled", "TaskAccepted", "TaskArrived"] {
        assert!(steps.contains(&format!("muster.case.v1.{step}").as_str()), "{step}: {steps:?}");
    }
    assert_eq!(processes(path), [""; 0], "what it started has ended");
}

#[test]
fn the_demo_does_not_touch_a_folder_that_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "mine").unwrap();
    let said = output(&["demo", "--exit", "--data", folder.path().to_str().unwrap()]);
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("is not empty"));
}
