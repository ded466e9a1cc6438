//! What a view has not yet given to sled: a young layer that takes every change, and an old one
//! that is on its way.
//!
//! A key that is changed often, or made and removed again soon, costs sled one write or none. The
//! young layer is bounded in bytes and in places; when it is full it becomes the old one, which a
//! thread of its own writes in one batch. A killed process loses both, and folds those places again.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::tx::{Changes, Run};

/// How many bytes of keys and values the young layer holds before it is given on.
const BYTES: usize = 2 << 20;
/// How many places it holds at most: as many are folded again after a kill.
const PLACES: u64 = 32_768;

/// Both layers, and the place up to which they lead.
#[derive(Debug, Default)]
pub(super) struct Layers {
    young: Changes,
    old: Option<Arc<Changes>>,
    bytes: usize,
    /// The place up to which sled leads, or will when the old layer is written.
    given: u64,
    upto: u64,
}

/// Layers that several threads share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<RwLock<Layers>>);

impl Shared {
    /// Layers over a sled that leads up to a place.
    pub(super) fn over(upto: u64) -> Shared {
        Shared(Arc::new(RwLock::new(Layers { given: upto, upto, ..Layers::default() })))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Layers> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Layers> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Layers {
    /// The place up to which they lead.
    pub(super) fn upto(&self) -> u64 {
        self.upto
    }

    /// Takes changes; says whether the young layer is full.
    pub(super) fn take(&mut self, changes: Changes, upto: u64) -> bool {
        for (key, value) in changes {
            let size = key.len() + value.as_ref().map_or(0, Vec::len);
            let before = self.young.insert(key, value);
            self.bytes += size;
            self.bytes -= before.map_or(0, |value| value.map_or(0, |value| value.len()));
        }
        self.upto = upto;
        self.bytes >= BYTES || self.upto - self.given >= PLACES
    }

    /// The young layer becomes the old one; none when there is nothing in it.
    pub(super) fn turn(&mut self) -> Option<(Arc<Changes>, u64)> {
        if self.upto == self.given {
            return None;
        }
        let old = Arc::new(std::mem::take(&mut self.young));
        self.bytes = 0;
        self.given = self.upto;
        self.old = Some(Arc::clone(&old));
        Some((old, self.upto))
    }

    /// The old layer is in sled.
    pub(super) fn given(&mut self) {
        self.old = None;
    }

    /// The value of a key, or that it is removed; none when no layer knows it.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<&Vec<u8>>> {
        let old = || self.old.as_ref().and_then(|old| old.get(key));
        self.young.get(key).or_else(old).map(Option::as_ref)
    }

    /// The layers from a key on, the younger first.
    pub(super) fn from(&self, prefix: &[u8], from: &[u8]) -> Vec<Run<'_>> {
        let layers = std::iter::once(&self.young).chain(self.old.as_deref());
        layers.map(|layer| layer.from(prefix, from)).collect()
    }
}
