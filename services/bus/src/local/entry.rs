//! The records of the local engine: one kind per change, protobuf, tags never reused.
//!
//! | kind | content |
//! |---|---|
//! | `bus.taken` | [`Taken`]: an envelope, with what the view needs of it |
//! | `bus.ended` | [`Ended`]: its recipient has it, and has signed for it |
//! | `bus.signer` | [`Signer`]: a certificate with which is signed from here on |
//! | `bus.committed` | [`Committed`]: a follower has come so far, and has signed for it |
//! | `bus.worked` | [`Worked`]: commits were worked off further |
//! | `bus.followers` | [`Followers`]: who is mandatory from here on |
//! | `bus.parked` | [`Parked`]: it waits for a person |
//! | `bus.resolved` | [`Resolved`]: a person has decided |
//! | `bus.subscriber` | [`Subscriber`]: it is so now |
//! | `bus.unsubscribed` | [`Subscriber`]: it is gone |
//!
//! An envelope's place is the place of its record. It is a change of the bus and not something that
//! the bus has received: the store's inbox, which is for those who receive, keeps no books of it.
//! What a sender is told is in the record that says it, see [`Noted`].

use std::borrow::Cow;

use domain::moment::Moment;
use kit::store::{Draft, Fact, Written};
use prost::{
    Message,
    bytes::{Bytes, BytesMut},
};
use proto::record::Record;

use crate::engine::Recorded;

macro_rules! kinds {
    ($($kind:ident = $name:literal),* $(,)?) => {
        /// What a record says.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Entry { $(
            #[doc = $name]
            $kind($kind),
        )* }

        $(impl From<$kind> for Draft<Entry> {
            fn from(message: $kind) -> Draft<Entry> {
                let fact = Some(Entry::$kind(message));
                Draft { change: None, fact, outgoing: Vec::new() }
            }
        })*

        impl Fact for Entry {
            fn kind(&self) -> &'static str {
                match self { $(Entry::$kind(_) => $name,)* }
            }

            fn encoded_len(&self) -> usize {
                match self { $(Entry::$kind(message) => message.encoded_len(),)* }
            }

            fn encode(&self, to: &mut BytesMut) {
                match self { $(Entry::$kind(message) => message.encode_raw(to),)* }
            }
        }

        /// Reads a record; none when it is of no kind that is known here.
        pub fn read(record: &Record) -> Option<Entry> {
            let change = record.change.as_ref()?;
            // From the record's own bytes: an envelope in it is not copied.
            let data = change.data.clone();
            match change.kind.as_str() {
                $($name => $kind::decode(data).ok().map(Entry::$kind),)*
                _ => None,
            }
        }
    };
}

kinds! {
    Taken = "bus.taken",
    Ended = "bus.ended",
    Committed = "bus.committed",
    Worked = "bus.worked",
    Followers = "bus.followers",
    Parked = "bus.parked",
    Resolved = "bus.resolved",
    Subscribed = "bus.subscriber",
    Unsubscribed = "bus.unsubscribed",
    Signer = "bus.signer",
}

/// An envelope was taken.
#[derive(Clone, PartialEq, Message)]
pub struct Taken {
    /// When, Unix milliseconds.
    #[prost(int64, tag = "1")]
    pub accepted_at_ms: i64,
    /// What its source sends to its recipient.
    #[prost(uint32, tag = "2")]
    pub series: u32,
    /// The source and the recipient, with a zero between them, when the series begins here.
    #[prost(string, tag = "3")]
    pub opens: String,
    /// Its number in the series.
    #[prost(uint64, tag = "4")]
    pub number: u64,
    /// Its subject.
    #[prost(string, tag = "5")]
    pub subject: String,
    /// Whose mailbox it goes to; empty: to nobody's.
    #[prost(string, tag = "7")]
    pub mailbox: String,
    /// Whether followers must have it before it is settled.
    #[prost(bool, tag = "8")]
    pub is_followed: bool,
    /// Higher overtakes.
    #[prost(uint32, tag = "9")]
    pub priority: u32,
    /// Not delivered before, Unix milliseconds.
    #[prost(int64, optional, tag = "10")]
    pub not_before_ms: Option<i64>,
    /// Parked when not delivered until then, Unix milliseconds.
    #[prost(int64, optional, tag = "11")]
    pub expires_ms: Option<i64>,
    /// What the sender is told at once: that it is settled, when nobody must have it.
    #[prost(message, repeated, tag = "12")]
    pub noted: Vec<Noted>,
    /// Its source and id in short, and its content: for a while, to know a repeat.
    #[prost(fixed64, tag = "13")]
    pub name: u64,
    /// See `name`.
    #[prost(fixed64, tag = "14")]
    pub print: u64,
    /// The envelope, as it came.
    #[prost(bytes = "bytes", tag = "15")]
    pub wire: Bytes,
}

