//! The command line: one verb for each thing a person or a supervisor starts.

pub mod accountability;
pub mod accounts;
mod agenda;
pub mod approvals;
mod bench;
pub mod complaint;
pub mod contacts;
pub mod credit;
pub mod decisions;
mod identity;
pub mod incidents;
pub mod inspections;
mod ledger;
pub mod notices;
mod openapi;
mod operate;
pub mod operations;
pub mod outside;
pub mod registry;
mod trace;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::pack::GridRole;

pub use self::agenda::{Agenda, Bulletin};
pub use self::bench::{Bench, BenchBus, BenchExtra, BenchFlood, Case, System};
pub use self::identity::{Exchange, Identity, Issue, List, Revoke, Rotate, Step};
pub use self::ledger::{
    Cases, CountBy, Dump, Export, History, Language, Ledger, Packs, Rates, Rebuild, Search, Sheet,
};
pub use self::openapi::{Door, Openapi};
pub use self::operate::{
    Act, Bus, BusVerb, Look, Mailboxes, Parked, ParkedVerb, Replay, Resolve, Tail, Way, Where, Word,
};
pub use self::trace::Trace;

/// Muster 社区吹哨、部门报到: communities blow the whistle, departments report.
///
/// Start with `muster demo`: it makes a city on this machine and plays one case through it.
#[derive(Debug, Parser)]
#[command(name = "muster", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What Muster can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Play the story of a whistle on a whole system of its own, then stay up to be looked at.
    Demo(Demo),
    /// Run everything on this machine, resuming from its data folder (profile `trial`).
    Run(Run),
    /// Run the message bus as a process of its own, or ask one that runs: what waits, who owes.
    Bus(Box<Bus>),
    /// Say of any envelope or case where it is, since when, who owes, what happens next.
    Where(Where),
    /// Draw a case as a waterfall: each step, each message, each wait, what was late.
    Trace(Trace),
    /// Say who answers for what, where and on which day; propose and approve amendments.
    #[command(subcommand)]
    Registry(Box<registry::Registry>),
    /// Scores, the list, and what goes to outside systems.
    #[command(subcommand)]
    Credit(Box<credit::Credit>),
    /// Stops and their findings: who has the power, what is pending, what the office decides.
    #[command(subcommand)]
    Inspections(Box<inspections::Inspections>),
    /// Telephone numbers that units hand to each other.
    #[command(subcommand)]
    Contacts(Box<contacts::Contacts>),
    /// The register of seized vehicles.
    #[command(subcommand)]
    Seizures(Box<inspections::Seizures>),
    /// Joint approvals: list them, show one, apply, take back.
    #[command(subcommand)]
    Approvals(Box<approvals::Approvals>),
    /// Enforcement decisions: list them, show one, what was published, supervise.
    #[command(subcommand)]
    Decisions(Box<decisions::Decisions>),
    /// Joint operations: plan them, call units, order teams, end them, settle what waits.
    #[command(subcommand)]
    Operations(Box<operations::Operations>),
    /// Who outside is told of the record, what was not taken, and what is done about it.
    #[command(subcommand)]
    Outside(Box<outside::Outside>),
    /// Who was told by SMS or webhook, and sending again what failed.
    #[command(subcommand)]
    Notices(Box<notices::Notices>),
    /// Flows that are stuck: why, since when, and what to do about them.
    #[command(subcommand, visible_alias = "incident")]
    Incidents(Box<incidents::Incidents>),
    /// Look for cases, count them, show the history of one, and the rates.
    #[command(subcommand)]
    Cases(Box<Cases>),
    /// Who has to answer for what: the sheets of facts, what follows, and what is published.
    #[command(subcommand)]
    Accountability(Box<accountability::Accountability>),
    /// The ledger as a whole: dump it, make it anew from the record, export it.
    #[command(subcommand)]
    Ledger(Box<Ledger>),
    /// Run one or more units as a process of their own.
    Unit(UnitRole),
    /// Run the worker, the only role that talks to Temporal.
    Worker(Role),
    /// Run the gateway, the door for communities and coordinators.
    Gateway(Role),
    /// Who may sign in to the console: add, list, disable, enable, give a password.
    #[command(subcommand)]
    Accounts(Box<accounts::Accounts>),
    /// Look after a city pack.
    #[command(subcommand)]
    City(City),
    /// Who may do what, by the policies of a city pack.
    #[command(subcommand)]
    Policy(Policy),
    /// Prove what a journal holds.
    #[command(subcommand)]
    Audit(Audit),
    /// Show how much disk each role takes.
    Disk(Disk),
    /// Copy a running system into one file.
    Backup(Backup),
    /// Make a data folder from a backup, after all of it was verified.
    Restore(Restore),
    /// Print the OpenAPI document of a door: its calls as JSON over HTTP.
    Openapi(Openapi),
    /// Say who may speak: issue, list, renew and revoke identities.
    #[command(subcommand)]
    Identity(Identity),
    /// Measure on a system of its own, beside a yardstick in the same run.
    #[command(subcommand)]
    Bench(Bench),
}

