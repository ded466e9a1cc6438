//! The clocks of a case: in working time, held, extended, over an outage; and who was told what.

use super::*;
use crate::{
    calendar::tests::{at, calendar},
    case::{Case, Fact, Plan, Step, decide, fact::Rung, owes, standing},
    outage::Outage,
    party::Party,
};

const HOUR: u64 = 3_600_000;

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

fn working(hours: u64) -> Limit {
    let (within_ms, remind_before_ms, urge_after_ms) = (hours * HOUR, HOUR, HOUR / 2);
    Limit { within_ms, remind_before_ms, urge_after_ms, pace: Pace::Working }
}

fn limits() -> Limits {
    let confirm = Limit { within_ms: 48 * HOUR, ..Limit::default() };
    let day = working(7);
    Limits {
        assign: working(2),
        accept: working(2),
        arrive: working(4),
        dispose: day,
        confirm,
        rework: day,
        opinion: day,
        rule: day,
        hold: working(35),
        calendar: calendar(),
        ..Limits::default()
    }
}

/// A case of one unit, called then.
fn called(when: &str) -> Case {
    crate::case::tests::called_alone(at(when))
}

fn say(case: &mut Case, fact: &Fact, when: &str) {
    assert!(case.apply(fact, at(when)), "{fact:?}");
}

fn accepted() -> Fact {
    Fact::Accepted { round: 1, unit: unit("a") }
}

fn held() -> Fact {
    let decided_by = "office/o".parse().unwrap();
    Fact::Timing(Timing::Held { round: 1, unit: unit("a"), reason: "rain".into(), decided_by })
}

fn resumed() -> Fact {
    let decided_by = "office/o".parse().unwrap();
    Fact::Timing(Timing::Resumed { round: 1, unit: unit("a"), decided_by })
}

fn extended(duty: Duty, hours: u64) -> Fact {
    let (round, unit, by_ms) = (1, unit("a"), hours * HOUR);
    let (reason, decided_by) = ("rain".to_owned(), "office/o".parse().unwrap());
    Fact::Timing(Timing::Extended { round, unit, duty, by_ms, reason, decided_by })
}

fn only(case: &Case, limits: &Limits) -> Owed {
    let mut owed = owes(&case.course, limits);
    assert_eq!(owed.len(), 1, "{owed:?}");
    owed.remove(0)
}

#[test]
fn a_unit_that_is_called_on_friday_at_noon_has_until_monday() {
    let (case, limits) = (called("2026-12-25 11:30"), limits());
    let owed = only(&case, &limits);
    assert_eq!((owed.from, owed.due), (at("2026-12-25 11:30"), at("2026-12-28 10:00")));
    // The reminder and the urging are in working time as well.
    assert_eq!((owed.remind_at, owed.urge_at), (at("2026-12-28 09:00"), at("2026-12-28 10:30")));
    let plan = decide(&case.course, &limits, at("2026-12-26 15:00"));
    assert_eq!(plan, Plan { steps: vec![], wake: Some(at("2026-12-28 09:00")) });
    // The public clock has run all the time.
    let clocks = two_clocks(&case.course, &limits, &owed, at("2026-12-28 09:30"));
    assert_eq!(clocks.public_ms, 70 * HOUR);
    assert_eq!((clocks.consumed_ms, clocks.left_ms), (3 * HOUR / 2, HOUR / 2));
}

#[test]
fn a_hold_over_a_weekend_moves_the_due_moment_and_nothing_fires_meanwhile() {
    let (mut case, limits) = (called("2026-12-21 08:30"), limits());
    say(&mut case, &held(), "2026-12-21 09:30");
    assert!(!case.apply(&held(), at("2026-12-21 09:40")), "it is held already");
    let owed = only(&case, &limits);
    // Nobody ends it: five working days later it runs again; Friday ends at noon.
    assert_eq!(owed.held_to, Some(at("2026-12-28 15:00")));
    assert_eq!(owed.due, at("2026-12-28 16:00"));
    say(&mut case, &resumed(), "2026-12-26 12:00");
    assert!(!case.apply(&resumed(), at("2026-12-26 12:00")));
    let owed = only(&case, &limits);
    assert_eq!((owed.held_to, owed.due), (None, at("2026-12-28 09:30")));
    // It is held for the unit and not for one duty only.
    say(&mut case, &accepted(), "2026-12-28 08:45");
    assert_eq!(only(&case, &limits).due, at("2026-12-28 14:45"));
}