/// What a sender is told.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Noted {
    /// The series of the envelope.
    #[prost(uint32, tag = "1")]
    pub series: u32,
    /// Its number in it.
    #[prost(uint64, tag = "2")]
    pub number: u64,
    /// Its place.
    #[prost(uint64, tag = "3")]
    pub place: u64,
    /// What became of it.
    #[prost(enumeration = "Told", tag = "4")]
    pub told: i32,
}

/// What can become of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum Told {
    /// Everybody has it.
    Settled = 0,
    /// Nobody will get it: a person has said so.
    Skipped = 1,
    /// It waits for a person.
    Parked = 2,
    /// It was not delivered in time, and waits for a person.
    Expired = 3,
}

/// Deliveries have ended.
#[derive(Clone, PartialEq, Message)]
pub struct Ended {
    /// Whose mailbox.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Which places, ascending; all of them were open.
    #[prost(uint64, repeated, tag = "2")]
    pub places: Vec<u64>,
    /// What is settled by it.
    #[prost(message, repeated, tag = "3")]
    pub noted: Vec<Noted>,
    /// What the recipient has signed.
    #[prost(message, optional, tag = "4")]
    pub proof: Option<Proof>,
    /// Who else must have what is settled.
    #[prost(string, repeated, tag = "5")]
    pub followers: Vec<String>,
}

/// What a receiver has signed.
#[derive(Clone, PartialEq, Message)]
pub struct Proof {
    /// Who.
    #[prost(string, tag = "1")]
    pub signer: String,
    /// With which certificate, see [`Signer`].
    #[prost(bytes = "vec", tag = "2")]
    pub certificate: Vec<u8>,
    /// For which log: a log that was restored has another name than before.
    #[prost(string, tag = "3")]
    pub log_id: String,
    /// When, Unix milliseconds.
    #[prost(int64, tag = "4")]
    pub at_ms: i64,
    /// The signature.
    #[prost(bytes = "vec", tag = "5")]
    pub signature: Vec<u8>,
    /// In the order in which they were signed.
    #[prost(message, repeated, tag = "6")]
    pub portions: Vec<Portion>,
}

/// What of a proof is about one series.
#[derive(Clone, PartialEq, Message)]
pub struct Portion {
    /// Which.
    #[prost(uint32, tag = "1")]
    pub series: u32,
    /// Of each range of numbers the first, and how many more.
    #[prost(uint64, repeated, tag = "2")]
    pub numbers: Vec<u64>,
    /// Over the digests of all of them.
    #[prost(bytes = "vec", tag = "3")]
    pub digest: Vec<u8>,
}

/// A certificate with which is signed.
#[derive(Clone, PartialEq, Message)]
pub struct Signer {
    /// Its hash, and that of those between it and its authority.
    #[prost(bytes = "vec", tag = "1")]
    pub name: Vec<u8>,
    /// It, and they, DER.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub chain: Vec<Vec<u8>>,
}

/// How far a follower is.
#[derive(Clone, PartialEq, Message)]
pub struct Committed {
    /// Who.
    #[prost(string, tag = "1")]
    pub follower: String,
    /// All up to here.
    #[prost(uint64, tag = "2")]
    pub place: u64,
    /// How far commits are worked off by it.
    #[prost(message, optional, tag = "3")]
    pub worked: Option<Worked>,
    /// What it has signed; none when nothing lay between.
    #[prost(message, optional, tag = "4")]
    pub proof: Option<Proof>,
}

/// Commits were worked off.
#[derive(Clone, PartialEq, Message)]
pub struct Worked {
    /// Up to this place.
    #[prost(uint64, tag = "1")]
    pub upto: u64,
    /// What is settled by it.
    #[prost(message, repeated, tag = "2")]
    pub noted: Vec<Noted>,
    /// Who must have what is settled, besides its recipient.
    #[prost(string, repeated, tag = "3")]
    pub followers: Vec<String>,
}

/// Who must have everything before it is settled, from here on.
#[derive(Clone, PartialEq, Message)]
pub struct Followers {
    /// Who.
    #[prost(string, repeated, tag = "1")]
    pub parties: Vec<String>,
}

/// An envelope waits for a person.
#[derive(Clone, PartialEq, Message)]
pub struct Parked {
    /// Whose mailbox.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Its place.
    #[prost(uint64, tag = "2")]
    pub place: u64,
    /// When, Unix milliseconds.
    #[prost(int64, tag = "3")]
    pub at_ms: i64,
    /// Whether it has expired; else it was delivered too often.
    #[prost(bool, tag = "4")]
    pub is_expired: bool,
    /// What the receiver has said last.
    #[prost(string, tag = "5")]
    pub reason: String,
    /// How often it was delivered.
    #[prost(uint32, tag = "6")]
    pub attempts: u32,
    /// What the sender is told.
    #[prost(message, optional, tag = "7")]
    pub noted: Option<Noted>,
}

