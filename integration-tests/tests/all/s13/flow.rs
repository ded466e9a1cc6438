//! Proposed by one, approved by another, in force by date; the day of the event decides.

use super::stage::{Stage, noon};

const COMMUNITY: &str = "kaihua_dongfeng";

#[tokio::test(flavor = "multi_thread")]
async fn powers_move_on_a_day_and_the_day_of_the_event_decides() {
    let mut stage = Stage::with_environment().await;
    let july = stage.first();
    let june = july.previous();

    let id = stage.propose("enforcement", july);
    assert_eq!(stage.lead(july), "environment", "one person alone changes nothing");
    let same = stage.refused(&["approve", &id, "--person", "li.na", "--as", "admin/li"]);
    assert!(same.contains("SAME_PERSON"), "{same}");
    stage.approve(&id);
    let listed = stage.said(&["list", "--state", "approved"]);
    assert_eq!((&listed[0]["amendment_id"], listed.len()), (&id.as_str().into(), 1));
    assert_eq!(listed[0]["decided_by"]["person"], "wang.wei");
    let table = stage.shown(&["list"]);
    assert!(
        table.contains("li.na of admin/li") && table.contains("wang.wei of admin/wang"),
        "{table}"
    );
    assert_eq!((stage.lead(june), stage.lead(july)), ("environment".into(), "enforcement".into()));

    // It is 2 July. What happened on 30 June is reported now; what happened on 1 July is as well.
    stage.pass_to(july.next());
    let before = stage.whistle(COMMUNITY, "open_air_bbq", "WS-KH-001", noon(june)).await;
    let after = stage.whistle(COMMUNITY, "open_air_bbq", "WS-KH-002", noon(july)).await;
    assert_eq!(stage.called(&before, 1).await, "environment");
    assert_eq!(stage.called(&after, 1).await, "enforcement");
    let history = stage.history(&after).await;
    let routed = history.iter().find(|entry| entry.r#type.ends_with("CaseRouted")).unwrap();
    assert!(routed.text.contains(&id), "the amendment is the basis: {}", routed.text);

    // All of it again from what is on disk.
    stage.restart().await;
    let third = stage.whistle("kaihua_xishan", "open_air_bbq", "WS-KH-003", noon(july)).await;
    assert_eq!(stage.called(&third, 1).await, "enforcement");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_responsible_on_30_june_is_still_right_next_year() {
    let stage = Stage::with_environment().await;
    let july = stage.first();
    let june = july.previous().to_string();
    let ask = ["who", "open_air_bbq", "--grid", "WS-KH-001", "--on", &june];
    let before = stage.said(&ask);
    let id = stage.propose("enforcement", july);
    stage.approve(&id);
    let now = stage.said(&ask);
    assert_eq!(now[0]["until"], june.as_str(), "that it ends is known now");
    for field in ["lead", "called", "responsible", "owner", "basis", "from"] {
        assert_eq!(now[0][field], before[0][field], "{field}");
    }
    let mut next_year = july;
    for _ in 0..365 {
        next_year = next_year.next();
    }
    stage.pass_to(next_year);
    assert_eq!(stage.said(&ask), now);
    let text = stage.shown(&ask);
    assert!(text.contains("牵头单位 environment"), "{text}");
    // The powers move once more, and 30 June stays as it was.
    let later = stage.first().to_string();
    let verb = [
        "propose",
        "--issue",
        "open_air_bbq",
        "--lead",
        "housing",
        "--basis",
        "again",
        "--from",
        &later,
        "--supersedes",
        &id,
        "--person",
        "li.na",
        "--as",
        "admin/li",
    ];
    let again = stage.said(&verb)[0]["amendment_id"].as_str().unwrap().to_owned();
    stage.approve(&again);
    assert_eq!(stage.said(&ask), now);
    assert_eq!(
        (stage.lead(july), stage.lead(stage.first())),
        ("enforcement".into(), "housing".into())
    );
    stage.close().await;
}
