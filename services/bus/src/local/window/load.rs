//! How a window is filled: from the mailbox's beginning on, as far as there is room, and for what is
//! urgent from wherever it is.

use kit::{tx::Tx, view};

use super::{State, Turn, Window, line::Line};
use crate::local::{
    block::{self, Waiting},
    keys,
};

/// How many blocks are read at once.
pub(super) const STRIDE: usize = 16;
/// How many lines may be ready before no more is loaded.
const READY: usize = 512;
/// How many envelopes are held before no more is loaded, as long as one may have its turn: a backlog
/// is read once, from its beginning on, as it is worked off.
const AHEAD: usize = 8_192;
/// How many envelopes all lines hold.
pub(super) const SLOTS: usize = 65_536;
/// How many subjects may stand still before no more of the mailbox is looked at.
const BLOCKED: usize = 100_000;
/// By how many that were met last it is known how far apart they are.
const MET: u64 = 16_384;
/// How many urgent ones are looked at.
const URGENT: usize = 1_024;

impl Window {
    /// Loads as far as is needed for the next turn, and what is urgent.
    pub(super) fn load(&mut self, tx: &Tx<'_>, upto: u64) -> Result<(), view::Error> {
        if self.loaded < upto && self.noticed < upto {
            self.urgent(tx, upto)?;
            self.noticed = upto;
        }
        if self.loaded < upto && !self.is_filled() {
            self.onward(tx, upto)?;
        }
        // The next turn is of a line that may have to be read on.
        while let Some(Turn { line, .. }) = self.turns.first().copied() {
            match self.lines.get(&line) {
                Some(found) if found.goes_on() => self.read_on(tx, line)?,
                _ => break,
            }
        }
        Ok(())
    }

    /// Whether there is enough for the next turns.
    fn is_filled(&self) -> bool {
        self.turns.len() >= READY || (self.slots >= AHEAD && !self.turns.is_empty())
    }

    fn onward(&mut self, tx: &Tx<'_>, upto: u64) -> Result<(), view::Error> {
        while !self.is_filled() && self.slots < SLOTS && self.blocked < BLOCKED {
            let blocks = self.blocks(tx, self.loaded + 1)?;
            for (key, value) in &blocks {
                let block = keys::tail(key);
                for one in Waiting::all(block, value) {
                    if one.place > self.loaded && one.place <= upto {
                        self.meet(one);
                    }
                }
                self.loaded = self.loaded.max(block::last(block).min(upto));
            }
            if blocks.len() < STRIDE {
                self.loaded = self.loaded.max(upto);
            }
            if self.loaded >= upto {
                break;
            }
        }
        Ok(())
    }

    /// The blocks of what waits, from that of a place on; fewer than a stride at the end.
    pub(super) fn blocks(&self, tx: &Tx<'_>, from: u64) -> Result<Vec<view::Pair>, view::Error> {
        let from = keys::waiting(&self.party, block::of(from));
        tx.scan(&keys::mailbox(&self.party), &from, STRIDE)
    }

    /// One that waits comes into sight.
    fn meet(&mut self, one: Waiting) {
        self.met = density(self.met, one.place);
        if self.in_hand.contains_key(&one.place) {
            return;
        }
        let line = self.lines.entry(one.line).or_insert_with(Line::new);
        let before = line.turn();
        if line.push(one) {
            self.slots += 1;
        }
        if line.state == State::Ready && line.turn() != before {
            let after = line.turn();
            self.turn(one.line, before, after);
        }
    }

    pub(super) fn turn(&mut self, line: u64, before: Option<(u8, u64)>, after: Option<(u8, u64)>) {
        if let Some((behind, place)) = before {
            self.turns.remove(&Turn { behind, place, line });
        }
        if let Some((behind, place)) = after {
            self.turns.insert(Turn { behind, place, line });
        }
    }

    /// Brings the subjects of urgent envelopes into sight that are beyond what is loaded.
    fn urgent(&mut self, tx: &Tx<'_>, upto: u64) -> Result<(), view::Error> {
        for (key, value) in tx.scan(&keys::urgent(&self.party), b"", URGENT)? {
            let (place, line) = (keys::tail(&key), view::number(Some(&value)));
            let priority = 255 - key[key.len() - 9];
            if place <= self.loaded || place > upto {
                continue;
            }
            let loaded = self.loaded;
            let found = self.lines.entry(line).or_insert_with(Line::new);
            if found.ahead >= place {
                continue;
            }
            let before = (found.state == State::Ready).then(|| found.turn()).flatten();
            found.more.get_or_insert(found.ahead.max(loaded) + 1);
            found.ahead = place;
            found.priority = found.priority.max(priority);
            if found.state == State::Ready {
                let after = found.turn();
                self.turn(line, before, after);
            }
        }
        Ok(())
    }
}

/// From where on, and how many were met on the way; the older half is forgotten in time.
fn density((begin, count): (u64, u64), place: u64) -> (u64, u64) {
    match count {
        0 => (place, 1),
        MET.. => (begin.midpoint(place), count / 2 + 1),
        _ => (begin, count + 1),
    }
}
