//! `muster cases agenda` and `muster cases bulletin`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::Args;
use domain::pack::Day;

use super::Way;
use crate::cases::bulletin::Month;

/// `muster cases agenda`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
What is overdue, undecided or lifted is what is so now. The matters that are frequent, and the share of
what was found by who answers for the place, are of the cases that were raised in the week: Monday to
Sunday by the city's clocks. Frequent matters are a list of tasks that is proposed; people decide.

  muster cases agenda --data data --week 2026-11-23 --as office/leading_group_office
  muster cases agenda --data data --output json > agenda.jsonl")]
pub struct Agenda {
    /// Any day of the week, `2026-11-23`; this week if not given.
    #[arg(long, value_name = "DAY")]
    pub week: Option<Day>,
    /// How many matters of each territory.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub top: u8,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster cases bulletin`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Counted as the ledger counts: what is due and decided in the month, by the city's clocks; a month that
is not over is counted until now. Equal rates share a rank, and a unit without a due task has none.
The bulletin says figures; what is praised or exposed is for people to decide.

  muster cases bulletin --data data --month 2026-11 --as office/leading_group_office
  muster cases bulletin --data data --month 2026-11 --output json > bulletin.jsonl")]
pub struct Bulletin {
    /// Which month, `2026-11`.
    #[arg(long, value_name = "MONTH", value_parser = Month::parse)]
    pub month: Month,
    /// How many late cases of each unit.
    #[arg(long, default_value_t = 20)]
    pub late: u16,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
