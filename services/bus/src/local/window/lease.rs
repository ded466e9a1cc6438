//! Leasing: whose turn it is, and how much of a subject one answer has.

use domain::moment::Moment;
use kit::{tx::Tx, view};

use super::{
    Chosen, FOR_EVER, IN_HAND_MAX, InHand, SOON, State, Turn, Window, Wish,
    line::{Line, Slot},
};

/// Within how many that wait a subject gives others in the same answer, as long as any wait beside
/// its own that may be given.
pub(super) const NEAR: u64 = 1_024;

impl Window {
    /// Leases what can be delivered.
    pub fn choose(&mut self, tx: &Tx<'_>, wish: Wish) -> Result<Chosen, view::Error> {
        let mut left = wish.max.min(IN_HAND_MAX.saturating_sub(self.in_hand.len()));
        let (mut bytes, mut chosen) = (wish.bytes, Chosen::new());
        while left > 0 && bytes > 0 {
            self.load(tx, wish.upto)?;
            let Some(turn) = self.turns.pop_first() else { break };
            if let Some(until) = self.blocked_until(tx, turn.line, wish.now)? {
                self.block(turn.line, until);
                continue;
            }
            let before = chosen.len();
            let near = self.near(turn);
            while left > 0 && bytes > 0 {
                let slots =
                    self.hand_out(turn.line, (left, near), (&mut bytes, !chosen.is_empty()));
                left -= slots.len();
                for slot in slots {
                    chosen.push((slot.place, self.deliver(turn.line, slot)));
                }
                // What the line did not hold follows at once.
                if !self.lines.get(&turn.line).is_some_and(Line::goes_on) {
                    break;
                }
                self.read_on(tx, turn.line)?;
            }
            if chosen.len() == before {
                // It is too large for what is left of this answer.
                self.turns.insert(turn);
                break;
            }
            if let Some(line) = self.lines.get_mut(&turn.line) {
                line.state = State::InHand { until: wish.until };
                self.ends.insert((wish.until, turn.line));
            }
        }
        Ok(chosen)
    }

    /// Up to where a subject gives: a long backlog is read in order, and not subject after subject
    /// all over the record. One beside which nothing waits, but for what stands still, gives all
    /// that is asked for.
    fn near(&self, turn: Turn) -> u64 {
        let held = self.lines.get(&turn.line).map_or(0, Line::held);
        // One that stands still holds its first alone.
        if self.slots <= held + self.blocked {
            return u64::MAX;
        }
        let (begin, met) = self.met;
        let span = self.loaded.saturating_sub(begin).saturating_mul(NEAR);
        turn.place.saturating_add(NEAR.max(span / met.max(1)))
    }

    fn hand_out(&mut self, key: u64, most: (usize, u64), room: (&mut u64, bool)) -> Vec<Slot> {
        let Some(line) = self.lines.get_mut(&key) else { return Vec::new() };
        let slots = line.take(most, room.0, room.1);
        self.slots -= slots.len();
        slots
    }

    /// One goes into somebody's hands; says the how manieth time.
    fn deliver(&mut self, key: u64, slot: Slot) -> u32 {
        let tries = self.attempts.entry(slot.place).or_default();
        tries.count = tries.count.saturating_add(1);
        self.redelivered += u64::from(tries.count > 1);
        self.delivered += 1;
        self.in_hand.insert(slot.place, InHand { line: key, attempt: tries.count });
        if let Some(line) = self.lines.get_mut(&key) {
            line.in_hand.push(slot);
        }
        tries.count
    }

    /// Whether the first of a line must wait, and until when; for ever when it is parked.
    fn blocked_until(
        &mut self,
        tx: &Tx<'_>,
        line: u64,
        now: Moment,
    ) -> Result<Option<Moment>, view::Error> {
        let Some(line) = self.lines.get_mut(&line) else { return Ok(None) };
        line.held_up(tx, &self.party, now, now + SOON)
    }

    pub(super) fn block(&mut self, key: u64, until: Moment) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        self.slots -= line.shorten();
        line.state = State::Blocked { until };
        self.blocked += 1;
        if until < FOR_EVER {
            self.ends.insert((until, key));
        }
    }
}
