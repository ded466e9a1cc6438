//! What is to be done now about an object's credit. Pure.
//!
//! Nothing here waits for a moment: only facts move it, and the answers of the outside. What goes to
//! a receiver about an object goes there in order, one after the other: what takes a message back
//! goes after that message, and only where that one has arrived.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Cause, DeliveryId, Ending, Ledger, Listing, State};
use crate::{id::UnitId, pack::Credit};

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The object is on the list.
    List {
        /// The how manieth time.
        number: u32,
        /// The score.
        score: i64,
        /// The threshold.
        threshold: i64,
    },
    /// The listing does not stand.
    Correct {
        /// Which.
        number: u32,
        /// The score.
        score: i64,
    },
    /// From now on an outside system may have it.
    Start(DeliveryId),
    /// A unit is told.
    Notice {
        /// Of what.
        cause: Cause,
        /// Who.
        unit: UnitId,
    },
}

impl Step {
    /// The step's name within its object, the same every time the same thing is decided.
    pub fn name(&self) -> String {
        match self {
            Step::List { number, .. } => format!("list/{number}"),
            Step::Correct { number, .. } => format!("correct/{number}"),
            Step::Start(delivery) => format!("start/{delivery}"),
            Step::Notice { cause, unit } => format!("notice/{cause}/{unit}"),
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be said.
    pub steps: Vec<Step>,
    /// To be tried until the outside has it: the first for each receiver.
    pub deliver: Vec<DeliveryId>,
}

/// Whether anything is to be done: a flow is wanted.
pub fn is_owed(ledger: &Ledger, rules: &Credit) -> bool {
    let plan = decide(ledger, rules);
    !plan.steps.is_empty() || !plan.deliver.is_empty()
}

/// Decides.
pub fn decide(ledger: &Ledger, rules: &Credit) -> Plan {
    let mut plan = Plan::default();
    plan.steps.extend(turn(ledger, rules));
    for delivery in wanted(ledger, rules) {
        let is_busy = plan.deliver.iter().any(|one| one.receiver == delivery.receiver);
        match ledger.delivery(&delivery).map(|one| &one.state) {
            None => plan.steps.push(Step::Start(delivery)),
            Some(State::Started) if !is_busy => plan.deliver.push(delivery),
            Some(_) => {}
        }
    }
    plan.steps.extend(notices(ledger, rules));
    plan
}

/// Whether the list changes.
fn turn(ledger: &Ledger, rules: &Credit) -> Option<Step> {
    let (score, threshold) = (ledger.score(rules.start), rules.threshold);
    let is_below = score < threshold;
    match ledger.listed() {
        Some(listing) => (!is_below).then_some(Step::Correct { number: listing.number, score }),
        None if is_below && is_news(ledger) => {
            let number = u32::try_from(ledger.listings.len()).unwrap_or(u32::MAX).saturating_add(1);
            Some(Step::List { number, score, threshold })
        }
        None => None,
    }
}

/// Whether a listing stands, and will: nobody hears of one that is about to be corrected.
fn stands(ledger: &Ledger, rules: &Credit, listing: &Listing) -> bool {
    listing.stands() && ledger.score(rules.start) < rules.threshold
}

/// Who was taken off the list by people is on it again only for something new.
fn is_news(ledger: &Ledger) -> bool {
    let Some(last) = ledger.listings.last() else { return true };
    match last.ended {
        Some((Ending::Removed, _)) => ledger.charged().any(|(index, _)| index >= last.seen),
        _ => true,
    }
}

/// What outside systems have, or must have, in the order in which it goes to each.
fn wanted(ledger: &Ledger, rules: &Credit) -> Vec<DeliveryId> {
    let mut all = Vec::new();
    for listing in &ledger.listings {
        let cause = Cause::Listed(listing.number);
        let receivers: &[UnitId] =
            if stands(ledger, rules, listing) { &rules.platform } else { &[] };
        first(&mut all, ledger, &cause, receivers);
        let back = match listing.ended {
            Some((Ending::Corrected, _)) => Cause::Corrected(listing.number),
            Some((Ending::Removed, _)) => Cause::Removed(listing.number),
            None => continue,
        };
        after(&mut all, ledger, &cause, &back);
    }
    let charged: BTreeSet<usize> = ledger.charged().map(|(index, _)| index).collect();
    for (index, held) in ledger.violations.iter().enumerate() {
        let id = &held.violation.id;
        let code = rules.codes.get(&held.violation.code);
        let receivers = code.map(|code| &code.receivers[..]).filter(|_| charged.contains(&index));
        let cause = Cause::Shared(id.clone());
        first(&mut all, ledger, &cause, receivers.unwrap_or_default());
        if held.revoked.is_some() {
            after(&mut all, ledger, &cause, &Cause::Withdrawn(id.clone()));
        }
    }
    all
}

/// Who has it or may have it, and who must.
fn first(all: &mut Vec<DeliveryId>, ledger: &Ledger, cause: &Cause, must: &[UnitId]) {
    let started = ledger.deliveries.iter().filter(|one| one.id.cause == *cause);
    let receivers = started.map(|one| &one.id.receiver).chain(must);
    let receivers: BTreeSet<&UnitId> = receivers.collect();
    let to = |receiver: &UnitId| DeliveryId { receiver: receiver.clone(), cause: cause.clone() };
    all.extend(receivers.into_iter().map(to));
}

/// What takes a message back goes to whom that message has reached.
fn after(all: &mut Vec<DeliveryId>, ledger: &Ledger, cause: &Cause, back: &Cause) {
    let has = ledger
        .deliveries
        .iter()
        .filter(|one| one.id.cause == *cause && matches!(one.state, State::Delivered { .. }));
    all.extend(
        has.map(|one| DeliveryId { receiver: one.id.receiver.clone(), cause: back.clone() }),
    );
}

/// Units that are still to be told.
fn notices(ledger: &Ledger, rules: &Credit) -> Vec<Step> {
    let mut told = Vec::new();
    for listing in &ledger.listings {
        let cause = Cause::Listed(listing.number);
        match listing.ended {
            None if stands(ledger, rules, listing) && is_received(ledger, rules, &cause) => {
                tell(&mut told, &cause, &rules.joint)
            }
            None => {}
            Some((Ending::Corrected, _)) => {
                untell(&mut told, ledger, &cause, &Cause::Corrected(listing.number));
            }
            Some((Ending::Removed, _)) => {
                untell(&mut told, ledger, &cause, &Cause::Removed(listing.number));
            }
        }
    }
    for (_, held) in ledger.charged() {
        let told_units = rules.codes.get(&held.violation.code).map(|code| &code.told[..]);
        let cause = Cause::Shared(held.violation.id.clone());
        tell(&mut told, &cause, told_units.unwrap_or_default());
    }
    for held in ledger.violations.iter().filter(|held| held.revoked.is_some()) {
        let id = &held.violation.id;
        let back = Cause::Withdrawn(id.clone());
        untell(&mut told, ledger, &Cause::Shared(id.clone()), &back);
    }
    told.retain(|(cause, unit)| !ledger.noticed.contains(&(cause.clone(), unit.clone())));
    told.into_iter().map(|(cause, unit)| Step::Notice { cause, unit }).collect()
}

/// Whether every platform has it, or need not have it.
fn is_received(ledger: &Ledger, rules: &Credit, cause: &Cause) -> bool {
    rules.platform.iter().all(|receiver| {
        let id = DeliveryId { receiver: receiver.clone(), cause: cause.clone() };
        ledger.delivery(&id).is_some_and(|one| one.is_done())
    })
}

fn tell(told: &mut Vec<(Cause, UnitId)>, cause: &Cause, units: &[UnitId]) {
    told.extend(units.iter().map(|unit| (cause.clone(), unit.clone())));
}

fn untell(told: &mut Vec<(Cause, UnitId)>, ledger: &Ledger, cause: &Cause, back: &Cause) {
    let had = ledger.noticed.iter().filter(|(of, _)| of == cause);
    told.extend(had.map(|(_, unit)| (back.clone(), unit.clone())));
}
