//! A bus that is broken on purpose, and a checker that says what must be true all the same.
//!
//! The bus is a process of its own on real mutual TLS. It is killed every few seconds, what a torn
//! write would leave is put behind its record, its clock jumps on and, over a kill, back, and its disk
//! is filled to the brim. All the while it lets go of its record to the archive. Meanwhile senders publish, repeat and shuffle; three readers share each
//! mailbox, one refuses and one says nothing; a person decides about what is parked; a subscriber goes
//! on and back. Then nothing new comes, everything is brought to its end, and the checker, a process
//! of its own, reads the notes. See `verdict` for what it holds them against.
//!
//! One seed gives every choice of everybody and the moments and kinds of the breaks; how far the bus
//! is then is the machine's affair. A run that fails tells its seed and keeps its folder.
//!
//! Nothing that was synced is ever taken away: bytes are only put behind the record. The full disk
//! wants root, since it is a file system of its own; without, the run says that it was not filled.

mod host;
mod line;
mod notes;
mod person;
mod reader;
mod sender;
mod stage;
mod strike;
mod verdict;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
    time::Duration,
};

use anyhow::ensure;
use clap::{Parser, Subcommand};
use tokio::task::JoinSet;

use crate::{
    line::Office,
    notes::Notes,
    reader::{Manner, Reader},
    sender::{SENDERS, Sender},
    stage::Stage,
    strike::Breaker,
};

/// How long everything may take to come to its end, once nothing breaks any more.
const PATIENCE: Duration = Duration::from_secs(180);
/// The manners of the readers of each mailbox.
const READERS: [Manner; 3] = [Manner::Plain, Manner::Refusing, Manner::Silent];

/// Breaks a bus for a while, and checks what it has promised.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Cli {
    /// Repeats the choices of a run.
    #[arg(long)]
    seed: Option<u64>,
    /// How long it is broken.
    #[arg(long, default_value_t = 1.5)]
    minutes: f64,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The bus, as a process of its own.
    #[command(hide = true)]
    Bus { data: PathBuf, papers: PathBuf, listen: SocketAddr },
    /// The checker, as a process of its own.
    #[command(hide = true)]
    Check { notes: PathBuf },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = writeln!(io::stderr().lock(), "chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match cli.verb {
        Some(Verb::Bus { data, papers, listen }) => {
            runtime.block_on(host::serve(&data, &papers, listen))
        }
        Some(Verb::Check { notes }) => check(&notes),
        None => {
            let seed = cli.seed.unwrap_or_else(rand::random);
            let folder = tempfile::Builder::new().prefix("chaos-").tempdir()?;
            say(&format!("seed {seed}, {} minutes, in {}", cli.minutes, folder.path().display()));
            let outcome = runtime.block_on(play(folder.path(), seed, cli.minutes));
            if outcome.is_err() {
                say(&format!("kept: {}; again: just chaos {seed}", folder.keep().display()));
            }
            outcome
        }
    }
}

/// Says what the notes hold; fails when they hold a fault.
fn check(path: &Path) -> anyhow::Result<()> {
    let verdict = verdict::of(&notes::read(path)?);
    let verdict::Verdict { published, deliveries, acknowledged, skipped, subscribed, full, faults } =
        verdict;
    say(&format!(
        "{published} envelopes were acknowledged to their senders; {deliveries} deliveries, \
         {acknowledged} acknowledged, {skipped} let go by a person; a subscriber saw {subscribed}; \
         {full} calls were refused on a full disk"
    ));
    ensure!(published > 0 && deliveries > published / 2, "this run shows nothing: hardly any went");
    let shown: Vec<String> = faults.iter().take(20).cloned().collect();
    ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), shown.join("\n"));
    Ok(())
}

async fn play(dir: &Path, seed: u64, minutes: f64) -> anyhow::Result<()> {
    let office = Office::open(dir)?;
    let path = dir.join("notes.json");
    let notes = Notes::begin(&path)?;
    let stage = Arc::new(Stage::default());
    let mut breaker = Breaker::begin(dir, &office, seed)?;
    let mut senders = JoinSet::new();
    for (index, party) in SENDERS.into_iter().enumerate() {
        let seed = seed ^ (index as u64 + 1).rotate_left(40);
        let sender = Sender::new(party, office.line(party)?, seed, notes.clone());
        senders.spawn(sender.run(Arc::clone(&stage)));
    }
    let mut others = others(&office, seed, &notes, &stage)?;
    breaker.rage(Duration::from_secs_f64(minutes * 60.0)).await?;
    stage.close();
    let end = async {
        while let Some(done) = senders.join_next().await {
            done??;
        }
        let mut bus = office.line("admin/chaos")?;
        while person::waiting(&mut bus).await != Some(0) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        // The last receipts are on their way. Of one that never comes the checker tells.
        let told = async {
            while !notes::read(&path).is_ok_and(|notes| verdict::are_told(&notes)) {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let _late = tokio::time::timeout(PATIENCE / 3, told).await;
        person::record(&mut bus, &notes).await
    };
    let ended = tokio::time::timeout(PATIENCE, end).await;
    stage.end();
    while let Some(done) = others.join_next().await {
        done??;
    }
    say(&breaker.told());
    let proved = breaker.proved()?;
    say(&format!(
        "{} records in {} segments, {} of them only in the archive: one chain",
        proved.records, proved.segments, proved.trimmed
    ));
    let checked = Command::new(std::env::current_exe()?).arg("check").arg(&path).status()?;
    match ended {
        Ok(outcome) => outcome?,
        Err(_) => anyhow::bail!("not everything has come to its end within {PATIENCE:?}"),
    }
    ensure!(checked.success(), "the checker has found faults");
    ensure!(proved.trimmed > 0, "this run shows less than it should: nothing was let go of");
    Ok(())
}

fn others(
    office: &Office,
    seed: u64,
    notes: &Notes,
    stage: &Arc<Stage>,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let mut others = JoinSet::new();
    for (index, unit) in host::UNITS.into_iter().enumerate() {
        for (number, manner) in READERS.into_iter().enumerate() {
            let seed = seed ^ (index as u64 * 8 + number as u64 + 1).rotate_left(20);
            let reader = Reader::new(
                unit,
                manner,
                (office.identity(unit)?, office.line(unit)?),
                seed,
                notes.clone(),
            );
            others.spawn(reader.run(Arc::clone(stage)));
        }
    }
    let admin = || office.line("admin/chaos");
    others.spawn(person::decide(admin()?, seed ^ 7, notes.clone(), Arc::clone(stage)));
    others.spawn(person::subscribe(admin()?, seed ^ 11, notes.clone(), Arc::clone(stage)));
    for party in SENDERS {
        others.spawn(person::hear(party, office.line(party)?, notes.clone(), Arc::clone(stage)));
    }
    Ok(others)
}

/// Says a line; a reader that has gone away is no reason to stop.
fn say(text: &str) {
    let _gone = writeln!(io::stdout().lock(), "{text}");
}
