//! `muster registry …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand, ValueEnum};
use domain::pack::Day;

use super::{Way, Word};

/// `muster registry`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
The rows of the city pack, and the amendments that one person proposes and another approves. A matter
is routed by the day of its event: what was right before an amendment's first day stays right.

  muster registry who open_air_bbq --grid WS-KH-001 --on 2026-06-30 --data data
  muster registry propose --issue open_air_bbq --lead enforcement --responsible subdistricts \\
      --basis 'NT-1.2' --from 2026-07-01 --person li.na --as admin/li --data data
  muster registry approve A20260620-7QK3M9ZT --person wang.wei --as admin/wang --data data
  muster registry touched A20260620-7QK3M9ZT --data data     open cases that it touches
  muster registry hand-over A20260620-7QK3M9ZT CASE… --person li.na --as admin/li --data data")]
pub enum Registry {
    /// Say who answers for a kind of matter in a cell, today or on any day.
    Who(Who),
    /// List amendments: what they say, who proposed and decided.
    List(ListAmendments),
    /// Propose an amendment; nothing changes until another person approves it.
    Propose(Propose),
    /// Approve one, as another person than the one who proposed it.
    Approve(Decide),
    /// Reject one that is proposed, with a reason.
    Reject(Decide),
    /// Take one back that is proposed, as the person who proposed it.
    Withdraw(Decide),
    /// List the open cases that an amendment touches; they stay until they are handed over.
    Touched(Touched),
    /// Hand open cases over to who answers for them now: first a preview, then with its digest.
    HandOver(HandOver),
}

/// `muster registry who`
#[derive(Clone, Debug, Args)]
pub struct Who {
    /// The kind of matter: `street_vending`.
    pub issue: String,
    /// The cell of the grid: `WS-KH-001`.
    #[arg(long)]
    pub grid: String,
    /// The day: `2026-06-30`; today by the city's clock if not given.
    #[arg(long, value_name = "DAY")]
    pub on: Option<Day>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// Where an amendment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    /// Proposed by one person; nobody has decided.
    Proposed,
    /// Approved by another.
    Approved,
    /// Rejected.
    Rejected,
    /// Taken back.
    Withdrawn,
}

/// `muster registry list`
#[derive(Clone, Debug, Args)]
pub struct ListAmendments {
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub state: Option<State>,
    /// Only those about this kind of matter.
    #[arg(long)]
    pub issue: Option<String>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster registry propose`
#[derive(Clone, Debug, Args)]
pub struct Propose {
    /// The kinds of matter, with commas between them.
    #[arg(long = "issue", value_delimiter = ',', required = true)]
    pub issues: Vec<String>,
    /// Only in this subdistrict or district; in all of the city if not given.
    #[arg(long, value_name = "UNIT")]
    pub territory: Option<String>,
    /// Who leads; with several, one is assigned each time.
    #[arg(long = "lead", value_delimiter = ',', value_name = "UNIT")]
    pub leads: Vec<String>,
    /// Nobody leads by itself: a lead is assigned each time.
    #[arg(long, conflicts_with = "leads")]
    pub assigned: bool,
    /// Who cooperates, with commas between them.
    #[arg(long, value_delimiter = ',', value_name = "UNIT")]
    pub cooperating: Vec<String>,
    /// Who is responsible, with commas between them.
    #[arg(long, value_delimiter = ',', value_name = "UNIT")]
    pub responsible: Vec<String>,
    /// The legal basis, and why.
    #[arg(long)]
    pub basis: String,
    /// The first day in force, after today.
    #[arg(long, value_name = "DAY")]
    pub from: Day,
    /// The last day in force; no end if not given. Another amendment must begin the day after.
    #[arg(long, value_name = "DAY")]
    pub until: Option<Day>,
    /// The approved amendments in whose place it stands, with commas between them.
    #[arg(long, value_delimiter = ',', value_name = "AMENDMENT")]
    pub supersedes: Vec<String>,
    /// The case whose ruling it makes a rule.
    #[arg(long, value_name = "CASE")]
    pub precedent: Option<String>,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster registry approve|reject|withdraw`
#[derive(Clone, Debug, Args)]
pub struct Decide {
    /// The amendment: `A20260620-7QK3M9ZT`.
    pub amendment: String,
    /// Why; it is kept in the record. An approval may have none.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster registry touched`
#[derive(Clone, Debug, Args)]
pub struct Touched {
    /// The amendment.
    pub amendment: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster registry hand-over`
#[derive(Clone, Debug, Args)]
pub struct HandOver {
    /// The amendment, which is in force.
    pub amendment: String,
    /// The cases, 1 to 100.
    #[arg(required = true)]
    pub cases: Vec<String>,
    /// Who leads, where the amendment does not say one.
    #[arg(long, value_name = "UNIT")]
    pub lead: Option<String>,
    /// The digest of the preview; without it nothing is done, and what would be is shown.
    #[arg(long)]
    pub digest: Option<String>,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
