//! The direct report as tables: who may report when, what a report holds up, what the answer binds.

use super::*;
use crate::{
    case::{Case, Fact, Outcome, Step, Timing, decide, fact::*, owes, tests::*},
    outage::Outage,
    pack::Limit,
};

/// Every limit is 10 s; the notice comes 2 s after one, the right 5 s, and the answer takes 20 s.
fn limits() -> Limits {
    let within = |within_ms| Limit { within_ms, ..Limit::default() };
    Limits {
        notice: within(2_000),
        direct: within(5_000),
        answer: Limit { remind_before_ms: 5_000, urge_after_ms: 1_000, ..within(20_000) },
        ..crate::case::tests::limits()
    }
}

fn said(case: &mut Case, ladder: Ladder, seconds: i64) -> bool {
    case.apply(&Fact::Ladder(ladder), at(seconds))
}

fn opened(round: u32, id: &str) -> Ladder {
    Ladder::RightOpened { round, unit: unit(id), due: at(31) }
}

fn reported(round: u32) -> Ladder {
    Ladder::Reported {
        round,
        against: vec![unit("a")],
        reason: "nobody comes".into(),
        evidence: vec![],
        reported_by: "community/c1".parse().unwrap(),
        to: "office/g".parse().unwrap(),
        is_answered_before: false,
    }
}

fn instructed(round: u32, lead: &str) -> Ladder {
    Ladder::Instructed {
        round,
        lead: unit(lead),
        cooperating: vec![],
        within_ms: 7_000,
        text: "at once".into(),
        instructed_by: "office/g".parse().unwrap(),
    }
}

fn withdrawn() -> Ladder {
    let withdrawn_by = "community/c1".parse().unwrap();
    Ladder::Withdrawn { round: 1, reason: "an error".into(), withdrawn_by }
}

fn steps(case: &Case, seconds: i64) -> Vec<String> {
    let plan = decide(&case.course, &limits(), at(seconds));
    plan.steps.iter().map(Step::name).collect()
}

/// Both are called at 1 s; `a`, the lead, does nothing.
fn late() -> Case {
    let mut case = at_work();
    for word in ["accept", "arrive", "dispose"] {
        case.apply(&step(word, "b"), at(2));
    }
    case
}

fn frozen() -> Case {
    let mut case = late();
    assert!(said(&mut case, opened(1, "a"), 36) && said(&mut case, reported(1), 40));
    case
}

#[test]
fn the_right_opens_by_the_limits_and_names_what_is_missing() {
    let (a, limits) = (unit("a"), limits());
    let early = |opens| Right::TooEarly { unit: a.clone(), opens: at(opens) };
    let open = |since| Right::Open { unit: a.clone(), since: at(since) };
    let none = Limits { direct: Limit::default(), ..limits.clone() };
    let mut routed_only = raised();
    routed_only.apply(&routed(1, Some("a")), at(1));
    let mut told = late();
    said(&mut told, opened(1, "a"), 37);
    let mut done = confirming();
    let rows = [
        (raised(), &limits, 99, Right::NotCalled),
        (routed_only, &limits, 99, Right::NotCalled),
        // Called at 1 s: to accept, arrive and dispose by 31 s, and 5 s more.
        (late(), &limits, 35, early(36)),
        (late(), &limits, 36, open(36)),
        (late(), &none, 99, Right::Nowhere),
        (told, &limits, 38, open(37)),
        (frozen(), &limits, 41, Right::Reported),
        (confirming(), &limits, 99, Right::Settled),
    ];
    for (case, limits, now, wanted) in rows {
        assert_eq!(right(&case.course, limits, at(now)), wanted, "{case:?} at {now} s");
    }
    done.apply(&Fact::Confirmed { round: 1, ratings: vec![] }, at(4));
    assert_eq!(right(&done.course, &limits, at(99)), Right::Over);
}

