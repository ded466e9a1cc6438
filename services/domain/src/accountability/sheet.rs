//! A sheet as a fold over what was said about it. What does not fit its state changes nothing.
//!
//! A statement that comes after the silence was recorded is kept and marked late: as long as nothing
//! is decided, what a unit has to say is heard.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Duty, Fact, Opened, SheetId};
use crate::{evidence::Evidence, id::FormId, moment::Moment, party::Party};

/// How a sheet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The unit has its time to state its case.
    Stating,
    /// It was heard or was silent; somebody decides.
    Deciding,
    /// Something follows, and is to be published.
    Publishing,
    /// It is done.
    Closed,
}

impl Stage {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Stating => "stating",
            Stage::Deciding => "deciding",
            Stage::Publishing => "publishing",
            Stage::Closed => "closed",
        }
    }
}

/// What the unit has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its words.
    pub text: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// When.
    pub at: Moment,
    /// Whether its silence was recorded before.
    pub is_late: bool,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The form of the ladder; none: nothing follows.
    pub form: Option<FormId>,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub decided_by: Party,
    /// When.
    pub at: Moment,
}

/// One unit's sheet in one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Which.
    pub id: SheetId,
    /// With what it began.
    pub opened: Opened,
    /// When.
    pub opened_at: Moment,
    /// How it stands.
    pub stage: Stage,
    /// When the unit was heard, or its silence was recorded.
    #[serde(default)]
    pub heard_at: Option<Moment>,
    /// Whether its silence was recorded.
    #[serde(default)]
    pub is_silent: bool,
    /// What it has said.
    #[serde(default)]
    pub statement: Option<Statement>,
    /// What was decided.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// What the bulletin says.
    #[serde(default)]
    pub bulletin: Option<String>,
    /// Who was reminded of what, and whether the limit had passed.
    #[serde(default)]
    pub reminded: BTreeSet<(Duty, Moment, bool)>,
}

impl Sheet {
    /// A sheet begins with its opening; any other first fact begins nothing.
    pub fn begin(id: SheetId, fact: &Fact, at: Moment) -> Option<Sheet> {
        let Fact::Opened(opened) = fact else { return None };
        Some(Sheet {
            id,
            opened: opened.clone(),
            opened_at: at,
            stage: Stage::Stating,
            heard_at: None,
            is_silent: false,
            statement: None,
            decision: None,
            bulletin: None,
            reminded: BTreeSet::new(),
        })
    }

    /// The unit as a party.
    pub fn party(&self) -> Party {
        Party::unit(&self.id.unit)
    }

    /// Whether it may still say something.
    pub fn takes_statement(&self) -> bool {
        self.statement.is_none() && matches!(self.stage, Stage::Stating | Stage::Deciding)
    }

    /// Folds one fact; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        match fact {
            Fact::Reminded { duty, due, is_late, .. } if self.stage != Stage::Closed => {
                self.reminded.insert((*duty, *due, *is_late))
            }
            Fact::Stated { text, evidence } if self.takes_statement() => {
                let (text, evidence) = (text.clone(), evidence.clone());
                let is_late = self.is_silent;
                self.statement = Some(Statement { text, evidence, at, is_late });
                self.hear(at)
            }
            Fact::Silent { .. } if self.stage == Stage::Stating => {
                self.is_silent = true;
                self.hear(at)
            }
            Fact::Decided { form, reason, decided_by } if self.stage == Stage::Deciding => {
                let (form, reason, decided_by) = (form.clone(), reason.clone(), decided_by.clone());
                self.stage = if form.is_some() { Stage::Publishing } else { Stage::Closed };
                self.decision = Some(Decision { form, reason, decided_by, at });
                true
            }
            Fact::Published { text, .. } if self.stage == Stage::Publishing => {
                self.bulletin = Some(text.clone());
                self.stage = Stage::Closed;
                true
            }
            _ => false,
        }
    }

    fn hear(&mut self, at: Moment) -> bool {
        self.heard_at.get_or_insert(at);
        self.stage = Stage::Deciding;
        true
    }
}
