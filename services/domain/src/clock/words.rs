//! Lengths of time for people, in English and Chinese: which of the two sorts of day is meant.

use super::Pace;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese (中文).
    Chinese,
}

const DAY_MS: u64 = 86_400_000;

/// Each unit: its length, English, Chinese.
const UNITS: [(u64, &str, &str); 4] =
    [(3_600_000, "h", "小时"), (60_000, "min", "分钟"), (1_000, "s", "秒"), (1, "ms", "毫秒")];

/// A length of time; `day_ms` is what one working day is.
///
/// `2 working days (14 h of working time)` and `2 days (48 h around the clock)`.
pub fn describe(ms: u64, pace: Pace, day_ms: u64, language: Language) -> String {
    let is_chinese = language == Language::Chinese;
    let day = if pace == Pace::Working { day_ms } else { DAY_MS };
    let length = length(ms, is_chinese);
    let (sort, unit, units) = match (pace, is_chinese) {
        (Pace::Working, true) => ("工作时间", "个工作日", "个工作日"),
        (Pace::Around, true) => ("昼夜连续计时", "天", "天"),
        (Pace::Working, false) => ("of working time", " working day", " working days"),
        (Pace::Around, false) => ("around the clock", " day", " days"),
    };
    let whole = day != 0 && ms != 0 && ms.is_multiple_of(day);
    let days = ms.checked_div(day).unwrap_or(0);
    let name = if days == 1 { unit } else { units };
    match (whole, is_chinese) {
        (true, true) => format!("{days}{name}({sort}{length})"),
        (true, false) => format!("{days}{name} ({length} {sort})"),
        (false, true) => format!("{sort}{length}"),
        (false, false) => format!("{length} {sort}"),
    }
}

/// In hours and what is left, without what is nothing.
fn length(ms: u64, is_chinese: bool) -> String {
    let mut left = ms;
    let mut parts = Vec::new();
    for (unit, english, chinese) in UNITS {
        let count = left / unit;
        left %= unit;
        match (count, is_chinese) {
            (0, _) => {}
            (_, true) => parts.push(format!("{count}{chinese}")),
            (_, false) => parts.push(format!("{count} {english}")),
        }
    }
    match (parts.is_empty(), is_chinese) {
        (true, true) => "0秒".to_owned(),
        (true, false) => "0 s".to_owned(),
        (false, true) => parts.concat(),
        (false, false) => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_sort_of_day_is_meant() {
        let (hour, day) = (3_600_000, 7 * 3_600_000);
        for (ms, pace, english, chinese) in [
            (
                3 * day,
                Pace::Working,
                "3 working days (21 h of working time)",
                "3个工作日(工作时间21小时)",
            ),
            (day, Pace::Working, "1 working day (7 h of working time)", "1个工作日(工作时间7小时)"),
            (24 * hour, Pace::Around, "1 day (24 h around the clock)", "1天(昼夜连续计时24小时)"),
            (2 * hour, Pace::Around, "2 h around the clock", "昼夜连续计时2小时"),
            (5_400_000, Pace::Working, "1 h 30 min of working time", "工作时间1小时30分钟"),
            (0, Pace::Around, "0 s around the clock", "昼夜连续计时0秒"),
        ] {
            assert_eq!(describe(ms, pace, day, Language::English), english);
            assert_eq!(describe(ms, pace, day, Language::Chinese), chinese);
        }
        assert_eq!(describe(1, Pace::Working, 0, Language::English), "1 ms of working time");
    }
}
