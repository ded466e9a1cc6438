//! What is signed for: acknowledgements, commits, and what a sender is shown.

use domain::{moment::Moment, rejection::Rejection};
use proto::bus::{AcknowledgeRequest, CommitRequest, Proof, WatchReceiptsResponse};

use super::decoded;

pub(super) fn acknowledge(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AcknowledgeRequest>(bytes, |request| {
        bus::asking::counted(request.places.len(), "places")?;
        proof(request.proof)
    })
}

/// A proof as the bus reads it, up to its signature, and as a sender reads what it is shown.
fn proof(proof: Option<Proof>) -> Result<(), Rejection> {
    let now = Moment(proof.as_ref().map_or(0, |proof| proof.signed_at_ms));
    kit::proof::claim(proof, now).map(drop)
}

pub(super) fn commit(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<CommitRequest>(bytes, |request| proof(request.proof))
}

pub(super) fn receipts(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<WatchReceiptsResponse>(bytes, |response| {
        kit::proof::read(response.proofs.unwrap_or_default()).for_each(drop);
        Ok(())
    })
}
