//! The open cases by the moment from which on something in them is counted in a figure.
//!
//! Open work is counted once it is late, and an answer once it is given: most open cases count
//! nothing yet, and whoever asks for rates need not look at them.

use std::collections::{BTreeSet, HashMap};

use domain::{id::CaseId, moment::Moment};

/// The place of a case in the order of all lists.
pub(crate) type Place = Vec<u8>;

/// Open cases in which something is counted, or will be if nothing more happens.
#[derive(Debug, Default)]
pub(crate) struct Countable {
    cases: HashMap<CaseId, (Moment, Place)>,
    by_moment: BTreeSet<(Moment, Place)>,
}

impl Countable {
    /// Writes from when on a case counts, and its place; none: as it stands it never does.
    pub(crate) fn put(&mut self, id: CaseId, counts: Option<(Moment, Place)>) {
        let before = match &counts {
            Some(counts) => self.cases.insert(id, counts.clone()),
            None => self.cases.remove(&id),
        };
        if let Some(before) = before {
            self.by_moment.remove(&before);
        }
        self.by_moment.extend(counts);
    }

    /// The places of those that count from before this moment on, in their order.
    pub(crate) fn before(&self, end: Moment) -> Vec<Place> {
        let counting = self.by_moment.iter().take_while(|(from, _)| *from < end);
        let mut places: Vec<Place> = counting.map(|(_, place)| place.clone()).collect();
        places.sort_unstable();
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_stands_once_by_its_moment_and_leaves_when_it_counts_no_more() {
        let id = |number: u32| CaseId::parse(format!("WS-20261126-{number:06}")).unwrap();
        let mut countable = Countable::default();
        countable.put(id(1), Some((Moment(30), vec![1])));
        countable.put(id(2), Some((Moment(10), vec![2])));
        assert_eq!(countable.before(Moment(10)), Vec::<Place>::new());
        assert_eq!(countable.before(Moment(11)), [[2]]);
        assert_eq!(countable.before(Moment(31)), [[1], [2]], "in the order of the lists");
        countable.put(id(1), Some((Moment(5), vec![1])));
        assert_eq!(countable.before(Moment(10)), [[1]]);
        assert_eq!(countable.before(Moment(31)), [[1], [2]]);
        countable.put(id(2), None);
        countable.put(id(3), None);
        assert_eq!(countable.before(Moment(31)), [[1]]);
    }
}
