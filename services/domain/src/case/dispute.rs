//! What is said while it is in dispute whose matter it is (推诿、职能交叉, M022): transfer, another
//! kind of matter, opinions and silence, the ruling, the joint conference, and the severity that
//! may rise meanwhile.

use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::{GridId, IssueTypeId, UnitId},
    party::{Party, Role},
};

/// How bad it is (M039).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As usual.
    #[default]
    Normal,
    /// It must go faster.
    Serious,
    /// People are in danger: fire and emergency are called at once.
    Emergency,
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Severity; 3] = [Severity::Normal, Severity::Serious, Severity::Emergency];

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Normal => "normal",
            Severity::Serious => "serious",
            Severity::Emergency => "emergency",
        }
    }
}

/// Who has ruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The leading group's office (领导小组办公室, M028).
    Office,
    /// The city government, where the office's own department is a party.
    Government,
    /// The joint conference (联席会议, M027).
    Conference,
}

impl Body {
    /// Whether there is a body above it that can be called on; the conference is the last.
    pub fn may_be_contested(self) -> bool {
        self != Body::Conference
    }

    /// The word in sentences.
    pub fn word(self) -> &'static str {
        match self {
            Body::Office => "the office",
            Body::Government => "the city government",
            Body::Conference => "the joint conference",
        }
    }
}

/// One step of a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispute {
    /// The case goes to the unit that the refusing lead has named; begins a round.
    Transferred {
        /// The round that this begins.
        round: u32,
        /// Who refused.
        from: UnitId,
        /// Who leads now.
        to: UnitId,
        /// The other units that are called.
        cooperating: Vec<UnitId>,
        /// Why.
        reason: String,
    },
    /// It is in dispute whose matter it is.
    Opened {
        /// The round.
        round: u32,
        /// The units that are asked for an opinion.
        units: Vec<UnitId>,
        /// Why.
        reason: String,
        /// Who rules, and owns the case until then.
        owner: Party,
        /// The time for an opinion, from when the bus has this.
        within_ms: u64,
    },
    /// A unit says whose matter it is.
    Opinion {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// What it says.
        text: String,
        /// Whom it holds responsible.
        named_unit: Option<UnitId>,
    },
    /// A unit that was asked has said nothing in time.
    Silent {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
    },
    /// It is decided; binds, and begins a round.
    Ruled {
        /// The round that this begins.
        round: u32,
        /// Who leads.
        lead: UnitId,
        /// The other units that are called.
        cooperating: Vec<UnitId>,
        /// Why.
        reason: String,
        /// Which body.
        body: Body,
        /// Who says so.
        ruled_by: Party,
    },
    /// The unit that a ruling has named contests it, once.
    Contested {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// Why.
        reason: String,
    },
    /// The case is on the agenda of the joint conference.
    Convened {
        /// The round.
        round: u32,
        /// The question.
        agenda: String,
        /// Who enters what the conference rules, and owns the case until then.
        owner: Party,
    },
    /// The lead says that it is another kind of matter, or lies over the border; the first is kept.
    Retyped {
        /// The round that ends with this.
        round: u32,
        /// The lead.
        unit: UnitId,
        /// The kind that it is.
        issue_type: IssueTypeId,
        /// The cell where it is; none: where it was said to be.
        grid: Option<GridId>,
        /// Why.
        reason: String,
    },
    /// It is worse than it was.
    Raised {
        /// How bad it is now.
        severity: Severity,
        /// What has happened.
        reason: String,
        /// What shows it.
        evidence: Vec<Evidence>,
        /// Who says so.
        raised_by: Party,
    },
}

impl Dispute {
    /// Whether `source` is the one that says so.
    pub fn may_say(&self, source: &Party) -> bool {
        match self {
            Dispute::Transferred { .. }
            | Dispute::Opened { .. }
            | Dispute::Silent { .. }
            | Dispute::Convened { .. } => source.is(Role::Worker),
            Dispute::Ruled { .. } => source.is(Role::Gateway),
            Dispute::Opinion { unit, .. }
            | Dispute::Contested { unit, .. }
            | Dispute::Retyped { unit, .. } => source.as_unit().as_ref() == Some(unit),
            Dispute::Raised { raised_by, .. } => source.is(Role::Gateway) || source == raised_by,
        }
    }
}