#[test]
fn a_hold_without_a_limit_holds_nothing() {
    let (mut case, mut limits) = (called("2026-12-21 08:30"), limits());
    limits.hold = Limit::default();
    say(&mut case, &held(), "2026-12-21 09:30");
    assert_eq!(only(&case, &limits).due, at("2026-12-21 10:30"));
}

#[test]
fn an_extension_is_for_one_duty_and_counts_once() {
    let (mut case, limits) = (called("2026-12-21 08:30"), limits());
    say(&mut case, &extended(Duty::Accept, 1), "2026-12-21 09:00");
    assert!(!case.apply(&extended(Duty::Accept, 1), at("2026-12-21 09:10")));
    assert_eq!(only(&case, &limits).due, at("2026-12-21 11:30"));
    say(&mut case, &extended(Duty::Arrive, 2), "2026-12-21 09:20");
    say(&mut case, &accepted(), "2026-12-21 09:30");
    assert_eq!(only(&case, &limits).due, at("2026-12-21 17:30"));
    // What runs out later is reminded and urged later.
    let plan = decide(&case.course, &limits, at("2026-12-21 16:00"));
    assert_eq!(plan, Plan { steps: vec![], wake: Some(at("2026-12-21 16:30")) });
}

#[test]
fn a_decision_about_who_is_not_called_changes_nothing() {
    let mut case = called("2026-12-21 08:30");
    let decided_by: Party = "office/o".parse().unwrap();
    let stranger = Timing::Resumed { round: 1, unit: unit("z"), decided_by };
    assert!(!case.apply(&Fact::Timing(stranger), at("2026-12-21 09:00")));
    for hours in 1..200 {
        case.apply(&extended(Duty::Accept, hours), at("2026-12-21 09:00"));
    }
    assert_eq!(case.course.clocks.extensions.len(), DECISIONS_MAX, "a limit on everything");
}

#[test]
fn our_own_outage_is_nobodys_time_and_who_was_reminded_is_not_reminded_again() {
    let (mut case, mut limits) = (called("2026-12-21 08:30"), limits());
    let reminder = decide(&case.course, &limits, at("2026-12-21 09:30")).steps;
    let [Step::Remind(rung)] = reminder.as_slice() else { panic!("{reminder:?}") };
    assert_eq!(rung.due, at("2026-12-21 10:30"));
    say(&mut case, &Fact::Reminded(rung.clone()), "2026-12-21 09:30");
    // Away from ten to the afternoon: half an hour is left of the unit's time, and stays so.
    limits.outages = vec![Outage { from: at("2026-12-21 10:00"), to: at("2026-12-21 14:30") }];
    let owed = only(&case, &limits);
    assert_eq!((owed.due, owed.urge_at), (at("2026-12-21 15:00"), at("2026-12-21 15:30")));
    let plan = decide(&case.course, &limits, at("2026-12-21 14:30"));
    assert_eq!(plan, Plan { steps: vec![], wake: Some(at("2026-12-21 15:30")) });
    // It is urged for the moment that is due now, once.
    let urging = decide(&case.course, &limits, at("2026-12-21 15:30")).steps;
    let [Step::Urge(rung)] = urging.as_slice() else { panic!("{urging:?}") };
    assert_eq!(rung.due, owed.due);
    say(&mut case, &Fact::Urged(rung.clone()), "2026-12-21 15:30");
    assert_eq!(decide(&case.course, &limits, at("2026-12-21 15:31")), Plan::default());
    // One that comes after it was urged moves nothing and repeats nothing.
    limits.outages.push(Outage { from: at("2026-12-21 16:00"), to: at("2026-12-22 16:00") });
    assert_eq!(only(&case, &limits).due, owed.due);
    assert_eq!(decide(&case.course, &limits, at("2026-12-22 16:00")), Plan::default());
}

