//! What each record does to the view. Nothing here depends on the configuration, and nothing is
//! decided: what is settled, whose mailbox it is and which series is in the record itself, so that a
//! view that is made anew is the same to the byte.

use domain::{moment::Moment, party::Party};
use kit::{tx::Tx, view};
use prost::Message as _;
use proto::record::Record;

use super::{
    block::{self, Unsettled, Waiting},
    entry::{self, Entry, Noted, Parked, Resolved, Taken, Told, Worked},
    keys, proof,
};

type Folded = Result<(), view::Error>;

/// Folds one record.
pub fn apply(tx: &mut Tx<'_>, place: u64, record: &Record) -> Folded {
    let Some(entry) = entry::read(record) else {
        tracing::warn!(place, "a record of no known kind is passed over");
        return Ok(());
    };
    match &entry {
        Entry::Taken(one) => taken(tx, place, one)?,
        Entry::Ended(ended) => {
            ended.places.iter().try_for_each(|place| acknowledged(tx, &ended.party, *place))?;
        }
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

fn taken(tx: &mut Tx<'_>, place: u64, one: &Taken) -> Folded {
    let Taken { series, number, mailbox, .. } = one;
    if let Some((source, recipient)) = one.opens.split_once('\0') {
        tx.put(keys::series(source, recipient), u64::from(*series).to_be_bytes());
        tx.put(keys::series_text(*series), one.opens.as_bytes());
        tx.put(keys::SERIES, (u64::from(*series) + 1).to_be_bytes());
    }
    tx.put(keys::last_number(*series), number.to_be_bytes());
    let places = keys::places(*series, block::of(*number));
    tx.edit(&places, |value| block::note_place(value, *number, place))?;
    let subject = keys::subject_in(&one.subject, block::of(place));
    tx.edit(&subject, |value| block::note_offset(value, place))?;
    let is_owed = !mailbox.is_empty();
    if is_owed || one.is_followed {
        let unsettled = Unsettled { place, series: *series, number: *number, is_owed };
        tx.edit(&keys::unsettled(block::of(place)), |value| unsettled.push(value))?;
    }
    if is_owed { enqueue(tx, place, one) } else { Ok(()) }
}

fn enqueue(tx: &mut Tx<'_>, place: u64, one: &Taken) -> Folded {
    let party = one.mailbox.as_str();
    count(tx, keys::depth(party), 1)?;
    let waiting = Waiting {
        place,
        line: keys::line(&one.subject),
        size: u32::try_from(one.wire.len()).unwrap_or(u32::MAX),
        priority: u8::try_from(one.priority).unwrap_or(u8::MAX),
        is_timed: one.not_before_ms.or(one.expires_ms).is_some(),
        is_parked: false,
    };
    tx.edit(&keys::waiting(party, block::of(place)), |value| waiting.push(value))?;
    if waiting.priority > 0 {
        tx.put(keys::urgent_at(party, waiting.priority, place), waiting.line.to_be_bytes());
    }
    if waiting.is_timed {
        let times = Times {
            not_before: one.not_before_ms.map_or(Moment(i64::MIN), Moment),
            expires: one.expires_ms.map_or(Moment(i64::MAX), Moment),
        };
        tx.put(keys::times(party, place), times.bytes());
        if one.expires_ms.is_some() {
            tx.put(keys::expiring(times.expires, place), party);
        }
    }
    Ok(())
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

/// Takes an envelope out of its mailbox; it is not there twice.
fn remove(tx: &mut Tx<'_>, party: &str, place: u64) -> Folded {
    let mailbox = keys::waiting(party, block::of(place));
    let Some(waiting) = tx.edit(&mailbox, |value| Waiting::end(value, place))? else {
        return Ok(());
    };
    count(tx, keys::depth(party), -1)?;
    if waiting.priority > 0 {
        tx.remove(keys::urgent_at(party, waiting.priority, place));
    }
    if waiting.is_timed {
        expires_no_more(tx, party, place)?;
        tx.remove(keys::times(party, place));
    }
    if waiting.is_parked {
        tx.remove(keys::parked(party, place));
        count(tx, keys::parked_count(party), -1)?;
    }
    Ok(())
}

fn expires_no_more(tx: &mut Tx<'_>, party: &str, place: u64) -> Folded {
    let Times { expires, .. } = Times::of(tx, party, place)?;
    tx.remove(keys::expiring(expires, place));
    Ok(())
}

fn acknowledged(tx: &mut Tx<'_>, party: &str, place: u64) -> Folded {
    remove(tx, party, place)?;
    tx.edit(&keys::unsettled(block::of(place)), |value| Unsettled::acknowledge(value, place))
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
    for place in one.places.iter().copied() {
        if one.is_skipped {
            remove(tx, party, place)?;
            continue;
        }
        let mailbox = keys::waiting(party, block::of(place));
        tx.edit(&mailbox, |value| Waiting::park(value, place, false))?;
        tx.remove(keys::parked(party, place));
        count(tx, keys::parked_count(party), -1)?;
    }
    Ok(())
}

/// Notes what senders are told by the record at a place, and closes what is settled by it.
fn noted(tx: &mut Tx<'_>, at: u64, noted: &[Noted]) -> Folded {
    let mut last = None;
    for one in noted {
        if matches!(one.told(), Told::Settled | Told::Skipped) {
            let unsettled = keys::unsettled(block::of(one.place));
            tx.edit(&unsettled, |value| Unsettled::settle(value, one.place))?;
        }
        if last.replace(one.series) != Some(one.series)
            && let Some((source, _)) = series(tx, one.series)?
        {
            tx.put(keys::receipts_in(&source, block::of(at)), []);
        }
    }
    Ok(())
}
