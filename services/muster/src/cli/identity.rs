//! `muster identity`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::party::Party;

use super::Format;

/// `muster identity`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A party is <kind>/<id>: unit/enforcement, community/c1, office/office, admin/li, service/bus.
The authority is that of a data folder (`muster run --data DIR` makes one); a city that brings its
own authority issues and revokes there, and puts the files where its roles look for them.

Every role looks at its files every few seconds and takes what is there while it runs: a new
certificate, another bundle of authorities, a new list of what is revoked. No call fails by it.

  muster identity issue unit/fire --data data --out /srv/fire     files for a role elsewhere
  muster identity rotate unit/fire --data data                    a new certificate, in its place
  muster identity revoke unit/fire --data data --reason 'stolen'  out within seconds
  muster identity authority add --data data                       exchange the authority itself")]
pub enum Identity {
    /// Issue an identity and write its files.
    Issue(Issue),
    /// List what was issued, to whom, until when, and what was revoked, when, why and by whom.
    List(List),
    /// Issue anew and replace the files where they lie; who uses them goes over without a failed call.
    Rotate(Rotate),
    /// Take an identity back: open connections are cut and new ones refused within seconds.
    Revoke(Revoke),
    /// Exchange the authority itself for a new one, in three steps.
    Authority(Exchange),
}

/// `muster identity issue`
#[derive(Clone, Debug, Args)]
pub struct Issue {
    /// For whom: `unit/fire`.
    pub party: Party,
    /// The folder for `<kind>-<id>.pem`, its key, `ca.pem` and `revoked.pem`; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How long it is good.
    #[arg(long, value_name = "N", default_value_t = 365,
        value_parser = clap::value_parser!(u64).range(1..=3_650))]
    pub days: u64,
    /// The data folder whose authority issues.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster identity list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// The data folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster identity rotate`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The certificate before stays good until its time is over, because who has not read the new files yet
still needs it. To end it sooner: `muster identity revoke SERIAL`, with the serial from the list.
A party that is revoked is let in again by this: say it to nobody but on purpose.")]
pub struct Rotate {
    /// Whose; or `--all`.
    #[arg(required_unless_present = "all")]
    pub party: Option<Party>,
    /// Everybody who has a good identity in files, as after a new authority issues.
    #[arg(long, conflicts_with = "party")]
    pub all: bool,
    /// How long the new one is good.
    #[arg(long, value_name = "N", default_value_t = 365,
        value_parser = clap::value_parser!(u64).range(1..=3_650))]
    pub days: u64,
    /// The data folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster identity revoke`
#[derive(Clone, Debug, Args)]
pub struct Revoke {
    /// A party, with all its certificates, or the serial number of one.
    #[arg(value_name = "PARTY|SERIAL")]
    pub whom: String,
    /// Why; it is kept with the entry.
    #[arg(long)]
    pub reason: String,
    /// Who says so.
    #[arg(long, value_name = "PERSON", default_value = "administrator")]
    pub by: String,
    /// The data folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster identity authority`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
In this order, each when all roles have looked at their files again (ten seconds are plenty):

  muster identity authority add --data data      everybody trusts both
  muster identity authority use --data data      the new one issues
  muster identity rotate --all --data data       everybody gets an identity of the new one
  muster identity authority remove --data data   the old one is trusted no more

A role whose files lie on another machine gets the new `ca.pem` there before the next step.")]
pub struct Exchange {
    /// Which step.
    #[arg(value_enum)]
    pub step: Step,
    /// The data folder of the authority.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// A step of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// A new authority is trusted beside the one that issues.
    Add,
    /// The new one issues.
    Use,
    /// The old one is trusted no more.
    Remove,
}
