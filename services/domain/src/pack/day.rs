//! A day of the calendar: dates of force are days of the city, not moments.
//!
//! The city's offset from UTC is fixed in its pack; daylight saving is not known here.

use std::{fmt, ops::Range, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A day, written `2021-03-02`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i64);

/// Why a text is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a day of the calendar")]
pub struct DayError;

impl Day {
    /// The day of a moment where clocks are this far ahead of UTC.
    pub fn of(moment: Moment, utc_offset_minutes: i32) -> Day {
        let local = moment.0.saturating_add(i64::from(utc_offset_minutes) * MINUTE_MS);
        Day(local.div_euclid(DAY_MS))
    }

    /// The moment at which the day begins there.
    pub fn start(self, utc_offset_minutes: i32) -> Moment {
        let local = self.0.saturating_mul(DAY_MS);
        Moment(local.saturating_sub(i64::from(utc_offset_minutes) * MINUTE_MS))
    }

    /// The day after.
    pub fn next(self) -> Day {
        Day(self.0.saturating_add(1))
    }

    /// The day of the week, 0 for Monday.
    pub fn weekday(self) -> usize {
        // 1 January 1970 was a Thursday.
        usize::try_from(self.0.saturating_add(3).rem_euclid(7)).unwrap_or(0)
    }

    /// The year.
    pub fn year(self) -> i64 {
        self.civil().0
    }

    /// The day before.
    pub fn previous(self) -> Day {
        Day(self.0 - 1)
    }

    /// Counted in eras of 400 years, whose years begin in March, so that a leap day comes last.
    fn from_civil(year: i64, month: i64, day: i64) -> Day {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    fn civil(self) -> (i64, i64, i64) {
        let days = self.0.saturating_add(719_468);
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Day, DayError> {
        let form = text.len() == 10
            && text.char_indices().all(|(at, c)| match at {
                4 | 7 => c == '-',
                _ => c.is_ascii_digit(),
            });
        if !form {
            return Err(DayError);
        }
        let number = |range: Range<usize>| text[range].parse::<i64>().map_err(|_| DayError);
        let day = Day::from_civil(number(0..4)?, number(5..7)?, number(8..10)?);
        // 30 February comes back as 1 or 2 March.
        if day.to_string() == text { Ok(day) } else { Err(DayError) }
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;
    fn try_from(text: String) -> Result<Day, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_there_and_back() {
        for text in ["1970-01-01", "2000-02-29", "2021-03-02", "2024-12-31", "0001-01-01"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        let mut day: Day = "1999-12-25".parse().unwrap();
        for _ in 0..2_000 {
            assert_eq!(day.to_string().parse(), Ok(day));
            day = day.next();
        }
        assert_eq!(day.to_string(), "2005-06-16");
    }

    #[test]
    fn a_day_has_a_weekday_and_a_year() {
        for (text, weekday) in [("1969-12-31", 2), ("1970-01-01", 3), ("2026-11-27", 4)] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.weekday(), day.year().to_string()), (weekday, text[..4].to_owned()));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for wrong in ["", "2021-3-2", "2021-02-29", "2021-13-01", "2021-00-10", "02.03.2021", "二"]
        {
            assert_eq!(wrong.parse::<Day>(), Err(DayError), "{wrong}");
        }
    }

    #[test]
    fn a_day_begins_at_the_citys_midnight() {
        let day: Day = "2021-03-02".parse().unwrap();
        let start = day.start(480);
        assert_eq!(start, Moment(1_614_614_400_000)); // 2021-03-01T16:00:00Z
        assert_eq!(Day::of(start, 480), day);
        assert_eq!(Day::of(Moment(start.0 - 1), 480).next(), day);
    }
}
