//! What was found of one object, as a fold over what was said. What does not fit changes nothing.
//!
//! Everything about one object stands together, since one fact is fined once in whichever stop it
//! was found. The order of the record decides which of two penalties came first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{End, FINDINGS_MAX, Fact, Found, Opened, Outcome, Seized, SeizureId, split};
use crate::{
    credit::ViolationId,
    id::{DecisionId, FactKey, InspectionId, ObjectId, PersonId, UnitId},
    moment::Moment,
    pack::Powers,
};

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It is nobody's: the office must name a unit.
    Office,
    /// Its owner has not settled it.
    Pending,
    /// It is punished a second time for one fact: without effect, until the office decides.
    Double,
    /// It is punished.
    Penalized,
    /// The object is warned.
    Warned,
    /// It is not proven.
    NotProven,
    /// What was settled is taken back.
    Revoked,
    /// The office has said that another penalty for the same fact stands.
    SetAside,
}

impl Standing {
    /// Whether nobody owes anything about it.
    pub fn is_closed(self) -> bool {
        !matches!(self, Standing::Office | Standing::Pending | Standing::Double)
    }
}

/// What the owner has said of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// How.
    pub outcome: Outcome,
    /// Who.
    pub person: PersonId,
    /// When that was in the record.
    pub at: Moment,
    /// The how manieth settlement about the object it is.
    pub order: u32,
    /// When it was taken back, and why.
    pub revoked: Option<(Moment, String)>,
    /// Why another penalty for the same fact stands.
    pub aside: Option<String>,
}

/// A finding as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// As it was found.
    pub found: Found,
    /// Who answers for it; none: the office must say.
    pub owner: Option<UnitId>,
    /// Why the office has named the owner.
    pub assigned: Option<String>,
    /// What the owner has said.
    pub settled: Option<Settled>,
}

impl Finding {
    /// The decision by which it is proven.
    pub fn decision(&self) -> Option<ViolationId> {
        let decision = self.settled.as_ref()?.outcome.decision()?.clone();
        Some(ViolationId { unit: self.owner.clone()?, decision })
    }

    /// What was settled, where it is a penalty that is neither taken back nor set aside.
    fn penalty(&self) -> Option<&Settled> {
        self.settled.as_ref().filter(|settled| {
            let is_penalty = matches!(settled.outcome, Outcome::Penalty { .. });
            is_penalty && settled.revoked.is_none() && settled.aside.is_none()
        })
    }
}

/// A stop as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// As it was opened.
    pub opened: Opened,
    /// When that was in the record.
    pub opened_at: Moment,
    /// Its findings by number, from 1.
    pub findings: BTreeMap<u32, Finding>,
    /// When nobody owed anything about it any more.
    pub closed_at: Option<Moment>,
}

impl Inspection {
    /// The units that have a part in it: who has opened it, and whose the findings are.
    pub fn units(&self) -> BTreeSet<UnitId> {
        let owners = self.findings.values().filter_map(|finding| finding.owner.clone());
        owners.chain([self.opened.unit.clone()]).collect()
    }
}

/// A seized vehicle as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seizure {
    /// As it was seized.
    pub seized: Seized,
    /// What has become of it, when, by whom, and why.
    pub ended: Option<(End, Moment, PersonId, String)>,
}

/// All that was found of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docket {
    /// Of whom.
    pub object: ObjectId,
    /// The stops.
    pub inspections: BTreeMap<InspectionId, Inspection>,
    /// The seized vehicles.
    pub seizures: BTreeMap<SeizureId, Seizure>,
    /// How many findings were settled.
    pub settled: u32,
}

impl Docket {
    /// One about which nothing was said.
    pub fn new(object: ObjectId) -> Docket {
        let (inspections, seizures) = (BTreeMap::new(), BTreeMap::new());
        Docket { object, inspections, seizures, settled: 0 }
    }

    /// A finding.
    pub fn finding(&self, id: &InspectionId, number: u32) -> Option<&Finding> {
        self.inspections.get(id)?.findings.get(&number)
    }

