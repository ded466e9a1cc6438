//! `muster bench bus`: how fast the bus is, beside NATS JetStream and the raw limits.
//!
//! Envelopes of 1 KiB from one sender to four mailboxes, published, delivered and acknowledged, by
//! mutual TLS, with so many under way at the same time. Every server is a process of its own and
//! everybody's client is this one. All take turns in the same run, and their order changes from round
//! to round: on a machine that others use too, the ratio of two turns of a round says more than a
//! rate does. It claims nothing about another machine.
//!
//! What each is: `muster`, `jetstream` and `nats`, `disk`, [`empty`]; what is timed:
//! `flight`.

mod disk;
pub mod empty;
mod envelope;
mod flight;
pub mod flood;
mod ground;
mod jetstream;
mod muster;
mod nats;
mod parts;
mod picture;
mod ratio;
mod runner;
mod table;
mod turn;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use ground::Ground;
use runner::Runner;
use table::{Cell, Table};
use tempfile::TempDir;
use turn::Load;

use crate::{cli::BenchBus, output::Output};

/// The city whose units have the mailboxes.
const CITY: &str = "wenshan";
/// How long the turn of each is that nobody counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// Runs it.
pub async fn run(asked: BenchBus) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let folder = folder(asked.data.as_deref())?;
    tokio::select! {
        done = story(folder.path(), &asked, &output) => done?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    }
    Ok(ExitCode::SUCCESS)
}

/// A folder for the data of all: below this one, or where the system makes such.
fn folder(data: Option<&Path>) -> anyhow::Result<TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("muster-bench-");
    let Some(data) = data else { return Ok(folder.tempdir()?) };
    fs::create_dir_all(data).with_context(|| format!("no data in {}", data.display()))?;
    Ok(folder.tempdir_in(data)?)
}

async fn story(folder: &Path, asked: &BenchBus, output: &Output) -> anyhow::Result<()> {
    let ground = Ground::new(folder, &asked.cities.join(CITY))?;
    table::settings(asked, output);
    let mut table = Table::default();
    let mut runners = Vec::new();
    for system in &asked.systems {
        runners.push(Runner::start(*system, &ground).await?);
    }
    if asked.waiting > 0 {
        let (runner, starts) = Runner::waiting(asked.waiting, &ground).await?;
        table.started(asked.waiting, &starts, runner.memory_mib()?, output);
        runners.push(runner);
    }
    let window = asked.windows.iter().copied().max().unwrap_or(1);
    for runner in &mut runners {
        let load = Load { window, span: WARM_UP, per_second: 0 };
        runner.turn(load, folder).await.context("the warm-up")?;
    }
    for number in 1..=asked.pairs {
        round(number, &mut runners, asked, folder, &mut table, output).await?;
    }
    table.say(output);
    if asked.parts {
        // Nobody else of ours takes anything from now on.
        drop(runners);
        parts::say(&ground, output)?;
    }
    if let Some(path) = &asked.picture {
        let drawn = fs::write(path, picture::draw(&table));
        drawn.with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

/// Everybody's turn with every window; the order is another in every round.
async fn round(
    number: u32,
    runners: &mut [Runner],
    asked: &BenchBus,
    folder: &Path,
    table: &mut Table,
    output: &Output,
) -> anyhow::Result<()> {
    runners.rotate_left(1);
    runners.reverse();
    for window in &asked.windows {
        let span = Duration::from_millis(asked.turn_ms);
        let load = Load { window: *window, span, per_second: 0 };
        for runner in &mut *runners {
            let turn = runner.turn(load, folder).await;
            let turn = turn.with_context(|| format!("round {number}, window {window}"))?;
            let cell = Cell { system: runner.system, window: *window, waiting: runner.waiting };
            table.add(number, cell, turn, output);
        }
    }
    Ok(())
}
