//! The life of a case as tables: facts in, stage and steps out.

mod word;

use std::time::Duration;

use super::{fact::*, *};
use crate::{
    id::*,
    pack::{Limit, Limits},
    party::Party,
};

pub(super) fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

pub(super) fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000)
}

pub(super) fn limits() -> Limits {
    let limit = Limit {
        within_ms: 10_000,
        remind_before_ms: 3_000,
        urge_after_ms: 1_000,
        ..Limit::default()
    };
    Limits {
        assign: limit,
        accept: limit,
        arrive: limit,
        dispose: limit,
        confirm: limit,
        rework: limit,
        opinion: limit,
        rule: limit,
        find: limit,
        statement: limit,
        outcome: limit,
        rounds_max: 3,
        ..Limits::default()
    }
}

pub(super) fn raised() -> Case {
    let whistle = Whistle {
        community: CommunityId::parse("c1").unwrap(),
        issue_type: IssueTypeId::parse("street_vending").unwrap(),
        grid: GridId::parse("g1").unwrap(),
        description: "stalls".into(),
        evidence: vec![],
        called_units: vec![],
        seen_at: at(0),
        intake: Intake::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    };
    Case::begin(CaseId::parse("1").unwrap(), &Fact::Whistled(whistle), at(0)).unwrap()
}

pub(super) fn routed(round: u32, lead: Option<&str>) -> Fact {
    let owner = lead.map_or("office/o".parse().unwrap(), |lead| Party::unit(&unit(lead)));
    Fact::Routed(Routed {
        round,
        lead: lead.map(unit),
        candidates: vec![unit("a")],
        cooperating: vec![unit("b")],
        responsible: vec![],
        owner,
        basis: String::new(),
    })
}