#[test]
fn a_step_that_is_late_gives_no_more_time_and_one_that_is_early_less() {
    let due = |facts: &[(&str, i64)]| {
        let mut case = late();
        for (word, seconds) in facts {
            case.apply(&step(word, "a"), at(*seconds));
        }
        to_open(&case.course, &limits()).unwrap().due
    };
    assert_eq!(due(&[]), at(31));
    assert_eq!(due(&[("accept", 4)]), at(24));
    assert_eq!(due(&[("accept", 4), ("arrive", 5)]), at(15));
    assert_eq!(due(&[("accept", 29)]), at(31), "late to accept");
    assert_eq!(due(&[("accept", 4), ("arrive", 30)]), at(31), "late to arrive");
    // Its part is done, and it does not say that the matter is.
    let mut case = late();
    for word in ["accept", "arrive", "dispose"] {
        case.apply(&step(word, "a"), at(5));
    }
    assert_eq!(to_open(&case.course, &limits()).map(|late| late.due), Some(at(15)));
}

fn held() -> Timing {
    let decided_by = "office/o".parse().unwrap();
    Timing::Held { round: 1, unit: unit("a"), reason: "rain".into(), decided_by }
}

fn resumed() -> Timing {
    Timing::Resumed { round: 1, unit: unit("a"), decided_by: "office/o".parse().unwrap() }
}

fn extended(round: u32, id: &str, duty: Duty, seconds: u64) -> Timing {
    let (unit, by_ms, reason) = (unit(id), seconds * 1_000, "rain".to_owned());
    Timing::Extended { round, unit, duty, by_ms, reason, decided_by: "office/o".parse().unwrap() }
}

#[test]
fn what_is_decided_about_a_clock_moves_the_opening_of_the_right() {
    let holding = Limits { hold: Limit { within_ms: 60_000, ..Limit::default() }, ..limits() };
    let opening = |decisions: &[(Timing, i64)], facts: &[(&str, i64)], limits: &Limits| {
        let mut case = late();
        for (word, seconds) in facts {
            case.apply(&step(word, "a"), at(*seconds));
        }
        for (timing, seconds) in decisions {
            assert!(case.apply(&Fact::Timing(timing.clone()), at(*seconds)), "{timing:?}");
        }
        let late = to_open(&case.course, limits).unwrap();
        assert_eq!(late.unit, unit("a"));
        [late.due.0, late.opens.0].map(|moment| moment / 1_000)
    };
    let more = |duty, seconds| extended(1, "a", duty, seconds);
    let held_for = |from, to| vec![(held(), from), (resumed(), to)];
    // Called at 1 s: to accept, arrive and dispose by 31 s, and 5 s more.
    let rows = [
        (vec![], vec![], [31, 36]),
        (vec![(more(Duty::Arrive, 7), 3)], vec![], [38, 43]),
        (vec![(more(Duty::Accept, 7), 3)], vec![("accept", 4)], [24, 29]),
        (vec![(extended(1, "b", Duty::Arrive, 7), 3)], vec![], [31, 36]),
        (held_for(3, 8), vec![], [36, 41]),
        (held_for(3, 8), vec![("accept", 9)], [29, 34]),
        // After it was due the right waits as the clock does, and no longer.
        (held_for(32, 34), vec![], [31, 38]),
        // Once it is there, nothing takes it away.
        (vec![(more(Duty::Dispose, 99), 35)], vec![], [130, 135]),
        (vec![(more(Duty::Dispose, 99), 36)], vec![], [31, 36]),
        (held_for(36, 99), vec![], [31, 36]),
        // Who says nothing more holds it so long, and not for ever.
        (vec![(held(), 3)], vec![], [91, 96]),
    ];
    for (decisions, facts, wanted) in rows {
        let seen = opening(&decisions, &facts, &holding);
        assert_eq!(seen, wanted, "{decisions:?} {facts:?}");
    }
    let away = Outage { from: at(4), to: at(6) };
    let limits = Limits { outages: vec![away, Outage { from: at(34), to: at(37) }], ..holding };
    assert_eq!(opening(&[], &[], &limits), [33, 41], "nor is our own outage its time");
}

