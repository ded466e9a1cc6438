//! Credit (`credit.csv`, `credit_rules.csv`): which violations count, how much, who is told. Their
//! names and who may confirm them are in `powers.csv`. A city without these files has no credit of
//! its own.
//!
//! Of the numbers, the documents give only the threshold (低于60分, 003 四.5(1)); every other one is
//! the pack's, and its source says so.

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{Deserialize, Serialize};

use super::{
    fault::Faults,
    index::Index,
    power::{FILE as POWERS, Powers},
    table::{Files, Row, rows},
    unit::{Unit, UnitKind},
};
use crate::{
    id::{UnitId, ViolationCode},
    rejection::Rejection,
};

/// The kinds of violation.
pub(super) const FILE: &str = "credit.csv";
/// The rules.
pub(super) const RULES: &str = "credit_rules.csv";

const COLUMNS: [&str; 5] = ["code", "points", "receivers", "told", "source"];
const RULE_COLUMNS: [&str; 3] = ["rule", "value", "source"];
/// A score and what is taken of it.
const SCORES: std::ops::RangeInclusive<i64> = 0..=1_000;
/// How many people may have to say that an object is taken off the list.
const PEOPLE: std::ops::RangeInclusive<i64> = 1..=5;

/// A kind of violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditCode {
    /// Its id.
    pub id: ViolationCode,
    /// What it takes from the score; 0: it is only shared.
    pub points: u32,
    /// The outside systems that must have it.
    pub receivers: Vec<UnitId>,
    /// The units that are told.
    pub told: Vec<UnitId>,
}

/// The credit rules of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Where every score starts.
    pub start: i64,
    /// Strictly below it an object is listed.
    pub threshold: i64,
    /// The outside systems that have the list.
    pub platform: Vec<UnitId>,
    /// The units that punish jointly (联合惩戒).
    pub joint: Vec<UnitId>,
    /// How many different people take an object off the list.
    pub removal_people: u32,
    /// The kinds of violation.
    pub codes: BTreeMap<ViolationCode, CreditCode>,
}

impl Credit {
    /// A kind of violation that counts.
    pub fn code(&self, id: &ViolationCode) -> Result<&CreditCode, Rejection> {
        self.codes.get(id).ok_or_else(|| {
            let message =
                format!("there is no kind of violation {id}; right would be: a row of {FILE}");
            Rejection::unknown("UNKNOWN_CODE", "code", message)
        })
    }
}

/// Reads both; nothing where there is neither.
pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    powers: &Powers,
    faults: &mut Faults,
) -> Option<Credit> {
    if !files.contains_key(FILE) && !files.contains_key(RULES) {
        return None;
    }
    let table = rows(files, FILE, &COLUMNS, faults);
    let codes = Index::new(FILE, table, faults, |row, faults| code(row, units, powers, faults));
    let rules = rows(files, RULES, &RULE_COLUMNS, faults)?;
    let rules = Rules::new(rules, faults);
    Some(Credit {
        start: rules.number("start", SCORES, faults)?,
        threshold: rules.number("threshold", SCORES, faults)?,
        platform: rules.units("platform", units, Sort::Outside, faults),
        joint: rules.units("joint", units, Sort::Reached, faults),
        removal_people: u32::try_from(rules.number("removal_people", PEOPLE, faults)?).ok()?,
        codes: codes.into_values(),
    })
}

fn code(
    row: &Row,
    units: &Index<UnitId, Unit>,
    powers: &Powers,
    faults: &mut Faults,
) -> Option<(ViolationCode, CreditCode)> {
    let right = format!("a whole number from {} to {}", SCORES.start(), SCORES.end());
    let id: Option<ViolationCode> = row.parse("code", "an id like unsealed_load", faults);
    let points: Option<u32> = row.parse("points", &right, faults);
    if points.is_some_and(|points| !SCORES.contains(&i64::from(points))) {
        row.fault(faults, "points: this is too much", right);
    }
    if let Some(id) = id.as_ref().filter(|id| !powers.rows.contains_key(*id)) {
        row.fault(faults, format!("code: {id} is nobody's power"), format!("a code of {POWERS}"));
    }
    row.text("source", faults);
    let receivers = listed(row, "receivers", units, Sort::Outside, faults);
    let told = listed(row, "told", units, Sort::Reached, faults);
    let id = id?;
    let points = points?;
    Some((id.clone(), CreditCode { id, points, receivers, told }))
}

/// What a named unit must be.
#[derive(Clone, Copy)]
enum Sort {
    /// A system outside.
    Outside,
    /// A unit that has a mailbox.
    Reached,
}

impl Sort {
    fn fits(self, unit: &Unit) -> bool {
        match self {
            Sort::Outside => unit.kind == UnitKind::External,
            Sort::Reached => unit.can_lead(),
        }
    }

    fn right(self) -> &'static str {
        match self {
            Sort::Outside => "units of units.csv of kind external, with ; between them",
            Sort::Reached => "units of units.csv with a service of their own, with ; between them",
        }
    }
}

fn listed(
    row: &Row,
    column: &str,
    units: &Index<UnitId, Unit>,
    sort: Sort,
    faults: &mut Faults,
) -> Vec<UnitId> {
    let (mut found, right) = (Vec::new(), sort.right());
    for text in row.field(column).split(';').map(str::trim).filter(|text| !text.is_empty()) {
        match UnitId::parse(text) {
            Ok(id) => {
                units.check(row, column, &id, faults);
                if units.get(&id).is_some_and(|unit| !sort.fits(unit)) {
                    row.fault(faults, format!("{column}: {id} is no such unit"), right);
                }
                found.push(id);
            }
            Err(wrong) => row.fault(faults, format!("{column}: {text:?}: {wrong}"), right),
        }
    }
    found
}

/// The rules by name.
struct Rules(BTreeMap<String, Row>);

const NAMES: [&str; 5] = ["start", "threshold", "platform", "joint", "removal_people"];

impl Rules {
    fn new(rows: Vec<Row>, faults: &mut Faults) -> Rules {
        let mut rules = BTreeMap::new();
        for row in rows {
            let name = row.text("rule", faults);
            row.text("source", faults);
            if !NAMES.contains(&name.as_str()) {
                row.fault(faults, format!("there is no rule {name:?}"), NAMES.join(", "));
                continue;
            }
            match rules.entry(name) {
                Entry::Occupied(first) => {
                    let what = format!("{} is there twice", first.key());
                    row.fault(faults, what, "one row for each rule");
                }
                Entry::Vacant(free) => drop(free.insert(row)),
            }
        }
        for name in NAMES.iter().filter(|name| !rules.contains_key(**name)) {
            faults.push(RULES, None, format!("the rule {name} is missing"), format!("{name},…"));
        }
        Rules(rules)
    }

    fn number(
        &self,
        name: &str,
        within: std::ops::RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Option<i64> {
        let row = self.0.get(name)?;
        let right = format!("a whole number from {} to {}", within.start(), within.end());
        let number: i64 = row.parse("value", &right, faults)?;
        if !within.contains(&number) {
            row.fault(faults, format!("{name}: {number} is out of bounds"), right);
        }
        Some(number)
    }

    fn units(
        &self,
        name: &str,
        units: &Index<UnitId, Unit>,
        sort: Sort,
        faults: &mut Faults,
    ) -> Vec<UnitId> {
        let row = self.0.get(name);
        row.map(|row| listed(row, "value", units, sort, faults)).unwrap_or_default()
    }
}
