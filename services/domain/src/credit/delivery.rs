//! What goes to an outside system, once, under a key that never changes.
//!
//! A delivery is started before it is first tried: what was never started is simply not sent when
//! its cause is gone, what may have arrived is corrected by a message of its own.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ViolationId;
use crate::{
    id::{IdError, PersonId, UnitId},
    moment::Moment,
    party::Party,
};

/// Why something is said to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An object is listed, for the how manieth time.
    Listed(u32),
    /// That listing does not stand: a decision was revoked.
    Corrected(u32),
    /// It was taken off the list by people.
    Removed(u32),
    /// A confirmed violation is shared.
    Shared(ViolationId),
    /// That one is revoked.
    Withdrawn(ViolationId),
}

impl Cause {
    /// What this takes back, if anything.
    pub fn of(&self) -> Option<Cause> {
        match self {
            Cause::Corrected(number) | Cause::Removed(number) => Some(Cause::Listed(*number)),
            Cause::Withdrawn(id) => Some(Cause::Shared(id.clone())),
            Cause::Listed(_) | Cause::Shared(_) => None,
        }
    }

    /// The word in tables.
    pub fn word(&self) -> &'static str {
        match self {
            Cause::Listed(_) => "listed",
            Cause::Corrected(_) => "corrected",
            Cause::Removed(_) => "removed",
            Cause::Shared(_) => "shared",
            Cause::Withdrawn(_) => "withdrawn",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Cause::Listed(number) | Cause::Corrected(number) | Cause::Removed(number) => {
                write!(f, "{word}/{number}")
            }
            Cause::Shared(id) | Cause::Withdrawn(id) => write!(f, "{word}/{id}"),
        }
    }
}

impl FromStr for Cause {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Cause, IdError> {
        let (word, rest) = text.split_once('/').ok_or(IdError::Empty)?;
        let number = || rest.parse().map_err(|_| IdError::Empty);
        match word {
            "listed" => Ok(Cause::Listed(number()?)),
            "corrected" => Ok(Cause::Corrected(number()?)),
            "removed" => Ok(Cause::Removed(number()?)),
            "shared" => Ok(Cause::Shared(rest.parse()?)),
            "withdrawn" => Ok(Cause::Withdrawn(rest.parse()?)),
            _ => Err(IdError::Empty),
        }
    }
}

/// One message to one outside system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeliveryId {
    /// For which system: a row of the pack.
    pub receiver: UnitId,
    /// Why.
    pub cause: Cause,
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.receiver, self.cause)
    }
}

impl FromStr for DeliveryId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<DeliveryId, IdError> {
        let (receiver, cause) = text.split_once('/').ok_or(IdError::Empty)?;
        Ok(DeliveryId { receiver: UnitId::parse(receiver)?, cause: cause.parse()? })
    }
}

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is tried until it is there.
    Started,
    /// It is there.
    Delivered {
        /// What was answered.
        receipt: String,
    },
    /// A person must decide.
    Parked {
        /// Why.
        reason: String,
        /// Who.
        owner: Party,
    },
    /// A person has said that it need not go.
    Skipped {
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
}

/// One delivery as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which.
    pub id: DeliveryId,
    /// How it stands.
    pub state: State,
    /// When it was started.
    pub started_at: Moment,
    /// Since when it stands so.
    pub since: Moment,
    /// Why it was not taken at once.
    #[serde(default)]
    pub trouble: Option<String>,
}

impl Delivery {
    /// Whether nothing more is to be done about it.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Delivered { .. } | State::Skipped { .. })
    }
}

/// How long it is waited between two tries: doubling from the first to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waits {
    /// After the first try.
    pub first_ms: u64,
    /// At most.
    pub longest_ms: u64,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits { first_ms: 5_000, longest_ms: 15 * 60_000 }
    }
}

impl Waits {
    /// After so many tries, from 1.
    pub fn after(&self, tries: u32) -> std::time::Duration {
        let factor = 1_u64.checked_shl(tries.saturating_sub(1)).unwrap_or(u64::MAX);
        let wait = self.first_ms.max(1).saturating_mul(factor.max(1));
        std::time::Duration::from_millis(wait.min(self.longest_ms.max(self.first_ms).max(1)))
    }
}
