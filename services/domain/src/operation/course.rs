//! An operation as a fold over what was said about it. What does not fit changes nothing.
//!
//! What a unit says after the end is kept out: its release is on the way. A number of an order, a
//! finding and a follow-up counts once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    BATCH_MAX, Ending, FINDINGS_MAX, Fact, MEMBERS_MAX, Need, ORDERS_MAX, Order, Plan, Summary,
    WORKS_MAX, Work,
    member::{Answer, Member, Missed, Release},
};
use crate::{
    id::{InspectionId, ItemId, OperationId, OrderId, UnitId},
    moment::Moment,
    party::Party,
};

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Units are called; there is no quorum yet, or its units may still answer.
    Calling,
    /// It has begun: teams are briefed, and act.
    Started,
    /// It has ended; crews are let go.
    Ended,
    /// Everybody has let go, and the summary is there.
    Closed,
}

impl Stage {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Calling => "calling",
            Stage::Started => "started",
            Stage::Ended => "ended",
            Stage::Closed => "closed",
        }
    }
}

/// Whether a team does what it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It has not said.
    #[default]
    Open,
    /// It does.
    Taken {
        /// What it adds.
        text: String,
    },
    /// It can't.
    Refused {
        /// Why.
        text: String,
    },
}

/// An order on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// What was ordered.
    pub order: Order,
    /// When.
    pub at: Moment,
    /// What the team says to it.
    #[serde(default)]
    pub state: Verdict,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How.
    pub how: Ending,
    /// On whose word.
    pub by: Party,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Moment,
    /// Whether none follows it either.
    pub is_series: bool,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Which.
    pub id: OperationId,
    /// With what it began.
    pub plan: Plan,
    /// When it was planned.
    pub planned_at: Moment,
    /// Its units.
    pub members: BTreeMap<UnitId, Member>,
    /// Whether it was said who had not answered at the limit.
    #[serde(default)]
    pub is_assessed: bool,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<Moment>,
    /// How it ended.
    #[serde(default)]
    pub ended: Option<End>,
    /// What was asked of teams.
    #[serde(default)]
    pub orders: BTreeMap<OrderId, Given>,
    /// What teams have found.
    #[serde(default)]
    pub findings: BTreeSet<InspectionId>,
    /// What came of it.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// Whether its next was planned, or none follows.
    #[serde(default)]
    pub is_repeated: bool,
    /// What is left to cases, and in which batch.
    #[serde(default)]
    pub works: BTreeMap<ItemId, (u32, Work)>,
    /// How many batches of cases were asked for.
    #[serde(default)]
    pub batches: u32,
    /// Those that have begun.
    #[serde(default)]
    pub begun: BTreeSet<u32>,
}

impl Operation {
    /// An operation begins with its plan; any other first fact begins nothing.
    pub fn begin(id: OperationId, fact: &Fact, at: Moment) -> Option<Operation> {
        let Fact::Planned(plan) = fact else { return None };
        let needs = plan.needs.iter().take(MEMBERS_MAX);
        let member = |need: &Need| (need.unit.clone(), Member::new(need.clone(), None));
        Some(Operation {
            id,
            members: needs.map(member).collect(),
            plan: plan.clone(),
            planned_at: at,
            is_assessed: false,
            started_at: None,
            ended: None,
            orders: BTreeMap::new(),
            findings: BTreeSet::new(),
            summary: None,
            is_repeated: false,
            works: BTreeMap::new(),
            batches: 0,
            begun: BTreeSet::new(),
        })
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        match (&self.ended, self.started_at) {
            (Some(_), _) if self.is_closed() => Stage::Closed,
            (Some(_), _) => Stage::Ended,
            (None, Some(_)) => Stage::Started,
            (None, None) => Stage::Calling,
        }
    }

    /// Whether nothing is left to be done.
    pub fn is_closed(&self) -> bool {
        let is_repeated = self.is_repeated || !self.repeats();
        let is_told = self.summary.is_some() && self.unbegun().next().is_none() && is_repeated;
        self.ended.is_some() && is_told && self.unreleased().next().is_none()
    }

    /// Whether another follows it.
    pub fn repeats(&self) -> bool {
        let is_series = self.ended.as_ref().is_some_and(|end| end.is_series);
        self.plan.repeat.is_some() && !is_series
    }

    /// Who has to let go, and has not yet.
    pub fn unreleased(&self) -> impl Iterator<Item = &UnitId> {
        let of = self.members.iter().filter(|(_, member)| member.is_registered);
        of.filter(|(_, member)| !member.release.is_over()).map(|(unit, _)| unit)
    }

