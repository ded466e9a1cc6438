//! `muster bus …` and `muster where`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::party::Party;

use super::Format;
use crate::operate::moment::Spot;

/// `muster bus`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
With --config it is the bus itself, as a process of its own. With a verb it asks one that runs:

  muster bus status --data data                    is all well, and who must act
  muster bus mailboxes --data data --over 5s       what waits for whom, and how fast more comes
  muster bus parked --data data                    what waits for a person
  muster bus tail --data data --type 'muster.case.v1.*'

A system elsewhere: --bus https://bus.example:7400 --identity DIR, with the files that
`muster identity issue admin/li --out DIR` writes.")]
pub struct Bus {
    /// Run the bus, by this configuration; see `deploy/config/`.
    #[arg(long, value_name = "FILE", required = true)]
    pub config: Option<PathBuf>,
    /// Ask a bus that runs.
    #[command(subcommand)]
    pub verb: Option<BusVerb>,
}

/// What an operator asks of a bus.
#[derive(Clone, Debug, Subcommand)]
pub enum BusVerb {
    /// Show the state of the bus: what waits, who follows, who is overdue, whom it turns away.
    Status(Look),
    /// Show every mailbox: depth, age of the oldest, rate, redeliveries, in hand, parked, who owes.
    Mailboxes(Mailboxes),
    /// Show the subscribers, with how far each is.
    Subscribers(Look),
    /// Show what waits for a person; put it back or skip it.
    Parked(Box<Parked>),
    /// Show the record as it grows.
    Tail(Tail),
    /// Move a subscriber's cursor, so that a part of the record comes to it again.
    Replay(Replay),
}

/// How to the system, and as whom.
#[derive(Clone, Debug, Args)]
pub struct Way {
    /// The data folder of a system on this machine: its `endpoints.json` and `identity/`.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["bus", "gateway", "worker", "desk"])]
    pub data: Option<PathBuf>,
    /// Where the bus is, instead: `https://bus.example:7400`.
    #[arg(long, value_name = "URL", requires = "identity")]
    pub bus: Option<String>,
    /// Where the gateway is, instead; `muster where CASE` asks it.
    #[arg(long, value_name = "URL", requires = "identity")]
    pub gateway: Option<String>,
    /// Where the worker is, instead; `muster incidents` asks it.
    #[arg(long, value_name = "URL", requires = "identity")]
    pub worker: Option<String>,
    /// Where a unit's service is, instead; what is asked as a unit asks it.
    #[arg(long, value_name = "URL", requires = "identity")]
    pub desk: Option<String>,
    /// Who serves there, where that is not the unit itself: `service/units`, which hosts several.
    #[arg(long, value_name = "PARTY", requires = "desk")]
    pub desk_server: Option<Party>,
    /// The folder of the certificate, its key, `ca.pem` and `revoked.pem`; `identity/` of the data
    /// folder if not given.
    #[arg(long, value_name = "DIR")]
    pub identity: Option<PathBuf>,
    /// As whom: an administrator, or an office for what offices may. On a data folder that has its
    /// own authority the certificate is issued when there is none.
    #[arg(long = "as", value_name = "PARTY", default_value = "admin/operator")]
    pub caller: Party,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// On whose word.
#[derive(Clone, Debug, Args)]
pub struct Word {
    /// Who acts: `li.na`; it is kept in the record.
    #[arg(long)]
    pub person: String,
    /// The id of this request; said again with the same one it is done once. A new one if not given.
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
}

/// A verb that shows first what it would do.
#[derive(Clone, Debug, Args)]
pub struct Act {
    /// Do it; without this only what would be done is shown.
    #[arg(long)]
    pub yes: bool,
    /// On whose word.
    #[command(flatten)]
    pub word: Word,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// A verb that only looks.
#[derive(Clone, Debug, Args)]
pub struct Look {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster bus mailboxes`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The rate is what was taken a second: since the bus was started, or with --over from two looks so far
apart. A mailbox whose oldest envelope is older than its limit (`waiting_max` of the bus) is an
ALARM; the last column says who must act.

  muster bus mailboxes --data data --overdue")]
pub struct Mailboxes {
    /// Look twice, so far apart, and say what came in between: `5s`.
    #[arg(long, value_name = "SPAN", value_parser = crate::operate::moment::span)]
    pub over: Option<std::time::Duration>,
    /// Only those with an alarm.
    #[arg(long)]
    pub overdue: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster bus parked`
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
An envelope is parked when it was delivered as often as is allowed and never acknowledged, or when it
was not delivered before it expired. Only its subject waits with it; nothing is dropped.

