//! Credit and lists, stories S4 (the score of a hauling company) and S9 (uncivil drivers): on the
//! program as it ships, with the pack of Dengfeng, and with outside systems that are real servers on
//! loopback: they fail, stall, break off after they have taken something, refuse, and are away.
//!
//! The README's table says which test is for which clause.

mod broken;
pub mod outside;
mod s4;
mod s9;
mod stage;
