//! Telephone numbers that are handed over, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::contact_wire::{
    HandOverRequest, ListContactsRequest, ReadContactRequest, ReportContactRequest,
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 4] = [
    ("HandOver", hand_over),
    ("ReadContact", read),
    ("ReportContact", report),
    ("ListContacts", list),
];

fn hand_over(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<HandOverRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/public_security"), "HandOver", command, &request)?;
        domain::contact::number(&request.number)?;
        domain::contact::text("PURPOSE_MISSING", "purpose", &request.purpose)?;
        domain::contact::without_digits("note", &request.note)
    })
}

fn read(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ReadContactRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/enforcement"), "ReadContact", command, &request)?;
        proto::contact::contact_id(request.contact_id).map(drop)
    })
}

fn report(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ReportContactRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/enforcement"), "ReportContact", command, &request)?;
        domain::contact::without_digits("result", &request.result)?;
        proto::contact::contact_id(request.contact_id).map(drop)
    })
}

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListContactsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let handing = HandOverRequest {
        command: command(),
        unit: "enforcement".to_owned(),
        number: "138-0013-8000".to_owned(),
        purpose: "call-back".to_owned(),
        note: reason(),
    };
    let reading = ReadContactRequest {
        command: command(),
        contact_id: "C-enforcement-9".to_owned(),
        purpose: "call-back".to_owned(),
    };
    vec![seed("HandOver", &handing), seed("ReadContact", &reading)]
}
