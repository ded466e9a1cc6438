//! What a receiver signs for, once for a batch: that it has these envelopes in its own journal.
//!
//! A proof has a [`Portion`] for each source and recipient: which numbers, and one digest over all
//! of these envelopes. The signature is over the root of a [`Tree`] of the portions, the signer, the
//! log and the time, in the form that `muster/bus/v1/proof.proto` gives. So the bus checks a batch
//! with one signature and needs no digest of an envelope, and a sender gets its own portion, with
//! what leads to the root, and sees nobody else's.
//!
//! [`Signed`] is a proof as the bus has checked it against the connection that it came by; [`Shown`]
//! is what a sender gets of it. What is wrong is refused as `PROOF_MISSING` or `PROOF_WRONG`.

mod portion;
mod shown;
mod tree;

use std::{sync::Arc, time::Duration};

use domain::{moment::Moment, rejection::Rejection};
use proto::{
    bus::{self, ProofAlgorithm},
    envelope::Wire,
};
use sha2::{Digest as _, Sha256};

use crate::identity::{Credential, Identity, Peer};

pub use portion::{Held, NUMBERS_MAX, PORTIONS_MAX, Portion, over, ranges};
pub use shown::{Own, Shown, Wrong, read, write};
pub use tree::Tree;

/// A SHA-256.
pub type Hash = [u8; 32];

/// How far the clock of a signer may be from that of the bus.
pub const SKEW: Duration = Duration::from_secs(3_600);
/// The longest signature: two numbers of P-256 in the form of ASN.1.
const SIGNATURE_MAX: usize = 72;
/// What keeps this signature from being taken for one of anything else.
const DOMAIN: &[u8] = b"muster.bus.v1.Proof\0";

/// The digest of an envelope. Its encoding is one: fields in order, attributes in order of names.
pub fn digest(wire: &Wire) -> Hash {
    digest_of(&prost::Message::encode_to_vec(wire))
}

/// The same of an envelope whose bytes are that encoding.
pub fn digest_of(encoded: &[u8]) -> Hash {
    Sha256::digest(encoded).into()
}

/// A proof whose signature was checked against the certificate of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who has signed.
    pub signer: Arc<Credential>,
    /// For which log.
    pub log_id: String,
    /// When, by the signer's clock.
    pub at: Moment,
    /// The signature.
    pub signature: Vec<u8>,
    /// What was signed for, in order of source and recipient.
    pub portions: Vec<Portion>,
}

/// Signs for these envelopes as `identity`. Refuses only when its key is none of P-256.
pub fn sign(
    identity: &Identity,
    log_id: &str,
    at: Moment,
    held: impl IntoIterator<Item = Held>,
) -> Result<bus::Proof, Rejection> {
    let portions = Portion::gather(held);
    let peer = Peer { city: identity.city().clone(), party: identity.party().clone() };
    let statement = statement(&peer, log_id, at, &Tree::over(&portions));
    let signature = identity.sign(&statement).ok_or_else(|| {
        let message = "the key of this identity is no ECDSA key on P-256: it can't sign receipts";
        Rejection::unavailable("KEY_UNFIT", message)
    })?;
    Ok(bus::Proof {
        algorithm: ProofAlgorithm::EcdsaP256Sha256.into(),
        signed_at_ms: at.0,
        portions: portions.into_iter().map(Portion::write).collect(),
        signature,
    })
}

/// What somebody says to have signed; the signature is not looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    at: Moment,
    signature: Vec<u8>,
    portions: Vec<Portion>,
}

/// Reads a proof, at this time of the bus.
pub fn claim(proof: Option<bus::Proof>, now: Moment) -> Result<Claim, Rejection> {
    let proof = proof.ok_or_else(|| {
        let message = "a receipt is signed by its receiver; this one has no proof";
        Rejection::invalid("PROOF_MISSING", "proof", message)
    })?;
    if proof.algorithm() != ProofAlgorithm::EcdsaP256Sha256 {
        return Err(wrong("algorithm", "it must be PROOF_ALGORITHM_ECDSA_P256_SHA256"));
    }
    let at = Moment(proof.signed_at_ms);
    if at.since(now).max(now.since(at)) > SKEW {
        let message = format!("it is {at:?} by the signer and {now:?} here; set the clock right");
        return Err(wrong("signed_at_ms", message));
    }
    if proof.signature.len() > SIGNATURE_MAX {
        return Err(wrong("signature", format!("it has at most {SIGNATURE_MAX} bytes")));
    }
    Ok(Claim { at, portions: portion::read(proof.portions)?, signature: proof.signature })
}

/// Checks a proof that came by a connection of `signer`, for this log, at this time of the bus.
pub fn check(
    proof: Option<bus::Proof>,
    signer: &Arc<Credential>,
    log_id: &str,
    now: Moment,
) -> Result<Signed, Rejection> {
    let Claim { at, signature, portions } = claim(proof, now)?;
    let statement = statement(signer.peer(), log_id, at, &Tree::over(&portions));
    if !signer.has_signed(&statement, &signature) {
        let Peer { party, .. } = signer.peer();
        let message = format!(
            "it is not the signature of {party}, by the certificate of this connection, for these \
             portions and the log {log_id}"
        );
        return Err(wrong("signature", message));
    }
    Ok(Signed { signer: signer.clone(), log_id: log_id.to_owned(), at, signature, portions })
}

/// What is signed.
fn statement(signer: &Peer, log_id: &str, at: Moment, tree: &Tree) -> Vec<u8> {
    stated(signer, log_id, at, tree.count(), tree.root())
}

fn stated(signer: &Peer, log_id: &str, at: Moment, count: u32, root: Hash) -> Vec<u8> {
    let mut bytes = DOMAIN.to_vec();
    bytes.extend((ProofAlgorithm::EcdsaP256Sha256 as u32).to_be_bytes());
    put_text(&mut bytes, &signer.party.uri(&signer.city));
    put_text(&mut bytes, log_id);
    bytes.extend(at.0.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    bytes.extend(root);
    bytes
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn wrong(field: &str, message: impl std::fmt::Display) -> Rejection {
    Rejection::invalid("PROOF_WRONG", &format!("proof.{field}"), message)
}

#[cfg(test)]
pub(crate) mod tests;
