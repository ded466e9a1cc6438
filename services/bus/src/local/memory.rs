//! What is kept at hand of the record, in bounded memory: the latest envelopes and what senders were
//! told, so that what is new is delivered without reading it back, and the latest repeats are known.
//!
//! None of it is state: what is not here is read from the record, and a start begins with nothing.

mod pages;
mod recent;
mod told;

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kit::store::Written;
use prost::bytes::Bytes;

use self::{pages::Pages, recent::Recent, told::Latest};
pub use self::{
    pages::{begin as page_begin, end as page_end},
    told::Telling,
};
use super::entry::{self, Entry, Taken};
use crate::engine::Recorded;

/// How many pages are read back at the same time.
const READING: usize = 8;

/// All of it; several threads share it.
#[derive(Debug, Default)]
pub struct Memory {
    recent: Mutex<Recent>,
    pages: Mutex<Pages>,
    latest: Mutex<Latest>,
    /// Who reads a page holds one of these, by its first place.
    reading: [Mutex<()>; READING],
    /// How many envelopes each mailbox was given since the start.
    taken: Mutex<HashMap<String, u64>>,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn taken((_, entry): (u64, Option<&Entry>)) -> Option<&Taken> {
    match entry {
        Some(Entry::Taken(taken)) => Some(taken),
        _ => None,
    }
}

/// An envelope in the bytes of its record: what it came in is held by nobody then.
fn within(body: &Bytes, wire: &Bytes) -> Bytes {
    match body.ends_with(wire) {
        true => body.slice(body.len() - wire.len()..),
        false => Bytes::copy_from_slice(wire),
    }
}

impl Memory {
    /// Hears what was written, from the place `first` on; says which mailboxes were given something.
    pub fn hear(
        &self,
        first: u64,
        records: &[Written<Entry>],
        bodies: &[Bytes],
    ) -> BTreeSet<String> {
        let entries: Vec<Option<Cow<'_, Entry>>> = records.iter().map(entry::said).collect();
        let entries = || (first..).zip(entries.iter().map(Option::as_deref));
        {
            let mut latest = open(&self.latest);
            entries().for_each(|(place, entry)| latest.hear(place, entry));
        }
        // What is in no mailbox is counted too, under no name.
        let mut given = Vec::<(&str, u64)>::new();
        for taken in entries().filter_map(taken) {
            match given.iter_mut().find(|(mailbox, _)| *mailbox == taken.mailbox) {
                Some((_, count)) => *count += 1,
                None => given.push((&taken.mailbox, 1)),
            }
        }
        {
            let mut counts = open(&self.taken);
            for (mailbox, count) in &given {
                *counts.entry((*mailbox).to_owned()).or_default() += count;
            }
        }
        let recorded = entries().zip(bodies).map(|((place, entry), body)| {
            let found = entry.and_then(|one| one.recorded(place))?;
            Some(Recorded { wire: within(body, &found.wire), ..found })
        });
        open(&self.pages).hear(first, recorded.collect());
        given.into_iter().map(|(mailbox, _)| mailbox.to_owned()).collect()
    }

    /// Those of a series from a number on were decided, each with its name and its content.
    pub fn decided(&self, series: u32, first: u64, taken: &[(u64, u64)]) {
        open(&self.recent).decided(series, first, taken);
    }

    /// Whether an id was taken lately, and for another than this number of this series.
    pub fn is_reused(&self, name: u64, at: (u32, u64)) -> bool {
        open(&self.recent).is_reused(name, at)
    }

    /// The content of a number that was taken lately.
    pub fn print(&self, series: u32, number: u64) -> Option<u64> {
        open(&self.recent).print(series, number)
    }

    /// How many envelopes a mailbox was given since the start.
    pub fn taken(&self, mailbox: &str) -> u64 {
        open(&self.taken).get(mailbox).copied().unwrap_or(0)
    }

    /// How many were taken since the start.
    pub fn taken_in_all(&self) -> u64 {
        open(&self.taken).values().sum()
    }

    /// What is at these places, if all of it is at hand.
    pub fn all_at(&self, places: &[u64]) -> Option<Vec<Recorded>> {
        let mut pages = open(&self.pages);
        places.iter().map(|place| pages.at(*place).flatten()).collect()
    }

    /// What is at a place, if it is at hand: an envelope, or that it is something else.
    pub fn at(&self, place: u64) -> Option<Option<Recorded>> {
        open(&self.pages).at(place)
    }

    /// The envelopes after a place that are at hand without a hole, see [`pages::Stretch`].
    pub fn after(&self, place: u64, limit: usize, bytes: usize) -> Option<pages::Stretch> {
        open(&self.pages).after(place, limit, bytes)
    }

    /// Waits until nobody reads the page that a place is in, and keeps others from it.
    pub fn reading(&self, place: u64) -> MutexGuard<'_, ()> {
        let at = pages::of(place) % READING as u64;
        open(&self.reading[usize::try_from(at).unwrap_or(0)])
    }

    /// Keeps what was read: these envelopes, and nothing else from `from` up to `upto`.
    pub fn keep(&self, from: u64, upto: u64, recorded: Vec<Recorded>) {
        open(&self.pages).keep(from, upto, recorded);
    }

    /// What was told after a place, if all of it is at hand.
    pub fn told(&self, after: u64, limit: usize) -> Option<Vec<Telling>> {
        open(&self.latest).after(after, limit)
    }
}
