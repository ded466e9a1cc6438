//! Times and spots of the record as a person writes and reads them; all in UTC, and said so.

use std::{str::FromStr, time::Duration};

use domain::{moment::Moment, pack::Day};
use kit::clock::Clock;

/// Where in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Its beginning.
    Beginning,
    /// Its end: only what comes from now on.
    Now,
    /// At this place.
    Place(u64),
    /// At what was accepted at this time or later.
    At(Moment),
}

impl FromStr for Spot {
    type Err = String;

    fn from_str(text: &str) -> Result<Spot, String> {
        if let Ok(place) = text.parse() {
            return Ok(Spot::Place(place));
        }
        match text {
            "beginning" => Ok(Spot::Beginning),
            "now" => Ok(Spot::Now),
            text => {
                let ago = kit::config::span::read(text).map(|ago| Clock::system().now() - ago);
                ago.or_else(|| time(text)).map(Spot::At).ok_or_else(|| {
                    "right would be: now, beginning, a place (4711), a time \
                     (2026-11-22T08:00:00Z) or how long ago (30m)"
                        .to_owned()
                })
            }
        }
    }
}

/// Reads a span of time.
pub fn span(text: &str) -> Result<Duration, String> {
    let right = || "right would be a whole number with ms, s, m, h or d: 5s".to_owned();
    kit::config::span::read(text).filter(|span| !span.is_zero()).ok_or_else(right)
}

/// Reads a time.
pub fn moment(text: &str) -> Result<Moment, String> {
    time(text).ok_or_else(|| "right would be a time: 2026-11-22T08:00:00Z".to_owned())
}

/// Reads `2026-11-22`, `2026-11-22T08:00:00Z` and `2026-11-22T08:00:00+08:00`.
fn time(text: &str) -> Option<Moment> {
    let day: Day = text.get(..10)?.parse().ok()?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(day.start(0));
    }
    let clock = rest.strip_prefix(['T', ' '])?;
    let (clock, offset) = match clock.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = clock.rfind(['+', '-'])?;
            let (hours, minutes) = clock.get(at + 1..)?.split_once(':')?;
            let minutes = number(hours, 14)? * 60 + number(minutes, 59)?;
            (&clock[..at], if clock[at..].starts_with('-') { -minutes } else { minutes })
        }
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    let second = parts.next().map_or(Some(0), |second| number(second, 59))?;
    parts.next().is_none().then_some(())?;
    let seconds = hour * 3_600 + (minute - offset) * 60 + second;
    Some(Moment(day.start(0).0 + seconds * 1_000))
}

/// A number of two digits.
fn number(text: &str, max: i64) -> Option<i64> {
    let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_two && *number <= max)
}

/// A moment as people read it; nothing of one that is not known.
pub fn shown(ms: i64) -> String {
    if ms <= 0 {
        return "-".to_owned();
    }
    let day = Day::of(Moment(ms), 0);
    let seconds = (ms - day.start(0).0) / 1_000;
    format!("{day} {:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// How long ago, in the two largest units.
pub fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// How long ago something was, as people read it.
pub fn ago(ms: i64, now: Moment) -> String {
    if ms <= 0 { "-".to_owned() } else { age(now.since(Moment(ms))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spots_are_read_as_people_write_them_and_nothing_else_is() {
        let eight = Moment(1_795_334_400_000);
        for (text, expected) in [
            ("now", Spot::Now),
            ("beginning", Spot::Beginning),
            ("4711", Spot::Place(4_711)),
            ("2026-11-22T08:00:00Z", Spot::At(eight)),
            ("2026-11-22T16:00:00+08:00", Spot::At(eight)),
            ("2026-11-22 08:00Z", Spot::At(eight)),
            ("2026-11-22", Spot::At(Moment(eight.0 - 8 * 3_600_000))),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        let Ok(Spot::At(ago)) = "30m".parse() else { panic!("half an hour ago") };
        assert!(ago < Clock::system().now());
        for wrong in [
            "",
            "soon",
            "-1",
            "2026-02-30",
            "2026-11-22T24:00:00Z",
            "2026-11-22T08:00:00",
            "2026-11-22T08:00:00+8",
            "2026-11-22T8:00Z",
            "2026年11月",
        ] {
            assert!(wrong.parse::<Spot>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_shown_in_utc_and_ages_in_two_units() {
        assert_eq!(shown(1_795_334_400_000), "2026-11-22 08:00:00Z");
        assert_eq!(shown(0), "-");
        for (seconds, text) in
            [(5, "5 s"), (125, "2 min 5 s"), (7_260, "2 h 1 min"), (180_000, "2 d 2 h")]
        {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
    }
}
