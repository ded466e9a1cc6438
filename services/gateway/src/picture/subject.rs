//! Which matter is asked for.

use domain::{
    accountability::SheetId,
    id::{ApprovalId, CaseId, DecisionId, InspectionId, OperationId},
    rejection::Rejection,
};
use proto::convert;

/// A matter that is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// A joint operation.
    Operation(OperationId),
    /// A joint approval.
    Approval(ApprovalId),
    /// An enforcement decision.
    Decision(DecisionId),
    /// The sheet of a unit that has to answer in a case.
    Sheet(SheetId),
    /// A stop.
    Stop(InspectionId),
}

/// Reads it: `case/<id>`, with the city's id before the id or without; of a sheet
/// `accountability/<case>/<unit>`.
pub fn subject(text: &str) -> Result<Subject, Rejection> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts[..] {
        ["accountability", case, unit] | ["accountability", _, case, unit] => {
            let case_id = convert::id("subject", case.to_owned())?;
            Ok(Subject::Sheet(SheetId { case_id, unit: convert::id("subject", unit.to_owned())? }))
        }
        [kind, id] | [kind, _, id] => read(kind, id.to_owned()),
        _ => Err(other()),
    }
}

fn read(kind: &str, id: String) -> Result<Subject, Rejection> {
    match kind {
        "case" => convert::id("subject", id).map(Subject::Case),
        "operation" => convert::id("subject", id).map(Subject::Operation),
        "approval" => convert::id("subject", id).map(Subject::Approval),
        "decision" => convert::id("subject", id).map(Subject::Decision),
        "inspection" => convert::id("subject", id).map(Subject::Stop),
        _ => Err(other()),
    }
}

fn other() -> Rejection {
    let message = "only cases, operations, approvals, decisions, sheets and stops are drawn; right \
                   would be: case/20261122-7QK3M9ZT";
    Rejection::invalid("OTHER_SUBJECT", "subject", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_with_its_city_or_without() {
        for (text, kind) in [
            ("case/20261122-7QK3M9ZT", Some("Case")),
            ("case/wenshan/20261122-7QK3M9ZT", Some("Case")),
            ("operation/dengfeng/O1.2", Some("Operation")),
            ("approval/P1", Some("Approval")),
            ("decision/d-1", Some("Decision")),
            ("inspection/I-enforcement-4", Some("Stop")),
            ("accountability/20261122-7QK3M9ZT/housing", Some("Sheet")),
            ("accountability/wenshan/20261122-7QK3M9ZT/housing", Some("Sheet")),
            ("accountability/housing", None),
            ("credit/vehicle-1", None),
            ("case/a/b/c", None),
            ("case/", None),
            ("", None),
        ] {
            let found = subject(text).map(|subject| format!("{subject:?}"));
            let is_right = match (&found, kind) {
                (Ok(found), Some(kind)) => found.starts_with(kind),
                (Err(no), None) => no.field == "subject",
                _ => false,
            };
            assert!(is_right, "{text}: {found:?}");
        }
    }
}
