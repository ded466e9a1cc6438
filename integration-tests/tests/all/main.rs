//! The one test binary of the whole system: one link, one run, a module per subject.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the whole binary is a test")]

mod architecture;
mod command;
mod demo;
mod people;
mod program;
mod refusals;
mod roles;
mod seeds;
mod trial;
