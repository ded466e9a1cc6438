//! What envelopes that were taken do to the view: a run of them at once, so that a series, a mailbox
//! and a block are looked up once for all that are in it. The outcome is that of one after the other.

use domain::moment::Moment;
use kit::tx::Tx;

use super::{Folded, Times, count, noted};
use crate::local::{
    block::{self, Unsettled, Waiting},
    entry::Taken,
    keys,
};

/// An envelope and its place.
type At<'r> = (u64, &'r Taken);

/// Folds envelopes whose places follow each other.
pub fn all(tx: &mut Tx<'_>, first: u64, run: &[&Taken]) -> Folded {
    let mut ones: Vec<At<'_>> = (first..).zip(run.iter().copied()).collect();
    for (place, one) in &ones {
        subject(tx, &one.subject, *place)?;
    }
    for group in ones.chunk_by(|(one, _), (next, _)| block::of(*one) == block::of(*next)) {
        unsettled(tx, group)?;
    }
    // Sorting is stable: within a series and within a mailbox they stay in the order of places.
    ones.sort_by_key(|(_, one)| one.series);
    for group in ones.chunk_by(|(_, one), (_, next)| one.series == next.series) {
        series(tx, group)?;
    }
    for (party, group) in by_mailbox(&ones) {
        mailbox(tx, party, &group)?;
    }
    (first..).zip(run).try_for_each(|(place, one)| noted(tx, place, &one.noted))
}

/// Those of each mailbox, in the order of places. They come by series, all of which is one mailbox's.
fn by_mailbox<'r>(ones: &[At<'r>]) -> Vec<(&'r str, Vec<At<'r>>)> {
    let mut mailboxes = Vec::<(&str, Vec<At<'r>>)>::new();
    for group in ones.chunk_by(|(_, one), (_, next)| one.series == next.series) {
        let party = group[0].1.mailbox.as_str();
        match mailboxes.iter_mut().find(|(known, _)| *known == party) {
            _ if party.is_empty() => {}
            Some((_, known)) => known.extend_from_slice(group),
            None => mailboxes.push((party, group.to_vec())),
        }
    }
    mailboxes.iter_mut().for_each(|(_, group)| group.sort_by_key(|(place, _)| *place));
    mailboxes
}

/// The latest places of a subject are under a key of their own, until there are enough of them.
fn subject(tx: &mut Tx<'_>, subject: &str, place: u64) -> Folded {
    let full = tx.edit(&keys::subject_upto(subject, u64::MAX), |value| {
        block::note_of_subject(value, place).then(|| std::mem::take(value))
    })?;
    if let Some(full) = full {
        tx.put(keys::subject_upto(subject, place), full);
    }
    Ok(())
}

fn unsettled(tx: &mut Tx<'_>, group: &[At<'_>]) -> Folded {
    let entry = |(place, one): &At<'_>| {
        let is_owed = !one.mailbox.is_empty();
        let unsettled =
            Unsettled { place: *place, series: one.series, number: one.number, is_owed };
        (is_owed || one.is_followed).then_some(unsettled)
    };
    let mut entries = group.iter().filter_map(entry).peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    let key = keys::unsettled(block::of(group[0].0));
    tx.edit(&key, |value| entries.for_each(|one| one.push(value)))
}

fn series(tx: &mut Tx<'_>, group: &[At<'_>]) -> Folded {
    let (series, last) = (group[0].1.series, group[group.len() - 1].1.number);
    let opens = group.iter().find_map(|(_, one)| Some((&one.opens, one.opens.split_once('\0')?)));
    if let Some((opens, (source, recipient))) = opens {
        tx.put(keys::series(source, recipient), u64::from(series).to_be_bytes());
        tx.put(keys::series_text(series), opens.as_bytes());
        let count = (u64::from(series) + 1).max(tx.number(keys::SERIES)?);
        tx.put(keys::SERIES, count.to_be_bytes());
    }
    tx.put(keys::last_number(series), last.to_be_bytes());
    for some in group.chunk_by(|(_, a), (_, b)| block::of(a.number) == block::of(b.number)) {
        let places = keys::places(series, block::of(some[0].1.number));
        tx.edit(&places, |value| {
            some.iter().for_each(|(place, one)| block::note_place(value, one.number, *place));
        })?;
    }
    Ok(())
}

fn mailbox(tx: &mut Tx<'_>, party: &str, group: &[At<'_>]) -> Folded {
    count(tx, keys::depth(party), i64::try_from(group.len()).unwrap_or(i64::MAX))?;
    for some in group.chunk_by(|(one, _), (next, _)| block::of(*one) == block::of(*next)) {
        let waiting: Vec<Waiting> = some.iter().map(waiting).collect();
        let key = keys::waiting(party, block::of(some[0].0));
        tx.edit(&key, |value| waiting.iter().for_each(|one| one.push(value)))?;
        for (waiting, (_, one)) in waiting.into_iter().zip(some) {
            if waiting.priority > 0 || waiting.is_timed {
                apart(tx, party, waiting, one);
            }
        }
    }
    Ok(())
}

fn waiting((place, one): &At<'_>) -> Waiting {
    Waiting {
        place: *place,
        line: keys::line(&one.subject),
        size: u32::try_from(one.wire.len()).unwrap_or(u32::MAX),
        priority: u8::try_from(one.priority).unwrap_or(u8::MAX),
        is_timed: one.not_before_ms.or(one.expires_ms).is_some(),
        is_parked: false,
    }
}

/// What is urgent or has its time is found apart from the others.
fn apart(tx: &mut Tx<'_>, party: &str, waiting: Waiting, one: &Taken) {
    let Waiting { place, line, priority, is_timed, .. } = waiting;
    if priority > 0 {
        tx.put(keys::urgent_at(party, priority, place), line.to_be_bytes());
    }
    if is_timed {
        let times = Times {
            not_before: one.not_before_ms.map_or(Moment(i64::MIN), Moment),
            expires: one.expires_ms.map_or(Moment(i64::MAX), Moment),
        };
        tx.put(keys::times(party, place), times.bytes());
        if one.expires_ms.is_some() {
            tx.put(keys::expiring(times.expires, place), party);
        }
    }
}
