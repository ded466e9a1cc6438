//! The story of an operation as tables: facts in, states and steps out; and what is refused.

use super::{part::Part, *};
use crate::{
    calendar::Calendar,
    pack::{Limit, Limits},
};

pub(super) const HOUR: i64 = 3_600;

pub(super) fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000)
}

pub(super) fn limits() -> Limits {
    Limits { accept: Limit { within_ms: 3_600_000, ..Limit::default() }, ..Limits::default() }
}

pub(super) fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

pub(super) fn need(id: &str, is_must: bool) -> Need {
    Need { unit: unit(id), people: 1, vehicles: 0, powers: vec![], is_must }
}

/// From the tenth to the twentieth hour; police is a must, and two have to come.
pub(super) fn plan(id: &str) -> Plan {
    let _ = id;
    Plan {
        kind: None,
        coordinator: "office/o".parse().unwrap(),
        goal: "muck trucks".into(),
        area: Area { grids: vec!["G-1".parse().unwrap()], subdistricts: vec![] },
        from: at(10 * HOUR),
        to: at(20 * HOUR),
        needs: vec![need("police", true), need("city", false), need("roads", false)],
        quorum: 2,
        within_ms: 3_600_000,
        pace: Pace::Around,
        repeat: None,
        series: None,
        occurrence: 1,
    }
}

pub(super) fn operation(id: &str) -> Operation {
    Operation::begin(id.parse().unwrap(), &Fact::Planned(plan(id)), at(0)).unwrap()
}

pub(super) fn crew(person: &str, vehicle: &str) -> Crew {
    Crew {
        people: vec![person.parse().unwrap()],
        vehicles: vec![vehicle.parse().unwrap()],
        powers: vec![],
    }
}

fn yes(by: &str) -> Fact {
    Fact::Confirmed { unit: unit(by), crew: crew("p", "v") }
}

fn no(by: &str, substitute: Option<&str>) -> Fact {
    let (reason, substitute) = ("no people".into(), substitute.map(unit));
    Fact::Declined { unit: unit(by), reason, substitute }
}

/// What a step says, as the worker says it.
pub(super) fn said(operation: &Operation, receipts: &Receipts, step: &Step) -> Vec<Fact> {
    let office: Party = "service/worker".parse().unwrap();
    vec![match step.clone() {
        Step::Register { units } => Fact::Registered { units },
        Step::Invite { unit } => {
            let need = operation.members[&unit].need.clone();
            let due = due(operation, &limits());
            Fact::Invited { plan: operation.plan.clone(), need, due }
        }
        Step::Assess => {
            let (not_reached, late) = missed(operation, receipts);
            Fact::Assessed { not_reached, late }
        }
        Step::Start => Fact::Started { members: operation.confirmed() },
        Step::Brief { unit } => Fact::Briefed {
            unit,
            members: operation.confirmed(),
            goal: operation.plan.goal.clone(),
        },
        Step::End { how } => {
            Fact::Ended { how, by: office, reason: how.word().into(), is_series: false }
        }
        Step::Release { unit } => Fact::ReleaseAsked { unit },
        Step::NoteReleased { units } => Fact::Released { units },
        Step::Summarise => Fact::Summarised(Summary::of(operation)),
        Step::Repeat => Fact::Repeated { next: next_id(&operation.id, &operation.plan) },
        Step::BeginWork { batch } => Fact::WorkBegun { batch, cases: vec![] },
    }]
}

fn look(operation: &mut Operation, receipts: &Receipts, seconds: i64) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let steps = decide(operation, receipts, &limits(), at(seconds)).steps;
        if steps.is_empty() {
            return names;
        }
        for step in steps {
            for fact in said(operation, receipts, &step) {
                operation.apply(&fact, at(seconds));
            }
            names.push(step.name());
        }
    }
}

fn all() -> Receipts {
    let units: BTreeSet<UnitId> = ["police", "city", "roads"].map(unit).into();
    Receipts { invited: units.clone(), released: units }
}

