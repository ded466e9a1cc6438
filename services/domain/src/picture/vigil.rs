//! Who is waited for, from step to step, where a matter keeps only how it stands.
//!
//! What is owed follows from how a matter stands after each step; since when, from the step after
//! which it was owed first. So a picture of a matter that has no clocks of its own has its waits too.

use super::{Clock, Waited};
use crate::{calendar::Calendar, clock::Pace, moment::Moment, party::Party};

/// What somebody owes, as a matter stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Who.
    pub party: Party,
    /// What: the word of the duty.
    pub duty: &'static str,
    /// About which part of the matter: an order's number; empty for the whole.
    pub about: String,
    /// Since when, where the matter says so; otherwise since the step after which it is owed.
    pub from: Option<Moment>,
    /// By when; none where there is no limit.
    pub due: Option<Moment>,
    /// In which time its clock runs.
    pub pace: Pace,
}

impl Owed {
    /// What a party owes about the whole, without a limit.
    pub fn new(party: Party, duty: &'static str) -> Owed {
        let (about, pace) = (String::new(), Pace::Around);
        Owed { party, duty, about, from: None, due: None, pace }
    }

    fn is_same(&self, other: &Owed) -> bool {
        (&self.party, self.duty, &self.about, self.from)
            == (&other.party, other.duty, &other.about, other.from)
    }
}

/// What is owed now, and since when each.
#[derive(Clone, Debug, Default)]
pub struct Vigil(Vec<(Owed, Moment)>);

impl Vigil {
    /// Who is waited for at a moment.
    pub fn waited(&self, at: Moment, calendar: &Calendar) -> Vec<Waited> {
        let waited = |(owed, from): &(Owed, Moment)| Waited {
            party: owed.party.clone(),
            duty: owed.duty,
            about: owed.about.clone(),
            from: *from,
            clock: owed.due.map(|due| Clock {
                due,
                pace: owed.pace,
                used_ms: owed.pace.between(calendar, *from, at),
                left_ms: owed.pace.between(calendar, at, due),
                is_held: false,
            }),
            has_ended: false,
        };
        self.0.iter().map(waited).collect()
    }

    /// A step has come, after which this is owed: who was waited for before it, and whose wait ended.
    pub fn step(&mut self, owed: Vec<Owed>, at: Moment, calendar: &Calendar) -> Vec<Waited> {
        let mut waited = self.waited(at, calendar);
        for (one, (known, _)) in waited.iter_mut().zip(&self.0) {
            one.has_ended = !owed.iter().any(|open| open.is_same(known));
        }
        let known = std::mem::take(&mut self.0);
        let since = |one: &Owed| {
            let found = known.iter().find(|(open, _)| open.is_same(one));
            found.map_or_else(|| one.from.unwrap_or(at), |(_, from)| *from)
        };
        self.0 = owed.into_iter().map(|one| (one.clone(), since(&one))).collect();
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed(duty: &'static str, due: Option<i64>) -> Owed {
        let due = due.map(Moment);
        Owed { due, ..Owed::new("unit/housing".parse().unwrap(), duty) }
    }

    #[test]
    fn a_wait_counts_from_the_step_after_which_it_is_owed_first() {
        let (mut vigil, calendar) = (Vigil::default(), Calendar::default());
        assert!(vigil.step(vec![owed("join", Some(90))], Moment(10), &calendar).is_empty());
        let seen =
            vigil.step(vec![owed("join", Some(70)), owed("read", None)], Moment(20), &calendar);
        assert_eq!((seen[0].from, seen[0].has_ended), (Moment(10), false));
        assert_eq!(seen[0].clock.map(|clock| (clock.used_ms, clock.left_ms)), Some((10, 70)));
        let seen = vigil.step(vec![owed("read", None)], Moment(30), &calendar);
        assert_eq!(
            (seen[0].from, seen[0].has_ended),
            (Moment(10), true),
            "also with another limit"
        );
        assert_eq!((seen[1].from, seen[1].has_ended, seen[1].clock), (Moment(20), false, None));
        assert_eq!(vigil.waited(Moment(40), &calendar).len(), 1);
    }
}