pub(super) fn called(round: u32, id: &str) -> Fact {
    let case = raised();
    Fact::Called(Called {
        round,
        unit: unit(id),
        is_lead: id == "a",
        lead: unit("a"),
        issue_type: case.whistle.issue_type,
        grid: case.whistle.grid,
        description: String::new(),
        evidence: vec![],
        accept_within_ms: 0,
        arrive_within_ms: 0,
        dispose_within_ms: 0,
        working: vec![],
        by_proxy: false,
        community: case.whistle.community,
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

/// A case of which one unit is called, all at that moment.
pub(super) fn called_alone(when: Moment) -> Case {
    let Case { id, whistle, .. } = raised();
    let mut case = Case::begin(id, &Fact::Whistled(whistle), when).unwrap();
    let Fact::Routed(route) = routed(1, Some("a")) else { unreachable!("a route") };
    case.apply(&Fact::Routed(Routed { cooperating: vec![], ..route }), when);
    case.apply(&called(1, "a"), when);
    case
}

pub(super) fn step(word: &str, id: &str) -> Fact {
    let (round, unit) = (1, unit(id));
    match word {
        "accept" => Fact::Accepted { round, unit },
        "arrive" => Fact::Arrived { round, unit },
        "dispose" => Fact::Disposed { round, unit, summary: "done".into(), evidence: vec![] },
        "declare" => Fact::Declared { round, unit, summary: "done".into() },
        _ => Fact::Refused { round, unit, reason: "no".into(), named_unit: None },
    }
}

fn names(case: &Case, now: Moment) -> Vec<String> {
    decide(&case.course, &limits(), now).steps.iter().map(Step::name).collect()
}

pub(super) fn at_work() -> Case {
    let mut case = raised();
    for fact in [routed(1, Some("a")), called(1, "a"), called(1, "b")] {
        case.apply(&fact, at(1));
    }
    case
}

pub(super) fn confirming() -> Case {
    let mut case = at_work();
    for word in ["accept", "arrive", "dispose"] {
        for id in ["a", "b"] {
            case.apply(&step(word, id), at(2));
        }
    }
    case.apply(&step("declare", "a"), at(3));
    assert_eq!(case.course.stage, Stage::Confirming);
    case
}

/// A complaint about a unit, routed to who finds.
pub(super) fn complaint(about: &str) -> Case {
    let mut case = raised();
    case.course.complaint = Some(Complaint { about: unit(about), case_id: None });
    case.apply(&routed(1, None), at(1));
    assert_eq!(case.course.stage, Stage::Finding);
    case
}

#[test]
fn the_plain_whistle_goes_from_route_to_closed() {
    let mut case = raised();
    assert_eq!(names(&case, at(0)), ["1/route"]);
    case.apply(&routed(1, Some("a")), at(1));
    assert_eq!(names(&case, at(1)), ["1/call/a", "1/call/b"]);
    let mut case = confirming();
    assert_eq!(names(&case, at(3)), [""; 0]);
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(4));
    assert_eq!(names(&case, at(4)), ["1/close"]);
    case.apply(&Fact::Closed { round: 1, outcome: Outcome::Confirmed }, at(5));
    assert_eq!((case.course.stage, names(&case, at(99)).len()), (Stage::Closed, 0));
}

#[test]
fn only_the_late_one_is_reminded_and_urged_and_each_once() {
    let mut case = at_work();
    case.apply(&step("accept", "b"), at(2));
    let plan = decide(&case.course, &limits(), at(3));
    assert_eq!((plan.steps.len(), plan.wake), (0, Some(at(8))));
    let steps = decide(&case.course, &limits(), at(8)).steps;
    assert_eq!(names(&case, at(8)), ["1/remind-accept/unit/a"]);
    let Step::Remind(rung) = steps[0].clone() else { panic!("{steps:?}") };
    case.apply(&Fact::Reminded(rung.clone()), at(8));
    assert_eq!(names(&case, at(9)), ["1/remind-arrive/unit/b"]);
    case.apply(&step("arrive", "b"), at(9));
    assert_eq!(names(&case, at(10)), [""; 0]);
    assert_eq!(names(&case, at(12)), ["1/urge-accept/unit/a"]);
    case.apply(&Fact::Urged(rung), at(12));
    assert_eq!(names(&case, at(13)), [""; 0]);
}

#[test]
fn a_lead_that_refuses_gives_the_case_to_who_assigns() {
    let mut case = at_work();
    case.apply(&step("refuse", "a"), at(2));
    assert_eq!(names(&case, at(2)), ["2/reassign"]);
    case.apply(&routed(2, None), at(3));
    assert_eq!((case.course.stage, names(&case, at(3)).len()), (Stage::Assigning, 0));
    assert_eq!(case.course.owner.to_string(), "office/o");
    let assigned = Fact::Assigned {
        round: 3,
        lead: unit("b"),
        cooperating: vec![],
        assigned_by: "office/o".parse().unwrap(),
        note: String::new(),
    };
    case.apply(&assigned, at(4));
    assert_eq!(names(&case, at(4)), ["3/call/b"]);
    assert_eq!(case.course.owner.to_string(), "unit/b");
    assert!(!case.course.parts.contains_key(&unit("a")));
    assert!(case.course.involved.contains(&unit("a")), "it still is a party");
}

#[test]
fn a_declaration_waits_for_every_part() {
    let mut case = at_work();
    for word in ["accept", "arrive", "dispose", "declare"] {
        case.apply(&step(word, "a"), at(2));
    }
    assert_eq!(case.course.stage, Stage::Called);
    for word in ["accept", "arrive", "dispose"] {
        case.apply(&step(word, "b"), at(3));
    }
    assert_eq!(case.course.stage, Stage::Confirming);
}

#[test]
fn what_is_sent_back_is_worked_again_and_silence_is_not_satisfaction() {
    let mut case = confirming();
    let back = Fact::SentBack { round: 1, reason: "still there".into(), evidence: vec![] };
    case.apply(&back, at(4));
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(5));
    assert_eq!(names(&case, at(5)), ["2/rework"]);

    let case = confirming();
    let plan = decide(&case.course, &limits(), at(3) + Duration::from_secs(12));
    let close = Step::Close(1, Outcome::Unconfirmed);
    assert!(plan.steps.contains(&close), "{plan:?}");
}

#[test]
fn a_fact_folded_twice_or_of_another_round_changes_nothing() {
    let mut case = confirming();
    let before = case.clone();
    for word in ["accept", "refuse", "arrive", "dispose", "declare"] {
        assert!(!case.apply(&step(word, "a"), at(50)), "{word}");
    }
    assert!(!case.apply(&routed(1, Some("b")), at(50)));
    assert!(!case.apply(&step("accept", "nobody"), at(50)));
    assert_eq!(case, before);
}

#[test]
fn a_fact_that_comes_before_what_it_rests_on_waits_for_it() {
    let mut case = raised();
    for word in ["accept", "arrive", "dispose", "declare"] {
        case.apply(&step(word, "a"), at(2));
        case.apply(&step(word, "a"), at(3));
    }
    assert_eq!((case.course.stage, case.course.early.len()), (Stage::Raised, 4));
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(4));
    case.apply(&Fact::Closed { round: 1, outcome: Outcome::Confirmed }, at(5));
    let Fact::Routed(mut alone) = routed(1, Some("a")) else { unreachable!() };
    alone.cooperating.clear();
    case.apply(&Fact::Routed(alone), at(6));
    assert_eq!(case.course.stage, Stage::Called, "the call itself is still to come");
    case.apply(&called(1, "a"), at(7));
    assert_eq!((case.course.stage, case.course.early.len()), (Stage::Closed, 0));
    assert_eq!(case.course.parts[&unit("a")].accepted_at, Some(at(2)), "when it was said");
}

