//! A city's working calendar: on which days and in which hours work is done.
//!
//! Each day has the hours of its weekday, a holiday none, and a weekend day that is worked for a
//! holiday (调休上班) those of a make-up day. Hours change by date of force, and nothing changes a
//! day that is past: so the time that a clock has consumed stays what it was, whatever is published
//! later. A year whose list is not published yet has its weekdays only ([`Calendar::is_listed`]).
//!
//! It counts day by day and never minute by minute, over [`DAYS_MAX`] days at most. An empty
//! calendar knows no rest: there working time is all time.

mod hours;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::hours::{Edition, Shift, Week, length_ms};
use crate::{moment::Moment, pack::Day};

/// How many days are counted at most: ten years, which is more than any limit has.
pub const DAYS_MAX: usize = 3_660;

/// What is special about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Special {
    /// Nobody works (放假).
    #[serde(rename = "h")]
    Holiday,
    /// A weekend day that is worked (调休上班).
    #[serde(rename = "w")]
    Workday,
}

/// The calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    version: String,
    utc_offset_minutes: i32,
    /// By date of force; the first holds for all days before it too.
    editions: Vec<Edition>,
    special: BTreeMap<Day, Special>,
    /// The last day of the last year that has a list.
    listed_to: Option<Day>,
}

impl Calendar {
    /// A calendar of editions by date of force, and of special days; `published` is the day of the
    /// latest word in it, and part of its version's name.
    pub fn new(
        utc_offset_minutes: i32,
        mut editions: Vec<Edition>,
        special: BTreeMap<Day, Special>,
        listed_to: Option<Day>,
        published: Day,
    ) -> Calendar {
        editions.sort_by_key(|edition| edition.from);
        let digest = fnv(&format!("{utc_offset_minutes} {editions:?} {special:?}"));
        let version = format!("{published}/{digest:016x}");
        Calendar { version, utc_offset_minutes, editions, special, listed_to }
    }

    /// The name of its version: the day of the latest word in it, and a digest of all of it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it says nothing: all time is working time.
    pub fn is_empty(&self) -> bool {
        self.editions.is_empty()
    }

    /// How long one working day is: that of a make-up day, which is an ordinary one.
    pub fn day_ms(&self) -> u64 {
        self.editions.last().map_or(hours::DAY_MS, |edition| length_ms(&edition.makeup))
    }

    /// Whether the holidays of that day's year are known.
    pub fn is_listed(&self, day: Day) -> bool {
        self.is_empty() || self.listed_to.is_some_and(|last| day <= last)
    }

    /// The day of a moment here.
    pub fn day_of(&self, at: Moment) -> Day {
        Day::of(at, self.utc_offset_minutes)
    }

    /// The hours of a day.
    pub fn hours(&self, day: Day) -> &[Shift] {
        let in_force = self.editions.partition_point(|edition| edition.from <= day);
        let Some(edition) = self.editions.get(in_force.saturating_sub(1)) else {
            return hours::ALL_DAY;
        };
        match self.special.get(&day) {
            Some(Special::Holiday) => &[],
            Some(Special::Workday) => &edition.makeup,
            None => &edition.week[day.weekday()],
        }
    }

    /// How much working time lies between two moments, in milliseconds.
    pub fn between(&self, from: Moment, to: Moment) -> u64 {
        if self.is_empty() {
            return millis(to.since(from));
        }
        let spans = self.spans(from).take_while(|(start, _)| *start < to);
        spans.fold(0, |sum, (start, end)| sum.saturating_add(millis(end.min(to).since(start))))
    }

    /// The first moment at which that much working time has passed since `from`.
    pub fn after(&self, from: Moment, worked_ms: u64) -> Moment {
        let plus = |at: Moment, ms: u64| at + std::time::Duration::from_millis(ms);
        if self.is_empty() || worked_ms == 0 {
            return plus(from, worked_ms);
        }
        let (mut left, mut last) = (worked_ms, from);
        for (start, end) in self.spans(from) {
            let here = millis(end.since(start));
            if left <= here {
                return plus(start, left);
            }
            (left, last) = (left - here, end);
        }
        // Beyond what is counted: as if all time were worked from there on.
        plus(last, left)
    }

    /// What a case that began then needs of it; the version is that of the whole.
    pub fn since(&self, from: Moment) -> Calendar {
        let first = self.day_of(from);
        let in_force = self.editions.partition_point(|edition| edition.from <= first);
        Calendar {
            editions: self.editions[in_force.saturating_sub(1)..].to_vec(),
            special: self.special.range(first..).map(|(day, special)| (*day, *special)).collect(),
            ..self.head()
        }
    }

    fn head(&self) -> Calendar {
        let Calendar { version, utc_offset_minutes, listed_to, .. } = self;
        Calendar {
            version: version.clone(),
            utc_offset_minutes: *utc_offset_minutes,
            listed_to: *listed_to,
            ..Calendar::default()
        }
    }

    /// The spans that are worked, from a moment on.
    fn spans(&self, from: Moment) -> impl Iterator<Item = (Moment, Moment)> + '_ {
        let days = std::iter::successors(Some(self.day_of(from)), |day| Some(day.next()));
        let spans = days.take(DAYS_MAX).flat_map(move |day| {
            let start = day.start(self.utc_offset_minutes);
            self.hours(day).iter().map(move |shift| shift.within(start))
        });
        let clipped = spans.map(move |(start, end)| (start.max(from), end));
        clipped.filter(|(start, end)| start < end)
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// FNV-1a: a name for a content, and no proof of it.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
pub(crate) mod tests;
