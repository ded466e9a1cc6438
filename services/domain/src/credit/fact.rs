//! What is said about an object's credit, and whose word each thing is.
//!
//! A unit confirms, within its power, and revokes its own decisions; the worker says what follows of them and how the
//! outside has answered; the gateway says what people decide about the list and about what waits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Cause, DeliveryId};
use crate::{
    id::{DecisionId, FactKey, IdError, PersonId, UnitId, ViolationCode},
    moment::Moment,
    pack::Powers,
    party::{Party, Role},
};

/// The longest reason, receipt or trouble that is kept, in characters.
pub const TEXT_MAX: usize = 2_000;

/// Which decision: one unit's, by its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ViolationId {
    /// The unit.
    pub unit: UnitId,
    /// The number.
    pub decision: DecisionId,
}

impl fmt::Display for ViolationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.unit, self.decision)
    }
}

impl FromStr for ViolationId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<ViolationId, IdError> {
        let (unit, decision) = text.split_once('/').ok_or(IdError::Empty)?;
        Ok(ViolationId { unit: UnitId::parse(unit)?, decision: DecisionId::parse(decision)? })
    }
}

impl TryFrom<String> for ViolationId {
    type Error = IdError;
    fn try_from(text: String) -> Result<ViolationId, IdError> {
        text.parse()
    }
}

impl From<ViolationId> for String {
    fn from(id: ViolationId) -> String {
        id.to_string()
    }
}

/// A violation that a unit has confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// By which decision.
    pub id: ViolationId,
    /// What sort.
    pub code: ViolationCode,
    /// What has happened, whoever has seen it.
    pub fact: FactKey,
    /// Who has confirmed it.
    pub person: PersonId,
    /// When it happened.
    pub at: Moment,
    /// What the pack of that day takes for it.
    pub points: u32,
}

/// What a person says about taking an object off the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Of which listing.
    pub number: u32,
    /// Who.
    pub person: PersonId,
    /// Of which party.
    pub party: Party,
    /// Why.
    pub reason: String,
    /// Whether that is all that the pack asks for.
    pub is_final: bool,
}

/// One thing that was said about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A violation is confirmed.
    Confirmed(Violation),
    /// A decision is revoked.
    Revoked {
        /// Which.
        id: ViolationId,
        /// Why.
        reason: String,
    },
    /// The score has fallen below the threshold: the object is on the list.
    Listed {
        /// The how manieth time.
        number: u32,
        /// The score.
        score: i64,
        /// The threshold.
        threshold: i64,
    },
    /// The score is not below the threshold any more: the listing does not stand.
    Corrected {
        /// Which listing.
        number: u32,
        /// The score.
        score: i64,
    },
    /// A person takes it off the list.
    Removal(Removal),
    /// From now on an outside system may have it.
    Started(DeliveryId),
    /// An outside system does not take it now; said once, it is tried on.
    Delayed {
        /// What.
        delivery: DeliveryId,
        /// Why.
        reason: String,
    },
    /// An outside system has it.
    Delivered {
        /// What.
        delivery: DeliveryId,
        /// What it has answered.
        receipt: String,
    },
    /// An outside system refuses it for good, or there is no way there: a person decides.
    Parked {
        /// What.
        delivery: DeliveryId,
        /// Why.
        reason: String,
        /// Who must act.
        owner: Party,
    },
    /// A person has it tried again, under the same key.
    PutBack {
        /// What.
        delivery: DeliveryId,
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// A person says that it need not go.
    Skipped {
        /// What.
        delivery: DeliveryId,
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// A unit is told.
    Noticed {
        /// Of what.
        cause: Cause,
        /// Who.
        unit: UnitId,
        /// The same in a sentence.
        text: String,
    },
}

/// Whether `source` is the one that says such a thing.
pub fn may_say(source: &Party, fact: &Fact) -> bool {
    match fact {
        Fact::Confirmed(Violation { id, .. }) => source.as_unit().as_ref() == Some(&id.unit),
        // A unit revokes its own; where two fine for one fact, the office says which does not stand.
        Fact::Revoked { id, .. } => {
            source.as_unit().as_ref() == Some(&id.unit) || source.is(Role::Gateway)
        }
        Fact::Removal(_) | Fact::PutBack { .. } | Fact::Skipped { .. } => source.is(Role::Gateway),
        Fact::Listed { .. }
        | Fact::Corrected { .. }
        | Fact::Started(_)
        | Fact::Delayed { .. }
        | Fact::Delivered { .. }
        | Fact::Parked { .. }
        | Fact::Noticed { .. } => source.is(Role::Worker),
    }
}

/// Whether what `source` says counts: it is its to say, and a unit that confirms has the power.
pub fn counts(source: &Party, fact: &Fact, powers: &Powers) -> bool {
    let has_power = match fact {
        Fact::Confirmed(Violation { id, code, at, .. }) => powers.has(&id.unit, code, *at),
        _ => true,
    };
    has_power && may_say(source, fact)
}
