//! A system outside is told a part of the record as CloudEvents: it is not there, is slow, fails, breaks
//! off and refuses; who posts is killed in the middle. Nothing is lost, and each case is told in order.

use std::{collections::BTreeMap, path::Path};

use proto::{
    bus::{ListEnvelopesRequest, bus_service_client::BusServiceClient},
    whistle::{
        RaiseWhistleRequest, WithdrawCaseRequest, whistle_service_client::WhistleServiceClient,
    },
};
use serde_json::Value;

use crate::{
    city::{City, Part},
    credit::outside::{Act, Outside},
    people::{self, command, line, photograph},
    program::{objects, output},
    s1::stage::until,
};

const COMMUNITY: &str = "community/kaihua_dongfeng";

/// Blows the whistle for one matter; answers the case.
async fn raise(data: &Path, number: usize) -> String {
    let line = line(data, COMMUNITY, &["gateway"]);
    let texts = [format!("one {number}"), format!("two {number}")];
    let mut evidence = Vec::new();
    for text in &texts {
        evidence.push(photograph(&line, text).await);
    }
    let request = RaiseWhistleRequest {
        command: command("li.na", &format!("w{number}")),
        issue_type: "street_vending".into(),
        grid: "WS-KH-001".into(),
        description: format!("stalls {number}"),
        evidence,
        called_units: vec!["enforcement".into()],
        ..RaiseWhistleRequest::default()
    };
    WhistleServiceClient::new(line).raise_whistle(request).await.unwrap().into_inner().case_id
}

async fn withdraw(data: &Path, case_id: &str) {
    let line = line(data, COMMUNITY, &["gateway"]);
    let request = WithdrawCaseRequest {
        command: command("li.na", &format!("x/{case_id}")),
        case_id: case_id.to_owned(),
        reason: "they have gone".into(),
    };
    WhistleServiceClient::new(line).withdraw_case(request).await.unwrap();
}

