//! Evidence that a step needs (`evidence.csv`): how many photographs make a whistle.
//!
//! Rows for one issue type win over `*`, step by step. What the evidence shows is not judged here.

use std::collections::BTreeMap;

use super::{
    fault::Faults,
    index::Index,
    issue::{IssueType, scope},
    table::{Files, Row, rows},
    word::{Word, words},
};
use crate::id::IssueTypeId;

/// The file.
pub(super) const FILE: &str = "evidence.csv";

const COLUMNS: [&str; 6] = ["issue_type", "step", "kind", "count", "note", "source"];
const COUNT_MAX: u32 = 100;

words! {
    /// The step that needs evidence.
    Step, "a step" {
        /// A whistle is blown.
        Whistle = "whistle",
        /// A unit says that it has disposed of the matter.
        Dispose = "dispose",
    }
}

words! {
    /// What sort of evidence; its word is the kind of an [`Evidence`](crate::evidence::Evidence).
    EvidenceKind, "a kind of evidence" {
        /// A photograph.
        Photo = "photo",
        /// A recording of sound or moving pictures.
        Recording = "recording",
        /// A document.
        Document = "document",
        /// A record of a camera or a sensor, beside which nobody stood (非现场, M086).
        OffSite = "off_site",
    }
}

/// So many pieces of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceRule {
    /// What sort.
    pub kind: EvidenceKind,
    /// How many at least.
    pub count: u32,
}

/// Every rule of a city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EvidenceTable(BTreeMap<(Option<IssueTypeId>, Step), Vec<EvidenceRule>>);

impl EvidenceTable {
    /// What the step needs.
    pub(super) fn rules(&self, issue: &IssueTypeId, step: Step) -> Vec<EvidenceRule> {
        let own = self.0.get(&(Some(issue.clone()), step));
        own.or_else(|| self.0.get(&(None, step))).cloned().unwrap_or_default()
    }
}

pub(super) fn read(
    files: &Files,
    issues: &Index<IssueTypeId, IssueType>,
    faults: &mut Faults,
) -> EvidenceTable {
    let mut table = EvidenceTable::default();
    let Some(rows) = rows(files, FILE, &COLUMNS, faults) else { return table };
    for row in &rows {
        let issue = scope(row, issues, faults);
        let step = row.word::<Step>("step", faults);
        let rule = rule(row, faults);
        row.text("source", faults);
        let (Some(issue), Some(step)) = (issue, step) else { continue };
        let rules = table.0.entry((issue, step)).or_default();
        if rule.is_some_and(|rule| rules.iter().any(|other| other.kind == rule.kind)) {
            row.fault(faults, "this rule is there twice", "one row for each type, step and kind");
        }
        rules.extend(rule);
    }
    for (word, step) in Step::ALL {
        if !table.0.contains_key(&(None, *step)) {
            let what = format!("there is no rule for {word} of all issue types");
            faults.push(FILE, None, what, format!("a row *,{word},…; count 0 needs nothing"));
        }
    }
    table
}

fn rule(row: &Row, faults: &mut Faults) -> Option<EvidenceRule> {
    let kind = row.word("kind", faults);
    let right = format!("a whole number from 0 to {COUNT_MAX}");
    let count: u32 = row.parse("count", &right, faults)?;
    if count > COUNT_MAX {
        row.fault(faults, format!("count: {count} is too many"), right);
    }
    Some(EvidenceRule { kind: kind?, count })
}
