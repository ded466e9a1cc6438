//! Who hands telephone numbers of illegal advertisements to whom, and how long they are kept
//! (`contacts.csv`, M067). A city whose documents say nothing of it has no such file.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    fault::Faults,
    index::Index,
    people::rows_if_any,
    table::{Files, Row},
    unit::Unit,
};
use crate::id::UnitId;

/// The file.
pub(super) const FILE: &str = "contacts.csv";

const COLUMNS: [&str; 4] = ["to", "from", "kept_days", "source"];
const UNITS: &str = "units of units.csv with a service of their own, with ; between them";
/// How long a number may be kept.
const DAYS: std::ops::RangeInclusive<u32> = 1..=366;

/// From whom a unit gets such numbers, and how long it keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRule {
    /// Who hands them over.
    pub from: Vec<UnitId>,
    /// So many days after the first time the number is deleted.
    pub kept_days: u32,
}

impl ContactRule {
    /// So long a number is kept.
    pub fn kept(&self) -> Duration {
        Duration::from_secs(u64::from(self.kept_days) * 86_400)
    }
}

/// The rules by who receives.
pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> BTreeMap<UnitId, ContactRule> {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    Index::new(FILE, rows, faults, |row, faults| rule(row, units, faults)).into_values()
}

fn rule(
    row: &Row,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Option<(UnitId, ContactRule)> {
    let to: Option<UnitId> = row.parse("to", UNITS, faults);
    let from: Vec<UnitId> = row.list("from", UNITS, faults);
    if from.is_empty() {
        row.fault(faults, "from is empty", UNITS);
    }
    for (column, unit) in to.iter().map(|unit| ("to", unit)).chain(from.iter().map(|u| ("from", u)))
    {
        units.check(row, column, unit, faults);
        if units.get(unit).is_some_and(|unit| !unit.can_lead()) {
            row.fault(faults, format!("{column}: {unit} has no service of its own"), UNITS);
        }
    }
    row.text("source", faults);
    let right = format!("a whole number from {} to {}", DAYS.start(), DAYS.end());
    let kept_days: u32 = row.parse("kept_days", &right, faults)?;
    if !DAYS.contains(&kept_days) {
        row.fault(faults, "kept_days: this is too little or too much", right);
    }
    Some((to?, ContactRule { from, kept_days }))
}
