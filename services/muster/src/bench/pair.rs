//! One pair: a turn of standard cases and a turn of empty workflows, of the same number, with the
//! same number in flight.
//!
//! The server shows its writes about a second late: between turns it is waited until its counter
//! stands still, outside of the time that is measured.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use anyhow::Context;
use domain::id::CaseId;
use tokio::sync::Mutex;
use worker::{cost::Purposes, devserver::DevServer, empty::Empties};

use super::{
    crew::Crew,
    standard::{Delays, Played},
    usage::Cpu,
};
use crate::{cli, system::System};

/// Temporal's namespace of a trial.
const NAMESPACE: &str = "default";
/// How often the counter is looked at, and how often it must have stood still.
const LOOK: Duration = Duration::from_millis(250);
const STILL: u32 = 10;
/// How long it may take to stand still.
const SETTLING: Duration = Duration::from_secs(60);

/// Everything that takes turns.
pub struct Bench<'a> {
    pub system: &'a System,
    pub crew: Crew,
    empties: Empties,
    config: worker::Config,
    worker: u32,
    cases: u64,
    in_all: u64,
    in_flight: usize,
    next: AtomicU64,
    writes: Mutex<u64>,
    played: AtomicU64,
}

/// What a turn took.
#[derive(Clone, Debug)]
pub struct Turn {
    /// How many cases or workflows.
    pub count: u64,
    /// Seconds by the clock.
    pub seconds: f64,
    /// Seconds of CPU.
    pub cpu: Cpu,
    /// Writes that the server has counted.
    pub writes: u64,
}

/// Two turns.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The turn of the cases.
    pub cases: Turn,
    /// From the whistles to the units.
    pub delays: Delays,
    /// What the histories say that each case's writes and events were for.
    pub flows: Vec<Purposes>,
    /// The turn of the empty workflows.
    pub empties: Turn,
}

impl<'a> Bench<'a> {
    /// Connects what measures.
    pub async fn start(
        system: &'a System,
        crew: Crew,
        asked: &cli::Case,
    ) -> anyhow::Result<Bench<'a>> {
        let config = worker::Config {
            temporal_address: system.temporal().address().to_string(),
            ..worker::Config::default()
        };
        Ok(Bench {
            system,
            crew,
            empties: Empties::start(&config).await?,
            config,
            worker: system.worker_pid().context("the worker has no process of its own")?,
            cases: asked.cases,
            in_all: asked.cases * u64::from(asked.pairs),
            in_flight: asked.in_flight,
            next: AtomicU64::new(1),
            writes: Mutex::new(0),
            played: AtomicU64::new(0),
        })
    }

    /// A turn of each that nobody counts: connections, caches, the first pages of databases.
    pub async fn warm_up(&self) -> anyhow::Result<()> {
        let count = self.in_flight as u64;
        self.play(count, self.in_flight).await?;
        self.empties.batch(self.numbers(count), count, self.in_flight).await?;
        self.settled().await?;
        Ok(())
    }

    /// Both turns; who begins alternates.
    pub async fn pair(&self, number: u32) -> anyhow::Result<Pair> {
        let (played, empties);
        if number % 2 == 1 {
            played = self.cases().await?;
            empties = self.empties().await?;
        } else {
            empties = self.empties().await?;
            played = self.cases().await?;
        }
        let (cases, delays, flows) = played;
        Ok(Pair { cases, delays, flows, empties })
    }

    async fn cases(&self) -> anyhow::Result<(Turn, Delays, Vec<Purposes>)> {
        let (before, began) = (self.cpu()?, Instant::now());
        let played = self.play(self.cases, self.in_flight).await?;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), self.cpu()? - before);
        let numbers: Vec<CaseId> = played.iter().map(|one| one.case_id.clone()).collect();
        // A flow ends a moment after its case: with the histories, its last writes are there too.
        let flows = worker::cost::flows(&self.config, &self.system.city().id, &numbers).await?;
        let mut delays = Delays::default();
        played.into_iter().for_each(|one| delays.extend(one.delays));
        let turn = Turn { count: self.cases, seconds, cpu, writes: self.settled().await? };
        Ok((turn, delays, flows))
    }

    /// A turn of empty workflows.
    pub async fn empties(&self) -> anyhow::Result<Turn> {
        let (before, began) = (self.cpu()?, Instant::now());
        self.empties.batch(self.numbers(self.cases), self.cases, self.in_flight).await?;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), self.cpu()? - before);
        Ok(Turn { count: self.cases, seconds, cpu, writes: self.settled().await? })
    }

    /// Plays so many standard cases to their ends.
    pub async fn play(&self, count: u64, in_flight: usize) -> anyhow::Result<Vec<Played>> {
        let first = self.numbers(count);
        let all = (first..first + count).map(|number| self.crew.whole(number));
        let played = windowed(all, in_flight).await?;
        self.played.fetch_add(count, Relaxed);
        Ok(played)
    }

    /// The first of so many numbers that nobody has had.
    pub fn numbers(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Relaxed)
    }

    /// How many cases all pairs have together.
    pub fn in_all(&self) -> u64 {
        self.in_all
    }

    /// How many at the same time.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The worker's memory, in MiB.
    pub fn worker_mib(&self) -> anyhow::Result<f64> {
        super::usage::resident_mib(self.worker)
    }

    fn cpu(&self) -> anyhow::Result<Cpu> {
        Cpu::now(self.worker, self.system.temporal().pid())
    }

    /// The writes since this was asked last, when the counter stands still.
    async fn settled(&self) -> anyhow::Result<u64> {
        let mut before = self.writes.lock().await;
        let still = still(self.system.temporal());
        let now = tokio::time::timeout(SETTLING, still).await;
        let now = now.context("somebody goes on writing to Temporal")??;
        let since = now.saturating_sub(*before);
        *before = now;
        Ok(since)
    }

    /// Nothing is lost: every case that was played is closed in the ledger.
    pub fn check(&self) -> anyhow::Result<()> {
        let (played, closed) = (self.played.load(Relaxed), self.system.counts()?.closed);
        anyhow::ensure!(played == closed, "{played} cases were played and {closed} are closed");
        Ok(())
    }

    /// Lets go.
    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(self.empties.stop().await?)
    }
}

async fn still(temporal: &DevServer) -> anyhow::Result<u64> {
    let (mut last, mut times) = (0, 0);
    loop {
        let now = worker::cost::writes(temporal.metrics_address(), NAMESPACE).await?;
        times = if now == last { times + 1 } else { 0 };
        if times >= STILL {
            return Ok(now);
        }
        last = now;
        tokio::time::sleep(LOOK).await;
    }
}

/// Does all, never more than so many at the same time; the first fault ends it.
pub async fn windowed<T>(
    all: impl Iterator<Item = impl Future<Output = anyhow::Result<T>>>,
    in_flight: usize,
) -> anyhow::Result<Vec<T>> {
    use futures::{StreamExt as _, TryStreamExt as _, stream};
    stream::iter(all).buffer_unordered(in_flight.max(1)).try_collect().await
}
