//! The settings of a city (`city.toml`), read key by key so that every fault shows at once.
//!
//! Every setting has its source under `[source]`: a reader must see what is from the documents.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use toml::de::{DeTable, DeValue};

use super::{
    fault::{Faults, suggest},
    grid::Datum,
    index::Index,
    issue::IssueType,
    role::Roles,
    table::{Files, line_at, text},
    unit::Unit,
    word::{Word, words},
};
use crate::id::{CityId, IssueTypeId, UnitId};

/// The file.
pub(super) const FILE: &str = "city.toml";

const KEYS: [&str; 19] = [
    "id",
    "zh",
    "en",
    "timezone",
    "utc_offset_minutes",
    "datum",
    "coordinator",
    "coordinator_host",
    "government",
    "roles.cooperating",
    "roles.responsible",
    "confirmation.unanswered",
    "rework.rounds_max",
    "complaint.issue_type",
    "limits.profile",
    "disputes.transfers_max",
    "disputes.evasions_max",
    "emergency.units",
    "emergency.police",
];
const SOURCE: &str = "source.";
/// How often a case may be handed on, or a ruling be evaded.
const COUNTS: std::ops::RangeInclusive<u32> = 1..=20;
/// More rounds than anybody waits for.
const ROUNDS: std::ops::RangeInclusive<i64> = 1..=100;
/// No place on earth is further from UTC.
const OFFSETS: std::ops::RangeInclusive<i32> = -720..=840;

words! {
    /// What becomes of a case whose community never confirms.
    Unanswered, "an answer to silence" {
        /// It closes, marked "not confirmed", and never counts as satisfied.
        CloseUnconfirmed = "close_unconfirmed",
    }
}

/// What `city.toml` says; a setting that could not be read is absent.
pub(super) struct Settings {
    pub(super) id: Option<CityId>,
    pub(super) zh: Option<String>,
    pub(super) en: Option<String>,
    pub(super) timezone: Option<String>,
    pub(super) utc_offset_minutes: Option<i32>,
    pub(super) datum: Option<Datum>,
    pub(super) coordinator: Option<UnitId>,
    pub(super) coordinator_host: Option<UnitId>,
    pub(super) government: Option<UnitId>,
    pub(super) roles: Option<Roles>,
    pub(super) unanswered: Option<Unanswered>,
    pub(super) rounds_max: Option<u32>,
    pub(super) complaint: Option<IssueTypeId>,
    pub(super) profile: Option<String>,
    pub(super) transfers_max: Option<u32>,
    pub(super) evasions_max: Option<u32>,
    pub(super) emergency: Option<Vec<UnitId>>,
    pub(super) police: Option<UnitId>,
    keys: Keys,
}

pub(super) fn read(files: &Files, faults: &mut Faults) -> Settings {
    let keys = Keys::read(files, faults);
    let cooperating = keys.word("roles.cooperating", faults);
    let responsible = keys.word("roles.responsible", faults);
    let both = cooperating.zip(responsible);
    let roles = both.map(|(cooperating, responsible)| Roles { cooperating, responsible });
    Settings {
        id: keys.parse("id", "an id like wenshan", faults),
        zh: keys.text("zh", faults),
        en: keys.text("en", faults),
        timezone: keys.text("timezone", faults),
        utc_offset_minutes: keys.offset("utc_offset_minutes", faults),
        datum: keys.word("datum", faults),
        coordinator: keys.parse("coordinator", "an id of units.csv", faults),
        coordinator_host: keys.parse("coordinator_host", "an id of units.csv", faults),
        government: keys.parse("government", "an id of units.csv", faults),
        roles,
        unanswered: keys.word("confirmation.unanswered", faults),
        rounds_max: keys.rounds("rework.rounds_max", faults),
        complaint: keys.parse("complaint.issue_type", "an id of issue_types.csv", faults),
        profile: keys.text("limits.profile", faults),
        transfers_max: keys.count("disputes.transfers_max", faults),
        evasions_max: keys.count("disputes.evasions_max", faults),
        emergency: keys.units("emergency.units", faults),
        police: keys.parse("emergency.police", "an id of units.csv", faults),
        keys,
    }
}

