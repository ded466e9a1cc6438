//! A case as the ledger keeps it: its course and what decisions about it need.
//!
//! Small on purpose: the words and the evidence of the whistle stay in the journal, at a known place.
//! It is a fold over what was told, and over nothing else, so that a state of the past can be made
//! again for whoever watches from there.

use std::collections::BTreeSet;

use domain::{
    case::{Course, Fact, Stage},
    id::{CaseId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    party::{Kind, Party},
};
use serde::{Deserialize, Serialize};

use crate::told::{Spot, Told};

/// A case without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Its number.
    pub id: CaseId,
    /// The course it takes, as the bus's record has it.
    pub course: Course,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Where.
    pub grid: GridId,
    /// Whom the whistle called; empty: all of the route.
    pub called_units: Vec<UnitId>,
    /// When it was seen: the date by which it is routed.
    pub seen_at: Moment,
    /// When the whistle was blown: the public clock, whatever the bus did then.
    pub blown_at: Moment,
    /// Whether the whistle has come back from the bus.
    pub is_on_bus: bool,
    /// The trace of the case.
    pub trace: Option<String>,
    /// The units that were called or that owned it in any round: who may see it.
    pub units: BTreeSet<UnitId>,
    /// Where the whistle is.
    pub(crate) whistle: Spot,
}

impl Matter {
    /// Folds what was told into what was there; none while no whistle has begun the case.
    pub(crate) fn fold(before: Option<Matter>, told: &Told, spot: Spot) -> Option<Matter> {
        let Some(mut matter) = before else { return Matter::begin(told, spot) };
        match &told.fact {
            Fact::Whistled(_) if matter.is_provisional() && told.accepted_at.is_some() => {
                return Matter::begin(told, spot);
            }
            Fact::Whistled(_) => matter.is_on_bus |= told.accepted_at.is_some(),
            fact => matter.course.apply(fact, told.at()),
        }
        matter.note(&told.fact);
        Some(matter)
    }

    fn begin(told: &Told, spot: Spot) -> Option<Matter> {
        let Fact::Whistled(whistle) = &told.fact else { return None };
        Some(Matter {
            id: told.case_id.clone(),
            course: Course::begin(whistle.community.clone(), told.at()),
            issue_type: whistle.issue_type.clone(),
            grid: whistle.grid.clone(),
            called_units: whistle.called_units.clone(),
            seen_at: whistle.seen_at,
            blown_at: told.envelope.time,
            is_on_bus: told.accepted_at.is_some(),
            trace: told.envelope.traceparent.clone(),
            units: BTreeSet::new(),
            whistle: spot,
        })
    }

    /// Only the gateway knows of it, and nothing was said but the whistle.
    fn is_provisional(&self) -> bool {
        !self.is_on_bus && self.course.stage == Stage::Raised
    }

    fn note(&mut self, fact: &Fact) {
        if let Fact::Called(called) = fact {
            self.units.insert(called.unit.clone());
        }
        self.units.extend(self.course.owner.as_unit());
    }

    /// Whether it is this party's own: the community that whistled, a unit that was called.
    pub(crate) fn concerns(&self, party: &Party) -> bool {
        match party.kind {
            Kind::Community => party.id == self.course.community.as_str(),
            Kind::Unit => party.as_unit().is_some_and(|unit| self.units.contains(&unit)),
            Kind::Office | Kind::Admin | Kind::Service => false,
        }
    }

    /// Those whom it concerns.
    pub(crate) fn parties(&self) -> impl Iterator<Item = Party> {
        let units = self.units.iter().map(Party::unit);
        std::iter::once(self.course.community_party()).chain(units)
    }
}
