//! What is settled: an envelope whose recipient has it, and every mandatory follower.
//!
//! Commits are worked off in steps: each unsettled envelope up to there is looked at once.

use kit::{tx::Tx, view};

use super::{
    block::{self, Unsettled},
    entry::{Noted, Told, Worked},
    fold, keys,
};

/// How many blocks of unsettled envelopes one record works off at most.
const STEP: usize = 16;

/// The place up to which every mandatory follower has committed, when `follower` comes to `place`;
/// `last` when nobody is mandatory.
pub fn goal(tx: &Tx<'_>, last: u64, advance: Option<(&str, u64)>) -> Result<u64, view::Error> {
    let mut goal = None;
    for party in fold::followers(tx)? {
        let committed = match advance {
            Some((follower, place)) if follower == party.to_string() => place,
            _ => tx.number(&keys::committed(&party))?,
        };
        goal = Some(goal.map_or(committed, |goal: u64| goal.min(committed)));
    }
    Ok(goal.unwrap_or(last))
}

/// Whether there is nothing to work off up to the goal.
pub fn is_worked(tx: &Tx<'_>, goal: u64) -> Result<bool, view::Error> {
    Ok(goal <= tx.number(keys::WORKED)?)
}

/// The next step towards the goal.
pub fn step(tx: &Tx<'_>, goal: u64) -> Result<Worked, view::Error> {
    let worked = tx.number(keys::WORKED)?;
    let from = keys::unsettled(block::of(worked + 1));
    let blocks = tx.scan(&keys::unsettled_all(), &from, STEP)?;
    let end = blocks.last().filter(|_| blocks.len() == STEP);
    let end = end.map_or(u64::MAX, |(key, _)| block::last(keys::tail(key)));
    let upto = goal.min(end).max(worked);
    let all = blocks.iter().flat_map(|(key, value)| Unsettled::all(keys::tail(key), value));
    let due = all.filter(|one| (worked + 1..=upto).contains(&one.place) && !one.is_owed);
    let noted: Vec<Noted> = due.map(|one| note(one, Told::Settled)).collect();
    let followers = match noted.is_empty() {
        true => Vec::new(),
        false => fold::followers(tx)?.iter().map(ToString::to_string).collect(),
    };
    Ok(Worked { upto, noted, followers })
}

/// What the sender of an unsettled envelope is told.
pub fn note(one: Unsettled, told: Told) -> Noted {
    Noted { series: one.series, number: one.number, place: one.place, told: told.into() }
}

/// Which of these places, all of one mailbox, are settled when their recipient has them.
pub fn by_acknowledgement(tx: &Tx<'_>, places: &[u64]) -> Result<Vec<Noted>, view::Error> {
    let worked = match fold::followers(tx)?.is_empty() {
        true => u64::MAX,
        false => tx.number(keys::WORKED)?,
    };
    let settled: Vec<u64> = places.iter().copied().filter(|place| *place <= worked).collect();
    notes(tx, &settled, Told::Settled)
}

/// The series and number of each of these places, ascending, that is not settled.
pub fn names(tx: &Tx<'_>, places: &[u64]) -> Result<Vec<(u32, u64)>, view::Error> {
    let noted = notes(tx, places, Told::Settled)?;
    Ok(noted.into_iter().map(|one| (one.series, one.number)).collect())
}

/// What the senders of these places, ascending, are told.
pub fn notes(tx: &Tx<'_>, places: &[u64], told: Told) -> Result<Vec<Noted>, view::Error> {
    let mut noted = Vec::with_capacity(places.len());
    for group in places.chunk_by(|one, next| block::of(*one) == block::of(*next)) {
        let value = tx.get(&keys::unsettled(block::of(group[0])))?.unwrap_or_default();
        let found = group.iter().filter_map(|place| Unsettled::find(&value, *place));
        noted.extend(found.map(|one| note(one, told)));
    }
    Ok(noted)
}
