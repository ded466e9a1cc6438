//! When a report is about a matter that is known already (`duplicates.csv`).
//!
//! A row for one issue type wins over `*`. The window, with the kind of matter and the cell of the
//! grid, only proposes; what confirms without a person is the number of the channel or the place.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use super::{
    fault::Faults,
    index::Index,
    issue::{IssueType, scope},
    limit::{SPAN, Span},
    table::{Files, Row, rows},
};
use crate::id::IssueTypeId;

/// The file.
pub(super) const FILE: &str = "duplicates.csv";

const COLUMNS: [&str; 6] =
    ["issue_type", "window", "within_metres", "same_number", "note", "source"];
/// Beyond that, two points are two places whatever the matter is.
const METRES_MAX: u32 = 1_000;

/// What proposes and what confirms that two reports are about one matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DuplicateRule {
    /// How long after the last report of a case another one is proposed as the same.
    pub window_ms: u64,
    /// How near two points confirm it, in metres; 0: a place confirms nothing.
    pub within_metres: u32,
    /// Whether the same number of the same channel confirms it.
    pub same_number: bool,
}

impl DuplicateRule {
    /// How long after the last report of a case another one is proposed as the same.
    pub fn window(&self) -> Duration {
        Duration::from_millis(self.window_ms)
    }
}

/// Every rule of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DuplicateTable(BTreeMap<Option<IssueTypeId>, DuplicateRule>);

impl DuplicateTable {
    /// The rule for such a matter.
    pub(super) fn rule(&self, issue: &IssueTypeId) -> DuplicateRule {
        let own = self.0.get(&Some(issue.clone()));
        own.or_else(|| self.0.get(&None)).copied().unwrap_or_default()
    }
}

pub(super) fn read(
    files: &Files,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> DuplicateTable {
    let mut table = DuplicateTable::default();
    let Some(rows) = rows(files, FILE, &COLUMNS, faults) else { return table };
    for row in &rows {
        let issue = scope(row, issues, faults);
        let rule = rule(row, faults);
        row.text("source", faults);
        let Some(issue) = issue else { continue };
        if table.0.insert(issue, rule.unwrap_or_default()).is_some() {
            row.fault(faults, "this issue type is there twice", "one row for each issue type");
        }
    }
    if !table.0.contains_key(&None) {
        let what = "there is no rule for all issue types";
        faults.push(FILE, None, what, "a row *,…; window 0s proposes nothing");
    }
    table
}

fn rule(row: &Row, faults: &mut Faults) -> Option<DuplicateRule> {
    let window: Option<Span> = row.parse("window", SPAN, faults);
    let right = format!("a whole number of metres from 0 to {METRES_MAX}; 0: no place confirms");
    let within_metres: Option<u32> = row.parse("within_metres", &right, faults);
    let same_number: Option<Answer> = row.parse("same_number", "yes or no", faults);
    let within_metres = within_metres?;
    if within_metres > METRES_MAX {
        row.fault(faults, format!("within_metres: {within_metres} is too far"), right);
    }
    Some(DuplicateRule { window_ms: window?.0, within_metres, same_number: same_number?.0 })
}

/// Yes or no, as it is written in the pack.
pub(super) struct Answer(pub(super) bool);

/// It is neither.
#[derive(Debug, thiserror::Error)]
#[error("this is no answer")]
pub(super) struct AnswerError;

impl FromStr for Answer {
    type Err = AnswerError;
    fn from_str(text: &str) -> Result<Answer, AnswerError> {
        match text {
            "yes" => Ok(Answer(true)),
            "no" => Ok(Answer(false)),
            _ => Err(AnswerError),
        }
    }
}
