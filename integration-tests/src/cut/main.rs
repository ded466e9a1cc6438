//! Power cuts on purpose: the bus and a unit as they ship, on a file system in a loop device, which
//! is cut at random moments, copied as it is, mounted, opened, and asked for all that was
//! acknowledged.
//!
//! A cut is one of two. *Stop*: the processes are stopped when what they have begun is done; what
//! was written and not synced is lost. *Break*: they are stopped as they are, so that a sync may be
//! half done. In the same moment the file system is cut off from its device, and then the device is
//! copied. Half of the cuts come with a sync of the whole file system that somebody else has asked
//! for. Each cut goes on from the copy of the one before, and some cut the opening itself. The
//! machine seems to have started again after each; every third time the views are opened on the boot
//! of before too.
//!
//! Two more are cut with the same records: fjall, as the yardstick, and our own journal with the
//! syncs taken out, which must lose something, or else this program fails: it does not cut.
//!
//! Then a small file system is filled until it is full: refused with a reason, nothing lost, and
//! it goes on when there is room.
//!
//! The seed gives the contents, the moments and the kinds of the cuts; how far the processes are
//! then is the machine's affair. A run that fails keeps its folder.
//!
//! What it does not show: a drive with a volatile cache that lies about a flush, sectors that are
//! torn, writes that the drive puts in another order within one flush, and a drive that forgets
//! what it had. The copy is what the drive was given, and not what such a drive would have kept.

mod check;
mod content;
mod delivery;
mod desk;
mod full;
mod image;
mod life;
mod notes;
mod privacy;
mod process;
mod roles;
mod sender;
mod store;
mod strike;
mod tally;
mod torn;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};

use crate::{life::Life, privacy::Boot, roles::Office, store::Kind, tally::Tally};

/// How often one file system is cut before the next is made.
const LIFE: u64 = 8;

/// What it does not show.
const LIMIT: &str = "Not shown: a drive with a volatile cache that lies about a flush, torn sectors, \
    writes in another order within one flush. The copy is what the drive was given.";

/// Cuts the power of a bus and a unit, again and again. Needs root and loop devices.
#[derive(Debug, Parser)]
#[command(name = "power-cut")]
struct Cli {
    /// How many cuts at least.
    #[arg(long, default_value_t = 50)]
    cuts: u64,
    /// Repeats a run: the contents, the moments and the kinds of the cuts.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the file systems are kept while it runs; about 1 GiB.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// In a mount table of its own already.
    #[arg(long, hide = true)]
    inside: bool,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One of the stores that are cut beside ours, as a process of its own.
    #[command(hide = true)]
    Write {
        /// Which.
        kind: Kind,
        /// Its folder.
        dir: PathBuf,
        /// What its records follow from.
        seed: u64,
        /// The first record.
        from: u64,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _gone = writeln!(io::stderr().lock(), "power-cut: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(Verb::Write { kind, dir, seed, from }) = cli.verb {
        return runtime.block_on(store::write(kind, &dir, seed, from));
    }
    if !cli.inside {
        privacy::check()?;
        return Err(privacy::enter());
    }
    let seed = cli.seed.unwrap_or_else(rand::random);
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("power-cut-");
    let folder = match &cli.dir {
        Some(dir) => folder.tempdir_in(dir)?,
        None => folder.tempdir()?,
    };
    say(&format!("{} cuts, seed {seed}, in {}", cli.cuts, folder.path().display()));
    let ended = runtime.block_on(async {
        tokio::select! {
            outcome = all(folder.path(), cli.cuts, seed) => Some(outcome),
            () = stopped() => None,
        }
    });
    let outcome = ended.context("interrupted")?;
    if outcome.is_err() {
        let kept = folder.keep();
        say(&format!("kept: {}; again with --seed {seed}", kept.display()));
    }
    outcome
}

/// Waits until somebody wants it to end.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn all(dir: &Path, cuts: u64, seed: u64) -> anyhow::Result<()> {
    let office = Office::open(dir)?;
    let mut tally = Tally::default();
    let mut boot = Boot::begin(dir)?;
    let cut = cut(&office, &mut boot, dir, cuts, seed, &mut tally).await;
    if tally.cuts > 0 {
        let Tally { cuts, again, trusted, .. } = &tally;
        say(&format!(
            "{cuts} cuts, and {again} of an opening; {trusted} views of the same boot were kept\n{tally}"
        ));
    }
    // What is lost comes first: what else went wrong may follow from it.
    ensure!(tally.faults().is_empty(), "{}", tally.faults().join("\n"));
    cut?;
    let bites = cuts == 0 || tally.has_bite();
    ensure!(bites, "this harness does not cut: what is never synced lost nothing");
    say(&full::run(&office, &mut boot, dir).await?);
    say(LIMIT);
    Ok(())
}

async fn cut(
    office: &Office,
    boot: &mut Boot,
    dir: &Path,
    cuts: u64,
    seed: u64,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut number = 0;
    while tally.cuts < cuts && tally.faults().is_empty() {
        number += 1;
        let all = (office, &mut *boot, &mut *tally);
        let mut life = Life::begin(all, dir, number, seed ^ number.rotate_left(48))?;
        for _ in 0..LIFE {
            life.round().await?;
            if life.has_faults() {
                return Ok(());
            }
            if life.is_over(cuts) {
                break;
            }
        }
        life.end().await?;
    }
    Ok(())
}

/// Says a line; a reader that has gone away is no reason to stop.
fn say(text: &str) {
    let _gone = writeln!(io::stdout().lock(), "{text}");
}
