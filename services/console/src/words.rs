//! What pages say, in Chinese and in English: one table for each area, and nothing said elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A table: names of words, and the word in both languages.
macro_rules! words {
    ($($name:ident = $zh:literal, $en:literal;)*) => {
        $(pub(crate) const $name: crate::words::Word = crate::words::Word { zh: $zh, en: $en };)*

        /// All of this table, for the test that both languages are there.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, crate::words::Word)] = &[$((stringify!($name), $name)),*];
    };
}

pub(crate) mod bus;
pub(crate) mod case;
pub(crate) mod city;
pub(crate) mod desk;
pub mod facts;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod incidents;
pub(crate) mod intake;
pub(crate) mod matter;
pub(crate) mod operations;
pub(crate) mod reasons;
pub(crate) mod told;
pub(crate) mod units;
pub(crate) mod waterfall;

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// One thing that is said, in both languages. `{}` is filled in by [`Lang::fill`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

impl Lang {
    /// The language of this code, `zh` or `en`.
    pub fn of(code: &str) -> Option<Lang> {
        match code {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// Its code in the address.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// Its code in a document.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Lang {
        match self {
            Lang::Zh => Lang::En,
            Lang::En => Lang::Zh,
        }
    }

    /// The word in this language.
    pub(crate) fn say(self, word: Word) -> &'static str {
        self.pick(word.zh, word.en)
    }

    /// The word with its `{}` filled in, in order.
    pub(crate) fn fill(self, word: Word, with: &[&dyn fmt::Display]) -> String {
        let mut text = String::new();
        let mut with = with.iter();
        for (at, part) in self.say(word).split("{}").enumerate() {
            if at > 0 {
                text += &with.next().map(ToString::to_string).unwrap_or_default();
            }
            text += part;
        }
        text
    }

    /// Which of two, by language.
    pub(crate) fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every table.
    const TABLES: &[(&str, &[(&str, Word)])] = &[
        ("bus", bus::ALL),
        ("case", case::ALL),
        ("city", city::ALL),
        ("desk", desk::ALL),
        ("field", field::ALL),
        ("frame", frame::ALL),
        ("incidents", incidents::ALL),
        ("intake", intake::ALL),
        ("matter", matter::ALL),
        ("operations", operations::ALL),
        ("told", told::ALL),
        ("units", units::ALL),
        ("waterfall", waterfall::ALL),
    ];

    #[test]
    fn every_word_is_there_in_both_languages_and_once() {
        for (table, words) in TABLES {
            let names: BTreeSet<_> = words.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), words.len(), "{table} has a name twice");
            for (name, word) in *words {
                let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
                assert!(word.zh.chars().any(is_chinese), "{table}.{name} has no Chinese");
                assert!(!word.en.is_empty() && !word.en.chars().any(is_chinese), "{table}.{name}");
                let holes = |text: &str| text.matches("{}").count();
                assert_eq!(holes(word.zh), holes(word.en), "{table}.{name}");
            }
        }
    }

    #[test]
    fn holes_are_filled_in_order() {
        let word = Word { zh: "第{}页，共{}页", en: "page {} of {}" };
        assert_eq!(Lang::En.fill(word, &[&1, &"two"]), "page 1 of two");
        assert_eq!(Lang::Zh.fill(word, &[&1]), "第1页，共页");
    }
}
