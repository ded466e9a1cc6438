//! What the end of deliveries does to the view: those of a block at once.

use kit::{tx::Tx, view};

use super::{Folded, count, expires_no_more};
use crate::local::{
    block::{self, Unsettled, Waiting},
    keys,
};

/// The recipient has these, ascending.
pub fn acknowledged(tx: &mut Tx<'_>, party: &str, places: &[u64]) -> Folded {
    removed(tx, party, places)?;
    for group in places.chunk_by(|one, next| block::of(*one) == block::of(*next)) {
        tx.edit(&keys::unsettled(block::of(group[0])), |value| {
            group.iter().for_each(|place| Unsettled::acknowledge(value, *place));
        })?;
    }
    Ok(())
}

/// Takes envelopes, ascending, out of their mailbox; none is there twice.
pub fn removed(tx: &mut Tx<'_>, party: &str, places: &[u64]) -> Folded {
    let mut ended = 0;
    for group in places.chunk_by(|one, next| block::of(*one) == block::of(*next)) {
        let mailbox = keys::waiting(party, block::of(group[0]));
        let found: Vec<Waiting> = tx.edit(&mailbox, |value| {
            group.iter().filter_map(|place| Waiting::end(value, *place)).collect()
        })?;
        ended += i64::try_from(found.len()).unwrap_or(0);
        found.into_iter().try_for_each(|one| forgotten(tx, party, one))?;
    }
    if ended > 0 { count(tx, keys::depth(party), -ended) } else { Ok(()) }
}

/// Forgets what was kept of it apart from the others.
fn forgotten(tx: &mut Tx<'_>, party: &str, one: Waiting) -> Result<(), view::Error> {
    let Waiting { place, priority, is_timed, is_parked, .. } = one;
    if priority > 0 {
        tx.remove(keys::urgent_at(party, priority, place));
    }
    if is_timed {
        expires_no_more(tx, party, place)?;
        tx.remove(keys::times(party, place));
    }
    if is_parked {
        tx.remove(keys::parked(party, place));
        count(tx, keys::parked_count(party), -1)?;
    }
    Ok(())
}
