//! The ledger against an oracle that lives through every minute.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::calendar::{
    Edition, Shift, Special,
    tests::{at, calendar, is_worked},
};

const MINUTE: i64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

fn start(text: &str, hours: u64) -> Ledger {
    Ledger::start(Pace::Working, hours * HOUR_MS, at(text), &calendar())
}

#[test]
fn a_hold_over_a_weekend_costs_nothing_but_the_time_before_and_after() {
    let calendar = calendar();
    let mut ledger = start("2026-12-18 08:30", 7);
    ledger.hold(at("2026-12-18 10:30"), &calendar);
    assert_eq!((ledger.state(), ledger.due(&calendar)), (State::Held, None));
    assert_eq!(ledger.consumed_ms(at("2026-12-30 09:00"), &calendar), 2 * HOUR_MS);
    // Its first hour is reached all the same, and stays so.
    assert_eq!(ledger.reached(HOUR_MS, &calendar), Some(at("2026-12-18 09:30")));
    ledger.resume(at("2026-12-21 14:00"));
    assert_eq!(ledger.due(&calendar), Some(at("2026-12-22 10:00")));
    assert_eq!(ledger.left_ms(at("2026-12-21 15:00"), &calendar), 4 * HOUR_MS);
    assert_eq!(ledger.reached(HOUR_MS, &calendar), Some(at("2026-12-18 09:30")));
}

#[test]
fn an_extension_moves_what_has_run_out_too() {
    let calendar = calendar();
    let mut ledger = start("2026-12-21 08:30", 1);
    ledger.hold(at("2026-12-21 10:30"), &calendar);
    // It had run out before it was held.
    assert_eq!(ledger.due(&calendar), Some(at("2026-12-21 09:30")));
    ledger.extend(HOUR_MS / 2);
    assert_eq!(ledger.due(&calendar), Some(at("2026-12-21 10:00")));
    ledger.extend(HOUR_MS);
    assert_eq!(ledger.due(&calendar), None);
    ledger.resume(at("2026-12-21 14:00"));
    assert_eq!(ledger.due(&calendar), Some(at("2026-12-21 14:30")));
}

#[test]
fn a_hand_over_ends_one_clock_and_begins_another() {
    let calendar = calendar();
    let mut first = start("2026-12-21 08:30", 7);
    let second = first.hand_over(at("2026-12-21 10:30"), &calendar);
    assert_eq!((first.state(), first.due(&calendar)), (State::Stopped, None));
    assert_eq!(first.consumed_ms(at("2026-12-28 08:30"), &calendar), 2 * HOUR_MS);
    assert_eq!(second.due(&calendar), Some(at("2026-12-22 10:30")));
    let again = first.clone();
    first.resume(at("2026-12-21 11:00"));
    first.hold(at("2026-12-21 11:00"), &calendar);
    assert_eq!(first, again, "what has ended moves no more");
}

/// The calendar as it is published later: from Monday the 28th on, mornings only.
fn shorter() -> Calendar {
    let (old, day) = (calendar(), |text: &str| text.parse().unwrap());
    let mut editions = vec![];
    for from in ["2021-01-01", "2026-12-28"] {
        let mut edition = Edition { from: day(from), ..Edition::default() };
        for (at, hours) in edition.week.iter_mut().enumerate().take(5) {
            // A Monday and a Friday before, which the old calendar has as well.
            let like = if at == 4 { "2026-12-18" } else { "2026-12-14" };
            let whole = old.hours(day(like)).to_vec();
            *hours = if from == "2021-01-01" { whole } else { vec![Shift(510, 720)] };
        }
        editions.push(edition);
    }
    let special = [(day("2027-01-01"), Special::Holiday)].into();
    Calendar::new(480, editions, special, None, day("2026-12-22"))
}

