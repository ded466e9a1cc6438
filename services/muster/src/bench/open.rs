//! Cases that are left open: what they cost the worker in memory, others in waiting, and who looks at
//! them in the console.
//!
//! At ten open cases and at all of them the same is measured: standard cases are played to
//! their ends beside the open ones, the worker's memory is read when they are done, and the console's
//! pages are opened ([`pages`]). Nothing
//! that is open moves meanwhile: its units have been called and do not answer. There are as many
//! such cases as in all pairs together. The two are measured minutes apart, on a machine that others
//! use too: a turn of empty workflows before each says how fast it was then.

use anyhow::Context as _;
use serde_json::json;

use super::{
    figures::{percentile, round},
    pages::{self, Opened, Person},
    pair::{Bench, windowed},
    standard::Delays,
};
use crate::output::Output;

/// With how many the comparison begins.
const FEW: u64 = 10;
/// How many whistles are blown at the same time while cases are left open.
const IN_FLIGHT: usize = 20;
/// How often progress is told.
const STEPS: u64 = 20;

/// What was measured with so many open cases.
#[derive(Clone, Debug)]
pub struct Level {
    /// How many.
    pub open: u64,
    /// The worker's memory, in MiB.
    pub worker_mib: f64,
    /// What the same server did of empty workflows just before.
    pub empties_per_second: f64,
    /// From the whistles of the cases that were played meanwhile.
    pub delays: Delays,
    /// The console's pages.
    pub pages: Vec<Opened>,
}

/// Measures with few and with all.
pub async fn levels(bench: &Bench<'_>, all: u64, output: &Output) -> anyhow::Result<Vec<Level>> {
    let mut levels = Vec::new();
    let mut open = 0;
    let mut person = Person::enter(bench.system).await.context("the person at the console")?;
    for goal in [FEW.min(all), all] {
        if goal == open {
            continue;
        }
        raise(bench, open, goal, output).await?;
        open = goal;
        let level = level(bench, open, &mut person).await?;
        say(&level, output);
        pages::say(open, &level.pages, output);
        levels.push(level);
    }
    Ok(levels)
}

async fn raise(bench: &Bench<'_>, from: u64, goal: u64, output: &Output) -> anyhow::Result<()> {
    let piece = ((goal - from) / STEPS).max(1);
    let mut open = from;
    while open < goal {
        let count = piece.min(goal - open);
        let first = bench.numbers(count);
        let all = (first..first + count).map(|number| bench.crew.leave_open(number));
        windowed(all, IN_FLIGHT).await?;
        open += count;
        let mib = bench.worker_mib()?;
        output.say(
            format!("  {open:>6} of {goal} open, the worker has {mib:.0} MiB"),
            "raising",
            json!({ "open": open, "goal": goal, "worker_mib": round(mib) }),
        );
    }
    Ok(())
}

async fn level(bench: &Bench<'_>, open: u64, person: &mut Person) -> anyhow::Result<Level> {
    let empties_per_second = bench.empties().await?.per_second();
    let mut delays = Delays::default();
    for played in bench.play(bench.in_all(), bench.in_flight()).await? {
        delays.extend(played.delays);
    }
    let worker_mib = bench.worker_mib()?;
    let pages = person.look().await.context("the console's pages")?;
    Ok(Level { open, worker_mib, empties_per_second, delays, pages })
}

fn say(level: &Level, output: &Output) {
    let [p50, p99] = [0.5, 0.99].map(|part| percentile(&level.delays.mailbox, part));
    let Level { open, worker_mib, empties_per_second, .. } = level;
    let text = format!(
        "{open:>8} open: whistle to mailbox p50 {p50:.0} ms, p99 {p99:.0} ms; the worker has \
         {worker_mib:.0} MiB; {empties_per_second:.1} empty workflows a second just before"
    );
    output.say(text, "open", level.object());
}

impl Level {
    /// For scripts.
    pub fn object(&self) -> serde_json::Value {
        let [p50, p99] = [0.5, 0.99].map(|part| percentile(&self.delays.mailbox, part));
        json!({
            "open": self.open,
            "worker_mib": round(self.worker_mib),
            "empty_workflows_per_second": round(self.empties_per_second),
            "whistle_to_mailbox_ms_p50": round(p50),
            "whistle_to_mailbox_ms_p99": round(p99),
            "pages": self.pages.iter().map(Opened::object).collect::<Vec<_>>(),
        })
    }
}
