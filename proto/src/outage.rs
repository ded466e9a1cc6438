//! An outage of our own as it stands in the record.

use domain::{envelope::Envelope, id::CityId, moment::Moment, outage::Outage, party::Role};

use crate::{body, muster::outage::v1::OutageRecorded};

/// The subject of a city's outages.
pub fn subject(city: &CityId) -> String {
    format!("outage/{city}")
}

/// Writes one: its type and its body.
pub fn write(outage: &Outage) -> (String, Vec<u8>) {
    body::write(&OutageRecorded { from_ms: outage.from.0, to_ms: outage.to.0 })
}

/// Reads one; none when it is something else, or is not said by the worker.
pub fn read(city: &CityId, envelope: &Envelope) -> Option<Outage> {
    let is_ours = envelope.subject == subject(city) && envelope.source.is(Role::Worker);
    let recorded = body::read::<OutageRecorded>(&envelope.kind, &envelope.body);
    let OutageRecorded { from_ms, to_ms } = recorded.filter(|_| is_ours)?;
    (from_ms < to_ms).then_some(Outage { from: Moment(from_ms), to: Moment(to_ms) })
}
