//! Another city system gives its cases, by its feed and by bringing them: each is one case or waits for
//! a person, whatever the feed does and whoever is killed; and the system is told what becomes of them.

mod broken;
mod feed;
mod story;

use std::path::Path;

use proto::{
    ledger::{CaseFilter, SearchCasesRequest, ledger_service_client::LedgerServiceClient},
    whistle::Case,
};
use serde_json::Value;

use self::feed::Feed;
use crate::{
    city::{City, Part},
    credit::outside::Outside,
    people::{self, line},
    program::{objects, output},
};

const SYSTEM: &str = "ext_digital_cm";
const OFFICE: &str = "office/leading_group_office";
const LEAVES: &str = "subscriber,type,why,source\n\
                      intake.ext-digital-cm,muster.intake.v1.CaseState,it gave the case,example\n";

/// A city to which the system gives its cases, and the system: its feed, and where it is told.
async fn open(hosts: &[&[&'static str]]) -> (City, Feed, Outside) {
    let mut city = City::new("standard", hosts);
    city.add_to_pack("outside.csv", LEAVES);
    let (feeding, told) = (City::port(), City::port());
    let doors = people::endpoint(city.data(), &["gateway"]);
    let text = format!(
        "[gateway]\naddress = \"{}\"\nserver = \"service/gateway\"\n\
         [outside]\nfirst_wait = \"100ms\"\nlongest_wait = \"300ms\"\n\
         [outside.intake.{SYSTEM}]\npush = true\n\
         [outside.intake.{SYSTEM}.feed]\nevery = \"200ms\"\n\
         way = {{ url = \"http://127.0.0.1:{feeding}/cases\", deadline = \"500ms\" }}\n\
         [outside.intake.{SYSTEM}.state]\n\
         way = {{ url = \"http://127.0.0.1:{told}/states\", deadline = \"500ms\" }}\n",
        doors.address
    );
    city.set(Part::Worker, "", &text);
    let signer = people::identity(city.data(), "service/worker").credential().unwrap();
    let feed = Feed::open(feeding, signer.clone()).await;
    let outside = Outside::open_at(told, signer).await;
    (city, feed, outside)
}

/// What `muster intake …` says.
fn said(data: &Path, words: &[&str]) -> Vec<Value> {
    let data = data.to_str().unwrap();
    let words = [&["intake"], words, &["--data", data, "--output", "json"]].concat();
    objects(&output(&words))
}

/// The one report of a number.
fn shown(data: &Path, number: &str) -> Option<Value> {
    let all = said(data, &["list"]);
    let mut found = all.into_iter().filter(|row| row["number"] == number);
    let one = found.next();
    assert!(found.next().is_none(), "a number is one report");
    one
}

/// The cases that have this number of the system, as the ledger finds them.
async fn cases_of(data: &Path, number: &str) -> Vec<Case> {
    let filter = Some(CaseFilter { external_id: number.to_owned(), ..CaseFilter::default() });
    let mut ledger = LedgerServiceClient::new(line(data, "admin/root", &["gateway"]));
    let request = SearchCasesRequest { filter, ..SearchCasesRequest::default() };
    ledger.search_cases(request).await.unwrap().into_inner().cases
}

/// What the system was told of a number, in order: the word, and our number.
fn told(outside: &Outside, number: &str) -> Vec<(String, String)> {
    let events = outside.events("states").into_iter();
    let of = events.filter(|event| event["subject"] == number);
    let text =
        |event: &Value, name: &str| event["data"][name].as_str().unwrap_or_default().to_owned();
    of.map(|event| (text(&event, "state"), text(&event, "caseId"))).collect()
}
