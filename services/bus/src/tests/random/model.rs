//! A bus that is too simple to be wrong: lists that are looked through from their beginning, for
//! everything that may be asked. It holds no window, keeps no turns and saves no work.

use std::collections::{BTreeMap, BTreeSet};

use domain::{envelope::Envelope, moment::Moment};

use super::{ATTEMPTS, FOLLOWERS, LEASE};
use crate::{
    conformance::{self, party},
    engine::{Cause, Delivery, Fate, Held, Parked},
};

/// A subject in a mailbox.
type Line = (String, String);

/// What should be.
#[derive(Default)]
pub struct Model {
    pub sent: BTreeMap<u64, Envelope>,
    /// Places that wait, by mailbox.
    pub waiting: BTreeMap<String, BTreeSet<u64>>,
    /// What readers have in hand.
    pub in_hand: BTreeSet<u64>,
    /// Until when, for each subject of which something is in hand.
    until: BTreeMap<Line, Moment>,
    /// Subjects that were refused with a delay.
    delayed: BTreeMap<Line, Moment>,
    attempts: BTreeMap<u64, u32>,
    /// The how manieth delivery its last one was.
    delivered: BTreeMap<u64, u32>,
    /// How many of them were taken back because one before had failed.
    spared: BTreeMap<u64, u32>,
    reasons: BTreeMap<u64, String>,
    /// What is parked: why, with which words, after how many deliveries.
    pub parked: BTreeMap<u64, (Cause, String, u32)>,
    /// What was parked once does not expire any more.
    pardoned: BTreeSet<u64>,
    /// What senders were told but that it is settled.
    told: Vec<(u64, Fate)>,
    skipped: BTreeSet<u64>,
    /// What failed for the last time in the moment in which it expired: either may come first.
    either: BTreeSet<u64>,
    /// What was ever delivered.
    pub seen: BTreeSet<u64>,
    pub committed: BTreeMap<String, u64>,
}

impl Model {
    fn line(&self, place: u64) -> Line {
        let envelope = &self.sent[&place];
        let recipient = envelope.recipient.as_ref().map(ToString::to_string);
        (recipient.unwrap_or_default(), envelope.subject.clone())
    }

    /// All that waits of a subject, in order.
    fn of(&self, line: &Line) -> Vec<u64> {
        let waiting = self.waiting.get(&line.0).into_iter().flatten().copied();
        waiting.filter(|place| self.line(*place) == *line).collect()
    }

    /// All places of a mailbox that may be delivered now: of each free subject the beginning, up to
    /// one that has to be looked at by itself.
    fn free(&self, unit: &str, now: Moment) -> BTreeSet<u64> {
        let waiting = self.waiting.get(unit).into_iter().flatten();
        let lines: BTreeSet<Line> = waiting.map(|place| self.line(*place)).collect();
        let is_free = |line: &Line| {
            let is_late = self.delayed.get(line).is_some_and(|until| *until > now);
            !is_late && !self.of(line).iter().any(|place| self.in_hand.contains(place))
        };
        let beginning = |line: Line| {
            let all = self.of(&line);
            let first = all.first().copied();
            let is_still = first.is_none_or(|first| {
                let not_before = self.sent[&first].terms.not_before;
                self.parked.contains_key(&first) || not_before.is_some_and(|at| at > now)
            });
            let goes_along = move |place: &u64| {
                let terms = &self.sent[place].terms;
                let is_timed = terms.not_before.or(terms.expires).is_some();
                Some(*place) == first || !(is_timed || self.parked.contains_key(place))
            };
            let count = if is_still { 0 } else { usize::MAX };
            all.into_iter().take_while(goes_along).take(count).collect::<Vec<u64>>()
        };
        lines.into_iter().filter(is_free).flat_map(beginning).collect()
    }

    /// What was delivered is what may be, as much as was asked for, in order, the urgent first.
    pub fn check(&mut self, unit: &str, max: usize, now: Moment, deliveries: &[Delivery]) {
        let free = self.free(unit, now);
        let got: Vec<u64> = deliveries.iter().map(|one| one.recorded.place).collect();
        assert_eq!(got.len(), max.min(free.len()), "of {unit} {got:?} came, free is {free:?}");
        assert!(got.iter().all(|place| free.contains(place)), "{got:?} of {free:?}");
        for place in &free {
            let line = self.line(*place);
            let position = |place| got.iter().position(|one| one == place).unwrap_or(usize::MAX);
            let mut behind = got.iter().filter(|one| *one > place && self.line(**one) == line);
            assert!(
                behind.all(|one| position(one) > position(place)),
                "{place} was passed over: {got:?}"
            );
        }
        let urgent = |place: &u64| self.sent[place].priority > 0;
        if free.iter().any(urgent) && !got.is_empty() {
            let line = self.line(got[0]);
            // A subject stays urgent for what it once carried.
            let ever = self.sent.keys().filter(|place| self.line(**place) == line).any(urgent);
            assert!(ever, "{got:?} came before what is urgent of {free:?}");
        }
        for one in deliveries {
            self.deliver(one, now);
        }
    }

