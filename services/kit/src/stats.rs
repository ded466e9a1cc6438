//! Counters of one role since it was started, for summaries and metrics.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// What a role has done. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Stats(Arc<[AtomicU64; 4]>);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Envelopes that the bus has taken from this role for the first time.
    Sent = 0,
    /// Envelopes that took effect here.
    Applied = 1,
    /// Envelopes and commands that came again and changed nothing.
    Duplicates = 2,
    /// Records that were written.
    Records = 3,
}

impl Stats {
    /// Adds to a counter.
    pub fn add(&self, counter: Counter, count: usize) {
        self.0[counter as usize].fetch_add(count as u64, Relaxed);
    }

    /// Reads a counter.
    pub fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Relaxed)
    }
}