/// A person has decided about parked envelopes.
#[derive(Clone, PartialEq, Message)]
pub struct Resolved {
    /// Whose mailbox.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Which places, ascending; all of them were parked.
    #[prost(uint64, repeated, tag = "2")]
    pub places: Vec<u64>,
    /// Whether they are let go, and not put back.
    #[prost(bool, tag = "3")]
    pub is_skipped: bool,
    /// Why.
    #[prost(string, tag = "4")]
    pub reason: String,
    /// The party that said so.
    #[prost(string, tag = "5")]
    pub caller: String,
    /// The person.
    #[prost(string, tag = "6")]
    pub actor: String,
    /// What the senders are told.
    #[prost(message, repeated, tag = "7")]
    pub noted: Vec<Noted>,
    /// Who must have what is skipped.
    #[prost(string, repeated, tag = "8")]
    pub followers: Vec<String>,
}

/// A subscriber as it is.
#[derive(Clone, PartialEq, Message)]
pub struct Subscriber {
    /// Whose.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Patterns of types.
    #[prost(string, repeated, tag = "3")]
    pub types: Vec<String>,
    /// Patterns of subjects.
    #[prost(string, repeated, tag = "4")]
    pub subjects: Vec<String>,
    /// The last place that it has.
    #[prost(uint64, tag = "5")]
    pub place: u64,
    /// When its cursor was moved last, Unix milliseconds.
    #[prost(int64, tag = "6")]
    pub moved_ms: i64,
}

/// A subscriber is so now.
#[derive(Clone, PartialEq, Message)]
pub struct Subscribed {
    /// How.
    #[prost(message, optional, tag = "1")]
    pub subscriber: Option<Subscriber>,
}

/// A subscriber is gone.
#[derive(Clone, PartialEq, Message)]
pub struct Unsubscribed {
    /// Whose.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
}

/// Only what is delivered of a [`Taken`].
#[derive(Clone, PartialEq, Message)]
struct Carried {
    #[prost(int64, tag = "1")]
    accepted_at_ms: i64,
    #[prost(bytes = "bytes", tag = "15")]
    wire: Bytes,
}

/// What a record says that was just written, or is read again.
pub fn said(one: &Written<Entry>) -> Option<Cow<'_, Entry>> {
    match &one.fact {
        Some(entry) => Some(Cow::Borrowed(entry)),
        None => read(&one.record).map(Cow::Owned),
    }
}

/// The envelope in a record, at its place; none when the record is something else.
pub fn recorded(place: u64, record: &Record) -> Option<Recorded> {
    let change = record.change.as_ref().filter(|change| change.kind == "bus.taken")?;
    let Carried { accepted_at_ms, wire } = Carried::decode(change.data.clone()).ok()?;
    Some(Recorded { place, accepted_at: Moment(accepted_at_ms), wire })
}

impl Entry {
    /// What senders are told by it.
    pub fn noted(&self) -> &[Noted] {
        match self {
            Entry::Taken(Taken { noted, .. })
            | Entry::Ended(Ended { noted, .. })
            | Entry::Worked(Worked { noted, .. })
            | Entry::Resolved(Resolved { noted, .. })
            | Entry::Committed(Committed { worked: Some(Worked { noted, .. }), .. }) => noted,
            Entry::Parked(parked) => parked.noted.as_slice(),
            _ => &[],
        }
    }

    /// Who must have what is settled or skipped by it, besides the recipient.
    pub fn followers(&self) -> &[String] {
        match self {
            Entry::Ended(Ended { followers, .. })
            | Entry::Worked(Worked { followers, .. })
            | Entry::Resolved(Resolved { followers, .. })
            | Entry::Committed(Committed { worked: Some(Worked { followers, .. }), .. }) => {
                followers
            }
            _ => &[],
        }
    }

    /// What a receiver has signed.
    pub fn proof(&self) -> Option<&Proof> {
        match self {
            Entry::Ended(Ended { proof, .. }) | Entry::Committed(Committed { proof, .. }) => {
                proof.as_ref()
            }
            _ => None,
        }
    }

    /// The envelope in it, at its place; none when the record is something else.
    pub fn recorded(&self, place: u64) -> Option<Recorded> {
        let Entry::Taken(Taken { accepted_at_ms, wire, .. }) = self else { return None };
        Some(Recorded { place, accepted_at: Moment(*accepted_at_ms), wire: wire.clone() })
    }
}
