//! Why a report waits for a person: written and read in one place, said in English and in Chinese. Pure.
//!
//! The record has the reason as the English text, its stable word first; what was written down before
//! reads the same. Of what the gateway refuses, its own sentence is the English one; in Chinese it is
//! said by the stable word alone, for which whoever shows it may know better words.

use std::fmt;

use domain::pack::intake::CODE_MAX;

use super::report::{ADDRESS_MAX, BYTES_MAX, DESCRIPTION_MAX, NUMBER_MAX, PIECES_MAX};

const CODE: &str = "UNKNOWN_CODE: no row of intake.csv says what ";
const PLACE: &str = "UNKNOWN_PLACE: no row of intake.csv says where ";
const IS: &str = " is";
/// Between the two, where neither is known.
const BOTH: &str = " is; UNKNOWN_PLACE: no row of intake.csv says where ";
const UNREADABLE: &str = "UNREADABLE";
const LOST: &str = "PIECE_LOST";

/// One reason. What is quoted has its quotation marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why<'a> {
    /// No row of the pack knows the code, the place, or both.
    Unknown { code: Option<&'a str>, place: Option<&'a str> },
    /// This field of it can't be read.
    Unreadable { field: &'a str, message: &'a str },
    /// What shows it is not what it was.
    Lost(&'a str),
    /// The gateway does not take it.
    Refused { reason: &'a str, message: &'a str },
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Unknown { code, place } => {
                let code = code.map(|code| format!("{CODE}{code}{IS}"));
                let place = place.map(|place| format!("{PLACE}{place}{IS}"));
                let both: Vec<String> = code.into_iter().chain(place).collect();
                f.write_str(&both.join("; "))
            }
            Why::Unreadable { field, message } => write!(f, "{UNREADABLE}: {field}: {message}"),
            Why::Lost(error) => write!(f, "{LOST}: {error}"),
            Why::Refused { reason, message } => write!(f, "{reason}: {message}"),
        }
    }
}

impl<'a> Why<'a> {
    /// The reason that a text is; whatever is none of ours is somebody's refusal.
    pub(crate) fn read(text: &'a str) -> Why<'a> {
        if let Some(why) = unknown(text).filter(|why| why.to_string() == text) {
            return why;
        }
        let (reason, message) = text.split_once(": ").unwrap_or(("", text));
        match (reason, message.split_once(": ")) {
            (UNREADABLE, Some((field, message))) => Why::Unreadable { field, message },
            (LOST, _) => Why::Lost(message),
            _ => Why::Refused { reason, message },
        }
    }

    /// The stable word for it.
    pub(crate) fn code(&self) -> &'a str {
        match *self {
            Why::Unknown { code: Some(_), .. } => "UNKNOWN_CODE",
            Why::Unknown { .. } => "UNKNOWN_PLACE",
            Why::Unreadable { .. } => UNREADABLE,
            Why::Lost(_) => LOST,
            Why::Refused { reason, .. } => reason,
        }
    }

    /// Whether a row that is added to the pack settles it.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Why::Unknown { .. })
    }

    /// The sentence in Chinese.
    pub(crate) fn zh(&self) -> String {
        match self {
            Why::Unknown { code, place } => {
                let code = code.map(|code| format!("类别代码 {code}"));
                let place = place.map(|place| format!("位置代码 {place}"));
                let both: Vec<String> = code.into_iter().chain(place).collect();
                format!("本市代码表中没有{}，请选择后立案。", both.join("和"))
            }
            Why::Unreadable { field, .. } => format!("来件无法读取：{}。", right(field)),
            Why::Lost(_) => "来件所附证据已损坏或丢失，请补充照片后立案。".to_owned(),
            Why::Refused { reason: "", .. } => "系统没有受理这个来件。".to_owned(),
            Why::Refused { reason, .. } => format!("系统没有受理这个来件，原因代码为 {reason}。"),
        }
    }
}

/// What a field would have to be.
fn right(field: &str) -> String {
    match field {
        "number" => format!("编号应为 1 至 {NUMBER_MAX} 个字母、数字或 ._:/-"),
        "code" => format!("类别代码不得超过 {CODE_MAX} 个字"),
        "place" => format!("位置代码不得超过 {CODE_MAX} 个字"),
        "description" => format!("情况不得超过 {DESCRIPTION_MAX} 个字"),
        "address" => format!("地址不得超过 {ADDRESS_MAX} 个字"),
        "point" => "坐标应在范围之内，以整数写明经度和纬度，并使用已知的坐标系".to_owned(),
        "seen_at_ms" => "发现时间应为毫秒计的时间，或为 0".to_owned(),
        "evidence" => format!(
            "证据应写明种类、格式和内容，不得超过 {PIECES_MAX} 份、共 {} MB",
            BYTES_MAX >> 20
        ),
        _ => "请核对各项内容".to_owned(),
    }
}

fn unknown(text: &str) -> Option<Why<'_>> {
    if let Some((code, place)) = text.split_once(BOTH) {
        let (code, place) = (code.strip_prefix(CODE)?, place.strip_suffix(IS)?);
        return Some(Why::Unknown { code: Some(code), place: Some(place) });
    }
    let text = text.strip_suffix(IS)?;
    match text.strip_prefix(CODE) {
        Some(code) => Some(Why::Unknown { code: Some(code), place: None }),
        None => Some(Why::Unknown { code: None, place: Some(text.strip_prefix(PLACE)?) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Why<'_>; 7] = [
        Why::Unknown { code: Some("\"E-9\""), place: None },
        Why::Unknown { code: None, place: Some("\"P: 9\"") },
        Why::Unknown { code: Some("\"\""), place: Some("\"北门; 东\"") },
        Why::Unreadable { field: "point", message: "right would be: a datum" },
        Why::Lost("No such file: x"),
        Why::Refused { reason: "EVIDENCE_MISSING", message: "right would be: a photograph" },
        Why::Refused { reason: "NOT_FOUND", message: "" },
    ];

    fn is_chinese(text: &str) -> bool {
        text.ends_with('。') && text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    /// Words of a language with letters, one after the other.
    fn is_english(text: &str) -> bool {
        let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
        text.split(' ').filter(|word| is_word(word)).count() > 1
    }

    #[test]
    fn what_is_written_is_read_back_and_has_both_languages() {
        for why in ALL {
            let text = why.to_string();
            assert_eq!(Why::read(&text), why, "{text}");
            assert!(text.starts_with(why.code()) && !why.code().is_empty(), "{text}");
            assert!(is_chinese(&why.zh()) && !is_english(&why.zh()), "{}", why.zh());
        }
        let both = ALL[2].zh();
        assert!(both.contains("类别代码 \"\"和位置代码 \"北门; 东\""), "{both}");
        assert!(ALL[5].zh().contains("EVIDENCE_MISSING"), "{}", ALL[5].zh());
    }

    #[test]
    fn a_text_that_is_none_of_ours_is_shown_as_somebodys_refusal() {
        for text in ["", "they said no", "UNKNOWN_CODE: something else", "UNREADABLE: all of it"] {
            let why = Why::read(text);
            assert!(matches!(why, Why::Refused { .. }), "{text}: {why:?}");
            assert!(is_chinese(&why.zh()) && !is_english(&why.zh()), "{}", why.zh());
        }
    }
}
