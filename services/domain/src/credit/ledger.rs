//! The credit of one object as a fold over what was said about it. What does not fit changes nothing.
//!
//! The score is the start less the points of each fact that some unrevoked decision stands for; of
//! several decisions about one fact the first one is charged, the others are doubles. So the order
//! of decisions about different facts does not matter, and a revoked one is as if it had never been,
//! though it stays in the history.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cause, Delivery, DeliveryId, Fact, Removal, State, Violation, ViolationId};
use crate::{
    id::{FactKey, ObjectId, UnitId},
    moment::Moment,
};

/// How a violation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It takes its points.
    Charged,
    /// Another decision about the same fact is charged.
    Double,
    /// It is revoked.
    Revoked,
}

/// A violation, and whether it was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// As it was confirmed.
    pub violation: Violation,
    /// When that was in the record.
    pub confirmed_at: Moment,
    /// When it was revoked, and why.
    #[serde(default)]
    pub revoked: Option<(Moment, String)>,
}

/// Why a listing is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The score is not below the threshold any more.
    Corrected,
    /// People have taken it off.
    Removed,
}

/// One time on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The how manieth, from 1.
    pub number: u32,
    /// When.
    pub at: Moment,
    /// The score then.
    pub score: i64,
    /// The threshold then.
    pub threshold: i64,
    /// Who has said that it be taken off, and why.
    #[serde(default)]
    pub removals: Vec<Removal>,
    /// When it was over, and why.
    #[serde(default)]
    pub ended: Option<(Ending, Moment)>,
    /// The score with which it was corrected.
    #[serde(default)]
    pub ended_score: Option<i64>,
    /// How many violations there were when it was over.
    #[serde(default)]
    pub seen: usize,
}

impl Listing {
    /// Whether it stands.
    pub fn stands(&self) -> bool {
        self.ended.is_none()
    }
}

/// The credit of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Whose.
    pub object: ObjectId,
    /// What was confirmed, in the order of the record.
    pub violations: Vec<Held>,
    /// The times on the list, the first first.
    #[serde(default)]
    pub listings: Vec<Listing>,
    /// What went outside, or is to go, the first first.
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
    /// Which unit was told of what.
    #[serde(default)]
    pub noticed: BTreeSet<(Cause, UnitId)>,
}

impl Ledger {
    /// A ledger begins with a confirmed violation; any other first fact begins nothing.
    pub fn begin(object: ObjectId, fact: &Fact, at: Moment) -> Option<Ledger> {
        let Fact::Confirmed(_) = fact else { return None };
        let mut ledger = Ledger {
            object,
            violations: Vec::new(),
            listings: Vec::new(),
            deliveries: Vec::new(),
            noticed: BTreeSet::new(),
        };
        ledger.apply(fact, at).then_some(ledger)
    }

    /// The violation of a decision.
    pub fn held(&self, id: &ViolationId) -> Option<&Held> {
        self.violations.iter().find(|held| held.violation.id == *id)
    }

    /// How a violation stands; the `index`th.
    pub fn standing(&self, index: usize) -> Option<Standing> {
        let held = self.violations.get(index)?;
        if held.revoked.is_some() {
            return Some(Standing::Revoked);
        }
        let fact = &held.violation.fact;
        let is_same = |other: &Held| other.revoked.is_none() && other.violation.fact == *fact;
        let is_double = self.violations[..index].iter().any(is_same);
        Some(if is_double { Standing::Double } else { Standing::Charged })
    }

    /// The violations that take points, with their places.
    pub fn charged(&self) -> impl Iterator<Item = (usize, &Held)> {
        let mut facts: BTreeSet<&FactKey> = BTreeSet::new();
        let standing =
            self.violations.iter().enumerate().filter(|(_, held)| held.revoked.is_none());
        standing.filter(move |(_, held)| facts.insert(&held.violation.fact))
    }

    /// The score, of this start.
    pub fn score(&self, start: i64) -> i64 {
        self.charged().fold(start, |score, (_, held)| score - i64::from(held.violation.points))
    }

    /// The listing that stands.
    pub fn listed(&self) -> Option<&Listing> {
        self.listings.last().filter(|listing| listing.stands())
    }

