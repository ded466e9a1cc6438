//! An operator at a system that runs: each verb in both of its forms, against real processes.

mod answered;
pub mod letters;
mod sender;
mod whereabouts;

use std::{path::Path, time::Duration};

use proto::{
    bus::{
        ListSubscribersRequest, PutSubscriberRequest, Start, bus_service_client::BusServiceClient,
        start,
    },
    page::Page,
};
use serde_json::Value;

use crate::{
    city::{City, Part},
    people::line,
    program::{Running, objects, output},
};
use letters::{Letters, fetch, park};

/// A bus alone, that parks at the first failure and finds a second long.
pub fn bus() -> City {
    let mut city = City::new("standard", &[&["enforcement"]]);
    let rules = "[rules]\nattempts_max = 1\nwaiting_max = \"1s\"\n";
    city.set(Part::Bus, "", rules);
    city.start(Part::Bus);
    city
}

/// What a verb says to a script; it must have succeeded.
pub fn said(data: &Path, verb: &[&str]) -> Vec<Value> {
    let data = data.to_str().unwrap();
    let done = output(&[verb, &["--data", data, "--output", "json"]].concat());
    assert!(done.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&done.stderr));
    objects(&done)
}

/// What a verb says to a person.
pub fn shown(data: &Path, verb: &[&str]) -> String {
    let done = output(&[verb, &["--data", data.to_str().unwrap()]].concat());
    assert!(done.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Why a verb does not do it.
pub fn refused(data: &Path, verb: &[&str]) -> String {
    let done = output(&[verb, &["--data", data.to_str().unwrap()]].concat());
    assert!(!done.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stderr).unwrap()
}

/// Waits until it is so; says the last state when it never is.
pub async fn until<T: std::fmt::Debug>(
    mut look: impl FnMut() -> T,
    is_so: impl Fn(&T) -> bool,
) -> T {
    let mut last = look();
    for _ in 0..1_800 {
        if is_so(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        last = look();
    }
    panic!("never so: {last:?}");
}

fn one<'o>(objects: &'o [Value], event: &str) -> &'o Value {
    let found: Vec<_> = objects.iter().filter(|object| object["event"] == event).collect();
    assert_eq!(found.len(), 1, "{event} in {objects:?}");
    found[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_seen_with_who_must_act_and_an_alarm_is_said_once() {
    let mut city = bus();
    let data = city.data().to_owned();
    let mut letters = Letters::new(&data).await;
    letters.send("unit/housing", "case/wenshan/a", 2).await;
    letters.send("unit/housing", "case/wenshan/b", 1).await;

    let state = until(|| said(&data, &["bus", "status"]), |said| said[0]["overdue"] == 1).await;
    let status = one(&state, "status");
    assert_eq!((&status["waiting"], &status["taken"]), (&3.into(), &3.into()));
    assert!(status["free_bytes"].as_u64() > Some(0) && status["syncs"].as_u64() > Some(0));
    let alarm = one(&state, "alarm");
    assert_eq!(alarm["party"], "unit/housing");
    assert_eq!(alarm["owed_by"][1], "office/leading_group_office");
    assert_eq!(state.iter().filter(|one| one["event"] == "follower").count(), 2);
    let text = shown(&data, &["bus", "status"]);
    assert!(
        text.contains("ALARM        unit/housing") && text.contains("office/leading"),
        "{text}"
    );

    let first = fetch(&data, "unit/housing", 10).await;
    assert_eq!(first.len(), 3);
    let rows = said(&data, &["bus", "mailboxes", "--over", "200ms"]);
    let mailbox = one(&rows, "mailbox");
    for (field, value) in [
        ("depth", 3),
        ("in_hand", 3),
        ("delivered", 3),
        ("redelivered", 0),
        ("acknowledged", 0),
        ("parked", 0),
        ("taken", 3),
        ("limit_ms", 1_000),
    ] {
        assert_eq!(mailbox[field], value, "{field} of {mailbox}");
    }
    assert_eq!(mailbox["rate_per_second"], 0.0, "nothing came between two looks");
    assert!(mailbox["oldest_age_ms"].as_u64() > Some(1_000), "{mailbox}");
    let since_start = said(&data, &["bus", "mailboxes", "--overdue"]);
    assert!(one(&since_start, "mailbox")["rate_per_second"].as_f64() > Some(0.0));
    let text = shown(&data, &["bus", "mailboxes"]);
    assert!(text.starts_with("MAILBOX") && text.contains("ALARM: unit/housing"), "{text}");

    // Two more looks of the bus say nothing more.
    until(|| city.log(Part::Bus), |log| log.contains("ALARM:")).await;
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    letters::acknowledge(&data, "unit/housing", &first).await;
    let log = until(|| city.log(Part::Bus), |log| log.contains("ALARM over")).await;
    let begun = log.lines().filter(|line| line.contains("ALARM:")).collect::<Vec<_>>();
    assert_eq!(begun.len(), 1, "once, and not at every look: {log}");
    assert!(begun[0].contains("office/leading_group_office must see to that"), "{log}");
    assert_eq!(one(&said(&data, &["bus", "mailboxes"]), "mailbox")["is_overdue"], false);
    assert!(city.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_shown_and_a_person_decides_after_a_preview() {
    let city = bus();
    let data = city.data().to_owned();
    let mut letters = Letters::new(&data).await;
    assert!(shown(&data, &["bus", "parked"]).contains("nothing is parked"));
    letters.send("unit/housing", "case/wenshan/a", 1).await;
    letters.send("unit/housing", "case/wenshan/b", 1).await;
    letters.send("unit/housing", "case/wenshan/c", 1).await;
    let places = park(&data, "unit/housing", "the desk is away").await;
    assert_eq!(places.len(), 3);

    let rows = said(&data, &["bus", "parked"]);
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0]["event"], &rows[0]["cause"]), (&"parked".into(), &"ATTEMPTS".into()));
    assert_eq!(rows[0]["owed_by"][0], "office/leading_group_office");
    let text = shown(&data, &["bus", "parked", "--mailbox", "unit/housing"]);
    assert!(text.contains("case/wenshan/a") && text.contains("ATTEMPTS"), "{text}");
    let [first, second, _] = [places[0].to_string(), places[1].to_string(), String::new()];
    let text = shown(&data, &["bus", "parked", "show", "unit/housing", &first]);
    assert!(
        text.contains("the desk is away") && text.contains("put it back, or skip it"),
        "{text}"
    );
    assert!(
        refused(&data, &["bus", "parked", "show", "unit/housing", "1000000"])
            .contains("not parked")
    );

    let why = ["--reason", "the desk is mended", "--person", "li.na"];
    let back = [&["bus", "parked", "put-back", "unit/housing", &first][..], &why].concat();
    let preview = said(&data, &back);
    assert_eq!(one(&preview, "put_back")["is_preview"], true);
    assert!(shown(&data, &back).contains("nothing was changed"));
    assert_eq!(said(&data, &["bus", "parked"]).len(), 3, "a preview changes nothing");
    let done = said(&data, &[&back[..], &["--yes"]].concat());
    assert_eq!(one(&done, "put_back")["is_preview"], false);
    assert_eq!(said(&data, &["bus", "parked"]).len(), 2);
    assert_eq!(fetch(&data, "unit/housing", 10).await[0].place, places[0], "it is delivered again");

    let skip = [&["bus", "parked", "skip", "unit/housing", &second][..], &why, &["--yes"]].concat();
    assert_eq!(one(&said(&data, &skip), "skipped")["place"], places[1]);
    let all = ["bus", "parked", "skip", "unit/housing", "--all"];
    let done =
        said(&data, &[&all[..], &why, &["--yes", "--as", "office/leading_group_office"]].concat());
    assert_eq!(one(&done, "skipped")["place"], places[2], "an office may as well");
    assert!(said(&data, &["bus", "parked"]).is_empty());
    let no_reason =
        ["bus", "parked", "skip", "unit/housing", &first, "--reason", " ", "--person", "li"];
    assert!(refused(&data, &no_reason).contains("MALFORMED_REASON"));
}

async fn subscribers(data: &Path) -> usize {
    let mut admin = BusServiceClient::new(line(data, "admin/operator", &["bus"]));
    let request = ListSubscribersRequest { page: Some(Page { size: 500, token: String::new() }) };
    admin.list_subscribers(request).await.unwrap().into_inner().subscribers.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_shown_from_anywhere_and_a_tail_that_is_killed_leaves_nothing() {
    let city = bus();
    let data = city.data().to_owned();
    let mut letters = Letters::new(&data).await;
    letters.send("unit/housing", "case/wenshan/a", 2).await;
    letters.send("unit/housing", "operation/o", 1).await;
    let places = park(&data, "unit/housing", "no").await;
    letters.send("unit/public_security", "case/wenshan/b", 1).await;

    let tail = |more: &[&str]| {
        said(&data, &[&["bus", "tail", "--from", "beginning", "--end"][..], more].concat())
    };
    let subjects = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect()
    };
    let all = tail(&[]);
    assert_eq!(
        subjects(&all),
        ["case/wenshan/a", "case/wenshan/a", "operation/o", "case/wenshan/b"]
    );
    assert_eq!(subjects(&tail(&["--subject", "operation/*"])), ["operation/o"]);
    assert!(tail(&["--type", "muster.case.v1.*"]).is_empty());
    assert_eq!(tail(&["--type", "test.*", "--count", "2"]).len(), 2);
    let at = |row: &Value| row["place"].as_u64().unwrap().to_string();
    let from = |spot: &str| said(&data, &["bus", "tail", "--from", spot, "--end"]);
    assert_eq!(from(&at(&all[3])).len(), 1, "from a place on, that place first");
    let time = crate::operate::letters::utc(all[3]["accepted_at_ms"].as_i64().unwrap());
    let later = from(&time);
    assert!(later.iter().any(|row| row["place"] == all[3]["place"]), "{time}: {later:?}");
    assert!(from("2099-01-01").is_empty());
    assert_eq!(from("1h").len(), 4);
    let text = shown(&data, &["bus", "tail", "--from", "beginning", "--count", "1"]);
    assert!(text.contains("service/worker -> unit/housing 1"), "{text}");

    let data_text = data.to_str().unwrap();
    let verb = ["bus", "tail", "--from", "1h", "--data", data_text, "--output", "json"];
    let mut running = Running::start(&verb);
    running.until("envelope");
    letters.send("unit/public_security", "case/wenshan/c", 1).await;
    while running.until("envelope")["subject"] != "case/wenshan/c" {}
    running.kill();
    assert_eq!(subscribers(&data).await, 0, "it has left no subscriber");
    assert_eq!(places.len(), 2, "only the first of a subject was delivered, and parked");

    let office = ["bus", "tail", "--as", "office/leading_group_office"];
    let why = refused(&data, &office);
    assert!(why.contains("PERMISSION_DENIED") || why.contains("administrator"), "{why}");
    assert!(refused(&data, &["bus", "tail", "--type", "a*b"]).contains("right would be"));
    assert!(refused(&data, &["bus", "tail", "--from", "soon"]).contains("2026-11-22T08:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_set_to_a_place_a_time_or_the_beginning_after_a_preview() {
    let city = bus();
    let data = city.data().to_owned();
    let mut letters = Letters::new(&data).await;
    let places = letters.send("unit/housing", "case/wenshan/a", 3).await;
    let mut admin = BusServiceClient::new(line(&data, "admin/li", &["bus"]));
    let put = PutSubscriberRequest {
        name: "archive".into(),
        start: Some(Start { start: Some(start::Start::AfterPlace(places[2])) }),
        ..PutSubscriberRequest::default()
    };
    admin.put_subscriber(put).await.unwrap();
    let cursor = || one(&said(&data, &["bus", "subscribers"]), "subscriber")["place"].clone();
    assert!(shown(&data, &["bus", "subscribers"]).contains("admin/li  archive"));

    let replay = |from: &str, more: &[&str]| {
        let verb = ["bus", "replay", "archive", "--party", "admin/li", "--from", from];
        said(&data, &[&verb[..], more].concat())
    };
    let preview = replay("beginning", &[]);
    assert_eq!(one(&preview, "replayed")["again"], places[2]);
    assert_eq!(cursor(), places[2], "a preview changes nothing");
    replay("beginning", &["--yes"]);
    assert_eq!(cursor(), 0);
    replay(&places[1].to_string(), &["--yes"]);
    assert_eq!(cursor(), places[1] - 1, "that place comes first");
    replay("1h", &["--yes"]);
    assert!(cursor().as_u64().unwrap() < places[0]);
    replay("now", &["--yes"]);
    assert!(cursor().as_u64().unwrap() >= places[2]);
    let verb = ["bus", "replay", "archive", "--party", "admin/li", "--from", "beginning"];
    assert!(shown(&data, &verb).contains("--yes does it"));
    let nobody = ["bus", "replay", "nobody", "--from", "beginning"];
    assert!(refused(&data, &nobody).contains("has no subscriber nobody"));
    let beyond = ["bus", "replay", "archive", "--party", "admin/li", "--from", "1000000"];
    assert!(refused(&data, &beyond).contains("the record ends at place"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_where_nothing_runs_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path(), &["bus", "status"]).contains("no system was ever started here"));
    let mut city = bus();
    let data = city.data().to_owned();
    until(
        || output(&["bus", "status", "--data", data.to_str().unwrap()]).status.success(),
        |up| *up,
    )
    .await;
    // With what an administrator has elsewhere: an address, and files that were issued.
    let papers = data.join("elsewhere");
    let papers = papers.to_str().unwrap();
    said(&data, &["identity", "issue", "admin/li", "--out", papers]);
    let door = crate::people::endpoint(&data, &["bus"]).address;
    let elsewhere = ["bus", "status", "--bus", &door, "--identity", papers, "--as", "admin/li"];
    let done = output(&elsewhere);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    city.kill(Part::Bus);
    let why = refused(&data, &["bus", "status"]);
    assert!(why.contains("nothing answers as service/bus at https://127.0.0.1:"), "{why}");
    let elsewhere = ["bus", "status", "--bus", "https://127.0.0.1:1", "--identity", "/nowhere"];
    let why = String::from_utf8(output(&elsewhere).stderr).unwrap();
    assert!(why.contains("muster identity issue admin/operator"), "{why}");
    let help = String::from_utf8(output(&["bus", "--help"]).stdout).unwrap();
    for verb in ["status", "mailboxes", "subscribers", "parked", "tail", "replay", "--config"] {
        assert!(help.contains(verb), "{verb} is not in\n{help}");
    }
}
