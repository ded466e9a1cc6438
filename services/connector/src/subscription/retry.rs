//! What was not taken is tried on: each subject by its own waits, which grow.

use std::{
    convert::Infallible,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use super::{
    note::Note,
    post::{AT_ONCE, Poster},
};
use crate::{
    Answer,
    waits::{Retries, until},
};

/// How long is waited after a disk that failed.
const PAUSE: Duration = Duration::from_secs(1);

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
                tokio::select! {
                    () = until(wake) => {}
                    () = self.news.notified() => {}
                }
                continue;
            }
            let tries = stream::iter(due).map(|number| self.again(number));
            let mut tries = tries.buffer_unordered(AT_ONCE);
            while let Some(outcome) = tries.next().await {
                if let Err(error) = outcome {
                    tracing::error!(%error, "what was tried can't be written down");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn again(&self, number: u64) -> Result<(), journal::Error> {
        let Some(item) = self.record.kept().item(number) else { return Ok(()) };
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
