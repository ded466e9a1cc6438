//! What is asked of an engine: the promises of the bus, without the wire and without permissions.
//!
//! Every engine passes `conformance`. It promises: what was published is on disk; envelopes of one
//! subject are delivered in order, at least once; what fails too often is parked, and only its
//! subject waits; an envelope is settled once, when its recipient and every mandatory follower has
//! it; nothing is dropped; the record lets go only of what is in its archive, and all of it is still
//! read. It trusts its caller to know who is speaking: `source`, `mailbox` and
//! `follower` are parties that somebody else has authenticated. It carries envelopes as the bytes
//! that came, and reads of them only the [`Head`].

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{envelope::Envelope, id::PersonId, moment::Moment, party::Party, rejection};
use futures::future::BoxFuture;
use kit::proof::{Shown, Signed};
use prost::{Message as _, bytes::Bytes};
use tokio::sync::watch;

mod parcel;
mod room;
mod subscriber;

pub use parcel::{Head, Parcel};
pub use room::{BEHIND_MAX, Behind, Hold, Reader, Room};
pub use subscriber::{SUBSCRIBERS_MAX, Selection, Start, Subscriber};

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

/// What will be the places of a request.
pub type Placing = BoxFuture<'static, Result<Vec<Placement>, Error>>;

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
    /// The envelope, as it came.
    pub wire: Bytes,
}

impl Recorded {
    /// Reads the envelope.
    pub fn envelope(&self) -> Result<Envelope, rejection::Rejection> {
        let wire = proto::envelope::Wire::decode(self.wire.clone()).map_err(|error| {
            tracing::error!(%error, place = self.place, "an envelope in the record can't be read");
            rejection::Rejection::unavailable("RECORD_UNREADABLE", "the record can't be read now")
        })?;
        proto::envelope::from_wire(wire)
    }
}

/// An envelope in somebody's hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is delivered.
    pub recorded: Recorded,
    /// 1 for the first time since the engine was started.
    pub attempt: u32,
}

/// A delivery as its reader knows it, so that none is taken out of another reader's hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// The envelope's place.
    pub place: u64,
    /// The how manieth delivery it is.
    pub attempt: u32,
}

impl Delivery {
    /// How its reader names it when it goes.
    pub fn held(&self) -> Held {
        Held { place: self.recorded.place, attempt: self.attempt }
    }
}

/// What became of deliveries that were given back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many of them were in hand.
    pub count: u32,
    /// Which of them are parked now.
    pub parked: Vec<u64>,
}

/// Why an envelope is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was delivered as often as is allowed.
    Attempts,
    /// It was not delivered before it expired.
    Expired,
}

/// An envelope that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Whose mailbox it is in.
    pub mailbox: Party,
    /// The envelope.
    pub recorded: Recorded,
    /// When it was parked.
    pub at: Moment,
    /// Why.
    pub cause: Cause,
    /// What the receiver has said last.
    pub reason: String,
    /// How often it was delivered.
    pub attempts: u32,
}

/// What to do with parked envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// Whose mailbox they are in.
    pub mailbox: Party,
    /// Which; none: all, as many as fit.
    pub places: Vec<u64>,
    /// Whether they are let go, and not put back.
    pub is_skipped: bool,
    /// Why.
    pub reason: String,
    /// The party that says so.
    pub caller: Party,
    /// The person.
    pub actor: PersonId,
    /// Only say what would be done.
    pub is_preview: bool,
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

/// What has become of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Everybody who must have it has it.
    Settled,
    /// A person has let it go without its being received.
    Skipped,
    /// It waits for a person: it was refused too often.
    Parked,
    /// It waits for a person: it was not delivered in time.
    Expired,
}

/// A sender is told what has become of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where it is said; several receipts may share it.
    pub receipt_place: u64,
    /// The envelope's place.
    pub place: u64,
    /// For whom it was.
    pub recipient: Option<Party>,
    /// Its number.
    pub number: u64,
    /// What became of it.
    pub fate: Fate,
    /// Who must have it besides the recipient, when it is settled or skipped.
    pub followers: Arc<[Party]>,
}

