//! An envelope on its way in: the bytes that came, what the bus reads of them, and both in short.

use domain::{
    envelope::Envelope, id::EnvelopeId, moment::Moment, party::Party, rejection::Rejection,
};
use prost::{Message as _, bytes::Bytes};
use proto::head::{self, Plain};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What the bus reads of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Unique within the source.
    pub id: EnvelopeId,
    /// Who says that it sends it.
    pub source: Party,
    /// What the body is.
    pub kind: String,
    /// The ordering key.
    pub subject: String,
    /// For whom; none: for the record.
    pub recipient: Option<Party>,
    /// Its number among what the source sends to the recipient.
    pub number: u64,
    /// Higher overtakes.
    pub priority: u8,
    /// Not delivered before.
    pub not_before: Option<Moment>,
    /// Parked when it was not delivered until then.
    pub expires: Option<Moment>,
}

/// An envelope on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// What the bus reads of it.
    pub head: Head,
    /// Its source and id in short.
    pub name: u64,
    /// Its content in short: a repeat has the same.
    pub print: u64,
    /// All of it, as it came.
    pub wire: Bytes,
}

impl Parcel {
    /// Reads the bytes in which an envelope came.
    pub fn read(wire: Bytes) -> Result<Parcel, Rejection> {
        if let Some(plain) = head::read(&wire) {
            return Parcel::of(&plain, wire.clone());
        }
        let far = |why: &dyn std::fmt::Display| {
            let message = format!("not an envelope: {why}");
            Rejection::invalid("MALFORMED_ENVELOPE", "envelopes", message)
        };
        let envelope = proto::envelope::Wire::decode(wire.clone()).map_err(|error| far(&error))?;
        let plainly = proto::envelope::to_wire(&proto::envelope::from_wire(envelope)?);
        let plainly = plainly.encode_to_vec();
        let plain = head::read(&plainly).ok_or_else(|| far(&"it can't be written plainly"))?;
        Parcel::of(&plain, wire)
    }

    fn of(plain: &Plain<'_>, wire: Bytes) -> Result<Parcel, Rejection> {
        let recipient = plain.recipient.map(|to| proto::convert::party("recipient", to));
        let head = Head {
            id: proto::convert::id("id", plain.id)?,
            source: proto::convert::party("source", plain.source)?,
            kind: plain.kind.to_owned(),
            subject: plain.subject.to_owned(),
            recipient: recipient.transpose()?,
            number: plain.number,
            priority: plain.priority,
            not_before: plain.not_before,
            expires: plain.expires,
        };
        let name = short(short(0, plain.source.as_bytes()), plain.id.as_bytes());
        Ok(Parcel { head, name, print: print(name, plain), wire })
    }
}

impl From<Envelope> for Parcel {
    fn from(envelope: Envelope) -> Parcel {
        let wire = proto::envelope::to_wire(&envelope).encode_to_vec();
        Parcel::read(wire.into()).expect("what is written plainly is read")
    }
}

/// Bytes in short, after what was before them.
fn short(before: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, before)
}

/// An envelope in short; the same whatever order its attributes came in.
fn print(name: u64, plain: &Plain<'_>) -> u64 {
    let texts = [
        Some(plain.kind),
        Some(plain.subject),
        plain.recipient,
        plain.actor,
        plain.on_behalf_of,
        plain.traceparent,
        plain.purpose,
        plain.corrects,
        plain.group,
    ];
    let numbers = [
        plain.time.0,
        plain.number.cast_signed(),
        plain.priority.into(),
        plain.not_before.map_or(i64::MIN, |at| at.0),
        plain.expires.map_or(i64::MIN, |at| at.0),
    ];
    let mut so_far = short(name, plain.body);
    for (at, text) in (1_u64..).zip(texts) {
        // What is there and empty is another thing than what is not there.
        so_far = text.map_or(so_far, |text| short(so_far ^ at, text.as_bytes()));
    }
    short(so_far, &numbers.map(i64::to_be_bytes).concat())
}