    /// The batches of follow-ups whose cases have not begun.
    pub fn unbegun(&self) -> impl Iterator<Item = u32> {
        (1..=self.batches).filter(|batch| !self.begun.contains(batch))
    }

    /// Who comes.
    pub fn confirmed(&self) -> Vec<UnitId> {
        let of = self.members.iter().filter(|(_, member)| member.is_confirmed());
        of.map(|(unit, _)| unit.clone()).collect()
    }

    /// Whether enough units come: so many, and each that is a must, or who stands in for it.
    pub fn has_quorum(&self) -> bool {
        let enough = u32::try_from(self.confirmed().len()).unwrap_or(u32::MAX) >= self.plan.quorum;
        let first = self.members.iter().filter(|(_, member)| member.in_place_of.is_none());
        let mut musts = first.filter(|(_, member)| member.need.is_must);
        enough && musts.all(|(unit, _)| self.is_stood_for(unit))
    }

    /// Whether a unit comes, or somebody that stands in for it.
    fn is_stood_for(&self, unit: &UnitId) -> bool {
        let mut next = Some(unit);
        // Nobody stands in twice, so this comes to an end.
        for _ in 0..=self.members.len() {
            let Some((unit, member)) = next.and_then(|unit| self.members.get_key_value(unit))
            else {
                return false;
            };
            if member.is_confirmed() {
                return true;
            }
            let stands = |(_, other): &(&UnitId, &Member)| other.in_place_of.as_ref() == Some(unit);
            next = self.members.iter().find(stands).map(|(unit, _)| unit);
        }
        false
    }

    /// Whether nobody can answer any more that has not.
    pub fn all_answered(&self) -> bool {
        self.members.values().all(|member| member.answer != Answer::None)
    }

    /// What a batch of follow-ups is.
    pub fn batch(&self, batch: u32) -> impl Iterator<Item = &Work> {
        self.works.values().filter(move |(of, _)| *of == batch).map(|(_, work)| work)
    }

    /// As much of it as the flow needs: it travels.
    pub fn outline(&self) -> Operation {
        let mut outline = self.clone();
        outline.orders.clear();
        outline.findings.clear();
        outline.works.clear();
        outline.summary = self.summary.as_ref().map(|_| Summary::default());
        outline
    }

