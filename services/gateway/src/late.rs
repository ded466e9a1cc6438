//! The cases in which something is due, what has been late for longest first; the work for a page is
//! bounded, and does not grow with what is open and not late.
//!
//! Which cases come next is known from the dues; whether the filter lets one through is asked of the
//! case as it stands. A token holds what was due first in the last case that was looked at.

use std::collections::BTreeMap;

use domain::{id::CaseId, moment::Moment, rejection::Rejection};
use kit::{page::Wanted, store::Store, tx::Tx, view};
use proto::ledger::GroupBy;

use crate::{
    door::Door,
    dues::{Due, Dues},
    index,
    matter::Matter,
    search::{Cursor, EXAMINED_MAX, Found, Query, Tallied},
    walk,
    yardstick::Yardstick,
};

/// How many dues are read at once.
const STRIDE: usize = 100;

/// A page.
pub(crate) fn page(
    store: &Store<Door>,
    dues: &Dues,
    query: &Query,
    yardstick: &Yardstick,
    (cursor, wanted): (&Cursor, &Wanted),
) -> Result<Found, Rejection> {
    let mut found = Found { last: Some(cursor.after.clone()), ..Found::default() };
    loop {
        let after = found.last.as_deref().and_then(due);
        let scope = query.sight.scope();
        let next = dues.read(|board| board.behind(after.as_ref(), scope, STRIDE))?;
        let is_end = next.len() < STRIDE;
        for one in next {
            if query.filter.is_overdue && one.0 >= yardstick.now {
                found.last = None;
                return Ok(found);
            }
            if found.matters.len() == wanted.size || found.examined == EXAMINED_MAX {
                return Ok(found);
            }
            found.examined += 1;
            found.matters.extend(store.read(|tx| let_through(tx, query, yardstick, &one.1))?);
            found.last = Some(place(&one));
        }
        if is_end {
            found.last = None;
            return Ok(found);
        }
    }
}

fn let_through(
    tx: &Tx<'_>,
    query: &Query,
    yardstick: &Yardstick,
    id: &CaseId,
) -> Result<Option<Matter>, view::Error> {
    let Some(matter) = index::matter(tx, id)? else { return Ok(None) };
    Ok(query.lets_through(tx, yardstick, &matter)?.then_some(matter))
}

/// How many are late, where the dues alone say it.
pub(crate) fn tally(
    dues: &Dues,
    query: &Query,
    group_by: GroupBy,
    now: Moment,
) -> Result<Option<Tallied>, Rejection> {
    let is_plain = group_by == GroupBy::Unspecified && walk::asks_only_overdue(&query.filter);
    if !is_plain || !query.sight.sees_all() {
        return Ok(None);
    }
    let total = dues.read(|board| board.late(now))?;
    Ok(Some(Tallied { counts: BTreeMap::from([(String::new(), total)]), total, last: None }))
}

fn place((at, id): &Due) -> Vec<u8> {
    [&at.0.to_be_bytes()[..], id.as_str().as_bytes()].concat()
}

fn due(place: &[u8]) -> Option<Due> {
    let (at, id) = place.split_first_chunk()?;
    let id = CaseId::parse(String::from_utf8(id.to_vec()).ok()?).ok()?;
    Some((Moment(i64::from_be_bytes(*at)), id))
}
