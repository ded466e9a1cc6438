//! The keys of approvals. See the crate's doc.

use std::collections::BTreeSet;

use domain::{approval::Approval, id::ApprovalId, party::Party};
use kit::{tx::Tx, view};
use serde::{Deserialize, Serialize};

/// An approval as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The approval.
    pub(crate) approval: Approval,
    /// Whether it has come back from the bus.
    pub(crate) is_on_bus: bool,
    /// Its trace context: that of the application.
    #[serde(default)]
    pub(crate) trace: Option<String>,
}

/// The keys of all approvals.
pub(super) const APPROVALS: &[u8] = b"p";

fn key(kind: u8, id: &ApprovalId) -> Vec<u8> {
    [&[kind], id.as_str().as_bytes()].concat()
}

/// The keys of what concerns a party.
pub(super) fn own(party: &Party) -> Vec<u8> {
    [b"f", party.to_string().as_bytes(), &[0]].concat()
}

/// The approval of such a key.
pub(super) fn own_approval(prefix: &[u8], key: &[u8]) -> Option<ApprovalId> {
    let id = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
    ApprovalId::parse(id).ok()
}

/// Whom an approval concerns: who applied, and whoever is asked.
pub(crate) fn concerned(approval: &Approval) -> BTreeSet<Party> {
    let applied = &approval.applied;
    let asked = applied.approvers.iter().chain(&applied.asked).map(Party::unit);
    asked.chain([applied.applicant.clone()]).collect()
}

/// An approval; none when there is no such one.
pub(super) fn kept(tx: &Tx<'_>, id: &ApprovalId) -> Result<Option<Kept>, view::Error> {
    Ok(tx.get(&key(b'p', id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes it.
pub(super) fn put(tx: &mut Tx<'_>, kept: &Kept) {
    let id = &kept.approval.id;
    for party in concerned(&kept.approval) {
        tx.put([&own(&party)[..], id.as_str().as_bytes()].concat(), []);
    }
    tx.put(key(b'p', id), serde_json::to_vec(kept).unwrap_or_default());
}

/// Notes that it is taken back.
pub(super) fn withdraw(tx: &mut Tx<'_>, id: &ApprovalId) {
    tx.put(key(b'g', id), []);
}

/// Whether it is.
pub(super) fn is_withdrawn(tx: &Tx<'_>, id: &ApprovalId) -> Result<bool, view::Error> {
    Ok(tx.get(&key(b'g', id))?.is_some())
}
