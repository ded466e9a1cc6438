//! What a unit may say about whose matter a case is, and how bad it is.

use super::{Task, not_the_lead};
use crate::{
    case::Severity,
    id::{GridId, IssueTypeId},
    rejection::Rejection,
};

/// Why a unit that a ruling binds leads on.
pub fn bound(task: &Task) -> Rejection {
    let body = task.call.bound_by.map_or("a ruling", |body| body.word());
    let message = format!(
        "{body} has ruled that {} leads: its refusal is recorded and the task stands",
        task.call.unit
    );
    Rejection::conflict("BOUND_BY_RULING", message).at("case_id")
}

/// Only the lead that a ruling binds contests it, and not the conference's.
pub(super) fn check_contest(task: &Task) -> Result<(), Rejection> {
    let no = |reason, message| Err(Rejection::conflict(reason, message).at("case_id"));
    match task.call.bound_by.filter(|_| task.call.is_lead) {
        Some(body) if body.may_be_contested() => Ok(()),
        Some(body) => no("RULING_IS_FINAL", format!("what {} rules is the last word", body.word())),
        None => no("NO_RULING", "no ruling says that this unit leads".to_owned()),
    }
}

/// What it is, and where, when that is another cell.
pub(super) fn retyped(
    task: &Task,
    issue_type: Option<IssueTypeId>,
    grid: Option<GridId>,
) -> Result<(IssueTypeId, Option<GridId>), Rejection> {
    if !task.call.is_lead {
        return Err(not_the_lead(task, "say that it is another kind of matter"));
    }
    if task.is_bound() {
        return Err(bound(task));
    }
    let (now, here) = (&task.call.issue_type, &task.call.grid);
    let (issue_type, grid) =
        (issue_type.unwrap_or_else(|| now.clone()), grid.filter(|at| at != here));
    if grid.is_none() && issue_type == *now {
        let message = format!(
            "it is a matter of {now} in {here} already; right would be: another, or elsewhere"
        );
        return Err(Rejection::invalid("SAME_ISSUE_TYPE", "issue_type", message));
    }
    Ok((issue_type, grid))
}

/// A severity can only be raised.
pub fn check_severity(severity: Severity) -> Result<(), Rejection> {
    if severity > Severity::Normal {
        return Ok(());
    }
    let message = "a severity is raised; right would be: serious or emergency";
    Err(Rejection::invalid("SEVERITY_NOT_RAISED", "severity", message))
}
