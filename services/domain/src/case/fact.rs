//! What can be said about a case. Each fact is one envelope on the bus.

use serde::{Deserialize, Serialize};

use super::{
    complaint::Complaint,
    dispute::{Body, Dispute, Severity},
    finding::Finding,
    ladder::Ladder,
    local::Local,
    proxy::Proxied,
    report::{Intake, Report},
    timing::Timing,
};
use crate::{
    evidence::Evidence,
    id::{CaseId, CommunityId, GridId, IssueTypeId, PersonId, UnitId},
    moment::Moment,
    party::Party,
};

/// What a community saw and whom it calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whistle {
    /// Who whistled.
    pub community: CommunityId,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Where.
    pub grid: GridId,
    /// What was seen.
    pub description: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// Whom it calls; empty: all of the route.
    pub called_units: Vec<UnitId>,
    /// When it was seen.
    pub seen_at: Moment,
    /// How it came in.
    #[serde(default)]
    pub intake: Intake,
    /// The open cases that may be about the same matter, as they stood then.
    #[serde(default)]
    pub proposed: Vec<CaseId>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// What it complains about, where it is a complaint.
    #[serde(default)]
    pub complaint: Option<Complaint>,
}

/// How the community judges one unit's work (M003).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// The unit.
    pub unit: UnitId,
    /// 1 to 5.
    pub stars: u8,
    /// In its own words.
    pub comment: String,
}

/// What somebody may owe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// To name the lead.
    Assign,
    /// To accept or refuse.
    Accept,
    /// To arrive.
    Arrive,
    /// To dispose.
    Dispose,
    /// To declare the matter disposed.
    Declare,
    /// To confirm or send back.
    Confirm,
    /// To answer a direct report.
    Answer,
    /// To say whose matter it is.
    Opine,
    /// To rule whose matter it is.
    Rule,
    /// To find whether a complaint is right.
    Find,
}

impl Duty {
    /// Every duty.
    pub const ALL: [Duty; 10] = [
        Duty::Assign,
        Duty::Accept,
        Duty::Arrive,
        Duty::Dispose,
        Duty::Declare,
        Duty::Confirm,
        Duty::Answer,
        Duty::Opine,
        Duty::Rule,
        Duty::Find,
    ];

    /// The word in ids and tables.
    pub fn word(self) -> &'static str {
        match self {
            Duty::Assign => "assign",
            Duty::Accept => "accept",
            Duty::Arrive => "arrive",
            Duty::Dispose => "dispose",
            Duty::Declare => "declare",
            Duty::Confirm => "confirm",
            Duty::Answer => "answer",
            Duty::Opine => "opine",
            Duty::Rule => "rule",
            Duty::Find => "find",
        }
    }
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The community confirmed.
    Confirmed,
    /// The community never answered; this is not satisfaction.
    Unconfirmed,
    /// It was about the matter of another case, which goes on (并案).
    Merged,
    /// Who whistled, or its subdistrict, has withdrawn it.
    Withdrawn,
}

/// Who is called in a round, and who owns the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// The round, from 1.
    pub round: u32,
    /// The lead; none while somebody has to assign it.
    pub lead: Option<UnitId>,
    /// The leads that the registry names.
    pub candidates: Vec<UnitId>,
    /// The cooperating units that are called.
    pub cooperating: Vec<UnitId>,
    /// The territory that is responsible.
    pub responsible: Vec<UnitId>,
    /// Who owns the case now.
    pub owner: Party,
    /// The row and the document behind it.
    pub basis: String,
}

/// One rung of the ladder: who was told of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rung {
    /// The round.
    pub round: u32,
    /// Who owes.
    pub party: Party,
    /// What is owed.
    pub duty: Duty,
    /// By when.
    pub due: Moment,
}

