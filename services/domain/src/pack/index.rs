//! The rows of one file by their id, and the check of a name that refers to them.

use std::{collections::BTreeMap, fmt::Display};

use super::{
    fault::{Faults, suggest},
    table::Row,
};

/// What a file defines.
pub(super) struct Index<K, V> {
    file: &'static str,
    /// Whether the file could be read; if not, no reference to it is judged.
    readable: bool,
    rows: BTreeMap<K, (Row, V)>,
}

impl<K: Ord + Display, V> Index<K, V> {
    /// An index of the rows of a file; nothing when it could not be read.
    pub(super) fn new(
        file: &'static str,
        rows: Option<Vec<Row>>,
        faults: &mut Faults,
        mut read: impl FnMut(&Row, &mut Faults) -> Option<(K, V)>,
    ) -> Index<K, V> {
        let mut index = Index { file, readable: rows.is_some(), rows: BTreeMap::new() };
        for row in rows.unwrap_or_default() {
            if let Some((id, value)) = read(&row, faults) {
                index.insert(id, row, value, faults);
            }
        }
        index
    }

    fn insert(&mut self, id: K, row: Row, value: V, faults: &mut Faults) {
        if let Some((first, _)) = self.rows.get(&id) {
            let what = format!("{id} is already on line {}", first.line());
            row.fault(faults, what, "one row for each id");
            return;
        }
        self.rows.insert(id, (row, value));
    }

    /// Each row with its line.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Row, &K, &V)> {
        self.rows.iter().map(|(id, (row, value))| (row, id, value))
    }

    /// What stands under this id.
    pub(super) fn get(&self, id: &K) -> Option<&V> {
        self.rows.get(id).map(|(_, value)| value)
    }

    /// What is wrong with a reference, if anything: (what, what would be right).
    pub(super) fn refusal(&self, place: &str, id: &K) -> Option<(String, String)> {
        if !self.readable || self.rows.contains_key(id) {
            return None;
        }
        let right = format!("an id of {}", self.file);
        let known: Vec<String> = self.rows.keys().map(K::to_string).collect();
        let right = suggest(&id.to_string(), known.iter().map(String::as_str), &right);
        Some((format!("{place}: {id} is not in {}", self.file), right))
    }

    /// Checks a reference of a row.
    pub(super) fn check(&self, row: &Row, column: &str, id: &K, faults: &mut Faults) {
        if let Some((what, right)) = self.refusal(column, id) {
            row.fault(faults, what, right);
        }
    }

    /// Whether the file could be read.
    pub(super) fn readable(&self) -> bool {
        self.readable
    }

    /// Without lines, when no fault was found.
    pub(super) fn into_values(self) -> BTreeMap<K, V> {
        self.rows.into_iter().map(|(id, (_, value))| (id, value)).collect()
    }
}
