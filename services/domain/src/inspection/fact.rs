//! What is said about an object that was stopped, and whose word each thing is.
//!
//! A unit opens, settles and revokes in its own name, and keeps its own seizures; the gateway says
//! what the office decides. Whether a unit has the power, the fold judges.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    credit::ViolationId,
    evidence::Evidence,
    id::{
        CaseId, DecisionId, FactKey, IdError, InspectionId, ObjectId, OperationId, PersonId,
        UnitId, ViolationCode,
    },
    moment::Moment,
    party::{Party, Role},
};

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What sort; one that is in no table of the city is the office's to give to somebody.
    pub code: ViolationCode,
    /// What has happened, whoever has seen it: two who find one fact name it alike.
    pub fact: FactKey,
    /// When it happened.
    pub at: Moment,
    /// What was seen.
    pub text: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// A stop, as it is opened. Its findings are numbered from 1 in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number.
    pub id: InspectionId,
    /// By which unit.
    pub unit: UnitId,
    /// By whom.
    pub person: PersonId,
    /// The vehicle, where there is one.
    pub vehicle: Option<ObjectId>,
    /// Where.
    pub place: String,
    /// When.
    pub at: Moment,
    /// In which joint operation.
    pub operation: Option<OperationId>,
    /// What was found.
    pub findings: Vec<Found>,
}

/// How the owner settles a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is proven, and punished.
    Penalty {
        /// By which decision.
        decision: DecisionId,
        /// What sort of penalty: a fine, a licence that is withdrawn.
        kind: String,
        /// How much it takes, in fen; 0 where it is no fine.
        fen: u64,
    },
    /// It is proven, and the object is warned.
    Warning {
        /// By which decision.
        decision: DecisionId,
    },
    /// It is not proven.
    NotProven {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// The decision by which it is proven.
    pub fn decision(&self) -> Option<&DecisionId> {
        match self {
            Outcome::Penalty { decision, .. } | Outcome::Warning { decision } => Some(decision),
            Outcome::NotProven { .. } => None,
        }
    }
}

/// Which seizure: the number in the register of one unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SeizureId {
    /// Whose register.
    pub unit: UnitId,
    /// From 1, without a gap.
    pub number: u32,
}

impl fmt::Display for SeizureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.unit, self.number)
    }
}

impl FromStr for SeizureId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<SeizureId, IdError> {
        let (unit, number) = text.rsplit_once('/').ok_or(IdError::Empty)?;
        let number = number.parse().map_err(|_| IdError::Empty)?;
        Ok(SeizureId { unit: UnitId::parse(unit)?, number })
    }
}

impl TryFrom<String> for SeizureId {
    type Error = IdError;
    fn try_from(text: String) -> Result<SeizureId, IdError> {
        text.parse()
    }
}

impl From<SeizureId> for String {
    fn from(id: SeizureId) -> String {
        id.to_string()
    }
}

/// What a seizure belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A stop.
    Inspection(InspectionId),
    /// A case.
    Case(CaseId),
}

/// A vehicle that is seized (查扣).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seized {
    /// Its place in the register.
    pub id: SeizureId,
    /// By whom.
    pub person: PersonId,
    /// Which.
    pub vehicle: ObjectId,
    /// What sort of vehicle.
    pub kind: String,
    /// Where it is kept.
    pub place: String,
    /// When.
    pub at: Moment,
    /// Why.
    pub reason: String,
    /// What it belongs to.
    pub about: About,
}

/// What becomes of a seized vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It is given back.
    Released,
    /// It is disposed of by law.
    Disposed,
}

/// One thing that was said about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It was stopped, and this was found.
    Opened(Opened),
    /// The office names who answers for a finding that is nobody's.
    Assigned {
        /// The stop, for a unit that has not heard of it.
        opened: Opened,
        /// Which finding.
        finding: u32,
        /// Who.
        unit: UnitId,
        /// Who says so.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// The owner settles a finding.
    Settled {
        /// Of which stop.
        id: InspectionId,
        /// Which.
        finding: u32,
        /// The owner.
        unit: UnitId,
        /// Who.
        person: PersonId,
        /// How.
        outcome: Outcome,
    },
    /// The owner takes back what it has settled.
    Revoked {
        /// Of which stop.
        id: InspectionId,
        /// Which finding.
        finding: u32,
        /// The owner.
        unit: UnitId,
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// Of several penalties for one fact, the office says which one stands.
    Chosen {
        /// What has happened.
        fact: FactKey,
        /// The one that stands.
        stands: ViolationId,
        /// Those that do not, and never will.
        aside: Vec<ViolationId>,
        /// Who says so.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// A vehicle is seized.
    Seized(Seized),
    /// What becomes of it.
    Ended {
        /// Which seizure.
        id: SeizureId,
        /// What.
        end: End,
        /// Who says so.
        person: PersonId,
        /// Why.
        reason: String,
    },
}

impl Fact {
    /// The number of a stop that it opens.
    pub fn opens(&self) -> Option<&InspectionId> {
        match self {
            Fact::Opened(opened) | Fact::Assigned { opened, .. } => Some(&opened.id),
            _ => None,
        }
    }

    /// The place in a register that it takes.
    pub fn seizes(&self) -> Option<&SeizureId> {
        if let Fact::Seized(seized) = self { Some(&seized.id) } else { None }
    }
}

/// Whether `source` is the one that says such a thing.
pub fn may_say(source: &Party, fact: &Fact) -> bool {
    match fact {
        Fact::Opened(Opened { unit, .. })
        | Fact::Settled { unit, .. }
        | Fact::Revoked { unit, .. }
        | Fact::Seized(Seized { id: SeizureId { unit, .. }, .. })
        | Fact::Ended { id: SeizureId { unit, .. }, .. } => source.as_unit().as_ref() == Some(unit),
        Fact::Assigned { .. } | Fact::Chosen { .. } => source.is(Role::Gateway),
    }
}
