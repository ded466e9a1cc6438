//! `muster openapi`: which door is described.

use clap::{Args, ValueEnum};
use domain::party::Role;

/// Print the OpenAPI document of a door.
#[derive(Debug, Args)]
pub struct Openapi {
    /// The door.
    #[arg(long, value_enum, default_value = "gateway")]
    pub role: Door,
}

/// A door that takes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Door {
    /// For communities, offices, coordinators.
    Gateway,
    /// The desk of a unit.
    Unit,
    /// The message bus.
    Bus,
    /// What goes to systems outside.
    Worker,
}

impl Door {
    /// Whose door it is.
    pub fn role(self) -> Role {
        match self {
            Door::Gateway => Role::Gateway,
            Door::Unit => Role::Units,
            Door::Bus => Role::Bus,
            Door::Worker => Role::Worker,
        }
    }
}