impl Verb {
    /// The word, as telemetry names the process.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Demo(_) => "demo",
            Verb::Run(_) => "run",
            Verb::Bus(asked) if asked.verb.is_none() => "bus",
            Verb::Bus(_) => "operate",
            Verb::Where(_) => "where",
            Verb::Trace(_) => "trace",
            Verb::Registry(_) => "registry",
            Verb::Openapi(_) => "openapi",
            Verb::Outside(_) => "outside",
            Verb::Notices(_) => "notices",
            Verb::Credit(_) => "credit",
            Verb::Inspections(_) => "inspections",
            Verb::Seizures(_) => "seizures",
            Verb::Contacts(_) => "contacts",
            Verb::Approvals(_) => "approvals",
            Verb::Decisions(_) => "decisions",
            Verb::Operations(_) => "operations",
            Verb::Incidents(_) => "incidents",
            Verb::Cases(_) => "cases",
            Verb::Accountability(_) => "accountability",
            Verb::Ledger(_) => "ledger",
            Verb::Unit(_) => "unit",
            Verb::Worker(_) => "worker",
            Verb::Gateway(_) => "gateway",
            Verb::Accounts(_) => "accounts",
            Verb::City(_) => "city",
            Verb::Policy(_) => "policy",
            Verb::Audit(_) => "audit",
            Verb::Disk(_) => "disk",
            Verb::Backup(_) => "backup",
            Verb::Restore(_) => "restore",
            Verb::Identity(_) => "identity",
            Verb::Bench(_) => "bench",
        }
    }
}

/// How to say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line, and nothing else.
    Json,
}

/// `muster demo`
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// End after the story, with status 0 when all went well and 1 when not.
    #[arg(long)]
    pub exit: bool,
    /// Where to keep the data; a new temporary folder if not given. Must be empty.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// Which city.
    #[arg(long, default_value = "wenshan")]
    pub city: String,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster run`
#[derive(Clone, Debug, Args)]
pub struct Run {
    /// Where the data is kept; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Which city.
    #[arg(long)]
    pub city: String,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// Which limits of the pack are in force; the pack's default if not given.
    #[arg(long)]
    pub profile: Option<String>,
    /// The first of the ports on loopback: bus, gateway, worker, units; 0 takes free ones.
    #[arg(long, default_value_t = 7400)]
    pub port: u16,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// A role as a process of its own.
#[derive(Clone, Debug, Args)]
pub struct Role {
    /// Its configuration; see `deploy/config/`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `muster unit`
#[derive(Clone, Debug, Args)]
pub struct UnitRole {
    /// The units to host, by their ids in the city pack.
    #[arg(required = true, value_name = "UNIT")]
    pub units: Vec<String>,
    /// Its configuration; see `deploy/config/`.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `muster city`
#[derive(Clone, Debug, Subcommand)]
pub enum City {
    /// Report every fault of a pack at once, each with its file, line and what would be right.
    Check {
        /// The folder of the pack.
        dir: PathBuf,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Say which cell of the grid has nobody for a role, and which road has no chief.
    Coverage {
        /// The folder of the pack.
        #[arg(default_value = "deploy/cities/wenshan")]
        dir: PathBuf,
        /// Only this role: cleaner, enforcer, market, parking or collector.
        #[arg(long, value_parser = grid_role)]
        role: Option<GridRole>,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
}

fn grid_role(text: &str) -> Result<GridRole, String> {
    let words: Vec<&str> = GridRole::all().map(GridRole::word).collect();
    GridRole::of(text).ok_or_else(|| format!("one of {}", words.join(", ")))
}

/// `muster policy`
#[derive(Clone, Debug, Subcommand)]
pub enum Policy {
    /// Hold the pack's own table of who may do what against its policies; every row that comes out
    /// otherwise is told, with what was decided and by which policy.
    Test {
        /// Which pack.
        #[command(flatten)]
        pack: Pack,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Decide one question, and say by which policies: `unit/housing open_mailbox Mailbox::x`.
    Explain {
        /// Who: a party, `unit/housing`.
        caller: String,
        /// What: an action of the schema, or a method, `muster.bus.v1.BusService/Fetch`.
        action: String,
        /// Of what: `Type::id`; a method is of `Door::bus`, gateway, worker or units.
        on: String,
        /// What is true of it: `owner=unit/housing;shared=false`.
        #[arg(long, default_value = "")]
        facts: String,
        /// Under which circumstances: `person=p-1;roles={trainee}`.
        #[arg(long, default_value = "")]
        context: String,
        /// Which pack.
        #[command(flatten)]
        pack: Pack,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
    /// Show what a role has refused, oldest first; the role must be down.
    Refused {
        /// The folder of its record, `access/` in the role's data.
        dir: PathBuf,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
}

/// Which pack is meant.
#[derive(Clone, Debug, Args)]
pub struct Pack {
    /// The folder of the pack; instead of --city.
    #[arg(long, value_name = "DIR", conflicts_with = "city")]
    pub pack: Option<PathBuf>,
    /// Which city.
    #[arg(long, default_value = "wenshan")]
    pub city: String,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
}

/// `muster disk`
#[derive(Clone, Debug, Args)]
pub struct Disk {
    /// The data folder, of a system that runs or not.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster backup`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Nothing has to be stopped. The file holds every journal up to one moment, the evidence, and the
identities WITH THEIR KEYS: keep it as you keep those. What can be made again is left out: views,
logs, and Temporal's database, from whose loss every open case goes on. The last line says the
SHA-256 of the whole manifest: keep it elsewhere, and compare it when you restore.")]
pub struct Backup {
    /// The data folder, as `muster run` has it.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The file; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster restore`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Every member is held against the manifest and every journal is followed from its first record to its
last before the folder appears; a file that is cut short or changed makes none.
The bus of the restored system is another log than before: whoever has sent it anything sends it
again, whoever follows it begins anew, and both pass over what is there. Stop the old system first.")]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// The new data folder; it must be empty or not there.
    #[arg(long, value_name = "NEW")]
    pub data: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster audit`
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Check every checksum and every link of a journal's records, archive and journal as one.
    Verify {
        /// The folder of the journal.
        dir: PathBuf,
        /// How to say it.
        #[arg(long, value_enum, default_value_t)]
        output: Format,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
