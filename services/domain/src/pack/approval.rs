//! Kinds of joint approval (`approvals.csv`) and what may come of their items
//! (`approval_outcomes.csv`).
//!
//! Both are there or neither is: a city whose documents name no joint approval has none. The limit
//! of an opinion is the stage `opinion` of the kind's issue type in `limits.csv`; the work of an
//! outcome is a case of its issue type, with that type's route, limits and evidence.

use std::collections::BTreeMap;

use super::{
    fault::Faults,
    index::Index,
    issue::IssueType,
    people::rows_if_any,
    route::Routes,
    table::{Files, Row},
    unit::Unit,
};
use crate::{
    approval::ITEMS_MAX,
    id::{ApprovalKindId, IssueTypeId, OutcomeId, UnitId},
};

/// The kinds.
pub(super) const KINDS: &str = "approvals.csv";
/// What comes of their items.
pub(super) const OUTCOMES: &str = "approval_outcomes.csv";

const KIND_COLUMNS: [&str; 9] =
    ["id", "zh", "en", "approvers", "asked", "issue_type", "items_max", "note", "source"];
const OUTCOME_COLUMNS: [&str; 8] =
    ["kind", "id", "zh", "en", "issue_type", "units", "note", "source"];

const UNITS: &str = "ids of units.csv with ; between them";

/// One kind of joint approval (联审联批).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalKind {
    /// Its id.
    pub id: ApprovalKindId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Whose yes each item needs.
    pub approvers: Vec<UnitId>,
    /// Who is asked and decides nothing.
    pub asked: Vec<UnitId>,
    /// The kind of matter whose limit for an opinion holds.
    pub issue_type: IssueTypeId,
    /// The most items of a request.
    pub items_max: usize,
    /// What may be proposed for an item.
    pub outcomes: Vec<ApprovalOutcome>,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

impl ApprovalKind {
    /// What may be proposed for an item, by its id.
    pub fn outcome(&self, id: &OutcomeId) -> Option<&ApprovalOutcome> {
        self.outcomes.iter().find(|outcome| outcome.id == *id)
    }
}

/// What may be proposed for an item, and whose work it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalOutcome {
    /// Its id.
    pub id: OutcomeId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// The kind of matter that its work is.
    pub issue_type: IssueTypeId,
    /// Who of that matter's route is called for it.
    pub units: Vec<UnitId>,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

/// The kinds by their id; none where the pack has no such files.
pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    routes: &Routes,
    faults: &mut Faults,
) -> BTreeMap<ApprovalKindId, ApprovalKind> {
    let rows = rows_if_any(files, KINDS, &KIND_COLUMNS, faults);
    let kinds = Index::new(KINDS, rows, faults, |row, faults| kind(row, units, issues, faults));
    let rows = rows_if_any(files, OUTCOMES, &OUTCOME_COLUMNS, faults);
    let outcomes = Index::new(OUTCOMES, rows, faults, |row, faults| {
        let (of, outcome) = outcome(row, units, issues, routes, faults)?;
        kinds.check(row, "kind", &of, faults);
        Some((format!("{} of {of}", outcome.id), (of, outcome)))
    });
    for (row, id, _) in kinds.iter().filter(|_| outcomes.readable()) {
        if !outcomes.iter().any(|(_, _, (of, _))| of == id) {
            row.fault(
                faults,
                format!("{id} has no outcome"),
                format!("a row for it in {OUTCOMES}"),
            );
        }
    }
    let mut kinds = kinds.into_values();
    for (of, outcome) in outcomes.into_values().into_values() {
        if let Some(kind) = kinds.get_mut(&of) {
            kind.outcomes.push(outcome);
        }
    }
    kinds
}

