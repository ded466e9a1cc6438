//! The ladder of accountability (`accountability.csv`): what may follow when a unit has to answer.
//!
//! The order of the rows is the ladder, the mildest first. The forms are those of the city's own
//! documents; which one fits is decided by people.

use super::{
    fault::Faults,
    index::Index,
    table::{Files, Row, rows},
};
use crate::id::FormId;

/// The file.
pub(super) const FILE: &str = "accountability.csv";

const COLUMNS: [&str; 5] = ["id", "zh", "en", "note", "source"];

/// One form of accountability (追责方式).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its id.
    pub id: FormId,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// A remark.
    pub note: String,
    /// Document and section, or `example`.
    pub source: String,
}

/// The ladder, in the order of the file; never empty in a pack without faults.
pub(super) fn read(files: &Files, faults: &mut Faults) -> Vec<Form> {
    let rows = rows(files, FILE, &COLUMNS, faults);
    if rows.as_ref().is_some_and(Vec::is_empty) {
        faults.push(FILE, None, "there is no form", "a row for each form, the mildest first");
    }
    let order = |rows: &Vec<Row>| rows.iter().map(|row| row.field("id").to_owned()).collect();
    let order: Vec<String> = rows.as_ref().map(order).unwrap_or_default();
    let mut forms = Index::new(FILE, rows, faults, form).into_values();
    let known = order.into_iter().filter_map(|id| FormId::parse(id).ok());
    known.filter_map(|id| forms.remove(&id)).collect()
}

fn form(row: &Row, faults: &mut Faults) -> Option<(FormId, Form)> {
    let id: Option<FormId> = row.parse("id", "an id like public_criticism", faults);
    let (zh, en) = (row.text("zh", faults), row.text("en", faults));
    let source = row.text("source", faults);
    let id = id?;
    let note = row.field("note").to_owned();
    Some((id.clone(), Form { id, zh, en, note, source }))
}
