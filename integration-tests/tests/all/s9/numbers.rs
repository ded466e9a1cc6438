//! From the leaflet to the result: handed over, called back once, read for its purpose only; parts are
//! killed in between, and the number is in no journal.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kit::status;
use proto::{
    contact_wire::{
        Contact, HandOverRequest, ListContactsRequest, ReadContactRequest, ReportContactRequest,
        contact_service_client::ContactServiceClient,
    },
    register::{LookUpRequest, register_service_client::RegisterServiceClient},
};
use serde_json::Value;
use tonic::Status;

use crate::{
    city::{City, Part},
    people::{another, command},
    program::{objects, output},
    s1::stage::until,
};

const ENFORCEMENT: &str = "enforcement";
const POLICE: &str = "public_security";
const NUMBER: &str = "13912345678";

async fn dengfeng() -> City {
    let mut city = City::new("standard", &[&[ENFORCEMENT], &[POLICE]]);
    city.becomes("dengfeng");
    let all = [Part::Bus, Part::Gateway, Part::Units(0), Part::Units(1)];
    all.into_iter().for_each(|part| city.start(part));
    city
}

/// The books of a unit, as another or as itself.
fn books(city: &City, by: &str, unit: &str) -> ContactServiceClient<kit::client::Channel> {
    ContactServiceClient::new(city.line(&format!("unit/{by}"), &["units", unit]))
}

async fn hands(city: &City, act: &str) -> Result<Contact, Status> {
    let request = HandOverRequest {
        command: command("p.officer", act),
        unit: ENFORCEMENT.into(),
        number: NUMBER.into(),
        purpose: "call-back".into(),
        note: "on leaflets at the crossing".into(),
    };
    Ok(books(city, POLICE, ENFORCEMENT).hand_over(request).await?.into_inner().contact.unwrap())
}

async fn reads(city: &City, id: &str, purpose: &str) -> Result<String, Status> {
    let (command, contact_id) = (another("p.caller"), id.into());
    let request = ReadContactRequest { command, contact_id, purpose: purpose.into() };
    Ok(books(city, ENFORCEMENT, ENFORCEMENT).read_contact(request).await?.into_inner().number)
}

async fn listed(city: &City, unit: &str) -> Vec<Contact> {
    let request = ListContactsRequest::default();
    let listed = books(city, unit, unit).list_contacts(request).await;
    listed.map(|listed| listed.into_inner().contacts).unwrap_or_default()
}

