//! The exchange with the bus in the view: what is still to be sent, how far the bus has been heard,
//! and which log of the bus all of that is about.
//!
//! | key | value |
//! |---|---|
//! | `0x01 o <recipient> 0 <number>` | place (8), index (8): kept until every receiver has it |
//! | `0x01 u <place> <index>` | recipient 0 number: not yet at the bus |
//! | `0x01 l` | the log of the bus to which this role publishes |
//! | `0x01 r` | the last receipt seen, by that log |
//! | `0x01 f` | the last place received of the bus's record (8), and the log that it belongs to |
//! | `0x01 w …` | who has signed for it, see [`owed`](super::owed) |
//! | `0x01 g` | published again up to (8), to be published again up to (8): places of this journal |
//!
//! A bus that has lost its log has a new one, with another id. Whoever has sent anything publishes
//! it all again, from the beginning of its own journal and in its order, before it goes on; whoever
//! follows begins again. What is already there is passed over by its number, on both sides, so
//! that the log is filled and nothing takes effect twice.

use std::collections::HashSet;

use prost::Message as _;
use proto::record::{Followed, Progress, Received, Record, Settled};

use super::{Error, Machine, Store, books::key, owed, places};
use crate::{
    tx::Tx,
    view::{self, number},
};

/// How many records are looked through at once for what is to be published again.
const STRETCH: usize = 4_096;

/// How many of those that wait to be published are looked at in one scan, at least.
const PAGE: usize = 128;

/// An envelope that is not yet at the bus.
#[derive(Clone, Debug)]
pub struct Sending {
    /// How to name it in [`Progress`].
    pub name: Settled,
    /// The envelope.
    pub wire: proto::envelope::Wire,
}

/// A stretch of this journal that is to be published again.
#[derive(Clone, Debug)]
pub struct Refill {
    /// The last record of the stretch.
    pub upto: u64,
    /// What was sent in it, in order; there may be none.
    pub sending: Vec<Sending>,
}

/// How much is taken at once: at most so many, and no more after so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Envelopes.
    pub count: usize,
    /// Bytes; one that is larger goes alone.
    pub bytes: usize,
}

/// Recipients to whom nothing is published for now, as the bus refuses it.
pub type Aside = HashSet<String>;

/// What the outbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// Whether anything is not yet at the bus.
    pub is_unpublished: bool,
    /// Whether anything has not reached all its receivers.
    pub is_unsettled: bool,
}

/// Notes what is to be sent.
pub(super) fn note_outgoing(
    tx: &mut Tx<'_>,
    place: u64,
    index: u64,
    name: &Settled,
) -> Result<(), view::Error> {
    let (recipient, number) = (name.recipient.as_bytes(), name.number.to_be_bytes());
    let at = [place.to_be_bytes(), index.to_be_bytes()].concat();
    tx.put(key(b'o', &[recipient, &number]), at.clone());
    tx.put(key(b'u', &[&at]), [recipient, &[0], &number].concat());
    places::note_sent(tx, &name.recipient, name.number, place)
}

/// Notes how far the bus's record was received; another log begins anew.
pub(super) fn note_followed(tx: &mut Tx<'_>, received: &Received) -> Result<(), view::Error> {
    // What comes from a mailbox has no place: what is acknowledged there is gone.
    if received.place == 0 {
        return Ok(());
    }
    let before = followed(tx)?;
    if received.place > before.place || received.log_id != before.log_id {
        follow(tx, received.place, &received.log_id);
    }
    Ok(())
}

fn follow(tx: &mut Tx<'_>, place: u64, log_id: &str) {
    tx.put(key(b'f', &[]), [&place.to_be_bytes(), log_id.as_bytes()].concat());
}

