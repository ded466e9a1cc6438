//! The one message between parties, in the terms of CloudEvents 1.0.
//!
//! The body is opaque here: `kind` names it, the wire crate reads it. An id belongs to its source;
//! a sender numbers what it sends to each recipient 1, 2, 3 without gaps.

use crate::{
    id::{EnvelopeId, PersonId},
    moment::Moment,
    party::Party,
};

/// The priority of what is said about people in danger: how far it goes before what is not.
pub const URGENT: u8 = 9;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// Unique within the source: the idempotency key.
    pub id: EnvelopeId,
    /// The authenticated sender.
    pub source: Party,
    /// What the body is: `muster.case.v1.TaskAccepted`.
    pub kind: String,
    /// The ordering key: `case/<city>/<case id>`.
    pub subject: String,
    /// When the sender decided it, by the sender's clock.
    pub time: Moment,
    /// For whom; none: for the record and its followers only.
    pub recipient: Option<Party>,
    /// Its number among what the source sends to the recipient, from 1.
    pub number: u64,
    /// The person who acted, as asserted by the source.
    pub actor: Option<PersonId>,
    /// For whom the source acts.
    pub on_behalf_of: Option<Party>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// 0 is ordinary; higher overtakes.
    pub priority: u8,
    /// When, for what and instead of what.
    pub terms: Terms,
    /// The body, as `kind` encodes it.
    pub body: Vec<u8>,
}

/// What most envelopes leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Not delivered before.
    pub not_before: Option<Moment>,
    /// Parked when it was not delivered until then, and its sender is told.
    pub expires: Option<Moment>,
    /// What its personal data is for.
    pub purpose: Option<String>,
    /// An earlier one of this source that it corrects.
    pub corrects: Option<EnvelopeId>,
    /// Names those that say the same to several receivers.
    pub group: Option<String>,
}
