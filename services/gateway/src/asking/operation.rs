//! Reading what is asked for about joint operations.

use domain::{
    id::OperationId,
    moment::Moment,
    operation::{AREA_MAX, Area, BATCH_MAX, Ending, MEMBERS_MAX, POWERS_MAX},
    rejection::Rejection,
};
use proto::{
    convert, operate,
    operation::{
        EndOperationRequest, FollowUpRequest, GiveOrderRequest, InviteUnitRequest, Need,
        PlanOperationRequest, SettleReleaseRequest,
    },
};

use crate::operations::{Draft, Lead};

/// Reads the number of an operation.
pub fn operation_id(text: String) -> Result<OperationId, Rejection> {
    convert::id("operation_id", text)
}

fn at_most(field: &str, count: usize, most: usize) -> Result<(), Rejection> {
    if count <= most {
        return Ok(());
    }
    let message = format!("{field} names at most {most}, not {count}");
    Err(Rejection::invalid("TOO_MANY", field, message))
}

fn need(field: &str, need: Option<Need>) -> Result<domain::operation::Need, Rejection> {
    let powers = need.as_ref().map_or(0, |need| need.powers.len());
    at_most(&format!("{field}.powers"), powers, POWERS_MAX)?;
    operate::need_in(field, need)
}

/// Reads what is planned.
pub fn draft(request: PlanOperationRequest) -> Result<Lead, Rejection> {
    let m = request;
    at_most("needs", m.needs.len(), MEMBERS_MAX)?;
    at_most("grids", m.grids.len(), AREA_MAX)?;
    at_most("subdistricts", m.subdistricts.len(), AREA_MAX)?;
    let needs = m.needs.into_iter().map(|one| need("needs", Some(one)));
    Ok(Lead::Plan(Draft {
        kind: convert::optional("kind", m.kind)?,
        goal: m.goal,
        area: Area {
            grids: convert::ids("grids", m.grids)?,
            subdistricts: convert::ids("subdistricts", m.subdistricts)?,
        },
        from: Moment(m.from_ms),
        to: Moment(m.to_ms),
        needs: needs.collect::<Result<_, _>>()?,
        quorum: m.quorum,
        within_ms: m.answer_within_ms,
        repeat: m.repeat.map(operate::repeat_in).transpose()?,
        is_single: m.is_single,
    }))
}

/// Reads who else is called.
pub fn invitation(request: InviteUnitRequest) -> Result<Lead, Rejection> {
    let InviteUnitRequest { operation_id: id, need: who, .. } = request;
    Ok(Lead::Invite { id: operation_id(id)?, need: need("need", who)? })
}

/// Reads what is ordered.
pub fn order(request: GiveOrderRequest) -> Result<Lead, Rejection> {
    let m = request;
    Ok(Lead::Order {
        id: operation_id(m.operation_id)?,
        to: convert::id("unit", m.unit)?,
        text: m.text,
        grid: convert::optional("grid", m.grid)?,
        is_reassignment: m.is_reassignment,
    })
}

/// Reads how it ends.
pub fn ending(request: EndOperationRequest) -> Result<Lead, Rejection> {
    let EndOperationRequest { operation_id: id, how, reason, is_series, .. } = request;
    let how = operate::end_in(how)?;
    if !matches!(how, Ending::Stopped | Ending::Aborted) {
        let message = "a person stops an operation or calls it off, and nothing else";
        return Err(Rejection::invalid("MALFORMED_KIND", "how", message));
    }
    Ok(Lead::End { id: operation_id(id)?, how, reason, is_series })
}

/// Reads what is settled.
pub fn settlement(request: SettleReleaseRequest) -> Result<Lead, Rejection> {
    let SettleReleaseRequest { operation_id: id, unit, reason, .. } = request;
    Ok(Lead::Settle { id: operation_id(id)?, unit: convert::id("unit", unit)?, reason })
}

/// Reads what is left to cases.
pub fn follow_up(request: FollowUpRequest) -> Result<Lead, Rejection> {
    let FollowUpRequest { operation_id: id, works, .. } = request;
    at_most("works", works.len(), BATCH_MAX)?;
    for work in &works {
        at_most("works.units", work.units.len(), MEMBERS_MAX)?;
    }
    Ok(Lead::FollowUp { id: operation_id(id)?, works: operate::works_in(works)? })
}
