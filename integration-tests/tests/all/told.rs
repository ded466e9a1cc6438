//! People are told by SMS of what happens in a case: the gateway is away, takes and says nothing, and
//! delivers; the worker is killed between the two; the cursor is set back; who has no address is seen,
//! and told when somebody has put it right. The number is nowhere but in its own file.

use std::{fs, path::Path};

use proto::whistle::{RaiseWhistleRequest, whistle_service_client::WhistleServiceClient};
use serde_json::Value;

use crate::{
    city::{City, Part},
    credit::outside::{Act, Outside},
    measured::scraped,
    operate::refused,
    people::{self, reachable},
    program::{objects, output},
    s1::{
        people::{CALLED, COMMUNITY},
        stage::until,
    },
};

const DUTY: &str = "13812345678";
const LIAISON: &str = "13987654321";
const LATER: &str = "13700001111";
/// A number in somebody's words: it is in the record, and in no text.
const DUTY_OF_NOBODY: &str = "13600002222";

/// What `muster notices …` says; nothing while the worker is away.
fn said(data: &Path, words: &[&str]) -> Vec<Value> {
    let data = data.to_str().unwrap();
    let done = output(&[&["notices"], words, &["--data", data, "--output", "json"]].concat());
    let text = [&done.stdout[..], &done.stderr[..]].concat();
    assert!(!holds(&text, DUTY) && !holds(&text, LIAISON) && !holds(&text, LATER));
    if done.status.success() { objects(&done) } else { Vec::new() }
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|part| part == words.as_bytes())
}

/// The files below a folder that have these words.
fn files_with(dir: &Path, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, words));
        } else if fs::read(&path).is_ok_and(|bytes| holds(&bytes, words)) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The texts that were taken, with the number that each went to.
fn taken(outside: &Outside) -> Vec<(String, String)> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    outside.events("sms").iter().map(|event| (text(event, "to"), text(event, "text"))).collect()
}

fn states(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["state"].as_str().unwrap()).collect()
}

