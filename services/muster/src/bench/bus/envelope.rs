//! The envelopes of the bench: calls of the worker to four units, each of exactly 1 KiB on the wire.
//!
//! The bus reads no body, so the body is filling, of bytes that no compression makes smaller. A
//! thousand cases take turns as subjects, as they do in a city. [`Come`] is the reader's check that
//! each was delivered, and once.

use std::collections::BTreeSet;

use domain::{envelope::Envelope, id::CityId, moment::Moment, party::Party};
use prost::Message as _;
use proto::{
    envelope::{AttributeValue, Wire, to_wire},
    muster::envelope::v1::{attribute_value::Attr, envelope::Data},
};
use sha2::{Digest as _, Sha256};

use super::flight::Counts;

/// Whose mailboxes.
pub const MAILBOXES: [&str; 4] = ["enforcement", "housing", "public_security", "environment"];
/// How large an envelope is on the wire, whichever bus carries it.
pub const BYTES: usize = 1_024;
/// How many cases they are about.
const CASES: u64 = 1_000;

/// Makes envelopes, one for each mailbox in turn, numbered as a sender numbers them.
pub struct Letters {
    template: Wire,
    names: [String; MAILBOXES.len()],
    city: CityId,
    made: u64,
}

impl Letters {
    /// Of this sender.
    pub fn new(city: &CityId, source: &Party, now: Moment) -> anyhow::Result<Letters> {
        let names = MAILBOXES.map(|unit| format!("unit/{unit}"));
        let envelope = Envelope {
            id: "bench".parse()?,
            source: source.clone(),
            kind: "muster.case.v1.UnitCalled".to_owned(),
            subject: "bench".to_owned(),
            time: now,
            recipient: Some(names[0].parse()?),
            number: 1,
            actor: None,
            on_behalf_of: None,
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            priority: 0,
            terms: domain::envelope::Terms::default(),
            body: filling(),
        };
        Ok(Letters { template: to_wire(&envelope), names, city: city.clone(), made: 0 })
    }

    /// The next so many, and how many of them are for each mailbox.
    pub fn take(&mut self, count: usize) -> (Vec<Wire>, Counts) {
        let mut counts = Counts::default();
        let made = (0..count).map(|_| {
            let (mailbox, wire) = self.next();
            counts[mailbox] += 1;
            wire
        });
        (made.collect(), counts)
    }

    /// How many were made.
    pub fn made(&self) -> u64 {
        self.made
    }

    fn next(&mut self) -> (usize, Wire) {
        let lanes = MAILBOXES.len() as u64;
        let mailbox = usize::try_from(self.made % lanes).unwrap_or_default();
        let number = numbered(self.made);
        let mut wire = self.template.clone();
        wire.id = format!("bench/{mailbox}/{number}");
        let case = self.made % CASES;
        for (name, text) in [
            ("subject", format!("case/{}/{case:08}", self.city)),
            ("recipient", self.names[mailbox].clone()),
            ("number", number.to_string()),
        ] {
            wire.attributes
                .insert(name.to_owned(), AttributeValue { attr: Some(Attr::CeString(text)) });
        }
        cut(&mut wire);
        self.made += 1;
        (mailbox, wire)
    }
}

/// Makes the body so long that the whole has its size.
fn cut(wire: &mut Wire) {
    let over = wire.encoded_len().saturating_sub(BYTES);
    if let Some(Data::ProtoData(body)) = &mut wire.data {
        body.value.truncate(body.value.len().saturating_sub(over));
    }
}

fn filling() -> Vec<u8> {
    let blocks = (0_u8..32).flat_map(|block| Sha256::digest([block]));
    blocks.collect()
}

/// The number of what was made after so many.
pub fn numbered(made: u64) -> u64 {
    made / MAILBOXES.len() as u64 + 1
}

/// Its number among what the sender sends to that mailbox.
pub fn number(wire: &Wire) -> u64 {
    match wire.attributes.get("number").and_then(|value| value.attr.as_ref()) {
        Some(Attr::CeString(text)) => text.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// Which numbers have come to a mailbox.
#[derive(Debug, Default)]
pub struct Come {
    next: u64,
    missing: BTreeSet<u64>,
}

impl Come {
    /// Whether this one comes for the first time.
    pub fn is_new(&mut self, number: u64) -> bool {
        if number >= self.next {
            // The first that comes says where this reader begins.
            let from = if self.next == 0 { number } else { self.next };
            self.missing.extend(from..number);
            self.next = number + 1;
            return true;
        }
        self.missing.remove(&number)
    }

    /// Nothing between the first and the last was passed over.
    pub fn check(&self, mailbox: usize) -> anyhow::Result<()> {
        let (count, first) = (self.missing.len(), self.missing.first());
        anyhow::ensure!(
            count == 0,
            "{count} envelopes did not come to {}, the first of them number {first:?}",
            MAILBOXES[mailbox]
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_has_its_size_and_can_be_read() {
        let city: CityId = "wenshan".parse().unwrap();
        let mut letters =
            Letters::new(&city, &"service/worker".parse().unwrap(), Moment(1)).unwrap();
        letters.made = 35;
        let (wires, counts) = letters.take(50_000);
        assert_eq!(counts, [12_500; 4]);
        assert!(wires.iter().all(|wire| wire.encoded_len() == BYTES));
        assert_eq!(number(&wires[1]), 10);
        let read = proto::envelope::from_wire(wires[1].clone()).unwrap();
        assert_eq!(read.recipient, Some("unit/enforcement".parse().unwrap()));
    }

    #[test]
    fn what_is_passed_over_is_missed_until_it_comes() {
        let mut come = Come::default();
        assert!(come.is_new(7) && come.is_new(9));
        assert!(come.check(0).is_err());
        assert!(come.is_new(8) && !come.is_new(8) && !come.is_new(7));
        come.check(0).unwrap();
    }
}
