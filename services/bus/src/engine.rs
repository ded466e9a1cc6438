//! What is asked of an engine: the promises of the bus, without the wire and without permissions.
//!
//! Every engine passes `conformance`. It promises: what was published is on disk; envelopes of one
//! subject are delivered in order, at least once; an envelope is settled once, when its recipient
//! and every mandatory follower has it. It trusts its caller to know who is speaking: `source`,
//! `mailbox` and `follower` are parties that somebody else has authenticated.

use std::time::Duration;

use async_trait::async_trait;
use domain::{envelope::Envelope, id::EnvelopeId, moment::Moment, party::Party, rejection};
use tokio::sync::watch;

/// Why an engine does not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The rules say no, or it is not possible now.
    #[error(transparent)]
    Rejected(#[from] rejection::Rejection),
    /// A number leaves a gap: the sender begins again from `expected`.
    #[error("{number} to {recipient:?} leaves a gap: {expected} is expected")]
    Gap {
        /// For whom; empty: for the followers.
        recipient: String,
        /// The number that came.
        number: u64,
        /// The one that must come next.
        expected: u64,
    },
}

/// Where an envelope is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Its place, from 1.
    pub place: u64,
    /// When it was accepted.
    pub accepted_at: Moment,
    /// Whether it was here already.
    pub is_duplicate: bool,
}

/// What a mailbox is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// At most so many envelopes.
    pub max: usize,
    /// How long to wait when there is nothing.
    pub wait: Duration,
    /// How long they are kept for the one who asks.
    pub lease: Duration,
}

/// An envelope in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub place: u64,
    /// When it was accepted.
    pub accepted_at: Moment,
    /// The envelope.
    pub envelope: Envelope,
}

/// An envelope in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is delivered.
    pub recorded: Recorded,
    /// 1 for the first time since the engine was started.
    pub attempt: u32,
}

/// A piece of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// In order of acceptance.
    pub recorded: Vec<Recorded>,
    /// How far was read: the place to go on from, also when no envelope was found.
    pub upto: u64,
}

/// A page of the record of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In order of acceptance.
    pub recorded: Vec<Recorded>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// Everybody who must have an envelope has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where it was settled; several receipts may share it.
    pub receipt_place: u64,
    /// The envelope's place.
    pub place: u64,
    /// Its id.
    pub id: EnvelopeId,
    /// For whom it was.
    pub recipient: Option<Party>,
    /// Its number.
    pub number: u64,
}

/// The state of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose.
    pub party: Party,
    /// How many wait or are leased.
    pub depth: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Moment>,
}

/// A store and carrier of envelopes.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Which log this is; changes only when the record was lost.
    fn log_id(&self) -> String;

    /// The last place of the record, to watch as it grows. Ends when the engine has ended.
    fn growth(&self) -> watch::Receiver<u64>;

    /// Takes all of them, in order, or none. On disk when it returns.
    /// Refuses `ENVELOPE_ID_REUSED`, `NUMBER_REUSED`, `UNKNOWN_RECIPIENT`, `MAILBOX_FULL`, or a gap.
    async fn publish(
        &self,
        source: &Party,
        envelopes: Vec<Envelope>,
    ) -> Result<Vec<Placement>, Error>;

    /// Leases what can be delivered: of each subject the earliest first, and nothing of a subject
    /// while an earlier one of it is leased. Empty when nothing came in time.
    async fn fetch(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error>;

    /// Ends deliveries; says how many were still open. Refuses `NOT_IN_MAILBOX`.
    async fn acknowledge(&self, mailbox: &Party, places: Vec<u64>) -> Result<u32, Error>;

    /// At most `limit` envelopes after a place.
    async fn read(&self, after: u64, limit: usize) -> Result<Piece, Error>;

    /// Notes that a mandatory follower has all up to `place`; says how far it is. Never goes back.
    async fn commit(&self, follower: &Party, place: u64) -> Result<u64, Error>;

    /// About `limit` receipts for what a source has sent, settled after a place: all of one
    /// receipt place, or none of it.
    async fn receipts(
        &self,
        source: &Party,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Receipt>, Error>;

    /// At most `limit` envelopes of a subject after a place.
    async fn list(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Error>;

    /// At most `limit` mailboxes after a party, by party.
    async fn mailboxes(&self, after: Option<&Party>, limit: usize) -> Result<Vec<Mailbox>, Error>;
}
