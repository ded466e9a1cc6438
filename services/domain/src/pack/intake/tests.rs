//! The codes of other systems: what they mean, and every bad row with its line.

use crate::{
    case::Channel,
    pack::{
        City, Faults, load,
        tests::{UNITS, good},
    },
};

const HEAD: &str = "system,kind,code,ours,note,source\n";
const CHANNEL: &str = "ext,channel,,hotline,,example\n";

fn with(rows: &str) -> Result<City, Faults> {
    let mut files = good();
    let units = format!("{UNITS}ext,外,Outside,external,none,,no,,example\n");
    files.insert("units.csv".to_owned(), units.into_bytes());
    files.insert("intake.csv".to_owned(), format!("{HEAD}{rows}").into_bytes());
    load(&files)
}

#[test]
fn a_code_means_what_its_row_says_and_nothing_where_there_is_none() {
    let city =
        with(&format!("{CHANNEL}ext,issue_type,A-01,dust,,example\next,place,东门,T-2,,example\n"))
            .unwrap();
    let codes = city.coming.of(&"ext".parse().unwrap()).unwrap();
    assert_eq!(codes.channel, Channel::Hotline);
    assert_eq!(codes.issue_type("A-01").map(|id| id.as_str()), Some("dust"));
    assert_eq!(codes.cell("东门").map(|id| id.as_str()), Some("T-2"));
    assert_eq!((codes.issue_type("A-02"), codes.cell("A-01")), (None, None));
    assert_eq!(city.coming.of(&"housing".parse().unwrap()), None);
    assert_eq!(load(&good()).unwrap().coming.systems().count(), 0);
}

#[test]
fn every_bad_row_is_named_with_its_line() {
    for (row, wanted) in [
        ("ext,issue_type,A,nothing,,example", "intake.csv:3: ours: nothing is not in"),
        ("ext,place,P,nowhere,,example", "intake.csv:3: ours: nowhere is not in grid.csv"),
        ("ext,matter,A,x,,example", "intake.csv:3: kind: \"matter\" is not a kind of code"),
        ("nobody,place,P,@,,example", "intake.csv:3: system: nobody is not in units.csv"),
        ("housing,place,P,@,,example", "intake.csv:3: system: housing is dept"),
        ("ext,place,,@,,example", "intake.csv:3: code: \"\""),
        ("ext,place,P,@,,", "intake.csv:3: source is empty"),
        ("ext,channel,,hotline,,example", "intake.csv:3: channel \"\" is there already"),
        ("ext,channel,x,hotline,,example", "intake.csv:3: code: \"x\""),
        ("ext,place,P,@,,example\next,place,P,@,,example", "intake.csv:4: place \"P\" is there"),
    ] {
        let faults = with(&format!("{CHANNEL}{}\n", row.replace('@', "T-2"))).unwrap_err();
        assert!(faults.to_string().contains(wanted), "{row}: {faults}");
    }
    let faults = with("ext,channel,,telephone,,example\n").unwrap_err().to_string();
    assert!(faults.contains("intake.csv:2: ours: \"telephone\" is no channel"), "{faults}");
    let faults = with("ext,place,P,T-2,,example\n").unwrap_err().to_string();
    assert!(faults.contains("ext has no channel"), "{faults}");
}
