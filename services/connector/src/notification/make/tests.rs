//! Who is told of each event, by the pack of Wenshan.

use std::path::Path;

use domain::{
    case::{
        Duty,
        fact::{Called, Rung},
    },
    pack,
};
use kit::store::Outgoing;

use super::*;
use crate::notification::tests::One;

fn wenshan() -> City {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    pack::load(&kit::pack::files(&pack).unwrap()).unwrap()
}

fn told(city: &City, source: &str, subject: &str, fact: &Fact) -> Vec<Told> {
    let outgoing = Outgoing::new("C1/x".parse().unwrap(), subject, proto::fact::write(fact));
    let envelope = outgoing.numbered(source.parse().unwrap(), 1, Moment(1_795_303_800_000));
    made(city, &BTreeMap::new(), &One, &envelope)
}

fn called(unit: &str) -> Fact {
    Fact::Called(Called {
        round: 1,
        unit: unit.parse().unwrap(),
        is_lead: true,
        lead: unit.parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "张三的摊位".into(),
        evidence: vec![],
        accept_within_ms: 1,
        arrive_within_ms: 1,
        dispose_within_ms: 1,
        working: vec![],
        by_proxy: false,
        community: "kaihua_dongfeng".parse().unwrap(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: unit == "fire_rescue",
    })
}

fn rung() -> Rung {
    let (party, due) = ("unit/enforcement".parse().unwrap(), Moment(1_795_303_800_000));
    Rung { round: 1, party, duty: Duty::Arrive, due }
}

#[test]
fn each_event_tells_whom_the_pack_says() {
    let city = wenshan();
    let unit: UnitId = "enforcement".parse().unwrap();
    let pressed = Ladder::Pressed {
        round: 1,
        party: "unit/enforcement".parse().unwrap(),
        number: 1,
        note: "at once, 13800001234".into(),
        pressed_by: "office/leading_group_office".parse().unwrap(),
    };
    let instructed = Ladder::Instructed {
        round: 2,
        lead: unit.clone(),
        cooperating: vec![],
        within_ms: 1,
        text: "at once, 13800001234".into(),
        instructed_by: "office/gov_city".parse().unwrap(),
    };
    let noticed = Ladder::Noticed { rung: rung(), contact: "主要领导".into() };
    let opened = Ladder::RightOpened { round: 1, unit: unit.clone(), due: rung().due };
    let declared = Fact::Declared { round: 1, unit, summary: "13800001234".into() };
    let (duty, first) = ("unit/enforcement/duty", "unit/enforcement/first");
    let community = "community/kaihua_dongfeng";
    let rows: [(&str, Fact, &[&str]); 9] = [
        ("service/worker", called("enforcement"), &[duty, "person/p-201"]),
        ("service/worker", called("transport"), &["unit/transport/duty"]),
        ("service/worker", Fact::Urged(rung()), &[duty]),
        ("service/worker", Fact::Reminded(rung()), &[]),
        ("service/gateway", Fact::Ladder(pressed), &[duty]),
        ("service/worker", Fact::Ladder(noticed), &[first]),
        ("service/gateway", Fact::Ladder(instructed), &[duty, first]),
        ("unit/enforcement", declared, &[community]),
        ("service/worker", Fact::Ladder(opened), &[community]),
    ];
    for (source, fact, wanted) in &rows {
        let told = told(&city, source, "case/wenshan/C1", fact);
        let receivers: Vec<&str> = told.iter().map(|one| one.receiver.as_str()).collect();
        assert_eq!(receivers, *wanted, "{fact:?}");
        for one in &told {
            assert!(one.text.contains("C1") && one.text.contains("2026-11-22 07:30"), "{one:?}");
            let is_of_people = ["138", "张三", "at once"].iter().any(|w| one.text.contains(w));
            assert!(!is_of_people, "no words of people: {one:?}");
        }
    }
}

#[test]
fn only_who_may_say_it_of_a_case_of_this_city_is_believed_and_an_emergency_is_urgent() {
    let city = wenshan();
    let fact = called("enforcement");
    for (source, subject) in [
        ("unit/enforcement", "case/wenshan/C1"),
        ("service/worker", "case/wuhan/C1"),
        ("service/worker", "operation/wenshan/C1"),
    ] {
        assert!(told(&city, source, subject, &fact).is_empty(), "{source} {subject}");
    }
    let told = told(&city, "service/worker", "case/wenshan/C1", &called("fire_rescue"));
    assert!(told.iter().all(|one| one.is_urgent) && !told.is_empty(), "{told:?}");
}
