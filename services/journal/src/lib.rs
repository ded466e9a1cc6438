//! The record: an append-only journal of opaque byte records.
//!
//! Records get dense places from 1 upward (0 means "nothing yet"), and each carries the hash of
//! the one before. A place that was returned is on disk: an append is answered only after
//! `fdatasync`, with one write and one sync for all who wait. Readers never see a gap, nor a
//! record that is not synced.
//!
//! What an append promises: `Ok` means every record of the batch survives a power cut.
//! [`Error::DiskFull`] and [`Error::TooLarge`] mean that none was kept. Any other error, or none
//! because the power failed, means unknown: after the next [`Journal::open`] a prefix of the batch
//! may be there, or nothing of it. Whoever needs a decision whole puts it into one record.
//!
//! What it refuses: to run on after a failed write or sync (it is poisoned, and a sync is never
//! tried twice), to open what is damaged, to be opened twice at once, and to trim what is not
//! in a verified archive. It knows nothing of what it stores.
//!
//! # Layout
//!
//! - [`format`](mod@format): the bytes on disk, on one page; a stranger can write a verifier.
//! - `frames`, `survey`: reading those bytes and judging them; they change nothing.
//! - `recovery`: what opening changes: torn tails are cut, uncertain bytes are written again.
//! - `writer`, `handle`, `reader`: the one writing thread, and those who wait and read.
//! - `archive`, `trim`: sealed segments in a second folder, and letting go of what is there.
//! - `copy`: what a backup takes while it is written.
//! - [`disk`], [`simulated`]: what is asked of a file system; one that loses power on demand.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod archive;
mod copy;
pub mod disk;
mod error;
pub mod format;
mod frames;
mod handle;
mod mark;
mod options;
mod reader;
mod recovery;
mod segment;
pub mod simulated;
mod survey;
#[cfg(test)]
mod tests;
mod trim;
mod verify;
mod writer;

pub use archive::Archived;
pub use copy::{Beginning, Part, beginning};
pub use error::{Damage, Error};
pub use format::{Hash, Identity};
pub use handle::{Appended, Appending, Journal, Synced};
pub use options::{Clock, Depth, Options};
pub use reader::{Bodies, Record, Scan};
pub use trim::{Room, room};
pub use verify::{Verified, verify, verify_on};
