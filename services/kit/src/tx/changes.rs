//! Changes of keys, in memory.
//!
//! Most keys are kept in order, for who looks through those of a prefix. A role that changes many keys
//! and looks for them one at a time lets them begin with a capital letter: these are kept by their hash,
//! which takes a fraction of the time, and are sorted when somebody looks through them after all.

use std::{
    collections::{BTreeMap, btree_map::Range},
    iter::Peekable,
    ops::Bound,
    vec,
};

use rustc_hash::FxHashMap;

/// A value, or none for a removal.
type Value = Option<Vec<u8>>;

/// Key to new value, or to none for a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    ordered: BTreeMap<Vec<u8>, Value>,
    loose: FxHashMap<Vec<u8>, Value>,
}

fn is_loose(key: &[u8]) -> bool {
    key.first().is_some_and(u8::is_ascii_uppercase)
}

impl Changes {
    /// None yet.
    pub fn new() -> Changes {
        Changes::default()
    }

    /// The new value of a key; none when it is not changed.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        if is_loose(key) { self.loose.get(key) } else { self.ordered.get(key) }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut Value> {
        if is_loose(key) { self.loose.get_mut(key) } else { self.ordered.get_mut(key) }
    }

    /// Changes a key; says its new value before.
    pub fn insert(&mut self, key: Vec<u8>, value: Value) -> Option<Value> {
        if is_loose(&key) { self.loose.insert(key, value) } else { self.ordered.insert(key, value) }
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Value)> {
        self.ordered.iter().chain(&self.loose)
    }

    /// Those from a key on, in order; of those that are kept by their hash only what has the prefix.
    pub(crate) fn from(&self, prefix: &[u8], from: &[u8]) -> Run<'_> {
        let mut loose = Vec::new();
        if prefix.is_empty() || is_loose(prefix) {
            let is_wanted = |key: &[u8]| key >= from && key.starts_with(prefix);
            loose.extend(self.loose.iter().filter(|(key, _)| is_wanted(key)));
            loose.sort_unstable_by_key(|(key, _)| *key);
        }
        let ordered = self.ordered.range::<[u8], _>((Bound::Included(from), Bound::Unbounded));
        Run { ordered: ordered.peekable(), loose: loose.into_iter().peekable() }
    }
}

impl IntoIterator for Changes {
    type Item = (Vec<u8>, Value);
    type IntoIter = std::iter::Chain<
        std::collections::btree_map::IntoIter<Vec<u8>, Value>,
        std::collections::hash_map::IntoIter<Vec<u8>, Value>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.ordered.into_iter().chain(self.loose)
    }
}

impl FromIterator<(Vec<u8>, Value)> for Changes {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Value)>>(pairs: I) -> Changes {
        let mut changes = Changes::new();
        pairs.into_iter().for_each(|(key, value)| drop(changes.insert(key, value)));
        changes
    }
}

/// Changes in order, from a key on.
pub(crate) struct Run<'c> {
    ordered: Peekable<Range<'c, Vec<u8>, Value>>,
    loose: Peekable<vec::IntoIter<(&'c Vec<u8>, &'c Value)>>,
}

impl<'c> Run<'c> {
    /// The next key.
    pub(crate) fn peek(&mut self) -> Option<&'c [u8]> {
        let ordered = self.ordered.peek().map(|(key, _)| key.as_slice());
        let loose = self.loose.peek().map(|(key, _)| key.as_slice());
        ordered.into_iter().chain(loose).min()
    }

    /// Takes the next if it has this key.
    pub(crate) fn take(&mut self, key: &[u8]) -> Option<&'c Value> {
        let ordered = self.ordered.next_if(|(found, _)| found.as_slice() == key);
        let found = ordered.or_else(|| self.loose.next_if(|(found, _)| found.as_slice() == key));
        found.map(|(_, value)| value)
    }
}
