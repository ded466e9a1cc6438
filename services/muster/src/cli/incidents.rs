//! `muster incidents …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand, ValueEnum};

use super::{Act, Way};

/// `muster incidents`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
An incident is a flow that is stuck: a step fails again and again, is refused, or moves nothing, or the
flow does not look when it is told. It is over by itself when the step goes through.

  muster incidents list --data data                 what is open, since when, who must act
  muster incidents show i-4711 --data data          the reason in words, and what may be done
  muster incidents resolve i-4711 retry --reason 'the mailbox is empty' --person chen --data data --yes

  retry      the flow looks again now
  put-back   it is left to go on by itself, and counted anew
  skip       the step is left out; the flow goes on with what else there is
  resume     the flow is ended, and another one goes on from the record

`resolve` shows first what would be done, and does it with --yes. Who decided, and why, is kept.")]
pub enum Incidents {
    /// List incidents, the open ones if not told otherwise.
    List(List),
    /// Show one: what is wrong, since when, how often, and what was decided.
    Show(Show),
    /// Decide what becomes of an open one, as an administrator.
    Resolve(Resolve),
}

/// `muster incidents list`
#[derive(Clone, Debug, Args)]
pub struct List {
    /// Those that are over as well.
    #[arg(long)]
    pub all: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster incidents show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// Which: `i-4711`.
    pub incident: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Remedy {
    /// The flow looks again now.
    Retry,
    /// It is left to go on by itself.
    PutBack,
    /// The step is left out.
    Skip,
    /// The flow is ended and begun again from the record.
    Resume,
}

/// `muster incidents resolve`
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    /// Which: `i-4711`.
    pub incident: String,
    /// What is to be done.
    #[arg(value_enum)]
    pub remedy: Remedy,
    /// Why; it is kept.
    #[arg(long)]
    pub reason: String,
    /// Whether it is done, on whose word, and how to the system.
    #[command(flatten)]
    pub act: Act,
}
