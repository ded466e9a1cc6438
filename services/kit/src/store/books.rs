//! The store's own books in the view: requests, numbers given, numbers received.
//!
//! | key | value |
//! |---|---|
//! | `0x01 q <caller> 0 <request id>` | fingerprint (32), place (8), time (8), answer |
//! | `0x01 n <recipient>` | the last number given |
//! | `0x01 i <source> 0 <recipient>` | the numbers received, as JSON |
//!
//! What is exchanged with the bus is in [`exchange`] and `owed`, where envelopes are in `places`, who
//! of several receivers has it in [`group`]; [`LAYOUT`] counts for all.

use domain::{envelope::Envelope, moment::Moment, party::Party, rejection::Rejection, seen::Seen};
use proto::record::{Received, Record, Request};

use super::{Asked, Outgoing, exchange, group, places};
use crate::{
    tx::Tx,
    view::{self, number},
};

/// The layout of the store's own keys; counts up when it changes.
pub(super) const LAYOUT: u32 = 4;

pub(super) fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![1, kind];
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            key.push(0);
        }
        key.extend_from_slice(part);
    }
    key
}

fn recipient_text(recipient: Option<&Party>) -> String {
    recipient.map(ToString::to_string).unwrap_or_default()
}

/// The first answer to a request: its place, time and bytes.
pub(super) struct First {
    pub place: u64,
    pub at: Moment,
    pub bytes: Vec<u8>,
}

/// Looks a request up; the same id with other content is refused.
pub(super) fn first_answer(tx: &Tx<'_>, asked: &Asked) -> Result<Option<First>, super::Refusal> {
    let caller = asked.caller.to_string();
    let found = tx.get(&key(b'q', &[caller.as_bytes(), asked.request_id.as_str().as_bytes()]))?;
    let Some(found) = found.filter(|found| found.len() >= 48) else { return Ok(None) };
    if found[..32] != asked.fingerprint {
        let message =
            format!("{} was another request; give a new one its own id", asked.request_id);
        let rejection = Rejection::conflict("REQUEST_ID_REUSED", message).at("command.request_id");
        return Err(rejection.into());
    }
    let at = number(Some(&found[40..48])).cast_signed();
    let place = number(Some(&found[32..40]));
    Ok(Some(First { place, at: Moment(at), bytes: found[48..].to_vec() }))
}

/// Gives each outgoing envelope its number.
pub(super) fn numbered(
    tx: &Tx<'_>,
    source: &Party,
    outgoing: Vec<Outgoing>,
    now: Moment,
) -> Result<Vec<Envelope>, view::Error> {
    let mut given = std::collections::BTreeMap::<String, u64>::new();
    let mut number_next = |recipient: Option<&Party>| {
        let recipient = recipient_text(recipient);
        let last = match given.get(&recipient) {
            Some(last) => *last,
            None => tx.number(&key(b'n', &[recipient.as_bytes()]))?,
        };
        given.insert(recipient, last + 1);
        Ok::<u64, view::Error>(last + 1)
    };
    let number = |outgoing: Outgoing| {
        let number = number_next(outgoing.recipient.as_ref())?;
        Ok(outgoing.numbered(source.clone(), number, now))
    };
    outgoing.into_iter().map(number).collect()
}

/// Which of the received were not received before; the transaction is not changed.
pub(super) fn fresh(tx: &Tx<'_>, received: Vec<Received>) -> Result<Vec<Received>, view::Error> {
    let mut seen = std::collections::BTreeMap::<Vec<u8>, Seen>::new();
    let mut fresh = Vec::new();
    for one in received {
        let Some(Series { source, recipient, number }) = series(&one) else { continue };
        let key = received_key(&source, &recipient);
        if !seen.contains_key(&key) {
            let stored = tx.get(&key)?.and_then(|json| serde_json::from_slice(&json).ok());
            seen.insert(key.clone(), stored.unwrap_or_default());
        }
        if seen.get_mut(&key).is_some_and(|seen| seen.insert(number)) {
            fresh.push(one);
        }
    }
    Ok(fresh)
}

/// What a received envelope belongs to.
struct Series {
    source: String,
    recipient: String,
    number: u64,
}

/// The series of a received envelope, and its number; none when it is no envelope.
fn series(received: &Received) -> Option<Series> {
    let envelope = proto::envelope::from_wire(received.envelope.clone()?).ok()?;
    let recipient = recipient_text(envelope.recipient.as_ref());
    Some(Series { source: envelope.source.to_string(), recipient, number: envelope.number })
}

fn received_key(source: &str, recipient: &str) -> Vec<u8> {
    key(b'i', &[source.as_bytes(), recipient.as_bytes()])
}

/// Folds the store's own part of a record.
pub(super) fn apply(tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
    if let Some(request) = &record.request {
        note_request(tx, place, record.at_ms, request);
    }
    for (index, wire) in record.outgoing.iter().enumerate() {
        let Some(name) = exchange::name(wire) else { continue };
        tx.put(key(b'n', &[name.recipient.as_bytes()]), name.number.to_be_bytes());
        exchange::note_outgoing(tx, place, index as u64, &name)?;
        group::note_outgoing(tx, wire, &name)?;
    }
    for received in &record.received {
        note_received(tx, place, received)?;
    }
    if let Some(progress) = &record.progress {
        exchange::note_progress(tx, place, progress)?;
    }
    Ok(())
}

fn note_request(tx: &mut Tx<'_>, place: u64, at: i64, request: &Request) {
    let key = key(b'q', &[request.caller.as_bytes(), request.request_id.as_bytes()]);
    let head = [&request.fingerprint[..], &place.to_be_bytes(), &at.to_be_bytes()].concat();
    tx.put(key, [&head[..], &request.answer].concat());
}

fn note_received(tx: &mut Tx<'_>, place: u64, received: &Received) -> Result<(), view::Error> {
    let Some(Series { source, recipient, number }) = series(received) else { return Ok(()) };
    let key_seen = received_key(&source, &recipient);
    let stored = tx.get(&key_seen)?.and_then(|json| serde_json::from_slice(&json).ok());
    let mut seen: Seen = stored.unwrap_or_default();
    if seen.insert(number) {
        places::note_received(tx, (&source, &recipient), number, place)?;
    }
    tx.put(key_seen, serde_json::to_vec(&seen).unwrap_or_default());
    exchange::note_followed(tx, received)
}
