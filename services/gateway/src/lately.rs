//! What was said lately in the cases in sight, the last first; the work for a page is bounded.
//!
//! A token is the place before which the next page begins: places never change, so however much is
//! said while pages are read, none comes twice and none is passed over.

use domain::{moment::Moment, rejection::Rejection};
use kit::page::Wanted;

use crate::{
    access::Sight,
    index,
    read::{Entry, Reader},
};

/// How many lines of the ledger are read at once.
const LINES: u64 = 64;

/// How many are looked at for a page.
const EXAMINED_MAX: u64 = 1_000;

/// A page of steps, and the token of the next.
pub(crate) type Page = (Vec<Entry>, Option<Vec<u8>>);

/// What the bus had since a moment.
pub(crate) fn page(
    reader: &mut Reader,
    sight: &Sight,
    since: Moment,
    wanted: &Wanted,
) -> Result<Page, Rejection> {
    let last = reader.last_place()?;
    let mut before = before(wanted)?.unwrap_or(u64::MAX).min(last.saturating_add(1));
    let end = before.saturating_sub(EXAMINED_MAX).max(1);
    let mut steps = Vec::new();
    while before > end {
        let from = before.saturating_sub(LINES).max(end);
        for (place, spot, case_id) in lines(reader, from, before)?.into_iter().rev() {
            before = place;
            let is_seen = sight.sees_all()
                || reader.known(&case_id)?.is_some_and(|matter| sight.sees(&matter));
            let Some(told) = (if is_seen { reader.told(spot)? } else { None }) else { continue };
            if told.at() < since {
                return Ok((steps, None));
            }
            steps.push(Entry { place, told });
            if steps.len() == wanted.size {
                return Ok((steps, goes_on(before)));
            }
        }
        before = from;
    }
    Ok((steps, goes_on(before)))
}

fn goes_on(before: u64) -> Option<Vec<u8>> {
    (before > 1).then(|| before.to_be_bytes().to_vec())
}

fn before(wanted: &Wanted) -> Result<Option<u64>, Rejection> {
    if wanted.from.is_empty() {
        return Ok(None);
    }
    let place = <[u8; 8]>::try_from(&wanted.from[..]).map_err(|_| {
        let message = "not a token of this list; right would be: the one that came with it";
        Rejection::invalid("MALFORMED_TOKEN", "page.token", message)
    })?;
    Ok(Some(u64::from_be_bytes(place)))
}

type Line = (u64, crate::told::Spot, domain::id::CaseId);

/// The lines of these places, in order.
fn lines(reader: &Reader, from: u64, before: u64) -> Result<Vec<Line>, Rejection> {
    let key = index::ledger_after(from.saturating_sub(1));
    let most = usize::try_from(before - from).unwrap_or(0);
    let found = reader.store().read(|tx| tx.scan(index::LEDGER, &key, most))?;
    let line = |(key, value): (Vec<u8>, Vec<u8>)| {
        let (place, spot) = index::line(&key, &value)?;
        Some((place, spot, index::line_case(&value)?))
    };
    Ok(found.into_iter().filter_map(line).collect())
}