#[test]
fn more_time_under_an_instruction_is_more_for_all_of_it() {
    let limits = Limits { outages: vec![Outage { from: at(52), to: at(54) }], ..limits() };
    let mut case = frozen();
    said(&mut case, instructed(2, "a"), 50);
    case.apply(&called(2, "a"), at(51));
    let due = |case: &Case| {
        let owed = owes(&case.course, &limits);
        (owed[0].duty, owed[0].due.0 / 1_000, to_open(&case.course, &limits).unwrap().due.0 / 1_000)
    };
    // 7 s from the call, and 2 s that were nobody's.
    assert_eq!(due(&case), (Duty::Accept, 60, 60));
    case.apply(&Fact::Timing(extended(2, "a", Duty::Accept, 3)), at(55));
    assert_eq!(due(&case), (Duty::Accept, 63, 63));
    case.apply(&of_round_2("accept"), at(56));
    assert_eq!(due(&case), (Duty::Arrive, 63, 63));
    case.apply(&of_round_2("arrive"), at(57));
    case.apply(&Fact::Timing(extended(2, "a", Duty::Dispose, 4)), at(58));
    assert_eq!(due(&case), (Duty::Dispose, 67, 67));
}

#[test]
fn who_helps_people_in_danger_keeps_its_own_time_under_an_instruction_of_others() {
    let mut case = late();
    let Fact::Called(call) = called(1, "f") else { unreachable!() };
    case.apply(&Fact::Called(Called { is_emergency: true, is_lead: false, ..call }), at(45));
    said(&mut case, reported(1), 46);
    said(&mut case, instructed(2, "a"), 47);
    let owed = owes(&case.course, &limits());
    let theirs: Vec<_> = owed.iter().map(|owed| (owed.party.to_string(), owed.due)).collect();
    assert_eq!(theirs, [("unit/f".to_owned(), at(55))]);
    assert_eq!(to_open(&case.course, &limits()).map(|late| late.due), Some(at(75)));
}

#[test]
fn the_rungs_come_in_order_and_each_once() {
    let mut case = late();
    // Called at 1 s: to accept by 11 s, urged 1 s later, noticed 2 s later, the right at 36 s.
    assert_eq!(steps(&case, 12), ["1/urge-accept/unit/a"]);
    let rung = Rung { round: 1, party: Party::unit(&unit("a")), duty: Duty::Accept, due: at(11) };
    case.apply(&Fact::Urged(rung.clone()), at(12));
    assert_eq!(decide(&case.course, &limits(), at(12)).wake, Some(at(13)));
    assert_eq!(steps(&case, 13), ["1/notice-accept/unit/a"]);
    let contact = "主要领导".to_owned();
    said(&mut case, Ladder::Noticed { rung, contact }, 13);
    assert_eq!(decide(&case.course, &limits(), at(14)).wake, Some(at(36)));
    assert_eq!(steps(&case, 36), ["1/open-right/a"]);
    assert!(said(&mut case, opened(1, "a"), 36));
    assert_eq!(steps(&case, 999), [""; 0]);
    assert!(!said(&mut case, opened(1, "b"), 50), "it is open");
    // Without a limit there is no such rung.
    let plan = decide(&late().course, &crate::case::tests::limits(), at(999));
    let names: Vec<String> = plan.steps.iter().map(Step::name).collect();
    assert_eq!(names, ["1/urge-accept/unit/a"]);
}

