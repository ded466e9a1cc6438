//! What a unit says about the items of a joint approval, as it comes off the wire.

use domain::{
    approval::{ITEMS_MAX, Opinion},
    id::{ApprovalId, UnitId},
    rejection::Rejection,
};
use proto::{approval::GiveReviewRequest, convert, joint};

/// Reads about which approval a unit says what.
pub fn review(
    request: GiveReviewRequest,
    unit: &UnitId,
) -> Result<(ApprovalId, Opinion), Rejection> {
    let GiveReviewRequest { approval_id, items, verdict, reason, conditions, .. } = request;
    let count = items.len();
    if count > ITEMS_MAX {
        let message = format!("items names at most {ITEMS_MAX}, not {count}");
        return Err(Rejection::invalid("TOO_MANY", "items", message));
    }
    let opinion = Opinion {
        unit: unit.clone(),
        items: convert::ids("items", items)?,
        verdict: joint::verdict_in(verdict)?,
        reason,
        conditions: joint::conditions_in(conditions)?,
    };
    Ok((convert::id("approval_id", approval_id)?, opinion))
}
