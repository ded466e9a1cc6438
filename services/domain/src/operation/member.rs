//! One unit in an operation: what it is asked for, what it has said, how its undo stands.

use serde::{Deserialize, Serialize};

use super::{Crew, Need};
use crate::{id::UnitId, moment::Moment, party::Party};

/// What a unit has said last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Nothing.
    #[default]
    None,
    /// It comes.
    Confirmed {
        /// With whom and what.
        crew: Crew,
    },
    /// It does not.
    Declined {
        /// Why.
        reason: String,
        /// Who could come in its place.
        substitute: Option<UnitId>,
    },
}

/// How a unit stood that had not answered at the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// The invitation had not reached it: that is nobody's fault.
    NotReached,
    /// It had the invitation.
    Late,
}

/// How a unit's undo stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Not asked for.
    #[default]
    None,
    /// On its way.
    Asked,
    /// It is in the unit's journal.
    Done,
    /// An operator has settled it.
    Settled {
        /// Who.
        by: Party,
        /// Why.
        reason: String,
    },
}

impl Release {
    /// Whether nothing more is to be done for it.
    pub fn is_over(&self) -> bool {
        matches!(self, Release::Done | Release::Settled { .. })
    }
}

/// One unit in an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What it is asked to bring.
    pub need: Need,
    /// In whose place.
    #[serde(default)]
    pub in_place_of: Option<UnitId>,
    /// Whether its undo is registered.
    #[serde(default)]
    pub is_registered: bool,
    /// Whether it was called.
    #[serde(default)]
    pub is_invited: bool,
    /// What it has said last.
    #[serde(default)]
    pub answer: Answer,
    /// How it stood at the limit, when it had not answered.
    #[serde(default)]
    pub missed: Option<Missed>,
    /// Whether it was briefed.
    #[serde(default)]
    pub is_briefed: bool,
    /// Whether it has read the briefing.
    #[serde(default)]
    pub has_read: bool,
    /// When its team was there, by its own word.
    #[serde(default)]
    pub checked_in: Option<Moment>,
    /// How its undo stands.
    #[serde(default)]
    pub release: Release,
}

impl Member {
    pub(super) fn new(need: Need, in_place_of: Option<UnitId>) -> Member {
        Member {
            need,
            in_place_of,
            is_registered: false,
            is_invited: false,
            answer: Answer::None,
            missed: None,
            is_briefed: false,
            has_read: false,
            checked_in: None,
            release: Release::None,
        }
    }

    /// Whether it comes.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.answer, Answer::Confirmed { .. })
    }
}
