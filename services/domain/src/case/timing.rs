//! What people decide about the clocks of a case: hold, resume, extension.
//!
//! The public clock runs from the whistle and is touched by none of these.

use serde::{Deserialize, Serialize};

use super::fact::Duty;
use crate::{
    id::UnitId,
    party::{Party, Role},
};

/// One decision about a unit's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// The unit's clock stands still.
    Held {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// Why.
        reason: String,
        /// Who decided.
        decided_by: Party,
    },
    /// It runs again.
    Resumed {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// Who decided.
        decided_by: Party,
    },
    /// The unit has more time for a duty.
    Extended {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// For what.
        duty: Duty,
        /// How much more.
        by_ms: u64,
        /// Why.
        reason: String,
        /// Who decided.
        decided_by: Party,
    },
}

impl Timing {
    /// Whether `source` is the one that says so.
    pub fn may_say(&self, source: &Party) -> bool {
        source.is(Role::Gateway)
    }

    /// The unit whose clock it is.
    pub fn unit(&self) -> &UnitId {
        match self {
            Timing::Held { unit, .. }
            | Timing::Resumed { unit, .. }
            | Timing::Extended { unit, .. } => unit,
        }
    }

    /// The round that it is about.
    pub fn round(&self) -> u32 {
        match self {
            Timing::Held { round, .. }
            | Timing::Resumed { round, .. }
            | Timing::Extended { round, .. } => *round,
        }
    }
}
