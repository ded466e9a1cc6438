//! What a filter names is of the pack or of some case; else it would find nothing, for ever, and
//! nobody would see that it was misspelt.

use domain::{
    pack::{City, suggest},
    rejection::Rejection,
};
use kit::{tx::Tx, view};

use crate::{
    catalog::{self, Shelf},
    filter::Filter,
};

/// What a field names: the field, the reason where there is none, the id, the list of its cases.
type Named = (&'static str, &'static str, String, Shelf);

/// Refuses what is neither of the pack nor of any case.
pub(crate) fn check(
    tx: &Tx<'_>,
    city: &City,
    filter: &Filter,
) -> Result<Result<(), Rejection>, view::Error> {
    for (field, reason, id, shelf) in named(filter) {
        let known = ids(city, reason);
        if known.contains(&id.as_str()) || catalog::count(tx, &shelf.key())? > 0 {
            continue;
        }
        let right = suggest(&id, known.into_iter(), &format!("one of {}", city.id));
        let message = format!("there is no {field} {id}; right would be: {right}");
        return Ok(Err(Rejection::unknown(reason, &format!("filter.{field}"), message)));
    }
    Ok(Ok(()))
}

fn named(filter: &Filter) -> Vec<Named> {
    let Filter { issue_type, grid, unit, subdistrict, community, reporter, .. } = filter;
    let mut named: Vec<Named> = Vec::new();
    let mut name = |field, reason, one: Option<(String, Shelf)>| {
        named.extend(one.map(|(id, shelf)| (field, reason, id, shelf)));
    };
    let issue = issue_type.clone().map(|id| (id.to_string(), Shelf::IssueType(id)));
    name("issue_type", "UNKNOWN_ISSUE_TYPE", issue);
    name("grid", "UNKNOWN_GRID", grid.clone().map(|id| (id.to_string(), Shelf::Grid(id))));
    for (field, unit) in [("unit", unit), ("subdistrict", subdistrict)] {
        name(field, "UNKNOWN_UNIT", unit.clone().map(|id| (id.to_string(), Shelf::Unit(id))));
    }
    for (field, id) in [("community", community), ("reporter", reporter)] {
        let one = id.clone().map(|id| (id.to_string(), Shelf::Reporter(id)));
        name(field, "UNKNOWN_COMMUNITY", one);
    }
    named
}

fn ids<'c>(city: &'c City, reason: &str) -> Vec<&'c str> {
    match reason {
        "UNKNOWN_ISSUE_TYPE" => city.issues.keys().map(|id| id.as_str()).collect(),
        "UNKNOWN_GRID" => city.grid.keys().map(|id| id.as_str()).collect(),
        "UNKNOWN_UNIT" => city.units.keys().map(|id| id.as_str()).collect(),
        _ => city.communities.keys().map(|id| id.as_str()).collect(),
    }
}
