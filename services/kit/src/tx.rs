//! A transaction: changes on top of a view that are not in it yet.
//!
//! Decisions read through it and see those that were decided before them in the same batch; the
//! view gets all of them only when their records are on disk. Dropping it forgets them.

use std::collections::BTreeMap;

use crate::view::{self, Pair, View, number};

/// Key to new value, or to none for a removal.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Changes over a view.
#[derive(Debug)]
pub struct Tx<'v> {
    view: &'v View,
    changes: Changes,
}

impl<'v> Tx<'v> {
    /// No changes yet.
    pub fn new(view: &'v View) -> Tx<'v> {
        Tx { view, changes: Changes::new() }
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, view::Error> {
        match self.changes.get(key) {
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

    /// Up to `limit` pairs with the prefix, from the key `from` on, in order. `from` is a whole key;
    /// where it is before the prefix, the scan begins at the prefix.
    pub fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, view::Error> {
        let from = from.max(prefix).to_vec();
        let changed = self.changes.range(from.clone()..);
        let mut changed = changed.take_while(|(key, _)| key.starts_with(prefix)).peekable();
        let mut stored = self.view.scan(prefix, &from).peekable();
        let mut found = Vec::new();
        while found.len() < limit {
            let next = match stored.peek() {
                Some(Ok((key, _))) => Some(key.clone()),
                Some(Err(_)) => None,
                None => None,
            };
            if let Some(Err(error)) = stored.next_if(Result::is_err) {
                return Err(error);
            }
            let own = changed.next_if(|(key, _)| next.as_ref().is_none_or(|next| *key <= next));
            if let Some((key, value)) = own {
                if next.as_ref() == Some(key) {
                    stored.next();
                }
                found.extend(value.clone().map(|value| (key.clone(), value)));
            } else {
                let Some(pair) = stored.next().transpose()? else { break };
                found.push(pair);
            }
        }
        Ok(found)
    }

    /// The changes, to be committed.
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Origin;

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
        assert_eq!(view.upto().unwrap(), 4);
    }
}
