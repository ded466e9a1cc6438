//! Stretches of the record with their envelopes: the end of it, which grows, and what readers of a
//! backlog have read last. Readers that are at about the same place share what was read once.

use rustc_hash::FxHashMap;

use crate::engine::Recorded;

/// How many places share a page, as a power of two.
const SHIFT: u32 = 7;
/// How many bytes of envelopes all pages hold.
const BYTES: usize = 16 << 20;
/// What an envelope costs beside its bytes.
const BESIDE: usize = 128;

/// All that is at hand.
#[derive(Debug, Default)]
pub struct Pages {
    pages: FxHashMap<u64, Page>,
    bytes: usize,
    turn: u64,
}

/// Envelopes of some places that follow each other within one page.
#[derive(Debug)]
struct Page {
    from: u64,
    upto: u64,
    recorded: Vec<Recorded>,
    bytes: usize,
    used: u64,
}

/// Envelopes that follow each other, and how far they lead.
#[derive(Debug)]
pub struct Stretch {
    pub recorded: Vec<Recorded>,
    pub upto: u64,
}

fn size(recorded: &[Recorded]) -> usize {
    recorded.iter().map(|one| one.wire.len() + BESIDE).sum()
}

/// The page that a place is in.
pub fn of(place: u64) -> u64 {
    place >> SHIFT
}

/// The last place of the page that a place is in.
pub fn end(place: u64) -> u64 {
    place | ((1 << SHIFT) - 1)
}

/// The first place of the page that a place is in.
pub fn begin(place: u64) -> u64 {
    (of(place) << SHIFT).max(1)
}

impl Pages {
    /// The record has grown, from the place `first` on.
    pub fn hear(&mut self, first: u64, recorded: Vec<Option<Recorded>>) {
        let mut recorded = recorded.into_iter();
        let mut from = first;
        while recorded.len() > 0 {
            let upto = end(from).min(from + recorded.len() as u64 - 1);
            let count = usize::try_from(upto - from + 1).unwrap_or(usize::MAX);
            self.grow(from, upto, recorded.by_ref().take(count).flatten().collect());
            from = upto + 1;
        }
        self.shrink();
    }

    /// The record has grown within a page.
    fn grow(&mut self, from: u64, upto: u64, recorded: Vec<Recorded>) {
        match self.pages.get(&(from >> SHIFT)) {
            Some(page) if page.upto + 1 == from => self.grow_by(from, upto, recorded),
            // A page that was read while the record grew has it already.
            Some(page) if page.from <= from && upto <= page.upto => {}
            _ => self.keep(from, upto, recorded),
        }
    }

    /// Puts behind a page what it does not have yet.
    fn grow_by(&mut self, from: u64, upto: u64, mut recorded: Vec<Recorded>) {
        self.turn += 1;
        let Some(page) = self.pages.get_mut(&(from >> SHIFT)) else { return };
        page.used = self.turn;
        if upto <= page.upto {
            return;
        }
        recorded.retain(|one| one.place > page.upto);
        let added = size(&recorded);
        page.recorded.extend(recorded);
        page.upto = upto;
        page.bytes += added;
        self.bytes += added;
        self.shrink();
    }

    pub fn keep(&mut self, from: u64, upto: u64, recorded: Vec<Recorded>) {
        self.turn += 1;
        let joins = |page: &Page| page.from < from && from <= page.upto + 1;
        if self.pages.get(&(from >> SHIFT)).is_some_and(joins) {
            // Another reader has read it from further back, and may be about to look at that.
            return self.grow_by(from, upto, recorded);
        }
        let bytes = size(&recorded);
        let page = Page { from, upto, recorded, bytes, used: self.turn };
        self.bytes += bytes;
        if let Some(before) = self.pages.insert(from >> SHIFT, page) {
            self.bytes -= before.bytes;
        }
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.bytes > BYTES {
            let oldest = self.pages.iter().min_by_key(|(_, page)| page.used).map(|(key, _)| *key);
            let Some(page) = oldest.and_then(|key| self.pages.remove(&key)) else { return };
            self.bytes -= page.bytes;
        }
    }