impl Settings {
    /// There must always be somebody who can assign, or a case would have no owner.
    pub(super) fn check_units(&self, units: &Index<UnitId, Unit>, faults: &mut Faults) {
        let assigners = [("coordinator", &self.coordinator), ("government", &self.government)];
        for (key, unit) in assigners {
            self.check_unit(key, unit.as_ref(), units, faults);
            if unit.as_ref().and_then(|unit| units.get(unit)).is_some_and(|unit| !unit.can_lead()) {
                let what = format!("{key} cannot be called: nobody assigns where no unit leads");
                self.keys.fault(key, faults, what, "a unit with a module and system yes");
            }
        }
        self.check_unit("coordinator_host", self.coordinator_host.as_ref(), units, faults);
        let emergency = self.emergency.iter().flatten().map(|unit| ("emergency.units", unit));
        let police = self.police.iter().map(|unit| ("emergency.police", unit));
        for (key, unit) in emergency.chain(police) {
            self.check_unit(key, Some(unit), units, faults);
            if units.get(unit).is_some_and(|unit| !unit.callable()) {
                let what = format!("{key}: {unit} cannot be called when people are in danger");
                self.keys.fault(key, faults, what, "a unit with a module");
            }
        }
        let hosts = [&self.coordinator, &self.coordinator_host];
        if self.government.is_some() && hosts.contains(&&self.government) {
            let what = "government is the coordinator or its host: it would judge itself";
            self.keys.fault("government", faults, what, "a third unit");
        }
    }

    fn check_unit(
        &self,
        key: &str,
        unit: Option<&UnitId>,
        units: &Index<UnitId, Unit>,
        faults: &mut Faults,
    ) {
        if let Some((what, right)) = unit.and_then(|unit| units.refusal(key, unit)) {
            self.keys.fault(key, faults, what, right);
        }
    }

    /// What people complain about is a kind of matter that there is.
    pub(super) fn check_complaint(
        &self,
        issues: &Index<IssueTypeId, IssueType>,
        faults: &mut Faults,
    ) {
        let key = "complaint.issue_type";
        let refusal = self.complaint.as_ref().and_then(|issue| issues.refusal(key, issue));
        if let Some((what, right)) = refusal {
            self.keys.fault(key, faults, what, right);
        }
    }

    /// The usual profile must be one that there is.
    pub(super) fn check_profile<'a>(
        &self,
        profiles: impl Iterator<Item = &'a str> + Clone,
        faults: &mut Faults,
    ) {
        let Some(profile) = &self.profile else { return };
        if !profiles.clone().any(|known| known == profile) {
            let key = "limits.profile";
            let what = format!("{key}: {profile} is not a profile of limits.csv");
            let right = format!("one of {}", profiles.clone().collect::<Vec<_>>().join(", "));
            self.keys.fault(key, faults, what, suggest(profile, profiles, &right));
        }
    }
}

/// A value as it stands in the file.
enum Value {
    Text(String),
    Number(i64),
    Other(&'static str),
}

/// The keys by their dotted path, each with its line.
#[derive(Default)]
struct Keys(BTreeMap<String, (Value, u64)>);

impl Keys {
    fn read(files: &Files, faults: &mut Faults) -> Keys {
        let mut keys = Keys::default();
        let Some(text) = text(files, FILE, faults) else { return keys };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let line = error.span().map(|span| line_of(text, span.start));
            faults.push(FILE, line, error.message(), "TOML, see https://toml.io");
        }
        if errors.is_empty() {
            keys.collect(text, "", table.get_ref());
            keys.check_names(faults);
        }
        keys
    }

