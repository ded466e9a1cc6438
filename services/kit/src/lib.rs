//! What the roles share: identity, who may do what, servers and clients, the store, the exchange with the bus.
//!
//! A module enters when two roles use it. Nothing here knows what a case is; [`store`] knows that a
//! decision is one record, [`outbox`] and [`inbox`] know that a message is numbered and kept.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
mod carried;
pub mod client;
pub mod clock;
pub mod config;
mod cut;
pub mod evidence;
pub mod follow;
pub mod identity;
pub mod inbox;
mod line;
pub mod metrics;
pub mod outbox;
pub mod pack;
pub mod page;
pub mod proof;
#[cfg(test)]
mod properties;
pub mod registry;
pub mod server;
pub mod shuffle;
pub mod stats;
pub mod status;
pub mod store;
pub mod telemetry;
pub mod trace;
pub mod tx;
pub mod view;
