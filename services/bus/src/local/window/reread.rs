//! What lines could not hold is read again, for all together that go on at about the same place.
//!
//! Subjects that take turns run empty together. Each for itself would look through all that waits
//! for the others; together they look through it once. One that has fallen behind is not waited for.

use kit::{tx::Tx, view};
use rustc_hash::FxHashMap;

use super::{
    State, Window,
    line::{LENGTH, Line},
    load::{SLOTS, STRIDE},
};
use crate::local::{
    block::{self, Waiting},
    keys,
};

/// How many blocks are looked through at most for more than the next one of a line.
const STRETCH: usize = 128;

/// A line that is read on.
pub(super) struct Taker {
    /// From here on it holds nothing.
    from: u64,
    /// Up to here it may be read.
    upto: u64,
    room: usize,
    found: Vec<Waiting>,
    /// The first for which there is no room.
    next: Option<u64>,
}

impl Taker {
    fn of(line: &Line, loaded: u64) -> Option<Taker> {
        let (from, upto) = (line.more?, loaded.max(line.ahead));
        let room = LENGTH.saturating_sub(line.held());
        Some(Taker { from, upto, room, found: Vec::new(), next: None })
    }

    /// Takes one of its line; says whether it did.
    fn take(&mut self, one: Waiting, is_room: bool) -> bool {
        if self.next.is_some() || !(self.from..=self.upto).contains(&one.place) {
            return false;
        }
        if self.room == 0 || !is_room {
            self.next = Some(one.place);
            return false;
        }
        self.room -= 1;
        self.found.push(one);
        true
    }

    /// Whether it wants more, when all up to a place was looked through, in so many blocks.
    fn lacks(&self, read: u64, blocks: usize) -> bool {
        let is_early = self.found.is_empty() || blocks < STRETCH;
        read < self.upto && self.next.is_none() && is_early
    }

    /// Where it goes on when all up to a place was looked through.
    fn more(&self, read: u64) -> Option<u64> {
        self.next.or_else(|| (read < self.upto).then(|| self.from.max(read + 1)))
    }
}

impl Window {
    /// Reads a line on, from where it holds no more, and others with it; those with nothing left
    /// are forgotten.
    pub(super) fn read_on(&mut self, tx: &Tx<'_>, key: u64) -> Result<(), view::Error> {
        let mut takers = self.takers(key);
        let read = self.look_through(tx, key, &mut takers)?;
        takers.into_iter().for_each(|(line, taker)| self.went_on(line, &taker, read));
        Ok(())
    }

    /// The line, and all that hold less than they may and go on at about the same place or behind
    /// it; only the line when enough is held.
    pub(super) fn takers(&self, key: u64) -> FxHashMap<u64, Taker> {
        let more = |line: &Line| line.more.map(block::of);
        let own = self.lines.get(&key).and_then(more).unwrap_or(0);
        let is_room = self.slots < SLOTS;
        let takes_part = |line: &Line| {
            is_room
                && line.held() < LENGTH
                && more(line).is_some_and(|block| block + STRIDE as u64 >= own)
                && !matches!(line.state, State::Blocked { .. })
        };
        let lines = self.lines.iter().filter(|(of, line)| **of == key || takes_part(line));
        lines.filter_map(|(of, line)| Some((*of, Taker::of(line, self.loaded)?))).collect()
    }

    /// Offers what waits to those that take, in order, until the line has enough; says up to where
    /// all was looked through.
    fn look_through(
        &self,
        tx: &Tx<'_>,
        key: u64,
        takers: &mut FxHashMap<u64, Taker>,
    ) -> Result<u64, view::Error> {
        let from = takers.values().map(|taker| taker.from).min().unwrap_or(1);
        let (mut read, mut looked, mut slots) = (from.saturating_sub(1), 0, self.slots);
        while takers.get(&key).is_some_and(|own| own.lacks(read, looked)) {
            let blocks = self.blocks(tx, read + 1)?;
            for (name, value) in &blocks {
                let block = keys::tail(name);
                for one in Waiting::all(block, value) {
                    let Some(taker) = takers.get_mut(&one.line) else { continue };
                    let is_room = slots < SLOTS || one.line == key;
                    if !self.in_hand.contains_key(&one.place) && taker.take(one, is_room) {
                        slots += 1;
                    }
                }
                read = read.max(block::last(block));
            }
            looked += blocks.len();
            if blocks.len() < STRIDE {
                return Ok(u64::MAX);
            }
        }
        Ok(read)
    }

    fn went_on(&mut self, key: u64, taker: &Taker, read: u64) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        // A line that is being handed out has no turn.
        let has_turn = line.state == State::Ready && line.in_hand.is_empty();
        let before = line.turn();
        self.slots += line.go_on(&taker.found, taker.more(read));
        let after = line.turn();
        if !has_turn {
            return;
        }
        self.turn(key, before, after);
        if after.is_none() {
            self.lines.remove(&key);
        }
    }
}
