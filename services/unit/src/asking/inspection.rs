//! What a unit says of stops and seizures, as it comes off the wire.

use std::collections::BTreeSet;

use domain::{
    id::{ObjectId, PersonId, UnitId},
    inspection::{About, Opened, Seized, SeizureId},
    moment::Moment,
    rejection::Rejection,
};
use proto::{
    convert,
    inspection::{end_in, findings_in, inspection_id, outcome_in, seizure_id},
    inspection_wire::{
        EndSeizureRequest, OpenInspectionRequest, RevokeFindingRequest, SeizeVehicleRequest,
        SettleFindingRequest, seize_vehicle_request,
    },
};

use crate::desk::inspection::Word;

/// What is said, read.
pub struct Inspecting(pub(crate) Word);

/// Reads a stop. Its number is the desk's to give.
pub fn opening(
    request: OpenInspectionRequest,
    unit: &UnitId,
    person: &PersonId,
) -> Result<Inspecting, Rejection> {
    let OpenInspectionRequest { object, vehicle, place, at_ms, operation_id, findings, .. } =
        request;
    let opened = Opened {
        id: inspection_id("-".to_owned())?,
        unit: unit.clone(),
        person: person.clone(),
        vehicle: convert::optional("vehicle", vehicle)?,
        place,
        at: Moment(at_ms),
        operation: convert::optional("operation_id", operation_id)?,
        findings: findings_in(findings)?,
    };
    let object: ObjectId = convert::id("object", object)?;
    Ok(Inspecting(Word::Open { object, opened, held: BTreeSet::new() }))
}

/// Reads how a finding is settled.
pub fn settlement(request: SettleFindingRequest) -> Result<Inspecting, Rejection> {
    let SettleFindingRequest { inspection_id: id, finding, outcome, .. } = request;
    let (id, outcome) = (inspection_id(id)?, outcome_in(outcome)?);
    Ok(Inspecting(Word::Settle { id, finding, outcome }))
}

/// Reads that it is taken back.
pub fn taking_back(request: RevokeFindingRequest) -> Result<Inspecting, Rejection> {
    let RevokeFindingRequest { inspection_id: id, finding, reason, .. } = request;
    Ok(Inspecting(Word::Revoke { id: inspection_id(id)?, finding, reason }))
}

/// Reads that a vehicle is seized. Its number is the desk's to give.
pub fn seizing(
    request: SeizeVehicleRequest,
    unit: &UnitId,
    person: &PersonId,
) -> Result<Inspecting, Rejection> {
    use seize_vehicle_request::About as In;
    let SeizeVehicleRequest { object, vehicle, kind, place, at_ms, reason, about, .. } = request;
    let about = match about {
        Some(In::InspectionId(id)) => About::Inspection(inspection_id(id)?),
        Some(In::CaseId(id)) => About::Case(convert::id("case_id", id)?),
        None => {
            let message = "inspection_id or case_id says to what the seizure belongs";
            return Err(Rejection::invalid("ABOUT_MISSING", "about", message));
        }
    };
    let seized = Seized {
        id: SeizureId { unit: unit.clone(), number: 0 },
        person: person.clone(),
        vehicle: convert::id("vehicle", vehicle)?,
        kind,
        place,
        at: Moment(at_ms),
        reason,
        about,
    };
    let object = convert::optional("object", object)?;
    Ok(Inspecting(Word::Seize { object, seized }))
}

/// Reads what becomes of it.
pub fn ending(request: EndSeizureRequest) -> Result<Inspecting, Rejection> {
    let EndSeizureRequest { seizure, end, reason, .. } = request;
    Ok(Inspecting(Word::End { id: seizure_id(&seizure)?, end: end_in(end)?, reason }))
}
