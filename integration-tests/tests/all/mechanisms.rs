//! The README's table of what the documents ask for is complete, and names what is there.
//!
//! Each mechanism that touches a case has one row. A row names where it is done, as code, a method,
//! a message, a table of a pack or a command, and tests that show it; or it says that it is not done.
//! Whether the words are true is for people to judge; that what they name exists is shown here.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    program::{output, root},
    stories,
};

/// The mechanisms of the documents that touch a case, and those of operations, findings, decisions and
/// credit.
fn wanted() -> Vec<String> {
    let lawful = (60..=76).chain([55, 80, 81, 82, 83, 85, 86, 87]);
    let numbers = (1..=37).chain(lawful).chain([98, 99, 110, 133]);
    numbers.map(|number: u32| format!("M{number:03}")).collect()
}

/// One row: the mechanisms, where they are done, and the tests that show it.
struct Row {
    mechanisms: Vec<String>,
    done: String,
    shown: String,
}

fn table(readme: &str) -> Vec<Row> {
    let section = readme.split("\n## What the documents ask for\n").nth(1);
    let section = section.expect("the README says what the documents ask for");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    let rows = lines.skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [mechanisms, _, done, shown] = cells[..] else { panic!("four columns: {line}") };
        let mechanisms = mechanisms.split(", ").map(str::to_owned).collect();
        Row { mechanisms, done: done.to_owned(), shown: shown.to_owned() }
    });
    rows.collect()
}

/// What stands between backticks.
fn named(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// All interface files, as one text.
fn protos() -> String {
    let mut folders = vec![root().join("proto/muster")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => text += &fs::read_to_string(path).unwrap(),
            }
        }
    }
    text
}

/// `gateway::raise` or `domain::routing::assigner`: a file, or what a file has.
fn is_code(place: &str) -> bool {
    let Some((crate_name, rest)) = place.split_once("::") else { return false };
    let folders = ["services", "workflows"].map(|folder| root().join(folder).join(crate_name));
    let Some(src) = folders.into_iter().map(|folder| folder.join("src")).find(|at| at.is_dir())
    else {
        return false;
    };
    if src.join(rest.replace("::", "/") + ".rs").is_file() {
        return true;
    }
    let (module, item) = rest.rsplit_once("::").unwrap_or(("lib", rest));
    let text = fs::read_to_string(src.join(module.replace("::", "/") + ".rs"));
    let heads = ["fn", "struct", "enum"].map(|kind| format!("pub {kind} {item}"));
    text.is_ok_and(|text| heads.iter().any(|head| text.contains(head)))
}

/// `UnitCalled.liaison`: a field of a message.
fn is_field(protos: &str, message: &str, field: &str) -> bool {
    let head = format!("\nmessage {message} {{\n");
    let mut bodies = protos.split(&head).skip(1).filter_map(|rest| rest.split("\n}\n").next());
    bodies.any(|body| body.contains(&format!(" {field} = ")))
}

fn is_table(name: &str) -> bool {
    let cities = fs::read_dir(root().join("deploy/cities")).unwrap();
    cities.into_iter().any(|city| city.unwrap().path().join(name).is_file())
}

fn is_command(place: &str) -> bool {
    let words = place.split(' ').skip(1).chain(["--help"]);
    output(&words.collect::<Vec<_>>()).status.success()
}

fn is_there(protos: &str, place: &str) -> bool {
    let is_method = |method: &str| protos.contains(&format!("\n  rpc {method}("));
    let is_message = |message: &str| protos.contains(&format!("\nmessage {message} {{\n"));
    let is_file = Path::new(place).extension().is_some_and(|end| end == "csv");
    match place {
        _ if place.starts_with("muster ") => is_command(place),
        _ if place.contains("::") => is_code(place),
        _ if is_file => is_table(place),
        _ => match (place.split_once('/'), place.split_once('.')) {
            (Some((service, method)), _) => {
                protos.contains(&format!("\nservice {service} {{\n")) && is_method(method)
            }
            (None, Some((message, field))) => is_field(protos, message, field),
            (None, None) => is_method(place) || is_message(place),
        },
    }
}

/// What is wrong with a row.
fn wrong(protos: &str, row: &Row) -> Vec<String> {
    let who = row.mechanisms.join(", ");
    let (places, tests) = (named(&row.done), named(&row.shown));
    let mut faults = Vec::new();
    let is_not_done = row.done.starts_with("not done: ");
    if !is_not_done && (places.is_empty() || tests.is_empty()) {
        faults.push(format!("{who} names no place or no test, and does not say: not done"));
    }
    let nowhere = places.into_iter().filter(|place| !is_there(protos, place));
    faults.extend(nowhere.map(|place| format!("{who}: {place} is not there")));
    faults.extend(tests.into_iter().filter_map(stories::fault));
    faults
}

fn faults(readme: &str) -> Vec<String> {
    let (rows, protos) = (table(readme), protos());
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for mechanism in rows.iter().flat_map(|row| &row.mechanisms) {
        *count.entry(mechanism).or_default() += 1;
    }
    let mut faults: Vec<String> = rows.iter().flat_map(|row| wrong(&protos, row)).collect();
    for mechanism in wanted() {
        let rows = count.remove(mechanism.as_str()).unwrap_or_default();
        if rows != 1 {
            faults.push(format!("{mechanism} has {rows} rows, and must have one"));
        }
    }
    faults.extend(count.keys().map(|mechanism| format!("{mechanism} touches no case")));
    faults
}

#[test]
fn every_mechanism_that_touches_a_case_has_a_row_and_every_row_a_place_and_a_test() {
    let faults = faults(&stories::readme());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_row_that_names_nothing_is_seen() {
    let good = stories::readme();
    let row = good.lines().find(|line| line.starts_with("| M024 |")).unwrap();
    let place = "`domain::routing::assigner`";
    assert!(row.contains(place), "{row}");
    let broken = [
        (good.replace(&format!("{row}\n"), ""), "M024 has 0 rows"),
        (good.replace(row, &format!("{row}\n{row}")), "M024 has 2 rows"),
        (good.replace("| M024 |", "| M038 |"), "M038 touches no case"),
        (good.replace(place, ""), "M024 names no place"),
        (good.replace(place, "`domain::routing::nobody`"), "domain::routing::nobody is not there"),
        (good.replace(place, "`nobody::routing`"), "nobody::routing is not there"),
        (good.replace(place, "`no.csv`"), "no.csv is not there"),
        (good.replace(place, "`muster nothing`"), "muster nothing is not there"),
        (good.replace(place, "`GridService/DoNothing`"), "GridService/DoNothing is not there"),
        (good.replace(place, "`Case.nothing`"), "Case.nothing is not there"),
        (good.replace(place, "`DoNothing`"), "DoNothing is not there"),
        (good.replace("::nothing_is_ever_ownerless`", "::not_there`"), "is nowhere"),
    ];
    for (readme, wanted) in broken {
        let faults = faults(&readme);
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
    }
}
