//! The README's table of stories is complete: each clause has one row, each row a test that is there.
//!
//! The clauses are those of the acceptance stories: the steps of the flow, the unhappy paths, the
//! assertions. Whether a test shows what its row says is for people to judge; that it exists, runs
//! as a test and is not switched off is shown here.

use std::{collections::BTreeMap, fs, path::PathBuf};

use crate::program::root;

/// A story, and how many steps, unhappy paths and assertions it has.
struct Story {
    name: &'static str,
    flow: usize,
    unhappy: usize,
    asserts: usize,
}

const STORIES: &[Story] = &[
    Story { name: "S1", flow: 8, unhappy: 3, asserts: 3 },
    Story { name: "S2", flow: 9, unhappy: 6, asserts: 2 },
    Story { name: "S3", flow: 7, unhappy: 5, asserts: 3 },
    Story { name: "S4", flow: 10, unhappy: 7, asserts: 2 },
    Story { name: "S6", flow: 8, unhappy: 7, asserts: 1 },
    Story { name: "S7", flow: 7, unhappy: 5, asserts: 0 },
    Story { name: "S11", flow: 7, unhappy: 4, asserts: 2 },
    Story { name: "S13", flow: 6, unhappy: 4, asserts: 0 },
];

/// The clauses of S9, whose two flows are counted apart.
const PARTS: &[&str] = &[
    "S9 FA1", "S9 FA2", "S9 FA3", "S9 FA4", "S9 FB1", "S9 FB2", "S9 FB3", "S9 Ua", "S9 Ub",
    "S9 Uc", "S9 Ud", "S9 Ue", "S9 Uf",
];

impl Story {
    /// `S1 F1`, `S1 Ua`, `S1 A1`.
    fn clauses(&self) -> Vec<String> {
        let Story { name, flow, unhappy, asserts } = self;
        let steps = (1..=*flow).map(|step| format!("{name} F{step}"));
        let letters = ('a'..='z').take(*unhappy).map(|letter| format!("{name} U{letter}"));
        let asserted = (1..=*asserts).map(|number| format!("{name} A{number}"));
        steps.chain(letters).chain(asserted).collect()
    }
}

/// One row of the table: the clause, what must be true, and the tests that show it.
type Row = (String, String, Vec<String>);

fn table(readme: &str) -> Vec<Row> {
    let section = readme.split("\n## Stories\n").nth(1).expect("the README has stories");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    let rows = lines.skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [clause, truth, tests] = cells[..] else { panic!("three columns: {line}") };
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (clause.to_owned(), truth.to_owned(), tests)
    });
    rows.collect()
}

/// The file of `s1::flow::name`, or of `gateway::tests::again::name`, and the name.
fn source(test: &str) -> Option<(PathBuf, String)> {
    let (module, name) = test.rsplit_once("::")?;
    let path = module.replace("::", "/") + ".rs";
    let crates = path.split_once('/').map(|(crate_name, rest)| format!("{crate_name}/src/{rest}"));
    let places = [
        Some(format!("integration-tests/tests/all/{path}")),
        crates.as_ref().map(|path| format!("services/{path}")),
        crates.as_ref().map(|path| format!("workflows/{path}")),
    ];
    let file =
        places.into_iter().flatten().map(|path| root().join(path)).find(|at| at.is_file())?;
    Some((file, name.to_owned()))
}

/// What is wrong with a named test; nothing when it is there and runs.
pub fn fault(test: &str) -> Option<String> {
    let Some((file, name)) = source(test) else { return Some(format!("no file has {test}")) };
    let text = fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = [format!("fn {name}("), format!("async fn {name}(")];
    let Some(at) = lines.iter().position(|line| head.iter().any(|head| line.starts_with(head)))
    else {
        return Some(format!("{test} is nowhere"));
    };
    let above: Vec<&&str> =
        lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).collect();
    let is_test = |line: &str| line == "#[test]" || line.starts_with("#[tokio::test");
    if !above.iter().any(|line| is_test(line)) {
        return Some(format!("{test} is no test"));
    }
    let is_off = above.iter().any(|line| line.starts_with("#[ignore"));
    is_off.then(|| format!("{test} is switched off"))
}

fn faults(readme: &str) -> Vec<String> {
    let rows = table(readme);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for (clause, truth, tests) in &rows {
        *count.entry(clause).or_default() += 1;
        if truth.is_empty() || tests.is_empty() {
            faults.push(format!("{clause} says nothing, or names no test"));
        }
        faults.extend(tests.iter().filter_map(|test| fault(test)));
    }
    let parts = PARTS.iter().map(|clause| (*clause).to_owned());
    let wanted: Vec<String> = STORIES.iter().flat_map(Story::clauses).chain(parts).collect();
    for clause in &wanted {
        let rows = count.remove(clause.as_str()).unwrap_or_default();
        if rows != 1 {
            faults.push(format!("{clause} has {rows} rows, and must have one"));
        }
    }
    faults.extend(count.keys().map(|clause| format!("{clause} is no clause")));
    faults
}

/// The README.
pub fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn every_clause_of_a_story_has_a_row_and_every_row_a_test() {
    let faults = faults(&readme());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_table_with_a_hole_is_seen() {
    let good = readme();
    let row = good.lines().find(|line| line.starts_with("| S1 Ub |")).unwrap();
    let test = table(&good).into_iter().find(|(clause, ..)| clause == "S1 Ub").unwrap().2.remove(0);
    let broken = [
        (good.replace(&format!("{row}\n"), ""), "S1 Ub has 0 rows"),
        (good.replace(row, &format!("{row}\n{row}")), "S1 Ub has 2 rows"),
        (good.replace("| S1 Ub |", "| S1 Uz |"), "S1 Uz is no clause"),
        (good.replace(&test, &format!("{test}_not")), "is nowhere"),
        (good.replace(&test, "s1::nowhere::it"), "no file has s1::nowhere::it"),
        (good.replace(&test, "s1::stage::city"), "s1::stage::city is no test"),
        (good.replace(&format!("`{test}`"), ""), "names no test"),
    ];
    for (readme, wanted) in broken {
        let faults = faults(&readme);
        assert!(faults.iter().any(|fault| fault.contains(wanted)), "{wanted}: {faults:?}");
    }
}
