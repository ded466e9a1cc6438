//! Findings, sheets and statements, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::{
    accountability::{
        DecideOutcomeRequest, GetSheetRequest, GiveStatementRequest, ListBulletinRequest,
    },
    whistle::RecordFindingRequest,
};

use super::{Read, case_id, command, decoded, party, photo, reason, seed};

pub(super) const METHODS: [(&str, Read); 5] = [
    ("RecordFinding", record_finding),
    ("DecideOutcome", decide_outcome),
    ("GetSheet", get_sheet),
    ("ListBulletin", list_bulletin),
    ("GiveStatement", give_statement),
];

fn record_finding(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RecordFindingRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::find(request, |_| None).map(drop)
    })
}

fn decide_outcome(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<DecideOutcomeRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::outcome(request).map(drop)
    })
}

fn get_sheet(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetSheetRequest>(bytes, |request| {
        gateway::asking::sheet(request.case_id, request.unit).map(drop)
    })
}

/// The lists of sheets, of the bulletin and of what a unit has to answer for are asked for alike.
fn list_bulletin(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListBulletinRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn give_statement(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GiveStatementRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/housing"), "GiveStatement", command, &request)?;
        unit::asking::statement(request).map(drop)
    })
}

/// A good finding.
fn finding() -> RecordFindingRequest {
    RecordFindingRequest {
        command: command(),
        case_id: case_id(),
        is_upheld: true,
        text: reason(),
        evidence: vec![photo()],
    }
}

/// A good decision.
fn outcome() -> DecideOutcomeRequest {
    DecideOutcomeRequest {
        command: command(),
        case_id: case_id(),
        unit: "housing".to_owned(),
        form: "public_criticism".to_owned(),
        reason: reason(),
    }
}

/// A good statement.
fn statement() -> GiveStatementRequest {
    GiveStatementRequest {
        command: command(),
        case_id: case_id(),
        text: reason(),
        evidence: vec![photo()],
    }
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    vec![
        seed("RecordFinding", &finding()),
        seed("DecideOutcome", &outcome()),
        seed("GiveStatement", &statement()),
    ]
}
