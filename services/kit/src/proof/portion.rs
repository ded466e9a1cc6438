//! A portion of a proof: the envelopes of one source to one recipient.

use std::collections::HashMap;

use domain::{party::Party, rejection::Rejection};
use proto::{
    bus::{self, NumberRange},
    convert,
    envelope::Wire,
};
use sha2::{Digest as _, Sha256};

use super::{Hash, digest, digest_of, put_text, wrong};
use crate::store::Name;

/// How many portions a proof has at most: as many as a call has envelopes.
pub const PORTIONS_MAX: usize = 1_000;
/// How many envelopes a proof is about at most.
pub const NUMBERS_MAX: u64 = 10_000;

/// An envelope that is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who has sent it.
    pub source: Party,
    /// For whom it is; none: for the record.
    pub recipient: Option<Party>,
    /// Its number among these.
    pub number: u64,
    /// Its digest.
    pub digest: Hash,
}

/// What of a proof is about the envelopes of one source to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Who has sent them.
    pub source: Party,
    /// For whom they are; none: for the record.
    pub recipient: Option<Party>,
    /// The first and last of each range of numbers, ascending, with a gap between two.
    pub numbers: Vec<(u64, u64)>,
    /// Over the digests of all of them, in order.
    pub digest: Hash,
}

impl Held {
    /// An envelope to be signed for; none when it is no envelope. Whoever calls this has it on disk.
    pub fn of(wire: &Wire) -> Option<Held> {
        let Name { source, recipient, number } = Name::of(wire)?;
        Some(Held { source, recipient, number, digest: digest(wire) })
    }

    /// The same of the bytes that are its one encoding; none when they are no envelope. For who has
    /// them from [`proto::envelope::to_wire`]: in another order they have another digest.
    pub fn encoded(bytes: &[u8]) -> Option<Held> {
        let plain = proto::head::read(bytes)?;
        let source = plain.source.parse().ok()?;
        let recipient = plain.recipient.map(str::parse).transpose().ok()?;
        Some(Held { source, recipient, number: plain.number, digest: digest_of(bytes) })
    }
}

impl Portion {
    /// The portions of these envelopes; one that is named twice counts once.
    pub fn gather(held: impl IntoIterator<Item = Held>) -> Vec<Portion> {
        let mut series = Vec::<(Party, Option<Party>, Vec<(u64, Hash)>)>::new();
        let mut index = HashMap::new();
        let mut latest = 0;
        for Held { source, recipient, number, digest } in held {
            // Those of one series mostly come together.
            let is_it = |one: &(Party, Option<Party>, _)| one.0 == source && one.1 == recipient;
            if !series.get(latest).is_some_and(is_it) {
                latest = *index.entry((source.clone(), recipient.clone())).or_insert(series.len());
                if latest == series.len() {
                    series.push((source, recipient, Vec::new()));
                }
            }
            series[latest].2.push((number, digest));
        }
        let portion = |(source, recipient, mut digests): (Party, _, Vec<(u64, Hash)>)| {
            digests.sort_by_key(|(number, _)| *number);
            digests.dedup_by_key(|(number, _)| *number);
            let numbers = ranges(digests.iter().map(|(number, _)| *number));
            let digest = over(digests.iter().map(|(_, digest)| digest));
            Portion { source, recipient, numbers, digest }
        };
        let mut portions: Vec<Portion> = series.into_iter().map(portion).collect();
        portions.sort_by_cached_key(Portion::texts);
        portions
    }

    /// The source and the recipient, as keys and hashes have them.
    pub fn texts(&self) -> (String, String) {
        let recipient = self.recipient.as_ref().map(ToString::to_string);
        (self.source.to_string(), recipient.unwrap_or_default())
    }

    /// Every number.
    pub fn each(&self) -> impl Iterator<Item = u64> {
        self.numbers.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Whether this number is in it.
    pub fn has(&self, number: u64) -> bool {
        let at = self.numbers.partition_point(|(_, last)| *last < number);
        self.numbers.get(at).is_some_and(|(first, _)| *first <= number)
    }

    /// What is hashed as a leaf of the tree.
    pub(super) fn leaf(&self) -> Vec<u8> {
        let (source, recipient) = self.texts();
        let mut bytes = Vec::with_capacity(80 + source.len() + recipient.len());
        put_text(&mut bytes, &source);
        put_text(&mut bytes, &recipient);
        bytes.extend(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX).to_be_bytes());
        for (first, last) in &self.numbers {
            bytes.extend(first.to_be_bytes());
            bytes.extend(last.to_be_bytes());
        }
        bytes.extend(self.digest);
        bytes
    }

    /// The form on the wire.
    pub(super) fn write(self) -> bus::Portion {
        let (source, recipient) = self.texts();
        let range = |(first, last)| NumberRange { first, last };
        let numbers = self.numbers.into_iter().map(range).collect();
        bus::Portion { source, recipient, numbers, digest: self.digest.to_vec() }
    }

    /// Reads one; `left` is how many numbers it may have, and is less by them afterwards.
    pub(super) fn read(wire: bus::Portion, left: &mut u64) -> Result<Portion, Rejection> {
        let recipient = match wire.recipient.as_str() {
            "" => None,
            text => Some(convert::party("proof.portions.recipient", text)?),
        };
        let source = convert::party("proof.portions.source", &wire.source)?;
        let digest = wire.digest.try_into();
        let digest = digest.map_err(|_| wrong("portions.digest", "it must have 32 bytes"))?;
        let mut next = 1;
        let mut numbers = Vec::with_capacity(wire.numbers.len());
        for NumberRange { first, last } in wire.numbers {
            let count = last.checked_sub(first).and_then(|more| more.checked_add(1));
            let count =
                count.filter(|_| first >= next && last < u64::MAX - 1).ok_or_else(|| {
                    wrong("portions.numbers", "ranges must ascend from 1, with a gap between two")
                })?;
            *left = left.checked_sub(count).ok_or_else(|| {
                wrong("portions.numbers", format!("a proof has at most {NUMBERS_MAX} numbers"))
            })?;
            next = last + 2;
            numbers.push((first, last));
        }
        if numbers.is_empty() {
            return Err(wrong("portions.numbers", "a portion has at least one number"));
        }
        Ok(Portion { source, recipient, numbers, digest })
    }
}

/// Reads the portions of a proof.
pub(super) fn read(wires: Vec<bus::Portion>) -> Result<Vec<Portion>, Rejection> {
    if !(1..=PORTIONS_MAX).contains(&wires.len()) {
        return Err(wrong("portions", format!("a proof has 1 to {PORTIONS_MAX} portions")));
    }
    if !wires
        .is_sorted_by(|one, next| (&one.source, &one.recipient) < (&next.source, &next.recipient))
    {
        let message = "they must ascend by the texts of source and recipient, none twice";
        return Err(wrong("portions", message));
    }
    let mut left = NUMBERS_MAX;
    wires.into_iter().map(|wire| Portion::read(wire, &mut left)).collect()
}

/// The ranges of ascending numbers.
pub fn ranges(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut ranges = Vec::<(u64, u64)>::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}

/// The one digest over those of envelopes in the order of their numbers.
pub fn over<'h>(digests: impl IntoIterator<Item = &'h Hash>) -> Hash {
    let mut hasher = Sha256::new();
    digests.into_iter().for_each(|digest| hasher.update(digest));
    hasher.finalize().into()
}
