//! `muster notices …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand, ValueEnum};

use super::{Way, Word};

/// `muster notices`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
People are told by SMS or webhook of what the pack's notifications.csv names. What the gateway has taken is
`taken`; it is `delivered` only when the gateway says so. What failed waits for a person.

  muster notices list --data data                              who was told, and how that went
  muster notices list --case WS-1 --data data
  muster notices list --state failed --data data
  muster notices list --receiver unit/housing/duty --data data
  muster notices again 12 --reason 'the number was put right' --person li.na --data data")]
pub enum Notices {
    /// List who was told of what.
    List(List),
    /// Send a failed one again.
    Again(Again),
}

/// How one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Not taken yet.
    Waiting,
    /// The gateway has it.
    Taken,
    /// The gateway says that it was delivered.
    Delivered,
    /// It was not told.
    Failed,
}

/// `muster notices list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only of this case.
    #[arg(long = "case")]
    pub case_id: Option<String>,
    /// Only for this receiver: `unit/housing/duty`.
    #[arg(long)]
    pub receiver: Option<String>,
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub state: Option<State>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster notices again`
#[derive(Clone, Debug, Args)]
pub struct Again {
    /// Which, as `list` numbers them.
    pub number: u64,
    /// Why; it is kept.
    #[arg(long)]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