  muster bus parked --data data
  muster bus parked show unit/housing 4711 --data data
  muster bus parked put-back unit/housing 4711 --reason 'the desk was mended' --person li.na --data data
  muster bus parked skip unit/housing --all --reason 'sent twice' --person li.na --data data --yes

Without --yes it is a preview: nothing changes, and what would is shown.")]
pub struct Parked {
    /// Only this mailbox.
    #[arg(long, value_name = "PARTY")]
    pub mailbox: Option<Party>,
    /// How to the system.
    #[command(flatten)]
    pub way: Option<Way>,
    /// Something else than listing.
    #[command(subcommand)]
    pub verb: Option<ParkedVerb>,
}

/// What is done about parked envelopes.
#[derive(Clone, Debug, Subcommand)]
pub enum ParkedVerb {
    /// Show one, with all that the bus knows of it.
    Show {
        /// Whose mailbox: `unit/housing`.
        mailbox: Party,
        /// Its place in the record.
        place: u64,
        /// How to the system.
        #[command(flatten)]
        way: Way,
    },
    /// Put them back: they are delivered again, their deliveries counted anew.
    PutBack(Resolve),
    /// Skip them: they are not delivered, their sender is told, the record keeps who and why.
    Skip(Resolve),
}

/// `muster bus parked put-back|skip`
#[derive(Clone, Debug, Args)]
pub struct Resolve {
    /// Whose mailbox: `unit/housing`.
    pub mailbox: Party,
    /// Which places; or `--all`.
    #[arg(required_unless_present = "all", value_name = "PLACE")]
    pub places: Vec<u64>,
    /// All that is parked there.
    #[arg(long, conflicts_with = "places")]
    pub all: bool,
    /// Why; it is kept in the record.
    #[arg(long)]
    pub reason: String,
    /// Who decides: `li.na`; it is kept in the record.
    #[arg(long)]
    pub person: String,
    /// Do it; without this only what would be done is shown.
    #[arg(long)]
    pub yes: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster bus tail`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It follows the record as the worker does and leaves nothing at the bus, however it ends: no
subscriber, no cursor. Who may do that the city's policies say: administrators, not offices. Bodies
are not shown, they hold what concerns persons.

  muster bus tail --data data                                  from now on
  muster bus tail --data data --from 2026-11-22T08:00:00+08:00 --end
  muster bus tail --data data --from 30m --subject 'case/wenshan/20261122-*'
  muster bus tail --data data --from 4711 --count 10 --output json")]
pub struct Tail {
    /// From where: `now`, `beginning`, a place, a time (`2026-11-22T08:00:00Z`), or how long ago (`30m`).
    #[arg(long, value_name = "WHERE", default_value = "now")]
    pub from: Spot,
    /// Only these types: whole, or with `*` at the end for all that begin so. May be repeated.
    #[arg(long = "type", value_name = "PATTERN")]
    pub types: Vec<String>,
    /// Only these subjects, in the same way.
    #[arg(long = "subject", value_name = "PATTERN")]
    pub subjects: Vec<String>,
    /// End after so many.
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// End where the record ends now, and do not wait for more.
    #[arg(long)]
    pub end: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster bus replay`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
All from there on that the subscriber asks for comes to it again, in order; who has effects once
passes over what it has. A reader that is connected goes on where it is, and begins there when it
connects again: stop it first, its next acknowledgement would move the cursor on.

  muster bus replay archive --party admin/li --from beginning --data data
  muster bus replay archive --party admin/li --from 2026-11-22T08:00:00Z --data data --yes

Without --yes it is a preview: nothing changes, and what would is shown.")]
pub struct Replay {
    /// The subscriber's name.
    pub name: String,
    /// Whose it is; the caller's own if not given.
    #[arg(long, value_name = "PARTY")]
    pub party: Option<Party>,
    /// From where: `beginning`, `now`, a place, a time (`2026-11-22T08:00:00Z`), or how long ago (`30m`).
    #[arg(long, value_name = "WHERE")]
    pub from: Spot,
    /// Do it; without this only what would be done is shown.
    #[arg(long)]
    pub yes: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster where`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Says of an envelope or a case: where it is, since when, who owes, what happens next.

  muster where 20261122-7QK3M9ZT --data data        a case: the ledger, and its open envelopes
  muster where unit/fire/unit/housing/12 --data data   the 12th that fire has sent to housing
  muster where service/gateway/7 --data data        the 7th that the gateway has sent to the record
  muster where 4711 --data data                     what is at this place of the record
  muster where whistle/w1 --data data               by its id, searched from the newest back

A search by id may read the whole record; --source makes sure that it is the right one.")]
pub struct Where {
    /// A case, an envelope as source/recipient/number, a place, or the id of an envelope.
    pub id: String,
    /// Who has sent it, where only its id is given.
    #[arg(long, value_name = "PARTY")]
    pub source: Option<Party>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
