//! What senders were told last: receipts go out from here, and are read back only by who is behind.

use std::{collections::VecDeque, sync::Arc};

use super::super::entry::Noted;

/// How many words to senders are at hand.
const WORDS: usize = 200_000;

/// What one record says to senders.
#[derive(Clone, Debug)]
pub struct Telling {
    pub place: u64,
    pub noted: Arc<[Noted]>,
}

/// The latest of them.
#[derive(Debug, Default)]
pub struct Latest {
    /// All that was told after this place is here; none before anything was heard.
    floor: Option<u64>,
    tellings: VecDeque<Telling>,
    words: usize,
}

impl Latest {
    pub fn hear(&mut self, place: u64, noted: &[Noted]) {
        self.floor.get_or_insert(place - 1);
        if noted.is_empty() {
            return;
        }
        self.words += noted.len();
        self.tellings.push_back(Telling { place, noted: noted.into() });
        while self.words > WORDS
            && let Some(oldest) = self.tellings.pop_front()
        {
            self.words -= oldest.noted.len();
            self.floor = Some(oldest.place);
        }
    }

    /// What was told after a place, about `limit` words; none when some of it is not here.
    pub fn after(&self, place: u64, limit: usize) -> Option<Vec<Telling>> {
        if self.floor.is_none_or(|floor| place < floor) {
            return None;
        }
        let from = self.tellings.partition_point(|telling| telling.place <= place);
        let mut words = 0;
        let within = |telling: &&Telling| {
            let fits = words == 0 || words + telling.noted.len() <= limit;
            words += telling.noted.len();
            fits
        };
        Some(self.tellings.range(from..).take_while(within).cloned().collect())
    }
}
