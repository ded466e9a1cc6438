//! The kinds of matter (`issue_types.csv`) that can be raised in a city.

use super::{
    fault::Faults,
    index::Index,
    table::{Files, Row, rows},
};
use crate::id::IssueTypeId;

/// The file.
pub(super) const FILE: &str = "issue_types.csv";

const COLUMNS: [&str; 6] = ["id", "zh", "en", "class_code", "note", "source"];

/// A kind of matter (问题类型).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueType {
    /// Its id.
    pub id: IssueTypeId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Its code in GB/T 30428; empty where unknown.
    pub class_code: String,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

pub(super) fn read(files: &Files, faults: &mut Faults) -> Index<IssueTypeId, IssueType> {
    let rows = rows(files, FILE, &COLUMNS, faults);
    Index::new(FILE, rows, faults, issue)
}

fn issue(row: &Row, faults: &mut Faults) -> Option<(IssueTypeId, IssueType)> {
    let id: Option<IssueTypeId> = row.parse("id", "an id like street_vending", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let source = row.text("source", faults);
    let id = id?;
    let field = |column| row.field(column).to_owned();
    let (class_code, note) = (field("class_code"), field("note"));
    Some((id.clone(), IssueType { id, zh, en, class_code, note, source }))
}

/// The issue type of a row that may be `*`, for all.
pub(super) fn scope(
    row: &Row,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> Option<Option<IssueTypeId>> {
    if row.field("issue_type") == "*" {
        return Some(None);
    }
    let id = row.parse("issue_type", "an issue type, or * for all", faults)?;
    issues.check(row, "issue_type", &id, faults);
    Some(Some(id))
}
