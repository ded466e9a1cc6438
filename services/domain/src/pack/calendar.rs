//! The working calendar of a city: `hours.csv` and `calendar.csv`.
//!
//! A pack has both or neither; without them no limit may be in working time. The hours change by
//! date of force. The lists of holidays and make-up days are those that are published each year;
//! every row says when, and none is about a day before that, so that no clock is ever set back.
//! A year between two lists must have one. The next year's list is not there until it is
//! published: [`unlisted`] says so in time.

use std::{collections::BTreeMap, str::FromStr};

use super::{
    day::Day,
    fault::{Fault, Faults},
    table::{Files, Row, rows},
    word::words,
};
use crate::{
    calendar::{Calendar, Edition, Shift, Special, length_ms},
    moment::Moment,
};

/// The working hours.
pub(super) const HOURS: &str = "hours.csv";
/// The holidays and the make-up days.
pub(super) const DAYS: &str = "calendar.csv";

const HOUR_COLUMNS: [&str; 6] = ["effective_from", "day", "from", "to", "note", "source"];
const DAY_COLUMNS: [&str; 7] = ["list", "day", "kind", "zh", "en", "published", "source"];

const DAY: &str = "a day like 2026-10-01";
const TIME: &str = "a time of the day like 08:30, at most 24:00";
const YEAR: &str = "the year whose list it is, like 2026";

/// How long before a year begins its list is missed.
const AHEAD_MS: i64 = 60 * 86_400_000;

words! {
    /// Whose hours they are.
    Weekday, "a weekday or makeup" {
        /// Monday.
        Monday = "mon",
        /// Tuesday.
        Tuesday = "tue",
        /// Wednesday.
        Wednesday = "wed",
        /// Thursday.
        Thursday = "thu",
        /// Friday.
        Friday = "fri",
        /// Saturday.
        Saturday = "sat",
        /// Sunday.
        Sunday = "sun",
        /// A weekend day that is worked for a holiday.
        Makeup = "makeup",
    }
}

words! {
    /// What a day is.
    Kind, "a kind of day" {
        /// Nobody works.
        Holiday = "holiday",
        /// A weekend day that is worked.
        Workday = "workday",
    }
}

/// The calendar; an empty one when the pack has none.
pub(super) fn read(files: &Files, offset: Option<i32>, faults: &mut Faults) -> Option<Calendar> {
    if !files.contains_key(HOURS) && !files.contains_key(DAYS) {
        return Some(Calendar::default());
    }
    let editions = read_hours(files, faults);
    let days = read_days(files, faults);
    let (editions, days) = (editions?, days?);
    check_workdays(&editions, &days, faults);
    let special = days.days.iter().map(|(day, row)| (*day, row.special)).collect();
    let listed_to = days.lists.last_key_value().and_then(|(year, _)| last_of(*year));
    Some(Calendar::new(offset?, editions, special, listed_to, days.published))
}

/// The year that soon begins, or has begun, and has no list: its weekdays count as working days.
pub(super) fn unlisted(calendar: &Calendar, now: Moment) -> Option<Fault> {
    let soon = calendar.day_of(Moment(now.0.saturating_add(AHEAD_MS)));
    let year = soon.year();
    (!calendar.is_listed(soon)).then(|| Fault {
        file: DAYS.to_owned(),
        line: None,
        what: format!("{year} has no list: its weekdays count as working days"),
        right: format!("the holidays and make-up days of {year}, as soon as they are published"),
    })
}

fn last_of(year: i64) -> Option<Day> {
    format!("{year:04}-12-31").parse().ok()
}

/// Minutes since midnight, as they are written.
struct Minutes(u16);

#[derive(Debug, thiserror::Error)]
#[error("this is not a time of the day")]
struct MinutesError;

impl FromStr for Minutes {
    type Err = MinutesError;
    fn from_str(text: &str) -> Result<Minutes, MinutesError> {
        let (hour, minute) = text.split_once(':').ok_or(MinutesError)?;
        let number = |part: &str| match part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())
        {
            true => part.parse::<u16>().map_err(|_| MinutesError),
            false => Err(MinutesError),
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= 24 * 60).then_some(Minutes(minutes)).ok_or(MinutesError)
    }
}

fn read_hours(files: &Files, faults: &mut Faults) -> Option<Vec<Edition>> {
    let rows = rows(files, HOURS, &HOUR_COLUMNS, faults)?;
    let mut editions: BTreeMap<Day, Edition> = BTreeMap::new();
    for row in &rows {
        row.text("source", faults);
        let from: Option<Day> = row.parse("effective_from", DAY, faults);
        let weekday = row.word::<Weekday>("day", faults);
        let (Some(from), Some(weekday), Some(shift)) = (from, weekday, shift(row, faults)) else {
            continue;
        };
        let edition = editions.entry(from).or_default();
        edition.from = from;
        let hours = match weekday {
            Weekday::Makeup => &mut edition.makeup,
            day => &mut edition.week[day as usize],
        };
        if hours.iter().any(|other| shift.0 < other.1 && other.0 < shift.1) {
            let what = format!("these hours of {} overlap with others", weekday.word());
            row.fault(faults, what, "each hour once");
        }
        hours.push(shift);
        hours.sort();
    }
    check_editions(&editions, faults);
    Some(editions.into_values().collect())
}

