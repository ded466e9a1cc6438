//! What no unit can decide waits for the office; and what an operator sees and does by command.

use proto::inspection_wire::{ChoosePenaltyRequest, FindingState, ListFlagsRequest};
use serde_json::Value;

use super::people::{
    ENFORCEMENT, OFFICE, POLICE, TRUCKS, decision, gate, pending, punishes, score, seen, states,
    stops,
};
use crate::{
    city::{City, Part},
    people::another,
    program::{objects, output},
    s1::stage::until,
};

async fn dengfeng() -> City {
    let mut city = City::new("standard", &[&[ENFORCEMENT], &[POLICE, "transport"]]);
    city.becomes("dengfeng");
    let all = [Part::Bus, Part::Gateway, Part::Units(0), Part::Units(1)];
    all.into_iter().for_each(|part| city.start(part));
    city
}

#[tokio::test(flavor = "multi_thread")]
async fn two_penalties_for_one_fact_are_flagged_and_only_the_one_that_the_office_chooses_stands() {
    let mut city = dengfeng().await;
    // The same litter, seen by both, in two stops.
    let litter = [("litter_from_car", "bag-at-9")];
    let open = async || stops(&city, ENFORCEMENT, "a", &litter).await;
    let first = until("it is open", open, Result::is_ok).await.unwrap();
    let open = async || stops(&city, POLICE, "b", &litter).await;
    let second = until("the other is open", open, Result::is_ok).await.unwrap();
    let (one, two) = (&*first.inspection_id, &*second.inspection_id);
    punishes(&city, ENFORCEMENT, (one, 1), "e-1").await.unwrap();
    seen(&city, one, "it is closed", |stop| stop.closed_at_ms > 0).await;
    punishes(&city, POLICE, (two, 1), "p-1").await.unwrap();
    let flagged = seen(&city, two, "flagged", |stop| states(stop) == [FindingState::Double]).await;
    assert_eq!((flagged.open, flagged.closed_at_ms), (1, 0), "it has no effect, and is open");
    let flags = gate(&city, OFFICE).list_flags(ListFlagsRequest::default()).await.unwrap();
    assert_eq!(flags.into_inner().flags[0].findings.len(), 2);
    let request = ChoosePenaltyRequest {
        command: another("chen"),
        object: TRUCKS.into(),
        fact: "bag-at-9".into(),
        stands: decision(POLICE, "p-1"),
        reason: "they have the photograph".into(),
    };
    gate(&city, OFFICE).choose_penalty(request).await.unwrap();
    let stands = |stop: &proto::inspection_wire::Inspection| stop.closed_at_ms > 0;
    let two = seen(&city, two, "it stands", stands).await;
    assert_eq!(states(&two), [FindingState::Penalized]);
    let one = seen(&city, one, "set aside", |one| states(one) == [FindingState::SetAside]).await;
    assert_eq!(one.findings[0].note, "they have the photograph");
    let revoked = |score: &proto::credit_wire::Score| {
        let by = |unit: &str| score.violations.iter().find(|one| one.unit == unit);
        by(ENFORCEMENT).is_some_and(|one| !one.revoked_reason.is_empty())
            && by(POLICE).is_some_and(|one| one.revoked_reason.is_empty())
    };
    score(&city, "it counts for the one that stands", revoked).await;
    assert!(city.terminate());
}

fn asks(city: &City, words: &[&str]) -> Vec<Value> {
    let way = ["--data", city.data().to_str().unwrap(), "--output", "json"];
    let found = output(&[words, &way].concat());
    assert!(found.status.success(), "{words:?}: {}", String::from_utf8_lossy(&found.stderr));
    objects(&found)
}

/// The first object of a kind.
fn first(objects: &[Value], kind: &str) -> Value {
    let found = objects.iter().find(|one| one["kind"] == kind || one.get(kind).is_some());
    found.unwrap_or_else(|| panic!("no {kind}: {objects:?}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_splits_settles_and_seizes_by_command() {
    let mut city = dengfeng().await;
    let ready = async || stops(&city, ENFORCEMENT, "ready", &[("mud_on_road", "mud")]).await;
    until("the desks are there", ready, Result::is_ok).await.unwrap();
    let table = city.data().join("found.csv");
    std::fs::write(&table, "code,fact,text\nodd,f-1,a strange smell\nspeeding,f-2,90 of 60\n")
        .unwrap();
    let enforcement = ["--person", "li.na", "--as", "unit/enforcement"];
    let place = ["--place", "east gate", "--findings", table.to_str().unwrap()];
    let open = [&["inspections", "open", TRUCKS], &place[..], &enforcement[..]].concat();
    let preview = asks(&city, &open);
    assert!(preview.iter().all(|one| one.get("findings").is_none_or(|count| *count == 2)));
    let done = asks(&city, &[&open[..], &["--yes"]].concat());
    let id = done[0]["inspection_id"].as_str().unwrap().to_owned();
    let owners: Vec<&str> = done.iter().filter_map(|one| one["owner"].as_str()).collect();
    assert_eq!(owners, ["", POLICE]);

    let office = ["--person", "chen", "--as", OFFICE, "--yes"];
    let reason = ["--reason", "it is nearest"];
    let assign = ["inspections", "assign", &id, "1", "transport"];
    seen(&city, &id, "the gateway has it", |one| one.open == 2).await;
    assert_eq!(asks(&city, &["inspections", "flags", "--as", OFFICE])[0]["owner"], "");
    asks(&city, &[&assign[..], &reason[..], &office[..]].concat());
    pending(&city, "transport", 1).await;
    let transport = ["--person", "wu", "--as", "unit/transport", "--yes"];
    let settle = ["inspections", "settle", &id, "1", "--not-proven", "it was the bakery"];
    let settled = asks(&city, &[&settle[..], &transport[..]].concat());
    assert_eq!(settled[0]["state"], "not proven");
    pending(&city, POLICE, 1).await;
    let police = ["--person", "wang", "--as", "unit/public_security"];
    assert_eq!(asks(&city, &["inspections", "pending", "--as", police[3]])[0]["number"], 2);
    let settle = ["inspections", "settle", &id, "2", "--penalty", "罚款", "--fen", "20000"];
    let settle = [&settle[..], &["--decision", "2026-17", "--yes"], &police[..]].concat();
    assert_eq!(asks(&city, &settle)[0]["decision"], "2026-17");
    let seize = ["seizures", "seize", "YA-1", "--kind", "电动三轮车", "--place", "yard"];
    let about = ["--reason", "no plate", "--inspection", &id, "--yes"];
    let seized = asks(&city, &[&seize[..], &about[..], &police[..]].concat());
    assert_eq!(seized[0]["seizure"], "public_security/1");
    let end = ["seizures", "end", "public_security/1", "released", "--reason", "paid", "--yes"];
    asks(&city, &[&end[..], &police[..]].concat());
    let look = async || asks(&city, &["seizures", "list"]);
    let kept = until("it is shown", look, |all| all.iter().any(|one| one["state"] == "released"));
    assert_eq!(first(&kept.await, "vehicle")["reason"], "no plate", "it is over, and stays");
    let shown = seen(&city, &id, "it is closed", |one| one.closed_at_ms > 0).await;
    assert_eq!(states(&shown), [FindingState::NotProven, FindingState::Penalized]);
    let listed = asks(&city, &["inspections", "list", "--open"]);
    assert!(listed.iter().all(|one| one["inspection_id"] != *id), "{listed:?}");
    assert!(city.terminate());
}
