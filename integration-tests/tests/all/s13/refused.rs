//! An amendment that leaves a kind of matter without a lead for a day, and two that overlap.
//!
//! The gateway alone runs: the registry is amended while everything else is down.

use std::path::{Path, PathBuf};

use crate::{
    city::{City, Part},
    operate::{refused, said},
};

async fn gateway() -> (City, PathBuf) {
    let mut city = City::new("standard", &[&["enforcement"]]);
    city.start(Part::Gateway);
    let data = city.data().to_owned();
    crate::people::reachable(&data, &["gateway"]).await;
    (city, data)
}

const WORD: [&str; 4] = ["--person", "li.na", "--as", "admin/li"];

/// What is proposed for barbecue smoke; these are days on which nobody has asked.
fn propose<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let all = ["registry", "propose", "--issue", "open_air_bbq", "--basis", "NT-1.2"];
    [&all[..], &WORD, more].concat()
}

fn proposed(data: &Path, more: &[&str]) -> String {
    said(data, &propose(more))[0]["amendment_id"].as_str().unwrap().to_owned()
}

fn approve(data: &Path, id: &str) -> Vec<serde_json::Value> {
    said(data, &["registry", "approve", id, "--person", "wang.wei", "--as", "admin/wang"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_that_leaves_a_matter_without_a_lead_for_a_day_is_refused() {
    let (mut city, data) = gateway().await;
    let nobody = refused(&data, &propose(&["--from", "2099-07-01"]));
    assert!(nobody.contains("NO_LEAD") && nobody.contains("nobody would lead"), "{nobody}");
    let summer = ["--lead", "environment", "--from", "2099-07-01", "--until", "2099-08-30"];
    let gap = refused(&data, &propose(&summer));
    assert!(gap.contains("LEAVES_A_GAP") && gap.contains("2099-08-31"), "{gap}");

    // A day later is a day without a lead; the day after its last is right.
    let late = proposed(&data, &["--lead", "housing", "--from", "2099-09-01"]);
    let gap = refused(&data, &propose(&summer));
    assert!(gap.contains("LEAVES_A_GAP"), "{gap}");
    let reason = ["--reason", "a day too late"];
    let withdraw = ["registry", "withdraw", &late];
    said(&data, &[&withdraw[..], &reason, &WORD].concat());
    let next = proposed(&data, &["--lead", "housing", "--from", "2099-08-31"]);
    let id = proposed(&data, &summer);
    let first = ["registry", "approve", &id, "--person", "wang.wei", "--as", "admin/wang"];
    let alone = refused(&data, &first);
    assert!(alone.contains("LEAVES_A_GAP"), "what follows is not approved yet: {alone}");
    approve(&data, &next);
    approve(&data, &id);
    // Each day has its one lead, whatever was refused.
    for (day, lead) in [
        ("2099-06-30", "enforcement"),
        ("2099-07-01", "environment"),
        ("2099-08-30", "environment"),
        ("2099-08-31", "housing"),
    ] {
        let ask = ["registry", "who", "open_air_bbq", "--grid", "WS-KH-001", "--on", day];
        assert_eq!(said(&data, &ask)[0]["lead"], lead, "{day}");
    }
    assert!(city.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_amendments_that_overlap_are_refused_whoever_was_first() {
    let (mut city, data) = gateway().await;
    let july = proposed(&data, &["--lead", "environment", "--from", "2099-07-01"]);
    // Beside one that only waits, and beside one that is approved; also in a part of the city.
    for _ in 0..2 {
        for more in [
            &["--lead", "housing", "--from", "2099-07-01"][..],
            &["--lead", "housing", "--from", "2099-06-01"],
            &["--lead", "housing", "--from", "2099-12-01"],
            &["--lead", "housing", "--from", "2099-12-01", "--territory", "subdistrict_wolong"],
        ] {
            let no = refused(&data, &propose(more));
            assert!(no.contains("OVERLAPS") && no.contains(&july), "{more:?}: {no}");
        }
        let all = said(&data, &["registry", "list", "--state", "proposed"]);
        if all.is_empty() {
            break;
        }
        approve(&data, &july);
    }
    // Who means to take its place says so.
    let more = ["--lead", "housing", "--from", "2099-12-01", "--supersedes", &july];
    let december = proposed(&data, &more);
    approve(&data, &december);
    for (day, lead) in [("2099-11-30", "environment"), ("2099-12-01", "housing")] {
        let ask = ["registry", "who", "open_air_bbq", "--grid", "WS-KH-001", "--on", day];
        assert_eq!(said(&data, &ask)[0]["lead"], lead, "{day}");
    }
    assert!(city.terminate());
}