#[test]
fn a_merged_case_calls_nobody_owes_nothing_and_closes_whatever_its_stage() {
    let merged = Fact::Merged {
        into: CaseId::parse("7").unwrap(),
        confirmed_by: "community/c1".parse().unwrap(),
        note: String::new(),
    };
    for (mut case, name) in
        [(raised(), "0/close"), (at_work(), "1/close"), (confirming(), "1/close")]
    {
        assert!(case.apply(&merged, at(4)));
        let plan = decide(&case.course, &limits(), at(900));
        assert_eq!(plan.steps, [Step::Close(case.course.round, Outcome::Merged)]);
        assert_eq!((plan.steps[0].name().as_str(), plan.wake), (name, None));
        assert!(owes(&case.course, &limits()).is_empty());
    }
    let mut closed = confirming();
    closed.apply(&Fact::Closed { round: 1, outcome: Outcome::Unconfirmed }, at(4));
    assert!(!closed.apply(&merged, at(5)), "a closed case is not merged any more");
}

#[test]
fn a_state_of_before_has_no_merging() {
    // As it was written before there was merging: the field is not there.
    let state = toml::Value::try_from(confirming().course).unwrap();
    assert!(state.get("merged_into").is_none() && state.get("round").is_some());
    let read: Course = state.try_into().unwrap();
    assert_eq!(read, confirming().course);
}

fn assigned(round: u32, lead: &str) -> Fact {
    Fact::Assigned {
        round,
        lead: unit(lead),
        cooperating: vec![],
        assigned_by: "office/o".parse().unwrap(),
        note: String::new(),
    }
}

#[test]
fn a_case_that_has_an_owner_is_assigned_to_nobody_else() {
    let mut case = at_work();
    case.apply(&assigned(2, "b"), at(2));
    assert_eq!(case.course.owner.to_string(), "unit/a");
    case.apply(&step("refuse", "a"), at(3));
    case.apply(&routed(2, None), at(4));
    assert!(!case.apply(&assigned(2, "b"), at(5)), "of a round that has begun");
    assert!(case.apply(&assigned(3, "b"), at(5)));
    case.apply(&assigned(4, "a"), at(6));
    assert_eq!(case.course.owner.to_string(), "unit/b");
}