/// Folds progress that was noted in the record at `place`.
pub(super) fn note_progress(
    tx: &mut Tx<'_>,
    place: u64,
    progress: &Progress,
) -> Result<(), view::Error> {
    for one in progress.published.iter().chain(&progress.settled) {
        if let Some(at) = tx.get(&outbox(one))? {
            tx.remove(key(b'u', &[&at]));
        }
    }
    if let Some(proofs) = &progress.proofs {
        owed::note_proofs(tx, proofs)?;
    }
    for one in &progress.settled {
        owed::note_said(tx, one, &progress.followers)?;
    }
    if progress.requeue {
        tx.put(key(b'g', &[]), [0_u64.to_be_bytes(), place.to_be_bytes()].concat());
        tx.put(key(b'l', &[]), progress.log_id.as_bytes());
        tx.put(key(b'r', &[]), 0_u64.to_be_bytes());
        return Ok(());
    }
    let log = text(tx, &key(b'l', &[]))?;
    if log.is_empty() && !progress.log_id.is_empty() {
        tx.put(key(b'l', &[]), progress.log_id.as_bytes());
    }
    // A late word of a log that is gone says nothing about the place in this one.
    if progress.receipt_place > 0 && (log.is_empty() || log == progress.log_id) {
        tx.put(key(b'r', &[]), progress.receipt_place.to_be_bytes());
    }
    if let Some(Followed { log_id, place }) = &progress.followed {
        follow(tx, *place, log_id);
    }
    refilled(tx, progress.refilled)
}

/// Whether an envelope is still in the outbox.
pub(super) fn is_kept(tx: &Tx<'_>, one: &Settled) -> Result<bool, view::Error> {
    Ok(tx.get(&outbox(one))?.is_some())
}

/// Every receiver has it.
pub(super) fn let_go(tx: &mut Tx<'_>, one: &Settled) -> Result<(), view::Error> {
    if let Some(at) = tx.get(&outbox(one))? {
        tx.remove(key(b'u', &[&at]));
    }
    tx.remove(outbox(one));
    Ok(())
}

/// Moves the mark of what was published again; it goes when all was.
fn refilled(tx: &mut Tx<'_>, upto: u64) -> Result<(), view::Error> {
    match refilling(tx)? {
        Some((_, end)) if upto >= end => tx.remove(key(b'g', &[])),
        Some((after, end)) if upto > after => {
            tx.put(key(b'g', &[]), [upto.to_be_bytes(), end.to_be_bytes()].concat());
        }
        _ => {}
    }
    Ok(())
}

fn refilling(tx: &Tx<'_>) -> Result<Option<(u64, u64)>, view::Error> {
    let found = tx.get(&key(b'g', &[]))?;
    Ok(found.map(|found| (number(found.get(..8)), number(found.get(8..16)))))
}

fn followed(tx: &Tx<'_>) -> Result<Followed, view::Error> {
    let found = tx.get(&key(b'f', &[]))?.unwrap_or_default();
    let log_id = found.get(8..).map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    Ok(Followed { log_id, place: number(found.get(..8)) })
}

/// The oldest place of this journal that is still to be sent, or to be sent again until every
/// receiver has it; and for whom it is, as keys have it.
pub(super) fn oldest_needed(tx: &Tx<'_>) -> Result<Option<(u64, String)>, view::Error> {
    let refill = refilling(tx)?.map(|(after, _)| (after + 1, "the bus".to_owned()));
    let (prefix, mut from, mut oldest) = (key(b'o', &[]), Vec::new(), refill);
    loop {
        let found = tx.scan(&prefix, &from, STRETCH)?;
        let first = found.iter().min_by_key(|(_, at)| number(at.get(..8)));
        if let Some((name, at)) = first {
            let (place, recipient) = (number(at.get(..8)), settled(&name[prefix.len()..]));
            if oldest.as_ref().is_none_or(|(oldest, _)| place < *oldest) {
                oldest = Some((place, recipient.map(|one| one.recipient).unwrap_or_default()));
            }
        }
        match found.last() {
            // The next key in order is the same one with a zero behind it.
            Some((last, _)) if found.len() == STRETCH => from = [last, &[0][..]].concat(),
            _ => return Ok(oldest),
        }
    }
}

fn outbox(one: &Settled) -> Vec<u8> {
    key(b'o', &[one.recipient.as_bytes(), &one.number.to_be_bytes()])
}

fn text(tx: &Tx<'_>, key: &[u8]) -> Result<String, view::Error> {
    Ok(String::from_utf8(tx.get(key)?.unwrap_or_default()).unwrap_or_default())
}

/// How progress names an envelope; none when it is no envelope.
pub(super) fn name(wire: &proto::envelope::Wire) -> Option<Settled> {
    let envelope = proto::envelope::from_wire(wire.clone()).ok()?;
    let recipient = envelope.recipient.map(|party| party.to_string()).unwrap_or_default();
    Some(Settled { recipient, number: envelope.number, is_skipped: false })
}

impl Load {
    /// So many, of whatever size.
    pub fn count(count: usize) -> Load {
        Load { count, bytes: usize::MAX }
    }

