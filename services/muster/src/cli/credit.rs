//! `muster credit …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand};

use super::{Way, Word};

/// `muster credit`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Scores follow from what units have confirmed; the list and what goes outside follow from the scores.

  muster credit show hauler-9 --data data           the score, and all that it rests on
  muster credit listed --data data                  who is on the list (黑榜)
  muster credit waiting --data data                 what is not with an outside system yet, and why
  muster credit put-back hauler-9 ext_zhengzhou_credit/listed/1 --reason 'it is known there now' \\
      --person li.na --as office/command_hq_office --data data
  muster credit remove hauler-9 --reason '…' --person li.na --as office/command_hq_office --data data")]
pub enum Credit {
    /// Show the score of an object with its violations, its times on the list, its deliveries.
    Show(Show),
    /// List who is on the list.
    Listed(Whole),
    /// List what is not with an outside system yet: what is tried, and what waits for a person.
    Waiting(Whole),
    /// Have what is parked tried again, under the same key.
    PutBack(Settle),
    /// Say that what is parked need not go.
    Skip(Settle),
    /// Say that an object be taken off the list; as many people must as the pack asks for.
    Remove(Remove),
}

/// `muster credit show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Whose: `hauler-9`.
    pub object: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// A verb that shows all.
#[derive(Clone, Debug, Args)]
pub struct Whole {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster credit put-back`, `muster credit skip`
#[derive(Clone, Debug, Args)]
pub struct Settle {
    /// About whom.
    pub object: String,
    /// Which delivery, as it is listed: `ext_zhengzhou_credit/listed/1`.
    pub delivery: String,
    /// Why; it is kept in the record.
    #[arg(long)]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster credit remove`
#[derive(Clone, Debug, Args)]
pub struct Remove {
    /// Whom.
    pub object: String,
    /// Why; it is kept in the record.
    #[arg(long)]
    pub reason: String,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
