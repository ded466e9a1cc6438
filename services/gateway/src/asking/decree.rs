//! Reading what is asked for about enforcement decisions.

use domain::{id::DecisionId, rejection::Rejection};
use proto::{convert, decision::SuperviseDecisionRequest};

use crate::decisions::Supervision;

/// Reads the number of a decision.
pub fn decision_id(text: String) -> Result<DecisionId, Rejection> {
    convert::id("decision_id", text)
}

/// Reads what a supervisor says.
pub fn supervision(request: SuperviseDecisionRequest) -> Result<Supervision, Rejection> {
    let SuperviseDecisionRequest { decision_id: id, text, .. } = request;
    Ok(Supervision { id: decision_id(id)?, text })
}