#[test]
fn a_calendar_that_changes_moves_what_is_to_come_and_nothing_else() {
    let (old, new) = (calendar(), shorter());
    let mut ledger = start("2026-12-24 14:00", 14);
    assert_eq!(ledger.due(&old), Some(at("2026-12-28 17:30")));
    let (change, version) = (at("2026-12-24 15:00"), ledger.calendar().to_owned());
    ledger.change_calendar(change, &old, &new);
    assert_eq!(ledger.consumed_ms(change, &new), HOUR_MS);
    assert_ne!(ledger.calendar(), version);
    // 2.5 h more on Thursday, 3.5 h on Friday, and 3.5 h on each day of the week after.
    assert_eq!(ledger.due(&new), Some(at("2026-12-29 12:00")));
    // It says the same who knows the new one only: no calendar changes what is past.
    let fresh = Ledger::start(Pace::Working, 14 * HOUR_MS, at("2026-12-24 14:00"), &new);
    assert_eq!(fresh.due(&new), ledger.due(&new));
    // One that is held takes up the new one as well.
    ledger.hold(at("2026-12-25 08:30"), &new);
    ledger.change_calendar(at("2026-12-26 08:30"), &new, &old);
    assert_eq!((ledger.state(), ledger.calendar()), (State::Held, old.version()));
}

/// What may happen to a clock, so many minutes after what happened before.
#[derive(Clone, Copy, Debug)]
enum Event {
    Hold,
    Resume,
    Extend(u64),
    Change,
}

fn event() -> impl Strategy<Value = (i64, Event)> {
    let what = prop_oneof![
        3 => Just(Event::Hold),
        3 => Just(Event::Resume),
        1 => (1..900_u64).prop_map(Event::Extend),
        1 => Just(Event::Change),
    ];
    (0..3_000_i64, what)
}

/// Whether a minute counts for a clock that runs.
fn counts(pace: Pace, is_new: bool, minute: Moment) -> bool {
    match (pace, is_new) {
        (Pace::Around, _) => true,
        (Pace::Working, false) => is_worked(minute),
        (Pace::Working, true) => shorter().between(minute, Moment(minute.0 + MINUTE)) > 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn it_runs_as_the_oracle_does(
        from in 0..20_000_i64,
        budget in 1..2_400_u64,
        is_working in any::<bool>(),
        events in vec(event(), 0..6),
    ) {
        let pace = if is_working { Pace::Working } else { Pace::Around };
        let (old, new) = (calendar(), shorter());
        let from = Moment(at("2026-12-18 00:00").0 + from * MINUTE);
        let mut ledger = Ledger::start(pace, budget * 60_000, from, &old);
        // Minute by minute: what is taken, and when each amount was first taken.
        let (mut taken, mut budget, mut is_held, mut is_new) = (0_u64, budget, false, false);
        let mut reached = vec![from];
        let mut now = from;
        let live = |now: &mut Moment, until: Option<Moment>, stop: u64, taken: &mut u64,
                    reached: &mut Vec<Moment>, is_new: bool| {
            while until.is_none_or(|until| *now < until) && *taken < stop {
                let begin = *now;
                now.0 += MINUTE;
                if counts(pace, is_new, begin) {
                    *taken += 1;
                    reached.push(*now);
                }
            }
        };
        for (wait, event) in events {
            let then = Moment(now.0 + wait * MINUTE);
            if !is_held {
                live(&mut now, Some(then), u64::MAX, &mut taken, &mut reached, is_new);
            }
            now = then;
            let calendar = if is_new { &new } else { &old };
            prop_assert_eq!(ledger.consumed_ms(now, calendar), taken * 60_000);
            match event {
                Event::Hold => { ledger.hold(now, calendar); is_held = true; }
                Event::Resume => { ledger.resume(now); is_held = false; }
                Event::Extend(by) => { ledger.extend(by * 60_000); budget += by; }
                // No calendar changes a day that is past.
                Event::Change if now >= at("2026-12-28 00:00") => {}
                Event::Change => { ledger.change_calendar(now, calendar, &new); is_new = true; }
            }
        }
        let calendar = if is_new { &new } else { &old };
        prop_assert_eq!(ledger.left_ms(now, calendar), budget.saturating_sub(taken) * 60_000);
        if !is_held {
            live(&mut now, None, budget, &mut taken, &mut reached, is_new);
        }
        let due = reached.get(usize::try_from(budget).unwrap()).copied();
        prop_assert_eq!(ledger.due(calendar), due);
    }
}
