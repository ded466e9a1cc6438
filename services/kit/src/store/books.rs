//! The store's own books in the view: requests, inbox, outbox.
//!
//! | key | value |
//! |---|---|
//! | `0x01 q <caller> 0 <request id>` | fingerprint (32), place (8), time (8), answer |
//! | `0x01 n <recipient>` | the last number given |
//! | `0x01 o <recipient> 0 <number>` | place (8), index (8): kept until every receiver has it |
//! | `0x01 u <place> <index>` | recipient 0 number: not yet at the bus |
//! | `0x01 i <source> 0 <recipient>` | the numbers received, as JSON |
//! | `0x01 r` | the last receipt seen |
//! | `0x01 f` | the last place of the bus's record received |

use domain::{envelope::Envelope, moment::Moment, party::Party, rejection::Rejection, seen::Seen};
use proto::record::{Progress, Received, Record, Request, Settled};

use super::{Asked, Machine, Outgoing, Store};
use crate::{
    tx::Tx,
    view::{self, number},
};

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
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
        let Some((key, number)) = series(&one) else { continue };
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

/// The series that a received envelope belongs to, and its number; none when it is no envelope.
fn series(received: &Received) -> Option<(Vec<u8>, u64)> {
    let envelope = proto::envelope::from_wire(received.envelope.clone()?).ok()?;
    let recipient = recipient_text(envelope.recipient.as_ref());
    let key = key(b'i', &[envelope.source.to_string().as_bytes(), recipient.as_bytes()]);
    Some((key, envelope.number))
}

/// Folds the store's own part of a record.
pub(super) fn apply(tx: &mut Tx<'_>, place: u64, record: &Record) -> Result<(), view::Error> {
    if let Some(request) = &record.request {
        note_request(tx, place, record.at_ms, request);
    }
    for (index, wire) in record.outgoing.iter().enumerate() {
        note_outgoing(tx, place, index as u64, wire.clone());
    }
    for received in &record.received {
        note_received(tx, received)?;
    }
    if let Some(progress) = &record.progress {
        note_progress(tx, progress)?;
    }
    Ok(())
}

fn note_request(tx: &mut Tx<'_>, place: u64, at: i64, request: &Request) {
    let key = key(b'q', &[request.caller.as_bytes(), request.request_id.as_bytes()]);
    let head = [&request.fingerprint[..], &place.to_be_bytes(), &at.to_be_bytes()].concat();
    tx.put(key, [&head[..], &request.answer].concat());
}

fn note_outgoing(tx: &mut Tx<'_>, place: u64, index: u64, wire: proto::envelope::Wire) {
    let Ok(envelope) = proto::envelope::from_wire(wire) else { return };
    let recipient = recipient_text(envelope.recipient.as_ref());
    let number = envelope.number.to_be_bytes();
    let at = [place.to_be_bytes(), index.to_be_bytes()].concat();
    tx.put(key(b'n', &[recipient.as_bytes()]), number);
    tx.put(key(b'o', &[recipient.as_bytes(), &number]), at.clone());
    tx.put(key(b'u', &[&at]), [recipient.as_bytes(), &[0], &number].concat());
}

fn note_received(tx: &mut Tx<'_>, received: &Received) -> Result<(), view::Error> {
    let Some((key_seen, number)) = series(received) else { return Ok(()) };
    let stored = tx.get(&key_seen)?.and_then(|json| serde_json::from_slice(&json).ok());
    let mut seen: Seen = stored.unwrap_or_default();
    seen.insert(number);
    tx.put(key_seen, serde_json::to_vec(&seen).unwrap_or_default());
    let followed = key(b'f', &[]);
    if received.place > tx.number(&followed)? {
        tx.put(followed, received.place.to_be_bytes());
    }
    Ok(())
}

fn note_progress(tx: &mut Tx<'_>, progress: &Progress) -> Result<(), view::Error> {
    let outbox = |one: &Settled| key(b'o', &[one.recipient.as_bytes(), &one.number.to_be_bytes()]);
    for one in &progress.published {
        if let Some(at) = tx.get(&outbox(one))? {
            tx.remove(key(b'u', &[&at]));
        }
    }
    for one in &progress.settled {
        if let Some(at) = tx.get(&outbox(one))? {
            tx.remove(key(b'u', &[&at]));
            tx.remove(outbox(one));
        }
    }
    if progress.receipt_place > 0 {
        tx.put(key(b'r', &[]), progress.receipt_place.to_be_bytes());
    }
    if progress.requeue {
        requeue(tx)?;
    }
    Ok(())
}

fn requeue(tx: &mut Tx<'_>) -> Result<(), view::Error> {
    for (outbox, at) in tx.scan(&key(b'o', &[]), b"", usize::MAX)? {
        tx.put(key(b'u', &[&at]), &outbox[2..]);
    }
    tx.put(key(b'r', &[]), 0_u64.to_be_bytes());
    Ok(())
}

/// An envelope that is not yet at the bus.
#[derive(Clone, Debug)]
pub struct Sending {
    /// How to name it in [`Progress`].
    pub name: Settled,
    /// The envelope.
    pub wire: proto::envelope::Wire,
}

/// What the outbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// Whether anything is not yet at the bus.
    pub is_unpublished: bool,
    /// Whether anything has not reached all its receivers.
    pub is_unsettled: bool,
}

impl<M: Machine> Store<M> {
    /// The oldest envelopes that are not yet at the bus, in order.
    pub fn unpublished(&self, limit: usize) -> Result<Vec<Sending>, super::Error> {
        let waiting = self.look(|tx| tx.scan(&key(b'u', &[]), b"", limit))?;
        let mut sending = Vec::with_capacity(waiting.len());
        let mut open: Option<(u64, Record)> = None;
        for (entry, name) in waiting {
            let place = number(entry.get(2..10));
            let index = usize::try_from(number(entry.get(10..18))).unwrap_or(usize::MAX);
            if open.as_ref().is_none_or(|(at, _)| *at != place) {
                open = self.record(place)?.map(|record| (place, record));
            }
            let wire = open.as_ref().and_then(|(_, record)| record.outgoing.get(index));
            sending.extend(
                wire.cloned().zip(settled(&name)).map(|(wire, name)| Sending { name, wire }),
            );
        }
        Ok(sending)
    }

    /// Whether the outbox is empty.
    pub fn outstanding(&self) -> Result<Outstanding, super::Error> {
        let any = |kind| self.look(|tx| Ok(!tx.scan(&key(kind, &[]), b"", 1)?.is_empty()));
        Ok(Outstanding { is_unpublished: any(b'u')?, is_unsettled: any(b'o')? })
    }

    /// The last receipt that was noted.
    pub fn receipt_place(&self) -> Result<u64, super::Error> {
        Ok(self.look(|tx| tx.number(&key(b'r', &[])))?)
    }

    /// The last place of the bus's record that was received.
    pub fn followed(&self) -> Result<u64, super::Error> {
        Ok(self.look(|tx| tx.number(&key(b'f', &[])))?)
    }
}

fn settled(name: &[u8]) -> Option<Settled> {
    let at = name.len().checked_sub(9)?;
    let recipient = String::from_utf8(name[..at].to_vec()).ok()?;
    Some(Settled { recipient, number: number(name.get(at + 1..)) })
}
