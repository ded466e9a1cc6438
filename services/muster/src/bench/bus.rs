//! `muster bench bus`: how fast the bus is, beside NATS JetStream and the raw limits.
//!
//! Envelopes of 1 KiB from one sender to four mailboxes, published, delivered and acknowledged, by
//! mutual TLS, with so many under way at the same time. Every server is a process of its own and
//! everybody's client is this one. All take turns in the same run, and their order changes from round
//! to round: on a machine that others use too, the ratio of two turns of a round says more than a
//! rate does. It claims nothing about another machine.
//!
//! What each is: [`jetstream`] and [`nats`], [`disk`], [`empty`]; what is timed: [`flight`].

mod disk;
pub mod empty;
mod envelope;
mod flight;
mod ground;
mod jetstream;
mod nats;
mod picture;
mod table;
mod turn;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use anyhow::Context;
use disk::Disk;
use empty::EmptyStream;
use ground::Ground;
use jetstream::JetStream;
use table::{Cell, Table};
use turn::{Carried, Load};

use crate::{
    cli::{BenchBus, System},
    output::Output,
};

/// The city whose units have the mailboxes.
const CITY: &str = "wenshan";
/// How long the turn of each is that nobody counts.
const WARM_UP: Duration = Duration::from_millis(500);

/// What takes a turn.
pub enum Runner {
    /// The raw disk.
    Disk(Disk),
    /// The empty stream.
    Empty(Box<EmptyStream>),
    /// NATS JetStream.
    JetStream(Box<JetStream>),
}

impl Runner {
    async fn start(system: System, ground: &Ground) -> anyhow::Result<Runner> {
        Ok(match system {
            System::RawDisk => Runner::Disk(Disk::create(&ground.folder)?),
            System::EmptyStream => Runner::Empty(Box::new(EmptyStream::start(ground).await?)),
            System::JetstreamAlways => Runner::jetstream(ground, nats::Sync::Always).await?,
            System::JetstreamDefault => Runner::jetstream(ground, nats::Sync::Default).await?,
        })
    }

    async fn jetstream(ground: &Ground, sync: nats::Sync) -> anyhow::Result<Runner> {
        Ok(Runner::JetStream(Box::new(JetStream::start(ground, sync).await?)))
    }

    /// Its server's process; none where there is no server.
    fn pid(&self) -> Option<u32> {
        match self {
            Runner::Disk(_) => None,
            Runner::Empty(empty) => Some(empty.pid()),
            Runner::JetStream(jetstream) => Some(jetstream.pid()),
        }
    }

    /// Plays a turn.
    async fn carry(&mut self, load: Load) -> anyhow::Result<Carried> {
        match self {
            Runner::Disk(disk) => disk.carry(load).await,
            Runner::Empty(empty) => empty.carry(load).await,
            Runner::JetStream(jetstream) => jetstream.carry(load).await,
        }
    }
}

/// Runs it.
pub async fn run(asked: BenchBus) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.output);
    let mut folder = tempfile::Builder::new();
    folder.prefix("muster-bench-");
    let folder = match &asked.data {
        Some(data) => {
            fs::create_dir_all(data).with_context(|| format!("no data in {}", data.display()))?;
            folder.tempdir_in(data)?
        }
        None => folder.tempdir()?,
    };
    tokio::select! {
        done = story(folder.path(), &asked, &output) => done?,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn story(folder: &Path, asked: &BenchBus, output: &Output) -> anyhow::Result<()> {
    let ground = Ground::new(folder, &asked.cities.join(CITY))?;
    table::settings(asked, output);
    let mut runners = Vec::new();
    for system in &asked.systems {
        let runner = Runner::start(*system, &ground).await;
        runners.push((
            *system,
            runner.with_context(|| format!("{} does not start", table::name(*system)))?,
        ));
    }
    let mut table = Table::default();
    warm_up(&mut runners, asked, folder).await?;
    for number in 1..=asked.pairs {
        round(number, &mut runners, asked, folder, &mut table, output).await?;
    }
    table.say(output);
    if let Some(path) = &asked.picture {
        let drawn = fs::write(path, picture::draw(&table));
        drawn.with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

type Runners = Vec<(System, Runner)>;

async fn warm_up(runners: &mut Runners, asked: &BenchBus, folder: &Path) -> anyhow::Result<()> {
    let window = asked.windows.iter().copied().max().unwrap_or(1);
    for (system, runner) in runners {
        let turn = turn::turn(runner, Load { window, span: WARM_UP }, folder).await;
        turn.with_context(|| format!("the warm-up of {}", table::name(*system)))?;
    }
    Ok(())
}

/// Everybody's turn with every window; the order is another in every round.
async fn round(
    number: u32,
    runners: &mut Runners,
    asked: &BenchBus,
    folder: &Path,
    table: &mut Table,
    output: &Output,
) -> anyhow::Result<()> {
    runners.rotate_left(1);
    runners.reverse();
    for window in &asked.windows {
        let load = Load { window: *window, span: Duration::from_millis(asked.turn_ms) };
        for (system, runner) in runners.iter_mut() {
            let turn = turn::turn(runner, load, folder).await;
            let turn = turn.with_context(|| {
                format!("round {number}: {} with window {window}", table::name(*system))
            })?;
            table.add(number, Cell { system: *system, window: *window }, turn, output);
        }
    }
    Ok(())
}
