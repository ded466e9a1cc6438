//! `muster operations …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::moment::Moment;
use proto::operation::Need;

use super::{Act, Way};
use crate::operate::moment;

/// `muster operations`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A joint operation (联合执法行动): several units act at one place and time, each within its own power.
Whom nothing reaches is never late; after the end every unit lets go, and what could not be told it
waits in a list.

  muster operations plan muck_trucks --goal 'the river road' --subdistrict subdistrict_songyang \\
      --from 2026-11-27T12:00:00Z --to 2026-11-27T20:00:00Z --unit transport:2:1 \\
      --person li.na --as office/command_hq_office --data data --yes
  muster operations list --data data
  muster operations show O20261122-7QK3M9ZT --data data        who comes, what was ordered, the log
  muster operations order O20261122-7QK3M9ZT enforcement 'close the slip road' --person … --as … --yes
  muster operations waiting --data data                        who has not let go, for an operator
  muster operations settle O20261122-7QK3M9ZT transport --reason 'told by telephone' --person … --as … --yes

A unit is named with what it brings: UNIT[:PEOPLE[:VEHICLES]][!], with ! a must. `follow-up` takes a table
with the columns id, grid, issue_type, text and units. What changes something shows first what it would
say, and says it with --yes.")]
pub enum Operations {
    /// Plan one, from a template of the pack or freely.
    Plan(Box<Plan>),
    /// Have another unit called.
    Invite(Invite),
    /// List operations: how far each is, and who comes.
    List(Whole),
    /// Show one with its units, its orders, and all that was said in it.
    Show(Show),
    /// Order a team to do something.
    Order(Order),
    /// Send a team elsewhere.
    Reassign(Reassign),
    /// End one: what was done stays.
    Stop(End),
    /// Call one off.
    Abort(End),
    /// List what has ended and who has not let go.
    Waiting(Whole),
    /// Settle what a unit could not be told.
    Settle(Settle),
    /// Give what is left to cases, with a table.
    FollowUp(FollowUp),
}

/// `muster operations list`, `waiting`
#[derive(Clone, Debug, Args)]
pub struct Whole {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster operations show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster operations plan`
#[derive(Clone, Debug, Args)]
pub struct Plan {
    /// A template of the city's `operations.csv`; without one the plan is free.
    pub kind: Option<String>,
    /// What for.
    #[arg(long)]
    pub goal: String,
    /// A cell of the grid; may be said again.
    #[arg(long = "grid", value_name = "CELL")]
    pub grids: Vec<String>,
    /// A whole subdistrict; may be said again.
    #[arg(long = "subdistrict", value_name = "UNIT")]
    pub subdistricts: Vec<String>,
    /// From when: `2026-11-27T12:00:00Z`.
    #[arg(long, value_parser = moment::moment)]
    pub from: Moment,
    /// Until when.
    #[arg(long, value_parser = moment::moment)]
    pub to: Moment,
    /// A unit and what it brings: `transport:2:1!`; may be said again.
    #[arg(long = "unit", value_name = "UNIT", value_parser = need)]
    pub units: Vec<Need>,
    /// So many units at least; without it as the template says, or all.
    #[arg(long, default_value_t = 0)]
    pub quorum: u32,
    /// How long units have to answer; without it as the pack says for the template.
    #[arg(long, value_parser = moment::span)]
    pub answer_within: Option<std::time::Duration>,
    /// Whether none follows, whatever the template says.
    #[arg(long)]
    pub single: bool,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations invite`
#[derive(Clone, Debug, Args)]
pub struct Invite {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// The unit and what it brings: `environment:2:1`.
    #[arg(value_parser = need)]
    pub unit: Need,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations order`
#[derive(Clone, Debug, Args)]
pub struct Order {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// Whose team.
    pub unit: String,
    /// What.
    pub text: String,
    /// Where: a cell of the grid.
    #[arg(long, default_value = "")]
    pub grid: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations reassign`
#[derive(Clone, Debug, Args)]
pub struct Reassign {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// Whose team.
    pub unit: String,
    /// Where it goes: a cell of the grid.
    pub grid: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations stop`, `abort`
#[derive(Clone, Debug, Args)]
pub struct End {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// Whether none of its series follows either.
    #[arg(long)]
    pub series: bool,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations settle`
#[derive(Clone, Debug, Args)]
pub struct Settle {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// Of which unit.
    pub unit: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster operations follow-up`
#[derive(Clone, Debug, Args)]
pub struct FollowUp {
    /// The operation: `O20261122-7QK3M9ZT`.
    pub operation: String,
    /// The table of what is left (CSV).
    #[arg(long, value_name = "FILE")]
    pub works: PathBuf,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// Reads `UNIT[:PEOPLE[:VEHICLES]][!]`.
fn need(text: &str) -> Result<Need, String> {
    let right = || "right would be UNIT[:PEOPLE[:VEHICLES]][!]: transport:2:1!".to_owned();
    let (text, is_must) = match text.strip_suffix('!') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let mut parts = text.split(':');
    let unit = parts.next().filter(|unit| !unit.is_empty()).ok_or_else(right)?.to_owned();
    let mut number = |otherwise: u32| match parts.next() {
        None => Ok(otherwise),
        Some(number) => number.parse().map_err(|_| right()),
    };
    let (people, vehicles) = (number(1)?, number(0)?);
    match parts.next() {
        None => Ok(Need { unit, people, vehicles, powers: Vec::new(), is_must }),
        Some(_) => Err(right()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_named_with_what_it_brings() {
        let of = |text: &str| {
            need(text).map(|need| (need.unit, need.people, need.vehicles, need.is_must))
        };
        assert_eq!(of("transport"), Ok(("transport".into(), 1, 0, false)));
        assert_eq!(of("transport:2!"), Ok(("transport".into(), 2, 0, true)));
        assert_eq!(of("transport:2:3"), Ok(("transport".into(), 2, 3, false)));
        for wrong in ["", ":2", "a:x", "a:1:2:3", "a:-1"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
