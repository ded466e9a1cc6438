//! What a unit decides about violations, as it comes off the wire.

use domain::{
    id::{DecisionId, ObjectId},
    moment::Moment,
    rejection::Rejection,
};
use proto::{
    convert,
    credit_wire::{ConfirmViolationRequest, RevokeViolationRequest},
};

use crate::desk::violation::Ruling;

/// A decision, read.
pub struct Decided {
    pub(crate) object: ObjectId,
    pub(crate) decision: DecisionId,
    pub(crate) ruling: Ruling,
}

/// Reads a confirmation.
pub fn confirmation(request: ConfirmViolationRequest) -> Result<Decided, Rejection> {
    let ConfirmViolationRequest { object, code, fact, decision, at_ms, .. } = request;
    if at_ms <= 0 {
        let message = "at_ms says when it happened, in Unix milliseconds";
        return Err(Rejection::invalid("MOMENT_MISSING", "at_ms", message));
    }
    let (code, fact) = (convert::id("code", code)?, convert::id("fact", fact)?);
    let ruling = Ruling::Confirm { code, fact, at: Moment(at_ms) };
    Ok(Decided { object: convert::id("object", object)?, decision: number(decision)?, ruling })
}

/// Reads a revocation.
pub fn revocation(request: RevokeViolationRequest) -> Result<Decided, Rejection> {
    let RevokeViolationRequest { object, decision, reason, .. } = request;
    let (object, decision) = (convert::id("object", object)?, number(decision)?);
    Ok(Decided { object, decision, ruling: Ruling::Revoke { reason } })
}

/// The number of a decision; it stands between slashes in ids.
fn number(decision: String) -> Result<DecisionId, Rejection> {
    if decision.contains('/') {
        let message =
            "the number of a decision has no slash; right would be: letters, digits and ._:-";
        return Err(Rejection::invalid("MALFORMED_ID", "decision", message));
    }
    convert::id("decision", decision)
}
