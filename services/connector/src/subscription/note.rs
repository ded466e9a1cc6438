//! What is written down about what a subscriber has not taken.

use domain::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::Message;

/// One record of the journal, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub(crate) enum Note {
    /// From now on this log of the bus is read.
    Log {
        /// Which.
        log_id: String,
    },
    /// It was not taken at its first try, or came behind one that was not. Its number is the place
    /// of this note.
    Kept {
        /// The log of the bus.
        log_id: String,
        /// Its place there.
        place: u64,
        /// What is posted.
        message: Message,
        /// Since when, Unix milliseconds.
        at_ms: i64,
    },
    /// It waits for a person.
    Parked {
        /// Which.
        number: u64,
        /// Why.
        reason: String,
    },
    /// It was taken.
    Taken {
        /// Which.
        number: u64,
    },
    /// A person has decided.
    Settled {
        /// Which.
        number: u64,
        /// Whether it is let go; if not, it is tried again.
        is_skipped: bool,
        /// Which party said so.
        party: String,
        /// Which person.
        person: String,
        /// Why.
        reason: String,
        /// When, Unix milliseconds.
        at_ms: i64,
    },
}

impl Note {
    pub(super) fn taken(number: u64) -> Note {
        Note::Taken { number }
    }

    pub(super) fn parked(number: u64, reason: &str) -> Note {
        Note::Parked { number, reason: reason.to_owned() }
    }

    pub(super) fn kept(log_id: &str, place: u64, message: &Message, now: Moment) -> Note {
        let (log_id, message) = (log_id.to_owned(), message.clone());
        Note::Kept { log_id, place, message, at_ms: now.0 }
    }
}
