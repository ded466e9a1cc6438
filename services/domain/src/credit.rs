//! Credit (信用评价计分, M064, M099): confirmed violations of several units, one score, what follows.
//!
//! The story: units confirm violations of an object, each within its power; one fact is charged
//! once, whoever confirms it again. A score strictly below the threshold (低于60分: 60 is not) puts
//! the object on the list (黑榜), once for each crossing; the outside platform is told, then the
//! units that punish jointly. A decision that is revoked brings a correction wherever the first
//! message may have gone; nothing is forgotten. Violations whose kind has receivers are shared with
//! each of them, confirmed ones only.
//!
//! Deciding is pure: which outside system takes a message when is the flow's and the worker's.

mod decide;
mod delivery;
mod fact;
mod ledger;
mod removal;
#[cfg(test)]
mod tests;

pub use self::{
    decide::{Plan, Step, decide, is_owed},
    delivery::{Cause, Delivery, DeliveryId, State, Waits},
    fact::{Fact, Removal, TEXT_MAX, Violation, ViolationId, counts, may_say},
    ledger::{Ending, Held, Ledger, Listing, Standing},
    removal::remove,
};
pub use crate::pack::{Credit, CreditCode};
