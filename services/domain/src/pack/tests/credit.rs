//! The rules of credit: both files or none, and each fault by name.

use super::*;

const CREDIT: &str = "\
code,points,receivers,told,source
mud,4,,,example
driver,0,ext_civil,office,example
";

const RULES: &str = "\
rule,value,source
start,100,example
threshold,60,003
platform,ext_credit,003
joint,housing,example
removal_people,2,example
";

fn with_credit(file: &str, old: &str, new: &str) -> Files {
    let mut files = good();
    let outside = "ext_credit,信用,Credit,external,none,,no,,example\n\
                   ext_civil,文明,Civility,external,none,,no,,example\n";
    files.get_mut("units.csv").unwrap().extend(outside.bytes());
    files.insert("powers.csv".to_owned(), super::power::POWERS.into());
    for (name, text) in [("credit.csv", CREDIT), ("credit_rules.csv", RULES)] {
        assert!(file != name || text.contains(old), "{file} has no {old:?}");
        let text = if file == name { text.replacen(old, new, 1) } else { text.to_owned() };
        files.insert(name.to_owned(), text.into_bytes());
    }
    files
}

#[test]
fn a_city_has_both_files_or_no_credit() {
    assert_eq!(mini().credit, None);
    let credit = load(&with_credit("", "", "")).unwrap().credit.unwrap();
    assert_eq!((credit.start, credit.threshold, credit.removal_people), (100, 60, 2));
    assert_eq!(credit.codes.len(), 2);
    for name in ["credit.csv", "credit_rules.csv"] {
        let mut files = with_credit("", "", "");
        files.remove(name);
        assert!(faults(&files).contains(&format!("{name}: there is no such file")));
    }
}

#[test]
fn each_fault_of_credit_is_named() {
    let rows = [
        ("credit.csv", "mud,4", "mudd,4", "code: mudd is nobody's power"),
        ("credit.csv", ",4,,,", ",x,,,", "credit.csv:2: points: \"x\""),
        ("credit.csv", ",4,,,", ",4000,,,", "points: this is too much"),
        ("credit.csv", "ext_civil", "housing", "receivers: housing is no such unit"),
        ("credit.csv", ",office,", ",media,", "told: media is no such unit"),
        ("credit.csv", ",,,example", ",,,", "credit.csv:2: source is empty"),
        ("credit_rules.csv", "threshold", "treshold", "there is no rule \"treshold\""),
        ("credit_rules.csv", "removal_people,2", "removal_people,0", "0 is out of bounds"),
        ("credit_rules.csv", "ext_credit", "housing", "value: housing is no such unit"),
        ("credit_rules.csv", "joint,housing", "joint,ext_credit", "value: ext_credit is no such"),
        ("credit_rules.csv", "start,100", "threshold,100", "threshold is there twice"),
    ];
    for (file, old, new, wanted) in rows {
        let report = faults(&with_credit(file, old, new));
        assert!(report.contains(wanted), "{file}: {old:?} -> {new:?} gave\n{report}");
    }
}

#[test]
fn of_the_numbers_of_dengfeng_only_the_threshold_is_said_to_be_of_the_documents() {
    let files = shipped("dengfeng");
    let credit = load(&files).unwrap().credit.unwrap();
    assert_eq!(credit.threshold, 60);
    let text = String::from_utf8(files["credit_rules.csv"].clone()).unwrap();
    for rule in ["start", "joint", "removal_people"] {
        let line = text.lines().find(|line| line.starts_with(rule)).unwrap();
        assert!(line.contains(",example"), "{line}");
    }
    let text = String::from_utf8(files["credit.csv"].clone()).unwrap();
    assert!(text.lines().skip(1).all(|line| line.contains("example") || line.contains(",0,")));
    let powers = load(&files).unwrap().powers;
    assert!(credit.codes.keys().all(|code| powers.rows.contains_key(code)));
}
