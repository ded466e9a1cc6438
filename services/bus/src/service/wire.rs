//! From the engine to the wire; what comes from there is read in [`crate::asking`].

use std::collections::HashMap;

use domain::rejection::Rejection;
use kit::{page, status};
use proto::bus;
use tonic::Status;

use crate::engine::{Delivery, Error, Listed, Mailbox, Piece, Placement, Receipt, Recorded};

/// The log, as a fact for programs.
pub fn log(log_id: String) -> HashMap<String, String> {
    HashMap::from([("log_id".to_owned(), log_id)])
}

/// The status for an engine's refusal.
pub fn status(error: Error) -> Status {
    refused(error, String::new())
}

/// The same for what was published; a gap carries the number that is expected, and by which log.
pub fn refused(error: Error, log_id: String) -> Status {
    match error {
        Error::Rejected(rejection) => status::status(rejection),
        Error::Gap { recipient, number, expected } => {
            let whom = if recipient.is_empty() { "the record" } else { &recipient };
            let message = format!("number {number} to {whom} leaves a gap: {expected} comes next");
            let facts = [("expected", expected.to_string()), ("recipient", recipient)];
            let facts = facts.map(|(name, fact)| (name.to_owned(), fact));
            let facts = facts.into_iter().chain(log(log_id)).collect();
            let rejection = Rejection::conflict("NUMBER_GAP", message).at("number");
            status::status_with(rejection, facts)
        }
    }
}

/// Writes a placement.
pub fn placement(placed: Placement) -> bus::Placement {
    bus::Placement {
        place: placed.place,
        accepted_at_ms: placed.accepted_at.0,
        is_duplicate: placed.is_duplicate,
    }
}

/// Writes a delivery.
pub fn delivery(delivery: Delivery) -> bus::Delivery {
    let Recorded { place, accepted_at, envelope } = delivery.recorded;
    bus::Delivery {
        place,
        accepted_at_ms: accepted_at.0,
        attempt: delivery.attempt,
        envelope: Some(proto::envelope::to_wire(&envelope)),
    }
}

fn recorded(recorded: Recorded) -> bus::Recorded {
    bus::Recorded {
        place: recorded.place,
        accepted_at_ms: recorded.accepted_at.0,
        envelope: Some(proto::envelope::to_wire(&recorded.envelope)),
    }
}

/// Writes a piece of the record.
pub fn piece(piece: Piece, log_id: String) -> bus::FollowResponse {
    bus::FollowResponse { log_id, recorded: piece.recorded.into_iter().map(recorded).collect() }
}

/// Writes receipts.
pub fn receipts(receipts: Vec<Receipt>, log_id: String) -> bus::WatchReceiptsResponse {
    let write = |receipt: Receipt| bus::Receipt {
        receipt_place: receipt.receipt_place,
        place: receipt.place,
        envelope_id: receipt.id.to_string(),
        recipient: receipt.recipient.map(|party| party.to_string()).unwrap_or_default(),
        number: receipt.number,
    };
    bus::WatchReceiptsResponse { receipts: receipts.into_iter().map(write).collect(), log_id }
}

/// Writes a page of a subject.
pub fn listed(listed: Listed) -> bus::ListEnvelopesResponse {
    let last = listed.recorded.last().filter(|_| listed.more);
    let next_token = last.map(|last| page::token(&last.place.to_be_bytes())).unwrap_or_default();
    let recorded = listed.recorded.into_iter().map(recorded).collect();
    bus::ListEnvelopesResponse { recorded, next_token }
}

/// Writes a page of mailboxes, of which one more than `size` were asked for.
pub fn mailboxes(mut found: Vec<Mailbox>, size: usize) -> bus::ListMailboxesResponse {
    let is_more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| is_more).map(|last| last.party.to_string());
    let next_token = last.map(|party| page::token(party.as_bytes())).unwrap_or_default();
    let write = |mailbox: Mailbox| bus::Mailbox {
        party: mailbox.party.to_string(),
        depth: mailbox.depth,
        oldest_accepted_at_ms: mailbox.oldest.map_or(0, |oldest| oldest.0),
    };
    bus::ListMailboxesResponse { mailboxes: found.into_iter().map(write).collect(), next_token }
}
