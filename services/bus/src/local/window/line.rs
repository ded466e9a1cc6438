//! The envelopes of one subject in a mailbox, in order.

use std::collections::VecDeque;

use domain::moment::Moment;
use kit::{tx::Tx, view};

use super::FOR_EVER;
use crate::local::{block::Waiting, fold::Times, keys};

/// How many envelopes a line holds that wait.
pub const LENGTH: usize = 128;

/// One that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub place: u64,
    pub size: u32,
    pub is_timed: bool,
    pub is_parked: bool,
}

impl From<Waiting> for Slot {
    fn from(one: Waiting) -> Slot {
        let Waiting { place, size, is_timed, is_parked, .. } = one;
        Slot { place, size, is_timed, is_parked }
    }
}

/// What may be done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may have its turn.
    Ready,
    /// Somebody has its beginning, until then.
    InHand { until: Moment },
    /// Its first one may not be delivered before.
    Blocked { until: Moment },
}

/// A subject.
#[derive(Debug)]
pub struct Line {
    pub state: State,
    pub in_hand: Vec<Slot>,
    waiting: VecDeque<Slot>,
    /// From here on there may be more of it than it holds.
    pub more: Option<u64>,
    /// It was looked up to here, beyond what the window has loaded.
    pub ahead: u64,
    /// Something of it was given back while an earlier one is in hand: when that has come to its end,
    /// the line is blocked until then.
    pub pause: Option<Moment>,
    /// As urgent as the most urgent of it: an urgent one can't overtake its own subject, so it takes
    /// the subject along.
    pub priority: u8,
}

impl Line {
    pub fn new() -> Line {
        Line {
            state: State::Ready,
            in_hand: Vec::new(),
            waiting: VecDeque::new(),
            more: None,
            ahead: 0,
            pause: None,
            priority: 0,
        }
    }

    /// Nothing is in it; what it has taken of memory, it keeps.
    pub fn clear(&mut self) {
        (self.more, self.ahead, self.pause, self.priority) = (None, 0, None, 0);
    }

    /// The first place of it that is in hand.
    pub fn first_in_hand(&self) -> Option<u64> {
        self.in_hand.iter().map(|slot| slot.place).min()
    }

    /// What its turn depends on; none when there is nothing in it.
    pub fn turn(&self) -> Option<(u8, u64)> {
        let place = self.waiting.front().map(|slot| slot.place).or(self.more)?;
        Some((255 - self.priority, place))
    }

    /// Whether there is more of it than it holds, and it holds nothing.
    pub fn goes_on(&self) -> bool {
        self.waiting.is_empty() && self.more.is_some()
    }

    /// Puts one behind the others; says whether it is held now and was not before.
    pub fn push(&mut self, one: Waiting) -> bool {
        self.priority = self.priority.max(one.priority);
        // The mailbox is looked at anew, and this one came back out of somebody's hands meanwhile.
        if self.waiting.back().is_some_and(|last| one.place <= last.place) {
            return false;
        }
        if self.more.is_some() || one.place <= self.ahead {
            return false;
        }
        let is_still = matches!(self.state, State::Blocked { .. }) && !self.waiting.is_empty();
        if is_still || self.waiting.len() >= LENGTH {
            self.more = Some(one.place);
            return false;
        }
        self.waiting.push_back(one.into());
        true
    }

    /// How many it holds that wait.
    pub fn held(&self) -> usize {
        self.waiting.len()
    }

    /// Puts those behind the others that were read from where it held no more, and keeps from where
    /// on there may be more; says how many it holds now that it did not.
    pub fn go_on(&mut self, found: &[Waiting], more: Option<u64>) -> usize {
        self.more = None;
        let ahead = std::mem::take(&mut self.ahead);
        let count = found.iter().filter(|one| self.push(**one)).count();
        (self.more, self.ahead) = (self.more.or(more), ahead);
        count
    }

    /// Takes the beginning, without a gap: as many as there is room for, up to a place, and not what
    /// must wait.
    pub fn take(
        &mut self,
        (max, near): (usize, u64),
        bytes: &mut u64,
        is_behind: bool,
    ) -> Vec<Slot> {
        let mut taken = Vec::new();
        while let Some(slot) = self.waiting.front().copied() {
            let is_first = taken.is_empty() && self.in_hand.is_empty();
            let may = is_first || !(slot.is_timed || slot.is_parked);
            let fits = u64::from(slot.size) <= *bytes || (is_first && !is_behind);
            if taken.len() >= max || !may || !fits || slot.place > near {
                if !fits {
                    *bytes = 0;
                }
                break;
            }
            *bytes = bytes.saturating_sub(slot.size.into());
            taken.push(slot);
            self.waiting.pop_front();
        }
        taken
    }

    /// What is in hand from this place on waits again, before the others; says how many.
    pub fn give_back(&mut self, from: u64) -> usize {
        self.in_hand.sort_unstable_by_key(|slot| slot.place);
        let at = self.in_hand.partition_point(|slot| slot.place < from);
        let back = self.in_hand.split_off(at);
        let count = back.len();
        for slot in back.into_iter().rev() {
            self.waiting.push_front(slot);
        }
        count
    }

    /// Marks one as parked; says whether it is the first that waits.
    pub fn park(&mut self, place: u64) -> bool {
        let slots = self.in_hand.iter_mut().chain(&mut self.waiting);
        slots.filter(|slot| slot.place == place).for_each(|slot| slot.is_parked = true);
        self.waiting.front().is_some_and(|first| first.place == place)
    }

    /// One that is in hand is not parked any more.
    pub fn put_back(&mut self, place: u64) {
        let slots = self.in_hand.iter_mut().filter(|slot| slot.place == place);
        slots.for_each(|slot| slot.is_parked = false);
    }

    /// Keeps only the first, since it stands still; says how many it lets go.
    pub fn shorten(&mut self) -> usize {
        let Some(next) = self.waiting.get(1).map(|slot| slot.place) else { return 0 };
        let count = self.waiting.len() - 1;
        self.waiting.truncate(1);
        self.more = Some(next);
        count
    }

    /// Forgets what waits.
    pub fn forget(&mut self) {
        self.waiting.clear();
        (self.more, self.ahead) = (None, 0);
    }

    /// Whether the first must wait, and until when.
    pub fn held_up(
        &self,
        tx: &Tx<'_>,
        party: &str,
        now: Moment,
        soon: Moment,
    ) -> Result<Option<Moment>, view::Error> {
        let Some(first) = self.waiting.front() else { return Ok(None) };
        if first.is_parked {
            return Ok(Some(FOR_EVER));
        }
        if !first.is_timed {
            return Ok(None);
        }
        let Times { not_before, expires } = Times::of(tx, party, first.place)?;
        if not_before > now {
            return Ok(Some(not_before));
        }
        // One that was put back after it had expired is delivered all the same.
        let expires_yet = tx.get(&keys::expiring(expires, first.place))?.is_some();
        Ok((expires <= now && expires_yet).then_some(soon))
    }
}
