//! What each record does to the view. Nothing here depends on the configuration: who is mandatory
//! is in the record itself, so that a view that is made anew is the same to the byte.
//!
//! An envelope is settled at the record that brings the last of what it waits for: the
//! acknowledgement, when commits have come so far already, or the record that works commits off.
//! Its entry `w` is removed by that record, so it is settled once.

use domain::{envelope::Envelope, moment::Moment, party::Kind, party::Party};
use kit::{tx::Tx, view};
use prost::Message as _;
use proto::record::Record;
use sha2::{Digest as _, Sha256};

use super::{
    entry::{self, Entry},
    keys::{self, Head, Taken, Unsettled},
};

/// How many unsettled envelopes one record works off at most.
pub const STEP: usize = 1_000;

type Folded = Result<(), view::Error>;

/// Folds one record.
pub fn apply(tx: &mut Tx<'_>, place: u64, record: &Record) -> Folded {
    match entry::read(record) {
        Some(Entry::Taken(envelope, at)) => {
            let size = record.change.as_ref().map_or(0, |change| change.data.len());
            taken(tx, place, &envelope, at, size as u64)
        }
        Some(Entry::Acknowledged(party, places)) => {
            places.into_iter().try_for_each(|open| acknowledged(tx, place, &party, open))
        }
        Some(Entry::Committed(follower, upto)) => {
            // It was decided that this is further than before.
            tx.put(keys::committed(&follower), upto.to_be_bytes());
            work(tx, place)
        }
        Some(Entry::Followers(parties)) => {
            let texts: Vec<String> = parties.iter().map(ToString::to_string).collect();
            tx.put(keys::FOLLOWERS, texts.join("\0"));
            work(tx, place)
        }
        Some(Entry::Worked) => work(tx, place),
        None => {
            tracing::warn!(place, "a record of no known kind is passed over");
            Ok(())
        }
    }
}

/// The fingerprint of an envelope: the same envelope has the same bytes.
pub fn fingerprint(envelope: &Envelope) -> [u8; 32] {
    Sha256::digest(proto::envelope::to_wire(envelope).encode_to_vec()).into()
}

/// The mandatory followers.
pub fn followers(tx: &Tx<'_>) -> Result<Vec<Party>, view::Error> {
    let stored = tx.get(keys::FOLLOWERS)?.unwrap_or_default();
    let texts = String::from_utf8(stored).unwrap_or_default();
    Ok(texts.split('\0').filter_map(|text| text.parse().ok()).collect())
}

/// The place up to which every mandatory follower has committed; none when nobody is mandatory.
pub fn followed(tx: &Tx<'_>) -> Result<Option<u64>, view::Error> {
    let places = followers(tx)?.into_iter().map(|party| tx.number(&keys::committed(&party)));
    Ok(places.collect::<Result<Vec<_>, _>>()?.into_iter().min())
}

/// Whose mailbox an envelope goes to. Units and services fetch; communities, offices and
/// administrators have no service that would, they see the ledger, which is made of what followers
/// have committed. A mandatory follower has it by following, so a mailbox would only wait in vain.
pub fn mailbox<'e>(followers: &[Party], envelope: &'e Envelope) -> Option<&'e Party> {
    let fetches = |party: &&Party| matches!(party.kind, Kind::Unit | Kind::Service);
    envelope.recipient.as_ref().filter(fetches).filter(|party| !followers.contains(party))
}

fn taken(tx: &mut Tx<'_>, place: u64, envelope: &Envelope, at: Moment, size: u64) -> Folded {
    let followers = followers(tx)?;
    let mailbox = mailbox(&followers, envelope);
    let taken = Taken { place, at, fingerprint: fingerprint(envelope) };
    tx.put(keys::envelope(&envelope.source, envelope.id.as_str()), taken.bytes());
    let last = keys::last_number(&envelope.source, &keys::recipient(envelope));
    tx.put(last, envelope.number.to_be_bytes());
    tx.put(keys::subject_at(&envelope.subject, place), []);
    let unsettled = Unsettled::of(envelope, mailbox.is_some());
    match mailbox {
        None if followers.is_empty() => settle(tx, place, place, unsettled),
        _ => tx.put(keys::unsettled(place), unsettled.bytes()),
    }
    match mailbox {
        Some(party) => enqueue(tx, party, envelope, Waiting { place, at, size }),
        None => Ok(()),
    }
}

struct Waiting {
    place: u64,
    at: Moment,
    size: u64,
}

