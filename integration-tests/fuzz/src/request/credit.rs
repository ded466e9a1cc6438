//! Violations, lists and deliveries, through the code by which their handlers read them.

use domain::rejection::Rejection;
use kit::page;
use proto::credit_wire::{
    ConfirmViolationRequest, GetScoreRequest, ListDeliveriesRequest, PutBackDeliveryRequest,
    RemoveListedRequest, RevokeViolationRequest, SkipDeliveryRequest,
};

use super::{Read, command, decoded, party, reason, seed};

pub(super) const METHODS: [(&str, Read); 7] = [
    ("ConfirmViolation", confirm),
    ("RevokeViolation", revoke),
    ("GetScore", get_score),
    ("ListDeliveries", list_deliveries),
    ("PutBackDelivery", put_back),
    ("SkipDelivery", skip),
    ("RemoveListed", remove),
];

fn confirm(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ConfirmViolationRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/enforcement"), "ConfirmViolation", command, &request)?;
        unit::asking::confirmation(request).map(drop)
    })
}

fn revoke(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RevokeViolationRequest>(bytes, |request| {
        let command = request.command.clone();
        unit::asking::word(party("unit/enforcement"), "RevokeViolation", command, &request)?;
        unit::asking::revocation(request).map(drop)
    })
}

fn get_score(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetScoreRequest>(bytes, |request| gateway::asking::object(request.object).map(drop))
}

/// The list of who is listed, and that of a unit's violations, are asked for alike.
fn list_deliveries(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListDeliveriesRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn put_back(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<PutBackDeliveryRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::put_back(request).map(drop)
    })
}

fn skip(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SkipDeliveryRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::skip(request).map(drop)
    })
}

fn remove(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<RemoveListedRequest>(bytes, |request| {
        gateway::asking::by(party("office/gov_city"), request.command.clone())?;
        gateway::asking::remove(request).map(drop)
    })
}

/// A good request of each that people use.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let object = || "hauler-1".to_owned();
    vec![
        seed(
            "ConfirmViolation",
            &ConfirmViolationRequest {
                command: command(),
                object: object(),
                code: "mud_on_road".to_owned(),
                fact: "truck-7-mud".to_owned(),
                decision: "2020-17".to_owned(),
                at_ms: 1_795_303_800_000,
            },
        ),
        seed(
            "PutBackDelivery",
            &PutBackDeliveryRequest {
                command: command(),
                object: object(),
                delivery: "ext_zhengzhou_credit/listed/1".to_owned(),
                reason: reason(),
            },
        ),
    ]
}
