//! What the office decides about findings, as it comes off the wire.

use domain::rejection::Rejection;
use proto::{
    convert,
    inspection::{decision_in, inspection_id},
    inspection_wire::{AssignFindingRequest, ChoosePenaltyRequest},
};

use crate::inspections::Verdict;

/// Reads who answers for a finding that is nobody's.
pub fn assignment(request: AssignFindingRequest) -> Result<Verdict, Rejection> {
    let AssignFindingRequest { inspection_id: id, finding, unit, reason, .. } = request;
    let unit = convert::id("unit", unit)?;
    Ok(Verdict::Assign { id: inspection_id(id)?, finding, unit, reason })
}

/// Reads which penalty stands.
pub fn choice(request: ChoosePenaltyRequest) -> Result<Verdict, Rejection> {
    let ChoosePenaltyRequest { object, fact, stands, reason, .. } = request;
    Ok(Verdict::Choose {
        object: convert::id("object", object)?,
        fact: convert::id("fact", fact)?,
        stands: decision_in("stands", stands)?,
        reason,
    })
}