fn kind(
    row: &Row,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Option<(ApprovalKindId, ApprovalKind)> {
    let id: Option<ApprovalKindId> = row.parse("id", "an id like bollards", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let approvers: Vec<UnitId> = row.list("approvers", UNITS, faults);
    let asked: Vec<UnitId> = row.list("asked", UNITS, faults);
    if approvers.is_empty() {
        row.fault(faults, "approvers is empty", "one unit at least; what needs two names two");
    }
    for (column, list) in [("approvers", &approvers), ("asked", &asked)] {
        list.iter().for_each(|unit| check_hosted(row, column, units, unit, faults));
    }
    if let Some(both) = asked.iter().find(|unit| approvers.contains(unit)) {
        row.fault(faults, format!("asked: {both} is an approver already"), "one of the two lists");
    }
    let issue_type = issue(row, issues, faults);
    let items_max = items_max(row, faults);
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    let (id, issue_type, outcomes) = (id?, issue_type?, Vec::new());
    let kind = ApprovalKind {
        id: id.clone(),
        zh,
        en,
        approvers,
        asked,
        issue_type,
        items_max: items_max?,
        outcomes,
        note,
        source,
    };
    Some((id, kind))
}

/// Who has no desk can't be asked: nobody would ever hear of it.
pub(super) fn check_hosted(
    row: &Row,
    column: &str,
    units: &Index<UnitId, Unit>,
    unit: &UnitId,
    faults: &mut Faults,
) {
    units.check(row, column, unit, faults);
    if units.get(unit).is_some_and(|unit| !unit.can_lead()) {
        let what = format!("{column}: {unit} has no service of its own");
        row.fault(faults, what, "a unit with a desk; one of which it is a part");
    }
}

fn items_max(row: &Row, faults: &mut Faults) -> Option<usize> {
    let right = format!("a whole number from 1 to {ITEMS_MAX}");
    let most: usize = row.parse("items_max", &right, faults)?;
    if !(1..=ITEMS_MAX).contains(&most) {
        row.fault(faults, format!("items_max: {most} can't be"), right);
    }
    Some(most)
}

pub(super) fn issue(
    row: &Row,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Option<IssueTypeId> {
    let id = row.parse("issue_type", "an id of issue_types.csv", faults)?;
    issues.check(row, "issue_type", &id, faults);
    Some(id)
}

fn outcome(
    row: &Row,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    routes: &Routes,
    faults: &mut Faults,
) -> Option<(ApprovalKindId, ApprovalOutcome)> {
    let of = row.parse("kind", "an id of approvals.csv", faults);
    let id: Option<OutcomeId> = row.parse("id", "an id like remove", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let issue_type = issue(row, issues, faults);
    let called: Vec<UnitId> = row.list("units", UNITS, faults);
    called.iter().for_each(|unit| units.check(row, "units", unit, faults));
    if called.is_empty() {
        row.fault(faults, "units is empty", "who does the work, the lead of the matter among them");
    }
    let latest = issue_type.as_ref().and_then(|issue| routes.get(issue)?.last());
    if let Some(route) = latest.filter(|_| !called.is_empty()) {
        check_route(row, &route.leads, &[&route.cooperating, &route.responsible], &called, faults);
    }
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    let (id, issue_type) = (id?, issue_type?);
    Some((of?, ApprovalOutcome { id, zh, en, issue_type, units: called, note, source }))
}

/// The work goes to who leads such matters and, of the others, to whom the row names.
fn check_route(
    row: &Row,
    leads: &[UnitId],
    beside: &[&Vec<UnitId>],
    called: &[UnitId],
    faults: &mut Faults,
) {
    let [lead] = leads else {
        let right = "an issue type with one lead: the work of an approval waits for nobody";
        row.fault(faults, format!("issue_type has {} leads", leads.len()), right);
        return;
    };
    if !called.contains(lead) {
        row.fault(faults, format!("units: {lead} leads and is not called"), format!("{lead} too"));
    }
    let is_known = |unit: &UnitId| unit == lead || beside.iter().any(|list| list.contains(unit));
    if let Some(stranger) = called.iter().find(|unit| !is_known(unit)) {
        let what = format!("units: {stranger} is not on the route of the issue type");
        row.fault(faults, what, "units of its row in routing.csv");
    }
}