fn configured(addresses: &Path, port: u16) -> String {
    format!(
        "[outside]\nfirst_wait = \"100ms\"\nlongest_wait = \"300ms\"\n\
         [outside.notices]\naddresses = {:?}\ngather = \"50ms\"\n\
         [outside.notices.ways.sms]\nkind = \"sms\"\nlanguage = \"en\"\ndeadline = \"10s\"\n\
         url = \"http://127.0.0.1:{port}/sms\"\nreport = \"http://127.0.0.1:{port}/report\"\n",
        addresses.display().to_string()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_called_is_told_once_whatever_happens_and_whoever_is_not_is_seen() {
    let mut city = City::new("standard", &[&["enforcement", "market_regulation"]]);
    let (data, port, metrics) = (city.data().to_owned(), City::port(), City::port());
    let beside = tempfile::tempdir().unwrap();
    let addresses = beside.path().join("addresses.csv");
    let rows = format!("unit/enforcement/duty,sms,{DUTY}\nperson/p-201,sms,{LIAISON}\n");
    let rows = format!("receiver,way,address\n{rows}");
    fs::write(&addresses, &rows).unwrap();
    let scrape = format!("metrics = \"127.0.0.1:{metrics}\"");
    city.set(Part::Worker, &scrape, &configured(&addresses, port));
    city.tell("MUSTER_LOG", "debug");
    city.start_all().await;
    reachable(&data, &["gateway"]).await;
    let bus = ["bus", "subscribers", "--data", data.to_str().unwrap(), "--output", "json"];
    let subscribers = async || objects(&output(&bus));
    until("it reads", subscribers, |rows| rows.iter().any(|row| row["name"] == "notifications"))
        .await;

    // Nobody is there: who is to be told waits, and that is seen.
    let case_id = people::whistle(&data).await;
    let of_case = async || said(&data, &["list", "--case", &case_id]);
    let wait = |rows: &Vec<Value>| {
        rows.len() == 2
            && rows.iter().all(|row| row["reason"].as_str().unwrap().contains("reached"))
    };
    let waiting = until("two wait", &of_case, wait).await;
    assert_eq!(states(&waiting), ["waiting"; 2]);
    let receivers: Vec<_> = waiting.iter().map(|row| &row["receiver"]).collect();
    assert_eq!(receivers, ["unit/enforcement/duty", "person/p-201"]);
    assert_eq!(waiting[0]["masked_address"], "*********78");

    // Who tells is killed before it has told anybody.
    city.kill(Part::Worker);
    city.start(Part::Worker);
    assert_eq!(until("two wait again", &of_case, wait).await.len(), 2);

    // The gateway takes and says nothing, and who tells is killed before it can write that down.
    let signer = people::identity(&data, "service/worker").credential().unwrap();
    let outside = Outside::open_at(port, signer).await;
    outside.does("sms", &[Act::Keep]);
    until("both are there", async || taken(&outside).len(), |taken| *taken == 2).await;
    city.kill(Part::Worker);
    outside.does("sms", &[Act::Take]);
    city.start(Part::Worker);
    let are = |word: &'static str| move |rows: &Vec<Value>| states(rows) == [word; 2];
    until("both are taken", &of_case, are("taken")).await;
    outside.reports("{\"state\":\"delivered\"}");
    until("both are delivered", &of_case, are("delivered")).await;
    let told = taken(&outside);
    let unit = "Urban management & comprehensive enforcement";
    let begins = format!("Case {case_id}: {unit} is called.");
    assert!(told.iter().all(|(_, text)| text.starts_with(&begins)), "{told:?}");
    let mut numbers: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [DUTY, LIAISON], "each once, by its key");

    // The cursor is set back, and what comes then shows that all of it was read again.
    let before = outside.came("sms").len();
    let words = ["bus", "replay", "notifications", "--party", "service/worker"];
    let more = ["--from", "beginning", "--yes", "--data", data.to_str().unwrap()];
    let replayed = output(&[&words[..], &more].concat());
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    not_told(&data, &addresses, &rows).await;
    let count = |row: &&str| scraped(metrics).lines().any(|line| line.starts_with(row));
    assert!(count(&"muster_notification_failed_total{"), "{}", scraped(metrics));
    assert_eq!(outside.came("sms").len(), before + 3, "only who was not told before");
    let texts = taken(&outside);
    assert!(texts.iter().all(|(_, text)| !text.contains(DUTY_OF_NOBODY)), "{texts:?}");

    let no = ["notices", "list", "--case", &case_id, "--as", "community/kaihua_xishan"];
    assert!(refused(&data, &no).contains("is not a case of yours"));
    let own = ["list", "--case", &case_id, "--as", "community/kaihua_dongfeng"];
    assert!(said(&data, &own).len() >= 2);
    assert!(city.terminate(), "SIGTERM drains a role");
    for number in [DUTY, LIAISON, LATER] {
        let found = files_with(&data, number);
        assert!(found.is_empty(), "{number}: {found:?}");
    }
    assert!(!files_with(&data, "person/p-201").is_empty(), "it would be found");
}

/// A unit without an address is called: that is seen, put right, and told by a person's word.
async fn not_told(data: &Path, addresses: &Path, rows: &str) {
    let line = people::line(data, COMMUNITY, &["gateway"]);
    let evidence =
        vec![people::photograph(&line, "one").await, people::photograph(&line, "two").await];
    let request = RaiseWhistleRequest {
        command: people::another("li.na"),
        issue_type: "street_vending".into(),
        grid: "WS-KH-002".into(),
        description: format!("stalls; ask {DUTY_OF_NOBODY}"),
        evidence,
        called_units: CALLED.map(str::to_owned).to_vec(),
        ..RaiseWhistleRequest::default()
    };
    let raised = WhistleServiceClient::new(line).raise_whistle(request).await.unwrap();
    let case_id = raised.into_inner().case_id;
    let of_case = async || said(data, &["list", "--case", &case_id]);
    let over = |rows: &Vec<Value>| {
        rows.len() == 4 && rows.iter().all(|row| row["is_final"].as_bool().unwrap())
    };
    let rows_now = until("all of it is over", &of_case, over).await;
    let failed = said(data, &["list", "--state", "failed"]);
    let reasons: Vec<_> = failed.iter().map(|row| &row["reason"]).collect();
    assert_eq!(reasons, ["NO_ADDRESS"; 2], "{failed:?}");
    let receiver = "unit/market_regulation/duty";
    let of_it = said(data, &["list", "--receiver", receiver, "--state", "failed"]).remove(0);
    assert!(rows_now.contains(&of_it) && of_it["masked_address"] == "", "{of_it}");

    fs::write(addresses, format!("{rows}{receiver},sms,{LATER}\n")).unwrap();
    let number = of_it["number"].to_string();
    let again = ["again", &number, "--reason", "put right", "--person", "zhou"];
    let office = ["--as", "office/leading_group_office"];
    assert_eq!(said(data, &[&again[..], &office].concat())[0]["state"], "waiting");
    let its = async || said(data, &["list", "--receiver", receiver]);
    let row = until("it is told", its, |rows| states(rows) == ["delivered"]).await.remove(0);
    assert_eq!((&row["again"][0]["person"], &row["key"]), (&"zhou".into(), &of_it["key"]));
}
