//! One notification: what is said to whom, and how it stands. Pure.

use domain::moment::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::NO_REPORT;

/// The event of a summary.
pub(super) const SUMMARY: &str = "summary";
/// How many words of people are kept of one.
const AGAIN_MAX: usize = 20;

/// What is said to whom. No address, no number, no name, no words of people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    /// The same for every try, and of no other.
    pub(super) key: String,
    /// A type of envelope, or `summary`.
    pub(super) event: String,
    /// `unit/housing/duty`.
    pub(super) receiver: String,
    /// By which way.
    pub(super) way: String,
    /// The case; empty for none.
    pub(super) case_id: String,
    /// Whose name stands in it: `unit/housing`.
    pub(super) about: String,
    /// What it says.
    pub(super) text: String,
    /// When that happened of which it tells.
    pub(super) at: Moment,
    /// Whether it waits for nothing.
    #[serde(default)]
    pub(super) is_urgent: bool,
    /// The trace that it belongs to.
    #[serde(default)]
    pub(super) traceparent: Option<String>,
}

/// The key of what is told: from what never changes.
pub(super) fn key(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Told {
    /// Those that go one after the other.
    pub(super) fn lane(&self) -> String {
        format!("{}\0{}", self.receiver, self.way)
    }
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Waiting,
    Taken,
    Delivered,
    Failed,
}

/// A word of a person: send it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Again {
    pub(super) party: String,
    pub(super) person: String,
    pub(super) reason: String,
    #[serde(default)]
    pub(super) at: Moment,
}

/// One, with how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) told: Told,
    pub(super) state: State,
    /// Why.
    pub(super) reason: String,
    /// Whether nothing more happens by itself.
    pub(super) is_final: bool,
    /// Since when it stands so.
    pub(super) state_at: Moment,
    /// From when on its time is counted.
    pub(super) since: Moment,
    /// When it was tried first.
    pub(super) tried_at: Option<Moment>,
    /// The summary in which it goes.
    pub(super) summary: Option<u64>,
    /// How often it is sent under another key.
    pub(super) round: u32,
    pub(super) again: Vec<Again>,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub(super) enum Note {
    /// From now on this log of the bus is read.
    Log { log_id: String },
    /// It is to be told; its number is the place of this note.
    Made { told: Box<Told> },
    /// It may be with the gateway from now on.
    Tried { number: u64 },
    /// These go in another one, whose number is the place of this note.
    Summed { numbers: Vec<u64>, told: Box<Told> },
    /// The gateway has it; whether that is the last word.
    Taken { number: u64, is_final: bool },
    /// It was delivered.
    Delivered { number: u64 },
    /// Nobody says whether it was delivered.
    Unknown { number: u64 },
    /// It is not told.
    Failed { number: u64, reason: String },
    /// A person has it sent again.
    Again { number: u64, again: Again },
    /// These are over, and kept no longer.
    Forgot { numbers: Vec<u64> },
}

impl Kept {
    pub(super) fn new(told: Told, at: Moment) -> Kept {
        Kept {
            since: told.at,
            told,
            state: State::Waiting,
            reason: String::new(),
            is_final: false,
            state_at: at,
            tried_at: None,
            summary: None,
            round: 0,
            again: Vec::new(),
        }
    }

    /// The key under which it is sent.
    pub(super) fn key(&self) -> String {
        match self.round {
            0 => self.told.key.clone(),
            round => format!("{}-{round}", self.told.key),
        }
    }

    /// Whether it waits to go by itself.
    pub(super) fn waits(&self) -> bool {
        self.state == State::Waiting && self.summary.is_none()
    }

    /// Whether it is asked what became of it.
    pub(super) fn is_asked(&self) -> bool {
        self.state == State::Taken && !self.is_final && self.summary.is_none()
    }

    /// Whether a note about it says something new: of two words the first counts.
    pub(super) fn takes(&self, note: &Note) -> bool {
        match note {
            Note::Tried { .. } => self.waits() && self.tried_at.is_none(),
            Note::Taken { .. } => self.waits(),
            Note::Delivered { .. } | Note::Unknown { .. } => self.is_asked(),
            Note::Failed { .. } => self.waits() || self.is_asked(),
            Note::Again { .. } => self.state == State::Failed,
            _ => false,
        }
    }

    /// What a note about it changes.
    pub(super) fn apply(&mut self, note: &Note, at: Moment) {
        let (state, reason, is_final) = match note {
            Note::Tried { .. } => {
                self.tried_at = Some(at);
                return;
            }
            Note::Taken { is_final, .. } => (State::Taken, "", *is_final),
            Note::Delivered { .. } => (State::Delivered, "", true),
            Note::Unknown { .. } => (State::Taken, NO_REPORT, true),
            Note::Failed { reason, .. } => (State::Failed, reason.as_str(), true),
            Note::Again { again, .. } => {
                // What was taken and not delivered is another message; anything else may be with
                // the gateway already, and is the same.
                self.round += u32::from(self.reason.starts_with(super::UNDELIVERED));
                self.again.push(Again { at, ..again.clone() });
                let more = self.again.len().saturating_sub(AGAIN_MAX);
                self.again.drain(..more);
                (self.since, self.summary) = (at, None);
                (State::Waiting, "", false)
            }
            _ => return,
        };
        (self.state, self.reason, self.is_final) = (state, reason.to_owned(), is_final);
        self.state_at = at;
    }

    /// The same as of its summary.
    pub(super) fn follow(&mut self, summary: &Kept) {
        (self.state, self.reason) = (summary.state, summary.reason.clone());
        (self.is_final, self.state_at) = (summary.is_final, summary.state_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept::new(Told { key: "k".into(), at: Moment(5), ..Told::default() }, Moment(9))
    }

    fn failed(reason: &str) -> Note {
        Note::Failed { number: 1, reason: reason.to_owned() }
    }

    #[test]
    fn of_two_words_the_first_counts_and_what_nobody_reports_stays_taken() {
        let mut one = kept();
        let taken = Note::Taken { number: 1, is_final: false };
        assert!(one.takes(&taken) && !one.takes(&Note::Delivered { number: 1 }));
        one.apply(&taken, Moment(10));
        assert!(one.is_asked() && !one.takes(&taken) && one.takes(&failed("x")));
        one.apply(&Note::Unknown { number: 1 }, Moment(11));
        assert_eq!((one.state, one.reason.as_str(), one.is_final), (State::Taken, NO_REPORT, true));
        assert!(!one.takes(&Note::Delivered { number: 1 }) && !one.takes(&failed("x")));
    }

    #[test]
    fn again_is_the_same_message_unless_it_was_taken_and_not_delivered() {
        let again = Again {
            party: "office/o".into(),
            person: "li".into(),
            reason: "r".into(),
            at: Moment(0),
        };
        let again = Note::Again { number: 1, again };
        for (reason, key) in [("NO_ADDRESS", "k"), ("UNDELIVERED OFF", "k-1")] {
            let mut one = kept();
            assert!(!one.takes(&again));
            one.apply(&failed(reason), Moment(10));
            assert!(one.takes(&again) && one.is_final);
            one.apply(&again, Moment(20));
            assert_eq!((one.key().as_str(), one.since, one.waits()), (key, Moment(20), true));
            assert_eq!((one.again[0].at, one.is_final), (Moment(20), false));
        }
    }
}