/// A subject is as urgent as the most urgent that waits in it: the urgent one can't overtake its
/// own subject, so it takes the subject along. It stays so until nothing of it waits.
fn enqueue(tx: &mut Tx<'_>, party: &Party, envelope: &Envelope, waiting: Waiting) -> Folded {
    let Waiting { place, at, size } = waiting;
    let subject = envelope.subject.as_str();
    let depth = tx.number(&keys::depth(party))? + 1;
    tx.put(keys::depth(party), depth.to_be_bytes());
    tx.put(keys::waiting(party, place), [&at.0.to_be_bytes(), subject.as_bytes()].concat());
    tx.put(keys::queued(party, subject, place), size.to_be_bytes());
    let before = tx.get(&keys::head_of(party, subject))?.and_then(|bytes| Head::read(&bytes));
    let priority = envelope.priority.max(before.map_or(0, |head| head.priority));
    let head = Head { place: before.map_or(place, |head| head.place), priority };
    move_head(tx, party, subject, before, Some(head));
    Ok(())
}

fn move_head(tx: &mut Tx<'_>, party: &Party, subject: &str, old: Option<Head>, new: Option<Head>) {
    if let Some(old) = old {
        tx.remove(keys::head(party, old));
    }
    match new {
        Some(new) => {
            tx.put(keys::head(party, new), subject);
            tx.put(keys::head_of(party, subject), new.bytes());
        }
        None => tx.remove(keys::head_of(party, subject)),
    }
}

fn acknowledged(tx: &mut Tx<'_>, place: u64, party: &Party, open: u64) -> Folded {
    let waiting = keys::waiting(party, open);
    let Some(subject) = tx.get(&waiting)?.and_then(|value| subject_of(&value)) else {
        return Ok(());
    };
    tx.remove(waiting);
    tx.remove(keys::queued(party, &subject, open));
    let depth = tx.number(&keys::depth(party))?.saturating_sub(1);
    tx.put(keys::depth(party), depth.to_be_bytes());
    let head = tx.get(&keys::head_of(party, &subject))?.and_then(|bytes| Head::read(&bytes));
    if let Some(head) = head.filter(|head| head.place == open) {
        let next = tx.scan(&keys::queue(party, &subject), b"", 1)?;
        let next = next.first().map(|(key, _)| Head { place: keys::tail(key), ..head });
        move_head(tx, party, &subject, Some(head), next);
    }
    let Some(unsettled) = unsettled(tx, open)? else { return Ok(()) };
    if open <= tx.number(keys::WORKED)? || followers(tx)?.is_empty() {
        settle(tx, place, open, unsettled);
    } else {
        let had = Unsettled { needs_acknowledgement: false, ..unsettled };
        tx.put(keys::unsettled(open), had.bytes());
    }
    Ok(())
}

/// The subject in the value of a waiting entry.
pub fn subject_of(value: &[u8]) -> Option<String> {
    String::from_utf8(value.get(8..)?.to_vec()).ok()
}

fn unsettled(tx: &Tx<'_>, place: u64) -> Result<Option<Unsettled>, view::Error> {
    Ok(tx.get(&keys::unsettled(place))?.and_then(|bytes| Unsettled::read(&bytes)))
}

fn settle(tx: &mut Tx<'_>, receipt_place: u64, place: u64, unsettled: Unsettled) {
    tx.remove(keys::unsettled(place));
    tx.put(keys::receipt(&unsettled.source, receipt_place, place), unsettled.receipt);
}

/// Works commits off: each unsettled envelope up to there is looked at once, [`STEP`] at a time.
fn work(tx: &mut Tx<'_>, place: u64) -> Folded {
    let worked = tx.number(keys::WORKED)?;
    let goal = followed(tx)?.unwrap_or(place);
    if goal <= worked {
        return Ok(());
    }
    let found = tx.scan(&keys::unsettled_all(), &keys::unsettled(worked + 1), STEP)?;
    let is_all = found.len() < STEP;
    let mut reached = worked;
    for (key, value) in found {
        let at = keys::tail(&key);
        if at > goal {
            reached = goal;
            break;
        }
        reached = at;
        let settled = Unsettled::read(&value).filter(|one| !one.needs_acknowledgement);
        if let Some(unsettled) = settled {
            settle(tx, place, at, unsettled);
        }
    }
    let worked = if is_all { goal } else { reached };
    tx.put(keys::WORKED, worked.to_be_bytes());
    Ok(())
}

/// Whether commits are worked off as far as they go.
pub fn is_worked(tx: &Tx<'_>) -> Result<bool, view::Error> {
    Ok(followed(tx)?.is_none_or(|goal| goal <= tx.number(keys::WORKED).unwrap_or(u64::MAX)))
}
