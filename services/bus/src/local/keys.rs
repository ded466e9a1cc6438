//! The layout of the local engine's view, on one page. Counted by `LAYOUT` in `rules`.
//!
//! Texts have no zero byte (ids and parties are ASCII), so a zero ends them; numbers are
//! big-endian, so that order is meaning. What begins with a capital letter is looked for one at a time
//! and kept by its hash in memory, see `kit::tx`. A block holds what belongs to 256 places or numbers, see
//! `block`. Bodies stay in the journal.
//!
//! | key | value |
//! |---|---|
//! | `I <source> 0 <recipient>` | series (8): what this source sends to this recipient |
//! | `T <series>` | source 0 recipient |
//! | `z` | how many series there are |
//! | `N <series>` | its last number |
//! | `L <series> <block of numbers>` | the places of its numbers |
//! | `J <subject> 0 <last>` | up to 128 places (8 each) of its record; the latest under `u64::MAX` |
//! | `b <party> 0 <block>` | those that wait in a mailbox |
//! | `u <party> 0 <255 - priority> <place>` | line (8): those of them that are urgent |
//! | `m <party> 0 <place>` | not before (8), expires (8): of those that have such times |
//! | `x <expires> <place>` | party: those that expire, the earliest first |
//! | `d <party>` | depth of the mailbox |
//! | `k <party> 0 <place>` | [`Parked`](super::entry::Parked): those of them that are parked |
//! | `o <party>` | how many are parked |
//! | `w <block>` | those that are not settled |
//! | `r <source> 0 <block>` | nothing: there are receipts or proofs for this source among those places |
//! | `g <name>` | [`Signer`](super::entry::Signer): a certificate with which was signed |
//! | `y <party> 0 <name>` | [`Subscriber`](super::entry::Subscriber) |
//! | `c <follower>` | how far it has committed |
//! | `f` | the mandatory followers, separated by zeros |
//! | `q` | the place up to which commits have been worked off |

use domain::{moment::Moment, party::Party};
use kit::view::number;
use sha2::{Digest as _, Sha256};

/// The mandatory followers.
pub const FOLLOWERS: &[u8] = b"f";
/// How far commits have been worked off.
pub const WORKED: &[u8] = b"q";
/// How many series there are.
pub const SERIES: &[u8] = b"z";

fn key(kind: u8, texts: &[&str], numbers: &[u64]) -> Vec<u8> {
    let length: usize = texts.iter().map(|text| text.len() + 1).sum();
    let mut key = Vec::with_capacity(1 + length + numbers.len() * 8);
    key.push(kind);
    for text in texts {
        key.extend_from_slice(text.as_bytes());
        key.push(0);
    }
    for number in numbers {
        key.extend_from_slice(&number.to_be_bytes());
    }
    key
}

/// What stands for a subject where its order is kept. Two that share it wait for each other.
pub fn line(subject: &str) -> u64 {
    let digest = Sha256::digest(subject.as_bytes());
    number(digest.get(..8))
}

pub fn series(source: &str, recipient: &str) -> Vec<u8> {
    key(b'I', &[source, recipient], &[])
}

pub fn series_text(series: u32) -> Vec<u8> {
    key(b'T', &[], &[series.into()])
}

pub fn last_number(series: u32) -> Vec<u8> {
    key(b'N', &[], &[series.into()])
}

pub fn places(series: u32, block: u64) -> Vec<u8> {
    key(b'L', &[], &[series.into(), block])
}

pub fn subject(subject: &str) -> Vec<u8> {
    key(b'J', &[subject], &[])
}

/// Those of its places that end with `last`.
pub fn subject_upto(subject: &str, last: u64) -> Vec<u8> {
    key(b'J', &[subject], &[last])
}

pub fn mailbox(party: &str) -> Vec<u8> {
    key(b'b', &[party], &[])
}

pub fn waiting(party: &str, block: u64) -> Vec<u8> {
    key(b'b', &[party], &[block])
}

pub fn urgent(party: &str) -> Vec<u8> {
    key(b'u', &[party], &[])
}

pub fn urgent_at(party: &str, priority: u8, place: u64) -> Vec<u8> {
    [&urgent(party)[..], &[255 - priority], &place.to_be_bytes()].concat()
}

pub fn times(party: &str, place: u64) -> Vec<u8> {
    key(b'm', &[party], &[place])
}

pub fn expiring_all() -> Vec<u8> {
    vec![b'x']
}

pub fn expiring(expires: Moment, place: u64) -> Vec<u8> {
    key(b'x', &[], &[ordered(expires), place])
}

/// When it expires, and its place.
pub fn read_expiring(key: &[u8]) -> (Moment, u64) {
    let at = number(key.get(1..9)) ^ (1 << 63);
    (Moment(at.cast_signed()), tail(key))
}

/// A moment as a number that orders in the same way.
fn ordered(moment: Moment) -> u64 {
    moment.0.cast_unsigned() ^ (1 << 63)
}

/// All depths, or those from a party on.
pub fn depths() -> Vec<u8> {
    vec![b'd']
}

pub fn depth(party: &str) -> Vec<u8> {
    key(b'd', &[party], &[])
}

pub fn parked_all() -> Vec<u8> {
    vec![b'k']
}

pub fn parked_in(party: &str) -> Vec<u8> {
    key(b'k', &[party], &[])
}

pub fn parked(party: &str, place: u64) -> Vec<u8> {
    key(b'k', &[party], &[place])
}

pub fn parked_count(party: &str) -> Vec<u8> {
    key(b'o', &[party], &[])
}

pub fn unsettled_all() -> Vec<u8> {
    vec![b'w']
}

pub fn unsettled(block: u64) -> Vec<u8> {
    key(b'w', &[], &[block])
}

pub fn receipts(source: &str) -> Vec<u8> {
    key(b'r', &[source], &[])
}

pub fn receipts_in(source: &str, block: u64) -> Vec<u8> {
    key(b'r', &[source], &[block])
}

pub fn certificate(name: &[u8]) -> Vec<u8> {
    [b"g", name].concat()
}

pub fn subscribers() -> Vec<u8> {
    vec![b'y']
}

pub fn subscribers_of(party: &str) -> Vec<u8> {
    key(b'y', &[party], &[])
}

pub fn subscriber(party: &str, name: &str) -> Vec<u8> {
    key(b'y', &[party, name], &[])
}

pub fn committed(follower: &Party) -> Vec<u8> {
    key(b'c', &[&follower.to_string()], &[])
}

/// The number that a key ends with.
pub fn tail(key: &[u8]) -> u64 {
    number(key.len().checked_sub(8).and_then(|at| key.get(at..)))
}

/// The first text of a key.
pub fn party(key: &[u8]) -> Option<Party> {
    let texts = key.get(1..)?;
    let end = texts.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&texts[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expires_first_comes_first() {
        let moments = [-5, -1, 0, 7].map(Moment);
        let keys = moments.map(|moment| expiring(moment, 3));
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| read_expiring(&key)), moments.map(|moment| (moment, 3)));
    }

    #[test]
    fn a_key_names_its_party() {
        let party = "unit/housing".parse().unwrap();
        assert_eq!(super::party(&parked("unit/housing", 0)), Some(party));
        assert_eq!(super::party(b"k"), None);
    }
}
