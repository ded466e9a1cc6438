//! A record on its way to its bytes: those of a call in one buffer, and each content encoded once.
//!
//! What a role decides it has at hand as a [`Fact`]. It is folded and heard of as it is, and encoded
//! where it goes to the disk: as the change of its record, which is read back like any other.

use std::fmt;

use prost::{
    Message as _,
    bytes::{Bytes, BytesMut},
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len},
};
use proto::record::Record;

/// The field of a record that is its change, and those of a change.
const CHANGE: u32 = 3;
const KIND: u32 = 1;
const DATA: u32 = 2;

/// What a record says, not encoded.
pub trait Fact: fmt::Debug + Send + Sync + 'static {
    /// The role's own name of it.
    fn kind(&self) -> &'static str;

    /// How long it is, encoded.
    fn encoded_len(&self) -> usize;

    /// Its bytes.
    fn encode(&self, to: &mut BytesMut);
}

/// Where a draft has its change encoded.
impl Fact for () {
    fn kind(&self) -> &'static str {
        ""
    }

    fn encoded_len(&self) -> usize {
        0
    }

    fn encode(&self, _: &mut BytesMut) {}
}

/// A record, and what it says where that is at hand; then it is not in the record.
#[derive(Clone, Debug)]
pub struct Written<F = ()> {
    /// The record.
    pub record: Record,
    /// What it says.
    pub fact: Option<F>,
}

impl<F> From<Record> for Written<F> {
    fn from(record: Record) -> Written<F> {
        Written { record, fact: None }
    }
}

/// The length of a field of bytes, with its key.
fn field(tag: u32, bytes: usize) -> usize {
    key_len(tag) + encoded_len_varint(bytes as u64) + bytes
}

fn begin(tag: u32, bytes: usize, to: &mut BytesMut) {
    encode_key(tag, WireType::LengthDelimited, to);
    encode_varint(bytes as u64, to);
}

impl<F: Fact> Written<F> {
    /// The length of its change.
    fn change_len(fact: &F) -> usize {
        let data = fact.encoded_len();
        // What is empty is not written.
        field(KIND, fact.kind().len()) + if data == 0 { 0 } else { field(DATA, data) }
    }

    fn encoded_len(&self) -> usize {
        let change = self.fact.as_ref().map_or(0, |fact| field(CHANGE, Self::change_len(fact)));
        self.record.encoded_len() + change
    }

    fn encode(&self, to: &mut BytesMut) {
        self.record.encode_raw(to);
        let Some(fact) = &self.fact else { return };
        begin(CHANGE, Self::change_len(fact), to);
        begin(KIND, fact.kind().len(), to);
        to.extend_from_slice(fact.kind().as_bytes());
        let data = fact.encoded_len();
        if data > 0 {
            begin(DATA, data, to);
            fact.encode(to);
        }
    }
}

/// The bytes of each, all in one buffer.
pub(super) fn encoded<F: Fact>(records: &[Written<F>]) -> Vec<Bytes> {
    let sizes: Vec<usize> = records.iter().map(Written::encoded_len).collect();
    let mut buffer = BytesMut::with_capacity(sizes.iter().sum());
    records.iter().for_each(|record| record.encode(&mut buffer));
    let mut rest = buffer.freeze();
    sizes.into_iter().map(|size| rest.split_to(size)).collect()
}

#[cfg(test)]
mod tests {
    use proto::record::{Change, Request};

    use super::*;

    #[derive(Debug)]
    struct Word(&'static str);

    impl Fact for Word {
        fn kind(&self) -> &'static str {
            "word"
        }

        fn encoded_len(&self) -> usize {
            self.0.len()
        }

        fn encode(&self, to: &mut BytesMut) {
            to.extend_from_slice(self.0.as_bytes());
        }
    }

    #[test]
    fn a_fact_is_read_back_as_the_change_of_its_record() {
        let request = Some(Request { caller: "unit/a".to_owned(), ..Request::default() });
        let record = Record { at_ms: 7, request, ..Record::default() };
        let long = "x".repeat(300).leak();
        let all = ["", "one", long]
            .map(|word| Written { record: record.clone(), fact: Some(Word(word)) });
        for (body, one) in encoded(&all).into_iter().zip(&all) {
            let data = one.fact.as_ref().unwrap().0.as_bytes().into();
            let change = Some(Change { kind: "word".to_owned(), data });
            let whole = Record { change, ..record.clone() };
            assert_eq!(body, whole.encode_to_vec());
            assert_eq!(Record::decode(body).unwrap(), whole);
        }
    }
}