    fn page(&mut self, place: u64) -> Option<&Page> {
        self.turn += 1;
        let page = self.pages.get_mut(&(place >> SHIFT))?;
        page.used = self.turn;
        (page.from..=page.upto).contains(&place).then_some(&*page)
    }

    pub fn at(&mut self, place: u64) -> Option<Option<Recorded>> {
        let page = self.page(place)?;
        let found = page.recorded.binary_search_by_key(&place, |one| one.place).ok();
        Some(found.map(|index| page.recorded[index].clone()))
    }

    /// Those after a place, as far as its own page goes; one may be more than the bytes allow.
    pub fn after(&mut self, place: u64, limit: usize, bytes: usize) -> Option<Stretch> {
        let page = self.page(place + 1)?;
        let from = page.recorded.partition_point(|one| one.place <= place);
        let mut stretch = Stretch { recorded: Vec::new(), upto: page.upto };
        let mut room = bytes;
        for one in &page.recorded[from..] {
            if stretch.recorded.len() >= limit || room == 0 {
                stretch.upto = one.place - 1;
                break;
            }
            room = room.saturating_sub(one.wire.len());
            stretch.recorded.push(one.clone());
        }
        Some(stretch)
    }
}

#[cfg(test)]
mod tests {
    use domain::moment::Moment;

    use super::*;

    fn one(place: u64, bytes: usize) -> Recorded {
        Recorded { place, accepted_at: Moment(1), wire: vec![0; bytes].into() }
    }

    #[test]
    fn what_was_heard_is_at_hand_and_what_was_not_is_not_known() {
        let mut pages = Pages::default();
        pages.hear(5, vec![Some(one(5, 1)), None]);
        pages.hear(7, vec![Some(one(7, 1))]);
        assert_eq!(pages.at(5), Some(Some(one(5, 1))));
        assert_eq!(pages.at(6), Some(None), "it is known that there is no envelope");
        assert_eq!((pages.at(4), pages.at(8)), (None, None), "nothing is known of these");
        let stretch = pages.after(4, 9, 9).unwrap();
        assert_eq!((stretch.recorded.len(), stretch.upto), (2, 7));
        let stretch = pages.after(4, 1, 9).unwrap();
        assert_eq!((stretch.recorded.len(), stretch.upto), (1, 6));
        assert!(pages.after(7, 9, 9).is_none());
    }

    #[test]
    fn what_was_heard_at_once_is_in_its_pages() {
        let mut pages = Pages::default();
        pages.hear(250, (250..800).map(|place| Some(one(place, 1))).collect());
        assert_eq!(pages.pages.len(), 6);
        assert!((250..800).all(|place| pages.at(place) == Some(Some(one(place, 1)))));
    }

    #[test]
    fn who_reads_a_page_from_further_on_takes_nothing_from_who_reads_it_from_its_beginning() {
        let mut pages = Pages::default();
        let some = |places: std::ops::RangeInclusive<u64>| places.map(|at| one(at, 1)).collect();
        pages.keep(5, 9, some(5..=9));
        pages.keep(7, 12, some(7..=12));
        assert!((5..=12).all(|place| pages.at(place).is_some()));
        assert_eq!(pages.bytes, pages.pages[&0].bytes);
        assert_eq!(pages.pages[&0].recorded.len(), 8);
        pages.keep(1, 12, some(1..=12));
        assert_eq!((pages.pages.len(), pages.pages[&0].recorded.len()), (1, 12));
        pages.keep(40, 50, some(40..=50));
        let known = [12, 45].map(|place| pages.at(place).is_some());
        assert_eq!(known, [false, true], "a page has no hole");
    }

    #[test]
    fn memory_is_bounded() {
        let mut pages = Pages::default();
        (1..=200).for_each(|place| pages.hear(place * 256, vec![Some(one(place * 256, 1 << 20))]));
        assert!(pages.bytes <= BYTES);
        assert!(pages.at(200 * 256).is_some() && pages.at(256).is_none());
    }
}
