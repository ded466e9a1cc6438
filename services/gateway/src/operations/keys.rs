//! The keys of operations. See the crate's doc.

use domain::{
    id::OperationId,
    moment::Moment,
    operation::{Fact, Operation, concerned},
    party::Party,
};
use kit::{tx::Tx, view};
use serde::{Deserialize, Serialize};

/// An operation as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The operation.
    pub(crate) operation: Operation,
    /// Whether it has come back from the bus.
    pub(crate) is_on_bus: bool,
    /// How much was said in it.
    #[serde(default)]
    pub(crate) said: u64,
}

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When the bus had it.
    pub(crate) at: Moment,
    /// Who has said it.
    pub(crate) source: Party,
    /// What.
    pub(crate) fact: Fact,
}

/// The keys of all operations.
pub(super) const ALL: &[u8] = b"Xo";
/// The keys of those that wait for somebody to let go.
pub(super) const WAITING: &[u8] = b"Xw";

fn key(kind: &[u8], id: &OperationId) -> Vec<u8> {
    [kind, id.as_str().as_bytes()].concat()
}

/// The keys of what concerns a party.
pub(super) fn own(party: &Party) -> Vec<u8> {
    [b"Xp", party.to_string().as_bytes(), &[0]].concat()
}

/// The keys of what was said in an operation.
pub(super) fn log(id: &OperationId) -> Vec<u8> {
    [b"Xl", id.as_str().as_bytes(), &[0]].concat()
}

/// The operation of a key of a list.
pub(super) fn listed(prefix: &[u8], key: &[u8]) -> Option<OperationId> {
    let id = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
    OperationId::parse(id).ok()
}

/// An operation; none when there is no such one.
pub(super) fn kept(tx: &Tx<'_>, id: &OperationId) -> Result<Option<Kept>, view::Error> {
    Ok(tx.get(&key(ALL, id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes it, and into which lists it belongs.
pub(super) fn put(tx: &mut Tx<'_>, kept: &Kept) {
    let operation = &kept.operation;
    let id = &operation.id;
    for party in concerned(operation) {
        tx.put([&own(&party)[..], id.as_str().as_bytes()].concat(), []);
    }
    let waits = operation.ended.is_some() && operation.unreleased().next().is_some();
    match waits {
        true => tx.put(key(WAITING, id), []),
        false => tx.remove(key(WAITING, id)),
    }
    tx.put(key(ALL, id), serde_json::to_vec(kept).unwrap_or_default());
}

/// Writes what was said, and where in the order.
pub(super) fn say(tx: &mut Tx<'_>, kept: &mut Kept, entry: &Entry) {
    kept.said = kept.said.saturating_add(1);
    let at = [&log(&kept.operation.id)[..], &kept.said.to_be_bytes()].concat();
    tx.put(at, serde_json::to_vec(entry).unwrap_or_default());
}

/// How many orders were given here.
pub(super) fn orders(tx: &Tx<'_>, id: &OperationId) -> Result<u64, view::Error> {
    let found = tx.get(&key(b"Xn", id))?;
    let number = found.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
    Ok(number.map_or(0, u64::from_be_bytes))
}

/// Notes that one more was.
pub(super) fn order(tx: &mut Tx<'_>, id: &OperationId) -> Result<(), view::Error> {
    let count = orders(tx, id)?.saturating_add(1);
    tx.put(key(b"Xn", id), count.to_be_bytes());
    Ok(())
}
