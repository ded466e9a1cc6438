//! The axis of time of a picture: its window, its marks in the city's time, its levels of zoom.
//!
//! Everything here is a function of milliseconds; the script in `waterfall.js` counts the same way.

use domain::{moment::Moment, pack::Day};
use proto::ledger::Span;

use super::Asked;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The levels of zoom, from weeks to milliseconds.
pub const LEVELS: [i64; 11] =
    [28 * DAY, 7 * DAY, DAY, 6 * HOUR, HOUR, 10 * MINUTE, MINUTE, 10 * SECOND, SECOND, 100, 10];

/// How far two marks may be apart.
const STEPS: [i64; 30] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    84 * DAY,
    364 * DAY,
];
/// How many marks an axis has at most.
const MARKS_MAX: i64 = 8;

/// What is seen of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: i64,
    /// Until when; later than that.
    pub to: i64,
    /// Whether its right edge is that of the picture, and moves with it.
    pub follows: bool,
    /// Whether all is seen.
    pub is_whole: bool,
}

impl Window {
    /// What is asked for, inside of the picture; all of it where nothing is asked that makes sense.
    pub fn of(root: &Span, asked: &Asked) -> Window {
        let (begin, end) = (root.from_ms, root.to_ms.max(root.from_ms.saturating_add(1)));
        let whole = Window { from: begin, to: end, follows: true, is_whole: true };
        let (from, to) = match (asked.last, asked.from, asked.to) {
            (Some(last), ..) if last > 0 => (end.saturating_sub(last), end),
            (None, Some(from), Some(to)) if from < to => (from, to),
            _ => return whole,
        };
        let (from, to) = (from.max(begin), to.min(end));
        if from >= to || (from, to) == (begin, end) {
            return whole;
        }
        Window { from, to, follows: to == end, is_whole: false }
    }

    /// How long it is.
    pub fn span(&self) -> i64 {
        self.to - self.from
    }

    /// The window of a length around a moment, inside of the picture.
    pub fn around(root: &Span, at: i64, span: i64) -> (i64, i64) {
        let end = root.to_ms.max(root.from_ms.saturating_add(1));
        let span = span.clamp(1, end - root.from_ms);
        let from = at.saturating_sub(span / 2).clamp(root.from_ms, end - span);
        (from, from + span)
    }

    /// Where a moment is, in percent; one outside is outside.
    pub fn percent(&self, ms: i64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "milliseconds of centuries are exact")]
        let part = (ms.saturating_sub(self.from)) as f64 / self.span() as f64;
        // What is far outside is drawn just outside: a drawing has its own limits.
        ((part * 100_000.0).round() / 1_000.0).clamp(-1_000.0, 1_100.0)
    }

    /// Where something begins and how wide it is, in percent, cut at the edges.
    pub fn bar(&self, from: i64, to: i64) -> (f64, f64) {
        let (left, right) = (self.percent(from).max(-1.0), self.percent(to).min(101.0));
        (left, ((right - left).max(0.0) * 1_000.0).round() / 1_000.0)
    }
}

/// A mark of the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: i64,
    /// As it is written.
    pub text: String,
}

/// The marks of a window, on round times of the city.
pub fn marks(window: &Window, offset_minutes: i32) -> Vec<Mark> {
    let fits = |step: &i64| window.span() / step < MARKS_MAX;
    let step = STEPS.into_iter().find(fits).unwrap_or(364 * DAY);
    let offset = i64::from(offset_minutes) * MINUTE;
    let first = (window.from + offset).div_euclid(step) * step - offset;
    let all = (0..=MARKS_MAX + 1).map(|number| first.saturating_add(number * step));
    let seen = all.filter(|at| *at >= window.from && *at <= window.to);
    let mut day = None;
    seen.map(|at| {
        let today = Day::of(Moment(at), offset_minutes);
        let is_new = day.replace(today) != Some(today);
        Mark { at, text: written(at, step, is_new, offset_minutes) }
    })
    .collect()
}

/// A mark as precise as its step asks for, with the day where it is another one than before.
fn written(at: i64, step: i64, has_day: bool, offset_minutes: i32) -> String {
    let full = stamp(at, offset_minutes);
    let (day, clock) = (&full[5..10], &full[11..]);
    let clock = match step {
        DAY.. => return full[..10].to_owned(),
        MINUTE.. => &clock[..5],
        SECOND.. => &clock[..8],
        _ => clock,
    };
    if has_day { format!("{day} {clock}") } else { clock.to_owned() }
}

/// A moment in the city's time, to the millisecond: `2026-11-22 08:00:05.123`.
pub fn stamp(ms: i64, offset_minutes: i32) -> String {
    let day = Day::of(Moment(ms), offset_minutes);
    let rest = ms.saturating_sub(day.start(offset_minutes).0);
    let (hours, minutes) = (rest / HOUR, rest / MINUTE % 60);
    let (seconds, millis) = (rest / SECOND % 60, rest % SECOND);
    // Years have four digits here: others would move the parts.
    format!("{:>10} {hours:02}:{minutes:02}:{seconds:02}.{millis:03}", day.to_string())
}