/// Receipts of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// In the order in which they were given.
    pub receipts: Vec<Receipt>,
    /// What was signed, in the order in which it was: each before, or in the same answer as, what is
    /// settled by it.
    pub proofs: Vec<Shown>,
    /// How far was read: the place to go on from, also when there were none.
    pub upto: u64,
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
    /// How many of them are parked.
    pub parked: u64,
    /// How many are in readers' hands.
    pub in_hand: u64,
    /// How many deliveries were not the first, since the engine was started.
    pub redelivered: u64,
    /// How many envelopes were taken since then.
    pub taken: u64,
    /// How many deliveries there were since then.
    pub delivered: u64,
    /// How many were acknowledged since then.
    pub acknowledged: u64,
}

/// How an envelope is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By its place.
    Place(u64),
    /// By what its sender calls it: source, recipient, number.
    Number(Party, Option<Party>, u64),
}

/// Where an envelope stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its earliest time has not come.
    Early(Moment),
    /// It waits in the mailbox.
    Waiting,
    /// It waits behind an earlier one of its subject.
    Behind(u64),
    /// A reader has it, until then.
    InHand(Moment),
    /// It waits for a person, since then.
    Parked(Moment),
    /// Followers do not have it yet.
    Acknowledged,
    /// Everybody who must have it has it.
    Settled,
}

/// Where an envelope is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The envelope.
    pub recorded: Recorded,
    /// Where it stands.
    pub standing: Standing,
    /// Which followers do not have it.
    pub missing: Vec<Party>,
}

/// The state of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// How far each mandatory follower is.
    pub followers: Vec<(Party, u64)>,
    /// How many envelopes wait in all mailboxes.
    pub waiting: u64,
    /// How many of them are parked.
    pub parked: u64,
    /// How many were taken since the engine was started.
    pub taken: u64,
    /// Since when it runs.
    pub started: Option<Moment>,
    /// Bytes of the record on disk.
    pub record_bytes: u64,
    /// Bytes that are free there.
    pub free_bytes: u64,
    /// What the record takes, and what keeps it.
    pub room: Room,
    /// How often the record was synced since the engine was started.
    pub syncs: u64,
}

