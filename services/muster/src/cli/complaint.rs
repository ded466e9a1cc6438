//! `muster cases complaint …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::id::UnitId;

use super::{Act, Way};

/// `muster cases complaint`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A complaint about a unit (投诉) is a case of its own, and ends with a finding and not before (四个一律).
The office that owns it finds: never one whose own house it is about. What is upheld is published, and
the unit has to answer: muster accountability.

  muster cases complaint list --data data --without-finding
  muster cases complaint find 20261122-7QK3M9ZT --upheld --text '…' --person wang.wei \\
      --as office/leading_group_office --data data

`find` shows first what would be found, and does it with --yes.")]
pub enum Complaint {
    /// List the complaints with what was found, or that nothing was yet, and who owes it.
    List(Complaints),
    /// Record what was found about a complaint, as the office that owns it.
    Find(Find),
}

/// `muster cases complaint list`
#[derive(Clone, Debug, Args)]
pub struct Complaints {
    /// Only about this unit.
    #[arg(long, value_name = "UNIT")]
    pub about: Option<UnitId>,
    /// Only those without a finding.
    #[arg(long)]
    pub without_finding: bool,
    /// Only those that are open.
    #[arg(long)]
    pub open: bool,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster cases complaint find`
#[derive(Clone, Debug, Args)]
pub struct Find {
    /// The complaint.
    pub case_id: String,
    /// It is right.
    #[arg(long, required_unless_present = "not_upheld")]
    pub upheld: bool,
    /// It is not.
    #[arg(long, conflicts_with = "upheld")]
    pub not_upheld: bool,
    /// What was found; it is kept in the record, and who complained reads it.
    #[arg(long)]
    pub text: String,
    /// Whether, on whose word, and how to the system.
    #[command(flatten)]
    pub act: Act,
}
