//! What senders were told last: receipts go out from here, and are read back only by who is behind.

use std::{collections::VecDeque, sync::Arc};

use super::super::{
    entry::{Entry, Noted},
    proof::Proven,
};

/// How many words to senders are at hand.
const WORDS: usize = 200_000;

/// What one record says to senders.
#[derive(Clone, Debug)]
pub struct Telling {
    pub place: u64,
    pub noted: Arc<[Noted]>,
    /// Who must have what is settled, besides the recipient.
    pub followers: Arc<[String]>,
    /// What a receiver has signed.
    pub proof: Option<Arc<Proven>>,
}

impl Telling {
    /// What a record says; nothing, where it is for no sender.
    pub fn of(place: u64, entry: Option<&Entry>) -> Telling {
        let noted = entry.map_or(&[][..], Entry::noted).into();
        let followers = entry.map_or(&[][..], Entry::followers).into();
        let proof = entry.and_then(Entry::proof).map(Proven::new);
        Telling { place, noted, followers, proof }
    }

    /// How much it is.
    pub fn words(&self) -> usize {
        self.noted.len() + self.proof.as_ref().map_or(0, |proof| proof.words())
    }
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
    pub fn hear(&mut self, place: u64, entry: Option<&Entry>) {
        self.floor.get_or_insert(place - 1);
        if entry.is_none_or(|entry| entry.noted().is_empty() && entry.proof().is_none()) {
            return;
        }
        let telling = Telling::of(place, entry);
        self.words += telling.words();
        self.tellings.push_back(telling);
        while self.words > WORDS
            && let Some(oldest) = self.tellings.pop_front()
        {
            self.words -= oldest.words();
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
            let fits = words == 0 || words + telling.words() <= limit;
            words += telling.words();
            fits
        };
        Some(self.tellings.range(from..).take_while(within).cloned().collect())
    }
}
