//! The record of what was refused: who, what, why, and by which rules, in a journal of its own.
//!
//! A refusal is written before it is answered. Whoever is refused again and again must not fill the
//! disk: of one caller so many a minute are written singly, the others are counted, and the count
//! is in the next that is written; all of them go to the log. Strangers, who have no party of this
//! city, count as one caller. When the journal has reached its length it is written no more, and
//! the log says so. The journal is opened by the first refusal; one that can't be opened or written
//! does not make the refusal an answer of another kind.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use domain::moment::Moment;
use journal::Journal;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::clock::Clock;

/// How many refusals of one caller are written singly in a minute.
pub const A_MINUTE: u64 = 30;

/// How many are written in all; at a few hundred bytes each, some 300 MB.
const IN_ALL: u64 = 1_000_000;

/// The longest text of a record, in bytes: a caller may have had a part in it.
const TEXT_MAX: usize = 500;

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Who; for a stranger what is wrong with its certificate is in the message.
    pub caller: String,
    /// Whose certificate it was, where that party spoke for the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// The method that was called.
    pub method: String,
    /// The word for programs.
    pub reason: String,
    /// The words for people.
    pub message: String,
}

/// A refusal as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// When.
    pub at_ms: i64,
    /// What.
    #[serde(flatten)]
    pub refused: Refused,
    /// The hash of the rules that were in force.
    pub rules: String,
    /// How many of the same caller were not written singly since the one before.
    pub not_written: u64,
}

/// The record.
pub struct Refusals {
    dir: PathBuf,
    clock: Clock,
    rules: String,
    journal: OnceCell<Journal>,
    counts: Mutex<HashMap<String, Count>>,
}

#[derive(Default)]
struct Count {
    minute: i64,
    written: u64,
    not_written: u64,
}

impl Refusals {
    pub(super) fn new(dir: &Path, clock: Clock, rules: &str) -> Refusals {
        Refusals {
            dir: dir.to_owned(),
            clock,
            rules: rules.to_owned(),
            journal: OnceCell::new(),
            counts: Mutex::default(),
        }
    }

    /// Writes it, or counts it.
    pub async fn record(&self, refused: Refused) {
        tracing::warn!(caller = %refused.caller, method = %refused.method, reason = %refused.reason,
            "refused: {}", refused.message);
        let now = self.clock.now();
        let Some(not_written) = self.count(&refused.caller, now) else { return };
        if let Err(error) = self.write(now, refused, not_written).await {
            tracing::error!("a refusal is not in the record: {error}");
        }
    }

    /// How many were passed over since the last; none when this one is passed over too.
    fn count(&self, caller: &str, now: Moment) -> Option<u64> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(caller.to_owned()).or_default();
        let minute = now.0.div_euclid(60_000);
        if count.minute != minute {
            *count = Count { minute, written: 0, not_written: count.not_written };
        }
        if count.written >= A_MINUTE {
            count.not_written += 1;
            return None;
        }
        count.written += 1;
        Some(std::mem::take(&mut count.not_written))
    }

    async fn write(
        &self,
        now: Moment,
        refused: Refused,
        not_written: u64,
    ) -> Result<(), journal::Error> {
        let journal = self.journal.get_or_try_init(|| open(self.dir.clone())).await?;
        if journal.last() >= IN_ALL {
            tracing::error!(dir = %self.dir.display(), "the record of refusals is full");
            return Ok(());
        }
        let refused = Refused {
            method: shorten(refused.method),
            message: shorten(refused.message),
            ..refused
        };
        let written = Written { at_ms: now.0, refused, rules: self.rules.clone(), not_written };
        let body = serde_json::to_vec(&written).unwrap_or_default();
        journal.append(vec![body]).await.map(drop)
    }
}

async fn open(dir: PathBuf) -> Result<Journal, journal::Error> {
    let opened = tokio::task::spawn_blocking(move || {
        Journal::open(dir, journal::Options { segment_bytes: 8 << 20, ..Default::default() })
    });
    opened.await.unwrap_or(Err(journal::Error::Closed))
}

fn shorten(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_MAX));
    text
}

/// All refusals in a folder's journal, oldest first. Blocks while it reads; the role must be down.
pub fn read(dir: &Path) -> Result<Vec<Written>, journal::Error> {
    let journal = Journal::open(dir, journal::Options::default())?;
    let mut all = Vec::new();
    for record in journal.scan(1) {
        // Only what was written here is in this journal; another form is of another release.
        all.extend(serde_json::from_slice::<Written>(&record?.body).ok());
    }
    Ok(all)
}