#[test]
fn a_report_holds_everything_up_until_it_is_answered() {
    let mut refused = at_work();
    refused.apply(&step("refuse", "a"), at(2));
    let mut back = confirming();
    back.apply(&Fact::SentBack { round: 1, reason: "no".into(), evidence: vec![] }, at(4));
    let rows = [
        (refused, "2/reassign"),
        (back, "2/rework"),
        (confirming(), "1/close"),
        (late(), "1/urge-accept/unit/a"),
    ];
    for (mut case, without) in rows {
        assert!(steps(&case, 500).contains(&without.to_owned()), "{without}");
        assert!(said(&mut case, reported(1), 40));
        // Units that owe are urged all the same.
        let steps = steps(&case, 500).into_iter().filter(|name| !name.contains("/unit/"));
        assert_eq!(steps.collect::<Vec<_>>(), ["1/urge-answer/office/g"], "{without}");
        let owed = owes(&case.course, &limits());
        let who: Vec<&Owed> = owed.iter().filter(|owed| owed.duty == Duty::Answer).collect();
        assert_eq!(
            (who.len(), who[0].due, who[0].party.to_string()),
            (1, at(60), "office/g".into())
        );
        let parties: BTreeSet<String> = owed.iter().map(|owed| owed.party.to_string()).collect();
        assert!(!parties.contains("community/c1") && !parties.contains("office/o"), "{owed:?}");
        // Whoever says that it ends is not heard.
        let before = case.clone();
        for outcome in [Outcome::Unconfirmed, Outcome::Confirmed, Outcome::Merged] {
            case.apply(&Fact::Closed { round: 1, outcome }, at(41));
        }
        said(&mut case, withdrawn(), 41);
        let (into, note) = ("7".parse().unwrap(), String::new());
        let confirmed_by = "office/o".parse().unwrap();
        case.apply(&Fact::Merged { into, confirmed_by, note }, at(41));
        assert_eq!(Course { early: vec![], ..case.course }, before.course, "{without}");
    }
}

#[test]
fn who_was_reported_to_is_reminded_and_urged() {
    let case = frozen();
    let answer = |names: Vec<String>| {
        names.into_iter().filter(|name| name.ends_with("office/g")).collect::<Vec<_>>()
    };
    assert_eq!(answer(steps(&case, 54)), [""; 0]);
    assert_eq!(answer(steps(&case, 55)), ["1/remind-answer/office/g"]);
    assert_eq!(answer(steps(&case, 60)), [""; 0], "after the limit a reminder reminds of nothing");
    assert_eq!(answer(steps(&case, 61)), ["1/urge-answer/office/g"]);
    let noticed = steps(&case, 999).iter().any(|name| name.contains("notice-answer"));
    assert!(!noticed, "an office has no first responsible person");
}

#[test]
fn the_answer_begins_a_round_that_binds() {
    let mut case = frozen();
    assert!(said(&mut case, instructed(2, "a"), 50));
    let course = &case.course;
    assert_eq!((course.round, course.stage), (2, Stage::Called));
    assert_eq!(course.owner.to_string(), "unit/a");
    assert_eq!(course.direct.slow, [unit("a")].into());
    assert_eq!(steps(&case, 50), ["2/call/a"]);
    let Fact::Called(call) = called(2, "a") else { unreachable!() };
    case.apply(&Fact::Called(call), at(51));
    let refusal =
        Fact::Refused { round: 2, unit: unit("a"), reason: "no".into(), named_unit: None };
    assert!(!case.apply(&refusal, at(52)), "a binding call is not refused");
    let due = |case: &Case| {
        let owed = owes(&case.course, &limits());
        owed.into_iter().map(|owed| (owed.duty, owed.due)).collect::<Vec<_>>()
    };
    // All of it within 7 s of the call, whatever the ordinary limits.
    assert_eq!(due(&case), [(Duty::Accept, at(58))]);
    let plan = decide(&case.course, &limits(), at(51));
    assert_eq!((plan.steps, plan.wake), (vec![], Some(at(55))), "3 s before, and not at once");
    for (word, duty) in [("accept", Duty::Arrive), ("arrive", Duty::Dispose)] {
        case.apply(&of_round_2(word), at(53));
        assert_eq!(due(&case), [(duty, at(58))]);
    }
    // Late again: the right opens again, and a second report is another one.
    assert!(steps(&case, 63).contains(&"2/open-right/a".to_owned()));
    assert!(!said(&mut case, reported(1), 64), "that one is answered");
    assert!(said(&mut case, reported(2), 64) && case.course.direct.is_frozen());
    assert!(said(&mut case, instructed(3, "b"), 65) && !case.course.direct.is_frozen());
    assert!(!said(&mut case, instructed(3, "b"), 66) && !said(&mut case, instructed(2, "a"), 66));
}

