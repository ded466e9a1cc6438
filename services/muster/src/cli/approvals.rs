//! `muster approvals …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Act, Way};

/// `muster approvals`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A joint approval (联审联批): several units approve many items, each within its own power. One refusal
ends its item, every approval approves it, silence is urged and never consent.

  muster approvals list --data data
  muster approvals show P20261122-7QK3M9ZT --data data     who has said what, and the work of each item
  muster approvals apply bollards --title 'the lane along the river' --items survey.csv \\
      --person li.na --as office/command_hq_office --data data --yes
  muster approvals withdraw P20261122-7QK3M9ZT --reason 'another survey' --person li.na --as … --data data --yes

The table of items has the columns id, grid, outcome and text. `apply` and `withdraw` show first what
would be said, and say it with --yes.")]
pub enum Approvals {
    /// List approvals: how many items are open, and who owes an opinion.
    List(List),
    /// Show one with its items, every word about them, and how the work of each stands.
    Show(Show),
    /// Apply for one, with a table of items; the same request is the same approval.
    Apply(Apply),
    /// Take back what is not complete, as who applied.
    Withdraw(Withdraw),
}

/// `muster approvals list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster approvals show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The approval: `P20261122-7QK3M9ZT`.
    pub approval: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster approvals apply`
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// What sort: a kind of the city's `approvals.csv`.
    pub kind: String,
    /// What it is about.
    #[arg(long)]
    pub title: String,
    /// The table of items (CSV).
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster approvals withdraw`
#[derive(Clone, Debug, Args)]
pub struct Withdraw {
    /// The approval: `P20261122-7QK3M9ZT`.
    pub approval: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}
