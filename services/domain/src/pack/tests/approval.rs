//! Kinds of joint approval in a small good pack, each fault in its turn.

use super::*;

const KINDS: &str = "\
id,zh,en,approvers,asked,issue_type,items_max,note,source
stalls,联审,Stalls,housing;enforcement,office,vending,3,,example
";

const OUTCOMES: &str = "\
kind,id,zh,en,issue_type,units,note,source
stalls,keep,保留,Keep,vending,housing,,example
stalls,remove,拆除,Remove,vending,housing,,example
";

fn good_with_approvals() -> Files {
    let mut files = good();
    files.insert("approvals.csv".into(), KINDS.into());
    files.insert("approval_outcomes.csv".into(), OUTCOMES.into());
    files
}

/// A city with a joint approval.
pub(crate) fn approvals() -> City {
    load(&good_with_approvals()).unwrap()
}

#[test]
fn a_city_has_the_approvals_of_its_documents_and_may_have_none() {
    assert!(load(&good()).unwrap().approvals.is_empty());
    let city = approvals();
    let kind = city.approvals.values().next().unwrap();
    assert_eq!((kind.approvers.len(), kind.asked.len(), kind.outcomes.len()), (2, 1, 2));
    assert_eq!(kind.outcome(&"keep".parse().unwrap()).unwrap().units[0].as_str(), "housing");
    assert_eq!(kind.outcome(&"burn".parse().unwrap()), None);
}

#[test]
fn each_fault_of_an_approval_is_reported_with_its_line() {
    let table = [
        ("approvals.csv", "housing;enf", "houses;enf", "approvals.csv:2: approvers: houses is not"),
        ("approvals.csv", "housing;enforcement", "", "approvals.csv:2: approvers is empty"),
        ("approvals.csv", "housing;enf", "media;enf", "approvals.csv:2: approvers: media has no s"),
        ("approvals.csv", "office,", "housing,", "approvals.csv:2: asked: housing is an approver"),
        ("approvals.csv", "vending", "vendng", "approvals.csv:2: issue_type: vendng is not in"),
        ("approvals.csv", ",3,", ",101,", "approvals.csv:2: items_max: 101 can't be"),
        ("approvals.csv", "3,,example", "3,,", "approvals.csv:2: source is empty"),
        ("approvals.csv", "stalls", "stals", "approvals.csv:2: stals has no outcome"),
        ("approval_outcomes.csv", "stalls", "stals", "approval_outcomes.csv:2: kind: stals is not"),
        ("approval_outcomes.csv", "remove", "keep", "keep of stalls is already on line 2"),
        ("approval_outcomes.csv", "g,housing", "g,", "approval_outcomes.csv:2: units is empty"),
        ("approval_outcomes.csv", "g,housing", "g,office", "housing leads and is not called"),
        ("approval_outcomes.csv", "g,housing", "g,housing;gov", "units: gov is not on the route"),
        ("approval_outcomes.csv", "vending", "dust", "approval_outcomes.csv:2: issue_type has 0 l"),
    ];
    for (file, old, new, right) in table {
        let mut files = good_with_approvals();
        let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
        assert!(text.contains(old), "{file} has no {old:?}");
        files.insert(file.to_owned(), text.replacen(old, new, 1).into_bytes());
        let faults = faults(&files);
        assert!(faults.contains(right), "{old} -> {new}: {right}\n{faults}");
    }
}

#[test]
fn dengfeng_approves_bollards_and_parking_bays_and_the_others_have_no_such_document() {
    let city = load(&shipped("dengfeng")).unwrap_or_else(|faults| panic!("{faults}"));
    let bollards = &city.approvals[&"bollards".parse().unwrap()];
    let names: Vec<&str> = bollards.approvers.iter().map(UnitId::as_str).collect();
    assert_eq!(names, ["public_security", "enforcement"], "市交警 is part of 市公安局");
    let outcomes: Vec<&str> = bollards.outcomes.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(outcomes, ["keep", "remove"]);
    let bays = &city.approvals[&"parking_bays".parse().unwrap()];
    assert!(bays.approvers.len() > 2 && !bays.asked.is_empty(), "another set");
    assert!(city.approvals.values().all(|kind| kind.source.starts_with("003 四")));
    for other in ["wenshan", "wuhan"] {
        assert!(load(&shipped(other)).unwrap().approvals.is_empty(), "{other}");
    }
}