#[test]
fn the_undo_is_registered_before_anybody_is_called() {
    let mut it = operation("O1");
    let first = decide(&it, &Receipts::default(), &limits(), at(0)).steps;
    assert_eq!(first.len(), 1, "nothing beside it");
    assert!(matches!(&first[0], Step::Register { units } if units.len() == 3));
    let names = look(&mut it, &Receipts::default(), 0);
    assert_eq!(names[1..], ["invite/city", "invite/police", "invite/roads"]);
    assert_eq!(decide(&it, &Receipts::default(), &limits(), at(0)).wake, Some(at(HOUR)));
}

#[test]
fn it_begins_when_all_have_answered_with_a_quorum_and_everybody_is_briefed() {
    let mut it = operation("O1");
    look(&mut it, &all(), 0);
    it.apply(&yes("police"), at(1));
    it.apply(&yes("city"), at(2));
    assert!(look(&mut it, &all(), 3).is_empty(), "roads may still answer");
    it.apply(&no("roads", None), at(4));
    assert_eq!(look(&mut it, &all(), 5), ["start", "brief/city", "brief/police"]);
    assert_eq!(decide(&it, &all(), &limits(), at(5)).wake, Some(at(20 * HOUR)));
}

#[test]
fn at_the_limit_it_begins_without_whom_nothing_has_reached_and_that_one_is_never_late() {
    let mut it = operation("O1");
    let receipts = Receipts { invited: ["police", "city"].map(unit).into(), ..all() };
    look(&mut it, &receipts, 0);
    it.apply(&yes("police"), at(1));
    it.apply(&yes("city"), at(2));
    assert_eq!(look(&mut it, &receipts, HOUR), ["assess", "start", "brief/city", "brief/police"]);
    assert_eq!(it.members[&unit("roads")].missed, Some(Missed::NotReached));
    it.apply(&yes("roads"), at(12 * HOUR));
    assert_eq!(look(&mut it, &all(), 12 * HOUR), ["brief/roads"], "it catches up");
    let there = |who: &str, hour: i64| Fact::CheckedIn { unit: unit(who), at: at(hour * HOUR) };
    for (who, hour) in [("roads", 13), ("police", 10), ("city", 11)] {
        it.apply(&there(who, hour), at(13 * HOUR));
    }
    let summary = Summary::of(&it);
    assert_eq!(summary.late, [unit("city")], "roads could not know");
    assert_eq!(summary.came.len(), 3);
}

#[test]
fn without_a_must_or_who_stands_in_for_it_there_is_no_quorum_and_it_never_begins() {
    let mut it = operation("O1");
    look(&mut it, &all(), 0);
    it.apply(&yes("city"), at(1));
    it.apply(&yes("roads"), at(1));
    it.apply(&no("police", Some("militia")), at(2));
    let names = look(&mut it, &all(), 3);
    assert_eq!(names, ["register/militia", "invite/militia"], "the substitute is called");
    assert!(!it.has_quorum());
    let mut with = it.clone();
    with.apply(&yes("militia"), at(4));
    assert!(with.has_quorum() && look(&mut with, &all(), 5).contains(&"start".to_owned()));
    assert_eq!(look(&mut it, &all(), 2 * HOUR), ["assess"]);
    let names = look(&mut it, &all(), 20 * HOUR);
    assert_eq!(it.ended.as_ref().unwrap().how, Ending::NoQuorum);
    assert_eq!(names[0], "end");
    assert_eq!(names.iter().filter(|name| name.starts_with("release/")).count(), 4);
}