/// One thing that was said about a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A community blew the whistle.
    Whistled(Whistle),
    /// The route was decided.
    Routed(Routed),
    /// Somebody named the lead, which begins a round.
    Assigned {
        /// The round that this begins.
        round: u32,
        /// The lead.
        lead: UnitId,
        /// The other units that are called.
        cooperating: Vec<UnitId>,
        /// Who decided.
        assigned_by: Party,
        /// Why.
        note: String,
    },
    /// A unit is called.
    Called(Called),
    /// A unit reported for duty.
    Accepted {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
    },
    /// A unit refused.
    Refused {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// Why.
        reason: String,
        /// The unit that it holds responsible.
        named_unit: Option<UnitId>,
    },
    /// A unit is on site.
    Arrived {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
    },
    /// A unit has done its part.
    Disposed {
        /// The round.
        round: u32,
        /// The unit.
        unit: UnitId,
        /// What was done.
        summary: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// The lead declares the matter disposed.
    Declared {
        /// The round.
        round: u32,
        /// The lead.
        unit: UnitId,
        /// What was done in all.
        summary: String,
    },
    /// The community confirms and rates.
    Confirmed {
        /// The round.
        round: u32,
        /// One for each called unit.
        ratings: Vec<Rating>,
    },
    /// The community is not satisfied.
    SentBack {
        /// The round that ends with this.
        round: u32,
        /// Why.
        reason: String,
        /// What shows it.
        evidence: Vec<Evidence>,
    },
    /// Somebody was reminded.
    Reminded(Rung),
    /// Somebody was urged (督办).
    Urged(Rung),
    /// The matter was reported again.
    ReportedAgain(Report),
    /// A person says that the case is about the matter of another one, which goes on (并案).
    Merged {
        /// That other case.
        into: CaseId,
        /// Who says so.
        confirmed_by: Party,
        /// Why.
        note: String,
    },
    /// A person says that the case is about another matter than a case that was proposed.
    ToldApart {
        /// That other case.
        other: CaseId,
        /// Who says so.
        said_by: Party,
        /// Why.
        note: String,
    },
    /// A person hands an open case over to who answers for it now (M037); begins a round.
    HandedOver {
        /// The round that this begins.
        round: u32,
        /// Who leads now.
        lead: UnitId,
        /// The other units that are called.
        cooperating: Vec<UnitId>,
        /// The amendment and the document behind it.
        basis: String,
        /// Who decided.
        decided_by: Party,
    },
    /// A step of the ladder.
    Ladder(Ladder),
    /// A step of a dispute.
    Dispute(Dispute),
    /// A decision about a clock.
    Timing(Timing),
    /// A consultation or a finding.
    Finding(Finding),
    /// Something that is said on the ground: it moves nothing.
    Local(Local),
    /// The lead has acted for a unit that has no client.
    Proxied(Proxied),
    /// The case is closed.
    Closed {
        /// The last round.
        round: u32,
        /// How it ended.
        outcome: Outcome,
    },
}

/// A call as it goes to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The round.
    pub round: u32,
    /// The unit.
    pub unit: UnitId,
    /// Whether it leads.
    pub is_lead: bool,
    /// The lead.
    pub lead: UnitId,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Where.
    pub grid: GridId,
    /// What was seen.
    pub description: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// The time to accept, from when the bus has the call.
    pub accept_within_ms: u64,
    /// The time to arrive, from acceptance.
    pub arrive_within_ms: u64,
    /// The time to dispose, from arrival.
    pub dispose_within_ms: u64,
    /// The duties whose time is working time; that of the others is around the clock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub working: Vec<Duty>,
    /// Whether the unit has no client, so that the lead acts in its place.
    #[serde(default)]
    pub by_proxy: bool,
    /// Who whistled.
    pub community: CommunityId,
    /// Whom the unit names for that community: the first addressee (M007).
    #[serde(default)]
    pub liaison: Option<PersonId>,
    /// The city government's instruction (批示), with which the call can't be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<Instruction>,
    /// The body whose ruling binds the unit: it leads, and can't refuse.
    #[serde(default)]
    pub bound_by: Option<Body>,
    /// Whether it is called because people are in danger, beside whatever runs.
    #[serde(default)]
    pub is_emergency: bool,
}

/// What the city government wants done, as it goes to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// What is to be done.
    pub text: String,
    /// The time to have done it, from when the bus has the call; 0 where its round is over and the
    /// ordinary limits hold again.
    #[serde(default)]
    pub within_ms: u64,
}
