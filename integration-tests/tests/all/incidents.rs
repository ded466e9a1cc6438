//! A flow that is stuck is an incident with its reason, and goes on when somebody has seen to it: on
//! real processes, with flows that are really stuck.
//!
//! A mailbox that is full refuses a call, so that the step fails again and again; and somebody has put
//! another program in the flow's place at Temporal, so that it hears nothing. The worker is killed
//! between the incident and what is done about it.

use std::path::Path;

use proto::whistle::{
    Case, CaseStage, RaiseWhistleRequest, whistle_service_client::WhistleServiceClient,
};
use serde_json::Value;

use crate::{
    city::{City, Part},
    measured::scraped,
    operate::{refused, said, shown, until},
    people::{another, eventually, line, photograph, reachable},
    s1::people::{Asked, CALLED, COMMUNITY, People},
};

async fn whistle(city: &City, grid: &str) -> String {
    let line = line(city.data(), COMMUNITY, &["gateway"]);
    let evidence = vec![photograph(&line, "one").await, photograph(&line, "two").await];
    let request = RaiseWhistleRequest {
        command: another("li.na"),
        issue_type: "street_vending".into(),
        grid: grid.into(),
        description: "stalls".into(),
        evidence,
        called_units: CALLED.map(str::to_owned).to_vec(),
        ..RaiseWhistleRequest::default()
    };
    let raised = WhistleServiceClient::new(line).raise_whistle(request).await.unwrap();
    raised.into_inner().case_id
}

/// The incident about a case, once it is so.
async fn incident(data: &Path, case_id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let subject = format!("case/wenshan/{case_id}");
    let of = |all: &Vec<Value>| {
        let mut of = all.iter().filter(|one| one["subject"] == subject.as_str());
        of.next_back().cloned()
    };
    // A worker that begins again answers a moment later.
    let look = || {
        let done = crate::program::output(&[
            "incidents",
            "list",
            "--all",
            "--output",
            "json",
            "--data",
            data.to_str().unwrap(),
        ]);
        if done.status.success() { crate::program::objects(&done) } else { Vec::new() }
    };
    let all = until(look, |all| of(all).is_some_and(|one| is_so(&one))).await;
    of(&all).unwrap()
}

fn resolve(data: &Path, one: &Value, remedy: &str, is_done: bool) -> Vec<Value> {
    let id = one["incident_id"].as_str().unwrap();
    let verb = ["incidents", "resolve", id, remedy, "--reason", "seen to", "--person", "chen"];
    let yes: &[&str] = if is_done { &["--yes"] } else { &[] };
    said(data, &[&verb[..], yes].concat())
}

fn is_open(one: &Value) -> bool {
    one["state"] == "open"
}

async fn begun() -> (City, u16) {
    let mut city = City::new("standard", &[&CALLED]);
    let port = City::port();
    city.set(Part::Bus, "", "[rules]\nmailbox_depth = 1\n");
    let rules = "[incidents]\nfailures = 2\nafter = \"4s\"\n";
    city.set(Part::Worker, &format!("metrics = \"127.0.0.1:{port}\""), rules);
    city.start_temporal().await;
    for part in [Part::Bus, Part::Gateway, Part::Worker] {
        city.start(part);
    }
    reachable(city.data(), &["gateway"]).await;
    (city, port)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_stuck_is_an_incident_and_goes_on_when_somebody_has_seen_to_it() {
    let (mut city, port) = begun().await;
    let data = city.data().to_owned();
    let first = whistle(&city, "WS-KH-001").await;
    eventually(&data, &first, CaseStage::Called).await;
    // The mailboxes of both are full with that one: the next call fails again and again.
    let second = whistle(&city, "WS-KH-002").await;
    let one = incident(&data, &second, is_open).await;
    assert_eq!((&one["trouble"], &one["reason"]), (&"fails".into(), &"MAILBOX_FULL".into()));
    assert!(one["responsible"].as_str().unwrap().starts_with("unit/"), "{one}");
    let open = || scraped(port).lines().any(|line| line == "muster_incidents_open 1");
    until(open, |is_open| *is_open).await;

    // SIGKILL: it has no chance to say or write anything more.
    city.kill(Part::Worker);
    city.start(Part::Worker);
    let again = incident(&data, &second, is_open).await;
    assert_eq!(again["incident_id"], one["incident_id"], "it is the same one");
    let id = one["incident_id"].as_str().unwrap();
    let text = shown(&data, &["incidents", "show", id]);
    assert!(text.contains("反复失败") && text.contains("MAILBOX_FULL"), "{text}");
    assert_eq!(resolve(&data, &one, "retry", false)[0]["is_preview"], true);
    let no = ["incidents", "resolve", id, "retry", "--reason", "x", "--person", "chen", "--yes"];
    let no = refused(&data, &[&no[..], &["--as", "office/leading_group_office"]].concat());
    assert!(no.contains("NOT_AN_OPERATOR") || no.contains("resolves no incident"), "{no}");

    city.start(Part::Units(0));
    let done = resolve(&data, &one, "retry", true);
    let word = &done[0]["resolutions"][0];
    assert_eq!((&word["person"], &word["reason"]), (&"chen".into(), &"seen to".into()));
    let over = incident(&data, &second, |one| !is_open(one)).await;
    assert_eq!(over["incident_id"], one["incident_id"]);
    eventually(&data, &second, CaseStage::Called).await;
    hears_nothing(&mut city, &first).await;
    assert!(city.terminate(), "SIGTERM drains a role");
}

/// Another program has the flow's name: it is ended, and the flow goes on from the record.
async fn hears_nothing(city: &mut City, case_id: &str) {
    let data = city.data().to_owned();
    // No worker starts the flow again before the other program has its name.
    city.kill(Part::Worker);
    city.displace(case_id).await;
    // A worker that begins again sees that the case has no flow, and starts one, which is in vain.
    city.start(Part::Worker);
    let one = incident(&data, case_id, is_open).await;
    assert_eq!((&one["trouble"], &one["reason"]), (&"not_told".into(), &"SILENT".into()));
    let done = resolve(&data, &one, "resume", true);
    assert_eq!(done[0]["resolutions"][0]["remedy"], "resume");
    city.kill(Part::Worker);
    city.start(Part::Worker);
    let over = incident(&data, case_id, |one| !is_open(one)).await;
    assert_eq!(over["resolutions"][0]["is_done"], true);
    let people = People::of(&data);
    for unit in [&people.lead, &people.cooperating] {
        unit.back().await;
        unit.accept(case_id).await;
        unit.arrive(case_id).await;
        unit.dispose(case_id, "done").await;
    }
    people.lead.declare(case_id).await.unwrap();
    people.community.until("asked to confirm", case_id, Asked::confirming).await;
    people.community.confirm(case_id, &[(CALLED[0], 5), (CALLED[1], 5)]).await.unwrap();
    let _closed: Case = people.community.until("closed", case_id, Asked::closed).await;
}
