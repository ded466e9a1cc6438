//! Kinds of enforcement decision in a small good pack, each fault in its turn.

use super::*;

const KINDS: &str = "\
id,zh,en,units,issue_types,major,reviewer,joint,amount_max,warn_first,ledger,basis,note,source
warning,警告,Warning,enforcement,vending;dust,never,office,,0,,no,law,,example
fine,罚款,Fine,enforcement,vending;dust,from 5000,office,housing,20000,warning,no,law,,example
demolition,拆除,Demolition,enforcement,dust,always,office,housing;sub_a,0,,yes,law,,example
penalty,处罚,Penalty,enforcement,dust,always,own,,0,,no,law,,example
";

const ACTIONS: &str = "\
kind,id,zh,en,recording,note,source
warning,serve,送达,Serve,no,,example
fine,serve,送达,Serve,yes,,example
demolition,demolish,拆除,Demolish,yes,,example
penalty,serve,送达,Serve,no,,example
";

const RULES: &str = "\
rule,value,source
finance,gov,example
criminal,housing,example
supervisors,office/office;unit/gov,example
";

const MORE: &str = "\
standard,*,review,4h,1h,1h,,example
standard,dust,review,1h,0s,1h,fast track,example
standard,*,criminal,3d,1d,1h,,example
standard,*,supervision,3d,1d,1h,,example
";

fn good_with_decisions() -> Files {
    let mut files = good();
    files.insert("decisions.csv".into(), KINDS.into());
    files.insert("decision_actions.csv".into(), ACTIONS.into());
    files.insert("decision_rules.csv".into(), RULES.into());
    files.insert("limits.csv".into(), format!("{LIMITS}{MORE}").into());
    files
}

/// A city with enforcement decisions.
pub(crate) fn lawful() -> City {
    load(&good_with_decisions()).unwrap()
}

#[test]
fn a_city_has_the_decisions_of_its_pack_and_may_have_none() {
    assert!(load(&good()).unwrap().procedure.is_none());
    let procedure = lawful().procedure.unwrap();
    let kind = |id: &str| procedure.kinds[&id.parse().unwrap()].clone();
    let is_major = |id, amount| kind(id).major.is_major(amount);
    assert!(is_major("fine", 5_000) && !is_major("fine", 4_999) && !is_major("warning", 9));
    assert!(is_major("demolition", 0) && kind("demolition").is_ledger);
    assert_eq!(kind("penalty").reviewer, Reviewer::Own);
    assert_eq!(kind("fine").warn_first.unwrap().as_str(), "warning");
    assert!(kind("demolition").actions[0].is_recorded && !kind("warning").actions[0].is_recorded);
    assert_eq!((procedure.finance.as_str(), procedure.supervisors.len()), ("gov", 2));
}

#[test]
fn each_fault_of_a_decision_is_reported_with_its_line() {
    let (kinds, actions, rules) = ("decisions.csv", "decision_actions.csv", "decision_rules.csv");
    let table = [
        (kinds, "enforcement,ven", "police,ven", "decisions.csv:2: units: police is not in"),
        (kinds, "g,enforcement,ven", "g,,ven", "decisions.csv:2: units is empty"),
        (kinds, "vending;dust", "vendng", "decisions.csv:2: issue_types: vendng is not"),
        (kinds, "vending;dust", "", "decisions.csv:2: issue_types is empty"),
        (kinds, "never,off", "seldom,off", "decisions.csv:2: major: \"seldom\" can't be"),
        (kinds, "never,office", "never,enforcement", "reviewer: enforcement decides so itself"),
        (kinds, "never,office", "never,media", "reviewer: media has no service of its own"),
        (kinds, "from 5000,office,housing", "from 5000,office,media", "joint: media has no s"),
        (kinds, "20000", "-1", "decisions.csv:3: amount_max: \"-1\""),
        (kinds, "20000", "100000001", "decisions.csv:3: amount_max: 100000001 can't be"),
        (kinds, "20000,warning", "20000,warnin", "decisions.csv:3: warn_first: warnin is not"),
        (kinds, "yes,law", "perhaps,law", "decisions.csv:4: ledger: \"perhaps\""),
        (kinds, "no,law", "no,", "decisions.csv:2: basis is empty"),
        (actions, "warning,serve", "fine,x", "decisions.csv:2: warning has no action"),
        (actions, "warning,serve", "warnin,serve", "decision_actions.csv:2: kind: warnin is not"),
        (actions, "yes", "sometimes", "decision_actions.csv:3: recording: \"sometimes\""),
        (rules, "finance,gov", "finance,media", "finance: media has no service of its own"),
        (rules, "finance", "finances", "there is no rule \"finances\""),
        (rules, "finance,gov,example\n", "", "the rule finance is missing"),
        (rules, "criminal,housing", "finance,housing", "finance is there twice"),
        (rules, "unit/gov", "admin/root", "supervisors: admin/root is no unit"),
        (rules, "office/office;unit/gov", "", "supervisors is empty"),
        ("limits.csv", "standard,*,criminal,3d,1d,1h,,example\n", "", "no limit criminal for dust"),
    ];
    for (file, old, new, right) in table {
        let mut files = good_with_decisions();
        let text = String::from_utf8(files.remove(file).unwrap()).unwrap();
        assert!(text.contains(old), "{file} has no {old:?}");
        files.insert(file.to_owned(), text.replacen(old, new, 1).into_bytes());
        let faults = faults(&files);
        assert!(faults.contains(right), "{old} -> {new}: {right}\n{faults}");
    }
    let mut files = good_with_decisions();
    files.remove("decision_rules.csv");
    assert!(faults(&files).contains("decision_rules.csv: there is no such file"));
}

#[test]
fn wenshan_reviews_every_demolition_by_the_justice_bureau_and_the_others_have_no_such_table() {
    let city = load(&shipped("wenshan")).unwrap_or_else(|faults| panic!("{faults}"));
    let procedure = city.procedure.as_ref().unwrap();
    let demolition = &procedure.kinds[&"demolition".parse().unwrap()];
    assert_eq!(demolition.major, Major::Always);
    assert_eq!(demolition.reviewer, Reviewer::Unit("justice".parse().unwrap()));
    assert!(demolition.actions.iter().all(|action| action.is_recorded));
    let hours = |issue: &str| city.limits("standard", &issue.parse().unwrap()).review.within_ms;
    assert!(hours("new_illegal_construction") < hours("legacy_illegal_construction"));
    let numbers = procedure
        .kinds
        .values()
        .all(|kind| kind.major == Major::Never || kind.note.contains("example"));
    assert!(numbers, "what is major is in no document");
    for other in ["dengfeng", "wuhan"] {
        assert!(load(&shipped(other)).unwrap().procedure.is_none(), "{other}");
    }
}
