//! What was not taken is tried on: each subject by its own waits, which grow.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use super::{
    Waits,
    kept::Item,
    note::Note,
    post::{AT_ONCE, Poster},
};
use crate::Answer;

/// How long is waited after a disk that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// When each subject is tried next.
#[derive(Debug)]
pub(super) struct Retries {
    waits: Waits,
    next: BTreeMap<String, (Instant, Duration)>,
}

impl Retries {
    pub(super) fn new(waits: Waits) -> Retries {
        Retries { waits, next: BTreeMap::new() }
    }

    /// Those that are due, and when the first of the others is.
    fn due(
        &mut self,
        heads: Vec<(u64, Item)>,
        now: Instant,
    ) -> (Vec<(u64, Item)>, Option<Instant>) {
        self.next.retain(|subject, _| heads.iter().any(|(_, one)| one.message.subject == *subject));
        let first = self.waits.first;
        let mut wake: Option<Instant> = None;
        let due = heads.into_iter().filter(|(_, item)| {
            let subject = item.message.subject.clone();
            let (at, _) = *self.next.entry(subject).or_insert((now + first, first));
            if at > now {
                wake = Some(wake.map_or(at, |wake| wake.min(at)));
            }
            at <= now
        });
        (due.collect(), wake)
    }

    /// It was taken: what is behind it may go at once.
    fn taken(&mut self, subject: &str, now: Instant) {
        self.next.insert(subject.to_owned(), (now, self.waits.first));
    }

    /// It was not: longer each time.
    fn later(&mut self, subject: &str, now: Instant) {
        let (first, longest) = (self.waits.first, self.waits.longest);
        let (_, wait) = self.next.get(subject).copied().unwrap_or((now, first));
        let wait = (wait * 2).min(longest).max(first);
        self.next.insert(subject.to_owned(), (now + wait, wait));
    }

    /// All of them now: a person has said so.
    pub(super) fn at_once(&mut self) {
        let (now, first) = (Instant::now(), self.waits.first);
        self.next.values_mut().for_each(|next| *next = (now, first));
    }
}

impl Poster {
    fn retries(&self) -> MutexGuard<'_, Retries> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries what is due, for ever.
    pub(super) async fn retry(&self) -> Infallible {
        loop {
            let heads = self.record.kept().heads();
            let (due, wake) = self.retries().due(heads, Instant::now());
            if due.is_empty() {
                let wake = async {
                    match wake {
                        Some(at) => tokio::time::sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = wake => {}
                    () = self.news.notified() => {}
                }
                continue;
            }
            let tries = stream::iter(due).map(|(number, item)| self.again(number, item));
            let mut tries = tries.buffer_unordered(AT_ONCE);
            while let Some(outcome) = tries.next().await {
                if let Err(error) = outcome {
                    tracing::error!(%error, "what was tried can't be written down");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn again(&self, number: u64, item: Item) -> Result<(), journal::Error> {
        let subject = &item.message.subject;
        let answer = self.post(&item.message).await;
        let since = domain::moment::Moment(item.since_ms);
        let is_over = self.clock.now().since(since) >= self.settings.asked.give_up_after;
        let note = match answer {
            Answer::Taken { .. } => Note::taken(number),
            Answer::Refused { reason } => Note::parked(number, &reason),
            Answer::Later { reason } if is_over => {
                let after = self.settings.asked.give_up_after;
                Note::parked(number, &format!("not taken for {after:?}: {reason}"))
            }
            Answer::Later { .. } => {
                self.retries().later(subject, Instant::now());
                return Ok(());
            }
        };
        if let Note::Parked { reason, .. } = &note {
            self.alarm(number, reason);
        }
        self.record.write(|_, _| (vec![note], ())).await?;
        self.retries().taken(subject, Instant::now());
        Ok(())
    }
}