fn of_round_2(word: &str) -> Fact {
    match word {
        "accept" => Fact::Accepted { round: 2, unit: unit("a") },
        _ => Fact::Arrived { round: 2, unit: unit("a") },
    }
}

#[test]
fn rework_of_what_was_instructed_binds_too_with_the_ordinary_limits() {
    let mut case = frozen();
    said(&mut case, instructed(2, "a"), 50);
    assert!(case.course.direct.is_binding(2) && case.course.direct.is_binding(3));
    assert!(!case.course.direct.is_binding(1));
    case.course.round = 3;
    let owed = owe(Party::unit(&unit("a")), Duty::Arrive, at(60), limits().arrive);
    let of_round_3 = super::instructed(&case.course, &limits(), &unit("a"), at(50), owed.clone());
    assert_eq!(of_round_3, owed);
}

#[test]
fn an_answer_is_not_lost_when_another_round_was_begun_meanwhile() {
    let mut case = at_work();
    case.apply(&step("refuse", "a"), at(2));
    said(&mut case, reported(1), 40);
    // The worker had sent it before it knew of the report.
    assert!(case.apply(&routed(2, None), at(41)));
    assert!(said(&mut case, instructed(2, "a"), 42));
    assert_eq!((case.course.round, case.course.lead.clone()), (3, Some(unit("a"))));
    assert!(!said(&mut case, instructed(2, "a"), 43), "once");
    // An answer that comes before its report waits for it.
    let mut case = late();
    said(&mut case, instructed(2, "a"), 39);
    assert_eq!((case.course.round, case.course.early.len()), (1, 1));
    said(&mut case, reported(1), 40);
    assert_eq!((case.course.round, case.course.early.len()), (2, 0));
}

#[test]
fn a_report_is_about_who_is_late_also_when_it_has_answered_meanwhile() {
    let limits = limits();
    let seen = |case: &Case, now| against(&case.course, &limits, at(now));
    let mut case = late();
    assert_eq!(seen(&case, 35), (vec![], true), "nobody is late yet");
    assert_eq!(seen(&case, 36), (vec![unit("a")], false), "by the limits alone");
    said(&mut case, opened(1, "a"), 36);
    assert_eq!(seen(&case, 20), (vec![unit("a")], false), "whatever this clock says");
    for word in ["accept", "arrive", "dispose"] {
        case.apply(&step(word, "a"), at(37));
    }
    assert_eq!(seen(&case, 38), (vec![unit("a")], false), "it has not declared");
    case.apply(&step("declare", "a"), at(38));
    assert_eq!(case.course.stage, Stage::Confirming);
    assert_eq!(seen(&case, 39), (vec![unit("a")], true));
    assert!(matches!(right(&case.course, &limits, at(39)), Right::Open { .. }), "it stands");
}

#[test]
fn what_is_withdrawn_only_remains_to_be_closed_and_counts_as_nothing() {
    for mut case in [raised(), at_work(), confirming()] {
        assert!(said(&mut case, withdrawn(), 5) && !said(&mut case, withdrawn(), 6));
        let plan = decide(&case.course, &limits(), at(900));
        assert_eq!(plan.steps, [Step::Close(case.course.round, Outcome::Withdrawn)]);
        assert!(owes(&case.course, &limits()).is_empty() && plan.wake.is_none());
        assert!(!said(&mut case, reported(1), 7), "it is too late to report");
        let round = case.course.round;
        case.apply(&Fact::Closed { round, outcome: Outcome::Withdrawn }, at(8));
        assert_eq!(case.course.outcome, Some(Outcome::Withdrawn));
    }
}

#[test]
fn two_urgings_with_the_same_words_are_two_and_each_counts_once() {
    let mut case = late();
    let pressed = |number| Ladder::Pressed {
        round: 1,
        party: Party::unit(&unit("a")),
        number,
        note: "hurry".into(),
        pressed_by: "office/o".parse().unwrap(),
    };
    assert!(said(&mut case, pressed(1), 12) && said(&mut case, pressed(2), 13));
    assert!(!said(&mut case, pressed(2), 14));
    assert_eq!(case.course.pressed.len(), 2);
}