    fn deliver(&mut self, one: &Delivery, now: Moment) {
        let place = one.recorded.place;
        assert_eq!(conformance::opened(&one.recorded), self.sent[&place]);
        let attempt = self.attempts.entry(place).or_default();
        *attempt += 1;
        assert_eq!(one.attempt, *attempt);
        self.delivered.insert(place, one.attempt);
        self.in_hand.insert(place);
        self.seen.insert(place);
        self.until.insert(self.line(place), now + LEASE);
    }

    /// Time has come so far: leases end, and what was to be delivered by now is parked.
    pub fn tick(&mut self, now: Moment) {
        let ended = self.until.iter().filter(|(_, until)| **until <= now);
        for line in ended.map(|(line, _)| line.clone()).collect::<Vec<_>>() {
            let is_new = |place: &u64| !self.pardoned.contains(place);
            let either = self.of(&line).first().copied().filter(is_new);
            let parked = self.take_back(&line);
            let is_due = |place: &u64| self.sent[place].terms.expires.is_some_and(|at| at <= now);
            self.either.extend(parked.filter(|place| either == Some(*place) && is_due(place)));
        }
        let waiting: Vec<u64> = self.waiting.values().flatten().copied().collect();
        for place in waiting {
            let expires = self.sent[&place].terms.expires.is_some_and(|at| at <= now);
            if expires && !self.pardoned.contains(&place) {
                self.park(place, (Cause::Expired, String::new(), 0));
            }
        }
    }

    /// What is parked says the right cause, words and count.
    pub fn check_parked(&mut self, found: &[Parked]) {
        for one in found {
            let place = one.recorded.place;
            let said = (one.cause, one.reason.clone(), one.attempts);
            let wanted = self.parked[&place].clone();
            if self.either.contains(&place) && said != wanted {
                let told = self.told.iter_mut().rev().find(|(told, _)| *told == place);
                told.unwrap().1 = Fate::Expired;
                self.parked.insert(place, (Cause::Expired, String::new(), 0));
            }
            assert_eq!(said, self.parked[&place], "{place}");
        }
        self.either.clear();
    }

    /// The first that is in hand of a subject has failed; says what is parked by that.
    fn take_back(&mut self, line: &Line) -> Option<u64> {
        let first = self.of(line).into_iter().find(|place| self.in_hand.contains(place))?;
        self.fail(line, &[first])
    }

    /// These have failed, and wait again with all that is in hand behind the first of them.
    fn fail(&mut self, line: &Line, places: &[u64]) -> Option<u64> {
        let first = *places.iter().min()?;
        let is_spent = self.is_spent(first);
        for place in self.of(line).into_iter().filter(|place| *place >= first) {
            if self.in_hand.remove(&place) && !places.contains(&place) {
                *self.spared.entry(place).or_default() += 1;
            }
        }
        if !self.of(line).iter().any(|place| self.in_hand.contains(place)) {
            self.until.remove(line);
        }
        if !is_spent || self.parked.contains_key(&first) {
            return None;
        }
        let reason = self.reasons.get(&first).cloned().unwrap_or_default();
        self.park(first, (Cause::Attempts, reason, self.attempts[&first]));
        Some(first)
    }

    /// Whether it has failed as often as is allowed, when it fails now.
    fn is_spent(&self, place: u64) -> bool {
        let spared = self.spared.get(&place).copied().unwrap_or(0);
        self.attempts.get(&place).is_some_and(|count| count - spared >= ATTEMPTS)
    }

    /// How a reader names a delivery: the last, or the one before.
    pub fn held(&self, place: u64, is_late: bool) -> Held {
        let attempt = self.delivered.get(&place).copied().unwrap_or(0);
        Held { place, attempt: if is_late { attempt.wrapping_sub(1) } else { attempt } }
    }

