//! `muster demo`: a whole city on this machine, and one case through it, told as it happens.
//!
//! Everything is real: the roles with mutual TLS between them, the Temporal server, the disks. The
//! people of the story come in through the public interfaces only. Limits are those of the pack's
//! profile `demo`: seconds, and nothing official. Nothing that it started outlives it.

mod many;
pub mod parties;
pub mod photo;
mod plain;
mod words;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    cli::Demo,
    output::Output,
    system::{Options, System},
};

/// How long the whole story may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(600);

/// Plays the story.
pub async fn run(asked: Demo) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let (data, _temporary) = folder(asked.data.clone())?;
    let options = Options {
        data: data.clone(),
        pack: asked.cities.join(&asked.city),
        profile: Some("demo".to_owned()),
        port: 0,
        is_worker_apart: false,
        clock: kit::clock::Clock::system(),
    };
    let system = System::start(options, &output).await?;
    let told = tokio::select! {
        told = tokio::time::timeout(PATIENCE, story(&system, &output, asked.exit)) => {
            told.context("the story did not end in time").flatten()
        }
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    let mut ended = told;
    if ended.is_ok() && !asked.exit {
        output.tell("\nCtrl-C ends it.");
        ended = system.until_stopped().await;
    }
    system.stop().await;
    ended.map(|()| ExitCode::SUCCESS)
}

/// The data folder: the given one, which must be empty, or a temporary one that goes with us.
fn folder(asked: Option<PathBuf>) -> anyhow::Result<(PathBuf, Option<tempfile::TempDir>)> {
    let Some(data) = asked else {
        let temporary = tempfile::Builder::new().prefix("muster-demo-").tempdir()?;
        return Ok((temporary.path().to_owned(), Some(temporary)));
    };
    std::fs::create_dir_all(&data)?;
    let is_empty = std::fs::read_dir(&data)?.next().is_none();
    let shown = data.display();
    anyhow::ensure!(
        is_empty,
        "{shown} is not empty: the demo needs an empty folder; to go on with a folder use `muster run`"
    );
    Ok((data, None))
}

async fn story(system: &System, output: &Output, ends: bool) -> anyhow::Result<()> {
    let after = plain::play(system, output).await.context("the story of one case")?;
    let cases = many::play(system, output, after).await.context("the story of all issue types")?;
    if !ends {
        system.introduce(output);
    }
    summary(system, output, cases + 1).await
}

async fn summary(system: &System, output: &Output, expected: u64) -> anyhow::Result<()> {
    let totals = system.totals().await?;
    let object = json!({
        "cases_closed": totals.closed,
        "messages_sent": totals.sent,
        "messages_applied": totals.applied,
        "duplicates_suppressed": totals.duplicates,
        "temporal_writes_per_case": totals.writes_per_case,
        "history_events_per_case": totals.events_per_case,
    });
    output.say(text(&object), "summary", object);
    let (raised, closed) = (totals.raised, totals.closed);
    anyhow::ensure!(
        raised == expected && closed == expected,
        "{expected} whistles were blown, {raised} are in the ledger and {closed} are closed"
    );
    Ok(())
}

fn text(summary: &Value) -> String {
    let mut text = String::from("\nIn all");
    for (name, value) in summary.as_object().into_iter().flatten() {
        text += &format!("\n  {:<28}{value}", name.replace('_', " "));
    }
    text
}