    /// Takes one more, if there is room; the first always fits.
    fn take(&mut self, into: &mut Vec<Sending>, one: Sending) -> bool {
        let bytes = one.wire.encoded_len();
        if !into.is_empty() && (self.count == 0 || bytes > self.bytes) {
            return false;
        }
        self.count = self.count.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        into.push(one);
        true
    }
}

impl<M: Machine> Store<M> {
    /// The oldest envelopes that are not yet at the bus, in order; without those to recipients that
    /// are set aside. Order is that of numbers, and those are of one recipient.
    pub fn unpublished(&self, mut load: Load, aside: &Aside) -> Result<Vec<Sending>, Error> {
        let mut sending = Vec::new();
        let (mut open, mut from) = (None::<(u64, Record)>, Vec::new());
        let page = load.count.max(PAGE);
        for _ in 0..STRETCH.div_ceil(page) {
            let waiting = self.look(|tx| tx.scan(&key(b'u', &[]), &from, page))?;
            let Some((last, _)) = waiting.last() else { break };
            from = [&last[..], &[0]].concat();
            for (entry, name) in waiting {
                let Some(name) = settled(&name).filter(|name| !aside.contains(&name.recipient))
                else {
                    continue;
                };
                let place = number(entry.get(2..10));
                let index = usize::try_from(number(entry.get(10..18))).unwrap_or(usize::MAX);
                if open.as_ref().is_none_or(|(at, _)| *at != place) {
                    open = self.record(place)?.map(|record| (place, record));
                }
                let wire = open.as_ref().and_then(|(_, record)| record.outgoing.get(index));
                let Some(wire) = wire.cloned() else { continue };
                if !load.take(&mut sending, Sending { name, wire }) {
                    return Ok(sending);
                }
            }
            if load.count == 0 || aside.is_empty() {
                break;
            }
        }
        Ok(sending)
    }

    /// The next stretch that is to be published again; none when the bus has lost nothing. Records
    /// are not divided, so a stretch may be larger than the load by one record.
    pub fn refill(&self, load: Load) -> Result<Option<Refill>, Error> {
        let Some((after, end)) = self.look(refilling)? else { return Ok(None) };
        let mut refill = Refill { upto: after, sending: Vec::new() };
        let mut bytes = 0;
        for found in self.records(after).take(STRETCH) {
            let (place, record) = found?;
            if place > end || refill.sending.len() >= load.count || bytes >= load.bytes {
                break;
            }
            refill.upto = place;
            for wire in record.outgoing {
                bytes += wire.encoded_len();
                refill.sending.extend(name(&wire).map(|name| Sending { name, wire }));
            }
        }
        Ok(Some(refill))
    }

    /// Whether the outbox is empty.
    pub fn outstanding(&self) -> Result<Outstanding, Error> {
        let any = |kind| self.look(|tx| Ok(!tx.scan(&key(kind, &[]), b"", 1)?.is_empty()));
        let is_unpublished = any(b'u')? || self.look(refilling)?.is_some();
        Ok(Outstanding { is_unpublished, is_unsettled: any(b'o')? })
    }

    /// At most so many of those that are at the bus and have not reached all their receivers, by
    /// recipient and number.
    pub fn at_the_bus(&self, limit: usize) -> Result<Vec<Settled>, Error> {
        Ok(self.look(|tx| {
            let (prefix, mut found) = (key(b'o', &[]), Vec::new());
            for (kept, at) in tx.scan(&prefix, b"", limit)? {
                if tx.get(&key(b'u', &[&at]))?.is_none() {
                    found.extend(kept.get(prefix.len()..).and_then(settled));
                }
            }
            Ok(found)
        })?)
    }

    /// The log of the bus to which this role publishes; empty before it has heard of one.
    pub fn log(&self) -> Result<String, Error> {
        Ok(self.look(|tx| text(tx, &key(b'l', &[])))?)
    }

    /// The last receipt that was noted.
    pub fn receipt_place(&self) -> Result<u64, Error> {
        Ok(self.look(|tx| tx.number(&key(b'r', &[])))?)
    }

    /// How far the bus's record was received.
    pub fn followed(&self) -> Result<Followed, Error> {
        Ok(self.look(followed)?)
    }
}

fn settled(name: &[u8]) -> Option<Settled> {
    let at = name.len().checked_sub(9)?;
    let recipient = String::from_utf8(name[..at].to_vec()).ok()?;
    Some(Settled { recipient, number: number(name.get(at + 1..)), is_skipped: false })
}
