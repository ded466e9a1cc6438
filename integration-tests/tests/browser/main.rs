//! The console as people use it: a real browser, on a real city.
//!
//! `just browser` runs it, for it needs Debian's `chromium` and `chromium-driver`, and axe-core from
//! npm: `.ci/run browser` installs all of them. Without them it fails and says so.
//! All state comes through the public interfaces. Screenshots are left in `target/browser`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the whole binary is a test")]

mod acts;
mod again;
#[path = "../all/city.rs"]
#[allow(dead_code, reason = "what the other tests ask of a city of processes and these do not")]
mod apart;
mod browser;
mod city;
mod door;
mod driver;
mod found;
mod intake;
mod ladder;
mod late;
#[path = "../all/operate/letters.rs"]
#[allow(dead_code, reason = "what the other tests ask of letters and these do not")]
mod letters;
mod link;
mod operation;
#[path = "../all/credit/outside.rs"]
#[allow(dead_code, reason = "what the other tests ask of systems outside and these do not")]
mod outside;
mod parked;
#[path = "../all/people.rs"]
#[allow(dead_code, reason = "what the other tests ask of people and these do not")]
mod people;
#[path = "../all/program.rs"]
#[allow(dead_code, reason = "what the other tests ask of a program and these do not")]
mod program;
mod ruled;
mod same;
#[path = "../all/s1/stage.rs"]
#[allow(dead_code, reason = "what the stories ask of a stage and these do not")]
mod stage;
mod stuck;
mod told;
mod whistle;
