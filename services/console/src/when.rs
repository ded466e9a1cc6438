//! Times as people read them: by the city's clock, and spans in days, hours and minutes.

use domain::{moment::Moment, pack::Day};

use crate::words::Lang;

const MINUTE_MS: i64 = 60_000;

/// `2026-11-27 19:05`, by the city's clock.
pub(crate) fn stamp(at_ms: i64, utc_offset_minutes: i32) -> String {
    let (day, minute) = split(at_ms, utc_offset_minutes);
    format!("{day} {:02}:{:02}", minute / 60, minute % 60)
}

/// The same with its offset, for machines: `2026-11-27T19:05+08:00`.
pub(crate) fn machine(at_ms: i64, utc_offset_minutes: i32) -> String {
    let (day, minute) = split(at_ms, utc_offset_minutes);
    let (sign, offset) = (if utc_offset_minutes < 0 { '-' } else { '+' }, utc_offset_minutes.abs());
    let (hour, rest) = (minute / 60, minute % 60);
    format!("{day}T{hour:02}:{rest:02}{sign}{:02}:{:02}", offset / 60, offset % 60)
}

fn split(at_ms: i64, utc_offset_minutes: i32) -> (Day, i64) {
    let day = Day::of(Moment(at_ms), utc_offset_minutes);
    let minute = at_ms.saturating_sub(day.start(utc_offset_minutes).0).div_euclid(MINUTE_MS);
    (day, minute)
}

/// A span in its two largest parts: `2 d 3 h`, `45 min`.
pub(crate) fn span(ms: i64, lang: Lang) -> String {
    let minutes = ms.max(0) / MINUTE_MS;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let (d, h, m) = (lang.pick("天", " d"), lang.pick("小时", " h"), lang.pick("分钟", " min"));
    let gap = lang.pick("", " ");
    match (days, hours, rest) {
        (0, 0, 0) => lang.pick("不到1分钟", "less than 1 min").to_owned(),
        (0, 0, _) => format!("{rest}{m}"),
        (0, _, 0) => format!("{hours}{h}"),
        (0, _, _) => format!("{hours}{h}{gap}{rest}{m}"),
        (_, 0, _) => format!("{days}{d}"),
        _ => format!("{days}{d}{gap}{hours}{h}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_citys() {
        // 2026-11-27 18:05:30 UTC.
        let at = 1_795_802_730_000;
        assert_eq!(stamp(at, 0), "2026-11-27 18:05");
        assert_eq!(stamp(at, 480), "2026-11-28 02:05");
        assert_eq!(machine(at, 480), "2026-11-28T02:05+08:00");
        assert_eq!(machine(at, -210), "2026-11-27T14:35-03:30");
    }

    #[test]
    fn a_span_is_told_in_its_largest_parts() {
        for (minutes, en, zh) in [
            (0, "less than 1 min", "不到1分钟"),
            (45, "45 min", "45分钟"),
            (60, "1 h", "1小时"),
            (150, "2 h 30 min", "2小时30分钟"),
            (1_440, "1 d", "1天"),
            (3_000, "2 d 2 h", "2天2小时"),
        ] {
            assert_eq!(span(minutes * MINUTE_MS, Lang::En), en);
            assert_eq!(span(minutes * MINUTE_MS, Lang::Zh), zh);
        }
        assert_eq!(span(-5, Lang::En), "less than 1 min");
    }
}
