//! Blocks: what belongs to 256 places or numbers that follow each other, as one value of the view.
//!
//! A change touches one block in place, so that what many envelopes need costs the view one key, and
//! its value stays below the size from which on sled puts values into files of their own. Which block an entry is in depends on its place alone, so that a view that is made anew is
//! the same to the byte. Entries stay in the order of their places.

/// How many places or numbers share a block, as a power of two.
const SHIFT: u32 = 8;
const LOW: u64 = (1 << SHIFT) - 1;

/// The block that a place or number is in.
pub fn of(at: u64) -> u64 {
    at >> SHIFT
}

/// The first place or number of a block.
pub fn first(block: u64) -> u64 {
    block << SHIFT
}

/// The last place or number of a block.
pub fn last(block: u64) -> u64 {
    (block << SHIFT) + LOW
}

fn offset(at: u64) -> u16 {
    u16::try_from(at & LOW).unwrap_or(0)
}

fn at(block: u64, offset: u16) -> u64 {
    (block << SHIFT) + u64::from(offset)
}

fn array<const N: usize>(bytes: &[u8], from: usize) -> [u8; N] {
    bytes.get(from..from + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

/// A list of entries of `N` bytes that begin with their offset (2) and flags (1); before them, how
/// many are open (2). An entry that is closed stays until all are, and then nothing is left.
struct List<const N: usize>;

impl<const N: usize> List<N> {
    fn push(value: &mut Vec<u8>, place: u64, flags: u8, rest: &[u8]) {
        if value.is_empty() {
            value.extend([0, 0]);
        }
        value.extend(offset(place).to_be_bytes());
        value.push(flags);
        value.extend_from_slice(rest);
        Self::count(value, 1);
    }

    fn count(value: &mut [u8], by: i16) {
        let open = u16::from_be_bytes(array(value, 0)).saturating_add_signed(by);
        value[..2].copy_from_slice(&open.to_be_bytes());
    }

    /// Where in the value the entry begins.
    fn find(value: &[u8], place: u64) -> Option<usize> {
        let count = value.len().saturating_sub(2) / N;
        let key = |index: usize| u16::from_be_bytes(array(value, 2 + index * N));
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if key(middle) < offset(place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < count && key(low) == offset(place)).then_some(2 + low * N)
    }

    /// Closes an entry; says its bytes if it was open.
    fn close(value: &mut Vec<u8>, place: u64) -> Option<[u8; N]> {
        let from = Self::find(value, place)?;
        let entry: [u8; N] = array(value, from);
        if entry[2] & CLOSED != 0 {
            return None;
        }
        value[from + 2] |= CLOSED;
        Self::count(value, -1);
        if value[..2] == [0, 0] {
            value.clear();
        }
        Some(entry)
    }

    fn set(value: &mut [u8], place: u64, flag: u8, is_set: bool) {
        if let Some(from) = Self::find(value, place) {
            let flags = &mut value[from + 2];
            *flags = if is_set { *flags | flag } else { *flags & !flag };
        }
    }
}

const CLOSED: u8 = 1;
/// Its times are kept beside it.
const TIMED: u8 = 2;
/// It waits for a person.
const PARKED: u8 = 4;
/// Its recipient has not acknowledged it.
const OWED: u8 = 8;

/// An envelope that waits in a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub place: u64,
    /// The hash of its subject.
    pub line: u64,
    pub size: u32,
    pub priority: u8,
    pub is_timed: bool,
    pub is_parked: bool,
}

/// The bytes of a waiting entry: offset, flags, priority, size, line.
const WAITING: usize = 16;

impl Waiting {
    pub fn push(self, value: &mut Vec<u8>) {
        let rest =
            [&[self.priority], &self.size.to_be_bytes()[..], &self.line.to_be_bytes()].concat();
        let flags = if self.is_timed { TIMED } else { 0 };
        List::<WAITING>::push(value, self.place, flags, &rest);
    }

    fn read(block: u64, entry: &[u8]) -> Option<Waiting> {
        let flags = *entry.get(2)?;
        (flags & CLOSED == 0).then(|| Waiting {
            place: at(block, u16::from_be_bytes(array(entry, 0))),
            priority: entry[3],
            size: u32::from_be_bytes(array(entry, 4)),
            line: u64::from_be_bytes(array(entry, 8)),
            is_timed: flags & TIMED != 0,
            is_parked: flags & PARKED != 0,
        })
    }

    /// The open one at a place.
    pub fn find(value: &[u8], place: u64) -> Option<Waiting> {
        let from = List::<WAITING>::find(value, place)?;
        Waiting::read(of(place), value.get(from..from + WAITING)?)
    }

    /// Ends the one at a place, if it is open.
    pub fn end(value: &mut Vec<u8>, place: u64) -> Option<Waiting> {
        let entry = List::<WAITING>::close(value, place)?;
        Waiting::read(of(place), &entry)
    }

    pub fn park(value: &mut [u8], place: u64, is_parked: bool) {
        List::<WAITING>::set(value, place, PARKED, is_parked);
    }

    /// The open ones of a block, in order.
    pub fn all(block: u64, value: &[u8]) -> impl Iterator<Item = Waiting> {
        let entries = value.get(2..).unwrap_or_default().chunks_exact(WAITING);
        entries.filter_map(move |entry| Waiting::read(block, entry))
    }
}

/// An envelope that not everybody has who must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsettled {
    pub place: u64,
    pub series: u32,
    pub number: u64,
    /// Whether its recipient has not acknowledged it.
    pub is_owed: bool,
}

