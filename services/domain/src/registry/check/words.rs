//! What an amendment names: it must be there, and able to do what it is named for.

use std::collections::BTreeSet;

use super::{Amendment, NAMED_MAX};
use crate::{
    id::{IssueTypeId, UnitId},
    pack::{City, Cooperating, suggest},
    rejection::Rejection,
    task,
};

pub(super) fn check(city: &City, amendment: &Amendment) -> Result<(), Rejection> {
    check_issues(city, &amendment.issue_types)?;
    check_territory(city, amendment.territory.as_ref())?;
    task::text("BASIS_MISSING", "basis", &amendment.basis)?;
    let Amendment { leads, cooperating, responsible, .. } = amendment;
    let lists = [("leads", leads), ("cooperating", cooperating), ("responsible", responsible)];
    for (field, units) in lists {
        check_list(field, units)?;
        units.iter().try_for_each(|unit| check_unit(city, field, unit))?;
    }
    check_leads(city, amendment)?;
    check_cooperating(city, amendment)
}

fn check_issues(city: &City, issues: &[IssueTypeId]) -> Result<(), Rejection> {
    if issues.is_empty() {
        let message = "an amendment is about a kind of matter; right would be: one or several";
        return Err(Rejection::invalid("ISSUE_TYPE_MISSING", "issue_types", message));
    }
    check_list("issue_types", issues)?;
    let stranger = issues.iter().find(|issue| !city.routes.contains_key(*issue));
    let Some(stranger) = stranger else { return Ok(()) };
    let right = format!("an issue type of {}", city.id);
    let right = suggest(stranger.as_str(), city.routes.keys().map(IssueTypeId::as_str), &right);
    let message = format!("there is no issue type {stranger}; right would be: {right}");
    Err(Rejection::unknown("UNKNOWN_ISSUE_TYPE", "issue_types", message))
}

fn check_list<T: Ord + std::fmt::Display>(field: &str, named: &[T]) -> Result<(), Rejection> {
    if named.len() > NAMED_MAX {
        let message = format!("{field} names at most {NAMED_MAX}, not {}", named.len());
        return Err(Rejection::invalid("TOO_MANY", field, message));
    }
    let mut seen = BTreeSet::new();
    match named.iter().find(|one| !seen.insert(*one)) {
        None => Ok(()),
        Some(twice) => {
            let message = format!("{field} names {twice} twice; right would be: once");
            Err(Rejection::invalid("NAMED_TWICE", field, message))
        }
    }
}

fn check_territory(city: &City, territory: Option<&UnitId>) -> Result<(), Rejection> {
    let Some(named) = territory else { return Ok(()) };
    let known: BTreeSet<&str> =
        city.grid.values().flat_map(|cell| cell.territories()).map(UnitId::as_str).collect();
    if known.contains(named.as_str()) {
        return Ok(());
    }
    let right = format!("a subdistrict or district of the grid of {}, or none", city.id);
    let right = suggest(named.as_str(), known.into_iter(), &right);
    let message = format!("no cell of the grid is in {named}; right would be: {right}");
    Err(Rejection::unknown("UNKNOWN_TERRITORY", "territory", message))
}

fn check_unit(city: &City, field: &str, unit: &UnitId) -> Result<(), Rejection> {
    if city.unit(unit).is_some() {
        return Ok(());
    }
    let known = city.units.keys().map(UnitId::as_str);
    let right = suggest(unit.as_str(), known, &format!("a unit of {}", city.id));
    let message = format!("there is no unit {unit}; right would be: {right}");
    Err(Rejection::unknown("UNKNOWN_UNIT", field, message))
}

/// Somebody leads, or it is said that somebody assigns; who leads can be called and acts itself.
fn check_leads(city: &City, amendment: &Amendment) -> Result<(), Rejection> {
    let Amendment { leads, is_assigned, cooperating, from, .. } = amendment;
    if leads.is_empty() && !is_assigned {
        let message = format!(
            "from {from} on nobody would lead; right would be: a lead, or is_assigned, so that {} \
             names one each time",
            city.coordinator
        );
        return Err(Rejection::invalid("NO_LEAD", "leads", message));
    }
    if *is_assigned && !leads.is_empty() {
        let message = "a lead is named, and one is assigned each time; right would be: one of both";
        return Err(Rejection::invalid("LEAD_AND_ASSIGNED", "is_assigned", message));
    }
    for lead in leads {
        if !city.unit(lead).is_some_and(crate::pack::Unit::can_lead) {
            let message = format!(
                "{lead} can't lead: it has no service of its own; right would be: a unit that has"
            );
            return Err(Rejection::invalid("UNIT_CANNOT_LEAD", "leads", message));
        }
        if cooperating.contains(lead) {
            let message = format!("{lead} both leads and cooperates; right would be: one of both");
            return Err(Rejection::invalid("LEADS_AND_COOPERATES", "cooperating", message));
        }
    }
    Ok(())
}

fn check_cooperating(city: &City, amendment: &Amendment) -> Result<(), Rejection> {
    let is_absent = city.roles.cooperating == Cooperating::Absent;
    if !is_absent || amendment.cooperating.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} has no cooperating units (配合单位); right would be: responsible, which are called there",
        city.id
    );
    Err(Rejection::invalid("NO_SUCH_ROLE", "cooperating", message))
}
