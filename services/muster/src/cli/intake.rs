//! `muster intake …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Way, Word};

/// `muster intake`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Other city systems (12345, 12319, 数字城管) give their cases: what the pack's intake.csv understands is
whistled at once, what it does not waits for a person of an office.

  muster intake sources --data data
  muster intake list --state waiting --data data
  muster intake show ext_digital_cm 12319-77 --data data
  muster intake resolve ext_digital_cm 12319-77 --grid WS-KH-001 --photo a.jpg --person li.na \\
      --as office/leading_group_office --data data
  muster intake turn-down ext_digital_cm 12319-78 --reason 'not of this city' --person li.na \\
      --as office/leading_group_office --data data")]
pub enum Intake {
    /// List the systems that give their cases, and how that goes.
    Sources(Sources),
    /// List reports, the oldest first.
    List(List),
    /// Show one report: what it said, what it says now, what became of it.
    Show(Show),
    /// Say what a report is that waits for a person; it is whistled at once.
    Resolve(Resolve),
    /// Turn down a report that waits for a person; the reason goes back.
    TurnDown(TurnDown),
}

/// `muster intake sources`
#[derive(Clone, Debug, Args)]
pub struct Sources {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// Where a report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Kept, and whistled as soon as the gateway answers.
    Open,
    /// It waits for a person.
    Waiting,
    /// It has a case.
    Raised,
    /// A person has turned it down.
    TurnedDown,
}

/// `muster intake list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only of this system.
    #[arg(long)]
    pub system: Option<String>,
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub state: Option<State>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// Which report.
#[derive(Clone, Debug, Args)]
pub struct Named {
    /// Whose: a unit of the city pack.
    pub system: String,
    /// The number that it has there.
    pub number: String,
}

/// `muster intake show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Which.
    #[command(flatten)]
    pub named: Named,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster intake resolve`
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    /// Which.
    #[command(flatten)]
    pub named: Named,
    /// What sort of matter, where the pack does not know their code.
    #[arg(long, value_name = "TYPE")]
    pub issue: Option<String>,
    /// Which cell, where the pack does not know their place.
    #[arg(long, value_name = "CELL")]
    pub grid: Option<String>,
    /// What was seen, where the report does not say.
    #[arg(long)]
    pub description: Option<String>,
    /// A photograph that shows it; may be said several times.
    #[arg(long, value_name = "FILE")]
    pub photo: Vec<PathBuf>,
    /// The open case whose matter it is.
    #[arg(long, value_name = "CASE")]
    pub same_as: Option<String>,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster intake turn-down`
#[derive(Clone, Debug, Args)]
pub struct TurnDown {
    /// Which.
    #[command(flatten)]
    pub named: Named,
    /// Why, for the other system.
    #[arg(long)]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