    /// All findings, with their places.
    pub fn findings(&self) -> impl Iterator<Item = (&InspectionId, u32, &Finding)> {
        self.inspections.iter().flat_map(|(id, inspection)| {
            inspection.findings.iter().map(move |(number, finding)| (id, *number, finding))
        })
    }

    /// The penalties for a fact that are neither taken back nor set aside, the first first.
    pub fn penalties(&self, fact: &FactKey) -> Vec<(&InspectionId, u32, &Finding)> {
        let about =
            |(_, _, one): &(_, _, &Finding)| one.found.fact == *fact && one.penalty().is_some();
        let mut found: Vec<_> = self.findings().filter(about).collect();
        found.sort_by_key(|(_, _, one)| one.penalty().map(|settled| settled.order));
        found
    }

    /// The facts for which there are several penalties.
    pub fn doubles(&self) -> Vec<FactKey> {
        let is_double = |(id, number, _): &(&InspectionId, u32, &Finding)| {
            self.standing(id, *number) == Some(Standing::Double)
        };
        let mut facts: Vec<_> =
            self.findings().filter(is_double).map(|(_, _, one)| one.found.fact.clone()).collect();
        facts.sort();
        facts.dedup();
        facts
    }

    /// How a finding stands; none when there is no such one.
    pub fn standing(&self, id: &InspectionId, number: u32) -> Option<Standing> {
        let finding = self.finding(id, number)?;
        let Some(settled) = &finding.settled else {
            let is_owned = finding.owner.is_some();
            return Some(if is_owned { Standing::Pending } else { Standing::Office });
        };
        if settled.revoked.is_some() {
            return Some(Standing::Revoked);
        }
        Some(match settled.outcome {
            Outcome::NotProven { .. } => Standing::NotProven,
            Outcome::Warning { .. } => Standing::Warned,
            Outcome::Penalty { .. } if settled.aside.is_some() => Standing::SetAside,
            Outcome::Penalty { .. } => {
                let first = self.penalties(&finding.found.fact);
                let is_first = first.first().is_some_and(|one| (one.0, one.1) == (id, number));
                if is_first { Standing::Penalized } else { Standing::Double }
            }
        })
    }

    /// Whether a unit has used a number of a decision.
    pub fn has_decision(&self, unit: &UnitId, decision: &DecisionId) -> bool {
        let is_it = |id: ViolationId| id.unit == *unit && id.decision == *decision;
        self.findings().any(|(_, _, finding)| finding.decision().is_some_and(is_it))
    }

