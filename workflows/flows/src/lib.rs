//! The flows: deterministic workflow code, one file per flow, read as the story that it tells.
//!
//! A flow waits, decides by a pure rule of `domain`, and asks for steps to be carried out; nothing
//! else. It has no clock, no chance, no disk and no network of its own, so that a replay on another
//! day takes the same steps. [`activities`] is what it may ask of the worker, [`policy`] how
//! patient it is. Inputs and states are lenient: no old or foreign message is ever poison.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accountability;
pub mod activities;
mod alarm;
pub mod approval;
pub mod attributes;
pub mod credit;
pub mod decision;
pub mod empty;
pub mod heard;
pub mod operation;
pub mod policy;
mod step;
mod story;
pub mod whistle;

pub use accountability::Accountability;
pub use approval::JointApproval;
pub use credit::BlackList;
pub use decision::EnforcementDecision;
pub use operation::JointOperation;
pub use whistle::WhistleCase;
