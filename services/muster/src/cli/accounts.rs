//! `muster accounts …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::{id::PersonId, party::Party};

use super::{Format, Pack};

/// `muster accounts`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
Accounts of the console are kept in its own folder, while it runs or not. A password comes from a
prompt, or from standard input where that is no terminal; never from the command line. What a person
may do is the pack's: access/people.csv and the policies, by the party and the person id given here.

  muster accounts add li.na --shown 李娜 --party community/kaihua_dongfeng --person li.na --data data
  muster accounts add wang --shown 王强 --party unit/enforcement --person wang --data data < password.txt
  muster accounts list --data data
  muster accounts disable wang --data data")]
pub enum Accounts {
    /// Make an account.
    Add(Add),
    /// List the accounts.
    List(List),
    /// Let an account sign in no more; its sessions end at once.
    Disable(One),
    /// Let it sign in again.
    Enable(One),
    /// Give it another password; its sessions end at once.
    Password(One),
}

/// Where the accounts are.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Kept {
    /// The data folder of `muster run`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The folder of the accounts themselves, as `[console]` of the gateway's file names it.
    #[arg(long, value_name = "DIR")]
    pub accounts: Option<PathBuf>,
}

/// A language of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Pages {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// `muster accounts add`
#[derive(Clone, Debug, Args)]
pub struct Add {
    /// What the person types to sign in.
    pub name: String,
    /// How the person is called on pages.
    #[arg(long)]
    pub shown: String,
    /// For which party the person speaks: `unit/housing`, `community/…`, `office/…`, `admin/…`.
    #[arg(long)]
    pub party: Party,
    /// The person in that party, as the pack and the records name it.
    #[arg(long, value_parser = person)]
    pub person: PersonId,
    /// In which language pages come first.
    #[arg(long, value_enum, default_value_t)]
    pub language: Pages,
    /// Whom a provider of OpenID Connect says that the person is; then no password is asked for.
    #[arg(long)]
    pub subject: Option<String>,
    /// The city whose pack has the party.
    #[command(flatten)]
    pub pack: Pack,
    /// Which account of which folder.
    #[command(flatten)]
    pub word: Said,
}

/// `muster accounts list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Where.
    #[command(flatten)]
    pub kept: Kept,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// What is done to one account.
#[derive(Clone, Debug, Args)]
pub struct One {
    /// Which.
    pub name: String,
    /// On whose word, and where.
    #[command(flatten)]
    pub word: Said,
}

/// On whose word, and where.
#[derive(Clone, Debug, Args)]
pub struct Said {
    /// Who changes it; it is kept in the record.
    #[arg(long, default_value = "operator")]
    pub by: String,
    /// Where.
    #[command(flatten)]
    pub kept: Kept,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

fn person(text: &str) -> Result<PersonId, String> {
    PersonId::parse(text).map_err(|error| error.to_string())
}
