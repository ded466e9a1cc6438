//! What the gateway can be asked to do, as it comes from the interface: parsed, not yet judged.

use std::collections::BTreeMap;

use domain::{
    case::Rating,
    evidence::{Digest, Evidence},
    id::{CaseId, GridId, IssueTypeId, PersonId, RequestId, UnitId},
    moment::Moment,
    party::Party,
};

/// On whose word a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The party of the connection.
    pub party: Party,
    /// Its id of the request.
    pub request_id: RequestId,
    /// The person who acts, as the party says.
    pub person: PersonId,
    /// The trace that the call belongs to.
    pub trace: String,
}

/// Pieces of evidence, and which of them the store has, with their size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// As given.
    pub pieces: Vec<Evidence>,
    /// As held.
    pub held: BTreeMap<Digest, u64>,
}

/// Something to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// On whose word.
    pub by: By,
    /// What.
    pub ask: Ask,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To take a whistle.
    Raise(Raise),
    /// To decide about a case.
    Answer {
        /// The case.
        case_id: CaseId,
        /// The decision.
        word: Word,
    },
}

/// A whistle to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Where.
    pub grid: GridId,
    /// What was seen.
    pub description: String,
    /// What shows it.
    pub shown: Shown,
    /// Whom it calls; empty: all of the route.
    pub called_units: Vec<UnitId>,
    /// When it was seen; none: now.
    pub seen_at: Option<Moment>,
}

/// A decision about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Who leads.
    Assign {
        /// The lead.
        lead: UnitId,
        /// The other units to call; empty: those of the route.
        cooperating: Vec<UnitId>,
        /// Why.
        note: String,
    },
    /// It is settled.
    Confirm {
        /// One for each called unit.
        ratings: Vec<Rating>,
    },
    /// It is not.
    SendBack {
        /// Why.
        reason: String,
        /// What shows it.
        shown: Shown,
    },
}
