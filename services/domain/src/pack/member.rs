//! The members of the grid (`members.csv`): who has which role in which cell.
//!
//! The five roles are those of the plan of Nantong (002 (三)4): 环卫保洁员、城管执法员(协管员)、
//! 市场管理员、停车管理员、信息采集监督员, so that 每一条道路、每一件事情有人管、有人问.

use super::{
    fault::Faults,
    grid::Grid,
    index::Index,
    people::{PERSON, rows_if_any},
    table::{Files, Row},
    unit::Unit,
    word::{Word, words},
};
use crate::id::{GridId, PersonId, UnitId};

/// The file.
pub(super) const FILE: &str = "members.csv";

const COLUMNS: [&str; 6] = ["grid", "role", "person", "unit", "note", "source"];

words! {
    /// A role in the grid.
    GridRole, "a role of the grid" {
        /// Cleans (环卫保洁员).
        Cleaner = "cleaner",
        /// Enforces, or assists in it (城管执法员、协管员).
        Enforcer = "enforcer",
        /// Looks after markets (市场管理员).
        Market = "market",
        /// Looks after parking (停车管理员).
        Parking = "parking",
        /// Collects information and supervises (信息采集监督员).
        Collector = "collector",
    }
}

impl GridRole {
    /// Every role.
    pub fn all() -> impl Iterator<Item = GridRole> {
        GridRole::ALL.iter().map(|(_, role)| *role)
    }

    /// The role of a word, if it is one.
    pub fn of(word: &str) -> Option<GridRole> {
        GridRole::read(word)
    }

    /// As the document calls it.
    pub fn zh(self) -> &'static str {
        match self {
            GridRole::Cleaner => "环卫保洁员",
            GridRole::Enforcer => "城管执法员(协管员)",
            GridRole::Market => "市场管理员",
            GridRole::Parking => "停车管理员",
            GridRole::Collector => "信息采集监督员",
        }
    }
}

/// A member of the grid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The cell.
    pub grid: GridId,
    /// The role in it.
    pub role: GridRole,
    /// Who.
    pub person: PersonId,
    /// Of which unit.
    pub unit: UnitId,
}

pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> Vec<Member> {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    let members = Index::new(FILE, rows, faults, |row, faults| {
        let member = member(row, units, grid, faults)?;
        let Member { grid, role, person, .. } = &member;
        Some((format!("{person} as {} of {grid}", role.word()), member))
    });
    let mut members: Vec<Member> = members.into_values().into_values().collect();
    members.sort();
    members
}

fn member(
    row: &Row,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> Option<Member> {
    let cell: Option<GridId> = row.parse("grid", "a cell of grid.csv", faults);
    let role = row.word::<GridRole>("role", faults);
    let person = row.parse("person", PERSON, faults);
    let unit: Option<UnitId> = row.parse("unit", "an id of units.csv", faults);
    row.text("source", faults);
    cell.iter().for_each(|cell| grid.cells.check(row, "grid", cell, faults));
    unit.iter().for_each(|unit| units.check(row, "unit", unit, faults));
    Some(Member { grid: cell?, role: role?, person: person?, unit: unit? })
}
