//! Who hands numbers over, and each fault by name.

use super::*;

const CONTACTS: &str = "\
to,from,kept_days,source
enforcement,housing,30,example
";

fn with_contacts(old: &str, new: &str) -> Files {
    let mut files = good();
    assert!(CONTACTS.contains(old), "no {old:?}");
    files.insert("contacts.csv".to_owned(), CONTACTS.replacen(old, new, 1).into_bytes());
    files
}

#[test]
fn each_fault_of_a_hand_over_is_named_and_dengfeng_has_the_one_of_its_plan() {
    assert!(mini().contacts.is_empty());
    let rows = [
        ("housing", "", "contacts.csv:2: from is empty"),
        ("housing", "media", "from: media has no service of its own"),
        ("enforcement", "enforcment", "did you mean enforcement?"),
        (",30,", ",0,", "kept_days: this is too little or too much"),
        (",30,", ",x,", "kept_days: \"x\""),
        (",example", ",", "contacts.csv:2: source is empty"),
    ];
    for (old, new, wanted) in rows {
        let report = faults(&with_contacts(old, new));
        assert!(report.contains(wanted), "{old:?} -> {new:?} gave\n{report}");
    }
    let city = load(&shipped("dengfeng")).unwrap();
    let rule = &city.contacts[&"enforcement".parse().unwrap()];
    assert_eq!(rule.from, ["public_security".parse().unwrap()]);
}
