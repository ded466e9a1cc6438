//! What the worker knows of its flows for its operators: how many have not been told what has
//! happened, and how many are stuck.
//!
//! Where that stays above nothing, Temporal is away, or the way to it. It is read from the view when
//! somebody asks, and only so far as to say that there are many.

use std::sync::Arc;

use kit::{
    metrics::{Metric, Say, Source},
    store::Store,
};

use crate::fold::{self, Fold};

/// As many as are counted; more are said to be this many.
const UNTOLD_MAX: usize = 1_000;

/// The flows of a worker.
pub(crate) struct Measured {
    store: Store<Fold>,
}

impl Measured {
    /// Of this store, as long as the answer is held.
    pub(crate) fn watch(store: &Store<Fold>) -> Arc<Measured> {
        let measured = Arc::new(Measured { store: store.clone() });
        kit::metrics::watch(&measured);
        measured
    }
}

impl Source for Measured {
    fn tell(&self, metric: Metric, say: Say<'_>) {
        if metric == Metric::FlowUntold
            && let Ok(untold) = self.store.read(|tx| fold::marks(tx, UNTOLD_MAX))
        {
            say(untold.len() as f64, &[]);
        }
        if metric == Metric::IncidentsOpen
            && let Ok(stuck) = self.store.read(|tx| fold::stuck(tx, UNTOLD_MAX))
        {
            say(stuck as f64, &[]);
        }
    }
}
