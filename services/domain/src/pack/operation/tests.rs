//! Templates of joint operations in a small good pack, each fault in its turn.

use crate::{
    operation::FreeDays,
    pack::{
        load,
        table::Files,
        tests::{faults, good, shipped},
    },
};

const KINDS: &str = "\
id,zh,en,units,must,quorum,issue_type,every_days,free_days,note,source
night,联合,Night,housing;enforcement,housing,2,vending,7,move,,example
";

fn good_with_operations() -> Files {
    let mut files = good();
    files.insert("operations.csv".into(), KINDS.into());
    files
}

#[test]
fn a_city_has_the_templates_of_its_documents_and_may_have_none() {
    assert!(load(&good()).unwrap().operations.is_empty());
    let city = load(&good_with_operations()).unwrap();
    let kind = city.operations.values().next().unwrap();
    assert_eq!((kind.units.len(), kind.must.len(), kind.quorum), (2, 1, 2));
    assert_eq!((kind.every_days, kind.free_days), (Some(7), FreeDays::Move));
}

#[test]
fn each_fault_of_a_template_is_reported_with_its_line() {
    let table = [
        (",housing;enforcement,", ",nobody;housing,", "nobody"),
        (",housing;enforcement,", ",housing,", "operations.csv:2: units names 1"),
        (",housing,2", ",office,2", "operations.csv:2: must: office is not called"),
        (",housing,2", ",housing,3", "operations.csv:2: quorum can't be"),
        (",housing,2", ",housing,no", "operations.csv:2: quorum"),
        (",vending,", ",burning,", "burning"),
        (",7,", ",0,", "operations.csv:2: every_days: 0 can't be"),
        (",move,", ",sometimes,", "operations.csv:2: free_days: there is no \"sometimes\""),
        (",example", ",", "source"),
    ];
    for (old, new, right) in table {
        let mut files = good_with_operations();
        assert!(KINDS.contains(old), "{old:?}");
        files.insert("operations.csv".into(), KINDS.replacen(old, new, 1).into_bytes());
        let faults = faults(&files);
        assert!(faults.contains(right), "{old} -> {new}: {right}\n{faults}");
    }
}

#[test]
fn each_city_has_the_joint_operations_of_its_documents() {
    let names = |city: &str| {
        let city = load(&shipped(city)).unwrap_or_else(|faults| panic!("{faults}"));
        let of = city.operations.values();
        of.map(|kind| format!("{} {}", kind.id, kind.units.len())).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(names("dengfeng"), "demolition 4, dust 4, illegal_taxis 3, muck_trucks 2");
    assert_eq!(names("wenshan"), "city 7, demolition 3, dust 4, muck_trucks 4, waste 3");
    assert_eq!(names("wuhan"), "dust 4, exhaust_checks 4");
    let wuhan = load(&shipped("wuhan")).unwrap();
    let exhaust = &wuhan.operations[&"exhaust_checks".parse().unwrap()];
    assert_eq!(exhaust.must[0].as_str(), "traffic_police", "who leads");
    assert!(!exhaust.units.iter().any(|unit| unit.as_str() == "environment"), "only invited");
}
