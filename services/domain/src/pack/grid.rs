//! The grid of a city (`grid.csv`): every cell has a community, every community a subdistrict.

use std::collections::BTreeMap;

use super::{
    fault::Faults,
    index::Index,
    table::{Files, Row, check_slash, rows},
    unit::Unit,
    word::words,
};
use crate::id::{CityId, CommunityId, GridId, UnitId};

/// The file.
pub(super) const FILE: &str = "grid.csv";

/// The unit that stands for every subdistrict office (街道办事处).
pub const SUBDISTRICTS: &str = "subdistricts";

/// The unit that stands for every district government (区人民政府).
pub const DISTRICTS: &str = "districts";

const COLUMNS: [&str; 11] = [
    "id",
    "community",
    "community_zh",
    "community_en",
    "subdistrict",
    "district",
    "city",
    "lon",
    "lat",
    "note",
    "source",
];

words! {
    /// The datum of a point.
    Datum, "a datum" {
        /// The world's satellite receivers.
        Wgs84 = "WGS84",
        /// Chinese map services.
        Gcj02 = "GCJ-02",
        /// China's national system.
        Cgcs2000 = "CGCS2000",
    }
}

/// A cell of the grid (网格).
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its id.
    pub id: GridId,
    /// The community that it belongs to.
    pub community: CommunityId,
    /// The subdistrict office that is responsible for it.
    pub subdistrict: UnitId,
    /// The district government above that; none where the city has no districts.
    pub district: Option<UnitId>,
    /// A point within it, in degrees, in the datum of the city.
    pub lon: f64,
    /// See `lon`.
    pub lat: f64,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

impl Cell {
    /// Who is responsible for it, the nearest first.
    pub fn territories(&self) -> impl Iterator<Item = &UnitId> {
        std::iter::once(&self.subdistrict).chain(&self.district)
    }
}

/// A community (社区): who may blow the whistle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    /// Its id, the one in its certificate.
    pub id: CommunityId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// The subdistrict office above it.
    pub subdistrict: UnitId,
    /// Its cells.
    pub cells: Vec<GridId>,
}

/// The cells and, following from them, the communities.
pub(super) struct Grid {
    pub(super) cells: Index<GridId, Cell>,
    pub(super) communities: BTreeMap<CommunityId, Community>,
}

pub(super) fn read(
    files: &Files,
    city: Option<&CityId>,
    units: &Index<UnitId, Unit>,
    faults: &mut Faults,
) -> Grid {
    let rows = rows(files, FILE, &COLUMNS, faults);
    let mut communities = BTreeMap::new();
    let cells = Index::new(FILE, rows, faults, |row, faults| {
        check_city(row, city, faults);
        let cell = cell(row, faults)?;
        check_territory(row, units, "subdistrict", &cell.subdistrict, faults);
        if let Some(district) = &cell.district {
            check_territory(row, units, "district", district, faults);
        }
        join(row, &cell, &mut communities, faults);
        Some((cell.id.clone(), cell))
    });
    if cells.readable() && cells.iter().next().is_none() {
        faults.push(FILE, None, "the grid has no cell", "at least one: nothing is without a grid");
    }
    Grid { cells, communities }
}

fn cell(row: &Row, faults: &mut Faults) -> Option<Cell> {
    let id = row.parse("id", "an id like WS-KH-001", faults);
    let community = row.parse("community", "an id like kaihua_dongfeng", faults);
    check_slash(row, "community", faults);
    let subdistrict = row.parse("subdistrict", "the id of a subdistrict office", faults);
    let district = match row.field("district") {
        "" => None,
        _ => Some(row.parse("district", "the id of a district government, or empty", faults)?),
    };
    let (lon, lat) = (degrees(row, "lon", 180.0, faults), degrees(row, "lat", 90.0, faults));
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    Some(Cell {
        id: id?,
        community: community?,
        subdistrict: subdistrict?,
        district,
        lon: lon.unwrap_or_default(),
        lat: lat.unwrap_or_default(),
        note,
        source,
    })
}

fn degrees(row: &Row, column: &str, most: f64, faults: &mut Faults) -> Option<f64> {
    let right = format!("degrees from -{most} to {most}, like 23.3690");
    let value: f64 = row.parse(column, &right, faults)?;
    // NaN lies nowhere either.
    if !(-most..=most).contains(&value) {
        row.fault(faults, format!("{column}: {value} is not on the earth"), right);
        return None;
    }
    Some(value)
}

fn check_city(row: &Row, city: Option<&CityId>, faults: &mut Faults) {
    let named = row.field("city");
    if let Some(city) = city.filter(|city| city.as_str() != named) {
        row.fault(faults, format!("city {named:?} is not this city"), city.to_string());
    }
}

fn check_territory(
    row: &Row,
    units: &Index<UnitId, Unit>,
    column: &str,
    territory: &UnitId,
    faults: &mut Faults,
) {
    units.check(row, column, territory, faults);
    let (many, what) = match column {
        "district" => (DISTRICTS, "a district government"),
        _ => (SUBDISTRICTS, "a subdistrict office"),
    };
    let Some(unit) = units.get(territory) else { return };
    let instance = unit.instance_of.as_ref().is_some_and(|of| of.as_str() == many);
    if !instance || !unit.callable() {
        let what = format!("{territory} is not {what} that can be called");
        row.fault(faults, what, format!("a callable unit with instance_of {many}"));
    }
}

/// Adds the cell to its community; every row of a community must say the same about it.
fn join(
    row: &Row,
    cell: &Cell,
    communities: &mut BTreeMap<CommunityId, Community>,
    faults: &mut Faults,
) {
    let (zh, en) = (row.text("community_zh", faults), row.text("community_en", faults));
    let known = communities.entry(cell.community.clone()).or_insert_with(|| Community {
        id: cell.community.clone(),
        zh: zh.clone(),
        en: en.clone(),
        subdistrict: cell.subdistrict.clone(),
        cells: Vec::new(),
    });
    if (&known.zh, &known.en, &known.subdistrict) != (&zh, &en, &cell.subdistrict) {
        let Community { id, zh, en, subdistrict, .. } = known;
        let what = format!("community {id} has other names or another subdistrict elsewhere");
        row.fault(faults, what, format!("{zh}, {en}, {subdistrict} in every row of {id}"));
    }
    known.cells.push(cell.id.clone());
}
