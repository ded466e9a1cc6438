//! The one test binary of the whole system: one link, one run, a module per subject.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the whole binary is a test")]

mod absent;
mod architecture;
mod assist;
mod away;
mod backlog;
mod bench;
mod city;
mod command;
mod console;
mod console_desk;
mod credit;
mod demo;
mod exported;
mod json;
mod killed;
mod ledger;
mod lone;
mod measured;
mod mechanisms;
mod notices;
mod observability;
mod operate;
mod operation;
mod outside;
mod people;
mod program;
mod questions;
mod refusals;
mod roles;
mod s1;
mod s11;
mod s13;
mod s2;
mod s3;
mod s4;
mod s6;
mod s7;
mod s9;
mod seeds;
mod stories;
mod talk;
mod traced;
mod trial;
