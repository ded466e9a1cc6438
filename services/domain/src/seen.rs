//! Which numbers of a sender have been applied, in bounded memory.
//!
//! A sender numbers what it sends to a receiver 1, 2, 3 without gaps. What is contiguous from the
//! start is one number here; only what arrived early is listed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The numbers that were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// All of 1..=upto were seen.
    pub upto: u64,
    /// Seen beyond the first gap.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub beyond: BTreeSet<u64>,
}

impl Seen {
    /// Whether the number was seen. Numbers start at 1.
    pub fn contains(&self, number: u64) -> bool {
        number <= self.upto || self.beyond.contains(&number)
    }

    /// Adds a number; says whether it is new.
    pub fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        self.beyond.insert(number);
        while self.beyond.remove(&(self.upto + 1)) {
            self.upto += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_one_number_when_there_are_no_gaps() {
        let mut seen = Seen::default();
        assert!(seen.insert(2) && seen.insert(3) && !seen.insert(3));
        assert_eq!((seen.upto, seen.beyond.len()), (0, 2));
        assert!(seen.insert(1) && !seen.insert(1));
        assert_eq!((seen.upto, seen.beyond.len()), (3, 0));
    }
}