#[test]
fn an_abort_releases_everybody_and_is_not_closed_before_all_have_let_go_or_are_settled() {
    let mut it = operation("O1");
    look(&mut it, &all(), 0);
    it.apply(&yes("police"), at(1));
    let by: Party = "office/o".parse().unwrap();
    let reason = "rain".to_owned();
    let how = Ending::Aborted;
    let abort = Fact::Ended { how, by: by.clone(), reason: reason.clone(), is_series: false };
    assert!(it.apply(&abort, at(5)));
    assert!(!it.apply(&abort, at(6)) && !it.apply(&yes("city"), at(6)), "too late");
    let receipts = Receipts { released: ["police", "city"].map(unit).into(), ..all() };
    let names = look(&mut it, &receipts, 7);
    assert_eq!(names.len(), 4, "three releases, and who has let go: {names:?}");
    let wait = decide(&it, &receipts, &limits(), at(7));
    assert_eq!((wait.steps.len(), wait.wake), (0, Some(at(5 + HOUR))));
    assert_eq!(it.unreleased().cloned().collect::<Vec<_>>(), [unit("roads")]);
    assert_eq!(look(&mut it, &receipts, 5 + HOUR), ["summary"]);
    assert_eq!(it.summary.as_ref().unwrap().pending, [unit("roads")]);
    assert!(!it.is_closed());
    assert!(check_settlement(&it, &unit("police"), "x").is_err(), "it has let go");
    check_settlement(&it, &unit("roads"), "gone").unwrap();
    assert!(it.apply(&Fact::Settled { unit: unit("roads"), by, reason }, at(9 * HOUR)));
    assert!(it.is_closed());
    it.apply(&Fact::Released { units: vec![unit("roads")] }, at(10 * HOUR));
    assert_eq!(it.members[&unit("roads")].release, Release::Done, "and it came after all");
}

#[test]
fn orders_are_answered_once_by_their_team_and_what_is_open_is_in_the_summary() {
    let mut it = operation("O1");
    look(&mut it, &all(), 0);
    for who in ["police", "city", "roads"] {
        it.apply(&yes(who), at(1));
    }
    look(&mut it, &all(), 2);
    let order = |id: &str, sort, from: &str, to: &str| Order {
        id: id.parse().unwrap(),
        sort,
        from: from.parse().unwrap(),
        to: unit(to),
        text: "the truck is in the next street".into(),
        grid: None,
    };
    let first = order("c-1", Sort::Order, "office/o", "police");
    assert!(
        it.apply(&Fact::Ordered(first.clone()), at(3)) && !it.apply(&Fact::Ordered(first), at(3))
    );
    let over = order("city-1", Sort::HandOver, "unit/city", "roads");
    assert!(it.apply(&Fact::Ordered(over.clone()), at(4)));
    let answer = |by: &str, id: &str| Fact::Answered {
        unit: unit(by),
        order: id.parse().unwrap(),
        is_taken: true,
        text: String::new(),
        at: None,
    };
    assert!(!it.apply(&answer("police", "city-1"), at(5)), "another's");
    assert!(
        it.apply(&answer("roads", "city-1"), at(5)) && !it.apply(&answer("roads", "city-1"), at(6))
    );
    let inspection: InspectionId = "I1".parse().unwrap();
    let found = Fact::Found { unit: unit("city"), inspection: inspection.clone() };
    assert!(it.apply(&found, at(7)) && !it.apply(&found, at(8)));
    let summary = Summary::of(&it);
    assert_eq!(summary.orders_open, ["c-1".parse().unwrap()]);
    assert_eq!(summary.findings, [inspection]);
    for (source, order, right) in [
        ("unit/city", &over, true),
        ("unit/roads", &over, false),
        ("service/gateway", &over, false),
    ] {
        assert_eq!(
            may_say(&source.parse().unwrap(), &Fact::Ordered(order.clone())),
            right,
            "{source}"
        );
    }
}

/// Monday to Friday from 8 to 18, in UTC.
fn weekdays() -> Calendar {
    let mut week: crate::calendar::Week = Default::default();
    week[..5].fill(vec![crate::calendar::Shift(480, 1_080)]);
    let from = "1970-01-01".parse().unwrap();
    let edition = crate::calendar::Edition { from, week, makeup: vec![] };
    Calendar::new(0, vec![edition], Default::default(), None, from)
}

