//! `muster bench …`: the arguments of what measures.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, Role};

/// `muster bench`
#[derive(Clone, Debug, Subcommand)]
pub enum Bench {
    /// What a standard case costs, beside empty workflows on the same Temporal server.
    Case(Case),
    /// How fast the bus is, beside NATS JetStream and the raw limits of disk and wire.
    Bus(BenchBus),
    /// What the others notice of one that sends a hundred times its quota.
    Flood(BenchFlood),
    /// What each thing that a case may add costs: a rework round, a refusal, a dispute, a report.
    Extra(BenchExtra),
    /// The server of the empty stream, as a process of its own.
    #[command(hide = true)]
    EmptyStream(Role),
}

/// What takes turns in `muster bench bus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum System {
    /// Our bus.
    Muster,
    /// NATS JetStream that syncs before it acknowledges.
    JetstreamAlways,
    /// NATS JetStream as it ships, which syncs later.
    JetstreamDefault,
    /// The same bytes appended to a file and synced.
    RawDisk,
    /// The same envelopes through a stream that does nothing.
    EmptyStream,
}

/// `muster bench extra`
#[derive(Clone, Debug, Args)]
pub struct BenchExtra {
    /// Only these; beside the plain case, which is always played.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<crate::bench::extra::Extra>,
    /// How often each is played.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub times: u32,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster bench bus`
#[derive(Clone, Debug, Args)]
pub struct BenchBus {
    /// What takes turns.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = System::value_variants().to_vec())]
    pub systems: Vec<System>,
    /// How many envelopes are under way at the same time, for each turn.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 64, 1024], value_parser = window)]
    pub windows: Vec<usize>,
    /// How often everything takes its turn.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pairs: u32,
    /// How long envelopes are sent in a turn, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub turn_ms: u64,
    /// Our bus once more, with so many envelopes waiting in its mailboxes.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=4_000_000))]
    pub waiting: u64,
    /// Where the data of all lies while it is measured; a new folder of the system if not given.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// At the end, what the parts of a delivery cost that can't be left out, each alone.
    #[arg(long)]
    pub parts: bool,
    /// Draw the rates as SVG.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster bench flood`
#[derive(Clone, Debug, Args)]
pub struct BenchFlood {
    /// How many pairs of turns: with the flood, and without.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pairs: u32,
    /// How long envelopes are sent in a turn, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(10..=600_000))]
    pub turn_ms: u64,
    /// How many envelopes a sender may publish a second. Less than ships, so that this machine can
    /// offer the flood at all.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(10..=20_000))]
    pub quota: u32,
    /// How many times its quota the one sends.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub times: u32,
    /// Where the data lies while it is measured; a new folder of the system if not given.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// A mailbox gives a reader credit for at most 10,000, and twice the window may be asked for.
fn window(text: &str) -> Result<usize, String> {
    let count: usize = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    (1..=5_000).contains(&count).then_some(count).ok_or_else(|| "1 to 5000".to_owned())
}

/// `muster bench case`
#[derive(Clone, Debug, Args)]
pub struct Case {
    /// How many pairs of turns: cases, and empty workflows.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub pairs: u32,
    /// How many cases in a turn, and as many empty workflows.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub cases: u64,
    /// How many at the same time.
    #[arg(long, default_value_t = 10, value_parser = in_flight)]
    pub in_flight: usize,
    /// How long people and departments take for each step, give or take a half.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    pub pause_ms: u64,
    /// By what the pauses are drawn: the same seed, the same pauses.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What it costs to be seen: the cases with spans and metrics going out to a collector, and
    /// without, in turns; each turn is a system of its own. Nothing else is measured.
    #[arg(long, conflicts_with = "open")]
    pub seen: bool,
    /// Then leave so many cases open, and measure again beside them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub open: Option<u64>,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// More at the same time than a connection carries would measure the connection.
fn in_flight(text: &str) -> Result<usize, String> {
    let count: usize = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    (1..=100).contains(&count).then_some(count).ok_or_else(|| "1 to 100".to_owned())
}
