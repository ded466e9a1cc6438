//! The vocabulary of Muster and its rules: what a case is, who owes what, who is called.
//!
//! Pure: no IO, no async, no clock. Time and ids come in as arguments, decisions go out as data,
//! so that every rule is tested by a table and every state is a fold over facts.
//! It knows nothing of the wire, of disks, or of Temporal.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accountability;
pub mod approval;
pub mod calendar;
pub mod case;
pub mod clock;
pub mod contact;
pub mod credit;
pub mod decision;
pub mod envelope;
pub mod evidence;
pub mod id;
pub mod incident;
pub mod inspection;
pub mod moment;
pub mod operation;
pub mod outage;
pub mod pack;
pub mod party;
pub mod picture;
pub mod plate;
pub mod registry;
pub mod rejection;
pub mod routing;
pub mod seen;
pub mod task;