fn called(id: &str, unit_id: &str, from: i64, to: i64) -> Part {
    let plan = Plan { from: at(from), to: at(to), ..plan(id) };
    let need = need(unit_id, false);
    let call = Fact::Invited { plan, need, due: at(HOUR) };
    Part::begin(id.parse().unwrap(), &unit(unit_id), &call, at(0)).unwrap()
}

#[test]
fn one_vehicle_is_never_in_two_operations_and_what_is_not_let_go_is_still_held() {
    let mut first = called("O1", "city", 10, 20);
    let hold = |part: &Part| vec![(part.id.clone(), part.hold.clone().unwrap())];
    first.check_confirmation(&crew("p", "v"), &[], at(0)).unwrap();
    first.apply(
        &unit("city"),
        &Fact::Confirmed { unit: unit("city"), crew: crew("p", "v") },
        at(0),
    );
    let others = hold(&first);
    let table = [
        (15, 25, "p", "w", 0, Some("person p")),
        (15, 25, "q", "v", 0, Some("vehicle v")),
        (15, 25, "q", "w", 0, None),
        (20, 30, "p", "v", 0, None),
        (5, 10, "p", "v", 0, None),
        (30, 40, "p", "v", 25, Some("person p")),
    ];
    for (from, to, person, vehicle, now, right) in table {
        let second = called("O2", "city", from, to);
        let answer = second.check_confirmation(&crew(person, vehicle), &others, at(now));
        let what = answer.err().map(|no| format!("{} {}", no.reason, no.message));
        assert_eq!(what.is_some(), right.is_some(), "{from}-{to} {person} {vehicle}: {what:?}");
        let (what, right) = (what.unwrap_or_default(), right.unwrap_or_default());
        assert!(what.contains(right), "{what}");
    }
    first.apply(&unit("city"), &Fact::ReleaseAsked { unit: unit("city") }, at(1));
    assert_eq!(first.hold, None);
    let late = first.check_confirmation(&crew("p", "v"), &[], at(2)).unwrap_err();
    assert_eq!(late.reason, "RELEASED");
}

#[test]
fn a_team_was_there_when_its_device_says_so_and_never_later_than_now() {
    let part = called("O1", "city", 100 * HOUR, 120 * HOUR);
    let now = at(101 * HOUR);
    let was = |said: i64| part.arrival(at(said), now).map_err(|no| no.reason);
    assert_eq!(was(99 * HOUR), Ok(at(99 * HOUR)), "without network it is said later");
    assert_eq!(was(101 * HOUR + 60), Ok(now), "a clock that is a little ahead");
    assert_eq!(was(101 * HOUR + 301), Err("HAPPENS_LATER".into()));
    assert_eq!(was(76 * HOUR), Ok(at(76 * HOUR)));
    assert_eq!(was(76 * HOUR - 1), Err("TOO_EARLY".into()), "a clock that was never set");
}

#[test]
fn an_order_is_answered_when_the_device_says_so_and_never_before_it_was_there() {
    let mut part = called("O1", "city", 100 * HOUR, 120 * HOUR);
    let order = Order {
        id: "c-1".parse().unwrap(),
        sort: Sort::Order,
        from: "office/o".parse().unwrap(),
        to: unit("city"),
        text: "close the slip road".into(),
        grid: None,
    };
    let (id, now) = (order.id.clone(), at(103 * HOUR));
    part.apply(&unit("city"), &Fact::Ordered(order), at(101 * HOUR));
    let was = |said: i64| part.answered_at(&id, at(said), now).map_err(|no| no.reason);
    assert_eq!(was(102 * HOUR), Ok(at(102 * HOUR)), "without network it is said later");
    assert_eq!(was(103 * HOUR + 60), Ok(now), "a clock that is a little ahead");
    assert_eq!(was(103 * HOUR + 301), Err("HAPPENS_LATER".into()));
    assert_eq!(was(101 * HOUR - 60), Ok(at(101 * HOUR)), "a clock that is a little behind");
    assert_eq!(was(101 * HOUR - 301), Err("TOO_EARLY".into()));
}

