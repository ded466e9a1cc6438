//! What counts against a unit is in the record: tables of courses and their grounds.

use super::*;
use crate::{
    case::{Fact, Finding, Stage, tests::*},
    party::Party,
};

fn of(case: &crate::case::Case) -> Vec<(String, Vec<Ground>)> {
    let grounds = grounds(&case.course, &limits()).into_iter();
    grounds.map(|(unit, grounds)| (unit.to_string(), grounds)).collect()
}

fn late(round: u32, due: i64, urged: i64) -> Ground {
    Ground::Late { round, duty: Duty::Dispose, due: at(due), urged_at: at(urged) }
}

fn urged(round: u32, id: &str, due: i64) -> Fact {
    let party = Party::unit(&unit(id));
    Fact::Urged(Rung { round, party, duty: Duty::Dispose, due: at(due) })
}

#[test]
fn a_case_that_goes_as_it_should_gives_nobody_anything_to_answer_for() {
    assert_eq!(of(&confirming()), []);
    assert_eq!(unaccounted(&confirming().course, &limits()), []);
}

#[test]
fn who_was_urged_after_a_limit_was_late_in_every_later_round_too() {
    let mut case = at_work();
    case.apply(&urged(1, "b", 5), at(6));
    case.apply(&urged(1, "b", 5), at(9));
    assert_eq!(of(&case), [("b".to_owned(), vec![late(1, 5, 6)])]);
    case.apply(&step("refuse", "a"), at(7));
    case.apply(&routed(2, None), at(8));
    assert!(case.course.urged.is_empty(), "a round begins with nobody urged");
    assert_eq!(of(&case), [("b".to_owned(), vec![late(1, 5, 6)])]);
}

#[test]
fn an_office_and_a_community_that_were_urged_are_no_units() {
    let mut case = confirming();
    let party = "community/c1".parse().unwrap();
    case.apply(&Fact::Urged(Rung { round: 1, party, duty: Duty::Confirm, due: at(5) }), at(6));
    assert_eq!(of(&case), []);
}

#[test]
fn whom_the_lead_acts_for_has_no_grounds() {
    let mut case = raised();
    case.apply(&routed(1, Some("a")), at(1));
    let Fact::Called(called) = called(1, "b") else { panic!() };
    case.apply(&Fact::Called(crate::case::fact::Called { by_proxy: true, ..called }), at(1));
    case.apply(&urged(1, "b", 5), at(6));
    assert_eq!(case.course.urged.len(), 1);
    assert_eq!(of(&case), []);
}

#[test]
fn what_was_sent_back_so_often_is_the_leads_and_counts_from_the_citys_number_on() {
    let mut case = confirming();
    for times in 1..=4 {
        case.course.dissatisfied = times;
        let right = match times {
            3.. => vec![("a".to_owned(), vec![Ground::Reworked { times }])],
            _ => vec![],
        };
        assert_eq!(of(&case), right, "{times}");
    }
    let never = Limits { rounds_max: 0, ..limits() };
    assert!(grounds(&case.course, &never).is_empty());
}

#[test]
fn only_an_upheld_complaint_is_a_ground_and_only_of_whom_it_is_about() {
    for is_upheld in [true, false] {
        let mut case = complaint("x");
        let found = Finding::Found {
            round: 1,
            is_upheld,
            text: "looked into".into(),
            evidence: vec![],
            found_by: "office/o".parse().unwrap(),
        };
        case.apply(&Fact::Finding(found), at(4));
        assert_eq!(case.course.stage, Stage::Confirming);
        let right = match is_upheld {
            true => vec![("x".to_owned(), vec![Ground::Upheld { found_at: at(4) }])],
            false => vec![],
        };
        assert_eq!(of(&case), right);
    }
}

#[test]
fn a_unit_has_one_sheet_however_many_grounds_there_are() {
    let mut case = at_work();
    case.apply(&urged(1, "b", 5), at(6));
    assert_eq!(unaccounted(&case.course, &limits()), [unit("b")]);
    let opened = |round| Finding::Accounted { round, unit: unit("b"), grounds: vec![] };
    assert!(case.apply(&Fact::Finding(opened(1)), at(7)));
    assert!(!case.apply(&Fact::Finding(opened(2)), at(8)));
    case.apply(&urged(1, "b", 9), at(10));
    assert_eq!(of(&case)[0].1.len(), 2);
    assert_eq!(unaccounted(&case.course, &limits()), []);
}

#[test]
fn refusals_against_rulings_are_a_ground_from_the_citys_number_on_counted_in_all_cases() {
    let mut case = at_work();
    case.course.jurisdiction.evaded = vec![(unit("b"), 1)];
    let counted = |unit: &str, times| {
        let evasions = [(unit.parse().unwrap(), times)].into();
        Limits { evasions_max: 3, evasions, ..limits() }
    };
    let of = |limits: &Limits| grounds(&case.course, limits).into_iter().collect::<Vec<_>>();
    assert_eq!(of(&counted("b", 2)), []);
    assert_eq!(of(&counted("b", 3)), [(unit("b"), vec![Ground::Evaded { times: 3 }])]);
    assert_eq!(of(&counted("a", 3)), [], "not in this case");
    assert_eq!(of(&Limits { evasions_max: 0, ..counted("b", 3) }), [], "not counted in this city");
}
