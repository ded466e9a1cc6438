//! What both languages share: how somebody is called, what is quoted, how things are listed, and the
//! city's clock.

use domain::{
    case::Rating,
    id::{IssueTypeId, UnitId},
    moment::Moment,
    pack::{City, Day},
    party::{Kind, Party},
};

/// How much of a long text is in the sentence, in characters.
const QUOTED_MAX: usize = 300;

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lang {
    /// English, with the Chinese name of whoever is named.
    En,
    /// Chinese alone.
    Zh,
}

/// In which language, and in the names of which city.
#[derive(Clone, Copy)]
pub(crate) struct Speech<'a> {
    pub(crate) lang: Lang,
    pub(crate) city: &'a City,
}

impl<'a> Speech<'a> {
    /// One of two, by language.
    pub(crate) fn pick<T>(self, en: T, zh: T) -> T {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn name(self, en: &str, zh: &str) -> String {
        self.pick(format!("{en} ({zh})"), zh.to_owned())
    }

    /// A unit; by its id where the pack has none such.
    pub(crate) fn unit(self, id: &UnitId) -> String {
        self.city.unit(id).map_or_else(|| id.to_string(), |unit| self.name(&unit.en, &unit.zh))
    }

    /// Units, one after another.
    pub(crate) fn units(self, ids: &[UnitId]) -> String {
        self.list(&ids.iter().map(|id| self.unit(id)).collect::<Vec<_>>())
    }

    /// The same; the word for nobody where there are none.
    pub(crate) fn units_or_nobody(self, ids: &[UnitId]) -> String {
        if ids.is_empty() { self.pick("nobody", "无").to_owned() } else { self.units(ids) }
    }

    /// One after another.
    pub(crate) fn list(self, all: &[String]) -> String {
        all.join(self.pick(", ", "、"))
    }

    /// A kind of matter.
    pub(crate) fn issue(self, id: &IssueTypeId) -> String {
        let known = self.city.issues.get(id);
        known.map_or_else(|| id.to_string(), |issue| self.name(&issue.en, &issue.zh))
    }

    /// A community or village.
    pub(crate) fn community(self, id: &str) -> String {
        let known = self.city.communities.values().find(|one| one.id.as_str() == id);
        known.map_or_else(|| id.to_owned(), |known| self.name(&known.en, &known.zh))
    }

    /// An office is named as the unit of the registry that it is.
    pub(crate) fn party(self, party: &Party) -> String {
        let id = UnitId::parse(party.id.clone()).ok();
        match (party.kind, id) {
            (Kind::Unit | Kind::Office, Some(id)) if self.city.unit(&id).is_some() => {
                self.unit(&id)
            }
            (Kind::Community, _) => self.community(&party.id),
            (Kind::Admin, _) => self.pick(party.to_string(), format!("管理员 {}", party.id)),
            (Kind::Service, _) => self.pick(party.to_string(), format!("系统 {}", party.id)),
            _ => party.to_string(),
        }
    }

    /// What the community gives each unit.
    pub(crate) fn stars(self, ratings: &[Rating]) -> String {
        let one = |rating: &Rating| {
            let (unit, stars) = (self.unit(&rating.unit), rating.stars);
            let word = if stars == 1 { "star" } else { "stars" };
            self.pick(format!("{unit} {stars} {word}"), format!("{unit} {stars} 星"))
        };
        self.after(&self.list(&ratings.iter().map(one).collect::<Vec<_>>()))
    }

    /// A text as it was written, after a colon; nothing where there is none.
    pub(crate) fn after(self, text: &str) -> String {
        match text.trim() {
            "" => String::new(),
            text => format!("{}{}", self.pick(": ", "："), quoted(text)),
        }
    }

    /// A moment by the city's clocks.
    pub(crate) fn time(self, at: Moment) -> String {
        time(self.city, at)
    }
}

/// A moment by the city's clocks.
pub(crate) fn time(city: &City, at: Moment) -> String {
    let day = Day::of(at, city.utc_offset_minutes);
    let minutes = (at.0 - day.start(city.utc_offset_minutes).0) / 60_000;
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// The beginning of a text.
pub(crate) fn quoted(text: &str) -> String {
    let mut characters = text.trim().chars();
    let start: String = characters.by_ref().take(QUOTED_MAX).collect();
    if characters.next().is_some() { format!("{start}…") } else { start }
}
