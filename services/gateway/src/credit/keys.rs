//! The keys of credit. See the crate's doc.

use domain::{
    credit::{Delivery, Ledger},
    id::ObjectId,
};
use kit::{tx::Tx, view};

/// The keys of who is on the list.
pub(super) const LISTED: &[u8] = b"L";

/// The keys of what is not with an outside system yet.
pub(super) const OUTSTANDING: &[u8] = b"O";

fn of(kind: &[u8], object: &ObjectId) -> Vec<u8> {
    [kind, object.as_str().as_bytes()].concat()
}

fn outstanding(object: &ObjectId, delivery: &Delivery) -> Vec<u8> {
    let id = delivery.id.to_string();
    [&of(OUTSTANDING, object)[..], &[0], id.as_bytes()].concat()
}

/// The object of a key of [`LISTED`], or of [`OUTSTANDING`].
pub(super) fn object(key: &[u8]) -> Option<ObjectId> {
    let text = std::str::from_utf8(key.get(1..)?).ok()?;
    ObjectId::parse(text.split('\0').next()?).ok()
}

/// The credit of an object as it stands.
pub(super) fn ledger(tx: &Tx<'_>, object: &ObjectId) -> Result<Option<Ledger>, view::Error> {
    Ok(tx.get(&of(b"C", object))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes it.
pub(super) fn put(tx: &mut Tx<'_>, before: Option<&Ledger>, after: &Ledger) {
    let object = &after.object;
    // Deliveries are only added, so each has its place.
    let known = |index: usize| before.and_then(|before| before.deliveries.get(index));
    for (index, delivery) in after.deliveries.iter().enumerate() {
        if known(index) == Some(delivery) {
            continue;
        }
        let key = outstanding(object, delivery);
        match delivery.is_done() {
            true => tx.remove(key),
            false => tx.put(key, serde_json::to_vec(delivery).unwrap_or_default()),
        }
    }
    match after.listed() {
        Some(_) => tx.put(of(LISTED, object), []),
        None => tx.remove(of(LISTED, object)),
    }
    tx.put(of(b"C", object), serde_json::to_vec(after).unwrap_or_default());
}

/// Notes that a decision is on its way.
pub(super) fn send(tx: &mut Tx<'_>, object: &ObjectId) {
    tx.put(of(b"F", object), []);
}

/// It is in the record.
pub(super) fn is_back(tx: &mut Tx<'_>, object: &ObjectId) {
    tx.remove(of(b"F", object));
}

/// Whether one is on its way.
pub(super) fn is_sent(tx: &Tx<'_>, object: &ObjectId) -> Result<bool, view::Error> {
    Ok(tx.get(&of(b"F", object))?.is_some())
}
