//! What the people of the storm will do: it follows from the seed and the case alone, so that the
//! same case is worked the same way however often anybody asks again.

use std::{collections::BTreeSet, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::Asked;

/// Who whistles, and where.
pub const COMMUNITY: &str = "community/kaihua_dongfeng";
/// The cell of the grid.
pub const GRID: &str = "WS-KH-001";
/// The matter.
pub const ISSUE_TYPE: &str = "street_vending";
/// Who coordinates and counts.
pub const OFFICE: &str = "office/leading_group_office";
/// Who leads.
pub const LEAD: &str = "enforcement";
/// The lead, and who cooperates.
pub const UNITS: [&str; 5] =
    [LEAD, "market_regulation", "environment", "transport", "public_security"];

/// The plan of a storm.
#[derive(Clone, Debug)]
pub struct Plan {
    seed: u64,
    /// How many cases.
    pub cases: u64,
    spread: u64,
    step: u64,
    /// Whether the bus loses its log.
    pub log_is_lost: bool,
}

impl Plan {
    /// The plan that was asked for.
    pub fn new(asked: &Asked) -> Plan {
        let Asked { seed, cases, spread, step, log_is_lost, .. } = asked.clone();
        Plan { seed, cases, spread, step, log_is_lost }
    }

    fn chance(&self, about: &str) -> u64 {
        let hash = Sha256::digest(format!("{}/{about}", self.seed));
        hash[..8].iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    /// When a whistle is blown, from the beginning.
    pub fn blown(&self, index: u64) -> Duration {
        Duration::from_millis(self.chance(&format!("blown/{index}")) % self.spread.max(1))
    }

    /// How long somebody takes for a step.
    pub fn pause(&self, about: &str) -> Duration {
        Duration::from_millis(self.chance(&format!("pause/{about}")) % self.step.max(1))
    }

    /// The lead, and some of those who cooperate.
    pub fn called(&self, index: u64) -> BTreeSet<&'static str> {
        let chance = self.chance(&format!("called/{index}"));
        let cooperating = UNITS[1..].iter().enumerate();
        let chosen = cooperating.filter(|(at, _)| chance >> at & 1 == 1).map(|(_, unit)| *unit);
        chosen.chain([LEAD]).collect()
    }

    /// In how many rounds a case is worked: some are sent back once.
    pub fn rounds(&self, index: u64) -> u32 {
        if self.chance(&format!("rounds/{index}")).is_multiple_of(4) { 2 } else { 1 }
    }

    /// Whether a unit refuses: some who cooperate do, in the first round.
    pub fn refuses(&self, index: u64, unit: &str, round: u32) -> bool {
        let chance = self.chance(&format!("refuses/{index}/{unit}"));
        unit != LEAD && round == 1 && chance.is_multiple_of(6)
    }
}

/// The words by which a whistle is known at the desks.
pub fn description(index: u64) -> String {
    format!("stalls before gate {index}")
}

/// The whistle that a description is of.
pub fn index(description: &str) -> Option<u64> {
    description.strip_prefix("stalls before gate ")?.parse().ok()
}
