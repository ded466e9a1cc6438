//! Rates and months, as pages write them.

mod recent;

use domain::{moment::Moment, pack::Day};

pub(crate) use self::recent::Recent;
use crate::visit::Visit;

/// Hundredths of a percent as a percentage: `95`, `92.5`, `66.66`.
pub(crate) fn percent(basis_points: u32) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{rest:02}").trim_end_matches('0').to_owned(),
    }
}

/// When the month began, so many months ago, by the city's clock.
pub(crate) fn month_begins(visit: &Visit, ago: u32) -> i64 {
    let offset = visit.console.city().utc_offset_minutes;
    let mut day = first(Day::of(visit.console.now(), offset));
    for _ in 0..ago {
        day = first(day.previous());
    }
    let Moment(start) = day.start(offset);
    start
}

/// The month of a moment, `2026-11`.
pub(crate) fn month(visit: &Visit, at_ms: i64) -> String {
    let day = Day::of(Moment(at_ms), visit.console.city().utc_offset_minutes).to_string();
    day.get(..7).unwrap_or(&day).to_owned()
}

/// The first day of a day's month.
fn first(day: Day) -> Day {
    let text = day.to_string();
    let first = text.get(..8).map(|month| format!("{month}01"));
    first.and_then(|first| first.parse().ok()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_no_more_digits_than_it_needs() {
        for (points, text) in
            [(9_500, "95"), (9_250, "92.5"), (6_666, "66.66"), (0, "0"), (5, "0.05")]
        {
            assert_eq!(percent(points), text);
        }
    }

    #[test]
    fn a_month_begins_on_its_first_day() {
        for (day, begins) in [
            ("2026-11-27", "2026-11-01"),
            ("2028-02-29", "2028-02-01"),
            ("2026-01-01", "2026-01-01"),
        ] {
            assert_eq!(first(day.parse().unwrap()).to_string(), begins);
        }
    }
}
