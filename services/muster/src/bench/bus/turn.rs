//! One turn of one system: so many envelopes under way for so long, and what that took.
//!
//! Seconds of CPU are the server's process and this one, which is the client of all; memory is the
//! server's at the end of the turn. What others have left in the page cache is written before.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::process::Command;

use super::{
    super::{
        figures::{percentile, rate},
        usage,
    },
    flight::Flight,
    runner::Runner,
};

/// How long it may take, after its time, until all has landed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked of a turn.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many envelopes are under way at the same time.
    pub window: usize,
    /// How long new ones are sent.
    pub span: Duration,
    /// How many are sent in a second; 0: as many as there is room for. For our bus only.
    pub per_second: u32,
}

impl Load {
    /// How many envelopes one request of ours has at most: an eighth of the window, so that several
    /// requests are under way.
    pub fn batch(&self) -> usize {
        (self.window / 8).max(1)
    }
}

/// What a system has carried.
pub struct Carried {
    /// How many.
    pub count: u64,
    /// From the first that was sent to the last that has landed.
    pub seconds: f64,
    /// How long each was under way, milliseconds.
    pub delays_ms: Vec<f64>,
}

/// A turn, measured.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// How many envelopes.
    pub count: u64,
    /// Seconds by the clock.
    pub seconds: f64,
    /// Half were under way no longer, milliseconds.
    pub p50_ms: f64,
    /// All but one of a hundred.
    pub p99_ms: f64,
    /// The server's seconds of CPU.
    pub server_cpu: f64,
    /// The clients'.
    pub client_cpu: f64,
    /// The server's memory.
    pub memory_mib: f64,
}

impl Turn {
    /// How many in a second.
    pub fn per_second(&self) -> f64 {
        rate(self.count, self.seconds)
    }

    /// Seconds of CPU for a million of them.
    pub fn per_million(&self, cpu: f64) -> f64 {
        cpu * 1e6 / rate(self.count, 1.0)
    }
}

/// Plays a turn.
pub async fn turn(runner: &mut Runner, load: Load, folder: &Path) -> anyhow::Result<Turn> {
    settle(folder).await?;
    let before = [runner.cpu()?, usage::seconds(std::process::id())?];
    let carried = tokio::time::timeout(load.span + 2 * PATIENCE, runner.carry(load)).await;
    let Carried { count, seconds, delays_ms } =
        carried.context("the turn did not end in time").flatten()?;
    let after = [runner.cpu()?, usage::seconds(std::process::id())?];
    anyhow::ensure!(count > 0, "nothing was carried");
    let [p50_ms, p99_ms] = [0.5, 0.99].map(|part| percentile(&delays_ms, part));
    let [server_cpu, client_cpu] = [after[0] - before[0], after[1] - before[1]];
    let memory_mib = runner.memory_mib()?;
    Ok(Turn { count, seconds, p50_ms, p99_ms, server_cpu, client_cpu, memory_mib })
}

/// Waits until all has landed; says where it stands when that takes too long.
pub async fn landed(flight: &Flight) -> anyhow::Result<()> {
    let all = tokio::time::timeout(PATIENCE, flight.landed()).await;
    all.with_context(|| format!("not all has come: {}", flight.state()))?
}

/// From now on to the end of the turn.
pub fn until(load: Load) -> Instant {
    Instant::now() + load.span
}

/// Writes what others have left in the page cache.
pub async fn settle(folder: &Path) -> anyhow::Result<()> {
    let status = Command::new("sync").arg("--file-system").arg(folder).status().await;
    let status = status.context("can't run `sync`")?;
    anyhow::ensure!(status.success(), "sync of {} failed", folder.display());
    Ok(())
}
