//! The layout of the local engine's view, on one page. Counted by `LAYOUT` in `rules`.
//!
//! Texts have no zero byte (ids and parties are ASCII), so a zero ends them; numbers are
//! big-endian, so that order is meaning. Bodies stay in the journal.
//!
//! | key | value |
//! |---|---|
//! | `e <source> 0 <id>` | place (8), accepted at (8), SHA-256 of the wire envelope (32) |
//! | `n <source> 0 <recipient>` | the last number |
//! | `j <subject> 0 <place>` | nothing: the record of a subject |
//! | `m <party> 0 <place>` | accepted at (8), subject: one that waits in a mailbox |
//! | `q <party> 0 <subject> 0 <place>` | size in bytes: the same, by subject |
//! | `s <party> 0 <subject>` | first waiting place (8), priority (1) |
//! | `h <party> 0 <255 - priority> <first place>` | subject: what a fetch walks, one per subject |
//! | `d <party>` | depth of the mailbox |
//! | `w <place>` | needs an acknowledgement (1), receipt: an envelope that is not settled |
//! | `r <source> 0 <receipt place> <place>` | receipt: id 0 recipient 0 number |
//! | `c <follower>` | how far it has committed |
//! | `f` | the mandatory followers, separated by zeros |
//! | `k` | the place up to which commits have been worked off |

use domain::{envelope::Envelope, moment::Moment, party::Party};
use kit::view::number;

use crate::engine::Receipt;

/// The mandatory followers.
pub const FOLLOWERS: &[u8] = b"f";
/// How far commits have been worked off.
pub const WORKED: &[u8] = b"k";

fn key(kind: u8, texts: &[&str], numbers: &[u64]) -> Vec<u8> {
    let mut key = vec![kind];
    for text in texts {
        key.extend_from_slice(text.as_bytes());
        key.push(0);
    }
    for number in numbers {
        key.extend_from_slice(&number.to_be_bytes());
    }
    key
}

/// For whom an envelope is, as keys have it.
pub fn recipient(envelope: &Envelope) -> String {
    envelope.recipient.as_ref().map(ToString::to_string).unwrap_or_default()
}

pub fn envelope(source: &Party, id: &str) -> Vec<u8> {
    key(b'e', &[&source.to_string(), id], &[])
}

pub fn last_number(source: &Party, recipient: &str) -> Vec<u8> {
    key(b'n', &[&source.to_string(), recipient], &[])
}

pub fn subject(subject: &str) -> Vec<u8> {
    key(b'j', &[subject], &[])
}

pub fn subject_at(subject: &str, place: u64) -> Vec<u8> {
    key(b'j', &[subject], &[place])
}

pub fn mailbox(party: &Party) -> Vec<u8> {
    key(b'm', &[&party.to_string()], &[])
}

pub fn waiting(party: &Party, place: u64) -> Vec<u8> {
    key(b'm', &[&party.to_string()], &[place])
}

pub fn queue(party: &Party, subject: &str) -> Vec<u8> {
    key(b'q', &[&party.to_string(), subject], &[])
}

pub fn queued(party: &Party, subject: &str, place: u64) -> Vec<u8> {
    key(b'q', &[&party.to_string(), subject], &[place])
}

pub fn head_of(party: &Party, subject: &str) -> Vec<u8> {
    key(b's', &[&party.to_string(), subject], &[])
}

pub fn heads(party: &Party) -> Vec<u8> {
    key(b'h', &[&party.to_string()], &[])
}

pub fn head(party: &Party, head: Head) -> Vec<u8> {
    [&heads(party)[..], &[255 - head.priority], &head.place.to_be_bytes()].concat()
}

/// All depths, or those from a party on.
pub fn depths() -> Vec<u8> {
    vec![b'd']
}

pub fn depth(party: &Party) -> Vec<u8> {
    key(b'd', &[&party.to_string()], &[])
}

