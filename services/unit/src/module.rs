//! What a department adds to the generic service.
//!
//! A module is code about registers and commands. It holds no state that changes, does no IO after
//! it was made, and is asked with the day it is: its answers are part of the record.

use domain::{
    pack::Day,
    rejection::Rejection,
    task::{Command, Task},
};

use crate::register::{Register, Row};

/// A department's own part.
pub trait Module: Send + Sync + 'static {
    /// The registers that it keeps, by name.
    fn registers(&self) -> &[Register];

    /// Whether a register may be asked for this purpose; without rules of its own, for every one that
    /// is named.
    fn permit(&self, _register: &str, _purpose: &str) -> Result<(), Rejection> {
        Ok(())
    }

    /// What the department's own rules say of what was found under a key; may be empty.
    /// `rows` is never empty; `today` is the city's day.
    fn opinion(&self, register: &str, key: &str, rows: &[Row], today: Day) -> String;

    /// The department's own check of a desk command, beside the rule that all units share.
    fn check(&self, _task: &Task, _command: &Command) -> Result<(), Rejection> {
        Ok(())
    }
}

/// A unit with no code of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generic;

impl Module for Generic {
    fn registers(&self) -> &[Register] {
        &[]
    }

    fn opinion(&self, _: &str, _: &str, _: &[Row], _: Day) -> String {
        String::new()
    }
}
