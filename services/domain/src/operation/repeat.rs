//! Recurring operations (常态化联合执法, M065): when the next one is.
//!
//! The days come from the plan or from the template of the city's pack; what happens on a free day
//! of the city's calendar, a holiday or a day without working hours, is theirs to say too.
//! An occurrence whose time has passed while nobody looked is passed over and never made up.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::{calendar::Calendar, moment::Moment, pack::Day};

/// The most days between two of a series.
pub const EVERY_DAYS_MAX: u32 = 366;
/// So many occurrences in a row are passed over at most, then none follows.
const PASSED_MAX: usize = 1_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// What happens to an occurrence on a free day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreeDays {
    /// It is held.
    #[default]
    Hold,
    /// It is passed over.
    Skip,
    /// It is held on the next working day, and the ones after it keep their days.
    Move,
}

/// Another operation follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// So many days after the one before.
    pub every_days: u32,
    /// What happens on a free day.
    #[serde(default)]
    pub free_days: FreeDays,
    /// None begins after that.
    #[serde(default)]
    pub until: Option<Moment>,
    /// When this one would have begun, had no free day moved it.
    #[serde(default)]
    pub regular: Option<Moment>,
}

/// When the next begins and ends, and when it would have begun without free days; none follows
/// when there is none before the end of the series.
pub fn next_window(
    plan: &Plan,
    calendar: &Calendar,
    now: Moment,
) -> Option<(Moment, Moment, Moment)> {
    let repeat = plan.repeat.as_ref()?;
    let step = i64::from(repeat.every_days.max(1)) * DAY_MS;
    let length = plan.to.0.saturating_sub(plan.from.0);
    let mut regular = repeat.regular.unwrap_or(plan.from);
    for _ in 0..PASSED_MAX {
        regular = Moment(regular.0.saturating_add(step));
        if repeat.until.is_some_and(|until| regular > until) {
            return None;
        }
        let Some(from) = placed(regular, repeat.free_days, calendar) else { continue };
        if from > now && from > plan.from {
            return Some((from, Moment(from.0.saturating_add(length)), regular));
        }
    }
    None
}

/// When an occurrence is held; none when it is passed over.
fn placed(at: Moment, free_days: FreeDays, calendar: &Calendar) -> Option<Moment> {
    let day = calendar.day_of(at);
    match free_days {
        FreeDays::Hold => Some(at),
        FreeDays::Skip => (!is_free(day, calendar)).then_some(at),
        FreeDays::Move => {
            let mut moved = (at, day);
            for _ in 0..PASSED_MAX {
                if !is_free(moved.1, calendar) {
                    return Some(moved.0);
                }
                moved = (Moment(moved.0.0.saturating_add(DAY_MS)), moved.1.next());
            }
            None
        }
    }
}

/// Whether nobody works on that day; where the city has no calendar every day is worked.
fn is_free(day: Day, calendar: &Calendar) -> bool {
    !calendar.is_empty() && calendar.hours(day).is_empty()
}
