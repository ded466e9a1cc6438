//! The board: open cases by the moment of what is due in them first.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use domain::{id::CaseId, moment::Moment, party::Party};

/// What is due first in a case, and the case: the order of the board.
pub(crate) type Due = (Moment, CaseId);

/// The open cases in which something is owed.
#[derive(Debug, Default)]
pub(crate) struct Board {
    cases: HashMap<CaseId, Case>,
    by_due: BTreeSet<Due>,
    /// A party stands once, however many cases name it.
    parties: BTreeSet<Arc<Party>>,
}

#[derive(Debug)]
struct Case {
    first: Moment,
    owed: Vec<(Arc<Party>, Moment)>,
    concerned: Vec<Arc<Party>>,
}

impl Case {
    /// Whether it concerns a party, if one is named.
    fn concerns(&self, party: Option<&Party>) -> bool {
        party.is_none_or(|party| self.concerned.iter().any(|one| **one == *party))
    }
}

impl Board {
    /// Writes what is owed in a case, and whom it concerns; nothing owed: it is not on the board.
    pub(crate) fn put(
        &mut self,
        id: CaseId,
        owed: Vec<(Party, Moment)>,
        concerned: BTreeSet<Party>,
    ) {
        if let Some(before) = self.cases.remove(&id) {
            self.by_due.remove(&(before.first, id.clone()));
        }
        let Some(first) = owed.iter().map(|(_, due)| *due).min() else { return };
        let owed = owed.into_iter().map(|(party, due)| (self.party(party), due)).collect();
        let concerned = concerned.into_iter().map(|party| self.party(party)).collect();
        self.by_due.insert((first, id.clone()));
        self.cases.insert(id, Case { first, owed, concerned });
    }

    fn party(&mut self, party: Party) -> Arc<Party> {
        if let Some(known) = self.parties.get(&party) {
            return Arc::clone(known);
        }
        let party = Arc::new(party);
        self.parties.insert(Arc::clone(&party));
        party
    }

    /// In how many cases something was due before this moment.
    pub(crate) fn late(&self, now: Moment) -> u64 {
        self.by_due.iter().take_while(|(due, _)| *due < now).count() as u64
    }

    /// How many debts of each party were due before this moment; one that owes, but nothing late, has 0.
    pub(crate) fn late_by_party(&self, now: Moment) -> BTreeMap<Arc<Party>, u64> {
        let mut late = BTreeMap::new();
        for (party, due) in self.cases.values().flat_map(|case| &case.owed) {
            *late.entry(Arc::clone(party)).or_default() += u64::from(*due < now);
        }
        late
    }

    /// Who owes something; in the cases that concern a party, if one is named.
    pub(crate) fn owing(&self, concerned: Option<&Party>) -> BTreeSet<Arc<Party>> {
        let cases = self.cases.values().filter(|case| case.concerns(concerned));
        cases.flat_map(|case| &case.owed).map(|(party, _)| Arc::clone(party)).collect()
    }

    /// The next cases behind one, by what is due first; of those that concern a party, if one is named.
    pub(crate) fn behind(
        &self,
        after: Option<&Due>,
        concerned: Option<&Party>,
        most: usize,
    ) -> Vec<Due> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.by_due.range((begin, Bound::Unbounded));
        found
            .filter(|(_, id)| self.cases.get(id).is_some_and(|case| case.concerns(concerned)))
            .take(most)
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> CaseId {
        CaseId::parse(format!("WS-20261126-{number:06}")).unwrap()
    }

    fn party(text: &str) -> Party {
        text.parse().unwrap()
    }

    #[test]
    fn a_case_stands_by_what_is_due_first_and_leaves_when_nothing_is() {
        let (housing, water) = (party("unit/housing"), party("unit/water"));
        let mut board = Board::default();
        let both = vec![(housing.clone(), Moment(30)), (water.clone(), Moment(10))];
        board.put(id(1), both, BTreeSet::from([housing.clone(), water.clone()]));
        board.put(id(2), vec![(housing.clone(), Moment(20))], BTreeSet::from([housing.clone()]));
        assert_eq!(board.behind(None, None, 9), [(Moment(10), id(1)), (Moment(20), id(2))]);
        assert_eq!(board.behind(Some(&(Moment(10), id(1))), None, 9), [(Moment(20), id(2))]);
        assert_eq!(board.behind(None, Some(&water), 9), [(Moment(10), id(1))]);
        assert_eq!(board.behind(None, None, 1).len(), 1);
        assert_eq!(board.owing(None).len(), 2);
        assert!(board.owing(Some(&party("unit/fire"))).is_empty(), "none of it is its business");
        assert_eq!([9, 10, 11, 21].map(|now| board.late(Moment(now))), [0, 0, 1, 2]);
        let late = board.late_by_party(Moment(25));
        assert_eq!(
            (late[&housing], late[&water]),
            (1, 1),
            "the debt of the case's other part is not"
        );
        board.put(id(1), vec![(housing.clone(), Moment(30))], BTreeSet::new());
        assert_eq!(board.behind(None, None, 9), [(Moment(20), id(2)), (Moment(30), id(1))]);
        assert_eq!(board.late_by_party(Moment(0))[&housing], 0, "it owes, and nothing is late");
        board.put(id(2), Vec::new(), BTreeSet::new());
        board.put(id(2), Vec::new(), BTreeSet::new());
        assert_eq!(board.behind(None, None, 9), [(Moment(30), id(1))]);
    }
}
