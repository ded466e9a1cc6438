//! Who is called for a matter: a pure decision from the city pack and its amendments.
//!
//! The version of the route that is in force on the day of the event decides, never the day on
//! which somebody asks. A version with exactly one lead calls it. With none or several, somebody
//! must assign, and until then that office owns the case: no path leaves a case without an owner,
//! and the owner can always be called. A unit that was not called receives nothing (无事不扰).
//!
//! Routing does not know what a unit answers; refusal and dispute are rules of the case.

#[cfg(test)]
mod linkage;
pub mod power;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::{
    case::phrase::ABSENT,
    id::{GridId, IssueTypeId, UnitId},
    moment::Moment,
    pack::{Cell, City, Day, Responsible, UnitKind, suggest},
    party::{Kind, Party},
    registry::{Registry, Version, force},
    rejection::Rejection,
};

/// Who is called for one case, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// The kind of matter.
    pub issue_type: IssueTypeId,
    /// The leads that the row names: one, several or none.
    #[serde(default)]
    pub candidates: Vec<UnitId>,
    /// The lead, if the row has exactly one.
    #[serde(default)]
    pub lead: Option<UnitId>,
    /// The other units that are called; without the lead.
    #[serde(default)]
    pub cooperating: Vec<UnitId>,
    /// Who carries out, the subdistrict of the cell among them; only who can be called.
    #[serde(default)]
    pub responsible: Vec<UnitId>,
    /// The lead, or who must assign it.
    pub owner: UnitId,
    /// The row that says so, for people.
    #[serde(default)]
    pub basis: String,
}

/// Decides who is called for a matter in a cell, by the version in force at that moment.
///
/// `called` is what the whistle calls; none means the lead and all whom the city calls beside it.
pub fn route(
    city: &City,
    registry: &Registry,
    issue: &IssueTypeId,
    grid: &GridId,
    called: Option<&[UnitId]>,
    on: Moment,
) -> Result<Routing, Rejection> {
    let cell = cell(city, issue, grid)?;
    let version = version(city, registry, issue, cell, on)?;
    let leads = version.leads();
    let lead = match leads {
        [only] => Some(only.clone()),
        _ => None,
    };
    let (cooperating, absent) = reachable(city, cell, version.cooperating());
    let (responsible, absent_too) = reachable(city, cell, version.responsible());
    let beside = beside(city, leads, cooperating, &responsible);
    let cooperating = match called {
        None => beside,
        Some(called) => called_of(called, leads, lead.as_ref(), beside)?,
    };
    let owner = lead.clone().unwrap_or_else(|| assigner(city, leads));
    let basis = basis(version, &[absent, absent_too].concat());
    let (issue_type, candidates) = (issue.clone(), leads.to_vec());
    let responsible = territorial(city, responsible);
    Ok(Routing { issue_type, candidates, lead, cooperating, responsible, owner, basis })
}

/// The version in force for a matter in a cell; the refusal names what is not there.
pub fn version_on<'a>(
    city: &'a City,
    registry: &'a Registry,
    issue: &'a IssueTypeId,
    grid: &GridId,
    on: Moment,
) -> Result<Version<'a>, Rejection> {
    version(city, registry, issue, cell(city, issue, grid)?, on)
}

/// Refuses a kind of matter that the city does not have, with one that it has.
pub fn check_issue(city: &City, issue: &IssueTypeId) -> Result<(), Rejection> {
    if city.routes.contains_key(issue) {
        return Ok(());
    }
    let right = format!("an issue type of {}", city.id);
    let right = suggest(issue.as_str(), city.routes.keys().map(IssueTypeId::as_str), &right);
    let message = format!("there is no issue type {issue}; right would be: {right}");
    Err(Rejection::unknown("UNKNOWN_ISSUE_TYPE", "issue_type", message))
}

