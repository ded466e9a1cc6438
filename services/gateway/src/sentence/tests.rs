//! A sheet states facts: its words are counted and dated, and none of them says that anybody is to
//! blame.

mod table;

use domain::{
    case::{Duty, Proxied, ground::Ground},
    moment::Moment,
};

pub(crate) use self::table::{facts, variants};
use super::*;
use crate::tests::city;

/// Words of blame, in both languages; what people write themselves is theirs.
const BLAME: [&str; 16] = [
    "guilt",
    "guilty",
    "fault",
    "blame",
    "negligen",
    "fail",
    "lazy",
    "incompetent",
    "responsible for",
    "should have",
    "不作为",
    "慢作为",
    "乱作为",
    "推诿",
    "失职",
    "渎职",
];

#[test]
fn a_ground_is_said_with_its_count_and_its_moments_and_without_blame() {
    let due = Moment(1_795_312_800_000);
    let duties = [
        Duty::Assign,
        Duty::Accept,
        Duty::Arrive,
        Duty::Dispose,
        Duty::Declare,
        Duty::Confirm,
        Duty::Find,
    ];
    let late = duties.map(|duty| Ground::Late { round: 2, duty, due, urged_at: due });
    let others = [
        Ground::Reworked { times: 3 },
        Ground::Evaded { times: 3 },
        Ground::Upheld { found_at: due },
    ];
    for one in late.iter().chain(&others) {
        let zh = zh::life::ground(Speech { lang: Lang::Zh, city: &city() }, one);
        for said in [ground(&city(), one), zh] {
            let is_counted = said.contains("3 times") || said.contains("3 次");
            assert!(is_counted || said.contains("2026-11-22 10:00"), "{said}");
            for word in BLAME {
                assert!(!said.to_lowercase().contains(word), "{said}: {word}");
            }
        }
    }
}

#[test]
fn who_acts_in_whose_place_is_said() {
    let act = Fact::Arrived { round: 1, unit: "power_company".parse().unwrap() };
    let by = "housing".parse().unwrap();
    let said = of(Lang::En, &city(), &Fact::Proxied(Proxied::new(by, act).unwrap()));
    assert!(said.contains("Power company") && said.contains("in whose place Housing"), "{said}");
}
