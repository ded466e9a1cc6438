//! The latest envelopes in short: a repeat of them, and the reuse of an id, are known without reading.

use std::collections::{HashMap, HashSet, VecDeque};

use super::super::entry::Taken;

/// How many are known.
const KNOWN: usize = 100_000;

/// By id, and by number.
#[derive(Debug, Default)]
pub struct Recent {
    named: VecDeque<u64>,
    names: HashSet<u64>,
    numbered: VecDeque<(u32, u64)>,
    prints: HashMap<(u32, u64), u64>,
}

impl Recent {
    /// One is taken, if it can be written: only its number is known by it, and that is asked for when
    /// the view has it.
    pub fn decided(&mut self, series: u32, number: u64, print: u64) {
        if self.prints.insert((series, number), print).is_none() {
            self.numbered.push_back((series, number));
        }
        if self.numbered.len() > KNOWN
            && let Some(oldest) = self.numbered.pop_front()
        {
            self.prints.remove(&oldest);
        }
    }

    /// One was written.
    pub fn note(&mut self, taken: &Taken) {
        if self.names.insert(taken.name) {
            self.named.push_back(taken.name);
        }
        if self.named.len() > KNOWN
            && let Some(oldest) = self.named.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    pub fn has(&self, name: u64) -> bool {
        self.names.contains(&name)
    }

    pub fn print(&self, series: u32, number: u64) -> Option<u64> {
        self.prints.get(&(series, number)).copied()
    }
}
