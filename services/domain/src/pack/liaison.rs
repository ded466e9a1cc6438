//! The liaisons of units (`liaisons.csv`): whom a unit names for a community (重心下移,靠前服务).
//!
//! A liaison is the first addressee of a whistle from there; the call stays the unit's, which owes
//! the answer whoever of its people gives it.

use std::collections::BTreeMap;

use super::{
    fault::Faults,
    grid::Grid,
    index::Index,
    people::{PERSON, check_community, rows_if_any},
    table::{Files, Row},
    unit::Unit,
};
use crate::id::{CommunityId, PersonId, UnitId};

/// The file.
pub(super) const FILE: &str = "liaisons.csv";

const COLUMNS: [&str; 5] = ["unit", "community", "person", "note", "source"];

/// The liaison of each unit for each community.
pub(super) type Liaisons = BTreeMap<(UnitId, CommunityId), PersonId>;

pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> Liaisons {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    let liaisons = Index::new(FILE, rows, faults, |row, faults| {
        let (key, person) = liaison(row, units, grid, faults)?;
        Some((format!("{} for {}", key.0, key.1), (key, person)))
    });
    liaisons.into_values().into_values().collect()
}

fn liaison(
    row: &Row,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> Option<((UnitId, CommunityId), PersonId)> {
    let unit: Option<UnitId> = row.parse("unit", "an id of units.csv", faults);
    let community = row.parse("community", "a community of grid.csv", faults);
    let person = row.parse("person", PERSON, faults);
    row.text("source", faults);
    if let Some(unit) = &unit {
        units.check(row, "unit", unit, faults);
        if units.get(unit).is_some_and(|unit| !unit.callable()) {
            let what = format!("unit: {unit} cannot be called (module none)");
            row.fault(faults, what, "a unit with a module: nobody else gets a call");
        }
    }
    if let Some(community) = &community {
        check_community(row, "community", grid, community, faults);
    }
    Some(((unit?, community?), person?))
}
