//! The lanes in the book: what waits for one receiver by one way, and what went to it.

use domain::moment::Moment;
use kit::{tx::Tx, view};

use super::{
    book,
    kept::{Kept, SUMMARY},
    plan::{Item, SUMMED_MAX},
};

/// How many that went in an hour are looked at.
const GONE_MAX: usize = 10_000;

pub(super) fn item((number, kept): &(u64, Kept)) -> Item {
    Item {
        number: *number,
        since: kept.since,
        is_urgent: kept.told.is_urgent,
        is_alone: kept.tried_at.is_some() || kept.told.event == SUMMARY,
    }
}

/// Each lane of some ways in which something waits, once.
pub(super) fn heads(
    tx: &Tx<'_>,
    is_its: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, view::Error> {
    let (mut heads, mut from) = (Vec::new(), vec![b'w']);
    while let Some((key, _)) = tx.scan(b"w", &from, 1)?.pop() {
        let lane = &key[1..key.len().saturating_sub(9)];
        let text = String::from_utf8_lossy(lane).into_owned();
        from = [&key[..key.len() - 8], &[0xff; 9]].concat();
        if is_its(text.rsplit('\0').next().unwrap_or_default()) {
            heads.push((text.clone(), text));
        }
    }
    Ok(heads)
}

/// What waits in a lane, in order.
pub(super) fn waiting(tx: &Tx<'_>, lane: &str) -> Result<Vec<(u64, Kept)>, view::Error> {
    let prefix = book::at_lane(b'w', lane);
    let mut waiting = Vec::new();
    for (key, _) in tx.scan(&prefix, &prefix, 2 * SUMMED_MAX)? {
        let number = book::last(&key);
        waiting.extend(book::kept(tx, number)?.map(|kept| (number, kept)));
    }
    Ok(waiting)
}

/// When those of a lane went that were tried after a moment.
pub(super) fn gone(tx: &Tx<'_>, lane: &str, after: Moment) -> Result<Vec<Moment>, view::Error> {
    let prefix = book::at_lane(b'h', lane);
    let at = u64::try_from(after.0).unwrap_or_default();
    let from = [&prefix[..], &at.to_be_bytes()].concat();
    let found = tx.scan(&prefix, &from, GONE_MAX)?;
    let moment = |key: &[u8]| {
        let at = key.len().saturating_sub(8);
        Moment(i64::try_from(book::last(&key[..at])).unwrap_or_default())
    };
    Ok(found.iter().map(|(key, _)| moment(key)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::kept::Told;

    #[test]
    fn a_summary_goes_alone_as_what_was_tried() {
        let kept =
            |event: &str| Kept::new(Told { event: event.to_owned(), ..Told::default() }, Moment(5));
        let is_alone = |kept: Kept| item(&(1, kept)).is_alone;
        assert!(!is_alone(kept("muster.case.v1.Urged")));
        assert!(is_alone(kept(SUMMARY)), "no summary of summaries");
        assert!(is_alone(Kept { tried_at: Some(Moment(6)), ..kept("muster.case.v1.Urged") }));
    }
}