    /// Folds one fact, by the powers of the city; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment, powers: &Powers) -> bool {
        let is_changed = match fact {
            Fact::Opened(opened) => self.open(opened, at, powers),
            Fact::Assigned { opened, finding, unit, reason, .. } => {
                self.open(opened, at, powers);
                self.assign(&opened.id, *finding, unit, reason)
            }
            Fact::Settled { id, finding, unit, person, outcome } => {
                self.settle((id, *finding), unit, person, outcome, at)
            }
            Fact::Revoked { id, finding, unit, reason, .. } => {
                self.revoke((id, *finding), unit, reason, at)
            }
            Fact::Chosen { fact, stands, aside, reason, .. } => {
                self.choose(fact, stands, aside, reason)
            }
            Fact::Seized(seized) => self.seize(seized),
            Fact::Ended { id, end, person, reason } => {
                let ended = (*end, at, person.clone(), reason.clone());
                let held = self.seizures.get_mut(id).filter(|one| one.ended.is_none());
                held.map(|seizure| seizure.ended = Some(ended)).is_some()
            }
        };
        if is_changed {
            self.close(at);
        }
        is_changed
    }

    fn open(&mut self, opened: &Opened, at: Moment, powers: &Powers) -> bool {
        let is_right = (1..=FINDINGS_MAX).contains(&opened.findings.len());
        if !is_right || self.inspections.contains_key(&opened.id) {
            return false;
        }
        let findings = opened.findings.iter().map(|found| Finding {
            found: found.clone(),
            owner: split::owner(powers, &opened.unit, found),
            assigned: None,
            settled: None,
        });
        let (opened, opened_at, closed_at) = (opened.clone(), at, None);
        let findings = (1..).zip(findings).collect();
        let id = opened.id.clone();
        self.inspections.insert(id, Inspection { opened, opened_at, findings, closed_at });
        true
    }

    fn assign(&mut self, id: &InspectionId, number: u32, unit: &UnitId, reason: &str) -> bool {
        let Some(finding) = self.finding_mut(id, number).filter(|one| one.owner.is_none()) else {
            return false;
        };
        (finding.owner, finding.assigned) = (Some(unit.clone()), Some(reason.to_owned()));
        true
    }

    /// Only the owner settles, once, and by a decision that it has not used.
    fn settle(
        &mut self,
        (id, number): (&InspectionId, u32),
        unit: &UnitId,
        person: &PersonId,
        outcome: &Outcome,
        at: Moment,
    ) -> bool {
        if outcome.decision().is_some_and(|decision| self.has_decision(unit, decision)) {
            return false;
        }
        let order = self.settled.saturating_add(1);
        let owed = self.finding_mut(id, number).filter(|one| one.owner.as_ref() == Some(unit));
        let Some(finding) = owed.filter(|one| one.settled.is_none()) else { return false };
        let (outcome, person) = (outcome.clone(), person.clone());
        finding.settled = Some(Settled { outcome, person, at, order, revoked: None, aside: None });
        self.settled = order;
        true
    }

    fn revoke(
        &mut self,
        (id, number): (&InspectionId, u32),
        unit: &UnitId,
        reason: &str,
        at: Moment,
    ) -> bool {
        let own = self.finding_mut(id, number).filter(|one| one.owner.as_ref() == Some(unit));
        let settled = own.and_then(|one| one.settled.as_mut());
        let Some(settled) = settled.filter(|one| one.revoked.is_none()) else { return false };
        settled.revoked = Some((at, reason.to_owned()));
        true
    }

    fn choose(
        &mut self,
        fact: &FactKey,
        stands: &ViolationId,
        aside: &[ViolationId],
        reason: &str,
    ) -> bool {
        let mut is_changed = false;
        let inspections = self.inspections.values_mut();
        for finding in inspections.flat_map(|inspection| inspection.findings.values_mut()) {
            let is_it = finding.found.fact == *fact && finding.penalty().is_some();
            let id = finding.decision().filter(|id| is_it && id != stands && aside.contains(id));
            if let Some(settled) = finding.settled.as_mut().filter(|_| id.is_some()) {
                settled.aside = Some(reason.to_owned());
                is_changed = true;
            }
        }
        is_changed
    }

    fn seize(&mut self, seized: &Seized) -> bool {
        if self.seizures.contains_key(&seized.id) {
            return false;
        }
        self.seizures.insert(seized.id.clone(), Seizure { seized: seized.clone(), ended: None });
        true
    }

    /// A stop is closed when all its findings are; what is closed stays so.
    fn close(&mut self, at: Moment) {
        let is_closed = |id: &InspectionId, one: &Inspection| {
            let mut numbers = one.findings.keys();
            numbers.all(|number| self.standing(id, *number).is_some_and(Standing::is_closed))
        };
        let open = self.inspections.iter().filter(|(_, one)| one.closed_at.is_none());
        let closed = open.filter(|(id, one)| is_closed(id, one)).map(|(id, _)| id.clone());
        for id in closed.collect::<Vec<_>>() {
            if let Some(inspection) = self.inspections.get_mut(&id) {
                inspection.closed_at = Some(at);
            }
        }
    }

    fn finding_mut(&mut self, id: &InspectionId, number: u32) -> Option<&mut Finding> {
        self.inspections.get_mut(id)?.findings.get_mut(&number)
    }
}
