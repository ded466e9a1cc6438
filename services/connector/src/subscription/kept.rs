//! What a subscriber has not taken, as the sum of the notes about it. Pure. What is open is small: it is
//! all in memory, and summed up when the journal is opened.
//!
//! Of each subject the first is the only one that may be tried; while that waits for a person, the
//! others wait behind it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::note::Note;
use crate::{Message, record::Sum};

/// How many settled ones are remembered, so that a repeat is known.
const REMEMBERED: usize = 10_000;

/// One that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) message: Message,
    /// Since when it is tried, Unix milliseconds; anew where a person has put it back.
    pub(super) since_ms: i64,
    /// Why it waits for a person.
    pub(super) parked: Option<String>,
}

/// All of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    items: BTreeMap<u64, Item>,
    #[serde(skip)]
    subjects: BTreeMap<String, BTreeSet<u64>>,
    #[serde(skip)]
    keys: HashSet<String>,
    /// Which log of the bus is read; empty before the first.
    log_id: String,
    /// What a person has decided, by number: whether it was let go.
    settled: BTreeMap<u64, bool>,
}

impl Sum for Kept {
    type Note = Note;

    const LAYOUT: u32 = 1;

    fn index(&mut self) {
        for (number, Item { message, .. }) in &self.items {
            self.keys.insert(message.key.clone());
            self.subjects.entry(message.subject.clone()).or_default().insert(*number);
        }
    }

    fn fold(&mut self, place: u64, note: Note) {
        match note {
            Note::Log { log_id } => self.log_id = log_id,
            Note::Kept { message, at_ms, .. } => {
                self.keys.insert(message.key.clone());
                self.subjects.entry(message.subject.clone()).or_default().insert(place);
                self.items.insert(place, Item { message, since_ms: at_ms, parked: None });
            }
            Note::Parked { number, reason } => {
                if let Some(item) = self.items.get_mut(&number) {
                    item.parked = Some(reason);
                }
            }
            Note::Taken { number } => self.remove(number),
            Note::Settled { number, is_skipped, at_ms, .. } => {
                self.settled.insert(number, is_skipped);
                while self.settled.len() > REMEMBERED {
                    self.settled.pop_first();
                }
                match self.items.get_mut(&number) {
                    _ if is_skipped => self.remove(number),
                    Some(item) => (item.parked, item.since_ms) = (None, at_ms),
                    None => {}
                }
            }
        }
    }
}

impl Kept {
    fn remove(&mut self, number: u64) {
        let Some(item) = self.items.remove(&number) else { return };
        self.keys.remove(&item.message.key);
        if let Some(numbers) = self.subjects.get_mut(&item.message.subject) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.subjects.remove(&item.message.subject);
            }
        }
    }

    /// Which log of the bus is read.
    pub(super) fn log(&self) -> String {
        self.log_id.clone()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// How many wait for a person.
    pub(super) fn parked(&self) -> usize {
        self.items.values().filter(|item| item.parked.is_some()).count()
    }

    /// Whether something of this subject waits, so that what comes must wait behind it.
    pub(super) fn waits(&self, subject: &str) -> bool {
        self.subjects.contains_key(subject)
    }

    /// Whether what has this key is among them.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// The first of each subject, unless it waits for a person: its number and its subject.
    pub(super) fn heads(&self) -> Vec<(u64, String)> {
        let first = self.subjects.iter().filter_map(|(subject, of)| Some((*of.first()?, subject)));
        let open = first
            .filter(|(number, _)| self.items.get(number).is_some_and(|item| item.parked.is_none()));
        open.map(|(number, subject)| (number, subject.clone())).collect()
    }

    /// One of them.
    pub(super) fn item(&self, number: u64) -> Option<Item> {
        self.items.get(&number).cloned()
    }

    /// Those behind a number, in order.
    pub(super) fn page(&self, after: u64, most: usize) -> Vec<(u64, Item)> {
        let rest = self.items.range(after.saturating_add(1)..).take(most);
        rest.map(|(number, item)| (*number, item.clone())).collect()
    }

    /// Whether a person's word about a number is new; none where nobody is asked about it.
    pub(super) fn is_new(&self, number: u64, is_skipped: bool) -> Option<bool> {
        match self.items.get(&number) {
            Some(item) if item.parked.is_some() => Some(true),
            _ => (self.settled.get(&number) == Some(&is_skipped)).then_some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::moment::Moment;

    use super::*;

    fn kept(subjects: &[&str]) -> Kept {
        let mut kept = Kept::default();
        for (number, subject) in (1..).zip(subjects) {
            let (key, subject) = (format!("k{number}"), (*subject).to_owned());
            let message = Message { key, subject, ..Message::default() };
            kept.fold(number, Note::kept("log", number * 10, &message, Moment(1)));
        }
        kept
    }

    fn heads(kept: &Kept) -> Vec<u64> {
        kept.heads().into_iter().map(|(number, _)| number).collect()
    }

    fn settled(number: u64, is_skipped: bool) -> Note {
        let (party, person, reason) = (String::new(), String::new(), String::new());
        Note::Settled { number, is_skipped, party, person, reason, at_ms: 7 }
    }

    #[test]
    fn the_first_of_each_subject_is_tried_and_what_waits_for_a_person_holds_up_its_own_only() {
        let mut kept = kept(&["a", "b", "a", "b", "c"]);
        assert_eq!(heads(&kept), [1, 2, 5]);
        kept.fold(6, Note::taken(1));
        assert_eq!((heads(&kept), kept.waits("a")), (vec![3, 2, 5], true));
        kept.fold(7, Note::parked(2, "422"));
        assert_eq!((heads(&kept), kept.parked(), kept.len()), (vec![3, 5], 1, 4));
        kept.fold(8, Note::taken(3));
        assert!(!kept.waits("a") && kept.waits("b"));
        assert_eq!(kept.is_new(2, true), Some(true));
        kept.fold(9, settled(2, true));
        assert_eq!(heads(&kept), [4, 5], "let go: the next of its subject");
        assert_eq!((kept.is_new(2, true), kept.is_new(2, false)), (Some(false), None));
    }

    #[test]
    fn what_is_on_disk_of_it_is_all_of_it() {
        let mut kept = kept(&["a", "b", "a", "c"]);
        kept.fold(5, Note::Log { log_id: "log".into() });
        kept.fold(6, Note::parked(1, "422"));
        kept.fold(7, Note::parked(2, "422"));
        kept.fold(8, settled(2, true));
        let mut read: Kept = serde_json::from_slice(&serde_json::to_vec(&kept).unwrap()).unwrap();
        assert!(!read.has("k1"));
        read.index();
        assert_eq!(read, kept);
    }

    #[test]
    fn what_is_put_back_is_tried_anew_and_what_comes_again_is_known() {
        let mut kept = kept(&["a", "a"]);
        kept.fold(3, Note::parked(1, "422"));
        assert!(heads(&kept).is_empty());
        assert_eq!(kept.is_new(4, false), None, "nobody knows it");
        assert_eq!(kept.is_new(2, false), None, "it waits for no person");
        kept.fold(4, settled(1, false));
        assert_eq!((heads(&kept), kept.item(1).unwrap().since_ms), (vec![1], 7));
        assert_eq!(kept.is_new(1, false), Some(false), "a repeat");
        assert!(kept.has("k1") && !kept.has("k3"));
        kept.fold(5, Note::taken(1));
        assert!(!kept.has("k1"));
        assert_eq!(kept.page(0, 9).len(), 1);
    }
}