#[test]
fn a_calendar_that_changes_while_it_runs_moves_what_is_to_come() {
    let (case, mut limits) = (called("2026-12-30 16:30"), limits());
    // Two hours: one on Wednesday, one on Thursday.
    assert_eq!(only(&case, &limits).due, at("2026-12-31 09:30"));
    let day = |text: &str| text.parse().unwrap();
    let special =
        ["2026-12-31", "2027-01-01"].map(|text| (day(text), crate::calendar::Special::Holiday));
    let edition = crate::calendar::Edition {
        from: day("2021-01-01"),
        week: std::array::from_fn(|at| {
            limits.calendar.hours(day(&format!("2026-12-{}", 14 + at))).to_vec()
        }),
        makeup: vec![],
    };
    let calendar =
        crate::calendar::Calendar::new(480, vec![edition], special.into(), None, day("2026-12-30"));
    let before = two_clocks(&case.course, &limits, &only(&case, &limits), at("2026-12-30 17:30"));
    limits.calendar = calendar;
    let after = two_clocks(&case.course, &limits, &only(&case, &limits), at("2026-12-30 17:30"));
    assert_eq!(before, after, "what was consumed stays so");
    assert_eq!(only(&case, &limits).due, at("2027-01-04 09:30"));
}

#[test]
fn the_public_due_moment_is_derived_and_no_decision_moves_it() {
    let (mut case, mut limits) = (called("2026-12-25 11:30"), limits());
    let due = standing::due_at(case.course.raised_at, &limits);
    // Two, four and seven hours: half an hour on Friday, the rest on Monday and Tuesday.
    assert_eq!(due, at("2026-12-29 16:00"));
    say(&mut case, &held(), "2026-12-28 09:00");
    assert_eq!(standing::due_at(case.course.raised_at, &limits), due);
    limits.outages = vec![Outage { from: at("2026-12-28 08:30"), to: at("2026-12-28 09:30") }];
    assert_eq!(standing::due_at(case.course.raised_at, &limits), at("2026-12-29 17:00"));
}

#[test]
fn what_comes_after_a_due_moment_stands_still_as_the_clock_does() {
    let (mut case, mut limits) = (called("2026-12-21 08:30"), limits());
    limits.notice = Limit { within_ms: 2 * HOUR, ..Limit::default() };
    let noticed = |case: &Case, limits: &Limits| {
        let owed = only(case, limits);
        after_due(&case.course, limits, &owed, limits.notice)
    };
    assert_eq!(noticed(&case, &limits), at("2026-12-21 12:30"));
    // It was due at half past ten; held from noon to one, away from two to three.
    say(&mut case, &held(), "2026-12-21 12:00");
    say(&mut case, &resumed(), "2026-12-21 13:00");
    assert_eq!(only(&case, &limits).due, at("2026-12-21 10:30"));
    assert_eq!(noticed(&case, &limits), at("2026-12-21 13:30"));
    limits.outages = vec![Outage { from: at("2026-12-21 13:15"), to: at("2026-12-21 15:00") }];
    assert_eq!(noticed(&case, &limits), at("2026-12-21 15:15"));
    let rung = Rung {
        round: 1,
        party: Party::unit(&unit("a")),
        duty: Duty::Accept,
        due: at("2026-12-21 10:30"),
    };
    let told =
        |when| decide(&case.course, &limits, at(when)).steps.contains(&Step::Notice(rung.clone()));
    assert!(!told("2026-12-21 15:14") && told("2026-12-21 15:15"));
}

#[test]
fn what_a_clock_had_taken_is_known_for_a_moment_that_is_over() {
    let (case, mut limits) = (called("2026-12-21 08:30"), limits());
    limits.accept = Limit { within_ms: 10 * HOUR, ..Limit::default() };
    limits.outages = vec![Outage { from: at("2026-12-21 12:30"), to: at("2026-12-21 14:30") }];
    let owed = only(&case, &limits);
    let taken = |when| two_clocks(&case.course, &limits, &owed, at(when)).consumed_ms / HOUR;
    let moments = ["2026-12-21 09:30", "2026-12-21 12:30", "2026-12-21 13:30", "2026-12-21 15:30"];
    assert_eq!(moments.map(taken), [1, 4, 4, 5]);
}