    fn park(&mut self, place: u64, why: (Cause, String, u32)) {
        let fate = if why.0 == Cause::Expired { Fate::Expired } else { Fate::Parked };
        let line = self.line(place);
        if self.of(&line).first() == Some(&place) && !self.in_hand.contains(&place) {
            self.delayed.remove(&line);
        }
        self.told.push((place, fate));
        self.pardoned.insert(place);
        self.parked.insert(place, why);
    }

    /// Says how many were in hand, and which are parked now.
    pub fn refuse(
        &mut self,
        places: &[u64],
        reason: &str,
        until: Option<Moment>,
    ) -> (u32, Vec<u64>) {
        let held: Vec<u64> = places.iter().filter(|p| self.in_hand.contains(p)).copied().collect();
        held.iter().for_each(|place| drop(self.reasons.insert(*place, reason.to_owned())));
        let lines: BTreeSet<Line> = held.iter().map(|place| self.line(*place)).collect();
        let mut parked = Vec::new();
        for line in lines {
            let failed: Vec<u64> =
                held.iter().filter(|place| self.line(**place) == line).copied().collect();
            let is_spent = failed.iter().min().is_some_and(|first| self.is_spent(*first));
            match self.fail(&line, &failed) {
                Some(place) => parked.push(place),
                None if is_spent => {}
                None => {
                    let before = self.delayed.get(&line).copied();
                    until.map(|until| self.delayed.insert(line, before.max(Some(until)).unwrap()));
                }
            }
        }
        parked.sort_unstable();
        (u32::try_from(held.len()).unwrap(), parked)
    }

    /// A reader has gone.
    pub fn release(&mut self, places: &[u64]) {
        let held = places.iter().filter(|place| self.in_hand.contains(place));
        let lines: BTreeSet<Line> = held.map(|place| self.line(*place)).collect();
        for line in lines {
            self.take_back(&line);
        }
    }

    pub fn extend(&mut self, places: &[u64], until: Moment) -> u32 {
        let held: Vec<u64> = places.iter().filter(|p| self.in_hand.contains(p)).copied().collect();
        for place in &held {
            self.until.insert(self.line(*place), until);
        }
        u32::try_from(held.len()).unwrap()
    }

    /// These have come to their end; the others of their subjects go on.
    fn end(&mut self, unit: &str, place: u64) {
        let line = self.line(place);
        assert!(self.waiting.get_mut(unit).unwrap().remove(&place));
        self.attempts.remove(&place);
        self.spared.remove(&place);
        self.parked.remove(&place);
        self.in_hand.remove(&place);
        if !self.of(&line).iter().any(|place| self.in_hand.contains(place)) {
            self.until.remove(&line);
        }
    }

    pub fn acknowledge(&mut self, unit: &str, places: &[u64]) {
        places.iter().for_each(|place| self.end(unit, *place));
    }

    pub fn resolve(&mut self, unit: &str, places: &[u64], is_skipped: bool) {
        for place in places {
            if is_skipped {
                self.end(unit, *place);
                self.skipped.insert(*place);
                self.told.push((*place, Fate::Skipped));
            } else {
                self.parked.remove(place);
                self.attempts.remove(place);
                self.spared.remove(place);
            }
        }
    }

    /// Everything that only memory knew is gone.
    pub fn restart(&mut self) {
        self.in_hand.clear();
        self.until.clear();
        self.delayed.clear();
        self.attempts.clear();
        self.spared.clear();
        self.reasons.clear();
    }

    pub fn parked_in(&self, unit: &str) -> Vec<u64> {
        self.parked.keys().filter(|place| self.line(**place).0 == unit).copied().collect()
    }

    /// What a source was told, by place: what became of it on the way, and that it is settled.
    pub fn receipts(&self, source: &str) -> Vec<(u64, Fate)> {
        let is_own = |place: &u64| self.sent[place].source == party(source);
        let told = self.told.iter().filter(|(place, _)| is_own(place)).copied();
        let settled = self.settled().into_iter().filter(is_own);
        let mut all: Vec<_> = told.chain(settled.map(|place| (place, Fate::Settled))).collect();
        all.sort_by_key(|(place, _)| *place);
        all
    }

    pub fn settled(&self) -> BTreeSet<u64> {
        let followed = FOLLOWERS.map(|one| self.committed.get(one).copied().unwrap_or(0));
        let followed = followed.into_iter().min().unwrap();
        let waits = |place: &u64| self.waiting.values().any(|waiting| waiting.contains(place));
        let places = self.sent.keys().copied().filter(|place| *place <= followed);
        places.filter(|place| !waits(place) && !self.skipped.contains(place)).collect()
    }
}
