//! What each record does to the view. Nothing here depends on the configuration, and nothing is
//! decided: what is settled, whose mailbox it is and which series is in the record itself, so that a
//! view that is made anew is the same to the byte.

use std::borrow::Cow;

use domain::{moment::Moment, party::Party};
use kit::{store::Written, tx::Tx, view};
use prost::Message as _;

mod ending;
mod taking;

use super::{
    block::{self, Unsettled, Waiting},
    entry::{self, Entry, Noted, Parked, Resolved, Told, Worked},
    keys, proof,
};

type Folded = Result<(), view::Error>;

/// Folds records that follow each other; what envelopes have in common is looked up once.
pub fn all(tx: &mut Tx<'_>, first: u64, records: &[Written<Entry>]) -> Folded {
    let entries: Vec<Option<Cow<'_, Entry>>> = records.iter().map(entry::said).collect();
    let mut run = Vec::new();
    for (place, entry) in (first..).zip(&entries) {
        match entry.as_deref() {
            Some(Entry::Taken(one)) => run.push(one),
            other => {
                taking::all(tx, place - run.len() as u64, &run)?;
                run.clear();
                match other {
                    Some(entry) => one(tx, place, entry)?,
                    None => tracing::warn!(place, "a record of no known kind is passed over"),
                }
            }
        }
    }
    let next = first + records.len() as u64;
    taking::all(tx, next - run.len() as u64, &run)
}

fn one(tx: &mut Tx<'_>, place: u64, entry: &Entry) -> Folded {
    match entry {
        Entry::Taken(one) => return taking::all(tx, place, &[one]),
        Entry::Ended(ended) => ending::acknowledged(tx, &ended.party, &ended.places)?,
        Entry::Committed(committed) => {
            if let Ok(follower) = committed.follower.parse() {
                // It was decided that this is further than before.
                tx.put(keys::committed(&follower), committed.place.to_be_bytes());
            }
            committed.worked.iter().for_each(|one| worked(tx, one));
        }
        Entry::Worked(one) => worked(tx, one),
        Entry::Followers(followers) => tx.put(keys::FOLLOWERS, followers.parties.join("\0")),
        Entry::Parked(one) => parked(tx, one)?,
        Entry::Resolved(one) => resolved(tx, one)?,
        Entry::Subscribed(one) => {
            if let Some(one) = &one.subscriber {
                tx.put(keys::subscriber(&one.party, &one.name), one.encode_to_vec());
            }
        }
        Entry::Unsubscribed(one) => tx.remove(keys::subscriber(&one.party, &one.name)),
        Entry::Signer(one) => tx.put(keys::certificate(&one.name), one.encode_to_vec()),
    }
    if let Some(proof) = entry.proof() {
        proof::noted(tx, place, proof)?;
    }
    noted(tx, place, entry.noted())
}

/// The mandatory followers.
pub fn followers(tx: &Tx<'_>) -> Result<Vec<Party>, view::Error> {
    let stored = tx.get(keys::FOLLOWERS)?.unwrap_or_default();
    let texts = String::from_utf8(stored).unwrap_or_default();
    Ok(texts.split('\0').filter_map(|text| text.parse().ok()).collect())
}

/// The source and the recipient of a series.
pub fn series(tx: &Tx<'_>, series: u32) -> Result<Option<(String, String)>, view::Error> {
    let text = tx.get(&keys::series_text(series))?.and_then(|text| String::from_utf8(text).ok());
    Ok(text.and_then(|text| {
        let (source, recipient) = text.split_once('\0')?;
        Some((source.to_owned(), recipient.to_owned()))
    }))
}

/// The window of time in which an envelope is delivered.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub not_before: Moment,
    pub expires: Moment,
}

impl Times {
    fn bytes(self) -> Vec<u8> {
        [self.not_before.0.to_be_bytes(), self.expires.0.to_be_bytes()].concat()
    }

    /// Reads them; open on both sides where there are none.
    pub fn of(tx: &Tx<'_>, party: &str, place: u64) -> Result<Times, view::Error> {
        let bytes = tx.get(&keys::times(party, place))?;
        let at = |from: usize| {
            let bytes = bytes.as_deref()?.get(from..from + 8)?;
            Some(Moment(view::number(Some(bytes)).cast_signed()))
        };
        let not_before = at(0).unwrap_or(Moment(i64::MIN));
        Ok(Times { not_before, expires: at(8).unwrap_or(Moment(i64::MAX)) })
    }
}

fn count(tx: &mut Tx<'_>, key: Vec<u8>, by: i64) -> Folded {
    let count = tx.number(&key)?.saturating_add_signed(by);
    tx.put(key, count.to_be_bytes());
    Ok(())
}

fn expires_no_more(tx: &mut Tx<'_>, party: &str, place: u64) -> Folded {
    let Times { expires, .. } = Times::of(tx, party, place)?;
    tx.remove(keys::expiring(expires, place));
    Ok(())
}

fn worked(tx: &mut Tx<'_>, one: &Worked) {
    tx.put(keys::WORKED, one.upto.to_be_bytes());
}

fn parked(tx: &mut Tx<'_>, one: &Parked) -> Folded {
    let (party, place) = (one.party.as_str(), one.place);
    tx.edit(&keys::waiting(party, block::of(place)), |value| Waiting::park(value, place, true))?;
    count(tx, keys::parked_count(party), 1)?;
    expires_no_more(tx, party, place)?;
    tx.put(keys::parked(party, place), one.encode_to_vec());
    Ok(())
}

fn resolved(tx: &mut Tx<'_>, one: &Resolved) -> Folded {
    let party = one.party.as_str();
    if one.is_skipped {
        return ending::removed(tx, party, &one.places);
    }
    for place in one.places.iter().copied() {
        let mailbox = keys::waiting(party, block::of(place));
        tx.edit(&mailbox, |value| Waiting::park(value, place, false))?;
        tx.remove(keys::parked(party, place));
        count(tx, keys::parked_count(party), -1)?;
    }
    Ok(())
}

/// Notes what senders are told by the record at a place, and closes what is settled by it.
fn noted(tx: &mut Tx<'_>, at: u64, noted: &[Noted]) -> Folded {
    for group in noted.chunk_by(|one, next| block::of(one.place) == block::of(next.place)) {
        let is_over = |one: &&Noted| matches!(one.told(), Told::Settled | Told::Skipped);
        let mut over = group.iter().filter(is_over).peekable();
        if over.peek().is_some() {
            let unsettled = keys::unsettled(block::of(group[0].place));
            tx.edit(&unsettled, |value| over.for_each(|one| Unsettled::settle(value, one.place)))?;
        }
    }
    for group in noted.chunk_by(|one, next| one.series == next.series) {
        if let Some((source, _)) = series(tx, group[0].series)? {
            tx.put(keys::receipts_in(&source, block::of(at)), []);
        }
    }
    Ok(())
}
