//! At which place of this journal an envelope is, by its number: what was sent, and what was received.
//!
//! | key | value |
//! |---|---|
//! | `0x01 s <recipient> 0 <block>` | the places (8) of 128 numbers that this role sent |
//! | `0x01 e <source> 0 <recipient> 0 <block>` | the places (8) of 128 numbers that it received |
//!
//! Whoever signs for an envelope, and whoever checks what was signed, reads it from its own journal:
//! what comes again from the bus is not taken for what is on disk.

use std::collections::HashMap;

use domain::party::Party;
use proto::{envelope::Wire, muster::envelope::v1::attribute_value::Attr, record::Record};

use super::{Error, Machine, Store, books::key};
use crate::{
    proof::{self, Hash, Held, Portion},
    tx::Tx,
    view::{self, number},
};

/// How many numbers share a value.
const BLOCK: u64 = 128;

/// An envelope as its receiver names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// Who has sent it.
    pub source: Party,
    /// For whom; none: for the record.
    pub recipient: Option<Party>,
    /// Its number among these.
    pub number: u64,
}

impl Name {
    /// The name of an envelope; none when it is no envelope.
    pub fn of(wire: &Wire) -> Option<Name> {
        let recipient = match text(wire, "recipient") {
            Some(recipient) => Some(recipient.parse().ok()?),
            None => None,
        };
        let number = text(wire, "number")?.parse().ok()?;
        Some(Name { source: wire.source.parse().ok()?, recipient, number })
    }

    fn recipient_text(&self) -> String {
        self.recipient.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

fn text<'w>(wire: &'w Wire, name: &str) -> Option<&'w str> {
    match wire.attributes.get(name)?.attr.as_ref()? {
        Attr::CeString(text) => Some(text),
        _ => None,
    }
}

fn sent_key(recipient: &str, number: u64) -> Vec<u8> {
    key(b's', &[recipient.as_bytes(), &(number / BLOCK).to_be_bytes()])
}

fn received_key(source: &str, recipient: &str, number: u64) -> Vec<u8> {
    let block = (number / BLOCK).to_be_bytes();
    key(b'e', &[source.as_bytes(), recipient.as_bytes(), &block])
}

pub(super) fn note_sent(
    tx: &mut Tx<'_>,
    recipient: &str,
    number: u64,
    place: u64,
) -> Result<(), view::Error> {
    note(tx, &sent_key(recipient, number), number, place)
}

/// Notes where the first of this name is; one that comes again is nowhere.
pub(super) fn note_received(
    tx: &mut Tx<'_>,
    (source, recipient): (&str, &str),
    number: u64,
    place: u64,
) -> Result<(), view::Error> {
    note(tx, &received_key(source, recipient, number), number, place)
}

fn note(tx: &mut Tx<'_>, key: &[u8], number: u64, place: u64) -> Result<(), view::Error> {
    let at = offset(number);
    tx.edit(key, |value| {
        if value.len() < at + 8 {
            value.resize(at + 8, 0);
        }
        value[at..at + 8].copy_from_slice(&place.to_be_bytes());
    })
}

fn offset(number: u64) -> usize {
    usize::try_from(number % BLOCK).unwrap_or(0) * 8
}

fn find(tx: &Tx<'_>, key: &[u8], at: u64) -> Result<u64, view::Error> {
    let (value, at) = (tx.get(key)?, offset(at));
    Ok(number(value.as_deref().and_then(|value| value.get(at..at + 8))))
}

/// A record of this journal, with the digests of the envelopes in it.
#[derive(Default)]
struct Open {
    place: u64,
    digests: HashMap<Name, Hash>,
}

impl Open {
    fn of(place: u64, record: Option<&Record>) -> Open {
        let received = record.iter().flat_map(|record| &record.received);
        let received = received.filter_map(|received| received.envelope.as_ref());
        let all = received.chain(record.iter().flat_map(|record| &record.outgoing));
        let digests = all.filter_map(|wire| Some((Name::of(wire)?, proof::digest(wire))));
        Open { place, digests: digests.collect() }
    }
}

impl<M: Machine> Store<M> {
    /// These envelopes as they are in this journal, to be signed for. None when one is not there:
    /// then nothing may be signed.
    pub fn held(&self, names: Vec<Name>) -> Result<Option<Vec<Held>>, Error> {
        let (mut open, mut held) = (Open::default(), Vec::with_capacity(names.len()));
        for name in names {
            let (source, recipient) = (name.source.to_string(), name.recipient_text());
            let key = received_key(&source, &recipient, name.number);
            let place = self.look(|tx| find(tx, &key, name.number))?;
            let Some(digest) = self.digest_at(&mut open, place, &name)? else { return Ok(None) };
            let Name { source, recipient, number } = name;
            held.push(Held { source, recipient, number, digest });
        }
        Ok(Some(held))
    }

    /// The digest of what this role has sent under the numbers of a portion; none when it has not
    /// sent one of them.
    pub(super) fn sent(&self, portion: &Portion) -> Result<Option<Hash>, Error> {
        let (source, recipient) = (self.machine().party(), portion.recipient.clone());
        let (_, text) = portion.texts();
        let (mut open, mut digests) = (Open::default(), Vec::new());
        let mut name = Name { source, recipient, number: 0 };
        for number in portion.each() {
            name.number = number;
            let place = self.look(|tx| find(tx, &sent_key(&text, number), number))?;
            let Some(digest) = self.digest_at(&mut open, place, &name)? else { return Ok(None) };
            digests.push(digest);
        }
        Ok(Some(proof::over(&digests)))
    }

    fn digest_at(&self, open: &mut Open, at: u64, name: &Name) -> Result<Option<Hash>, Error> {
        if at == 0 {
            return Ok(None);
        }
        if open.place != at {
            *open = Open::of(at, self.record(at)?.as_ref());
        }
        Ok(open.digests.get(name).copied())
    }
}
