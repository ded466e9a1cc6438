//! Number plates (号牌): as people write them, and the one id that each has.
//!
//! 云H·A1234 is the province's character, the letter of the office that issues it, and five or six letters
//! and digits, of which 挂 学 警 港 澳 may be the last. However it is written, with or without the dot, in
//! small or in full-width letters, it is one plate: `CN-YN.HA1234`, by the province's ISO 3166-2 code, so
//! that it is an id like any other. An id is shown as people write it; what is no plate stays what it
//! is.

use std::{borrow::Cow, fmt};

/// Each province with its two letters of ISO 3166-2:CN.
const PROVINCES: [(char, &str); 31] = [
    ('京', "BJ"),
    ('津', "TJ"),
    ('冀', "HE"),
    ('晋', "SX"),
    ('蒙', "NM"),
    ('辽', "LN"),
    ('吉', "JL"),
    ('黑', "HL"),
    ('沪', "SH"),
    ('苏', "JS"),
    ('浙', "ZJ"),
    ('皖', "AH"),
    ('闽', "FJ"),
    ('赣', "JX"),
    ('鲁', "SD"),
    ('豫', "HA"),
    ('鄂', "HB"),
    ('湘', "HN"),
    ('粤', "GD"),
    ('桂', "GX"),
    ('琼', "HI"),
    ('渝', "CQ"),
    ('川', "SC"),
    ('贵', "GZ"),
    ('云', "YN"),
    ('藏', "XZ"),
    ('陕', "SN"),
    ('甘', "GS"),
    ('青', "QH"),
    ('宁', "NX"),
    ('新', "XJ"),
];

/// What may stand at the end: of a trailer, a learner, the police, and from Hong Kong and Macao.
const SUFFIXES: [(char, &str); 5] =
    [('挂', "GUA"), ('学', "XUE"), ('警', "JING"), ('港', "GANG"), ('澳', "AO")];

/// What an id of a plate begins with.
const COUNTRY: &str = "CN-";

/// Why a text that begins with a province is no plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlateError {
    /// The letter is missing.
    #[error("behind the province a plate has a letter; right would be: 云H·A1234")]
    Letter,
    /// Too many, too few, or other characters.
    #[error(
        "behind 云H a plate has five or six letters and digits, of which 挂 学 警 港 澳 may be the last; \
         right would be: 云H·A1234, 云H·D12345, 云H·1234挂"
    )]
    Serial,
    /// Letters that look like digits.
    #[error("a plate has no I and no O behind 云H; right would be: 1 or 0")]
    Alike,
}

/// One plate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plate {
    province: char,
    letter: char,
    serial: String,
    suffix: Option<char>,
}

impl Plate {
    /// The plate that people have written; nothing where it does not begin with a province.
    pub fn read(text: &str) -> Option<Result<Plate, PlateError>> {
        let is_between = |c: &char| c.is_whitespace() || "·•・･‧∙⋅.-".contains(*c);
        let narrow = text.chars().map(narrow).filter(|c| !is_between(c));
        let mut all = narrow.map(|c| c.to_ascii_uppercase());
        let province = all.next().filter(|c| PROVINCES.iter().any(|(known, _)| known == c))?;
        let rest: Vec<char> = all.collect();
        Some(match rest.split_first() {
            Some((letter, serial)) if letter.is_ascii_uppercase() => {
                Plate::made(province, *letter, serial)
            }
            _ => Err(PlateError::Letter),
        })
    }

    fn made(province: char, letter: char, serial: &[char]) -> Result<Plate, PlateError> {
        let (suffix, serial) = match serial.split_last() {
            Some((last, before)) if SUFFIXES.iter().any(|(known, _)| known == last) => {
                (Some(*last), before)
            }
            _ => (None, serial),
        };
        let length = serial.len() + usize::from(suffix.is_some());
        let is_good = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if !(5..=6).contains(&length) || !serial.iter().all(is_good) {
            return Err(PlateError::Serial);
        }
        if serial.iter().any(|c| matches!(c, 'I' | 'O')) {
            return Err(PlateError::Alike);
        }
        Ok(Plate { province, letter, serial: serial.iter().collect(), suffix })
    }

    /// The plate whose id this is.
    pub fn of(id: &str) -> Option<Plate> {
        let (code, rest) = id.strip_prefix(COUNTRY)?.split_once('.')?;
        let (province, _) = PROVINCES.iter().find(|(_, known)| *known == code)?;
        let (serial, word) = rest.split_once('-').unwrap_or((rest, ""));
        let suffix = SUFFIXES.iter().find(|(_, known)| *known == word).map(|(suffix, _)| *suffix);
        let text: String = [*province].into_iter().chain(serial.chars()).chain(suffix).collect();
        // What reads like one and would not be written so is not one.
        Plate::read(&text)?.ok().filter(|plate| plate.id() == id)
    }

    /// Its id.
    pub fn id(&self) -> String {
        let known = |all: &[(char, &'static str)], one: char| {
            all.iter().find(|(known, _)| *known == one).map_or("", |(_, code)| *code)
        };
        let Plate { province, letter, serial, suffix } = self;
        let code = known(&PROVINCES, *province);
        let end = suffix.map(|suffix| format!("-{}", known(&SUFFIXES, suffix))).unwrap_or_default();
        format!("{COUNTRY}{code}.{letter}{serial}{end}")
    }
}

/// As people write it.
impl fmt::Display for Plate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plate { province, letter, serial, suffix } = self;
        write!(f, "{province}{letter}·{serial}")?;
        suffix.iter().try_for_each(|suffix| write!(f, "{suffix}"))
    }
}

/// A text whose parts between colons may be plates, with the id of each in its place.
pub fn with_ids(text: &str) -> Result<String, PlateError> {
    let part = |part: &str| match Plate::read(part) {
        None => Ok(part.to_owned()),
        Some(read) => read.map(|plate| plate.id()),
    };
    let parts: Result<Vec<String>, PlateError> = text.split(':').map(part).collect();
    Ok(parts?.join(":"))
}

/// An id as people write it: each plate that is a part of it, and the rest as it is.
pub fn shown(id: &str) -> Cow<'_, str> {
    if !id.contains(COUNTRY) {
        return Cow::Borrowed(id);
    }
    let part =
        |part: &str| Plate::of(part).map_or_else(|| part.to_owned(), |plate| plate.to_string());
    Cow::Owned(id.split(':').map(part).collect::<Vec<_>>().join(":"))
}

/// What stands under a plate, however it is written, stands under this; another text under itself.
pub fn key(text: &str) -> Cow<'_, str> {
    let read = Plate::read(text).and_then(Result::ok).or_else(|| Plate::of(text));
    read.map_or(Cow::Borrowed(text), |plate| Cow::Owned(plate.to_string()))
}

/// A full-width character as the narrow one.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests;
