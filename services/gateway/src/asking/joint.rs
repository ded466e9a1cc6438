//! Reading what is asked for about joint approvals.

use domain::{approval::ITEMS_MAX, id::ApprovalId, rejection::Rejection};
use proto::{
    approval::{ApplyForApprovalRequest, WithdrawApprovalRequest},
    convert, joint,
};

use crate::approvals::Plea;

/// Reads the number of an approval.
pub fn approval_id(text: String) -> Result<ApprovalId, Rejection> {
    convert::id("approval_id", text)
}

/// Reads what is applied for.
pub fn application(request: ApplyForApprovalRequest) -> Result<Plea, Rejection> {
    let ApplyForApprovalRequest { kind, title, items, .. } = request;
    let count = items.len();
    if count > ITEMS_MAX {
        let message = format!("items names at most {ITEMS_MAX}, not {count}");
        return Err(Rejection::invalid("TOO_MANY", "items", message));
    }
    let kind = convert::id("kind", kind)?;
    Ok(Plea::Apply { kind, title, items: joint::proposals(items)? })
}

/// Reads what is taken back, and why.
pub fn withdrawal(request: WithdrawApprovalRequest) -> Result<Plea, Rejection> {
    let WithdrawApprovalRequest { approval_id: id, reason, .. } = request;
    Ok(Plea::Withdraw { id: approval_id(id)?, reason })
}