/// Whose depth it is.
pub fn depth_party(key: &[u8]) -> Option<Party> {
    text(key.get(1..)?)?.parse().ok()
}

pub fn unsettled_all() -> Vec<u8> {
    vec![b'w']
}

pub fn unsettled(place: u64) -> Vec<u8> {
    key(b'w', &[], &[place])
}

pub fn receipts(source: &Party) -> Vec<u8> {
    key(b'r', &[&source.to_string()], &[])
}

pub fn receipt(source: &str, receipt_place: u64, place: u64) -> Vec<u8> {
    key(b'r', &[source], &[receipt_place, place])
}

pub fn receipts_from(source: &Party, receipt_place: u64) -> Vec<u8> {
    key(b'r', &[&source.to_string()], &[receipt_place])
}

pub fn committed(follower: &Party) -> Vec<u8> {
    key(b'c', &[&follower.to_string()], &[])
}

/// The number that a key ends with.
pub fn tail(key: &[u8]) -> u64 {
    number(key.len().checked_sub(8).and_then(|at| key.get(at..)))
}

/// The first envelope of a subject in a mailbox, and how urgent the subject is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub place: u64,
    pub priority: u8,
}

impl Head {
    pub fn bytes(self) -> Vec<u8> {
        [&self.place.to_be_bytes()[..], &[self.priority]].concat()
    }

    pub fn read(bytes: &[u8]) -> Option<Head> {
        Some(Head { place: number(bytes.get(..8)), priority: *bytes.get(8)? })
    }
}

/// What is known of an envelope that was taken.
pub struct Taken {
    pub place: u64,
    pub at: Moment,
    pub fingerprint: [u8; 32],
}

impl Taken {
    pub fn bytes(&self) -> Vec<u8> {
        let numbers = [self.place.to_be_bytes(), self.at.0.to_be_bytes()].concat();
        [&numbers[..], &self.fingerprint].concat()
    }

    pub fn read(bytes: &[u8]) -> Option<Taken> {
        let fingerprint = bytes.get(16..)?.try_into().ok()?;
        let at = Moment(number(bytes.get(8..16)).cast_signed());
        Some(Taken { place: number(bytes.get(..8)), at, fingerprint })
    }
}

/// An envelope that not everybody has: the source that waits for its receipt, and the receipt.
pub struct Unsettled {
    pub needs_acknowledgement: bool,
    pub source: String,
    pub receipt: Vec<u8>,
}

impl Unsettled {
    pub fn of(envelope: &Envelope, needs_acknowledgement: bool) -> Unsettled {
        let receipt = format!("{}\0{}\0{}", envelope.id, recipient(envelope), envelope.number);
        let source = envelope.source.to_string();
        Unsettled { needs_acknowledgement, source, receipt: receipt.into_bytes() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let flag = u8::from(self.needs_acknowledgement);
        [&[flag], self.source.as_bytes(), &[0], &self.receipt].concat()
    }

    pub fn read(bytes: &[u8]) -> Option<Unsettled> {
        let (flag, rest) = bytes.split_first()?;
        let source = text(rest)?;
        let receipt = rest.get(source.len() + 1..)?.to_vec();
        Some(Unsettled { needs_acknowledgement: *flag == 1, source: source.to_owned(), receipt })
    }
}

/// Reads a receipt from its key and value.
pub fn read_receipt(key: &[u8], value: &[u8]) -> Option<Receipt> {
    let place = tail(key);
    let receipt_place = tail(key.get(..key.len().checked_sub(8)?)?);
    let mut texts = std::str::from_utf8(value).ok()?.split('\0');
    let id = texts.next()?.parse().ok()?;
    let recipient = match texts.next()? {
        "" => None,
        party => Some(party.parse().ok()?),
    };
    Some(Receipt { receipt_place, place, id, recipient, number: texts.next()?.parse().ok()? })
}

/// The text up to the first zero.
fn text(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&bytes[..end]).ok()
}
