//! How far the run is: at first everything breaks, then what is left is brought to its end.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// How far it is.
#[derive(Debug, Default)]
pub struct Stage(AtomicU8);

impl Stage {
    /// Whether new envelopes are published, and readers and the bus still break.
    pub fn is_open(&self) -> bool {
        self.0.load(Relaxed) == 0
    }

    /// Whether readers and persons still have something to do.
    pub fn is_read(&self) -> bool {
        self.0.load(Relaxed) < 2
    }

    /// Nothing new is published.
    pub fn close(&self) {
        self.0.store(1, Relaxed);
    }

    /// Everything is done.
    pub fn end(&self) {
        self.0.store(2, Relaxed);
    }
}
