//! The community's word: rework, consultation, first and last satisfaction, complaints, proxies.

use super::*;

fn back(round: u32) -> Fact {
    Fact::SentBack { round, reason: "the wires are back".into(), evidence: vec![] }
}

/// The next round, from its route to the declaration.
fn again(case: &mut Case, round: u32) {
    case.apply(&routed(round, Some("a")), at(10));
    for id in ["a", "b"] {
        case.apply(&called(round, id), at(10));
        for fact in [
            Fact::Accepted { round, unit: unit(id) },
            Fact::Arrived { round, unit: unit(id) },
            Fact::Disposed { round, unit: unit(id), summary: "done".into(), evidence: vec![] },
        ] {
            case.apply(&fact, at(10));
        }
    }
    let declared = Fact::Declared { round, unit: unit("a"), summary: "done".into() };
    case.apply(&declared, at(10));
    assert_eq!((case.course.round, case.course.stage), (round, Stage::Confirming));
}

#[test]
fn a_round_that_was_sent_back_has_the_shorter_limit() {
    let (long, short) = (Limit { within_ms: 9_000, ..Limit::default() }, Limit::default());
    let limits = Limits { dispose: long, rework: Limit { within_ms: 4_000, ..short }, ..limits() };
    let arrived = |case: &mut Case, round: u32| {
        case.apply(&Fact::Accepted { round, unit: unit("a") }, at(20));
        case.apply(&Fact::Arrived { round, unit: unit("a") }, at(20));
        owes(&case.course, &limits).into_iter().find(|owed| owed.duty == Duty::Dispose)
    };
    let mut first = at_work();
    assert_eq!(arrived(&mut first, 1).unwrap().due, at(29));
    let mut second = confirming();
    second.apply(&back(1), at(4));
    second.apply(&routed(2, Some("a")), at(5));
    second.apply(&called(2, "a"), at(5));
    assert_eq!(arrived(&mut second, 2).unwrap().due, at(24));
}

#[test]
fn the_third_not_satisfied_calls_all_to_consult_and_the_lead_answers_for_it() {
    let mut case = confirming();
    for round in 1..3 {
        case.apply(&back(round), at(4));
        assert_eq!(names(&case, at(4)), [format!("{}/rework", round + 1)]);
        again(&mut case, round + 1);
    }
    case.apply(&back(3), at(20));
    assert_eq!(names(&case, at(20)), ["3/account/a", "3/consult"]);
    let consulted = Finding::Consulted {
        round: 3,
        units: case.course.called.iter().cloned().collect(),
        reason: "again".into(),
    };
    case.apply(&Fact::Finding(consulted), at(21));
    let opened = Finding::Accounted { round: 3, unit: unit("a"), grounds: vec![] };
    case.apply(&Fact::Finding(opened), at(21));
    assert_eq!(names(&case, at(22)), ["4/rework"]);
    again(&mut case, 4);
    case.apply(&Fact::Confirmed { round: 4, ratings: vec![] }, at(30));
    assert_eq!(names(&case, at(30)), ["4/close"], "it has its sheet already");
}

#[test]
fn who_was_late_answers_for_it_before_the_case_closes_however_it_does() {
    let late = |mut case: Case| {
        let party = Party::unit(&unit("b"));
        let rung = Rung { round: 1, party, duty: Duty::Dispose, due: at(2) };
        case.course.late.push((rung, at(3)));
        case
    };
    let mut case = late(confirming());
    assert_eq!(names(&case, at(4)), [""; 0], "not while it runs");
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(4));
    assert_eq!(names(&case, at(4)), ["1/account/b", "1/close"]);
    let silent = names(&late(confirming()), at(60));
    assert_eq!(silent.first().map(String::as_str), Some("1/account/b"));
    assert_eq!(silent.last().map(String::as_str), Some("1/close"));
}

#[test]
fn taken_back_who_was_late_was_late_and_merged_only_what_a_unit_did_itself_is_left() {
    let mut late = at_work();
    let party = Party::unit(&unit("b"));
    let rung = Rung { round: 1, party, duty: Duty::Dispose, due: at(2) };
    assert!(late.apply(&Fact::Urged(rung), at(3)));
    let mut withdrawn = late.clone();
    let said = Ladder::Withdrawn {
        round: 1,
        reason: "the stalls are gone".into(),
        withdrawn_by: "community/c1".parse().unwrap(),
    };
    assert!(withdrawn.apply(&Fact::Ladder(said), at(4)));
    assert_eq!(names(&withdrawn, at(4)), ["1/account/b", "1/close"]);
    let opened = Finding::Accounted { round: 1, unit: unit("b"), grounds: vec![] };
    assert!(withdrawn.apply(&Fact::Finding(opened), at(5)));
    assert_eq!(names(&withdrawn, at(5)), ["1/close"], "once");

    let mut merged = late;
    merged.course.merged_into = Some("7".parse().unwrap());
    assert_eq!(names(&merged, at(4)), ["1/close"], "how long it takes is looked at elsewhere");
    merged.course.jurisdiction.evaded = vec![(unit("b"), 1)];
    let limits = Limits { evasions_max: 3, evasions: [(unit("b"), 3)].into(), ..limits() };
    let plan = decide(&merged.course, &limits, at(4));
    let names: Vec<String> = plan.steps.iter().map(Step::name).collect();
    assert_eq!(names, ["1/account/b", "1/close"], "what it has refused it has refused");
    let grounds = super::super::ground::grounds(&merged.course, &limits);
    assert_eq!(grounds[&unit("b")], [super::super::ground::Ground::Evaded { times: 3 }]);
}

