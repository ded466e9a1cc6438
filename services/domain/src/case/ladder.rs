//! What is said on the ladder (督办、直报): urging by hand, the notice to the first responsible
//! person, the community's right to report directly to the city government, what it answers, and
//! the withdrawal of a case that nobody needs any more. What it means is in [`super::direct`].

use serde::{Deserialize, Serialize};

use super::fact::Rung;
use crate::{
    evidence::Evidence,
    id::UnitId,
    moment::Moment,
    party::{Party, Role},
};

/// One step of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ladder {
    /// An office urges a party that owes (M010).
    Pressed {
        /// The round.
        round: u32,
        /// Who owes.
        party: Party,
        /// Which urging of the round it is, from 1: two with the same words are two.
        number: u32,
        /// What the office says.
        note: String,
        /// Which office.
        pressed_by: Party,
    },
    /// The first responsible person of the unit that owes was told (M036).
    Noticed {
        /// What is owed.
        rung: Rung,
        /// Who that is: the position that the pack has, never a name; may be empty.
        contact: String,
    },
    /// The community may report directly to the city government (M002).
    RightOpened {
        /// The round.
        round: u32,
        /// The unit that has not settled the matter.
        unit: UnitId,
        /// By when it should have.
        due: Moment,
    },
    /// The community has reported directly (M002).
    Reported {
        /// The round.
        round: u32,
        /// The units that it reports.
        against: Vec<UnitId>,
        /// Why.
        reason: String,
        /// What shows it.
        evidence: Vec<Evidence>,
        /// Who reports.
        reported_by: Party,
        /// Who owes the answer.
        to: Party,
        /// Whether the units that it reports had done their parts when it came.
        is_answered_before: bool,
    },
    /// The city government instructs (批示): a task that binds, and begins a round.
    Instructed {
        /// The round that this begins.
        round: u32,
        /// The unit that must act; it cannot refuse.
        lead: UnitId,
        /// The other units that are called.
        cooperating: Vec<UnitId>,
        /// The new limit, from when the bus has the call.
        within_ms: u64,
        /// What is to be done.
        text: String,
        /// Who instructs.
        instructed_by: Party,
    },
    /// The case is withdrawn before anybody has reported directly; it counts as nothing.
    Withdrawn {
        /// The round.
        round: u32,
        /// Why.
        reason: String,
        /// Who withdraws: the community that whistled, or its subdistrict.
        withdrawn_by: Party,
    },
}

impl Ladder {
    /// Whether `source` is the one that says so.
    pub fn may_say(&self, source: &Party) -> bool {
        match self {
            Ladder::Noticed { .. } | Ladder::RightOpened { .. } => source.is(Role::Worker),
            Ladder::Pressed { .. }
            | Ladder::Reported { .. }
            | Ladder::Instructed { .. }
            | Ladder::Withdrawn { .. } => source.is(Role::Gateway),
        }
    }

    /// The round that it is about.
    pub fn round(&self) -> u32 {
        match self {
            Ladder::Noticed { rung, .. } => rung.round,
            Ladder::Pressed { round, .. }
            | Ladder::RightOpened { round, .. }
            | Ladder::Reported { round, .. }
            | Ladder::Instructed { round, .. }
            | Ladder::Withdrawn { round, .. } => *round,
        }
    }
}
