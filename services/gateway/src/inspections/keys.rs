//! The keys of stops and seizures. See the crate's doc.

use std::collections::BTreeSet;

use domain::{
    id::{InspectionId, ObjectId, UnitId},
    inspection::{Docket, Fact, SeizureId},
    party::Party,
};
use kit::{tx::Tx, view};

const DOCKETS: &[u8] = b"Nd";
/// The keys of all stops.
pub(super) const STOPS: &[u8] = b"Ni";
/// Of those in which something is open.
pub(super) const OPEN: &[u8] = b"No";
/// Of objects about which something waits for the office.
pub(super) const FLAGGED: &[u8] = b"Nf";
/// Of all seizures.
pub(super) const SEIZURES: &[u8] = b"Ns";
const ON_ITS_WAY: &[u8] = b"Nw";

fn key(kind: &[u8], id: &str) -> Vec<u8> {
    [kind, id.as_bytes()].concat()
}

/// The keys of a party's own, of one of these kinds.
pub(super) fn own(kind: &[u8], party: &Party) -> Vec<u8> {
    [b"Nu", &kind[1..], party.to_string().as_bytes(), &[0]].concat()
}

/// What was found of an object.
pub(super) fn docket(tx: &Tx<'_>, object: &ObjectId) -> Result<Option<Docket>, view::Error> {
    let json = tx.get(&key(DOCKETS, object.as_str()))?;
    Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
}

/// What was found of the object of a stop.
pub(super) fn docket_of(tx: &Tx<'_>, id: &InspectionId) -> Result<Option<Docket>, view::Error> {
    of_object(tx, &key(STOPS, id.as_str()))
}

/// What was found of the object of a seizure.
pub(super) fn seized(tx: &Tx<'_>, id: &SeizureId) -> Result<Option<Docket>, view::Error> {
    of_object(tx, &key(SEIZURES, &id.to_string()))
}

fn of_object(tx: &Tx<'_>, key: &[u8]) -> Result<Option<Docket>, view::Error> {
    let object = tx.get(key)?.and_then(|value| String::from_utf8(value).ok());
    match object.and_then(|object| ObjectId::parse(object).ok()) {
        Some(object) => docket(tx, &object),
        None => Ok(None),
    }
}

/// Whether something of a stop is open, or it has not come here yet.
pub(crate) fn is_open(tx: &Tx<'_>, id: &InspectionId) -> Result<bool, view::Error> {
    let is_here = tx.get(&key(STOPS, id.as_str()))?.is_some();
    Ok(!is_here || tx.get(&key(OPEN, id.as_str()))?.is_some())
}

/// Whether the number of a stop or a seizure is another object's already: it stays there.
pub(super) fn is_of_another(
    tx: &Tx<'_>,
    object: &ObjectId,
    fact: &Fact,
) -> Result<bool, view::Error> {
    let stop = fact.opens().map(|id| key(STOPS, id.as_str()));
    let seizure = fact.seizes().map(|id| key(SEIZURES, &id.to_string()));
    for at in [stop, seizure].into_iter().flatten() {
        if tx.get(&at)?.is_some_and(|of| of != object.as_str().as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes what was found of an object.
pub(super) fn put(tx: &mut Tx<'_>, docket: &Docket) {
    let object = docket.object.as_str();
    for (id, one) in &docket.inspections {
        let units = one.units();
        list(tx, STOPS, id.as_str(), object, &units, true);
        list(tx, OPEN, id.as_str(), object, &units, one.closed_at.is_none());
    }
    for id in docket.seizures.keys() {
        let units = BTreeSet::from([id.unit.clone()]);
        list(tx, SEIZURES, &id.to_string(), object, &units, true);
    }
    match proto::inspection::flags_out(docket).is_empty() {
        true => tx.remove(key(FLAGGED, object)),
        false => tx.put(key(FLAGGED, object), []),
    }
    tx.put(key(DOCKETS, object), serde_json::to_vec(docket).unwrap_or_default());
}

/// Puts something on a list, and on those of the units that it concerns, or takes it off.
fn list(
    tx: &mut Tx<'_>,
    kind: &[u8],
    id: &str,
    object: &str,
    units: &BTreeSet<UnitId>,
    is_on: bool,
) {
    let owns = units.iter().map(|unit| key(&own(kind, &Party::unit(unit)), id));
    for at in owns.chain([key(kind, id)]) {
        match is_on {
            true => tx.put(at, object.as_bytes()),
            false => tx.remove(at),
        }
    }
}

/// Notes that a decision of the office is on its way.
pub(super) fn send(tx: &mut Tx<'_>, object: &ObjectId) {
    tx.put(key(ON_ITS_WAY, object.as_str()), []);
}

/// It is in the record.
pub(super) fn is_back(tx: &mut Tx<'_>, object: &ObjectId) {
    tx.remove(key(ON_ITS_WAY, object.as_str()));
}

/// Whether one is on its way.
pub(super) fn is_sent(tx: &Tx<'_>, object: &ObjectId) -> Result<bool, view::Error> {
    Ok(tx.get(&key(ON_ITS_WAY, object.as_str()))?.is_some())
}
