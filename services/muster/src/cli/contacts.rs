//! `muster contacts …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand};

use super::{Way, Word};

/// `muster contacts`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Telephone numbers of illegal advertisements (广告违法通讯信息): handed from unit to unit for one purpose,
called back once, deleted in time. A number is never shown but by `read`, and who reads is on record.

  muster contacts hand-over enforcement 138-0013-8000 --purpose call-back --note 'on a leaflet' \\
      --person wang --as unit/public_security --data data
  muster contacts list --as unit/enforcement --data data
  muster contacts read C-enforcement-9 --purpose call-back --person li.na --as unit/enforcement --data data
  muster contacts report C-enforcement-9 --result unplugged --person li.na --as unit/enforcement --data data")]
pub enum Contacts {
    /// Hand a number to another unit; the same number again joins the call-back that is not done.
    HandOver(HandOver),
    /// List what the caller's unit has received or handed over, without numbers.
    List(List),
    /// Read a number, for the purpose for which it was handed over.
    Read(Read),
    /// Say what came of the call-back.
    Report(Report),
}

/// `muster contacts hand-over`
#[derive(Clone, Debug, Args)]
pub struct HandOver {
    /// To which unit.
    pub unit: String,
    /// The telephone number.
    pub number: String,
    /// What for.
    #[arg(long)]
    pub purpose: String,
    /// Where it was advertised; without the number.
    #[arg(long)]
    pub note: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster contacts list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster contacts read`
#[derive(Clone, Debug, Args)]
pub struct Read {
    /// Which: `C-enforcement-9`.
    pub contact: String,
    /// What for.
    #[arg(long)]
    pub purpose: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster contacts report`
#[derive(Clone, Debug, Args)]
pub struct Report {
    /// Which: `C-enforcement-9`.
    pub contact: String,
    /// What came of it; without the number.
    #[arg(long)]
    pub result: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