/// Whom the city calls beside the lead: each once, no lead among them.
fn beside(
    city: &City,
    leads: &[UnitId],
    cooperating: Vec<UnitId>,
    responsible: &[UnitId],
) -> Vec<UnitId> {
    let called = match city.roles.responsible {
        Responsible::Called => responsible,
        Responsible::Territory => &[],
    };
    let mut beside = cooperating;
    for unit in called {
        if !leads.contains(unit) && !beside.contains(unit) {
            beside.push(unit.clone());
        }
    }
    beside
}

/// Of those who are responsible, the territory: where departments stand among them, those are
/// called, and have a part of their own.
fn territorial(city: &City, mut responsible: Vec<UnitId>) -> Vec<UnitId> {
    let is_territory =
        |unit: &UnitId| city.unit(unit).is_some_and(|unit| unit.kind == UnitKind::Territory);
    if city.roles.responsible == Responsible::Called {
        responsible.retain(is_territory);
    }
    responsible
}

/// Who assigns a lead: the coordinator, but the government where the coordinator's own department
/// is among the candidates, so that nobody decides about its own house.
pub fn assigner(city: &City, candidates: &[UnitId]) -> UnitId {
    let own = [&city.coordinator, &city.coordinator_host];
    let biased = candidates.iter().any(|candidate| own.contains(&candidate));
    if biased { city.government.clone() } else { city.coordinator.clone() }
}

/// Checks that `by` may make `lead` the lead, and says who is called beside it.
///
/// `called` may name any unit that can be called; empty means whom the routing calls. What comes
/// back is without the lead and names nobody twice.
pub fn check_assignment(
    city: &City,
    routing: &Routing,
    by: &Party,
    lead: &UnitId,
    called: &[UnitId],
) -> Result<Vec<UnitId>, Rejection> {
    check_assigner(city, routing, by)?;
    let called = if called.is_empty() { routing.cooperating.as_slice() } else { called };
    check_called(city, lead, called)
}

/// Checks that a lead and others can be called; what comes back is who is called beside it, without
/// the lead and nobody twice.
pub fn check_called(
    city: &City,
    lead: &UnitId,
    called: &[UnitId],
) -> Result<Vec<UnitId>, Rejection> {
    check_lead(city, "lead", lead)?;
    called.iter().try_for_each(|unit| check_callable(city, "called_units", unit))?;
    let mut beside: Vec<UnitId> = Vec::new();
    for unit in called {
        if unit != lead && !beside.contains(unit) {
            beside.push(unit.clone());
        }
    }
    Ok(beside)
}

fn version<'a>(
    city: &'a City,
    registry: &'a Registry,
    issue: &'a IssueTypeId,
    cell: &'a Cell,
    on: Moment,
) -> Result<Version<'a>, Rejection> {
    let day = Day::of(on, city.utc_offset_minutes);
    force::in_force(city, registry, issue, cell, day).ok_or_else(|| {
        let first = city.routes.get(issue).and_then(|rows| rows.first());
        let first = first.map(|row| row.from.to_string()).unwrap_or_default();
        let message = format!("{issue} has no route on {day}; the first is in force from {first}");
        Rejection::invalid("NO_ROUTE_ON_DATE", "event_time", message)
    })
}

/// The cell, where such a matter has a route at all.
fn cell<'a>(city: &'a City, issue: &IssueTypeId, grid: &GridId) -> Result<&'a Cell, Rejection> {
    check_issue(city, issue)?;
    check_grid(city, grid)
}

/// The cell of this name.
pub fn check_grid<'a>(city: &'a City, grid: &GridId) -> Result<&'a Cell, Rejection> {
    city.grid.get(grid).ok_or_else(|| {
        let right = format!("a cell of {}", city.id);
        let right = suggest(grid.as_str(), city.grid.keys().map(GridId::as_str), &right);
        let message = format!("there is no grid {grid}; right would be: {right}");
        Rejection::unknown("UNKNOWN_GRID", "grid", message)
    })
}

