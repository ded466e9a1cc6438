//! The registry of rights and duties (权力和责任清单): who answers for what, where, and on which day.
//!
//! The rows of the city pack, and the amendments that one person has proposed and another approved.
//! On every day exactly one version of a route is in force for an issue type in a cell (see
//! [`force`]); a matter is routed by the day of its event, so an amendment never changes what was
//! right before its first day. What may be accepted says [`check`]: no gap, no overlap, nothing of
//! the past, never by one person alone.
//!
//! A fold over facts, as a case is: [`Registry::apply`] never fails, and a repeated or late fact
//! changes nothing.

mod amendment;
pub mod check;
pub mod force;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    amendment::{Amendment, Signatory},
    force::Version,
};
use crate::{
    id::{AmendmentId, IssueTypeId},
    moment::Moment,
    party::{Party, Role},
};

/// Where an amendment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Proposed by one person; nobody has decided.
    Proposed,
    /// Approved by another: in force from its first day on.
    Approved,
    /// Rejected; it never takes force.
    Rejected,
    /// Taken back by who proposed it; it never takes force.
    Withdrawn,
}

impl State {
    /// The word in tables and sentences.
    pub fn word(self) -> &'static str {
        match self {
            State::Proposed => "proposed",
            State::Approved => "approved",
            State::Rejected => "rejected",
            State::Withdrawn => "withdrawn",
        }
    }

    /// Whether it is, or may still come, into force.
    pub fn is_live(self) -> bool {
        matches!(self, State::Proposed | State::Approved)
    }
}

/// An amendment, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: AmendmentId,
    /// What it says.
    pub amendment: Amendment,
    /// Who proposed it.
    pub proposed_by: Signatory,
    /// When.
    pub proposed_at: Moment,
    /// Where it stands.
    pub state: State,
    /// Who decided about it.
    pub decided_by: Option<Signatory>,
    /// When.
    pub decided_at: Option<Moment>,
    /// Why, in the words of who decided.
    pub note: String,
    /// The how manieth approved one it is, from 1; of two from the same day the later stands.
    pub order: u32,
}

/// What can be said about the registry. Each fact is one envelope on the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Somebody proposes an amendment.
    Proposed(AmendmentId, Amendment, Signatory),
    /// Somebody else approves it.
    Approved(AmendmentId, Signatory, String),
    /// Somebody rejects it, and why.
    Rejected(AmendmentId, Signatory, String),
    /// Who proposed it takes it back, and why.
    Withdrawn(AmendmentId, Signatory, String),
}

impl Fact {
    /// The amendment that it is about.
    pub fn id(&self) -> &AmendmentId {
        match self {
            Fact::Proposed(id, ..)
            | Fact::Approved(id, ..)
            | Fact::Rejected(id, ..)
            | Fact::Withdrawn(id, ..) => id,
        }
    }
}

/// Whether `source` is the one that says such a fact: people come in through the gateway.
pub fn may_say(source: &Party) -> bool {
    source.is(Role::Gateway)
}

/// The amendments of a city; the rows are the pack's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    entries: BTreeMap<AmendmentId, Entry>,
}

impl Registry {
    /// Of these amendments.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Registry {
        let by_id = |entry: Entry| (entry.id.clone(), entry);
        Registry { entries: entries.into_iter().map(by_id).collect() }
    }

    /// All amendments, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// One of them.
    pub fn get(&self, id: &AmendmentId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The approved ones about an issue type.
    pub fn approved<'a>(&'a self, issue: &'a IssueTypeId) -> impl Iterator<Item = &'a Entry> {
        let is_about = |entry: &&Entry| entry.amendment.issue_types.contains(issue);
        self.entries.values().filter(|entry| entry.state == State::Approved).filter(is_about)
    }

    /// Folds one fact; `at` is when it was said. Gives the amendment if anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> Option<&Entry> {
        let approved = self.entries.values().map(|entry| entry.order).max().unwrap_or_default();
        let next = Entry::after(self.entries.get(fact.id()), fact, at, approved)?;
        let id = next.id.clone();
        self.entries.insert(id.clone(), next);
        self.entries.get(&id)
    }
}

impl Entry {
    /// The amendment after a fact, of which `approved` were approved before; none when the fact
    /// changes nothing. A fact that no honest gateway says, an approval by who proposed, is one.
    pub fn after(before: Option<&Entry>, fact: &Fact, at: Moment, approved: u32) -> Option<Entry> {
        let (state, by, note) = match (before, fact) {
            (None, Fact::Proposed(id, amendment, by)) => {
                return Some(Entry {
                    id: id.clone(),
                    amendment: amendment.clone(),
                    proposed_by: by.clone(),
                    proposed_at: at,
                    state: State::Proposed,
                    decided_by: None,
                    decided_at: None,
                    note: String::new(),
                    order: 0,
                });
            }
            (None, _) | (Some(_), Fact::Proposed(..)) => return None,
            (Some(_), Fact::Approved(_, by, note)) => (State::Approved, by, note),
            (Some(_), Fact::Rejected(_, by, note)) => (State::Rejected, by, note),
            (Some(_), Fact::Withdrawn(_, by, note)) => (State::Withdrawn, by, note),
        };
        let before = before.filter(|entry| entry.state == State::Proposed)?;
        let is_same = before.proposed_by.is_same_person(by);
        if state == State::Approved && is_same || state == State::Withdrawn && !is_same {
            return None;
        }
        let order = if state == State::Approved { approved.checked_add(1)? } else { 0 };
        let (decided_by, decided_at) = (Some(by.clone()), Some(at));
        let note = note.clone();
        Some(Entry { state, decided_by, decided_at, note, order, ..before.clone() })
    }
}
