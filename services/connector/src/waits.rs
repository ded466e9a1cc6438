//! When each of many is tried next: by waits of its own, which grow.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

/// How long is waited between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// After the first that came to nothing; doubling.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

/// When each is tried next, by its name.
#[derive(Debug)]
pub(crate) struct Retries {
    waits: Waits,
    begin: Duration,
    next: BTreeMap<String, (Instant, Duration)>,
}

impl Retries {
    /// One that is new is tried after `begin`.
    pub(crate) fn new(waits: Waits, begin: Duration) -> Retries {
        Retries { waits, begin, next: BTreeMap::new() }
    }

    /// Those that are due, and when the first of the others is.
    pub(crate) fn due<T>(
        &mut self,
        heads: Vec<(T, String)>,
        now: Instant,
    ) -> (Vec<T>, Option<Instant>) {
        let known: HashSet<&String> = heads.iter().map(|(_, name)| name).collect();
        self.next.retain(|name, _| known.contains(name));
        let (first, begin) = (self.waits.first, self.begin);
        let mut wake: Option<Instant> = None;
        let mut due = Vec::new();
        for (one, name) in heads {
            let (at, _) = *self.next.entry(name).or_insert((now + begin, first));
            match at <= now {
                true => due.push(one),
                false => wake = Some(wake.map_or(at, |wake| wake.min(at))),
            }
        }
        (due, wake)
    }

    /// It was taken: what is behind it may go at once.
    pub(crate) fn taken(&mut self, name: &str, now: Instant) {
        self.next.insert(name.to_owned(), (now, self.waits.first));
    }

    /// It was not: longer each time.
    pub(crate) fn later(&mut self, name: &str, now: Instant) {
        let (first, longest) = (self.waits.first, self.waits.longest);
        let (_, wait) = self.next.get(name).copied().unwrap_or((now, first));
        let wait = (wait * 2).min(longest).max(first);
        self.next.insert(name.to_owned(), (now + wait, wait));
    }

    /// Not before this moment; what is waited after the next that comes to nothing begins anew.
    pub(crate) fn at(&mut self, name: &str, at: Instant) {
        self.next.insert(name.to_owned(), (at, self.waits.first));
    }

    /// All of them now: a person has said so.
    pub(crate) fn at_once(&mut self) {
        let (now, first) = (Instant::now(), self.waits.first);
        self.next.values_mut().for_each(|next| *next = (now, first));
    }
}

/// Sleeps until a moment; for ever where there is none.
pub(crate) async fn until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
