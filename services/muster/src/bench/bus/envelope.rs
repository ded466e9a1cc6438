//! The envelopes of the bench: calls of the worker to four units, each of exactly 1 KiB on the wire.
//!
//! The bus reads no body, so the body is filling, of bytes that no compression makes smaller. A
//! thousand cases take turns as subjects, as they do in a city. An envelope is a copy of a form into
//! which its numbers are written: what is measured is how it is carried, not how it is made.

use std::collections::BTreeMap;

use anyhow::Context;
use domain::{id::CityId, moment::Moment, party::Party};
use prost::{Message as _, bytes::Bytes};
use prost_types::{Any, Timestamp};
use proto::{
    envelope::{AttributeValue, SPEC_VERSION, Wire},
    muster::envelope::v1::{attribute_value::Attr, envelope::Data},
};
use sha2::{Digest as _, Sha256};

use super::flight::Counts;

/// Whose mailboxes.
pub const MAILBOXES: [&str; 4] = ["enforcement", "housing", "public_security", "environment"];
/// How large an envelope is on the wire, whichever bus carries it.
pub const BYTES: usize = 1_024;
/// How many cases they are about, and how many digits their numbers have.
const CASES: u64 = 1_000;
const CASE_DIGITS: usize = 8;
/// What they say.
const KIND: &str = "muster.case.v1.UnitCalled";
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Makes envelopes, one for each mailbox in turn, numbered as a sender numbers them.
pub struct Letters {
    city: CityId,
    source: Party,
    now: Moment,
    forms: BTreeMap<(usize, usize), Form>,
    made: u64,
}

/// An envelope with numbers of so many digits, and where they stand.
struct Form {
    bytes: Vec<u8>,
    id_at: usize,
    number_at: usize,
    case_at: usize,
}

impl Letters {
    /// Of this sender.
    pub fn new(city: &CityId, source: &Party, now: Moment) -> Letters {
        let (city, source) = (city.clone(), source.clone());
        Letters { city, source, now, forms: BTreeMap::new(), made: 0 }
    }

    /// The next so many, and how many of them are for each mailbox.
    pub fn take(&mut self, count: usize) -> anyhow::Result<(Vec<Bytes>, Counts)> {
        let mut counts = Counts::default();
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            let mailbox = usize::try_from(self.made % MAILBOXES.len() as u64)?;
            counts[mailbox] += 1;
            taken.push(self.next(mailbox)?);
        }
        Ok((taken, counts))
    }

    /// How many were made.
    pub fn made(&self) -> u64 {
        self.made
    }

    fn next(&mut self, mailbox: usize) -> anyhow::Result<Bytes> {
        let number = (self.made / MAILBOXES.len() as u64 + 1).to_string();
        let case = format!("{:0CASE_DIGITS$}", self.made % CASES);
        let key = (mailbox, number.len());
        if !self.forms.contains_key(&key) {
            self.forms.insert(key, self.form(mailbox, number.len())?);
        }
        let form = &self.forms[&key];
        let mut bytes = form.bytes.clone();
        for (at, text) in [(form.id_at, &number), (form.number_at, &number), (form.case_at, &case)]
        {
            bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        self.made += 1;
        Ok(bytes.into())
    }

    fn form(&self, mailbox: usize, digits: usize) -> anyhow::Result<Form> {
        let (number, id) = ("9".repeat(digits), format!("bench/{mailbox}/"));
        let subject = format!("case/{}/", self.city);
        let mut wire = self.wire(mailbox, format!("{id}{number}"), &number, &subject);
        cut(&mut wire);
        let bytes = wire.encode_to_vec();
        anyhow::ensure!(bytes.len() == BYTES, "an envelope of the bench has another size");
        let after = |text: &str| {
            let found = bytes.windows(text.len()).position(|part| part == text.as_bytes());
            found.map(|at| at + text.len()).context("an envelope of the bench has another form")
        };
        let (id_at, case_at) = (after(&id)?, after(&subject)?);
        let key_end = after("number")?;
        let digits_at = bytes[key_end..].iter().position(|byte| *byte == b'9');
        let number_at = key_end + digits_at.context("an envelope of the bench has no number")?;
        Ok(Form { bytes, id_at, number_at, case_at })
    }

    fn wire(&self, mailbox: usize, id: String, number: &str, subject: &str) -> Wire {
        let texts = [
            ("subject", format!("{subject}{:0CASE_DIGITS$}", 0)),
            ("number", number.to_owned()),
            ("recipient", format!("unit/{}", MAILBOXES[mailbox])),
            ("traceparent", TRACE.to_owned()),
        ];
        let time = Timestamp { seconds: self.now.0.div_euclid(1_000), nanos: 0 };
        let attributes = texts
            .map(|(name, text)| (name, Attr::CeString(text)))
            .into_iter()
            .chain([("time", Attr::CeTimestamp(time))])
            .map(|(name, attr)| (name.to_owned(), AttributeValue { attr: Some(attr) }));
        let type_url = format!("type.googleapis.com/{KIND}");
        Wire {
            id,
            source: self.source.to_string(),
            spec_version: SPEC_VERSION.to_owned(),
            r#type: KIND.to_owned(),
            attributes: attributes.collect(),
            data: Some(Data::ProtoData(Any { type_url, value: filling() })),
        }
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
    (0_u8..32).flat_map(|block| Sha256::digest([block])).collect()
}

#[cfg(test)]
mod tests {
    use proto::envelope::{from_wire, to_wire};

    use super::*;

    #[test]
    fn every_envelope_has_its_size_and_is_as_a_sender_writes_it() {
        let (city, source) = ("wenshan".parse().unwrap(), "service/worker".parse().unwrap());
        let mut letters = Letters::new(&city, &source, Moment(1_000));
        let (made, counts) = letters.take(50_000).unwrap();
        assert_eq!(counts, [12_500; 4]);
        for (at, bytes) in made.iter().enumerate() {
            assert_eq!(bytes.len(), BYTES);
            let envelope = from_wire(Wire::decode(bytes.clone()).unwrap()).unwrap();
            assert_eq!(envelope.number, at as u64 / 4 + 1);
            assert_eq!(envelope.id.to_string(), format!("bench/{}/{}", at % 4, at / 4 + 1));
            assert_eq!(envelope.subject, format!("case/wenshan/{:08}", at % 1_000));
            assert_eq!(to_wire(&envelope).encode_to_vec(), *bytes);
        }
    }
}
