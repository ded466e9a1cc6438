//! The flows and the worker on the real server: the development server of Temporal, as in a trial.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod approval;
mod bus;
mod credit;
mod decision;
mod desk;
mod dispute;
mod flow;
mod forward;
mod history;
mod ladder;
mod operation;
mod pack;
mod role;
mod server;
mod sheet;
mod thread;
mod told;
mod trouble;
mod until;
mod weekend;