/// A store and carrier of envelopes.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Which log this is; changes only when the record was lost.
    fn log_id(&self) -> String;

    /// The last place of the record, to watch as it grows. Ends when the engine has ended.
    fn growth(&self) -> watch::Receiver<u64>;

    /// Begins to take a request, whole or not at all, after those that were begun before it. What it
    /// answers says where each envelope is once all are on disk; one sync serves all that wait. What
    /// was begun is finished, also when nobody waits for that.
    /// Refuses `ENVELOPE_ID_REUSED`, `NUMBER_REUSED`, `UNKNOWN_RECIPIENT`, `MAILBOX_FULL`, or a gap.
    async fn begin(&self, source: &Party, parcels: Vec<Parcel>) -> Result<Placing, Error>;

    /// Takes each request, in order. On disk when it returns.
    async fn publish(
        &self,
        source: &Party,
        requests: Vec<Vec<Parcel>>,
    ) -> Vec<Result<Vec<Placement>, Error>> {
        let mut begun = Vec::with_capacity(requests.len());
        for parcels in requests {
            begun.push(self.begin(source, parcels).await);
        }
        let placed = begun.into_iter().map(|begun| async { begun?.await });
        futures::future::join_all(placed).await
    }

    /// Leases what can be delivered: of each subject the earliest first, and nothing of a subject
    /// while an earlier one of it is leased, parked or too early. Empty when nothing came in time.
    /// Whoever stops waiting for it has leased nothing.
    async fn fetch(&self, mailbox: &Party, ask: Ask) -> Result<Vec<Delivery>, Error>;

    /// Ends deliveries; says how many were still open. The proof is of the mailbox's party and its
    /// signature holds; each sender is shown its own part of it. Refuses `NOT_IN_MAILBOX`, and
    /// `PROOF_INCOMPLETE` when it is not for exactly the envelopes at these places.
    async fn acknowledge(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        proof: Signed,
    ) -> Result<u32, Error>;

    /// Gives deliveries back, with what is in hand behind them in their subjects: they come again
    /// after the delay, or are parked. What is in hand before them stays there.
    async fn refuse(
        &self,
        mailbox: &Party,
        places: Vec<u64>,
        reason: String,
        delay: Duration,
    ) -> Result<Refused, Error>;

    /// Keeps deliveries longer; says how many were still in hand.
    async fn extend(&self, mailbox: &Party, places: Vec<u64>, lease: Duration) -> u32;

    /// A reader has gone: what it had in hand is free at once. What was delivered again since then
    /// stays with the one who has it.
    async fn release(&self, mailbox: &Party, held: Vec<Held>);

    /// At most `limit` parked envelopes after a place of a mailbox, by mailbox and place.
    async fn parked(
        &self,
        of: Option<&Party>,
        after: Option<(Party, u64)>,
        limit: usize,
    ) -> Result<Vec<Parked>, Error>;

    /// Puts parked envelopes back or skips them; says which. Refuses `NOT_PARKED`.
    async fn resolve(&self, resolve: Resolve) -> Result<Vec<Parked>, Error>;

    /// At most `limit` envelopes after a place.
    async fn read(&self, after: u64, limit: usize) -> Result<Piece, Error>;

    /// The place before the first envelope that was accepted at that time or later.
    async fn before(&self, time: Moment) -> Result<u64, Error>;

    /// Notes that a mandatory follower has all up to `place`; says how far it is. Never goes back.
    /// The proof is as for `acknowledge`, and none is needed where nothing is new. Refuses
    /// `PROOF_MISSING`, and `PROOF_INCOMPLETE` when it leaves out an envelope behind the last commit,
    /// or is for one that is not in the record up to there.
    async fn commit(
        &self,
        follower: &Party,
        place: u64,
        proof: Option<Signed>,
    ) -> Result<u64, Error>;

    /// About `limit` receipts for what a source has sent, said after a place: all of one receipt
    /// place, or none of it.
    async fn receipts(&self, source: &Party, after: u64, limit: usize) -> Result<Receipts, Error>;

    /// At most `limit` envelopes of a subject after a place.
    async fn list(&self, subject: &str, after: u64, limit: usize) -> Result<Listed, Error>;

    /// At most `limit` mailboxes after a party, by party.
    async fn mailboxes(&self, after: Option<&Party>, limit: usize) -> Result<Vec<Mailbox>, Error>;

    /// Makes a subscriber or changes it; one that was there keeps its cursor. Refuses
    /// `TOO_MANY_SUBSCRIBERS`.
    async fn put_subscriber(
        &self,
        party: &Party,
        name: &str,
        selection: Selection,
        start: Start,
    ) -> Result<Subscriber, Error>;

    /// Sets the cursor of a subscriber; forward only when it is an acknowledgement. Refuses
    /// `UNKNOWN_SUBSCRIBER`.
    async fn seek(
        &self,
        party: &Party,
        name: &str,
        place: u64,
        is_acknowledgement: bool,
    ) -> Result<Subscriber, Error>;

    /// Forgets a subscriber. Refuses `UNKNOWN_SUBSCRIBER`.
    async fn remove_subscriber(&self, party: &Party, name: &str) -> Result<(), Error>;

    /// At most `limit` subscribers after a name, by party and name.
    async fn subscribers(
        &self,
        of: Option<&Party>,
        after: Option<(Party, String)>,
        limit: usize,
    ) -> Result<Vec<Subscriber>, Error>;

    /// Where an envelope is. Refuses `UNKNOWN_ENVELOPE`.
    async fn locate(&self, name: Name) -> Result<Located, Error>;

    /// The state of the engine.
    async fn status(&self) -> Result<Status, Error>;
}
