//! An envelope as it comes off the wire, and the fact in it.
//!
//! What was read once and is written is read the same, and has the same bytes every time: the
//! fingerprint by which a repeat is recognised depends on it.

use std::fmt::Debug;

use domain::rejection::Rejection;
use prost::Message as _;
use proto::envelope::{Wire, from_wire, to_wire};

use super::{check_refusal, fact};

/// Reads an envelope and what is in it.
pub fn run(data: &[u8]) {
    let Ok(wire) = Wire::decode(data) else { return };
    let envelope = match from_wire(wire) {
        Ok(envelope) => envelope,
        Err(rejection) => return check_refusal(&rejection),
    };
    let bytes = to_wire(&envelope).encode_to_vec();
    let again = Wire::decode(&bytes[..]).expect("what prost has written it can read");
    let again = from_wire(again).expect("what was taken once is taken again");
    assert_eq!(again, envelope);
    assert_eq!(to_wire(&again).encode_to_vec(), bytes);
    fact::check(&envelope.kind, &envelope.body);
    let as_read = (&*envelope.kind, &*envelope.body);
    same(as_read, proto::credit::read, proto::credit::write);
    same(as_read, proto::inspection::read, proto::inspection::write);
    same(as_read, proto::decree::read, proto::decree::write);
    same(as_read, proto::joint::read, proto::joint::write);
}

/// What was read of another noun is written and read the same.
fn same<F: PartialEq + Debug>(
    (kind, body): (&str, &[u8]),
    read: impl Fn(&str, &[u8]) -> Result<Option<F>, Rejection>,
    write: impl Fn(&F) -> (String, Vec<u8>),
) {
    match read(kind, body) {
        Ok(None) => {}
        Ok(Some(fact)) => {
            let (name, bytes) = write(&fact);
            assert_eq!(name, kind);
            assert_eq!(read(&name, &bytes), Ok(Some(fact)));
        }
        Err(rejection) => check_refusal(&rejection),
    }
}

/// An envelope with everything in it, and one with the least.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let whole = |(kind, body): (String, Vec<u8>)| domain::envelope::Envelope {
        id: "20261122-7QK3M9ZT/1/step/housing".parse().expect("an id"),
        source: "service/worker".parse().expect("a party"),
        kind,
        subject: "case/wenshan/20261122-7QK3M9ZT".to_owned(),
        time: domain::moment::Moment(1_795_303_800_123),
        recipient: Some("unit/housing".parse().expect("a party")),
        number: 7,
        actor: Some("li.na".parse().expect("a person")),
        on_behalf_of: Some("community/kaihua_dongfeng".parse().expect("a party")),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        priority: 9,
        terms: domain::envelope::Terms::default(),
        body,
    };
    let mut seeds: Vec<_> = fact::facts()
        .iter()
        .map(|fact| {
            let (kind, body) = proto::fact::write(fact);
            let name = kind.rsplit('.').next().unwrap_or_default().to_owned();
            (name, to_wire(&whole((kind, body))).encode_to_vec())
        })
        .collect();
    let least = domain::envelope::Envelope {
        recipient: None,
        actor: None,
        on_behalf_of: None,
        traceparent: None,
        priority: 0,
        terms: domain::envelope::Terms::default(),
        ..whole(("com.example.Thing".to_owned(), Vec::new()))
    };
    seeds.push(("least".to_owned(), to_wire(&least).encode_to_vec()));
    seeds
}
