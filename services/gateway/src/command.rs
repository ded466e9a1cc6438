//! What the gateway can be asked to do, as it comes from the interface: parsed, not yet judged.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    accountability::SheetId,
    case::{Complaint, Intake, Rating, Severity, TeamMember},
    evidence::{Digest, Evidence},
    id::{CaseId, EnvelopeId, FormId, GridId, IssueTypeId, ObjectId, PersonId, RequestId, UnitId},
    moment::Moment,
    party::Party,
};

use crate::{
    approvals::Plea, clock::Order, credit::Mind, decisions::Supervision, inspections::Verdict,
    operations::Lead, registry::Wish,
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
    /// To say something on the ladder.
    Climb {
        /// The case.
        case_id: CaseId,
        /// What.
        climb: Climb,
    },
    /// To say something that moves no case.
    Local {
        /// The case.
        case_id: CaseId,
        /// What.
        word: LocalWord,
    },
    /// To end a case as being about the matter of another one.
    Merge(Merge),
    /// To say that a case is worse than it was.
    Worsen(Worse),
    /// To decide about a unit's clock, by the limits of a profile.
    Clock {
        /// The decision.
        order: Order,
        /// The profile.
        profile: Arc<str>,
    },
    /// To say that a case is about another matter than one that was proposed.
    TellApart {
        /// The case.
        case_id: CaseId,
        /// The one that was proposed.
        other: CaseId,
        /// Why.
        note: String,
    },
    /// Something of the registry of rights and duties.
    Registry(Wish),
    /// To decide what follows for a unit that has to answer.
    Judge(Judgement),
    /// Something about joint approvals.
    Approval(Plea),
    /// To supervise an enforcement decision.
    Supervise(Supervision),
    /// To decide about findings where no unit can.
    Find(Verdict),
    /// Something about joint operations.
    Operate(Lead),
    /// To decide about an object's credit, or what goes outside about it.
    Mind(Minding),
}

/// What a person decides about an object's credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minding {
    /// Whose.
    pub object: ObjectId,
    /// What.
    pub mind: Mind,
    /// Why.
    pub reason: String,
}

/// What follows for a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its sheet.
    pub sheet: SheetId,
    /// A form of the city's ladder; none: nothing follows.
    pub form: Option<FormId>,
    /// Why.
    pub reason: String,
}

/// What is said on the ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalWord {
    /// It goes to the next level of the patrol.
    Lift {
        /// Why.
        reason: String,
    },
    /// These people are its special team.
    Team {
        /// Its members.
        members: Vec<TeamMember>,
        /// Why.
        note: String,
    },
}

/// A case that is worse than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worse {
    /// The case.
    pub case_id: CaseId,
    /// How bad it is.
    pub severity: Severity,
    /// What has happened.
    pub reason: String,
    /// What shows it.
    pub shown: Shown,
}

/// Two cases that are one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The case that ends.
    pub case_id: CaseId,
    /// The case that goes on.
    pub same_as: CaseId,
    /// Why.
    pub note: String,
    /// What the reports of the case that ends say, by the envelopes that say it.
    pub words: BTreeMap<EnvelopeId, Words>,
}

/// What a report says: it is in the journal, which decisions don't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What was seen.
    pub description: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// When it was seen.
    pub seen_at: Moment,
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
    /// How it comes in.
    pub intake: Intake,
    /// The open case whose matter it is, as the caller says.
    pub same_as: Option<CaseId>,
    /// Cases whose matter it is not, as the caller says.
    pub different_from: Vec<CaseId>,
    /// How bad it is.
    pub severity: Severity,
    /// What it complains about.
    pub complaint: Option<Complaint>,
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
    /// Whose matter it is.
    Rule {
        /// The lead.
        lead: UnitId,
        /// The other units to call; empty: those of the round who have not refused.
        cooperating: Vec<UnitId>,
        /// Why.
        reason: String,
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
    /// Whether a complaint is right.
    Find {
        /// Whether it is.
        is_upheld: bool,
        /// What was found.
        text: String,
        /// What shows it.
        shown: Shown,
    },
}

/// What people say on the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Climb {
    /// Somebody who is late is urged.
    Urge {
        /// Who.
        party: Party,
        /// What is said to it.
        note: String,
    },
    /// The community reports directly to the city government.
    Report {
        /// Why.
        reason: String,
        /// What shows it.
        shown: Shown,
    },
    /// The case is withdrawn.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// The city government answers.
    Instruct {
        /// The unit that must act.
        lead: UnitId,
        /// The other units that must.
        cooperating: Vec<UnitId>,
        /// The time to have it done, from the call.
        within_ms: u64,
        /// What is to be done.
        text: String,
    },
}
