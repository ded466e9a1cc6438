//! The records of the local engine: one kind per change, protobuf, tags never reused.
//!
//! | kind | content |
//! |---|---|
//! | `bus.envelope` | `muster.record.v1.Received`: the envelope and when it was accepted |
//! | `bus.acknowledged` | [`Acknowledged`] |
//! | `bus.committed` | [`Committed`] |
//! | `bus.followers` | [`Followers`] |
//! | `bus.worked` | nothing: commits were worked off further |
//!
//! An envelope's place is the place of its record. It is a change of the bus and not something that
//! the bus has received: the store's inbox, which is for those who receive, keeps no books of it.

use domain::{envelope::Envelope, moment::Moment, party::Party};
use kit::store::Draft;
use prost::Message;
use proto::record::{Change, Received, Record};

use crate::engine::Recorded;

const ENVELOPE: &str = "bus.envelope";
const ACKNOWLEDGED: &str = "bus.acknowledged";
const COMMITTED: &str = "bus.committed";
const FOLLOWERS: &str = "bus.followers";
const WORKED: &str = "bus.worked";

/// Deliveries that have ended.
#[derive(Clone, PartialEq, Message)]
pub struct Acknowledged {
    /// Whose mailbox.
    #[prost(string, tag = "1")]
    pub party: String,
    /// Which places; all of them were open.
    #[prost(uint64, repeated, tag = "2")]
    pub places: Vec<u64>,
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
}

/// Who must have everything before it is settled, from here on.
#[derive(Clone, PartialEq, Message)]
pub struct Followers {
    /// Who.
    #[prost(string, repeated, tag = "1")]
    pub parties: Vec<String>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// An envelope was taken.
    Taken(Box<Envelope>, Moment),
    /// Deliveries ended.
    Acknowledged(Party, Vec<u64>),
    /// A follower has come so far.
    Committed(Party, u64),
    /// These followers are mandatory now.
    Followers(Vec<Party>),
    /// Commits were worked off further.
    Worked,
}

/// The record of an envelope.
pub fn taken(envelope: &Envelope, at: Moment) -> Draft {
    let received = Received {
        accepted_at_ms: at.0,
        envelope: Some(proto::envelope::to_wire(envelope)),
        ..Received::default()
    };
    draft(ENVELOPE, received.encode_to_vec())
}

/// The record of an acknowledgement.
pub fn acknowledged(party: &Party, places: Vec<u64>) -> Draft {
    draft(ACKNOWLEDGED, Acknowledged { party: party.to_string(), places }.encode_to_vec())
}

/// The record of a commit.
pub fn committed(follower: &Party, place: u64) -> Draft {
    draft(COMMITTED, Committed { follower: follower.to_string(), place }.encode_to_vec())
}

/// The record of who is mandatory.
pub fn followers(parties: &[Party]) -> Draft {
    let parties = parties.iter().map(ToString::to_string).collect();
    draft(FOLLOWERS, Followers { parties }.encode_to_vec())
}

/// The record of commits worked off.
pub fn worked() -> Draft {
    draft(WORKED, Vec::new())
}

fn draft(kind: &str, data: Vec<u8>) -> Draft {
    Draft { change: Some(Change { kind: kind.to_owned(), data }), ..Draft::default() }
}

/// Reads a record; none when it is of no kind that is known here.
pub fn read(record: &Record) -> Option<Entry> {
    let change = record.change.as_ref()?;
    let data = change.data.as_slice();
    match change.kind.as_str() {
        ENVELOPE => {
            let received = Received::decode(data).ok()?;
            let envelope = proto::envelope::from_wire(received.envelope?).ok()?;
            Some(Entry::Taken(Box::new(envelope), Moment(received.accepted_at_ms)))
        }
        ACKNOWLEDGED => {
            let Acknowledged { party, places } = Acknowledged::decode(data).ok()?;
            Some(Entry::Acknowledged(party.parse().ok()?, places))
        }
        COMMITTED => {
            let Committed { follower, place } = Committed::decode(data).ok()?;
            Some(Entry::Committed(follower.parse().ok()?, place))
        }
        FOLLOWERS => {
            let Followers { parties } = Followers::decode(data).ok()?;
            let parties: Result<_, _> = parties.iter().map(|party| party.parse()).collect();
            Some(Entry::Followers(parties.ok()?))
        }
        WORKED => Some(Entry::Worked),
        _ => None,
    }
}

/// The envelope of a record; none when the record is something else.
pub fn recorded(place: u64, record: &Record) -> Option<Recorded> {
    if record.change.as_ref()?.kind != ENVELOPE {
        return None;
    }
    match read(record)? {
        Entry::Taken(envelope, accepted_at) => {
            Some(Recorded { place, accepted_at, envelope: *envelope })
        }
        _ => None,
    }
}
