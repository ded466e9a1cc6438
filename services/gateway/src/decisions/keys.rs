//! The keys of decisions. See the crate's doc.

use domain::{
    decision::{Decision, Extract, concerned},
    id::DecisionId,
    moment::Moment,
    party::Party,
};
use kit::{tx::Tx, view};
use serde::{Deserialize, Serialize};

/// The keys of all decisions.
pub(super) const DECISIONS: &[u8] = b"Dd";
/// The keys of those with an opinion that is not answered.
pub(super) const UNANSWERED: &[u8] = b"Dq";
/// The keys of publications.
pub(super) const PUBLICATIONS: &[u8] = b"Dp";

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Published {
    /// Of which decision.
    pub(super) id: DecisionId,
    /// What anybody may read.
    pub(super) extract: Extract,
    /// When.
    pub(super) at: Moment,
}

fn key(kind: &[u8], id: &DecisionId) -> Vec<u8> {
    [kind, id.as_str().as_bytes()].concat()
}

/// The keys of what concerns a party.
pub(super) fn own(party: &Party) -> Vec<u8> {
    [b"Du", party.to_string().as_bytes(), &[0]].concat()
}

/// The decision of such a key.
pub(super) fn of(prefix: &[u8], key: &[u8]) -> Option<DecisionId> {
    let id = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
    DecisionId::parse(id).ok()
}

/// A decision; none when there is no such one.
pub(super) fn kept(tx: &Tx<'_>, id: &DecisionId) -> Result<Option<Decision>, view::Error> {
    Ok(tx.get(&key(DECISIONS, id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes it.
pub(super) fn put(tx: &mut Tx<'_>, decision: &Decision) {
    let id = &decision.id;
    for unit in concerned(decision) {
        tx.put([&own(&Party::unit(&unit))[..], id.as_str().as_bytes()].concat(), []);
    }
    match decision.opinions.iter().any(|opinion| opinion.reply.is_none()) {
        true => tx.put(key(UNANSWERED, id), []),
        false => tx.remove(key(UNANSWERED, id)),
    }
    tx.put(key(DECISIONS, id), serde_json::to_vec(decision).unwrap_or_default());
}

/// Writes a publication, in the order of their moments.
pub(super) fn publish(tx: &mut Tx<'_>, id: &DecisionId, extract: &Extract, at: Moment) {
    let (time, phase) = (at.0.max(0).to_be_bytes(), extract.phase.word().as_bytes());
    let key = [PUBLICATIONS, &time, id.as_str().as_bytes(), &[0], phase].concat();
    let published = Published { id: id.clone(), extract: extract.clone(), at };
    tx.put(key, serde_json::to_vec(&published).unwrap_or_default());
}

/// Notes that an opinion has this number.
pub(super) fn note(tx: &mut Tx<'_>, id: &DecisionId, number: u32) {
    tx.put(key(b"Dn", id), number.to_be_bytes());
}

/// The highest number that an opinion has here.
pub(super) fn noted(tx: &Tx<'_>, id: &DecisionId) -> Result<u32, view::Error> {
    let number = tx.get(&key(b"Dn", id))?.and_then(|bytes| bytes.try_into().ok());
    Ok(number.map_or(0, u32::from_be_bytes))
}
