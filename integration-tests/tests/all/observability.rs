//! What is handed to other tools names only what is really there: every metric of the dashboards and
//! of the alerts is one that the roles export, asked at their own door; and every file is whole.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

use crate::{
    city::{City, Part},
    measured::scraped,
    operate::{letters, letters::Letters, until},
    people,
    program::root,
};

/// A worker that tells people, and has no file of addresses.
const NOTICES: &str = "[outside.notices]\naddresses = \"/nowhere/addresses.csv\"\n\
                       [outside.notices.ways.sms]\nkind = \"sms\"\nurl = \"http://127.0.0.1:9/\"\n";

/// A subscriber outside that nobody reaches, and the row that lets it have anything.
const OUTSIDE: &str = "[outside.subscriptions.grid]\ntypes = [\"muster.case.v1.*\"]\n\
                       way = { url = \"http://127.0.0.1:9/events\" }\n";
const LEAVES: &str =
    "subscriber,type,why,source\ngrid,muster.case.v1.*,the grid platform,example\n";

/// Where the files are.
fn folder() -> PathBuf {
    root().join("deploy/observability")
}

fn yaml(name: &str) -> Value {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn boards() -> Vec<(String, Value)> {
    let files = fs::read_dir(folder().join("grafana")).unwrap();
    let read = |file: fs::DirEntry| {
        let text = fs::read(file.path()).unwrap();
        let name = file.file_name().to_string_lossy().into_owned();
        let board = serde_json::from_slice(&text);
        (name.clone(), board.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    files.map(|file| read(file.unwrap())).collect()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Every rule of the alerts.
fn rules(alerts: &Value) -> Vec<&Value> {
    list(alerts, "groups").iter().flat_map(|group| list(group, "rules")).collect()
}

/// The expressions of a board, with its names.
fn expressions(board: &Value) -> Vec<String> {
    let targets = list(board, "panels").iter().flat_map(|panel| list(panel, "targets"));
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// Words that begin with our name: series, and the labels between braces or after `by`.
fn words(expression: &str) -> BTreeSet<String> {
    let is_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let words = expression.split(|one: char| !is_name(one));
    words.filter(|word| word.starts_with("muster_")).map(str::to_owned).collect()
}

#[test]
fn every_alert_says_what_is_so_what_it_means_and_what_to_do() {
    let alerts = yaml("prometheus/alerts.yaml");
    let mut names = BTreeSet::new();
    for rule in rules(&alerts) {
        assert!(names.insert(rule["alert"].as_str().unwrap()), "{rule} is there twice");
        for text in ["summary", "meaning", "action"] {
            let said = rule["annotations"][text].as_str().unwrap_or_default();
            assert!(said.len() > 10, "{text} of {rule}");
        }
        assert!(rule["for"].is_string() && rule["labels"]["severity"].is_string(), "{rule}");
    }
    for group in [
        "muster-bus",
        "muster-units",
        "muster-flows",
        "muster-outside",
        "muster-notifications",
        "muster-deadlines",
    ] {
        let named = list(&alerts, "groups").iter().any(|one| one["name"] == group);
        assert!(named, "no alert of {group}");
    }
    let scraped = yaml("prometheus/prometheus.yaml");
    assert_eq!(scraped["rule_files"][0], "alerts.yaml");
    let collector = yaml("collector.yaml");
    for pipeline in ["traces", "metrics"] {
        let pipeline = &collector["service"]["pipelines"][pipeline];
        for (part, kind) in
            [("receivers", "receivers"), ("processors", "processors"), ("exporters", "exporters")]
        {
            for name in list(pipeline, part) {
                let known = collector[kind].get(name.as_str().unwrap());
                assert!(known.is_some(), "the collector has no {kind} {name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_is_named_is_one_that_a_role_exports() {
    let mut city = City::new("standard", &[&["enforcement"]]);
    city.add_to_pack("outside.csv", LEAVES);
    let data = city.data().to_owned();
    let ports: Vec<(Part, u16)> =
        city.parts().into_iter().map(|part| (part, City::port())).collect();
    for (part, port) in &ports {
        // What is refused once is parked, and nobody has an address, so that there is something to
        // see of each.
        let rules = match part {
            Part::Bus => "[rules]\nattempts_max = 1\n".to_owned(),
            Part::Worker => {
                let gateway = people::endpoint(&data, &["gateway"]).address;
                format!(
                    "[gateway]\naddress = \"{gateway}\"\nserver = \"service/gateway\"\n\
                     [outside.intake.ext_digital_cm]\npush = true\n{NOTICES}{OUTSIDE}"
                )
            }
            _ => String::new(),
        };
        city.set(*part, &format!("metrics = \"127.0.0.1:{port}\""), &rules);
    }
    city.start_all().await;
    people::reachable(&data, &["gateway"]).await;
    people::whistle(&data).await;
    Letters::new(&data).await.send("unit/housing", "case/wenshan/a", 2).await;
    letters::park(&data, "unit/housing", "not yet").await;

    let alerts = yaml("prometheus/alerts.yaml");
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for rule in rules(&alerts) {
        wanted.extend(words(rule["expr"].as_str().unwrap()));
    }
    for (_, board) in boards() {
        wanted.extend(expressions(&board).iter().flat_map(|one| words(one)));
    }
    assert!(wanted.len() > 15, "{wanted:?}");
    let lacking = |text: &String| -> Vec<String> {
        let known = words(text);
        wanted.iter().filter(|name| !known.contains(*name)).cloned().collect()
    };
    let all = || ports.iter().map(|(_, port)| scraped(*port)).collect::<String>();
    let text = until(all, |text| lacking(text).is_empty()).await;
    assert!(lacking(&text).is_empty());
}
