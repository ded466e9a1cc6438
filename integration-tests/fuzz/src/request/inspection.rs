//! Stops, findings and seizures, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::inspection_wire::{
    AssignFindingRequest, ChoosePenaltyRequest, DecisionRef, EndSeizureRequest, Found,
    GetInspectionRequest, GetSeizureRequest, ListInspectionsRequest, OpenInspectionRequest,
    Outcome, Penalty, RevokeFindingRequest, SeizeVehicleRequest, SeizureEnd, SettleFindingRequest,
    outcome::Outcome as How, seize_vehicle_request::About,
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 10] = [
    ("OpenInspection", open),
    ("SettleFinding", settle),
    ("RevokeFinding", revoke),
    ("SeizeVehicle", seize),
    ("EndSeizure", end),
    ("AssignFinding", assign),
    ("ChoosePenalty", choose),
    ("GetInspection", get_inspection),
    ("GetSeizure", get_seizure),
    ("ListInspections", list_inspections),
];

macro_rules! at_desk {
    ($request:ident as $method:literal) => {
        unit::asking::word(party("unit/enforcement"), $method, $request.command.clone(), &$request)?
    };
}

fn enforcement() -> Result<domain::id::UnitId, Rejection> {
    "enforcement".parse().map_err(|_| Rejection::conflict("UNIT", "no unit"))
}

fn open(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<OpenInspectionRequest>(bytes, |request| {
        let word = at_desk!(request as "OpenInspection");
        unit::asking::opening(request, &enforcement()?, &word.person).map(drop)
    })
}

fn settle(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SettleFindingRequest>(bytes, |request| {
        at_desk!(request as "SettleFinding");
        unit::asking::settlement(request).map(drop)
    })
}

fn revoke(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RevokeFindingRequest>(bytes, |request| {
        at_desk!(request as "RevokeFinding");
        unit::asking::taking_back(request).map(drop)
    })
}

fn seize(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SeizeVehicleRequest>(bytes, |request| {
        let word = at_desk!(request as "SeizeVehicle");
        unit::asking::seizing(request, &enforcement()?, &word.person).map(drop)
    })
}

fn end(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<EndSeizureRequest>(bytes, |request| {
        at_desk!(request as "EndSeizure");
        unit::asking::ending(request).map(drop)
    })
}

fn assign(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AssignFindingRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::assignment(request).map(drop)
    })
}

fn choose(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ChoosePenaltyRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::choice(request).map(drop)
    })
}

fn get_inspection(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetInspectionRequest>(bytes, |request| {
        proto::inspection::inspection_id(request.inspection_id).map(drop)
    })
}

fn get_seizure(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetSeizureRequest>(bytes, |request| {
        proto::inspection::seizure_id(&request.seizure).map(drop)
    })
}

/// The lists of findings, of flags and of seizures are asked for alike.
fn list_inspections(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListInspectionsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

/// A good stop.
fn opening() -> OpenInspectionRequest {
    let found = Found {
        code: "mud_on_road".to_owned(),
        fact: "truck-7-mud".to_owned(),
        at_ms: 1_795_303_800_000,
        text: reason(),
        evidence: vec![],
    };
    OpenInspectionRequest {
        command: command(),
        object: "hauler-1".to_owned(),
        vehicle: "YA-12345".to_owned(),
        place: reason(),
        at_ms: 1_795_303_800_000,
        operation_id: "night-1".to_owned(),
        findings: vec![found],
    }
}

/// A good settlement.
fn settlement() -> SettleFindingRequest {
    let penalty = Penalty { decision: "2026-17".to_owned(), kind: reason(), fen: 20_000 };
    SettleFindingRequest {
        command: command(),
        inspection_id: "I-enforcement-17".to_owned(),
        finding: 1,
        outcome: Some(Outcome { outcome: Some(How::Penalty(penalty)) }),
    }
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let seizing = SeizeVehicleRequest {
        command: command(),
        object: String::new(),
        vehicle: "YA-12345".to_owned(),
        kind: reason(),
        place: reason(),
        at_ms: 1_795_303_800_000,
        reason: reason(),
        about: Some(About::InspectionId("I-enforcement-17".to_owned())),
    };
    let ending = EndSeizureRequest {
        command: command(),
        seizure: "enforcement/1".to_owned(),
        end: SeizureEnd::Released.into(),
        reason: reason(),
    };
    let stands = DecisionRef { unit: "enforcement".to_owned(), decision: "2026-17".to_owned() };
    let choice = ChoosePenaltyRequest {
        command: command(),
        object: "hauler-1".to_owned(),
        fact: "truck-7-mud".to_owned(),
        stands: Some(stands),
        reason: reason(),
    };
    vec![
        seed("OpenInspection", &opening()),
        seed("SettleFinding", &settlement()),
        seed("SeizeVehicle", &seizing),
        seed("EndSeizure", &ending),
        seed("ChoosePenalty", &choice),
    ]
}
