//! `muster bench extra`: what each thing that a case may add costs, in writes to Temporal and events.
//!
//! Each is played through the public interfaces on a system of its own, with limits of seconds, and
//! then read from the histories: what it has cost, and how much more that is than a plain case. A
//! wait costs a timer, and a milestone is told; what units say in between costs nothing. A complaint is a
//! case more and a sheet has a flow of its own: those are counted whole.

mod inquiry;
mod play;
mod quarrel;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use domain::id::CaseId;
pub use play::Extra;
use play::Stage;
use serde_json::json;

use super::{
    Ground,
    figures::{median, round},
    on,
};
use crate::{cli, output::Output, system::System};

/// Limits of seconds: what comes when a limit has passed, comes soon.
const PROFILE: &str = "demo";
/// How long all may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// What one thing has cost: the medians of all times that it was played.
struct Row {
    extra: Extra,
    writes: f64,
    events: f64,
}

/// Runs it.
pub async fn run(asked: cli::BenchExtra) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let (cities, patience) = (asked.cities.as_path(), PATIENCE);
    let ground = Ground { cities, profile: PROFILE, is_worker_apart: false, patience };
    on(ground, &output, async |system: &System| measure(system, &asked, &output).await).await
}

async fn measure(system: &System, asked: &cli::BenchExtra, output: &Output) -> anyhow::Result<()> {
    let stage = Stage::new(system)?;
    let mut rows = Vec::new();
    let is_asked = |extra: &Extra| {
        *extra == Extra::Plain || asked.only.is_empty() || asked.only.contains(extra)
    };
    for extra in Extra::ALL.into_iter().filter(is_asked) {
        let mut cases = Vec::new();
        for number in 1..=asked.times {
            let played = stage.play(extra, number).await;
            cases.push(played.with_context(|| format!("{}, time {number}", extra.word()))?);
        }
        let row = row(system, &stage, extra, &cases).await?;
        output.tell(format!(
            "  {:<28} {:>5} writes {:>5} events",
            extra.name(),
            row.writes,
            row.events
        ));
        rows.push(row);
    }
    say(&rows, asked.times, output);
    Ok(())
}

async fn row(
    system: &System,
    stage: &Stage,
    extra: Extra,
    cases: &[CaseId],
) -> anyhow::Result<Row> {
    let config = worker::Config {
        temporal_address: system.temporal().address().to_string(),
        ..worker::Config::default()
    };
    let city = &system.city().id;
    let flows = match extra {
        Extra::Sheet => {
            let sheets: Vec<_> = cases.iter().map(|case_id| stage.sheet(case_id)).collect();
            worker::cost::sheets(&config, city, &sheets).await?
        }
        _ => worker::cost::flows(&config, city, cases).await?,
    };
    let sum = |of: fn(&worker::cost::Cost) -> u64| -> Vec<f64> {
        let each = flows.iter().map(|flow| flow.values().map(of).sum::<u64>());
        each.map(|count| count as f64).collect()
    };
    let [writes, events] = [sum(|cost| cost.writes), sum(|cost| cost.events)];
    Ok(Row { extra, writes: round(median(&writes)), events: round(median(&events)) })
}

fn say(rows: &[Row], times: u32, output: &Output) {
    let Some(plain) = rows.iter().find(|row| row.extra == Extra::Plain) else { return };
    let more = |row: &Row| match row.extra.has_own_flow() {
        true => [row.writes, row.events].map(round),
        false => [row.writes - plain.writes, row.events - plain.events].map(round),
    };
    let mut text = format!("What it costs ({times} times each, medians):\n");
    for row in rows {
        let [writes, events] = more(row);
        let name = row.extra.name();
        text += &format!("| {name} | {} | {} | +{writes} | +{events} |\n", row.writes, row.events);
    }
    let objects = rows.iter().map(|row| {
        let [writes, events] = more(row);
        json!({
            "extra": row.extra.word(), "writes": row.writes, "events": row.events,
            "more_writes": writes, "more_events": events,
        })
    });
    output.say(text, "extras", json!({ "times": times, "extras": objects.collect::<Vec<_>>() }));
}
