//! Where in the gateway's journal what was said about each matter stands that is no case: operations,
//! approvals, decisions, sheets, stops.
//!
//! A picture is drawn of what was said, and how a matter stands does not say that. Of what is said
//! here the place is kept from the moment it is in the journal, so that a picture shows also what the
//! bus has not taken. Whether its source may say it is judged when it is drawn.

use domain::{
    id::{CityId, InspectionId},
    party::{Party, Role},
};
use kit::{trace::TRACEPARENT, tx::Tx, view};
use proto::{envelope::Wire, muster::envelope::v1::attribute_value::Attr, record::Received};

use crate::told::Spot;

/// What such matters are said with, and how their subjects begin.
const KINDS: [(&str, &str); 5] = [
    ("muster.operation.v1.", "operation/"),
    ("muster.approval.v1.", "approval/"),
    ("muster.decision.v1.", "decision/"),
    ("muster.accountability.v1.", "accountability/"),
    ("muster.inspection.v1.", "inspection/"),
];

/// The name under which a stop's own steps stand: its envelopes have its object as their subject.
pub(crate) fn stop(city: &CityId, id: &InspectionId) -> String {
    format!("stop/{city}/{id}")
}

fn key(kind: u8, subject: &str) -> Vec<u8> {
    [&[kind], subject.as_bytes(), &[0]].concat()
}

fn at(spot: Spot) -> Vec<u8> {
    [&spot.place.to_be_bytes()[..], &spot.index.to_be_bytes()].concat()
}

fn spot(bytes: &[u8], is_received: bool) -> Option<Spot> {
    let (place, index) = bytes.split_at_checked(size_of::<u64>())?;
    let place = u64::from_be_bytes(place.try_into().ok()?);
    Some(Spot { place, index: u32::from_be_bytes(index.try_into().ok()?), is_received })
}

fn text<'w>(wire: &'w Wire, name: &str) -> Option<&'w str> {
    match wire.attributes.get(name)?.attr.as_ref()? {
        Attr::CeString(text) => Some(text),
        _ => None,
    }
}

/// The subject of an envelope about such a matter.
fn about(wire: &Wire) -> Option<&str> {
    let subject = text(wire, "subject")?;
    let is_it = |(kind, prefix): &(&str, &str)| {
        wire.r#type.starts_with(kind) && subject.starts_with(prefix)
    };
    KINDS.iter().any(is_it).then_some(subject)
}

/// Something is said here, and on its way to the bus.
pub(crate) fn leaves(tx: &mut Tx<'_>, wire: &Wire, spot: Spot) -> Result<(), view::Error> {
    if let Some(subject) = about(wire) {
        tx.put([&key(b'U', subject)[..], wire.id.as_bytes()].concat(), at(spot));
        keep_trace(tx, subject, wire)?;
    }
    Ok(())
}

/// The trace of a matter is that of the first thing that is known of it.
fn keep_trace(tx: &mut Tx<'_>, subject: &str, wire: &Wire) -> Result<(), view::Error> {
    if let Some(context) = text(wire, TRACEPARENT)
        && tx.get(&key(b'V', subject))?.is_none()
    {
        tx.put(key(b'V', subject), context.as_bytes());
    }
    Ok(())
}

/// The trace context of a matter; none while nothing of it is here.
pub(crate) fn trace(tx: &Tx<'_>, subject: &str) -> Result<Option<String>, view::Error> {
    Ok(tx.get(&key(b'V', subject))?.and_then(|text| String::from_utf8(text).ok()))
}

/// Something has come from the bus.
pub(crate) fn comes(tx: &mut Tx<'_>, received: &Received, spot: Spot) -> Result<(), view::Error> {
    let Some(wire) = &received.envelope else { return Ok(()) };
    let Some(subject) = about(wire) else { return Ok(()) };
    note(tx, subject, wire, spot)?;
    if wire.source == Party::service(Role::Gateway).to_string() {
        tx.remove([&key(b'U', subject)[..], wire.id.as_bytes()].concat());
    }
    Ok(())
}

/// It is a step of this matter too.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    subject: &str,
    wire: &Wire,
    spot: Spot,
) -> Result<(), view::Error> {
    tx.put([&key(b'T', subject)[..], &at(spot)].concat(), []);
    keep_trace(tx, subject, wire)
}

/// Where all that was said about a matter stands, what is on its way to the bus last.
pub(crate) fn spots(tx: &Tx<'_>, subject: &str) -> Result<Vec<Spot>, view::Error> {
    let prefix = key(b'T', subject);
    let came = tx.scan(&prefix, b"", usize::MAX)?.into_iter();
    let came = came.filter_map(|(key, _)| spot(key.get(prefix.len()..)?, true));
    let own = tx.scan(&key(b'U', subject), b"", usize::MAX)?.into_iter();
    let mut own: Vec<Spot> = own.filter_map(|(_, value)| spot(&value, false)).collect();
    own.sort_unstable_by_key(|spot| (spot.place, spot.index));
    Ok(came.chain(own).collect())
}
