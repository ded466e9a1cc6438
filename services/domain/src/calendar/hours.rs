//! The hours of a day and of a week, and from when they are in force.

use serde::{Deserialize, Serialize};

use crate::{moment::Moment, pack::Day};

const MINUTE_MS: u64 = 60_000;

/// A day of 24 hours.
pub(super) const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// Every minute of a day.
pub(super) const ALL_DAY: &[Shift] = &[Shift(0, 24 * 60)];

/// A part of a day that is worked: from a minute of the day to another one, at most 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shift(pub u16, pub u16);

impl Shift {
    /// Its length.
    pub fn ms(self) -> u64 {
        u64::from(self.1.saturating_sub(self.0)) * MINUTE_MS
    }

    /// When it begins and ends on the day that begins then.
    pub(super) fn within(self, day: Moment) -> (Moment, Moment) {
        let at = |minute: u16| {
            day + std::time::Duration::from_millis(u64::from(minute.min(24 * 60)) * MINUTE_MS)
        };
        (at(self.0), at(self.1))
    }
}

/// The hours from Monday to Sunday, each in order and without overlap.
pub type Week = [Vec<Shift>; 7];

/// The working hours from a day on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The first day.
    pub from: Day,
    /// By weekday.
    pub week: Week,
    /// Those of a weekend day that is worked for a holiday.
    pub makeup: Vec<Shift>,
}

/// How long all of these are together.
pub fn length_ms(shifts: &[Shift]) -> u64 {
    shifts.iter().map(|shift| shift.ms()).sum()
}
