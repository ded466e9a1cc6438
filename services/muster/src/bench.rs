//! `muster bench case`: what standard cases cost, beside empty workflows on the same server;
//! [`bus`] is `muster bench bus`.
//!
//! A whole system of its own, with the settings that ship: mutual TLS, synced journals, Temporal's
//! development server; only the worker is a process of its own, so that its memory can be seen. The
//! people of the cases come in through the public interfaces only.
//!
//! Cases and empty workflows take turns, pair after pair in the same run, and who begins changes
//! from pair to pair: on a machine that others use too, the ratio of a pair says more than seconds
//! do. With `--seen` the turns are with and without tracing (`seen`). Writes are the server's own counter over the cases' turns alone; what each was for is read
//! from the histories. It claims nothing about another machine.

pub mod bus;
mod crew;
pub mod extra;
mod figures;
mod open;
mod pages;
mod pair;
mod report;
mod seen;
mod standard;
mod usage;

use std::{path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use crew::Crew;
use pair::Bench;
use report::Report;
use tokio::task::JoinSet;

use crate::{
    cli::Case,
    output::Output,
    system::{Options, System},
};

/// The standard case is one of this city.
const CITY: &str = "wenshan";
/// The limits are of hours and days: reminders are armed and do not fire.
const PROFILE: &str = "standard";
/// How long all may take.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

/// The system on which something is measured.
struct Ground<'a> {
    /// The folder of city packs.
    cities: &'a Path,
    /// Of limits.
    profile: &'a str,
    /// Whether the worker is a process of its own.
    is_worker_apart: bool,
    /// How long all may take.
    patience: Duration,
}

/// Runs it.
pub async fn case(asked: Case) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    if asked.seen {
        return seen::run(&asked, &output).await;
    }
    let (cities, patience) = (asked.cities.as_path(), PATIENCE);
    let ground = Ground { cities, profile: PROFILE, is_worker_apart: true, patience };
    on(ground, &output, async |system: &System| measure(system, &asked, &output).await).await
}

/// Measures on a system of its own, of which nothing is left.
async fn on(
    ground: Ground<'_>,
    output: &Output,
    measure: impl AsyncFnOnce(&System) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("muster-bench-").tempdir()?;
    let options = Options {
        data: folder.path().to_owned(),
        pack: ground.cities.join(CITY),
        profile: Some(ground.profile.to_owned()),
        port: 0,
        is_worker_apart: ground.is_worker_apart,
        clock: kit::clock::Clock::system(),
    };
    let system = System::start(options, output).await?;
    let measured = tokio::select! {
        measured = tokio::time::timeout(ground.patience, measure(&system)) => {
            measured.context("the bench did not end in time").flatten()
        }
        ended = system.until_stopped() => {
            ended.and_then(|()| Err(anyhow::anyhow!("interrupted")))
        }
    };
    system.stop().await;
    measured.map(|()| ExitCode::SUCCESS)
}

async fn measure(system: &System, asked: &Case, output: &Output) -> anyhow::Result<()> {
    let mut watchers = JoinSet::new();
    let crew = Crew::start(system, asked, &mut watchers).await?;
    let bench = Bench::start(system, crew, asked).await?;
    tokio::select! {
        said = story(&bench, asked, output) => said?,
        Some(ended) = watchers.join_next() => {
            ended??;
            anyhow::bail!("a watch ended before the bench did");
        }
    }
    bench.stop().await
}

async fn story(bench: &Bench<'_>, asked: &Case, output: &Output) -> anyhow::Result<()> {
    report::settings(asked, output);
    bench.warm_up().await.context("the warm-up")?;
    let mut report = Report::default();
    for number in 1..=asked.pairs {
        let pair = bench.pair(number).await.with_context(|| format!("pair {number}"))?;
        report::pair(number, &pair, output);
        report.pairs.push(pair);
    }
    if let Some(open) = asked.open {
        report.levels = open::levels(bench, open, output).await.context("with cases left open")?;
    }
    bench.check()?;
    report.say(output)
}