fn found(round: u32, is_upheld: bool) -> Fact {
    Fact::Finding(Finding::Found {
        round,
        is_upheld,
        text: "looked into".into(),
        evidence: vec![],
        found_by: "office/o".parse().unwrap(),
    })
}

#[test]
fn a_complaint_is_closed_by_nothing_before_there_is_a_finding() {
    for outcome in [Outcome::Confirmed, Outcome::Unconfirmed] {
        let mut case = complaint("x");
        case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(2));
        case.apply(&Fact::Closed { round: 1, outcome }, at(3));
        assert_eq!(case.course.stage, Stage::Finding, "{outcome:?}");
    }
    let mut case = complaint("x");
    let owed = owes(&case.course, &limits());
    assert_eq!((owed[0].party.to_string().as_str(), owed[0].duty), ("office/o", Duty::Find));
    assert_eq!(names(&case, at(9_999)), ["1/urge-find/office/o"], "and silence closes nothing");
    case.apply(&assigned(2, "b"), at(4));
    assert_eq!(case.course.stage, Stage::Finding, "no unit leads it");
    let withdrawn = Ladder::Withdrawn {
        round: 1,
        reason: "never mind".into(),
        withdrawn_by: "community/c".parse().unwrap(),
    };
    assert!(!case.apply(&Fact::Ladder(withdrawn), at(4)), "nor does who complained");
    assert!(case.apply(&found(1, true), at(5)));
    assert!(!case.apply(&found(1, false), at(6)), "found once");
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(7));
    assert_eq!(names(&case, at(7)), ["1/account/x", "1/close"]);
}

#[test]
fn a_finding_that_is_not_accepted_is_found_about_again() {
    let mut case = complaint("x");
    case.apply(&found(1, true), at(5));
    case.apply(&back(1), at(6));
    assert_eq!(names(&case, at(6)), ["2/rework"]);
    case.apply(&routed(2, None), at(7));
    assert_eq!((case.course.stage, case.course.found_at), (Stage::Finding, None));
    case.apply(&found(2, false), at(8));
    assert_eq!(case.course.upheld_at, None, "the last finding stands");
    assert!(!confirming().apply(&found(1, true), at(9)), "a matter of the street has no finding");
}

fn acted(by: &str, word: &str) -> Fact {
    Fact::Proxied(Proxied::new(unit(by), step(word, "b")).unwrap())
}

#[test]
fn the_lead_acts_for_whom_has_no_client_and_for_nobody_else() {
    let mut case = raised();
    case.apply(&routed(1, Some("a")), at(1));
    case.apply(&called(1, "a"), at(1));
    case.apply(&acted("a", "accept"), at(2));
    assert_eq!(case.course.early.len(), 1, "the call is still to come");
    let Fact::Called(by_proxy) = called(1, "b") else { panic!() };
    case.apply(&Fact::Called(Called { by_proxy: true, ..by_proxy }), at(3));
    let part = |case: &Case| case.course.parts[&unit("b")].clone();
    assert_eq!(part(&case).accepted_at, Some(at(2)));
    assert!(!case.apply(&step("arrive", "b"), at(4)), "it has no word of its own");
    assert!(!case.apply(&acted("c", "arrive"), at(4)), "nor has another for it");
    case.apply(&acted("a", "arrive"), at(5));
    case.apply(&acted("a", "dispose"), at(6));
    assert_eq!(part(&case).disposed_at, Some(at(6)));
    assert_eq!(part(&case).proxy, Some(unit("a")), "marked so");
    let told = |id: &str| case.course.told(&id.parse().unwrap()).to_string();
    assert_eq!(["unit/b", "unit/a", "office/o"].map(told), ["unit/a", "unit/a", "office/o"]);

    let mut own = at_work();
    assert!(!own.apply(&acted("a", "accept"), at(2)), "who has a service speaks for itself");
    assert_eq!(Proxied::new(unit("a"), step("declare", "b")), None);
}