fn shift(row: &Row, faults: &mut Faults) -> Option<Shift> {
    let from: Option<Minutes> = row.parse("from", TIME, faults);
    let to: Option<Minutes> = row.parse("to", TIME, faults);
    let (from, to) = (from?.0, to?.0);
    if from >= to {
        row.fault(faults, "to is not after from", "two rows where work goes on after midnight");
        return None;
    }
    Some(Shift(from, to))
}

/// What `1wd` is must be the same from the first day on.
fn check_editions(editions: &BTreeMap<Day, Edition>, faults: &mut Faults) {
    if editions.is_empty() {
        faults.push(HOURS, None, "there are no hours", "a row for each part of each weekday");
    }
    let mut length = None;
    for (from, edition) in editions {
        if edition.week.iter().all(Vec::is_empty) {
            let what = format!("from {from} on no weekday is worked");
            faults.push(HOURS, None, what, "a whole week for each effective_from");
        }
        let makeup = length_ms(&edition.makeup);
        if makeup == 0 {
            let what = format!("from {from} on a make-up day has no hours");
            faults.push(HOURS, None, what, "rows with day makeup; their length is what 1wd is");
        } else if *length.get_or_insert(makeup) != makeup {
            let what = format!("from {from} on a make-up day has another length");
            faults.push(HOURS, None, what, "the same length: it is what 1wd is");
        }
    }
}

/// One special day.
struct SpecialDay {
    special: Special,
    published: Day,
    line: u64,
}

#[derive(Default)]
struct Days {
    days: BTreeMap<Day, SpecialDay>,
    /// The years that have a list, each with its first line.
    lists: BTreeMap<i64, u64>,
    /// The day of the latest word.
    published: Day,
}

fn read_days(files: &Files, faults: &mut Faults) -> Option<Days> {
    let rows = rows(files, DAYS, &DAY_COLUMNS, faults)?;
    let mut days = Days::default();
    for row in &rows {
        for column in ["zh", "en", "source"] {
            row.text(column, faults);
        }
        let list: Option<u16> = row.parse("list", YEAR, faults);
        let day: Option<Day> = row.parse("day", DAY, faults);
        let published: Option<Day> = row.parse("published", DAY, faults);
        let kind = row.word::<Kind>("kind", faults);
        let (Some(list), Some(day), Some(published), Some(kind)) = (list, day, published, kind)
        else {
            continue;
        };
        days.take(row, (i64::from(list), day, published, kind), faults);
    }
    days.check_lists(faults);
    Some(days)
}

impl Days {
    /// The word that was published last counts; none is about a day that was past already.
    fn take(&mut self, row: &Row, word: (i64, Day, Day, Kind), faults: &mut Faults) {
        let (list, day, published, kind) = word;
        if !(list - 1..=list).contains(&day.year()) {
            let right = format!("a day of {list}, or of the end of the year before");
            row.fault(faults, format!("{day} is no day of the list of {list}"), right);
        }
        if day < published {
            let what = format!("{day} was past on {published}");
            row.fault(faults, what, "a list that is published before its days: no clock goes back");
        }
        self.lists.entry(list).or_insert(row.line());
        self.published = self.published.max(published);
        let special = match kind {
            Kind::Holiday => Special::Holiday,
            Kind::Workday => Special::Workday,
        };
        let own = SpecialDay { special, published, line: row.line() };
        match self.days.get(&day) {
            Some(other) if other.published == published => {
                let what = format!("{day}, {}, is already on line {}", kind.word(), other.line);
                row.fault(faults, what, "one row for each day and day of publication");
            }
            Some(other) if other.published > published => {}
            _ => drop(self.days.insert(day, own)),
        }
    }

    fn check_lists(&self, faults: &mut Faults) {
        let years = self.lists.keys().zip(self.lists.keys().skip(1));
        for (before, after) in years.filter(|(before, after)| *before + 1 < **after) {
            let what = format!("the years between {before} and {after} have no list");
            faults.push(DAYS, self.lists.get(after).copied(), what, "a list for each year");
        }
        if self.lists.is_empty() {
            faults.push(DAYS, None, "there is no list", "the holidays of a year");
        }
    }
}

/// A make-up day is one that would be free.
fn check_workdays(editions: &[Edition], days: &Days, faults: &mut Faults) {
    for (day, row) in days.days.iter().filter(|(_, row)| row.special == Special::Workday) {
        let in_force = editions.partition_point(|edition| edition.from <= *day);
        let edition = editions.get(in_force.saturating_sub(1));
        if edition.is_some_and(|edition| !edition.week[day.weekday()].is_empty()) {
            let what = format!("{day} is worked anyway");
            faults.push(DAYS, row.line, what, "workday only where the weekday is free");
        }
    }
}
