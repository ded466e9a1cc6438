//! An envelope as it comes off the wire, and the fact in it.
//!
//! What was read once and is written is read the same, and has the same bytes every time: the
//! fingerprint by which a repeat is recognised depends on it.

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
    credit(&envelope.kind, &envelope.body);
    inspection(&envelope.kind, &envelope.body);
    decision(&envelope.kind, &envelope.body);
}

/// A fact of credit that was read is written and read the same.
fn credit(kind: &str, body: &[u8]) {
    match proto::credit::read(kind, body) {
        Ok(None) => {}
        Ok(Some(fact)) => {
            let (name, bytes) = proto::credit::write(&fact);
            assert_eq!(name, kind);
            assert_eq!(proto::credit::read(&name, &bytes), Ok(Some(fact)));
        }
        Err(rejection) => check_refusal(&rejection),
    }
}

/// What was read of a stop is written and read the same.
fn inspection(kind: &str, body: &[u8]) {
    match proto::inspection::read(kind, body) {
        Ok(None) => {}
        Ok(Some(fact)) => {
            let (name, bytes) = proto::inspection::write(&fact);
            assert_eq!(name, kind);
            assert_eq!(proto::inspection::read(&name, &bytes), Ok(Some(fact)));
/// So is a fact of an enforcement decision.
fn decision(kind: &str, body: &[u8]) {
    match proto::decree::read(kind, body) {
        Ok(None) => {}
        Ok(Some(fact)) => {
            let (name, bytes) = proto::decree::write(&fact);
            assert_eq!(name, kind);
            assert_eq!(proto::decree::read(&name, &bytes), Ok(Some(fact)));
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