    fn collect(&mut self, text: &str, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = format!("{path}{}", key.get_ref());
            let line = line_of(text, key.span().start);
            let value = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.collect(text, &format!("{name}."), inner);
                    continue;
                }
                DeValue::String(text) => Value::Text(text.trim().to_owned()),
                DeValue::Integer(number) => number_of(number),
                other => Value::Other(other.type_str()),
            };
            self.0.insert(name, (value, line));
        }
    }

    /// Every key is known, every setting is there and has a source.
    fn check_names(&self, faults: &mut Faults) {
        for (name, (value, line)) in &self.0 {
            let setting = name.strip_prefix(SOURCE).unwrap_or(name);
            if !KEYS.contains(&setting) {
                let right = format!("the settings {}", KEYS.join(", "));
                let right = suggest(setting, KEYS.into_iter(), &right);
                faults.push(FILE, *line, format!("there is no setting {name}"), right);
            } else if setting != name && !matches!(value, Value::Text(text) if !text.is_empty()) {
                faults.push(FILE, *line, format!("{name} is not a text"), "document and section");
            }
        }
        for key in KEYS {
            if !self.0.contains_key(key) {
                faults.push(
                    FILE,
                    None,
                    format!("the setting {key} is missing"),
                    format!("{key} = …"),
                );
            } else if !self.0.contains_key(&format!("{SOURCE}{key}")) {
                let right = "its source under [source]: document and section, or `example`";
                self.fault(key, faults, format!("{key} has no source"), right);
            }
        }
    }

    fn fault(
        &self,
        key: &str,
        faults: &mut Faults,
        what: impl Into<String>,
        right: impl Into<String>,
    ) {
        faults.push(FILE, self.0.get(key).map(|(_, line)| *line), what, right);
    }

    fn text(&self, key: &str, faults: &mut Faults) -> Option<String> {
        match &self.0.get(key)?.0 {
            Value::Text(text) if !text.is_empty() => Some(text.clone()),
            other => {
                let what = format!("{key} is {}", other.described());
                self.fault(key, faults, what, "a text in quotes");
                None
            }
        }
    }

    fn parse<T: FromStr<Err: Display>>(
        &self,
        key: &str,
        right: &str,
        faults: &mut Faults,
    ) -> Option<T> {
        let text = self.text(key, faults)?;
        text.parse()
            .map_err(|wrong| self.fault(key, faults, format!("{key}: {text:?}: {wrong}"), right))
            .ok()
    }

    /// Several units, with ; between them; at least one.
    fn units(&self, key: &str, faults: &mut Faults) -> Option<Vec<UnitId>> {
        let text = self.text(key, faults)?;
        let units: Result<Vec<UnitId>, _> = text.split(';').map(|id| id.trim().parse()).collect();
        let right = "ids of units.csv with ; between them";
        units.map_err(|no| self.fault(key, faults, format!("{key}: {text:?}: {no}"), right)).ok()
    }

    /// How often something may be.
    fn count(&self, key: &str, faults: &mut Faults) -> Option<u32> {
        let count = match self.0.get(key)?.0 {
            Value::Number(number) => u32::try_from(number).ok().filter(|n| COUNTS.contains(n)),
            _ => None,
        };
        if count.is_none() {
            let right = format!("a number from {} to {}", COUNTS.start(), COUNTS.end());
            self.fault(key, faults, format!("{key} is not how often it may be"), right);
        }
        count
    }

    fn word<T: Word>(&self, key: &str, faults: &mut Faults) -> Option<T> {
        let text = self.text(key, faults)?;
        let word = T::read(&text);
        if word.is_none() {
            let right = suggest(&text, T::ALL.iter().map(|(word, _)| *word), &T::choice());
            self.fault(key, faults, format!("{key}: {text:?} is not {}", T::NOUN), right);
        }
        word
    }

    fn rounds(&self, key: &str, faults: &mut Faults) -> Option<u32> {
        let rounds = match self.0.get(key)?.0 {
            Value::Number(number) if ROUNDS.contains(&number) => u32::try_from(number).ok(),
            _ => None,
        };
        if rounds.is_none() {
            let right = format!("a whole number, {} to {}", ROUNDS.start(), ROUNDS.end());
            self.fault(key, faults, format!("{key} is no number of rounds"), right);
        }
        rounds
    }

    fn offset(&self, key: &str, faults: &mut Faults) -> Option<i32> {
        let offset = match self.0.get(key)?.0 {
            Value::Number(number) => i32::try_from(number).ok().filter(|n| OFFSETS.contains(n)),
            _ => None,
        };
        if offset.is_none() {
            let right = format!("minutes ahead of UTC, {} to {}", OFFSETS.start(), OFFSETS.end());
            self.fault(key, faults, format!("{key} is no offset of a clock"), right);
        }
        offset
    }
}

impl Value {
    fn described(&self) -> &'static str {
        match self {
            Value::Text(_) => "empty",
            Value::Number(_) => "a number",
            Value::Other(kind) => kind,
        }
    }
}

fn number_of(number: &toml::de::DeInteger<'_>) -> Value {
    let parsed = i64::from_str_radix(number.as_str(), number.radix());
    parsed.map_or(Value::Other("too large a number"), Value::Number)
}

fn line_of(text: &str, at: usize) -> u64 {
    line_at(&text.as_bytes()[..at.min(text.len())])
}
