//! Where a case stands.

use serde::{Deserialize, Serialize};

/// Where a case stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The whistle is taken; the route is not decided yet.
    #[default]
    Raised,
    /// Somebody has to name the lead.
    Assigning,
    /// It is in dispute whose matter it is; somebody has to rule.
    Disputed,
    /// Units are called and have not all answered.
    Called,
    /// Units are at work.
    Working,
    /// Somebody has to find whether a complaint is right.
    Finding,
    /// The community has the word.
    Confirming,
    /// Closed.
    Closed,
}

impl Stage {
    /// Every stage, in the order in which a plain case goes through them.
    pub const ALL: [Stage; 8] = [
        Stage::Raised,
        Stage::Assigning,
        Stage::Disputed,
        Stage::Called,
        Stage::Working,
        Stage::Finding,
        Stage::Confirming,
        Stage::Closed,
    ];

    /// The word in search attributes and tables.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Raised => "raised",
            Stage::Assigning => "assigning",
            Stage::Disputed => "disputed",
            Stage::Called => "called",
            Stage::Working => "working",
            Stage::Finding => "finding",
            Stage::Confirming => "confirming",
            Stage::Closed => "closed",
        }
    }
}
