//! What takes a turn: each system behind the same few methods.

use std::{path::Path, time::Duration};

use anyhow::Context;

use super::{
    super::usage,
    disk::Disk,
    empty::EmptyStream,
    ground::Ground,
    jetstream::JetStream,
    muster::Muster,
    nats::Sync,
    table::name,
    turn::{Carried, Load, Turn, turn},
};
use crate::cli::System;

/// How often a bus with envelopes waiting is started, for the time that this takes.
const STARTS: usize = 5;

/// A system that runs.
pub struct Runner {
    /// Which.
    pub system: System,
    /// How many envelopes wait in its mailboxes.
    pub waiting: u64,
    what: What,
}

enum What {
    Disk(Disk),
    Empty(Box<EmptyStream>),
    JetStream(Box<JetStream>),
    Muster(Box<Muster>),
}

impl Runner {
    /// Starts it.
    pub async fn start(system: System, ground: &Ground) -> anyhow::Result<Runner> {
        let what = What::start(system, ground).await;
        let what = what.with_context(|| format!("{} does not start", name(system)))?;
        Ok(Runner { system, waiting: 0, what })
    }

    /// Starts a bus of its own, fills its mailboxes, and starts it again and again; says how long it
    /// was each time from there to the first delivery.
    pub async fn waiting(count: u64, ground: &Ground) -> anyhow::Result<(Runner, Vec<Duration>)> {
        let mut muster = Muster::start(ground, "muster-waiting").await?;
        muster.fill(count).await.with_context(|| format!("filling with {count} envelopes"))?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let (again, took) = muster.restart(ground).await.context("starting it again")?;
            muster = again;
            starts.push(took);
        }
        let what = What::Muster(Box::new(muster));
        Ok((Runner { system: System::Muster, waiting: count, what }, starts))
    }

    /// Plays a turn.
    pub async fn turn(&mut self, load: Load, folder: &Path) -> anyhow::Result<Turn> {
        let played = turn(self, load, folder).await;
        played.with_context(|| format!("a turn of {}", name(self.system)))
    }

    /// Carries envelopes for a turn.
    pub async fn carry(&mut self, load: Load) -> anyhow::Result<Carried> {
        match &mut self.what {
            What::Disk(disk) => disk.carry(load).await,
            What::Empty(empty) => empty.carry(load).await,
            What::JetStream(jetstream) => jetstream.carry(load).await,
            What::Muster(muster) => muster.carry(load).await,
        }
    }

    /// The server's seconds of CPU; none where there is no server.
    pub fn cpu(&self) -> anyhow::Result<f64> {
        self.pid().map_or(Ok(0.0), usage::seconds)
    }

    /// The server's memory.
    pub fn memory_mib(&self) -> anyhow::Result<f64> {
        self.pid().map_or(Ok(0.0), usage::resident_mib)
    }

    fn pid(&self) -> Option<u32> {
        match &self.what {
            What::Disk(_) => None,
            What::Empty(empty) => Some(empty.pid()),
            What::JetStream(jetstream) => Some(jetstream.pid()),
            What::Muster(muster) => Some(muster.pid()),
        }
    }
}

impl What {
    async fn start(system: System, ground: &Ground) -> anyhow::Result<What> {
        let jetstream = async |sync| {
            anyhow::Ok(What::JetStream(Box::new(JetStream::start(ground, sync).await?)))
        };
        match system {
            System::RawDisk => Ok(What::Disk(Disk::create(&ground.folder)?)),
            System::EmptyStream => Ok(What::Empty(Box::new(EmptyStream::start(ground).await?))),
            System::Muster => Ok(What::Muster(Box::new(Muster::start(ground, "muster").await?))),
            System::JetstreamAlways => jetstream(Sync::Always).await,
            System::JetstreamDefault => jetstream(Sync::Default).await,
        }
    }
}