#[test]
fn what_is_closed_is_changed_by_nothing() {
    let mut case = confirming();
    let closed = |outcome| Fact::Closed { round: 1, outcome };
    case.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(4));
    case.apply(&closed(Outcome::Confirmed), at(5));
    assert_eq!(case.course.stage, Stage::Closed);
    let before = case.clone();
    let owes = |id: &str| Party::unit(&unit(id));
    let rating = Rating { unit: unit("a"), stars: 1, comment: String::new() };
    let rung = Rung { round: 1, party: owes("a"), duty: Duty::Declare, due: at(9) };
    for fact in [
        routed(2, Some("b")),
        assigned(2, "b"),
        called(1, "c"),
        Fact::Confirmed { round: 1, ratings: vec![rating] },
        Fact::SentBack { round: 1, reason: "no".into(), evidence: vec![] },
        Fact::Reminded(rung.clone()),
        Fact::Urged(rung),
        closed(Outcome::Unconfirmed),
    ] {
        assert!(!case.apply(&fact, at(50)), "{fact:?}");
    }
    assert_eq!(case, before);
}

fn handed_over(round: u32, lead: &str, beside: &[&str]) -> Fact {
    Fact::HandedOver {
        round,
        lead: unit(lead),
        cooperating: beside.iter().copied().map(unit).collect(),
        basis: "amendment".into(),
        decided_by: "admin/li".parse().unwrap(),
    }
}

#[test]
fn a_case_that_is_handed_over_begins_the_next_round_with_new_clocks_and_the_public_one_goes_on() {
    let mut case = raised();
    let told = [
        routed(1, Some("a")),
        called(1, "a"),
        called(1, "b"),
        Fact::Accepted { round: 1, unit: unit("a") },
        Fact::Arrived { round: 1, unit: unit("a") },
    ];
    for (fact, second) in told.iter().zip(1..) {
        assert!(case.apply(fact, at(second)), "{fact:?}");
    }
    assert!(case.apply(&handed_over(2, "c", &["b"]), at(20)));
    let course = &case.course;
    assert_eq!((course.stage, course.round), (Stage::Called, 2));
    assert_eq!((&course.owner, &course.lead), (&Party::unit(&unit("c")), &Some(unit("c"))));
    assert_eq!((course.raised_at, course.routed_at), (at(0), at(20)));
    assert_eq!(course.candidates, [unit("c")], "who led before has no claim");
    assert!(course.parts.values().all(|part| *part == Part::default()), "{course:?}");
    let steps = decide(course, &limits(), at(21)).steps;
    assert_eq!(steps, [Step::Call(2, unit("b")), Step::Call(2, unit("c"))]);
    // What the former units still say of the round before changes nothing.
    assert!(!case.apply(
        &Fact::Refused { round: 1, unit: unit("a"), reason: "no".into(), named_unit: None },
        at(22)
    ));
    case.apply(&called(2, "c"), at(30));
    let owed = owes(&case.course, &limits());
    assert_eq!((owed[0].party.clone(), owed[0].due), (Party::unit(&unit("c")), at(40)));
}

#[test]
fn it_is_handed_over_while_units_have_it_or_one_is_to_be_named_and_not_later() {
    // What was told before; whether it is handed over then.
    let assigning = vec![routed(1, None)];
    let mut declared = vec![routed(1, Some("a")), called(1, "a"), called(1, "b")];
    for id in ["a", "b"] {
        let unit = || unit(id);
        declared.push(Fact::Accepted { round: 1, unit: unit() });
        declared.push(Fact::Arrived { round: 1, unit: unit() });
        declared.push(Fact::Disposed {
            round: 1,
            unit: unit(),
            summary: "s".into(),
            evidence: vec![],
        });
    }
    let working = declared.clone();
    declared.push(Fact::Declared { round: 1, unit: unit("a"), summary: "s".into() });
    for (told, round, is_over) in [
        (vec![], 1, false),
        (assigning, 2, true),
        (vec![routed(1, Some("a"))], 2, true),
        (vec![routed(1, Some("a"))], 1, false),
        (vec![routed(1, Some("a"))], 3, false),
        (working, 2, true),
        (declared, 2, false),
    ] {
        let mut case = raised();
        told.iter().for_each(|fact| {
            case.apply(fact, at(1));
        });
        case.apply(&handed_over(round, "c", &[]), at(2));
        assert_eq!(case.course.lead == Some(unit("c")), is_over, "{told:?}");
    }
}
