//! What was said, in a sentence, in English and in Chinese.
//!
//! One place for each language, [`en`] and [`zh`], each with a match over all facts: a fact that is
//! new has to be said in both. What of a fact is to be said is in [`shape`], how somebody is called,
//! what is quoted and how a moment is written in [`speech`]; the languages share both. English names
//! somebody in both languages, Chinese in Chinese alone. What people wrote stays as they wrote it.

mod en;
mod own;
mod shape;
mod speech;
#[cfg(test)]
mod tests;
mod zh;

use domain::{
    accountability::SheetId,
    case::{Fact, ground::Ground},
    pack::City,
};

#[cfg(test)]
pub(crate) use self::tests::{facts as table, variants};
pub(crate) use self::{
    own::own_words,
    speech::{Lang, Speech, time},
    zh::words as zh_words,
};
use crate::told::Told;

/// The sentence for what was told: a chief of a road confirms in the community's place.
pub(crate) fn told(lang: Lang, city: &City, told: &Told) -> String {
    let speech = Speech { lang, city };
    match (shape::chief(told), lang) {
        (Some(by), Lang::En) => en::by_chief(speech, by, &told.fact),
        (Some(by), Lang::Zh) => zh::by_chief(speech, by, &told.fact),
        (None, _) => of(lang, city, &told.fact),
    }
}

/// The sentence for a fact.
pub(crate) fn of(lang: Lang, city: &City, fact: &Fact) -> String {
    let speech = Speech { lang, city };
    match lang {
        Lang::En => en::of(speech, fact),
        Lang::Zh => zh::of(speech, fact),
    }
}

/// What is so, and nothing about whose doing it is; in English.
pub(crate) fn ground(city: &City, ground: &Ground) -> String {
    en::life::ground(Speech { lang: Lang::En, city }, ground)
}

/// What the bulletin says where a complaint was upheld; in English.
pub(crate) fn upheld(city: &City, sheet: &SheetId) -> String {
    let unit = Speech { lang: Lang::En, city }.unit(&sheet.unit);
    format!("A complaint about {unit} was upheld, {}", sheet.case_id)
}
