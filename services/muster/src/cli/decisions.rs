//! `muster decisions …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand};

use super::{Act, Way};

/// `muster decisions`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
An enforcement decision (执法决定) is drafted, reviewed, issued and carried out at the desks of units, and
nowhere else: no office and no administrator opens a gate.

  muster decisions list --data data                        how each stands, and who owes a word
  muster decisions list --unanswered --data data           those whose supervisor waits for an answer
  muster decisions show enforcement-57 --data data         everything that was said about one
  muster decisions publications --data data                what anybody may read
  muster decisions supervise enforcement-57 --text 'why so late?' --person li.na \\
      --as office/leading_group_office --data data --yes

`supervise` shows first what would be said, and says it with --yes.")]
pub enum Decisions {
    /// List decisions: how each stands, what pauses it, and who owes a word.
    List(List),
    /// Show one with its file, gates, reviews, actions, transfers, payments and opinions.
    Show(Show),
    /// List what was published, before, during and after.
    Publications(Publications),
    /// Give a supervisor's opinion, which the unit must answer.
    Supervise(Supervise),
}

/// `muster decisions list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only those with an opinion that is not answered.
    #[arg(long)]
    pub unanswered: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster decisions show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The decision: `enforcement-57`.
    pub decision: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster decisions publications`
#[derive(Clone, Debug, Args)]
pub struct Publications {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster decisions supervise`
#[derive(Clone, Debug, Args)]
pub struct Supervise {
    /// The decision: `enforcement-57`.
    pub decision: String,
    /// What is said.
    #[arg(long)]
    pub text: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}
