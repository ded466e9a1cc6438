//! Limits by severity and in working time, and the calendar that goes with them.

use super::{
    super::{table::Files, *},
    FAULTS_OF_TIME, faults, good, shipped, with,
};
use crate::{
    clock::{Language, Pace},
    moment::Moment,
};

fn issue(id: &str) -> IssueTypeId {
    IssueTypeId::parse(id).unwrap()
}

/// The good pack with these limits beside its own.
fn and(rows: &str) -> Files {
    let header = "urge_after,note,source";
    let mut files = with("limits.csv", header, &format!("{header},severity"));
    files.get_mut("limits.csv").unwrap().extend(rows.as_bytes());
    files
}

#[test]
fn the_severity_and_the_issue_type_decide_and_the_shorter_wins() {
    let city = load(&and("\
standard,*,accept,90m,30m,1h,,example,serious
standard,*,accept,20m,5m,5m,,example,emergency
standard,vending,accept,3h,30m,1h,,example,*
standard,vending,accept,10m,5m,5m,,example,emergency
"))
    .unwrap_or_else(|faults| panic!("{faults}"));
    let minutes =
        |id, severity| city.limits_of("standard", &issue(id), severity).accept.within_ms / 60_000;
    let of = |id| Severity::ALL.map(|severity| minutes(id, severity));
    assert_eq!(of("vending"), [180, 90, 10]);
    // A type that is fast as usual is not slower when it is worse.
    assert_eq!(of("dust"), [60, 60, 20]);
    assert_eq!(city.limits("standard", &issue("dust")).accept.within_ms, 3_600_000);
}

#[test]
fn an_emergency_runs_around_the_clock_and_what_is_worse_has_no_more_time() {
    for (rows, wanted) in [
        (
            "standard,dust,dispose,2wd,0s,1wh,,example,\n",
            "limits.csv:14: dispose of dust is working time in an emergency",
        ),
        (
            "standard,dust,dispose,4d,0s,1h,,example,serious\n",
            "limits.csv:14: dispose of dust has more time when it is serious",
        ),
        (
            "standard,*,dispose,1wd,0s,1wh,,example,serious\n\
             standard,*,dispose,1h,0s,1h,,example,emergency\n",
            "limits.csv:14: dispose of any matter has more time when it is serious",
        ),
        ("standard,*,dispose,1h,0s,1h,,example,grave\n", "severity: \"grave\" is not a severity"),
        ("standard,*,dispose,1h,0s,1h,,example,*\n", "this limit is already on line 5"),
    ] {
        let report = faults(&and(rows));
        assert!(report.contains(wanted), "{rows} gave\n{report}");
    }
}

#[test]
fn a_working_day_is_as_long_as_a_make_up_day() {
    let rows = "standard,dust,dispose,2wd,1wh,30wm,,example,\n\
                standard,dust,dispose,1h,0s,1h,,example,emergency\n";
    let city = load(&and(rows)).unwrap_or_else(|faults| panic!("{faults}"));
    let limits = city.limits("standard", &issue("dust"));
    let (dispose, hour) = (limits.dispose, 3_600_000);
    assert_eq!((dispose.within_ms, dispose.pace), (7 * hour, Pace::Working));
    assert_eq!((dispose.remind_before_ms, dispose.urge_after_ms), (hour, hour / 2));
    let text = dispose.describe(limits.calendar.day_ms(), Language::English);
    assert_eq!(text, "2 working days (7 h of working time)");
    // What travels is small: the calendar goes only where a limit needs it.
    let vending = city.limits("standard", &issue("vending")).since(Moment(0));
    assert!(vending.calendar.is_empty() && !limits.since(Moment(0)).calendar.is_empty());
}

#[test]
fn working_time_needs_a_calendar_and_hours_need_holidays() {
    let mut files = and("standard,dust,dispose,2wd,1wh,30wm,,example,normal\n");
    files.remove("hours.csv");
    let holidays = files.remove("calendar.csv").unwrap();
    let report = faults(&files);
    assert!(report.contains("limits.csv:14: working time, and there is no hours.csv"), "{report}");
    files.insert("calendar.csv".to_owned(), holidays);
    assert!(faults(&files).contains("hours.csv: there is no such file"), "{}", faults(&files));
    let mut files = good();
    files.remove("hours.csv");
    files.remove("calendar.csv");
    assert!(load(&files).unwrap().calendar.is_empty());
}

#[test]
fn a_year_between_two_lists_has_one_and_the_next_is_missed_in_time() {
    let text = "list,day,kind,zh,en,published,source\n\
                2021,2021-10-01,holiday,国庆节,National Day,2020-11-25,example\n\
                2023,2023-10-01,holiday,国庆节,National Day,2021-10-25,example\n";
    let mut files = good();
    files.insert("calendar.csv".to_owned(), text.as_bytes().to_vec());
    let wanted = "calendar.csv:3: the years between 2021 and 2023 have no list";
    assert!(faults(&files).contains(wanted), "{}", faults(&files));
    let city = load(&good()).unwrap();
    let at = |day: &str| day.parse::<Day>().unwrap().start(480);
    assert_eq!(city.warnings(at("2022-10-01")), []);
    let warned = city.warnings(at("2022-11-15"));
    assert_eq!(warned.len(), 1);
    assert_eq!(
        warned[0].to_string(),
        "calendar.csv: 2023 has no list: its weekdays count as working days; right would be: the \
         holidays and make-up days of 2023, as soon as they are published"
    );
    // The last word counts: a day that was to be free is worked.
    let worked = |day: &str| !city.calendar.hours(day.parse().unwrap()).is_empty();
    assert_eq!(
        (worked("2021-10-01"), worked("2021-10-09"), worked("2022-10-01")),
        (false, true, true)
    );
}

#[test]
fn each_fault_of_the_calendar_is_named_with_its_line() {
    for (file, old, new, wanted) in FAULTS_OF_TIME {
        let report = faults(&with(file, old, new));
        assert!(report.contains(wanted), "{file}: {old:?} -> {new:?} gave\n{report}");
    }
}

#[test]
fn the_calendar_of_wenshan_is_that_of_the_notices() {
    let city = load(&shipped("wenshan")).unwrap_or_else(|faults| panic!("{faults}"));
    let worked = |day: &str| !city.calendar.hours(day.parse().unwrap()).is_empty();
    // Spring Festival of 2026: nine days, two Saturdays for it.
    assert_eq!(
        ["2026-02-14", "2026-02-15", "2026-02-23", "2026-02-24", "2026-02-28"].map(worked),
        [true, false, false, true, true]
    );
    // Each list: how many days are free and how many weekend days are worked.
    let days = |from: &str, to: &str, wanted: bool| {
        let (mut day, end): (Day, Day) = (from.parse().unwrap(), to.parse().unwrap());
        let mut count = 0;
        while day <= end {
            let is_special = city.calendar.hours(day).is_empty() == (day.weekday() < 5);
            count += u32::from(is_special && (day.weekday() < 5) == wanted);
            day = day.next();
        }
        count
    };
    // Free weekdays and worked weekend days of each year, counted from the notices by hand.
    for (year, free, made_up) in
        [(2021, 18, 7), (2022, 18, 7), (2023, 18, 7), (2024, 19, 8), (2025, 18, 5), (2026, 19, 6)]
    {
        let (from, to) = (format!("{year}-01-01"), format!("{year}-12-31"));
        let counted = (days(&from, &to, true), days(&from, &to, false));
        assert_eq!(counted, (free, made_up), "{year}");
    }
    assert!(city.calendar.version().starts_with("2025-11-04/"), "{}", city.calendar.version());
}
