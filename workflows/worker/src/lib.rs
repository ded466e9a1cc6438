//! The one that talks to Temporal: follows the record, tells flows what they must know, carries
//! out what they decide.
//!
//! The fold of the record ([`fold`]) is the worker's truth about cases; [`steps`] turns a decided
//! step into envelopes; our own outages are recorded (`outage`); the teller starts flows and tells them milestones; the reconciler sees to
//! it that every open case has a running flow, so that Temporal's database may be deleted. A flow that is
//! stuck is an incident (`incidents`).
//! When Temporal is away, following and folding go on, and what was not told is told later.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod activities;
pub mod approvals;
mod config;
pub mod cost;
pub mod credit;
pub mod decisions;
pub mod devserver;
pub mod empty;
mod failure;
pub mod fold;
mod incidents;
mod measured;
pub mod operations;
mod outage;
mod reconcile;
mod role;
pub mod sheets;
pub mod steps;
mod teller;
mod temporal;
mod told;
mod watch;

pub use activities::Work;
pub use config::{Config, Incidents, Outside};
pub use flows::attributes::ALL as SEARCH_ATTRIBUTES;
pub use role::{Error, Worker};