/// The files that have the number in them.
fn having(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let is_in =
                |bytes: Vec<u8>| bytes.windows(NUMBER.len()).any(|part| part == NUMBER.as_bytes());
            match path.is_dir() {
                true => folders.push(path),
                false if fs::read(&path).is_ok_and(is_in) => found.push(path),
                false => {}
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_handed_over_twice_is_one_call_back_and_its_result_comes_back_through_kills() {
    let mut city = dengfeng().await;
    let taken = async || hands(&city, "a").await;
    let first = until("it is received", taken, Result::is_ok).await.unwrap();
    // SIGKILL: it has no chance to say or write anything more.
    city.kill(Part::Units(0));
    assert!(hands(&city, "b").await.is_err(), "who is away receives nothing");
    city.start(Part::Units(0));
    let again = async || hands(&city, "b").await;
    let again = until("it is received again", again, Result::is_ok).await.unwrap();
    assert_eq!((&again.contact_id, again.handed.len()), (&first.contact_id, 2));
    assert_eq!(hands(&city, "a").await.unwrap().contact_id, first.contact_id, "a repeat");
    assert_eq!(listed(&city, ENFORCEMENT).await.len(), 1, "one call-back");
    assert_eq!(reads(&city, &first.contact_id, "call-back").await.unwrap(), NUMBER);
    let receipt = async || listed(&city, POLICE).await;
    until("the police have the receipt", receipt, |all| all.len() == 1).await;

    city.kill(Part::Units(1));
    let request = ReportContactRequest {
        command: command("p.caller", "report"),
        contact_id: first.contact_id.clone(),
        result: "unplugged by its owner".into(),
    };
    books(&city, ENFORCEMENT, ENFORCEMENT).report_contact(request).await.unwrap();
    city.start(Part::Units(1));
    let told = async || listed(&city, POLICE).await;
    let told = until("the police are told", told, |all| {
        all.first().is_some_and(|one| !one.result.is_empty())
    });
    assert_eq!(told.await[0].result, "unplugged by its owner");
    let files = having(city.data());
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].parent().unwrap().ends_with("contacts"), "in no journal: {files:?}");
    assert!(city.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_purpose_a_number_and_a_drivers_record_are_refused_and_that_is_logged() {
    let mut city = dengfeng().await;
    let taken = async || hands(&city, "a").await;
    let id = until("it is received", taken, Result::is_ok).await.unwrap().contact_id;
    for purpose in ["", "to sell something"] {
        let refused = reads(&city, &id, purpose).await.unwrap_err();
        let refused = status::rejection(&refused);
        assert_eq!((&*refused.reason, &*refused.field), ("NOT_THE_PURPOSE", "purpose"));
    }
    let data = city.folder_of(Part::Units(0));
    let logged = async || {
        let (mut found, mut folders) = (false, vec![data.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                match entry.path().is_dir() {
                    true => folders.push(entry.path()),
                    false => {
                        let bytes = fs::read(entry.path()).unwrap_or_default();
                        let word = b"NOT_THE_PURPOSE";
                        found |= bytes.windows(word.len()).any(|part| part == word);
                    }
                }
            }
        }
        found
    };
    until("who was refused is on record", logged, |found| *found).await;

    let receipt = async || listed(&city, POLICE).await;
    until("the police have the receipt", receipt, |all| all.len() == 1).await;
    let request = LookUpRequest {
        command: another("p.curious"),
        unit: POLICE.into(),
        register: "drivers".into(),
        key: "driver-7".into(),
        purpose: String::new(),
    };
    let line = city.line(&format!("unit/{ENFORCEMENT}"), &["units", POLICE]);
    let refused = RegisterServiceClient::new(line).look_up(request).await.unwrap_err();
    assert_eq!(status::rejection(&refused).reason, "PURPOSE_MISSING");
    assert!(city.terminate());
}

fn asks(city: &City, words: &[&str]) -> Vec<Value> {
    let way = ["--data", city.data().to_str().unwrap(), "--output", "json"];
    let found = output(&[&["contacts"], words, &way].concat());
    assert!(found.status.success(), "{words:?}: {}", String::from_utf8_lossy(&found.stderr));
    objects(&found)
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_handed_over_read_and_reported_by_command() {
    let mut city = dengfeng().await;
    let ready = async || hands(&city, "ready").await;
    let id = until("it is received", ready, Result::is_ok).await.unwrap().contact_id;
    let (police, ours) = (["--as", "unit/public_security"], ["--as", "unit/enforcement"]);
    let person = ["--person", "wang"];
    let again = ["hand-over", ENFORCEMENT, NUMBER, "--purpose", "call-back", "--note", "again"];
    let again = asks(&city, &[&again[..], &person[..], &police[..]].concat());
    assert_eq!((&again[0]["contact_id"], &again[0]["times"]), (&id.as_str().into(), &2.into()));
    let read = [&["read", &id, "--purpose", "call-back"], &person[..], &ours[..]].concat();
    assert_eq!(asks(&city, &read)[0]["number"], NUMBER);
    let report = [&["report", &id, "--result", "unplugged"], &person[..], &ours[..]].concat();
    assert_eq!(asks(&city, &report)[0]["state"], "called");
    assert_eq!(asks(&city, &[&["list"], &ours[..]].concat())[0]["result"], "unplugged");
    let (data, copies) = (city.data().to_str().unwrap(), tempfile::tempdir().unwrap());
    let copy = copies.path().join("city.tar");
    let copied = output(&["backup", "--data", data, "--out", copy.to_str().unwrap()]);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    assert!(having(city.data()).len() == 1 && having(copies.path()).is_empty(), "in no copy");
    assert!(city.terminate());
}