/// The bytes of an unsettled entry: offset, flags, series, number.
const UNSETTLED: usize = 15;

impl Unsettled {
    pub fn push(self, value: &mut Vec<u8>) {
        let rest = [&self.series.to_be_bytes()[..], &self.number.to_be_bytes()].concat();
        List::<UNSETTLED>::push(value, self.place, if self.is_owed { OWED } else { 0 }, &rest);
    }

    fn read(block: u64, entry: &[u8]) -> Option<Unsettled> {
        let flags = *entry.get(2)?;
        (flags & CLOSED == 0).then(|| Unsettled {
            place: at(block, u16::from_be_bytes(array(entry, 0))),
            series: u32::from_be_bytes(array(entry, 3)),
            number: u64::from_be_bytes(array(entry, 7)),
            is_owed: flags & OWED != 0,
        })
    }

    pub fn find(value: &[u8], place: u64) -> Option<Unsettled> {
        let from = List::<UNSETTLED>::find(value, place)?;
        Unsettled::read(of(place), value.get(from..from + UNSETTLED)?)
    }

    /// Its recipient has it.
    pub fn acknowledge(value: &mut [u8], place: u64) {
        List::<UNSETTLED>::set(value, place, OWED, false);
    }

    pub fn settle(value: &mut Vec<u8>, place: u64) {
        List::<UNSETTLED>::close(value, place);
    }

    /// The unsettled ones of a block, in order.
    pub fn all(block: u64, value: &[u8]) -> impl Iterator<Item = Unsettled> {
        let entries = value.get(2..).unwrap_or_default().chunks_exact(UNSETTLED);
        entries.filter_map(move |entry| Unsettled::read(block, entry))
    }
}

/// Notes the place of a number of a series; numbers come one after the other.
pub fn note_place(value: &mut Vec<u8>, number: u64, place: u64) {
    value.resize(usize::from(offset(number)) * 8, 0);
    value.extend(place.to_be_bytes());
}

/// The place of a number of a series; 0 for none.
pub fn place_of(value: &[u8], number: u64) -> u64 {
    u64::from_be_bytes(array(value, usize::from(offset(number)) * 8))
}

/// How many places of a subject share a value.
const TOGETHER: usize = 128;

/// Notes a place of a subject behind the others; says whether the value is full.
pub fn note_of_subject(value: &mut Vec<u8>, place: u64) -> bool {
    // Mostly one at a time: the value is not to be moved for more room than that.
    value.reserve_exact(8);
    value.extend(place.to_be_bytes());
    value.len() >= TOGETHER * 8
}

/// The places of a subject that a value has, ascending.
pub fn of_subject(value: &[u8]) -> impl Iterator<Item = u64> {
    value.chunks_exact(8).map(|bytes| u64::from_be_bytes(array(bytes, 0)))
}

/// How many values hold so many places, wherever one begins among them.
pub fn values_for(places: usize) -> usize {
    places / TOGETHER + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(place: u64) -> Waiting {
        Waiting { place, line: 7, size: 9, priority: 3, is_timed: true, is_parked: false }
    }

    #[test]
    fn what_is_open_is_found_and_what_has_ended_is_not() {
        let mut value = Vec::new();
        let places = [257, 260, 511];
        places.iter().for_each(|place| waiting(*place).push(&mut value));
        assert_eq!(Waiting::find(&value, 260), Some(waiting(260)));
        assert_eq!(Waiting::find(&value, 261), None);
        assert_eq!(Waiting::end(&mut value, 260), Some(waiting(260)));
        assert_eq!(Waiting::end(&mut value, 260), None);
        let open: Vec<u64> = Waiting::all(1, &value).map(|one| one.place).collect();
        assert_eq!(open, [257, 511]);
        Waiting::park(&mut value, 511, true);
        assert!(Waiting::find(&value, 511).unwrap().is_parked);
        Waiting::end(&mut value, 257);
        Waiting::end(&mut value, 511);
        assert!(value.is_empty(), "nothing is left of a block when nothing waits in it");
    }

    #[test]
    fn an_envelope_is_owed_until_it_is_acknowledged() {
        let mut value = Vec::new();
        let one = Unsettled { place: 5, series: 2, number: 1 << 40, is_owed: true };
        one.push(&mut value);
        assert_eq!(Unsettled::find(&value, 5), Some(one));
        Unsettled::acknowledge(&mut value, 5);
        assert_eq!(Unsettled::all(0, &value).next(), Some(Unsettled { is_owed: false, ..one }));
        Unsettled::settle(&mut value, 5);
        assert!(value.is_empty());
    }

    #[test]
    fn a_number_has_its_place() {
        let mut value = Vec::new();
        (1..=255).for_each(|number| note_place(&mut value, number, number * 3));
        assert_eq!([1, 255].map(|number| place_of(&value, number)), [3, 765]);
        assert_eq!(place_of(&value, 0), 0);
        assert_eq!(place_of(&[], 9), 0);
    }
}
