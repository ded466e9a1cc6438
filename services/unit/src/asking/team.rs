//! What a unit says of its part in a joint operation, as it comes off the wire.

use domain::{
    id::{GridId, InspectionId, OperationId, OrderId, UnitId},
    moment::Moment,
    operation::{Crew, PEOPLE_MAX, POWERS_MAX, VEHICLES_MAX},
    rejection::Rejection,
};
use proto::{
    convert, operate,
    operation::{
        AnswerOrderRequest, AskTeamRequest, CheckInRequest, ConfirmPartRequest, DeclinePartRequest,
        ReportFindingRequest,
    },
};

/// What a unit says of its part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It comes.
    Comes(Crew),
    /// It does not.
    Declines {
        /// Why.
        reason: String,
        /// Who could.
        substitute: Option<UnitId>,
    },
    /// It has read the briefing.
    HasRead,
    /// Its team is there.
    IsThere {
        /// Since when, by its device; none: now.
        at: Option<Moment>,
    },
    /// Whether its team does what it was asked.
    Answers {
        /// Which order.
        order: OrderId,
        /// Whether it does.
        is_taken: bool,
        /// What it adds.
        text: String,
        /// Since when, by its device; none: now.
        at: Option<Moment>,
    },
    /// It asks another team.
    Asks {
        /// Whose.
        to: UnitId,
        /// What.
        text: String,
        /// Where.
        grid: Option<GridId>,
        /// Whether it hands something over.
        is_handover: bool,
    },
    /// It has found something.
    Finds(InspectionId),
}

/// Reads the number of an operation.
pub fn part_id(text: String) -> Result<OperationId, Rejection> {
    convert::id("operation_id", text)
}

/// Reads who comes.
pub fn confirmation(request: ConfirmPartRequest) -> Result<(OperationId, Said), Rejection> {
    let ConfirmPartRequest { operation_id, crew, .. } = request;
    let crew = crew.unwrap_or_default();
    for (field, count, most) in [
        ("people", crew.people.len(), PEOPLE_MAX),
        ("vehicles", crew.vehicles.len(), VEHICLES_MAX),
        ("powers", crew.powers.len(), POWERS_MAX),
    ] {
        if count > most {
            let message = format!("{field} names at most {most}, not {count}");
            return Err(Rejection::invalid("TOO_MANY", field, message));
        }
    }
    Ok((part_id(operation_id)?, Said::Comes(operate::crew_in(crew)?)))
}

/// Reads who does not come.
pub fn refusal(request: DeclinePartRequest) -> Result<(OperationId, Said), Rejection> {
    let DeclinePartRequest { operation_id, reason, substitute, .. } = request;
    let substitute = convert::optional("substitute", substitute)?;
    Ok((part_id(operation_id)?, Said::Declines { reason, substitute }))
}

/// Reads whether a team does what it was asked.
pub fn answer(request: AnswerOrderRequest) -> Result<(OperationId, Said), Rejection> {
    let AnswerOrderRequest { operation_id, order_id, is_taken, text, at_ms, .. } = request;
    let order = convert::id("order_id", order_id)?;
    let at = by_device(at_ms)?;
    Ok((part_id(operation_id)?, Said::Answers { order, is_taken, text, at }))
}

/// Reads that a team is there.
pub fn arrival(request: CheckInRequest) -> Result<(OperationId, Said), Rejection> {
    let CheckInRequest { operation_id, at_ms, .. } = request;
    let at = by_device(at_ms)?;
    Ok((part_id(operation_id)?, Said::IsThere { at }))
}

/// A moment by the clock of a device; none: now.
fn by_device(at_ms: i64) -> Result<Option<Moment>, Rejection> {
    if at_ms < 0 {
        let message = "at_ms is before 1970; right would be: 0 for now";
        return Err(Rejection::invalid("TOO_EARLY", "at_ms", message));
    }
    Ok((at_ms > 0).then_some(Moment(at_ms)))
}

/// Reads what a team asks of another.
pub fn asking(request: AskTeamRequest) -> Result<(OperationId, Said), Rejection> {
    let AskTeamRequest { operation_id, unit, text, grid, is_handover, .. } = request;
    let (to, grid) = (convert::id("unit", unit)?, convert::optional("grid", grid)?);
    Ok((part_id(operation_id)?, Said::Asks { to, text, grid, is_handover }))
}

/// Reads what a team has found.
pub fn finding(request: ReportFindingRequest) -> Result<(OperationId, Said), Rejection> {
    let ReportFindingRequest { operation_id, inspection_id, .. } = request;
    let inspection = convert::id("inspection_id", inspection_id)?;
    Ok((part_id(operation_id)?, Said::Finds(inspection)))
}
