//! Whatever the feed does and whoever is killed: a report is one case, or waits for a person who settles
//! it; nothing is lost, and nobody brings in another's name.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    OFFICE, SYSTEM, cases_of,
    feed::{Act, report},
    open, said, shown, told,
};
use crate::{city::Part, json::door::Door, people, program::output, s1::stage::until};

const BRING: &str = "muster.intake.v1.IntakeService/BringReport";

/// Waits until a report stands so.
async fn stands(data: &Path, number: &str, state: &str) -> Value {
    let look = async || shown(data, number).unwrap_or_default();
    until(&format!("{number} is {state}"), look, |row| row["state"] == state).await
}

/// It waits for this, which is said in both languages.
fn waiting_for(row: &Value, reason: &str) {
    assert!(row["reason"].as_str().unwrap().starts_with(reason), "{row}");
    assert_eq!(row["reason_code"], reason, "{row}");
    assert!(row["reason_zh"].as_str().unwrap().ends_with('。'), "{row}");
}

/// What a person of the office does.
fn settle(data: &Path, words: &[&str]) -> Value {
    let by = ["--person", "li.na", "--as", OFFICE];
    said(data, &[words, &by[..]].concat()).remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_is_one_case_or_waits_for_a_person() {
    let (mut city, feed, outside) = open(&[]).await;
    let data = city.data().to_owned();
    feed.does(&[Act::Say(500), Act::Garbage, Act::Stall]);
    feed.gives(report("1", "C-0701", "532601001", Some("b25l")));
    feed.gives(report("2", "E-9999", "532601003", Some("b25l")));
    feed.gives(report("3", "C-0701", "nowhere", Some("b25l")));
    feed.gives(report("4", "E-0101", "532601002", None));
    feed.gives(report("5", "E-9999", "nowhere", None));
    feed.gives(json!({ "code": "no number" }));
    for part in [Part::Bus, Part::Gateway, Part::Worker] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    let first = stands(&data, "1", "raised").await;
    waiting_for(&stands(&data, "2", "waiting").await, "UNKNOWN_CODE");
    waiting_for(&stands(&data, "3", "waiting").await, "UNKNOWN_PLACE");
    waiting_for(&stands(&data, "4", "waiting").await, "EVIDENCE_MISSING");
    waiting_for(&stands(&data, "5", "waiting").await, "UNKNOWN_CODE");
    let listed = async || said(&data, &["list", "--state", "waiting"]);
    let unread = |row: &&Value| row["reason"].as_str().unwrap().starts_with("UNREAD");
    let is_there = |rows: &Vec<Value>| rows.iter().any(|row| unread(&row));
    let rows = until("the nameless one waits", listed, is_there).await;
    let nameless = rows.iter().find(unread).unwrap()["number"].as_str().unwrap().to_owned();

    // A person says what the pack does not; what the gateway still refuses waits on.
    let two = ["resolve", SYSTEM, "2", "--issue", "dirty_environment"];
    assert_eq!(settle(&data, &two)["state"], "raised");
    let case = cases_of(&data, "2").await.remove(0);
    assert_eq!(
        (case.issue_type.as_str(), case.community.as_str()),
        ("dirty_environment", "kaihua_xishan")
    );
    assert_eq!(settle(&data, &["resolve", SYSTEM, "3", "--grid", "WS-KH-003"])["state"], "raised");
    let four = settle(&data, &["resolve", SYSTEM, "4", "--description", "litter"]);
    assert_eq!(four["state"], "waiting", "{four}");
    waiting_for(&four, "EVIDENCE_MISSING");
    let photo = data.join("photo.jpg");
    std::fs::write(&photo, b"a photograph").unwrap();
    let four = settle(&data, &["resolve", SYSTEM, "4", "--photo", photo.to_str().unwrap()]);
    assert_eq!(four["state"], "raised", "{four}");
    let five = ["turn-down", SYSTEM, "5", "--reason", "not of this city", "--request", "once"];
    assert_eq!(settle(&data, &five)["state"], "turned_down");
    assert_eq!(settle(&data, &five)["settled_by"], format!("li.na ({OFFICE})"), "a repeat");
    settle(&data, &["turn-down", SYSTEM, &nameless, "--reason", "it has no number"]);
    refused(&data, &["resolve", SYSTEM, "1"], "does not wait for a person");
    refused(&data, &["resolve", SYSTEM, "99"], "nobody has reported");
    refused(&data, &["resolve", SYSTEM, "1", "--grid", "WS-KH-01"], "did you mean");
    until("it is told why", async || told(&outside, "5"), |all| !all.is_empty()).await;
    assert_eq!(told(&outside, "5")[0].0, "turned_down");
    let told_why = outside.events("states");
    let told_why = told_why.iter().find(|event| event["subject"] == "5").unwrap();
    assert_eq!(told_why["data"]["reason"], "not of this city");

    // The feed goes backwards, and says something else of what it has given.
    feed.gives(report("1", "E-0101", "532601001", Some("b25l")));
    feed.does(&[Act::Back]);
    let changed = async || shown(&data, "1").unwrap_or_default();
    let row = until("the change is seen", changed, |row| row["changes"] != 0).await;
    assert_eq!(
        (&row["changed"]["code"], &row["said"]["code"]),
        (&"E-0101".into(), &"C-0701".into())
    );
    assert_eq!(row["case_id"], first["case_id"]);
    for number in ["1", "2", "3", "4"] {
        assert_eq!(cases_of(&data, number).await.len(), 1, "{number}");
        let words = async || told(&outside, number);
        until("it is told once", words, |all| all.len() == 1 && all[0].0 == "taken").await;
    }
    assert!(cases_of(&data, "5").await.is_empty());
    assert!(city.terminate(), "SIGTERM drains a role");
}

fn refused(data: &Path, words: &[&str], wanted: &str) {
    let by = ["--person", "li.na", "--as", OFFICE, "--data", data.to_str().unwrap()];
    let no = output(&[&["intake"], words, &by[..]].concat());
    let said = String::from_utf8_lossy(&no.stderr).into_owned();
    assert!(!no.status.success() && said.contains(wanted), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_makes_no_second_case_and_loses_none() {
    let (mut city, feed, outside) = open(&[]).await;
    let data = city.data().to_owned();
    for part in [Part::Bus, Part::Gateway, Part::Worker] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    feed.gives(report("1", "C-0701", "532601001", Some("b25l")));
    stands(&data, "1", "raised").await;
    // It was whistled, and the worker is gone before any of that was on its disk.
    city.kill(Part::Worker);
    let kept = city.folder_of(Part::Worker).join("intake").join(SYSTEM);
    std::fs::remove_dir_all(kept.join("journal")).unwrap();
    // What comes while the gateway is away is kept, and whistled when it is back.
    city.kill(Part::Gateway);
    feed.gives(report("2", "C-0701", "532601003", Some("b25l")));
    city.start(Part::Worker);
    stands(&data, "2", "open").await;
    city.kill(Part::Worker);
    city.start(Part::Gateway);
    city.start(Part::Worker);
    people::reachable(&data, &["gateway"]).await;
    let (one, two) = (stands(&data, "1", "raised").await, stands(&data, "2", "raised").await);
    for (number, row) in [("1", one), ("2", two)] {
        let cases = cases_of(&data, number).await;
        let ids: Vec<&str> = cases.iter().map(|case| case.case_id.as_str()).collect();
        assert_eq!(ids, [row["case_id"].as_str().unwrap()], "{number} is one case");
        let words = async || told(&outside, number);
        let all = until("it is told", words, |all| !all.is_empty()).await;
        assert_eq!(all, [("taken".to_owned(), ids[0].to_owned())]);
    }
    brought(&data).await;
    assert!(city.terminate(), "SIGTERM drains a role");
}

/// The system brings a report itself, in JSON, by its own certificate; nobody else does in its name.
async fn brought(data: &Path) {
    let said = json!({ "code": "C-0701", "place": "532601002", "description": "dark" });
    let shown = json!([{ "kind": "photo", "mediaType": "image/jpeg", "content": "b25l" }]);
    let report = json!({ "number": "3", "said": said, "evidence": shown });
    for (party, reason) in [
        ("unit/enforcement", "NOT_A_SOURCE"),
        ("unit/ext_digital_cm_2", "NOT_A_SOURCE"),
        ("community/kaihua_dongfeng", "NOT_A_SOURCE"),
        (OFFICE, "NOT_A_SOURCE"),
    ] {
        let (status, no) = Door::of(data, party, &["worker"]).call(BRING, &report).await;
        assert!(status == 403 && no.to_string().contains(reason), "{party}: {status} {no}");
    }
    let party = format!("unit/{SYSTEM}");
    let system = Door::of(data, &party, &["worker"]);
    let first = system.must(BRING, &report).await;
    assert_eq!(first["state"], "REPORT_STATE_RAISED", "{first}");
    assert_eq!(system.must(BRING, &report).await, first, "the same again");
    assert_eq!(cases_of(data, "3").await[0].case_id, first["caseId"].as_str().unwrap());
    let mut other = report;
    other["said"]["description"] = "still dark".into();
    assert_eq!(system.must(BRING, &other).await["caseId"], first["caseId"]);
    assert_eq!(super::shown(data, "3").unwrap()["changes"], 1);
    other["number"] = "".into();
    let (status, no) = system.call(BRING, &other).await;
    assert!(status == 400 && no.to_string().contains("NUMBER_MISSING"), "{status} {no}");
}
