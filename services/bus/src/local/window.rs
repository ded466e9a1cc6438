//! A mailbox as its readers see it: what can be delivered, what is in hand, what must wait. In
//! memory only; after a start everything that is not acknowledged is delivered again.
//!
//! The window looks at the mailbox from its beginning on, and holds a bounded part of it: a line for
//! each subject, with its first envelopes. A line is ready, in somebody's hands, or blocked: until a
//! moment, or by one that is parked. What a line can't hold is read again when its turn comes, or
//! with that of another, so a subject with a long backlog, or one that stands still, holds up nobody
//! else.

mod desk;
mod lease;
mod line;
mod load;
mod reread;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{moment::Moment, party::Party};
use rustc_hash::FxHashMap;

use crate::engine::Held;
pub use desk::{Desk, Desks};
use line::{Line, State};

/// How many envelopes of one mailbox may be in hand at the same time.
/// Far more than one stream gets credit for: one reader that takes and says nothing leaves the others
/// of its mailbox room.
pub const IN_HAND_MAX: usize = 40_000;
/// How many subjects are kept with nothing in them.
const IDLE: usize = 4_096;
/// How long a subject waits whose first envelope has just expired: it is about to be parked.
const SOON: Duration = Duration::from_millis(500);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// At most so many.
    pub max: usize,
    /// At most so many bytes, but always one envelope.
    pub bytes: u64,
    /// Nothing after this place: it is in the view, but not yet wholly.
    pub upto: u64,
    /// What time it is.
    pub now: Moment,
    /// Until when it is leased.
    pub until: Moment,
}

/// What was leased: the place, and the how manieth delivery it is.
pub type Chosen = Vec<(u64, u32)>;

/// A place in the order of turns: the most urgent first, then the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    behind: u8,
    place: u64,
    line: u64,
}

/// An envelope that has failed as often as is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub place: u64,
    pub line: u64,
    pub attempts: u32,
    pub reason: String,
}

/// What is seen of one mailbox.
#[derive(Debug)]
pub struct Window {
    party: String,
    /// All that waits up to here was looked at.
    loaded: u64,
    /// From where on, and how many were met on the way.
    met: (u64, u64),
    /// All that is urgent up to here was looked at.
    noticed: u64,
    lines: FxHashMap<u64, Line>,
    turns: BTreeSet<Turn>,
    /// When leases end and what is blocked may be looked at again.
    ends: BTreeSet<(Moment, u64)>,
    in_hand: FxHashMap<u64, InHand>,
    attempts: FxHashMap<u64, Tries>,
    /// How many slots all lines hold.
    slots: usize,
    /// How many lines are blocked.
    blocked: usize,
    redelivered: u64,
    delivered: u64,
}

/// Where one that is in hand belongs.
#[derive(Clone, Copy, Debug)]
struct InHand {
    line: u64,
    /// The how manieth delivery it is.
    attempt: u32,
}

/// How often an envelope was delivered, and what was said when it came back.
#[derive(Clone, Debug, Default)]
struct Tries {
    count: u32,
    /// How many of these deliveries were taken back only because one before it had failed.
    spared: u32,
    reason: String,
}

impl Window {
    fn of(mailbox: &Party) -> Window {
        Window {
            party: mailbox.to_string(),
            loaded: 0,
            met: (0, 0),
            noticed: 0,
            lines: FxHashMap::default(),
            turns: BTreeSet::new(),
            ends: BTreeSet::new(),
            in_hand: FxHashMap::default(),
            attempts: FxHashMap::default(),
            slots: 0,
            blocked: 0,
            redelivered: 0,
            delivered: 0,
        }
    }

    /// How many envelopes are in hand.
    pub fn in_hand(&self) -> u64 {
        self.in_hand.len() as u64
    }

    /// How many deliveries there were.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// How many deliveries were not the first.
    pub fn redelivered(&self) -> u64 {
        self.redelivered
    }

    /// Until when a reader has it; none when nobody has.
    pub fn until(&self, place: u64) -> Option<Moment> {
        match self.lines.get(&self.in_hand.get(&place)?.line)?.state {
            State::InHand { until } => Some(until),
            _ => None,
        }
    }

    /// How long until something ends.
    pub fn next_end(&self, now: Moment) -> Option<Duration> {
        self.ends.first().map(|(end, _)| end.since(now))
    }

