//! Who is called for what, and from when (`routing.csv`).
//!
//! Every issue type has exactly one route on every day from its first on: no overlap, no gap, no
//! end. The past is never rewritten: a power that moves is a new row from its date.

use std::collections::BTreeMap;

use super::{
    day::Day,
    fault::Faults,
    index::Index,
    issue::IssueType,
    role::{Cooperating, Roles},
    table::{Files, Row, rows},
    unit::Unit,
};
use crate::id::{IssueTypeId, UnitId};

/// The file.
pub(super) const FILE: &str = "routing.csv";

const COLUMNS: [&str; 9] = [
    "issue_type",
    "leads",
    "cooperating",
    "responsible",
    "task",
    "effective_from",
    "effective_to",
    "source",
    "note",
];

const UNITS: &str = "ids of units.csv with ; between them";
const DAY: &str = "a day like 2021-03-02";

/// One row: who is called for an issue type while the row is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Who may lead (牵头单位): one, several or none.
    pub leads: Vec<UnitId>,
    /// Who cooperates (配合单位); some may not be callable.
    pub cooperating: Vec<UnitId>,
    /// Who carries out (责任单位); a unit may stand for many.
    pub responsible: Vec<UnitId>,
    /// The task of the plan, `WS-C02`.
    pub task: String,
    /// The first day in force.
    pub from: Day,
    /// The last day in force; none when there is no end.
    pub to: Option<Day>,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

impl Route {
    /// Whether the row is in force on that day.
    pub fn covers(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }
}

/// The routes of each issue type, by the day from which they are in force.
pub(super) type Routes = BTreeMap<IssueTypeId, Vec<Route>>;

pub(super) fn read(
    files: &Files,
    roles: Option<Roles>,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Routes {
    let Some(rows) = rows(files, FILE, &COLUMNS, faults) else { return Routes::new() };
    let mut routes: BTreeMap<IssueTypeId, Vec<(Row, Option<Route>)>> = BTreeMap::new();
    for row in rows {
        let id = row.parse("issue_type", "an id of issue_types.csv", faults);
        let route = route(&row, units, faults);
        check_roles(&row, roles, faults);
        if let Some(id) = id {
            issues.check(&row, "issue_type", &id, faults);
            routes.entry(id).or_default().push((row, route));
        }
    }
    for (row, id, _) in issues.iter().filter(|(_, id, _)| !routes.contains_key(*id)) {
        row.fault(faults, format!("{id} has no route"), format!("a row for it in {FILE}"));
    }
    routes.into_iter().map(|(id, rows)| (id.clone(), in_order(&id, rows, faults))).collect()
}

fn route(row: &Row, units: &Index<UnitId, Unit>, faults: &mut Faults) -> Option<Route> {
    let leads: Vec<UnitId> = row.list("leads", UNITS, faults);
    let cooperating: Vec<UnitId> = row.list("cooperating", UNITS, faults);
    let responsible: Vec<UnitId> = row.list("responsible", UNITS, faults);
    let lists = [("leads", &leads), ("cooperating", &cooperating), ("responsible", &responsible)];
    for (column, list) in lists {
        list.iter().for_each(|unit| units.check(row, column, unit, faults));
    }
    for lead in &leads {
        check_lead(row, units, lead, &cooperating, faults);
    }
    let task = row.text("task", faults);
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    let from = row.parse("effective_from", DAY, faults);
    let to = match row.field("effective_to") {
        "" => None,
        _ => Some(row.parse("effective_to", DAY, faults)?),
    };
    let route = Route { leads, cooperating, responsible, task, from: from?, to, note, source };
    if route.to.is_some_and(|last| last < route.from) {
        row.fault(faults, "effective_to is before effective_from", "the last day in force");
        return None;
    }
    Some(route)
}

fn check_roles(row: &Row, roles: Option<Roles>, faults: &mut Faults) {
    let is_absent = roles.is_some_and(|roles| roles.cooperating == Cooperating::Absent);
    if is_absent && !row.field("cooperating").is_empty() {
        let what = "cooperating: this city has no such role (roles.cooperating)";
        row.fault(faults, what, "nothing here; who is called beside the lead is responsible");
    }
}

fn check_lead(
    row: &Row,
    units: &Index<UnitId, Unit>,
    lead: &UnitId,
    cooperating: &[UnitId],
    faults: &mut Faults,
) {
    if units.get(lead).is_some_and(|unit| !unit.callable()) {
        let what = format!("leads: {lead} cannot be called (module none)");
        row.fault(faults, what, "a unit with a module; or no lead, so that one is assigned");
    }
    if units.get(lead).is_some_and(|unit| unit.callable() && !unit.can_lead()) {
        let what = format!("leads: {lead} has no service of its own (system proxy)");
        row.fault(faults, what, "a unit with system yes: the lead acts for units with proxy");
    }
    if cooperating.contains(lead) {
        row.fault(faults, format!("{lead} both leads and cooperates"), "one of the two");
    }
}

/// The routes by date; each must begin where the one before it ends, and the last has no end.
/// A row whose own dates are wrong is noted already, and then the order says nothing.
fn in_order(
    id: &IssueTypeId,
    mut rows: Vec<(Row, Option<Route>)>,
    faults: &mut Faults,
) -> Vec<Route> {
    if rows.iter().any(|(_, route)| route.is_none()) {
        return Vec::new();
    }
    rows.sort_by_key(|(_, route)| route.as_ref().map(|route| route.from));
    let rows: Vec<(Row, Route)> =
        rows.into_iter().filter_map(|(row, route)| Some((row, route?))).collect();
    for pair in rows.windows(2) {
        check_joint(id, &pair[0], &pair[1], faults);
    }
    if let Some((row, last)) = rows.last().map(|(row, route)| (row, route.to))
        && let Some(last) = last
    {
        let what = format!("{id} has no route after {last}");
        row.fault(faults, what, "no effective_to, or a row that follows it");
    }
    rows.into_iter().map(|(_, route)| route).collect()
}

fn check_joint(
    id: &IssueTypeId,
    (earlier, before): &(Row, Route),
    (row, after): &(Row, Route),
    faults: &mut Faults,
) {
    let line = earlier.line();
    let (from, ended) = (after.from, before.to.map(Day::next));
    match ended {
        Some(free) if free == from => {}
        Some(free) if free < from => {
            let what = format!("{id} has no route from {free} until {from}");
            row.fault(
                faults,
                what,
                format!("effective_from {free}, or a later end on line {line}"),
            );
        }
        _ => {
            let what =
                format!("from {from} on, {id} has two routes: line {line} is still in force");
            row.fault(faults, what, format!("an effective_to before {from} on line {line}"));
        }
    }
}
