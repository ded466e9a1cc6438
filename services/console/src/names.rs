//! How things of the city are called: units, communities, kinds of matter, by the pack.
//!
//! What the pack does not know is called by its id: the record may be older than the pack.

use domain::{
    id::{CommunityId, IssueTypeId, UnitId},
    pack::City,
    party::{Kind, Party},
};

use crate::words::{Lang, matter};

/// A unit by its id.
pub(crate) fn unit(city: &City, id: &str, lang: Lang) -> String {
    let found = UnitId::parse(id).ok().and_then(|unit| city.units.get(&unit));
    found.map_or_else(|| id.to_owned(), |unit| lang.pick(&unit.zh, &unit.en).to_owned())
}

/// A community by its id.
pub(crate) fn community(city: &City, id: &str, lang: Lang) -> String {
    let found = CommunityId::parse(id).ok().and_then(|id| city.communities.get(&id));
    found.map_or_else(|| id.to_owned(), |one| lang.pick(&one.zh, &one.en).to_owned())
}

/// A kind of matter by its id.
pub(crate) fn issue(city: &City, id: &str, lang: Lang) -> String {
    let found = IssueTypeId::parse(id).ok().and_then(|id| city.issues.get(&id));
    found.map_or_else(|| id.to_owned(), |one| lang.pick(&one.zh, &one.en).to_owned())
}

/// A party: `unit/housing`, `community/kaihua_dongfeng`.
pub(crate) fn party(city: &City, text: &str, lang: Lang) -> String {
    let Ok(party) = text.parse::<Party>() else { return text.to_owned() };
    match party.kind {
        Kind::Unit | Kind::Office => unit(city, &party.id, lang),
        Kind::Community => community(city, &party.id, lang),
        Kind::Admin => format!("{} {}", lang.say(matter::ADMINISTRATOR), party.id),
        Kind::Service => format!("{} {}", lang.say(matter::SYSTEM), party.id),
    }
}
