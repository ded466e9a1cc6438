//! A length of time as it is written in the pack: `30m`, and for limits also `3wd`.

use std::str::FromStr;

use crate::clock::Pace;

pub(in crate::pack) const SPAN: &str =
    "a whole number and ms, s, m, h or d, like 30m, at most 366d";
pub(super) const LENGTH: &str = "a whole number and ms, s, m, h or d (around the clock) or wm, wh or \
     wd (working time), like 30m or 3wd, at most 366d";
const SPAN_MS_MAX: u64 = 366 * 24 * 3_600_000;

/// A length of time around the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pack) struct Span(pub(in crate::pack) u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a length of time")]
pub(in crate::pack) struct SpanError;

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Span, SpanError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(SpanError),
        };
        let number: u64 = number.parse().map_err(|_| SpanError)?;
        let span = number.checked_mul(unit_ms).filter(|ms| *ms <= SPAN_MS_MAX);
        span.map(Span).ok_or(SpanError)
    }
}

/// A length of time of a clock: around the clock, or working time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many milliseconds around the clock.
    Around(u64),
    /// So many milliseconds of working time.
    Working(u64),
    /// So many working days.
    WorkingDays(u64),
}

impl Length {
    /// In milliseconds of its time, where one working day is that long.
    pub fn ms(self, day_ms: u64) -> u64 {
        match self {
            Length::Around(ms) | Length::Working(ms) => ms,
            Length::WorkingDays(days) => days.saturating_mul(day_ms),
        }
    }

    /// In which time it is; none where it is nothing.
    pub fn pace(self) -> Option<Pace> {
        match self {
            Length::Around(0) | Length::Working(0) | Length::WorkingDays(0) => None,
            Length::Around(_) => Some(Pace::Around),
            Length::Working(_) | Length::WorkingDays(_) => Some(Pace::Working),
        }
    }
}

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a length of time")]
pub struct LengthError;

impl FromStr for Length {
    type Err = LengthError;
    fn from_str(text: &str) -> Result<Length, LengthError> {
        let plain = |text: &str| text.parse::<Span>().map_err(|_| LengthError);
        // "3wd" is "3d" of working time.
        let Some((number, unit)) = text.split_once('w') else {
            return plain(text).map(|span| Length::Around(span.0));
        };
        let Span(ms) = plain(&format!("{number}{unit}"))?;
        match unit {
            "d" => Ok(Length::WorkingDays(ms / 86_400_000)),
            "h" | "m" => Ok(Length::Working(ms)),
            _ => Err(LengthError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, ms) in
            [("500ms", 500), ("8s", 8_000), ("30m", 1_800_000), ("2h", 7_200_000), ("0s", 0)]
        {
            assert_eq!(text.parse(), Ok(Span(ms)), "{text}");
            assert_eq!(text.parse(), Ok(Length::Around(ms)), "{text}");
        }
        for wrong in ["", "5", "h", "-1h", "1.5h", "3 d", "367d", "99999999999999999999s", "三d"] {
            assert_eq!(wrong.parse::<Span>(), Err(SpanError), "{wrong}");
            assert_eq!(wrong.parse::<Length>(), Err(LengthError), "{wrong}");
        }
    }

    #[test]
    fn working_time_is_another_time() {
        let day_ms = 7 * 3_600_000;
        for (text, ms) in [("3wd", 3 * day_ms), ("4wh", 14_400_000), ("30wm", 1_800_000)] {
            let length: Length = text.parse().unwrap();
            assert_eq!((length.ms(day_ms), length.pace()), (ms, Some(Pace::Working)), "{text}");
        }
        assert_eq!("0wd".parse::<Length>().unwrap().pace(), None);
        for wrong in ["w", "wd", "3w", "3ws", "3dw", "3wwd", "367wd", "3w d"] {
            assert_eq!(wrong.parse::<Length>(), Err(LengthError), "{wrong}");
        }
    }
}
