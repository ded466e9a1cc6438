//! The keys of what a desk knows of stops. See the crate's doc.

use domain::{
    id::{InspectionId, ObjectId, UnitId},
    inspection::{Docket, Fact, SeizureId, Standing},
};
use kit::{tx::Tx, view};
use proto::inspection_wire as wire;

const DOCKETS: &[u8] = b"Id";
const STOPS: &[u8] = b"Io";
const SEIZED: &[u8] = b"Is";
const COUNT: &[u8] = b"In";
/// The findings of this unit.
const OWN: &[u8] = b"If";
/// Those that it has still to settle.
const PENDING: &[u8] = b"Ip";

fn key(kind: &[u8], id: &str) -> Vec<u8> {
    [kind, id.as_bytes()].concat()
}

fn place(kind: &[u8], id: &InspectionId, number: u32) -> Vec<u8> {
    [&key(kind, id.as_str())[..], &[0], &number.to_be_bytes()].concat()
}

/// What is known of an object.
pub(in crate::desk) fn docket(
    tx: &Tx<'_>,
    object: &ObjectId,
) -> Result<Option<Docket>, view::Error> {
    let json = tx.get(&key(DOCKETS, object.as_str()))?;
    Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// What is known of the object of a stop.
pub(super) fn docket_of(tx: &Tx<'_>, id: &InspectionId) -> Result<Option<Docket>, view::Error> {
    match object(tx.get(&key(STOPS, id.as_str()))?) {
        Some(object) => docket(tx, &object),
        None => Ok(None),
    }
}

/// The object of a seizure.
pub(super) fn object_of(tx: &Tx<'_>, id: &SeizureId) -> Result<Option<ObjectId>, view::Error> {
    Ok(object(tx.get(&key(SEIZED, &id.to_string()))?))
}

fn object(value: Option<Vec<u8>>) -> Option<ObjectId> {
    ObjectId::parse(String::from_utf8(value?).ok()?).ok()
}

/// How many seizures the register of this unit has.
pub(super) fn seizures(tx: &Tx<'_>) -> Result<u32, view::Error> {
    let bytes = tx.get(COUNT)?.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map(u32::from_be_bytes).unwrap_or_default())
}

/// Notes that the register has so many.
pub(super) fn count(tx: &mut Tx<'_>, number: u32) {
    tx.put(COUNT, number.to_be_bytes());
}

/// Whether the number of a stop or a seizure is another object's already: it stays there.
pub(super) fn is_of_another(
    tx: &Tx<'_>,
    object: &ObjectId,
    fact: &Fact,
) -> Result<bool, view::Error> {
    let stop = fact.opens().map(|id| key(STOPS, id.as_str()));
    let seizure = fact.seizes().map(|id| key(SEIZED, &id.to_string()));
    for at in [stop, seizure].into_iter().flatten() {
        if tx.get(&at)?.is_some_and(|of| of != object.as_str().as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes what is known of an object.
pub(super) fn put(tx: &mut Tx<'_>, unit: &UnitId, docket: &Docket) {
    let object = docket.object.as_str();
    for id in docket.inspections.keys() {
        tx.put(key(STOPS, id.as_str()), object.as_bytes());
    }
    for id in docket.seizures.keys() {
        tx.put(key(SEIZED, &id.to_string()), object.as_bytes());
    }
    let own = docket.findings().filter(|(_, _, finding)| finding.owner.as_ref() == Some(unit));
    for (id, number, _) in own {
        tx.put(place(OWN, id, number), b"");
        match docket.standing(id, number) {
            Some(Standing::Pending) => tx.put(place(PENDING, id, number), b""),
            _ => tx.remove(place(PENDING, id, number)),
        }
    }
    tx.put(key(DOCKETS, object), serde_json::to_vec(docket).unwrap_or_default());
}

/// A page of the findings of this unit with their keys; only those that it has still to settle, where
/// that is asked.
pub(crate) fn findings(
    tx: &Tx<'_>,
    is_pending: bool,
    from: &[u8],
    limit: usize,
) -> Result<Vec<(Vec<u8>, wire::Finding)>, view::Error> {
    let prefix = if is_pending { PENDING } else { OWN };
    let mut found = Vec::new();
    for (at, _) in tx.scan(prefix, from, limit)? {
        let Some((id, number)) = read_place(at.get(prefix.len()..).unwrap_or_default()) else {
            continue;
        };
        let docket = docket_of(tx, &id)?;
        let shown = docket.and_then(|docket| proto::inspection::finding_out(&docket, &id, number));
        found.extend(shown.map(|finding| (at, finding)));
    }
    Ok(found)
}

fn read_place(bytes: &[u8]) -> Option<(InspectionId, u32)> {
    let (id, number) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let id = std::str::from_utf8(id.strip_suffix(&[0])?).ok()?;
    Some((InspectionId::parse(id).ok()?, u32::from_be_bytes(number.try_into().ok()?)))
}

/// A seizure for the wire.
pub(super) fn seizure_out(docket: &Docket, id: &SeizureId) -> wire::Seizure {
    let seizure = docket.seizures.get(id);
    let shown = seizure.map(|one| proto::inspection::seizure_out(&docket.object, one));
    shown.unwrap_or_default()
}
