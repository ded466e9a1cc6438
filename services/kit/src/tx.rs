//! A transaction: changes on top of a view that are not in it yet.
//!
//! Decisions read through it and see those that were decided before them, in the same batch and in
//! the one that is on its way to the disk; the view gets all of them only when their records are on
//! disk. Dropping it forgets them.

mod changes;

use std::sync::Arc;

use crate::view::{self, Pair, View, number};

pub use changes::Changes;
pub(crate) use changes::Run;

/// Changes over a view, or over what is about to be in it.
#[derive(Debug)]
pub struct Tx<'v> {
    view: &'v View,
    below: Option<Arc<Changes>>,
    changes: Changes,
    next: u64,
}

impl<'v> Tx<'v> {
    /// No changes yet.
    pub fn new(view: &'v View) -> Tx<'v> {
        Tx::over(view, None)
    }

    /// No changes yet, on changes up to a place that the view does not have.
    pub(crate) fn over(view: &'v View, below: Option<(Arc<Changes>, u64)>) -> Tx<'v> {
        let (below, last) = match below {
            Some((below, last)) => (Some(below), last),
            None => (None, view.upto()),
        };
        Tx { view, below, changes: Changes::new(), next: last + 1 }
    }

    /// The place that the next record will have.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// A record was folded, and its place is taken.
    pub(crate) fn took(&mut self, place: u64) {
        self.next = place + 1;
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, view::Error> {
        match self.changes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.before(key),
        }
    }

    /// The value that a key had before these changes.
    fn before(&self, key: &[u8]) -> Result<Option<Vec<u8>>, view::Error> {
        match self.below.as_ref().and_then(|below| below.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.view.get(key),
        }
    }

    /// The value of a key that holds a number; 0 for none.
    pub fn number(&self, key: &[u8]) -> Result<u64, view::Error> {
        Ok(number(self.get(key)?.as_deref()))
    }

    /// Sets a key.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.insert(key.into(), Some(value.into()));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.changes.insert(key.into(), None);
    }

    /// Changes the value of a key in place; one that is not there begins empty. What is empty
    /// afterwards is removed.
    pub fn edit<T>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut Vec<u8>) -> T,
    ) -> Result<T, view::Error> {
        if let Some(slot) = self.changes.get_mut(key) {
            return Ok(edited(slot, change));
        }
        let mut slot = self.before(key)?;
        let outcome = edited(&mut slot, change);
        self.changes.insert(key.to_vec(), slot);
        Ok(outcome)
    }

    /// Up to `limit` pairs with the prefix, from the key `from` on, in order. `from` is a whole key;
    /// where it is before the prefix, the scan begins at the prefix.
    pub fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, view::Error> {
        let over = std::iter::once(&self.changes).chain(self.below.as_deref());
        self.view.scan(over, prefix, from.max(prefix), limit)
    }

    /// The changes, to be committed.
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

fn edited<T>(slot: &mut Option<Vec<u8>>, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut value = slot.take().unwrap_or_default();
    let outcome = change(&mut value);
    *slot = (!value.is_empty()).then_some(value);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Origin;

    #[test]
    fn what_is_kept_by_its_hash_is_found_as_what_is_kept_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let view = View::open(dir.path(), &Origin::now([1; 16], 1), 9).unwrap();
        let pairs =
            ["A1", "A3", "A5", "B1", "a1"].map(|key| (key.as_bytes().to_vec(), Some(vec![1])));
        view.commit(pairs.into_iter().collect(), 4).unwrap();
        let mut tx = Tx::new(&view);
        tx.put("A4", [2]);
        tx.remove("A3");
        tx.edit(b"A5", |value| value.push(3)).unwrap();
        let keys = |prefix: &str, from: &str, limit| -> Vec<(String, Vec<u8>)> {
            let found = tx.scan(prefix.as_bytes(), from.as_bytes(), limit).unwrap();
            found.into_iter().map(|(key, value)| (String::from_utf8(key).unwrap(), value)).collect()
        };
        let of = |all: &[(&str, &[u8])]| -> Vec<(String, Vec<u8>)> {
            all.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect()
        };
        assert_eq!(keys("A", "", 9), of(&[("A1", &[1]), ("A4", &[2]), ("A5", &[1, 3])]));
        assert_eq!(keys("A", "A2", 1), of(&[("A4", &[2])]));
        assert_eq!(keys("a", "", 9), of(&[("a1", &[1])]));
        view.commit(tx.into_changes(), 5).unwrap();
        let dump = view.dump().unwrap();
        view.settle().unwrap();
        assert_eq!(view.dump().unwrap(), dump, "in order, whether sled has it or not");
        assert_eq!(dump.len(), 5);
    }

    #[test]
    fn a_scan_merges_what_is_stored_with_what_is_changed() {
        let dir = tempfile::tempdir().unwrap();
        let origin = Origin::now([1; 16], 1);
        let view = View::open(dir.path(), &origin, 9).unwrap();
        let pairs = ["a1", "a3", "a5", "b1"];
        let stored = pairs.map(|key| (key.as_bytes().to_vec(), Some(b"old".to_vec())));
        view.commit(stored.into_iter().collect(), 4).unwrap();

        let mut tx = Tx::new(&view);
        tx.put("a2", "new");
        tx.put("a3", "new");
        tx.remove("a5");
        tx.put("a9", "new");
        let keys = |from: &str, limit| -> Vec<String> {
            let found = tx.scan(b"a", from.as_bytes(), limit).unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            found.into_iter().map(|(k, v)| format!("{}={}", text(k), text(v))).collect()
        };
        assert_eq!(keys("", 9), ["a1=old", "a2=new", "a3=new", "a9=new"]);
        assert_eq!(keys("a2", 2), ["a2=new", "a3=new"]);
        assert_eq!(view.upto(), 4);
    }
}
