//! An approval as a fold over what was said about it. What does not fit changes nothing.
//!
//! An item is complete with the first "no" of an approver, or with the "yes" of every one, in the
//! order of the record. A word after that is kept and marked late, and counts for nothing.
//! A desk hears its own words only: of the others it learns what the worker says an item came to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Applied, BATCH_MAX, Condition, Fact, Opinion, Proposal, Settled, Verdict, work_case};
use crate::{
    id::{ApprovalId, CaseId, ItemId, UnitId},
    moment::Moment,
};

/// How an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Somebody has still to speak.
    Open,
    /// Every approver has said yes.
    Approved,
    /// One has said no.
    Refused,
    /// It was taken back before that.
    Withdrawn,
}

impl State {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Approved => "approved",
            State::Refused => "refused",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// What a unit has said about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Who.
    pub unit: UnitId,
    /// Yes or no.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// On what a yes stands.
    pub conditions: Vec<Condition>,
    /// When.
    pub at: Moment,
    /// Whether the item was complete before.
    pub is_late: bool,
}

/// One item on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What is applied for.
    pub proposal: Proposal,
    /// How it stands.
    pub state: State,
    /// All that was said about it, in order.
    #[serde(default)]
    pub words: Vec<Word>,
    /// When it was complete.
    #[serde(default)]
    pub settled_at: Option<Moment>,
    /// The batch in which the worker says what it came to.
    #[serde(default)]
    pub batch: Option<u32>,
    /// What the worker has said of it.
    #[serde(default)]
    pub told: Option<Settled>,
}

impl Item {
    /// The last word of a unit before the item was complete.
    pub fn word_of(&self, unit: &UnitId) -> Option<&Word> {
        self.words.iter().rev().find(|word| word.unit == *unit && !word.is_late)
    }

    /// The case of its work, when there is one.
    pub fn case_id(&self) -> Option<&CaseId> {
        self.told.as_ref()?.case_id.as_ref()
    }
}

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Which.
    pub id: ApprovalId,
    /// With what it began.
    pub applied: Applied,
    /// When.
    pub applied_at: Moment,
    /// Its items.
    pub items: BTreeMap<ItemId, Item>,
    /// How many batches of items are complete.
    #[serde(default)]
    pub batches: u32,
    /// Who was reminded, and whether the limit had passed.
    #[serde(default)]
    pub reminded: BTreeSet<(UnitId, bool)>,
    /// Who was silent when the office was told; none: it was not.
    #[serde(default)]
    pub escalated: Option<Vec<UnitId>>,
    /// Why it was taken back.
    #[serde(default)]
    pub withdrawn: Option<String>,
}

impl Approval {
    /// An approval begins with its application; any other first fact begins nothing.
    pub fn begin(id: ApprovalId, fact: &Fact, at: Moment) -> Option<Approval> {
        let Fact::Applied(applied) = fact else { return None };
        let item = |proposal: &Proposal| {
            let (words, proposal) = (Vec::new(), proposal.clone());
            let state = State::Open;
            let item = Item { proposal, state, words, settled_at: None, batch: None, told: None };
            (item.proposal.id.clone(), item)
        };
        Some(Approval {
            id,
            items: applied.items.iter().map(item).collect(),
            applied: applied.clone(),
            applied_at: at,
            batches: 0,
            reminded: BTreeSet::new(),
            escalated: None,
            withdrawn: None,
        })
    }

    /// Whether this unit is one whose yes is needed.
    pub fn is_approver(&self, unit: &UnitId) -> bool {
        self.applied.approvers.contains(unit)
    }

    /// Whether this unit is asked at all.
    pub fn is_asked(&self, unit: &UnitId) -> bool {
        self.is_approver(unit) || self.applied.asked.contains(unit)
    }

