//! What is said about a decision, and by whom.

use serde::{Deserialize, Serialize};

use super::{Duty, Extract};
use crate::{
    evidence::Evidence,
    id::{ActionId, DecisionId, DecisionKindId, GridId, IssueTypeId, PersonId, UnitId},
    moment::Moment,
    pack::Limit,
    party::{Party, Role},
};

/// Who says or does something: every word has its person and its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The unit.
    pub unit: UnitId,
    /// The person.
    pub person: PersonId,
}

/// One version of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The facts.
    pub text: String,
    /// The evidence, by its hashes.
    pub evidence: Vec<Evidence>,
}

/// What a handler drafts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The handler.
    pub by: By,
    /// What sort of decision.
    pub kind: DecisionKindId,
    /// What it is about: a case, or an inspection and its finding; as the unit names it.
    pub about: Option<String>,
    /// The kind of matter: its limits hold.
    pub issue_type: IssueTypeId,
    /// The place.
    pub grid: GridId,
    /// Whom it is against, the responsible person; never published.
    pub object: String,
    /// The nature of the matter; empty where the kind does not ask for it.
    pub nature: String,
    /// The area, in square metres; 0 where the kind does not ask for it.
    pub area_m2: u32,
    /// The file as it is first.
    pub file: File,
    /// The fine, in yuan; 0: none.
    pub amount: u64,
    /// Who carries it out beside the unit.
    pub joint: Vec<UnitId>,
    /// The warning that came before.
    pub follows: Option<DecisionId>,
}

/// An action by which a decision is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Which.
    pub action: ActionId,
    /// Whether it needs a recording (全过程记录).
    pub is_recorded: bool,
}

/// The gates of one decision, as the pack had them when it was drafted: a later pack changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether it is major (重大执法决定).
    pub is_major: bool,
    /// Who reviews a major one.
    pub reviewer: Option<UnitId>,
    /// How long the review may take, on its own clock.
    pub review: Limit,
    /// How long criminal justice has to answer.
    pub criminal: Limit,
    /// How long the unit has to answer a supervisor.
    pub supervision: Limit,
    /// What has to be done, each at least once.
    pub actions: Vec<Rule>,
    /// Who carries it out beside the unit.
    pub joint: Vec<UnitId>,
    /// Who alone says that a fine is paid; none where there is no fine.
    pub finance: Option<UnitId>,
    /// To whom a suspected crime goes.
    pub justice: UnitId,
    /// Who comes against violence.
    pub police: UnitId,
    /// Who is told of silence.
    pub office: Party,
    /// The Chinese name of the kind.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// Its legal basis, as the pack words it.
    pub basis: String,
}

/// A draft and its gates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classed {
    /// The draft.
    pub draft: Draft,
    /// The gates.
    pub terms: Terms,
}

/// What the reviewer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be issued.
    Approve,
    /// Something is missing: the file goes back to the handler.
    Return,
    /// It can never be issued.
    Reject,
}

/// Where an action was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The number of the video log.
    pub reference: String,
    /// The recording by its hash, where it is kept here.
    pub evidence: Option<Evidence>,
}

/// What criminal justice answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It has the file.
    Receipt,
    /// It sends the file back.
    Return {
        /// Why.
        reason: String,
    },
    /// It takes the case.
    Accept,
    /// What came of the case.
    Outcome {
        /// What.
        text: String,
        /// Whether the administrative decision goes on.
        goes_on: bool,
    },
}

/// One thing that was said about a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are what their names say; the variants are documented")]
pub enum Fact {
    /// A handler drafts it.
    Drafted(Draft),
    /// What it is by the pack, and which gates it has to pass.
    Classed(Box<Classed>),
    /// The pack has no such decision.
    Voided { reason: String },
    /// The handler sends the file again, with more.
    Supplemented { by: By, file: File },
    /// The reviewer speaks.
    Reviewed { by: By, verdict: Verdict, reason: String },
    /// The unit issues it.
    Issued { by: By },
    /// An extract is published.
    Published(Extract),
    /// An action was done.
    Acted { by: By, action: ActionId, recording: Option<Recording> },
    /// It goes to criminal justice, again perhaps.
    Transferred { by: By, classed: Box<Classed>, file: File, reason: String },
    /// Criminal justice answers about a version of the file, from 1.
    Answered { by: By, version: u32, answer: Answer },
    /// Officers are obstructed, and the police are called.
    Obstructed { by: By, classed: Box<Classed>, text: String },
    /// The police have the call, or it is settled.
    Assisted { by: By, number: u32, is_settled: bool, text: String },
    /// Something was paid, in yuan.
    Paid { by: By, amount: u64, reference: String },
    /// A supervisor speaks.
    Supervised { number: u32, by: Party, person: PersonId, text: String },
    /// The unit answers it.
    Replied { by: By, number: u32, text: String },
    /// It is closed.
    Closed { by: By },
    /// The handler takes it back before it is issued.
    Withdrawn { by: By, reason: String },
    /// Who owes a word was reminded, or urged after the limit.
    Reminded { duty: Duty, unit: UnitId, due: Moment, is_late: bool },
    /// The office is told who is silent long after the limit.
    Escalated { duty: Duty, unit: UnitId, due: Moment },
}

impl Fact {
    /// Whose word it is, when it is a unit's.
    pub fn by(&self) -> Option<&By> {
        match self {
            Fact::Drafted(draft) => Some(&draft.by),
            Fact::Supplemented { by, .. }
            | Fact::Reviewed { by, .. }
            | Fact::Issued { by }
            | Fact::Acted { by, .. }
            | Fact::Transferred { by, .. }
            | Fact::Answered { by, .. }
            | Fact::Obstructed { by, .. }
            | Fact::Assisted { by, .. }
            | Fact::Paid { by, .. }
            | Fact::Replied { by, .. }
            | Fact::Closed { by }
            | Fact::Withdrawn { by, .. } => Some(by),
            Fact::Classed(_)
            | Fact::Voided { .. }
            | Fact::Published(_)
            | Fact::Supervised { .. }
            | Fact::Reminded { .. }
            | Fact::Escalated { .. } => None,
        }
    }
}

/// Whether `source`, on the word of `actor`, is the one that says such a thing.
pub fn may_say(source: &Party, actor: Option<&PersonId>, fact: &Fact) -> bool {
    match (fact, fact.by()) {
        (_, Some(by)) => source.as_unit().as_ref() == Some(&by.unit) && actor == Some(&by.person),
        (Fact::Supervised { person, .. }, None) => {
            source.is(Role::Gateway) && actor == Some(person)
        }
        (_, None) => source.is(Role::Worker),
    }
}
