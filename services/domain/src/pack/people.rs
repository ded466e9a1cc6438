//! The people of the grid: its members (网格员), the liaisons of units (联络员), the chiefs of roads
//! (路长).
//!
//! Three files, each of which a pack may leave out. A person is an id, never a name: who that is,
//! the unit or the community knows.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::{
    fault::{Faults, suggest},
    grid::{Community, Grid},
    index::Index,
    liaison::{self, Liaisons},
    member::{self, Member},
    road::{self, Road},
    table::{Files, Row, rows},
    unit::Unit,
};
use crate::id::{CommunityId, PersonId, RoadId, UnitId};

/// What a person's id looks like.
pub(super) const PERSON: &str = "the id of a person like p-101, never a name";

/// Who is where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The members of the grid, by cell, role and person.
    pub members: Vec<Member>,
    /// The segments of roads.
    pub roads: BTreeMap<RoadId, Road>,
    liaisons: Liaisons,
}

impl People {
    /// The liaison whom a unit names for a community: the first addressee of a whistle from there.
    pub fn liaison(&self, unit: &UnitId, community: &CommunityId) -> Option<&PersonId> {
        self.liaisons.get(&(unit.clone(), community.clone()))
    }
}

pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> People {
    People {
        members: member::read(files, units, grid, faults),
        roads: road::read(files, units, grid, faults),
        liaisons: liaison::read(files, units, grid, faults),
    }
}

/// The rows of a file that a pack may leave out.
pub(super) fn rows_if_any(
    files: &Files,
    file: &'static str,
    columns: &[&'static str],
    faults: &mut Faults,
) -> Option<Vec<Row>> {
    if files.contains_key(file) { rows(files, file, columns, faults) } else { Some(Vec::new()) }
}

/// Checks that there is such a community; where the grid could not be read, nothing is judged.
pub(super) fn check_community(
    row: &Row,
    column: &str,
    grid: &Grid,
    id: &CommunityId,
    faults: &mut Faults,
) {
    let known: &BTreeMap<CommunityId, Community> = &grid.communities;
    if !grid.cells.readable() || known.contains_key(id) {
        return;
    }
    let right = suggest(id.as_str(), known.keys().map(CommunityId::as_str), "one of grid.csv");
    row.fault(faults, format!("{column}: there is no community {id}"), right);
}
