//! What is said when the community is not satisfied again and again, or complains (四个一律, M035):
//! the consultation of all units, and the finding without which a complaint can't be closed.

use serde::{Deserialize, Serialize};

use super::{
    course::{Course, Stage},
    fact::Rung,
    ground::Ground,
};
use crate::{
    evidence::Evidence,
    id::UnitId,
    moment::Moment,
    party::{Party, Role},
};

/// A consultation or a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// All units are called to consult (会商, M029).
    Consulted {
        /// The round.
        round: u32,
        /// The units.
        units: Vec<UnitId>,
        /// Why.
        reason: String,
    },
    /// A complaint was looked into to the end (追查到底).
    Found {
        /// The round.
        round: u32,
        /// Whether the complaint is right.
        is_upheld: bool,
        /// What was found.
        text: String,
        /// What shows it.
        evidence: Vec<Evidence>,
        /// Who says so.
        found_by: Party,
    },
    /// There are grounds on which a unit has to answer for the case (M034); its sheet is opened.
    Accounted {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// What is so.
        grounds: Vec<Ground>,
    },
}

impl Finding {
    /// Whether `source` is the one that says so.
    pub fn may_say(&self, source: &Party) -> bool {
        match self {
            Finding::Consulted { .. } | Finding::Accounted { .. } => source.is(Role::Worker),
            Finding::Found { .. } => source.is(Role::Gateway),
        }
    }

    /// The round that it is about.
    pub fn round(&self) -> u32 {
        match self {
            Finding::Consulted { round, .. }
            | Finding::Found { round, .. }
            | Finding::Accounted { round, .. } => *round,
        }
    }
}

impl Course {
    /// A unit for which another acts was not urged itself.
    pub(super) fn urge(&mut self, rung: &Rung, at: Moment) {
        let unit = rung.party.as_unit();
        let part = unit.as_ref().and_then(|unit| self.parts.get(unit));
        if self.urged.insert(rung.clone()) && part.is_some_and(|part| part.proxy.is_none()) {
            self.late.push((rung.clone(), at));
        }
    }

    pub(super) fn find(&mut self, finding: &Finding, at: Moment) {
        match finding {
            Finding::Consulted { round, .. } => self.consulted = *round,
            Finding::Accounted { unit, .. } => {
                self.accounted.insert(unit.clone());
            }
            Finding::Found { is_upheld, .. } => {
                self.found_at = Some(at);
                self.upheld_at = is_upheld.then_some(at);
                self.stage = Stage::Confirming;
                self.confirming_at = Some(at);
            }
        }
    }
}