    /// Ends what has come to its end; says what has failed as often as is allowed.
    pub fn expire(&mut self, now: Moment, attempts_max: u32) -> Vec<Failed> {
        let mut failed = Vec::new();
        while let Some((end, key)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.ends.remove(&(end, key));
            match self.lines.get(&key).map(|line| &line.state) {
                Some(State::InHand { until }) if *until == end => {
                    failed.extend(self.fail_first(key, now, attempts_max));
                }
                Some(State::Blocked { until }) if *until == end => self.ready(key),
                _ => {}
            }
        }
        failed
    }

    /// The delivery of the first that is in hand of a line has failed.
    fn fail_first(&mut self, key: u64, now: Moment, attempts_max: u32) -> Option<Failed> {
        let first = self.lines.get(&key)?.first_in_hand()?;
        self.fail(key, &BTreeSet::from([first]), (now, now), attempts_max)
    }

    /// These deliveries of a line have failed: they wait again until then, with all that is in hand
    /// behind the first of them. Says whether that one has failed as often as is allowed: then the
    /// subject stands still until it is parked, or for a while.
    fn fail(
        &mut self,
        key: u64,
        places: &BTreeSet<u64>,
        (now, until): (Moment, Moment),
        attempts_max: u32,
    ) -> Option<Failed> {
        let first = *places.first()?;
        let tries = self.attempts.get(&first).cloned().unwrap_or_default();
        let is_spent = tries.count.saturating_sub(tries.spared) >= attempts_max;
        let until = if is_spent { now + SOON } else { until };
        let line = self.lines.get_mut(&key)?;
        if until > now {
            line.pause = line.pause.max(Some(until));
        }
        for slot in line.in_hand.iter().filter(|slot| slot.place > first) {
            if let Some(tries) = self.attempts.get_mut(&slot.place) {
                tries.spared += u32::from(!places.contains(&slot.place));
            }
        }
        self.take_back(key, first);
        let Tries { count: attempts, reason, .. } = tries;
        is_spent.then_some(Failed { place: first, line: key, attempts, reason })
    }

