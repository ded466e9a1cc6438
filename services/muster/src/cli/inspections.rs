//! `muster inspections …` and `muster seizures …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Act, Way};

/// `muster inspections`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A stop (检查) with several findings: each is settled by the unit that has the power for it (powers.csv).
What is nobody's, and what is punished twice for one fact, waits for the office.

  muster inspections list --open --data data
  muster inspections show I-enforcement-17 --data data      every finding, also those still pending
  muster inspections open hauler-9 --vehicle 豫A12345 --place 'east gate' --findings found.csv \\
      --person li.na --as unit/enforcement --data data --yes
  muster inspections settle I-enforcement-17 2 --penalty 罚款 --fen 20000 --decision 2026-17 \\
      --person wang --as unit/public_security --data data --yes
  muster inspections flags --as office/command_hq_office --data data
  muster inspections assign I-enforcement-17 3 transport --reason '…' --person … --as office/… --data data --yes
  muster inspections choose hauler-9 FACT public_security/2026-17 --reason '…' --person … --as office/… --data data --yes

The table of findings has the columns code, fact and text. What changes something shows first what
would be said, and says it with --yes.")]
pub enum Inspections {
    /// List stops, with how many of their findings are open.
    List(List),
    /// Show one with all its findings.
    Show(Show),
    /// Open one, as a unit, with a table of findings.
    Open(Open),
    /// List what the caller's unit has still to settle.
    Pending(Pending),
    /// Settle a finding of the caller's unit: a penalty, a warning, or not proven.
    Settle(Settle),
    /// Take back what the caller's unit has settled.
    Revoke(Revoke),
    /// List what waits for the office.
    Flags(Flags),
    /// Name the unit that answers for a finding that is nobody's, as the office.
    Assign(Assign),
    /// Say which of several penalties for one fact stands, as the office.
    Choose(Choose),
}

/// `muster inspections list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Only those in which something is open.
    #[arg(long)]
    pub open: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster inspections show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The stop: `I-enforcement-17`.
    pub inspection: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster inspections open`
#[derive(Clone, Debug, Args)]
pub struct Open {
    /// Who answers for what is found: a company, a driver.
    pub object: String,
    /// The vehicle.
    #[arg(long, default_value = "")]
    pub vehicle: String,
    /// Where.
    #[arg(long)]
    pub place: String,
    /// In which joint operation.
    #[arg(long, default_value = "")]
    pub operation: String,
    /// The table of what was found (CSV).
    #[arg(long, value_name = "FILE")]
    pub findings: PathBuf,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster inspections pending`
#[derive(Clone, Debug, Args)]
pub struct Pending {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster inspections settle`
#[derive(Clone, Debug, Args)]
#[group(id = "how", required = true, multiple = false, args = ["penalty", "warning", "not_proven"])]
pub struct Settle {
    /// The stop.
    pub inspection: String,
    /// The finding's number in it.
    pub finding: u32,
    /// It is punished: with what.
    #[arg(long, value_name = "KIND", requires = "decision")]
    pub penalty: Option<String>,
    /// How much the penalty takes, in fen.
    #[arg(long, default_value_t = 0)]
    pub fen: u64,
    /// The object is warned.
    #[arg(long, requires = "decision")]
    pub warning: bool,
    /// It is not proven: why.
    #[arg(long, value_name = "REASON")]
    pub not_proven: Option<String>,
    /// The number of the decision.
    #[arg(long)]
    pub decision: Option<String>,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster inspections revoke`
#[derive(Clone, Debug, Args)]
pub struct Revoke {
    /// The stop.
    pub inspection: String,
    /// The finding's number in it.
    pub finding: u32,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster inspections flags`
#[derive(Clone, Debug, Args)]
pub struct Flags {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster inspections assign`
#[derive(Clone, Debug, Args)]
pub struct Assign {
    /// The stop.
    pub inspection: String,
    /// The finding's number in it.
    pub finding: u32,
    /// The unit that is to answer for it.
    pub unit: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster inspections choose`
#[derive(Clone, Debug, Args)]
pub struct Choose {
    /// Of whom.
    pub object: String,
    /// What has happened.
    pub fact: String,
    /// The decision that stands: `<unit>/<number>`.
    pub stands: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// `muster seizures`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
The register of seized vehicles (查扣登记): each unit numbers its own, and nothing is ever taken out.

  muster seizures list --data data
  muster seizures seize 豫A12345 --kind 电动三轮车 --place 'the yard' --reason '…' --inspection I-enforcement-17 \\
      --person wang --as unit/public_security --data data --yes
  muster seizures end public_security/3 released --reason '…' --person wang --as unit/public_security --data data --yes")]
pub enum Seizures {
    /// List seizures, also those that are over.
    List(Seized),
    /// Show one.
    Show(ShowSeizure),
    /// Enter a vehicle in the register of the caller's unit.
    Seize(Seize),
    /// Say what becomes of it.
    End(End),
}

/// `muster seizures list`
#[derive(Clone, Debug, Args)]
pub struct Seized {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster seizures show`
#[derive(Clone, Debug, Args)]
pub struct ShowSeizure {
    /// Which: `public_security/3`.
    pub seizure: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster seizures seize`
#[derive(Clone, Debug, Args)]
#[group(id = "about", required = true, multiple = false, args = ["inspection", "case"])]
pub struct Seize {
    /// Which vehicle.
    pub vehicle: String,
    /// What sort of vehicle.
    #[arg(long)]
    pub kind: String,
    /// Where it is kept.
    #[arg(long)]
    pub place: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// The stop to which it belongs.
    #[arg(long)]
    pub inspection: Option<String>,
    /// The case to which it belongs.
    #[arg(long, requires = "object")]
    pub case: Option<String>,
    /// Who answers for the vehicle of a case.
    #[arg(long)]
    pub object: Option<String>,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}

/// What becomes of a vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ends {
    /// It is given back.
    Released,
    /// It is disposed of by law.
    Disposed,
}

/// `muster seizures end`
#[derive(Clone, Debug, Args)]
pub struct End {
    /// Which: `public_security/3`.
    pub seizure: String,
    /// What becomes of it.
    pub end: Ends,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word, and whether it is done.
    #[command(flatten)]
    pub act: Act,
}
