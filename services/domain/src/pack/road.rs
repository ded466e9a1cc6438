//! The segments of roads and their chiefs (`roads.csv`, 路长制).
//!
//! A chief may raise whistles for the cells of the road and confirm what was settled there. Chiefs
//! speak through their own party, a community or a unit; a segment may have several, or none yet.
//! What 1+2+N means the documents do not say, so ranks of chiefs are not known here.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    fault::Faults,
    grid::Grid,
    index::Index,
    people::{PERSON, check_community, rows_if_any},
    table::{Files, Row},
    unit::Unit,
};
use crate::{
    id::{CommunityId, GridId, PersonId, RoadId, UnitId},
    party::{Kind, Party},
};

/// The file.
pub(super) const FILE: &str = "roads.csv";

const COLUMNS: [&str; 8] = ["id", "zh", "en", "grids", "party", "chiefs", "note", "source"];

const PARTY: &str = "community/<id> or unit/<id>: through whom the chiefs speak";

/// A segment of a road.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Road {
    /// Its id.
    pub id: RoadId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// The cells through which it goes; at least one.
    pub grids: Vec<GridId>,
    /// Through whom its chiefs speak; none where it has no chief.
    pub party: Option<Party>,
    /// Its chiefs, people of that party.
    pub chiefs: BTreeSet<PersonId>,
}

impl Road {
    /// Whether this person of that party is a chief of it.
    pub fn is_chief(&self, party: &Party, person: &PersonId) -> bool {
        self.party.as_ref() == Some(party) && self.chiefs.contains(person)
    }
}

pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> BTreeMap<RoadId, Road> {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    let roads = Index::new(FILE, rows, faults, |row, faults| {
        let road = road(row, units, grid, faults)?;
        Some((road.id.clone(), road))
    });
    roads.into_values()
}

fn road(row: &Row, units: &Index<UnitId, Unit>, grid: &Grid, faults: &mut Faults) -> Option<Road> {
    let id = row.parse("id", "an id like WS-KH-R1", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let grids: Vec<GridId> = row.list("grids", "cells of grid.csv with ; between them", faults);
    row.text("source", faults);
    grids.iter().for_each(|cell| grid.cells.check(row, "grids", cell, faults));
    if grids.is_empty() {
        row.fault(faults, "grids is empty", "the cells through which the road goes");
    }
    let chiefs: BTreeSet<PersonId> = row.list("chiefs", PERSON, faults).into_iter().collect();
    let party = party(row, units, grid, faults);
    if party.is_some() == chiefs.is_empty() {
        let what = "chiefs without a party, or a party without chiefs";
        row.fault(faults, what, "both, or neither where the road has no chief yet");
    }
    Some(Road { id: id?, zh, en, grids, party, chiefs })
}

fn party(
    row: &Row,
    units: &Index<UnitId, Unit>,
    grid: &Grid,
    faults: &mut Faults,
) -> Option<Party> {
    if row.field("party").is_empty() {
        return None;
    }
    let party: Party = row.parse("party", PARTY, faults)?;
    match party.kind {
        Kind::Community => {
            let id = CommunityId::parse(party.id.clone()).ok()?;
            check_community(row, "party", grid, &id, faults);
        }
        Kind::Unit => units.check(row, "party", &UnitId::parse(party.id.clone()).ok()?, faults),
        Kind::Office | Kind::Admin | Kind::Service => {
            row.fault(faults, format!("party: {party} has no chiefs of roads"), PARTY);
        }
    }
    Some(party)
}