#[test]
fn a_release_that_comes_first_is_remembered() {
    let release = Fact::ReleaseAsked { unit: unit("city") };
    let mut part = Part::begin("O1".parse().unwrap(), &unit("city"), &release, at(0)).unwrap();
    let call = Fact::Invited { plan: plan("O1"), need: need("city", false), due: at(1) };
    part.apply(&unit("city"), &call, at(1));
    assert!(part.is_released && !part.waits());
    let refused = part.check_confirmation(&crew("p", "v"), &[], at(2)).unwrap_err();
    assert_eq!(refused.reason, "RELEASED");
    part.apply(&unit("city"), &Fact::Confirmed { unit: unit("city"), crew: crew("p", "v") }, at(3));
    assert_eq!(part.hold, None, "and nothing is held");
}

#[test]
fn the_next_of_a_series_is_on_its_day_and_free_days_are_passed_over_or_moved() {
    let weekend = weekdays();
    let day = 24 * HOUR;
    // 1 January 1970 was a Thursday.
    let of = |every_days, free_days| Plan {
        from: at(10 * HOUR),
        to: at(12 * HOUR),
        repeat: Some(Repeat { every_days, free_days, until: None, regular: None }),
        ..plan("O1")
    };
    let from =
        |plan: &Plan, now| next_window(plan, &weekend, at(now)).map(|(from, ..)| from.0 / 1_000);
    assert_eq!(from(&of(2, FreeDays::Hold), 0), Some(2 * day + 10 * HOUR), "Saturday");
    assert_eq!(from(&of(2, FreeDays::Skip), 0), Some(4 * day + 10 * HOUR), "Monday");
    let moved = next_window(&of(2, FreeDays::Move), &weekend, at(0)).unwrap();
    assert_eq!((moved.0, moved.2), (at(4 * day + 10 * HOUR), at(2 * day + 10 * HOUR)));
    assert_eq!(moved.1, at(4 * day + 12 * HOUR), "as long as the first");
    let mut late = of(2, FreeDays::Hold);
    assert_eq!(from(&late, 7 * day), Some(8 * day + 10 * HOUR), "what has passed is passed");
    late.repeat.as_mut().unwrap().until = Some(at(day));
    assert_eq!(from(&late, 0), None);
    assert_eq!(next_id(&"O1".parse().unwrap(), &late).unwrap().as_str(), "O1.2");
    let second = Plan { series: Some("O1".parse().unwrap()), occurrence: 2, ..late };
    assert_eq!(next_id(&"O1.2".parse().unwrap(), &second).unwrap().as_str(), "O1.3");
}

#[test]
fn a_follow_up_is_one_case_however_often_it_is_asked_for_and_also_after_the_end() {
    let mut it = operation("O1");
    let work = |id: &str| Work {
        id: id.parse().unwrap(),
        grid: "G-1".parse().unwrap(),
        issue_type: "muck".parse().unwrap(),
        units: vec![],
        text: "wash the road".into(),
    };
    let by: Party = "office/o".parse().unwrap();
    let ask = |ids: &[&str]| Fact::FollowUp {
        works: ids.iter().map(|id| work(id)).collect(),
        by: by.clone(),
    };
    look(&mut it, &all(), 20 * HOUR);
    assert!(it.is_closed());
    assert!(it.apply(&ask(&["1", "2"]), at(21 * HOUR)) && !it.apply(&ask(&["2"]), at(21 * HOUR)));
    assert!(!it.is_closed());
    assert_eq!(look(&mut it, &all(), 22 * HOUR), ["follow-up/1"]);
    assert!(it.is_closed());
    assert_eq!(work_case(&it.id, &"2".parse().unwrap()).unwrap().as_str(), "O1-2");
}