    /// A delivery as it stands; none when it was not started.
    pub fn delivery(&self, id: &DeliveryId) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.id == *id)
    }

    /// Folds one fact; says whether anything changed.
    pub fn apply(&mut self, fact: &Fact, at: Moment) -> bool {
        match fact {
            Fact::Confirmed(violation) => self.confirm(violation, at),
            Fact::Revoked { id, reason } => self.revoke(id, reason, at),
            Fact::Listed { number, score, threshold } => {
                self.list(*number, (*score, *threshold), at)
            }
            Fact::Corrected { number, score } => {
                self.end(*number, (Ending::Corrected, Some(*score)), at)
            }
            Fact::Removal(removal) => self.remove(removal, at),
            Fact::Started(id) if self.delivery(id).is_none() => {
                let (id, state) = (id.clone(), State::Started);
                self.deliveries.push(Delivery {
                    id,
                    state,
                    started_at: at,
                    since: at,
                    trouble: None,
                });
                true
            }
            Fact::Started(_) => false,
            Fact::Delayed { delivery, reason } => self.delay(delivery, reason),
            Fact::Delivered { delivery, receipt } => {
                let receipt = receipt.clone();
                self.turn(delivery, State::Delivered { receipt }, at)
            }
            Fact::Parked { delivery, reason, owner } => {
                let (reason, owner) = (reason.clone(), owner.clone());
                self.turn(delivery, State::Parked { reason, owner }, at)
            }
            Fact::PutBack { delivery, .. } => self.turn(delivery, State::Started, at),
            Fact::Skipped { delivery, person, reason } => {
                let (person, reason) = (person.clone(), reason.clone());
                self.turn(delivery, State::Skipped { person, reason }, at)
            }
            Fact::Noticed { cause, unit, .. } => self.noticed.insert((cause.clone(), unit.clone())),
        }
    }

    fn confirm(&mut self, violation: &Violation, confirmed_at: Moment) -> bool {
        if self.held(&violation.id).is_some() {
            return false;
        }
        let violation = violation.clone();
        self.violations.push(Held { violation, confirmed_at, revoked: None });
        true
    }

    fn revoke(&mut self, id: &ViolationId, reason: &str, at: Moment) -> bool {
        let mut all = self.violations.iter_mut();
        let Some(held) = all.find(|held| held.violation.id == *id) else { return false };
        let is_new = held.revoked.is_none();
        held.revoked.get_or_insert((at, reason.to_owned()));
        is_new
    }

    fn list(&mut self, number: u32, (score, threshold): (i64, i64), at: Moment) -> bool {
        let next = u32::try_from(self.listings.len()).unwrap_or(u32::MAX).saturating_add(1);
        if number != next || self.listed().is_some() {
            return false;
        }
        let (removals, ended, seen) = (Vec::new(), None, 0);
        self.listings.push(Listing {
            number,
            at,
            score,
            threshold,
            removals,
            ended,
            ended_score: None,
            seen,
        });
        true
    }

    fn end(&mut self, number: u32, (ending, score): (Ending, Option<i64>), at: Moment) -> bool {
        let seen = self.violations.len();
        let last = self.listings.last_mut();
        let Some(listing) = last.filter(|one| one.number == number && one.stands()) else {
            return false;
        };
        (listing.ended, listing.ended_score, listing.seen) = (Some((ending, at)), score, seen);
        true
    }

    fn remove(&mut self, removal: &Removal, at: Moment) -> bool {
        let last = self.listings.last_mut();
        let Some(listing) = last.filter(|one| one.number == removal.number && one.stands()) else {
            return false;
        };
        listing.removals.push(removal.clone());
        if removal.is_final {
            self.end(removal.number, (Ending::Removed, None), at);
        }
        true
    }

    fn delay(&mut self, id: &DeliveryId, reason: &str) -> bool {
        let mut all = self.deliveries.iter_mut();
        let found = all.find(|one| one.id == *id && one.state == State::Started);
        let Some(delivery) = found.filter(|one| one.trouble.is_none()) else { return false };
        delivery.trouble = Some(reason.to_owned());
        true
    }

    /// What is started may become anything else, what is parked may be started again or skipped;
    /// what is done stays.
    fn turn(&mut self, id: &DeliveryId, state: State, at: Moment) -> bool {
        let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == *id) else {
            return false;
        };
        let fits = matches!(
            (&delivery.state, &state),
            (State::Started, State::Delivered { .. } | State::Parked { .. })
                | (State::Parked { .. }, State::Started | State::Skipped { .. })
        );
        if fits {
            (delivery.state, delivery.since) = (state, at);
        }
        fits
    }
}