    /// The items about which a unit has still to speak.
    pub fn awaits<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = &'a Item> {
        let open = self.items.values().filter(|item| item.state == State::Open);
        open.filter(|item| self.is_asked(unit) && item.word_of(unit).is_none())
    }

    /// Whether every item is complete and everybody was told.
    pub fn is_closed(&self) -> bool {
        self.items.values().all(|item| item.state != State::Open) && self.untold().next().is_none()
    }

    /// The batches about which nobody was told yet.
    pub fn untold(&self) -> impl Iterator<Item = u32> {
        let waits = |item: &&Item| item.told.is_none();
        let waiting: BTreeSet<u32> =
            self.items.values().filter(waits).filter_map(|item| item.batch).collect();
        waiting.into_iter()
    }

    /// What the items of a batch have come to, and their cases.
    pub fn settled(&self, batch: u32) -> Vec<Settled> {
        let of = self.items.values().filter(|item| item.batch == Some(batch));
        of.filter_map(|item| self.outcome(item)).collect()
    }

    fn outcome(&self, item: &Item) -> Option<Settled> {
        let id = &item.proposal.id;
        let last = || self.applied.approvers.iter().filter_map(|unit| item.word_of(unit));
        let refusal = last().find(|word| word.verdict == Verdict::Refuse);
        let (verdict, case_id, conditions) = match item.state {
            State::Approved => {
                let conditions = last().flat_map(|word| word.conditions.iter().cloned()).collect();
                (Verdict::Approve, work_case(&self.id, id), conditions)
            }
            State::Refused => (Verdict::Refuse, None, Vec::new()),
            State::Open | State::Withdrawn => return None,
        };
        Some(Settled {
            item: id.clone(),
            verdict,
            refused_by: refusal.map(|word| word.unit.clone()),
            reason: refusal.map(|word| word.reason.clone()).unwrap_or_default(),
            conditions,
            case_id,
        })
    }

    /// Folds one fact; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        match fact {
            Fact::Applied(_) => false,
            Fact::Opined(opinion) => self.hear(opinion, at),
            Fact::Reminded { unit, is_late, .. } => {
                self.is_approver(unit) && self.reminded.insert((unit.clone(), *is_late))
            }
            Fact::Escalated { units, .. } if self.escalated.is_none() => {
                self.escalated = Some(units.clone());
                true
            }
            Fact::Escalated { .. } => false,
            Fact::Decided { items, .. } => {
                items.iter().fold(false, |any, one| self.tell(one) | any)
            }
            Fact::Withdrawn { reason, .. } => self.withdraw(reason, at),
        }
    }

    fn hear(&mut self, opinion: &Opinion, at: Moment) -> bool {
        if !self.is_asked(&opinion.unit) {
            return false;
        }
        let (mut heard, mut complete) = (false, 0);
        for id in &opinion.items {
            let Some(item) = self.items.get_mut(id) else { continue };
            heard = true;
            item.words.push(Word {
                unit: opinion.unit.clone(),
                verdict: opinion.verdict,
                reason: opinion.reason.clone(),
                conditions: opinion.conditions.clone(),
                at,
                is_late: item.state != State::Open,
            });
            if item.state != State::Open {
                continue;
            }
            item.state = state(&self.applied.approvers, item);
            if item.state != State::Open {
                item.settled_at = Some(at);
                // What one word has completed is told together, so many at a time.
                let more = u32::try_from(complete / BATCH_MAX).unwrap_or(u32::MAX);
                item.batch = Some(self.batches.saturating_add(1).saturating_add(more));
                complete += 1;
            }
        }
        let more = u32::try_from(complete.div_ceil(BATCH_MAX)).unwrap_or(u32::MAX);
        self.batches = self.batches.saturating_add(more);
        heard
    }

    /// What the worker says, it says of what the record has; who has not all of it takes its word.
    fn tell(&mut self, settled: &Settled) -> bool {
        let Some(item) = self.items.get_mut(&settled.item) else { return false };
        if item.told.is_some() || item.state == State::Withdrawn {
            return false;
        }
        item.state = match settled.verdict {
            Verdict::Approve => State::Approved,
            Verdict::Refuse => State::Refused,
        };
        item.told = Some(settled.clone());
        true
    }

    fn withdraw(&mut self, reason: &str, at: Moment) -> bool {
        let open = self.items.values_mut().filter(|item| item.state == State::Open);
        let mut any = false;
        for item in open {
            item.state = State::Withdrawn;
            item.settled_at = Some(at);
            any = true;
        }
        if any {
            self.withdrawn = Some(reason.to_owned());
        }
        any
    }
}

/// How an open item stands by the last word of each approver.
fn state(approvers: &[UnitId], item: &Item) -> State {
    let verdict = |unit| item.word_of(unit).map(|word| word.verdict);
    if approvers.iter().any(|unit| verdict(unit) == Some(Verdict::Refuse)) {
        State::Refused
    } else if approvers.iter().all(|unit| verdict(unit) == Some(Verdict::Approve)) {
        State::Approved
    } else {
        State::Open
    }
}
