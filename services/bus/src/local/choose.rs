//! What a fetch gets: walks the subjects of a mailbox, the most urgent and oldest first.
//!
//! There is one entry per subject, and a subject that is leased costs one look, so the work is
//! bounded by what is in hand and what is asked for, never by what waits.

use domain::{moment::Moment, party::Party};
use kit::{tx::Tx, view};

use super::{keys, lease::Held};

/// How many subjects are looked at in one scan.
const STRIDE: usize = 128;

/// What is asked for.
pub struct Wish<'w> {
    /// Whose mailbox.
    pub mailbox: &'w Party,
    /// At most so many.
    pub max: usize,
    /// At most so many bytes, but always one envelope.
    pub bytes: u64,
    /// Nothing after this place: it is in the view, but not yet wholly.
    pub upto: u64,
    /// Until when it is leased.
    pub until: Moment,
}

/// What was leased: the place, and the how manieth delivery it is.
pub type Chosen = Vec<(u64, u32)>;

/// Chooses and leases.
pub fn choose(tx: &Tx<'_>, held: &mut Held, wish: &Wish<'_>) -> Result<Chosen, view::Error> {
    let mut left = Left { count: wish.max.min(held.room()), bytes: wish.bytes, chosen: Vec::new() };
    let heads = keys::heads(wish.mailbox);
    let mut from = heads.clone();
    while left.count > 0 {
        let found = tx.scan(&heads, &from, STRIDE)?;
        let Some((last, _)) = found.last() else { break };
        from = [&last[..], &[0]].concat();
        for (_, subject) in &found {
            let Ok(subject) = std::str::from_utf8(subject) else { continue };
            if left.count > 0 && !held.has(subject) {
                run(tx, held, wish, subject, &mut left)?;
            }
        }
    }
    Ok(left.chosen)
}

struct Left {
    count: usize,
    bytes: u64,
    chosen: Chosen,
}

/// Leases the beginning of one subject, without a gap.
fn run(
    tx: &Tx<'_>,
    held: &mut Held,
    wish: &Wish<'_>,
    subject: &str,
    left: &mut Left,
) -> Result<(), view::Error> {
    let queue = keys::queue(wish.mailbox, subject);
    for (key, size) in tx.scan(&queue, b"", left.count)? {
        let (place, size) = (keys::tail(&key), view::number(Some(&size)));
        if place > wish.upto {
            break;
        }
        if size > left.bytes && !left.chosen.is_empty() {
            left.count = 0;
            break;
        }
        left.bytes = left.bytes.saturating_sub(size);
        left.count -= 1;
        left.chosen.push((place, held.lease(subject, place, wish.until)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kit::view::{Origin, View};

    use super::*;
    use crate::{
        conformance::envelope,
        local::{entry, fold},
    };

    #[test]
    fn what_the_view_may_not_have_wholly_is_left_for_later() {
        let dir = tempfile::tempdir().unwrap();
        let view = View::open(dir.path(), &Origin::now([1; 16], 1), 0).unwrap();
        let mut tx = Tx::new(&view);
        for place in 1..=3 {
            let draft = entry::taken(&envelope("unit/housing", place, "case/w/1"), Moment(1));
            let record = proto::record::Record { change: draft.change, ..Default::default() };
            fold::apply(&mut tx, place, &record).unwrap();
        }
        let mailbox = &"unit/housing".parse().unwrap();
        let wish = |upto| Wish { mailbox, max: 9, bytes: 1 << 20, upto, until: Moment(9) };
        let chosen = |upto| choose(&tx, &mut Held::default(), &wish(upto)).unwrap();
        assert!(chosen(0).is_empty());
        assert_eq!(chosen(2), [(1, 1), (2, 1)]);
        assert_eq!(chosen(3).len(), 3);
        let small = Wish { bytes: 1, ..wish(3) };
        assert_eq!(choose(&tx, &mut Held::default(), &small).unwrap(), [(1, 1)]);
    }
}