    /// Folds one fact; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        let before = self.ended.is_none();
        match fact {
            Fact::Planned(_) => false,
            Fact::Added { need, .. } => before && self.add(need.clone(), None),
            Fact::Registered { units } => {
                self.mark(units, |one| !std::mem::replace(&mut one.is_registered, true))
            }
            Fact::Invited { need, .. } => self.mark(std::slice::from_ref(&need.unit), |one| {
                !std::mem::replace(&mut one.is_invited, true)
            }),
            Fact::Confirmed { .. } | Fact::Declined { .. } => before && self.hear(fact),
            Fact::Assessed { not_reached, late } => self.assess(not_reached, late),
            Fact::Started { .. } if before && self.started_at.is_none() => {
                self.started_at = Some(at);
                true
            }
            Fact::Started { .. } => false,
            Fact::Briefed { unit, .. } => {
                self.one(unit, |one| !std::mem::replace(&mut one.is_briefed, true))
            }
            Fact::BriefingRead { unit } => {
                self.one(unit, |one| !std::mem::replace(&mut one.has_read, true))
            }
            Fact::CheckedIn { unit, at } => self.check_in(unit, *at),
            Fact::Ordered(order) => self.order(order, at),
            Fact::Answered { unit, order, is_taken, text, .. } => {
                self.answer(unit, order, *is_taken, text)
            }
            Fact::Found { unit, inspection } => self.find(unit, inspection),
            Fact::Ended { how, by, reason, is_series } => {
                let (how, by, reason, is_series) = (*how, by.clone(), reason.clone(), *is_series);
                before && self.ended.replace(End { how, by, reason, at, is_series }).is_none()
            }
            Fact::ReleaseAsked { unit } => self.one(unit, |one| {
                let is_first = one.release == Release::None;
                if is_first {
                    one.release = Release::Asked;
                }
                is_first
            }),
            Fact::Released { units } => self.mark(units, |one| {
                std::mem::replace(&mut one.release, Release::Done) != Release::Done
            }),
            Fact::Settled { unit, by, reason } => self.one(unit, |one| {
                let is_open = !one.release.is_over();
                if is_open {
                    one.release = Release::Settled { by: by.clone(), reason: reason.clone() };
                }
                is_open
            }),
            Fact::Summarised(summary) => match self.summary {
                Some(_) => false,
                None => self.summary.replace(summary.clone()).is_none(),
            },
            Fact::Repeated { .. } => !std::mem::replace(&mut self.is_repeated, true),
            Fact::FollowUp { works, .. } => self.follow_up(works),
            Fact::WorkBegun { batch, .. } => *batch <= self.batches && self.begun.insert(*batch),
        }
    }

    fn one(&mut self, unit: &UnitId, change: impl Fn(&mut Member) -> bool) -> bool {
        self.members.get_mut(unit).is_some_and(change)
    }

    fn mark(&mut self, units: &[UnitId], change: impl Fn(&mut Member) -> bool) -> bool {
        units.iter().fold(false, |any, unit| self.one(unit, &change) | any)
    }

    fn add(&mut self, need: Need, in_place_of: Option<UnitId>) -> bool {
        if self.members.len() >= MEMBERS_MAX || self.members.contains_key(&need.unit) {
            return false;
        }
        self.members.insert(need.unit.clone(), Member::new(need, in_place_of)).is_none()
    }

    fn hear(&mut self, fact: &Fact) -> bool {
        let (unit, answer) = match fact {
            Fact::Confirmed { unit, crew } => (unit, Answer::Confirmed { crew: crew.clone() }),
            Fact::Declined { unit, reason, substitute } => {
                let (reason, substitute) = (reason.clone(), substitute.clone());
                (unit, Answer::Declined { reason, substitute })
            }
            _ => return false,
        };
        let Some(member) = self.members.get_mut(unit).filter(|one| one.answer != answer) else {
            return false;
        };
        let (need, substitute) = match &answer {
            Answer::Declined { substitute, .. } => (member.need.clone(), substitute.clone()),
            _ => (member.need.clone(), None),
        };
        member.answer = answer;
        if let Some(substitute) = substitute {
            self.add(Need { unit: substitute, ..need }, Some(unit.clone()));
        }
        true
    }

    fn assess(&mut self, not_reached: &[UnitId], late: &[UnitId]) -> bool {
        let is_first = !std::mem::replace(&mut self.is_assessed, true);
        for (units, missed) in [(not_reached, Missed::NotReached), (late, Missed::Late)] {
            if is_first {
                self.mark(units, |one| one.missed.replace(missed).is_none());
            }
        }
        is_first
    }

    fn check_in(&mut self, unit: &UnitId, at: Moment) -> bool {
        let is_open = self.summary.is_none();
        self.one(unit, |one| {
            let is_first = is_open && one.is_confirmed() && one.checked_in.is_none();
            if is_first {
                one.checked_in = Some(at);
            }
            is_first
        })
    }

    fn order(&mut self, order: &Order, at: Moment) -> bool {
        let is_open = self.ended.is_none() && self.members.contains_key(&order.to);
        if !is_open || self.orders.len() >= ORDERS_MAX || self.orders.contains_key(&order.id) {
            return false;
        }
        let given = Given { order: order.clone(), at, state: Verdict::Open };
        self.orders.insert(order.id.clone(), given).is_none()
    }

    fn answer(&mut self, unit: &UnitId, order: &OrderId, is_taken: bool, text: &str) -> bool {
        let Some(given) = self.orders.get_mut(order).filter(|given| given.order.to == *unit) else {
            return false;
        };
        if given.state != Verdict::Open {
            return false;
        }
        let text = text.to_owned();
        given.state = if is_taken { Verdict::Taken { text } } else { Verdict::Refused { text } };
        true
    }

    /// A finding of a team that was away comes also after the end.
    fn find(&mut self, unit: &UnitId, inspection: &InspectionId) -> bool {
        let is_member = self.members.contains_key(unit);
        let has_room = self.findings.len() < FINDINGS_MAX;
        is_member && has_room && self.findings.insert(inspection.clone())
    }

    fn follow_up(&mut self, works: &[Work]) -> bool {
        let new = works.iter().filter(|work| !self.works.contains_key(&work.id));
        let room = WORKS_MAX.saturating_sub(self.works.len()).min(BATCH_MAX);
        let new: Vec<Work> = new.take(room).cloned().collect();
        if new.is_empty() {
            return false;
        }
        self.batches = self.batches.saturating_add(1);
        let batch = self.batches;
        self.works.extend(new.into_iter().map(|work| (work.id.clone(), (batch, work))));
        true
    }
}
