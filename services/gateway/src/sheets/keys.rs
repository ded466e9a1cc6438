//! The keys of sheets and of the bulletin. See the crate's doc.

use domain::{
    accountability::{Sheet, SheetId},
    id::{CaseId, FormId, UnitId},
    moment::Moment,
};
use kit::{tx::Tx, view};
use serde::{Deserialize, Serialize};

/// An entry of the bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When the bus had it.
    pub(crate) at: Moment,
    /// Whose, in which case.
    pub(crate) sheet: SheetId,
    /// The form; none where a complaint was upheld.
    pub(crate) form: Option<FormId>,
    /// What it says.
    pub(crate) text: String,
}

/// How many entries there are.
const COUNT: &[u8] = b"nbulletin";

/// The keys of all sheets.
pub(super) const SHEETS: &[u8] = b"s";

/// The keys of the bulletin.
pub(super) const BULLETIN: &[u8] = b"w";

fn key(kind: u8, first: &str, second: &str) -> Vec<u8> {
    [&[kind], first.as_bytes(), &[0], second.as_bytes()].concat()
}

fn of(kind: u8, id: &SheetId) -> Vec<u8> {
    key(kind, id.case_id.as_str(), id.unit.as_str())
}

/// The keys of a unit's own sheets.
pub(super) fn own(unit: &UnitId) -> Vec<u8> {
    key(b'u', unit.as_str(), "")
}

/// The sheet of such a key.
pub(super) fn own_sheet(prefix: &[u8], unit: &UnitId, key: &[u8]) -> Option<SheetId> {
    let case_id = String::from_utf8(key.strip_prefix(prefix)?.to_vec()).ok()?;
    Some(SheetId { case_id: CaseId::parse(case_id).ok()?, unit: unit.clone() })
}

/// A sheet as it stands.
pub(super) fn sheet(tx: &Tx<'_>, id: &SheetId) -> Result<Option<Sheet>, view::Error> {
    Ok(tx.get(&of(b's', id))?.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// Writes it.
pub(super) fn put(tx: &mut Tx<'_>, sheet: &Sheet) {
    let id = &sheet.id;
    tx.put(of(b's', id), serde_json::to_vec(sheet).unwrap_or_default());
    tx.put(key(b'u', id.unit.as_str(), id.case_id.as_str()), []);
}

/// Notes that a decision is on its way.
pub(super) fn decide(tx: &mut Tx<'_>, id: &SheetId) {
    tx.put(of(b't', id), []);
}

/// Whether one is.
pub(super) fn is_decided(tx: &Tx<'_>, id: &SheetId) -> Result<bool, view::Error> {
    Ok(tx.get(&of(b't', id))?.is_some())
}

/// The next entry of the bulletin.
pub(super) fn publish(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), view::Error> {
    let next = tx.number(COUNT)? + 1;
    tx.put(COUNT, next.to_be_bytes());
    let key = [BULLETIN, &next.to_be_bytes()].concat();
    tx.put(key, serde_json::to_vec(entry).unwrap_or_default());
    Ok(())
}
