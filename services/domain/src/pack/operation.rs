//! Templates of joint operations (`operations.csv`): who is called, who is a must, how often.
//!
//! May be absent: a city whose documents name no joint operation plans them freely. The limit of an
//! answer is the stage `accept` of the template's issue type in `limits.csv`. A plan may call others
//! than the template names, and may say other days.

use std::collections::BTreeMap;

use super::{
    approval::{check_hosted, issue},
    fault::Faults,
    index::Index,
    issue::IssueType,
    people::rows_if_any,
    table::{Files, Row},
    unit::Unit,
};
use crate::{
    id::{IssueTypeId, OperationKindId, UnitId},
    operation::{EVERY_DAYS_MAX, FreeDays, MEMBERS_MAX},
};

/// The file.
pub(super) const FILE: &str = "operations.csv";

const COLUMNS: [&str; 11] = [
    "id",
    "zh",
    "en",
    "units",
    "must",
    "quorum",
    "issue_type",
    "every_days",
    "free_days",
    "note",
    "source",
];
const UNITS: &str = "ids of units.csv with ; between them";

/// One template of a joint operation (联合执法).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationKind {
    /// Its id.
    pub id: OperationKindId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Who is called.
    pub units: Vec<UnitId>,
    /// Without whom of them nothing begins.
    pub must: Vec<UnitId>,
    /// So many of them at least.
    pub quorum: u32,
    /// The kind of matter whose limit for an answer holds.
    pub issue_type: IssueTypeId,
    /// How many days lie between two; none where it does not recur by itself.
    pub every_days: Option<u32>,
    /// What happens on a free day.
    pub free_days: FreeDays,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

/// The templates by their id; none where the pack has no such file.
pub(super) fn read(
    files: &Files,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> BTreeMap<OperationKindId, OperationKind> {
    let rows = rows_if_any(files, FILE, &COLUMNS, faults);
    Index::new(FILE, rows, faults, |row, faults| kind(row, units, issues, faults)).into_values()
}

fn kind(
    row: &Row,
    units: &Index<UnitId, Unit>,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Option<(OperationKindId, OperationKind)> {
    let id: Option<OperationKindId> = row.parse("id", "an id like muck_trucks", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let called: Vec<UnitId> = row.list("units", UNITS, faults);
    let must: Vec<UnitId> = row.list("must", UNITS, faults);
    called.iter().for_each(|unit| check_hosted(row, "units", units, unit, faults));
    if called.len() < 2 || called.len() > MEMBERS_MAX {
        let right = format!("2 to {MEMBERS_MAX} units: one alone acts without this");
        row.fault(faults, format!("units names {}", called.len()), right);
    }
    if let Some(stranger) = must.iter().find(|unit| !called.contains(unit)) {
        row.fault(faults, format!("must: {stranger} is not called"), "units of the column units");
    }
    let right = format!("a whole number from 1 to {}", called.len());
    let quorum: Option<u32> = row.parse("quorum", &right, faults);
    let most = u32::try_from(called.len()).unwrap_or(u32::MAX);
    if quorum.is_some_and(|quorum| quorum == 0 || quorum > most) {
        row.fault(faults, "quorum can't be", right);
    }
    let issue_type = issue(row, issues, faults);
    let every_days = every_days(row, faults);
    let free_days = free_days(row, faults);
    let (note, source) = (row.field("note").to_owned(), row.text("source", faults));
    let (id, quorum, issue_type) = (id?, quorum?, issue_type?);
    let kind = OperationKind {
        id: id.clone(),
        zh,
        en,
        units: called,
        must,
        quorum,
        issue_type,
        every_days: every_days?,
        free_days: free_days?,
        note,
        source,
    };
    Some((id, kind))
}

/// Nothing: it does not recur by itself.
fn every_days(row: &Row, faults: &mut Faults) -> Option<Option<u32>> {
    if row.field("every_days").is_empty() {
        return Some(None);
    }
    let right = format!("a whole number from 1 to {EVERY_DAYS_MAX}, or nothing");
    let days: u32 = row.parse("every_days", &right, faults)?;
    if !(1..=EVERY_DAYS_MAX).contains(&days) {
        row.fault(faults, format!("every_days: {days} can't be"), right);
        return None;
    }
    Some(Some(days))
}

fn free_days(row: &Row, faults: &mut Faults) -> Option<FreeDays> {
    let found = match row.field("free_days") {
        "hold" | "" => FreeDays::Hold,
        "skip" => FreeDays::Skip,
        "move" => FreeDays::Move,
        other => {
            let what = format!("free_days: there is no {other:?}");
            row.fault(faults, what, "hold, skip or move");
            return None;
        }
    };
    Some(found)
}

#[cfg(test)]
mod tests;