    /// What is in hand of a line waits again, from this place on.
    fn take_back(&mut self, key: u64, from: u64) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        for slot in line.in_hand.iter().filter(|slot| slot.place >= from) {
            self.in_hand.remove(&slot.place);
        }
        self.slots += line.give_back(from);
        if line.in_hand.is_empty() {
            self.end_lease(key);
            self.ready(key);
        }
    }

    /// A line may have its turn, or is forgotten when there is nothing in it.
    fn ready(&mut self, key: u64) {
        let is_few = self.lines.len() <= IDLE;
        let Some(line) = self.lines.get_mut(&key) else { return };
        if matches!(line.state, State::Blocked { .. }) {
            self.blocked -= 1;
        }
        line.state = State::Ready;
        if let Some(until) = line.pause.take() {
            return self.block(key, until);
        }
        match line.turn() {
            Some((behind, place)) => drop(self.turns.insert(Turn { behind, place, line: key })),
            // Most subjects come again soon.
            None if is_few => line.clear(),
            None => drop(self.lines.remove(&key)),
        }
    }

    fn unready(&mut self, key: u64) {
        let turn = self.lines.get(&key).and_then(Line::turn);
        if let Some((behind, place)) = turn {
            self.turns.remove(&Turn { behind, place, line: key });
        }
    }

    /// Forgets those that were acknowledged. What nobody had in hand any more may be anywhere here:
    /// then the window is looked at anew.
    pub fn acknowledged(&mut self, places: &[u64]) {
        let mut is_elsewhere = false;
        for place in places {
            self.attempts.remove(place);
            is_elsewhere |= !self.drop_in_hand(*place);
        }
        if is_elsewhere {
            self.look_anew();
        }
    }

    fn drop_in_hand(&mut self, place: u64) -> bool {
        let Some(InHand { line: key, .. }) = self.in_hand.remove(&place) else { return false };
        let Some(line) = self.lines.get_mut(&key) else { return true };
        line.in_hand.retain(|slot| slot.place != place);
        if line.in_hand.is_empty() {
            self.end_lease(key);
            self.ready(key);
        }
        true
    }

    /// Takes deliveries back with all that is in hand behind them, until then; says how many of these
    /// were in hand, and what has failed. What is in hand before them stays there.
    pub fn refuse(
        &mut self,
        places: &[u64],
        reason: &str,
        (now, until): (Moment, Moment),
        attempts_max: u32,
    ) -> (u32, Vec<Failed>) {
        let mut lines = BTreeMap::<u64, BTreeSet<u64>>::new();
        let mut count = 0;
        for place in places {
            let Some(InHand { line, .. }) = self.in_hand.get(place) else { continue };
            count += u32::from(lines.entry(*line).or_default().insert(*place));
            if let Some(tries) = self.attempts.get_mut(place) {
                reason.clone_into(&mut tries.reason);
            }
        }
        let fail = |(key, places)| self.fail(key, &places, (now, until), attempts_max);
        let failed = lines.into_iter().filter_map(fail).collect();
        (count, failed)
    }

    fn end_lease(&mut self, key: u64) {
        if let Some(State::InHand { until }) = self.lines.get(&key).map(|line| &line.state) {
            self.ends.remove(&(*until, key));
        }
    }

    /// Takes back what did not reach anybody after all: it was not delivered.
    pub fn withdraw(&mut self, places: &[u64]) {
        for place in places {
            if let Some(tries) = self.attempts.get_mut(place) {
                tries.count = tries.count.saturating_sub(1);
            }
        }
        for key in self.lines_of(places) {
            self.take_back(key, 0);
        }
    }

    /// Takes back what a reader had in hand that has gone; says what has failed: an envelope that
    /// breaks each of its readers comes back in this way only. What was delivered again since then
    /// is in the hands of somebody else, and stays there.
    pub fn release(&mut self, held: &[Held], now: Moment, attempts_max: u32) -> Vec<Failed> {
        let is_still = |one: &&Held| {
            self.in_hand.get(&one.place).is_some_and(|found| found.attempt == one.attempt)
        };
        let places: Vec<u64> = held.iter().filter(is_still).map(|one| one.place).collect();
        let lines = self.lines_of(&places).into_iter();
        lines.filter_map(|key| self.fail_first(key, now, attempts_max)).collect()
    }

    /// The lines of those that are in hand.
    fn lines_of(&self, places: &[u64]) -> BTreeSet<u64> {
        places.iter().filter_map(|place| Some(self.in_hand.get(place)?.line)).collect()
    }

    /// Keeps deliveries longer, with all that is in hand of their subjects.
    pub fn extend(&mut self, places: &[u64], until: Moment) -> u32 {
        let mut count = 0;
        for place in places {
            let Some(InHand { line: key, .. }) = self.in_hand.get(place).copied() else { continue };
            count += 1;
            self.end_lease(key);
            if let Some(line) = self.lines.get_mut(&key) {
                line.state = State::InHand { until };
                self.ends.insert((until, key));
            }
        }
        count
    }

    /// A person has decided about parked ones, which may be in hand all the same: what is skipped
    /// does not come back from there, what is put back may be delivered, counted anew.
    pub fn resolved(&mut self, places: &[u64], is_skipped: bool) {
        for place in places {
            self.attempts.remove(place);
            let found = self.in_hand.get(place);
            let line = found.and_then(|found| self.lines.get_mut(&found.line));
            if let Some(line) = line {
                line.put_back(*place);
            }
            if is_skipped {
                self.drop_in_hand(*place);
            }
        }
        self.look_anew();
    }

    /// One is parked: its subject stands still when it is the first.
    pub fn parked(&mut self, key: u64, place: u64) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        let is_first = line.park(place);
        match line.state {
            State::Ready if is_first => self.unready(key),
            State::Blocked { until } if is_first && until < FOR_EVER => {
                self.ends.remove(&(until, key));
                self.blocked -= 1;
            }
            _ => return,
        }
        self.block(key, FOR_EVER);
    }

    /// Forgets all that waits, and looks at the mailbox from its beginning.
    pub fn look_anew(&mut self) {
        self.turns.clear();
        self.lines.retain(|_, line| {
            line.forget();
            match line.state {
                State::InHand { .. } => true,
                State::Blocked { until } => until < FOR_EVER,
                State::Ready => false,
            }
        });
        let is_blocked = |line: &&Line| matches!(line.state, State::Blocked { .. });
        self.blocked = self.lines.values().filter(is_blocked).count();
        (self.loaded, self.noticed, self.slots, self.met) = (0, 0, 0, (0, 0));
    }
}

/// Until a person decides.
const FOR_EVER: Moment = Moment(i64::MAX);

#[cfg(test)]
mod tests;
