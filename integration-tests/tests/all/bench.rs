//! The benches in small: what they count, never how fast it was.

use crate::program::{objects, output};

/// What the last object must have, each greater than nothing.
const FIGURES: [&str; 7] = [
    "cases_per_second",
    "empty_workflows_per_second",
    "whistle_to_mailbox_ms_p50",
    "whistle_to_mailbox_ms_p99",
    "temporal_writes_per_case",
    "history_events_per_case",
    "pairs",
];

#[test]
fn a_standard_case_costs_ten_writes_and_thirty_events_at_most() {
    let said = output(&[
        "bench",
        "case",
        "--pairs",
        "2",
        "--cases",
        "4",
        "--in-flight",
        "2",
        "--open",
        "3",
        "--output",
        "json",
    ]);
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    let said = objects(&said);
    let last = said.last().unwrap();
    assert_eq!(last["event"], "bench");
    for name in FIGURES {
        assert!(last[name].as_f64().is_some_and(|figure| figure > 0.0), "{name} is not in {last}");
    }
    assert_eq!((&last["pairs"], &last["cases"]), (&2.into(), &8.into()));
    let figure = |name: &str| last[name].as_f64().unwrap();
    // A busy server adds to what flows ask for and takes nothing away: the cheaper turn counts.
    let pairs = || said.iter().filter(|object| object["event"] == "pair");
    let least =
        |name: &str| pairs().map(|pair| pair[name].as_f64().unwrap()).reduce(f64::min).unwrap();
    assert!(least("temporal_writes_per_case") <= 10.0, "{said:?}");
    assert!(least("history_events_per_case") <= 30.0, "{said:?}");

    // Every event of the closed cases is accounted for, under what it was for.
    let purposes: Vec<_> = said.iter().filter(|object| object["event"] == "purpose").collect();
    let sum = |name: &str| purposes.iter().filter_map(|one| one[name].as_f64()).sum::<f64>();
    assert!((sum("events_per_case") - figure("history_events_per_case")).abs() < 0.05, "{last}");
    assert!((sum("writes_per_case") - figure("temporal_writes_per_case")).abs() < 0.05, "{last}");
    assert!(purposes.iter().any(|one| one["purpose"] == "start"), "{purposes:?}");

    let open = last["open"].as_array().unwrap();
    assert_eq!(open.len(), 1, "{last}");
    assert_eq!(open[0]["open"], 3);
    assert!(open[0]["worker_mib"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_a_complaint_and_a_sheet_cost_is_counted_whole() {
    // Medians: what a busy server adds to one of three is no part of them.
    let only = ["--times", "3", "--only", "complaint,sheet", "--output", "json"];
    let said = output(&[&["bench", "extra"], &only[..]].concat());
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    let said = objects(&said);
    let last = said.last().unwrap();
    let extras = last["extras"].as_array().unwrap();
    let names: Vec<_> = extras.iter().map(|one| one["extra"].as_str().unwrap()).collect();
    assert_eq!(names, ["plain", "complaint", "sheet"]);
    for one in extras {
        let figure = |name: &str| one[name].as_f64().unwrap();
        assert!(figure("writes") > 0.0 && figure("writes") <= 10.0, "{one}");
        assert!(figure("events") > 0.0 && figure("events") <= 30.0, "{one}");
        let is_whole = one["extra"] != "plain";
        let of = |of: &str| figure(&format!("more_{of}")) - if is_whole { figure(of) } else { 0.0 };
        assert_eq!((of("writes"), of("events")), (0.0, 0.0), "{one}");
    }
}

#[test]
fn a_flood_is_refused_with_when_to_come_back_and_the_others_are_measured_beside_it() {
    let said = output(&["bench", "flood", "--pairs", "2", "--turn-ms", "500", "--output", "json"]);
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    let said = objects(&said);
    let turns: Vec<_> = said.iter().filter(|object| object["event"] == "turn").collect();
    let order: Vec<_> = turns.iter().map(|turn| turn["turn"].as_str().unwrap()).collect();
    assert_eq!(order, ["alone", "flooded", "flooded", "alone"], "who begins changes");
    for turn in turns {
        assert!(turn["p99_ms"].as_f64().unwrap() > 0.0, "{turn}");
        let figure = |name: &str| turn["flood"][name].as_u64().unwrap();
        if turn["turn"] == "flooded" {
            assert!(figure("taken") > 0 && figure("refused") > figure("taken"), "{turn}");
            assert!(figure("retry_ms") > 0, "{turn}");
        }
    }
    let last = said.last().unwrap();
    assert_eq!((&last["event"], &last["pairs"]), (&"bench".into(), &2.into()));
    assert!(last["ratio_p99"].as_f64().unwrap() > 0.0, "{last}");
}
