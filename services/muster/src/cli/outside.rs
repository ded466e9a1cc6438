//! `muster outside …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand};

use super::{Way, Word};

/// `muster outside`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Systems outside are told a part of the record as CloudEvents over HTTP, signed, in order of each subject.
What one does not take is kept and tried on; what it refuses waits for a person.

  muster outside list --data data
  muster outside undelivered grid --data data
  muster outside put-back grid 12 --reason 'they have mended it' --person li.na --data data
  muster outside skip grid 12 --reason 'they do not want it' --person li.na --data data")]
pub enum Outside {
    /// List who is told what, and how that goes.
    List(List),
    /// List what one has not taken yet.
    Undelivered(Undelivered),
    /// Try again what waits for a person.
    PutBack(Settle),
    /// Let it go: it is never taken.
    Skip(Settle),
}

/// `muster outside list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster outside undelivered`
#[derive(Clone, Debug, Args)]
pub struct Undelivered {
    /// Whose.
    pub subscription: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster outside put-back|skip`
#[derive(Clone, Debug, Args)]
pub struct Settle {
    /// Whose.
    pub subscription: String,
    /// Which, as `undelivered` numbers them.
    #[arg(required = true)]
    pub numbers: Vec<u64>,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