/// What the record has of a case, in order, as the keys of its events.
async fn recorded(data: &Path, case_id: &str) -> Vec<String> {
    let mut bus = BusServiceClient::new(line(data, "admin/auditor", &["bus"]));
    let request = ListEnvelopesRequest { subject: format!("case/wenshan/{case_id}"), page: None };
    let found = bus.list_envelopes(request).await.unwrap().into_inner().recorded;
    let envelopes = found.into_iter().filter_map(|one| one.envelope);
    let told = envelopes.filter(|one| one.r#type.starts_with("muster.case.v1."));
    told.map(|one| format!("{}/{}", one.source, one.id)).collect()
}

/// The events that were taken, by case.
fn taken(outside: &Outside) -> BTreeMap<String, Vec<String>> {
    let mut by_case = BTreeMap::<_, Vec<_>>::new();
    for event in outside.events("grid") {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let case = text("subject").rsplit('/').next().unwrap().to_owned();
        by_case.entry(case).or_default().push(text("id"));
    }
    by_case
}

/// What `muster outside …` says.
fn said(data: &Path, words: &[&str]) -> Vec<Value> {
    let data = data.to_str().unwrap();
    let words = [&["outside"], words, &["--data", data, "--output", "json"]].concat();
    objects(&output(&words))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_outside_has_every_event_of_each_case_in_order_whatever_happens() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    city.add_to_pack(
        "outside.csv",
        "subscriber,type,why,source\ngrid,muster.case.v1.*,the grid platform,example\n",
    );
    let (data, port) = (city.data().to_owned(), City::port());
    let told = format!(
        "[outside]\nfirst_wait = \"100ms\"\nlongest_wait = \"300ms\"\n\
         [outside.subscriptions.grid]\ntypes = [\"muster.case.v1.*\"]\n\
         [outside.subscriptions.grid.way]\nurl = \"http://127.0.0.1:{port}/grid\"\n\
         deadline = \"500ms\"\n"
    );
    city.set(Part::Worker, "", &told);
    for part in [Part::Bus, Part::Gateway, Part::Worker] {
        city.start(part);
    }
    people::reachable(&data, &["gateway"]).await;
    let bus = ["bus", "subscribers", "--data", data.to_str().unwrap(), "--output", "json"];
    let subscribers = async || objects(&output(&bus));
    until("it subscribes", subscribers, |rows| rows.iter().any(|row| row["name"] == "grid")).await;

    // Nobody is there: what happens is kept, and known to people.
    let mut cases = Vec::new();
    for number in 0..4 {
        cases.push(raise(&data, number).await);
    }
    let waits = async || said(&data, &["list"]);
    until("it is kept", &waits, |rows| rows.iter().any(|row| row["undelivered"] == 4)).await;
    let row = waits().await.remove(0);
    assert!(row["trouble"].as_str().unwrap().contains("reached"), "{row}");

    // Who posts is killed; the system comes, slow, failing and breaking off.
    city.kill(Part::Worker);
    withdraw(&data, &cases[0]).await;
    let signer = people::identity(&data, "service/worker").credential().unwrap();
    let outside = Outside::open_at(port, signer).await;
    let bad = [Act::Stall, Act::Say(500), Act::Reset, Act::Take, Act::Say(503), Act::Say(500)];
    outside.does("grid", &bad);
    city.start(Part::Worker);
    until("one is taken", async || outside.came("grid").len(), |came| *came > 4).await;
    city.kill(Part::Worker);
    withdraw(&data, &cases[1]).await;
    outside.does("grid", &[Act::Reset, Act::Take]);
    city.start(Part::Worker);
    for case in &cases {
        let wanted = recorded(&data, case).await;
        let has = async || taken(&outside).remove(case).unwrap_or_default();
        until("all of it, in order", has, |has| *has == wanted).await;
    }

    // What it refuses waits for a person, alone.
    outside.refuses("grid", Some("stalls 5"));
    let refused = raise(&data, 5).await;
    let parked = async || said(&data, &["undelivered", "grid"]);
    let is_parked = |rows: &Vec<Value>| {
        rows.first().is_some_and(|row| row["parked_reason"].as_str().unwrap().starts_with("422"))
    };
    let rows = until("a person is asked", &parked, is_parked).await;
    let other = raise(&data, 6).await;
    until("others go on", async || taken(&outside), |all| all.contains_key(&other)).await;
    assert!(!taken(&outside).contains_key(&refused));
    assert!(city.log(Part::Worker).contains("ALARM: it waits for a person: 422"));
    outside.refuses("grid", None);
    let number = rows[0]["number"].to_string();
    let back = ["put-back", "grid", &number, "--reason", "mended", "--person", "li.na"];
    assert_eq!(said(&data, &back)[0]["settled"], 1);
    until("put back", async || taken(&outside), |all| all.contains_key(&refused)).await;
    until("all is taken", &waits, |rows| rows[0]["undelivered"] == 0).await;

    told_again(&mut city, &outside, &cases[2]).await;
    assert!(city.terminate(), "SIGTERM drains a role");
}

/// A person sets the subscriber back, and then the bus loses its record.
async fn told_again(city: &mut City, outside: &Outside, case: &str) {
    let data = city.data().to_owned();
    // Set back as any subscriber, it is told again under the same keys; the same where the bus has
    // lost its record and is filled by its senders.
    let came = |key: &String| outside.came("grid").iter().filter(|one| *one == key).count();
    let first = recorded(&data, case).await.remove(0);
    let before = came(&first);
    let data_text = data.to_str().unwrap();
    let words = ["bus", "replay", "grid", "--party", "service/worker", "--from", "beginning"];
    let replayed = output(&[&words[..], &["--yes", "--data", data_text]].concat());
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    until("it comes again", async || came(&first), |now| *now > before).await;
    city.kill(Part::Bus);
    let unseen = raise(&data, 7).await;
    std::fs::remove_dir_all(city.folder_of(Part::Bus)).unwrap();
    city.start(Part::Bus);
    until("it is told", async || taken(outside), |all| all.contains_key(&unseen)).await;
}
