//! What the lead does in the place of a unit that has no client on the bus (代办), marked so.
//!
//! A company whose lines run through a compound is called like everybody else; only the call goes to
//! the lead, and what the lead then says about it names both. Nobody else speaks for a unit, and
//! the lead speaks for none that has a service of its own.

use serde::{Deserialize, Serialize};

use super::{course::Course, fact::Fact};
use crate::{id::UnitId, party::Party};

/// What was done for a unit by the lead of its round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxied {
    /// The lead, which acts.
    pub by: UnitId,
    /// What is true of the unit since: accepted, refused, arrived or disposed.
    pub act: Box<Fact>,
}

impl Proxied {
    /// What `by` has done in the place of a unit; none for what nobody does for another.
    pub fn new(by: UnitId, act: Fact) -> Option<Proxied> {
        part(&act)?;
        Some(Proxied { by, act: Box::new(act) })
    }

    /// The round, and the unit for which it was done.
    pub fn part(&self) -> Option<(u32, &UnitId)> {
        part(&self.act)
    }
}

fn part(act: &Fact) -> Option<(u32, &UnitId)> {
    match act {
        Fact::Accepted { round, unit }
        | Fact::Refused { round, unit, .. }
        | Fact::Arrived { round, unit }
        | Fact::Disposed { round, unit, .. } => Some((*round, unit)),
        _ => None,
    }
}

impl Course {
    /// Who is told of what is for a party: the lead, where a unit has no client.
    pub fn told(&self, party: &Party) -> Party {
        let part = party.as_unit().and_then(|unit| self.parts.get(&unit));
        part.and_then(|part| part.proxy.as_ref()).map_or_else(|| party.clone(), Party::unit)
    }
}
