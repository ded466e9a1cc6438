//! What a unit drafts and says about enforcement decisions, as it comes off the wire.

use domain::{
    decision::{Draft, Word},
    id::{DecisionId, PersonId, UnitId},
    rejection::Rejection,
};
use proto::{
    convert,
    decision::{By, DraftDecisionRequest, ProceedWithDecisionRequest},
    decree,
};

/// Reads what is drafted; the handler is who asks, whatever the draft says.
pub fn draft(
    request: DraftDecisionRequest,
    (unit, person): (&UnitId, &PersonId),
) -> Result<Draft, Rejection> {
    let message = "draft says what is decided, about what and against whom";
    let draft =
        request.draft.ok_or_else(|| Rejection::invalid("DRAFT_MISSING", "draft", message))?;
    let by = By { unit: unit.to_string(), person: person.to_string() };
    decree::draft_in(proto::decision::Draft { by: Some(by), ..draft })
}

/// Reads about which decision a unit says what.
pub fn proceeding(request: ProceedWithDecisionRequest) -> Result<(DecisionId, Word), Rejection> {
    let ProceedWithDecisionRequest { decision_id, word, .. } = request;
    Ok((convert::id("decision_id", decision_id)?, decree::word::word(word)?))
}
