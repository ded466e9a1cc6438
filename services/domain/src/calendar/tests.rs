//! The calendar against an oracle that goes minute by minute.

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;

/// Two weeks around a holiday: Friday 1 January 2027 is a holiday, Sunday the 3rd is worked.
pub(crate) fn calendar() -> Calendar {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let ordinary = vec![Shift(510, 720), Shift(840, 1_050)];
    let mut week: Week = Default::default();
    week[..4].fill(ordinary.clone());
    week[4] = vec![Shift(510, 720)];
    let first = Edition { from: day("2021-01-01"), week: week.clone(), makeup: ordinary.clone() };
    // From Wednesday the 6th on, Friday is as long as the others.
    week[4].clone_from(&ordinary);
    let second = Edition { from: day("2027-01-06"), week, makeup: ordinary };
    let special = [(day("2027-01-01"), Special::Holiday), (day("2027-01-03"), Special::Workday)];
    let (listed_to, published) = (Some(day("2027-12-31")), day("2026-11-04"));
    Calendar::new(480, vec![second, first], special.into(), listed_to, published)
}

/// A moment by the city's clock, `2027-01-03 08:30`.
pub(crate) fn at(text: &str) -> Moment {
    let (day, time) = text.split_once(' ').unwrap();
    let (hour, minute) = time.split_once(':').unwrap();
    let minutes = hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap();
    Moment(day.parse::<Day>().unwrap().start(480).0 + minutes * MINUTE)
}

/// The oracle: whether the minute that begins then is worked, from the rules as people say them.
pub(crate) fn is_worked(begin: Moment) -> bool {
    let day = Day::of(begin, 480).to_string();
    let minute = (begin.0 + 480 * MINUTE).div_euclid(MINUTE).rem_euclid(1_440);
    let (morning, afternoon) = ((510..720).contains(&minute), (840..1_050).contains(&minute));
    match (day.as_str(), Day::of(begin, 480).weekday()) {
        ("2027-01-01", _) => false,
        ("2027-01-03", _) => morning || afternoon,
        (_, 5 | 6) => false,
        (day, 4) if day < "2027-01-06" => morning,
        _ => morning || afternoon,
    }
}

/// The oracle: worked minutes between two moments on whole minutes.
pub(crate) fn slow_between(from: Moment, to: Moment) -> u64 {
    let mut minutes = 0;
    let mut at = from.0;
    while at < to.0 {
        minutes += u64::from(is_worked(Moment(at)));
        at += MINUTE;
    }
    minutes
}

/// The oracle: when that many minutes are worked.
pub(crate) fn slow_after(from: Moment, minutes: u64) -> Moment {
    let (mut left, mut at) = (minutes, from.0);
    while left > 0 {
        left -= u64::from(is_worked(Moment(at)));
        at += MINUTE;
    }
    Moment(at)
}

#[test]
fn the_known_cases_are_as_people_count_them() {
    let calendar = calendar();
    let hour = 3_600_000;
    for (from, hours, due) in [
        ("2026-12-28 07:00", 1, "2026-12-28 09:30"), // before opening
        ("2026-12-28 17:30", 1, "2026-12-29 09:30"), // at the closing minute
        ("2026-12-28 08:30", 7, "2026-12-28 17:30"), // to the closing minute, and no further
        ("2026-12-28 12:30", 1, "2026-12-28 15:00"), // at noon
        ("2027-01-01 10:00", 1, "2027-01-03 09:30"), // on a holiday
        ("2026-12-31 16:30", 2, "2027-01-03 09:30"), // over the year's end
        ("2027-01-02 12:00", 7, "2027-01-03 17:30"), // a Sunday that is worked
        ("2026-12-28 08:30", 70, "2027-01-08 17:30"), // longer than a week: the new Friday is whole
        ("2027-01-08 16:30", 1, "2027-01-08 17:30"), // after the new hours are in force
        ("2026-12-25 11:00", 2, "2026-12-28 09:30"), // before: Friday ends at noon
    ] {
        assert_eq!(calendar.after(at(from), hours * hour), at(due), "{from} and {hours} h");
        assert_eq!(slow_after(at(from), hours * 60), at(due), "the oracle: {from}");
    }
}

#[test]
fn an_empty_calendar_knows_no_rest_and_a_dead_one_ends() {
    let empty = Calendar::default();
    let from = at("2027-01-02 03:00");
    assert_eq!(empty.after(from, 60_000), Moment(from.0 + 60_000));
    assert_eq!(empty.between(from, Moment(from.0 + 7)), 7);
    assert!(empty.is_listed("2050-01-01".parse().unwrap()));
    // Nobody ever works: it comes to an end all the same.
    let dead = vec![Edition::default()];
    let dead = Calendar::new(0, dead, BTreeMap::new(), None, Day::default());
    assert_eq!(dead.between(Moment(i64::MIN), Moment(i64::MAX)), 0);
    assert_eq!(dead.after(Moment(5), 10), Moment(15));
}

#[test]
fn its_version_is_that_of_its_content() {
    let whole = calendar();
    assert_eq!(whole, calendar());
    assert!(whole.version().starts_with("2026-11-04/"), "{}", whole.version());
    let mut special = whole.special.clone();
    special.remove(&"2027-01-03".parse().unwrap());
    let other = Calendar::new(480, whole.editions.clone(), special, None, Day::default());
    assert_ne!(whole.version()[10..], other.version()[10..]);
    assert!(whole.is_listed("2027-12-31".parse().unwrap()));
    assert!(!whole.is_listed("2028-01-01".parse().unwrap()));
    assert_eq!(whole.day_ms(), 7 * 3_600_000);
}

/// Minutes from 18 December 2026 on, three weeks and more.
fn minute() -> impl Strategy<Value = Moment> {
    (0..40_000_i64).prop_map(|minute| Moment(at("2026-12-18 00:00").0 + minute * MINUTE))
}

proptest! {
    #[test]
    fn it_counts_as_the_oracle_does(from in minute(), to in minute(), minutes in 1..6_000_u64) {
        let calendar = calendar();
        prop_assert_eq!(calendar.between(from, to), slow_between(from, to) * 60_000);
        prop_assert_eq!(calendar.after(from, minutes * 60_000), slow_after(from, minutes));
    }

    #[test]
    fn between_and_after_are_each_others_inverse(from in any::<i32>(), worked in 1..9_000_000_000_u64) {
        let (calendar, from) = (calendar(), Moment(at("2027-01-01 00:00").0 + i64::from(from)));
        let due = calendar.after(from, worked);
        prop_assert_eq!(calendar.between(from, due), worked);
        prop_assert_eq!(calendar.between(from, Moment(due.0 - 1)), worked - 1);
    }

    #[test]
    fn a_part_counts_as_the_whole(from in minute(), later in minute(), worked in 1..400_000_000_u64) {
        let whole = calendar();
        let part = whole.since(from.min(later));
        let read: Calendar =
            serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap();
        prop_assert_eq!(&read, &part);
        prop_assert_eq!(read.after(from.max(later), worked), whole.after(from.max(later), worked));
        prop_assert_eq!(read.version(), whole.version());
    }
}