/// Splits units into those that can be called and those that cannot, with the cell's own
/// subdistrict or district in the place of the unit that stands for all of them.
fn reachable(city: &City, cell: &Cell, units: &[UnitId]) -> (Vec<UnitId>, Vec<UnitId>) {
    let stands_for = |one: &UnitId| city.unit(one).and_then(|unit| unit.instance_of.as_ref());
    let here = |unit| cell.territories().find(|one| stands_for(one) == Some(unit)).unwrap_or(unit);
    units.iter().map(here).cloned().partition(|unit| city.callable(unit))
}

/// What of the whistle's call goes beside the lead, in the order of the row.
fn called_of(
    called: &[UnitId],
    leads: &[UnitId],
    lead: Option<&UnitId>,
    cooperating: Vec<UnitId>,
) -> Result<Vec<UnitId>, Rejection> {
    let mut allowed = leads.to_vec();
    allowed.extend(cooperating);
    let stranger = called.iter().find(|unit| !allowed.contains(unit));
    let forgotten = lead.filter(|lead| !called.contains(lead));
    let wrong = match (stranger, forgotten) {
        (Some(unit), _) => format!("{unit} is not called for this matter"),
        (None, Some(lead)) => format!("{lead} leads and is not called"),
        (None, None) => {
            allowed.retain(|unit| called.contains(unit) && Some(unit) != lead);
            return Ok(allowed);
        }
    };
    let names: Vec<&str> = allowed.iter().map(UnitId::as_str).collect();
    let mut message = format!("{wrong}; right would be: units of {}", names.join(", "));
    if let Some(lead) = lead {
        message += &format!(", {lead} among them");
    }
    Err(Rejection::invalid("UNIT_NOT_IN_ROUTE", "called_units", message))
}

fn basis(version: Version<'_>, absent: &[UnitId]) -> String {
    let mut basis = version.basis();
    if !absent.is_empty() {
        let names: Vec<&str> = absent.iter().map(UnitId::as_str).collect();
        basis += ABSENT;
        basis += &names.join(", ");
    }
    basis
}

/// A basis without, and then the units that it names and that nobody can call.
pub fn unnamed(basis: &str) -> (&str, Vec<&str>) {
    match basis.split_once(ABSENT) {
        Some((basis, absent)) => (basis, absent.split(", ").collect()),
        None => (basis, Vec::new()),
    }
}

fn check_assigner(city: &City, routing: &Routing, by: &Party) -> Result<(), Rejection> {
    let assigner = assigner(city, &routing.candidates);
    let office = |unit: &UnitId| by.kind == Kind::Office && by.id == unit.as_str();
    if office(&assigner) || office(&city.government) {
        return Ok(());
    }
    let message = format!("{by} may not assign this case; right would be: office/{assigner}");
    Err(Rejection::forbidden("NOT_THE_ASSIGNER", message))
}

/// Refuses a unit that can't lead.
pub fn check_lead(city: &City, field: &str, lead: &UnitId) -> Result<(), Rejection> {
    check_callable(city, field, lead)?;
    if city.unit(lead).is_some_and(|unit| !unit.can_lead()) {
        let message = format!("{lead} has no service of its own; right would be: one that has");
        return Err(Rejection::invalid("UNIT_CANNOT_LEAD", field, message));
    }
    Ok(())
}

/// Refuses a unit that is not there or can't be called.
pub fn check_callable(city: &City, field: &str, unit: &UnitId) -> Result<(), Rejection> {
    let known = || city.hosted_units().map(|unit| unit.id.as_str());
    let Some(found) = city.unit(unit) else {
        let right = suggest(unit.as_str(), known(), &format!("a unit of {}", city.id));
        let message = format!("there is no unit {unit}; right would be: {right}");
        return Err(Rejection::unknown("UNKNOWN_UNIT", field, message));
    };
    if found.callable() {
        return Ok(());
    }
    let message = format!("{unit} cannot be called ({}); right would be: another unit", found.note);
    Err(Rejection::invalid("UNIT_NOT_CALLABLE", field, message))
}
