//! `muster bus …`, `muster registry …`, `muster accountability …`, `muster approvals …`,
//! `muster decisions …`, `muster inspections …`, `muster seizures …`, `muster contacts …`,
//! `muster operations …`, `muster credit …` and `muster where`: what an operator asks of a system
//! that runs.
//!
//! Every verb comes in through the front door, with a certificate, and may what the city's policies
//! say. Looking changes nothing there and leaves nothing behind; what changes something shows first what it
//! would, and does it with `--yes`. Each says the same as a table and as one JSON object a row.

pub mod accountability;
pub mod approvals;
mod case;
pub mod contacts;
pub mod credit;
pub mod decisions;
pub mod incidents;
pub mod inspections;
pub mod moment;
pub mod notices;
pub mod operations;
pub mod outside;
mod parked;
mod record;
pub mod registry;
mod replay;
mod state;
mod table;
pub mod way;
mod whereabouts;
pub mod words;

use std::process::ExitCode;

pub use self::table::Table;

use crate::{
    cli::{Bus, BusVerb, Where},
    output::Output,
    role,
};

/// `muster bus`: the role itself, or a verb about one that runs.
pub async fn bus(asked: Bus) -> anyhow::Result<ExitCode> {
    match (asked.verb, asked.config) {
        (Some(verb), _) => ask(verb).await.map(|()| ExitCode::SUCCESS),
        (None, Some(config)) => role::bus(&config).await,
        (None, None) => anyhow::bail!("--config FILE runs a bus, a verb asks one; see --help"),
    }
}

async fn ask(verb: BusVerb) -> anyhow::Result<()> {
    match verb {
        BusVerb::Status(asked) => state::status(&asked).await,
        BusVerb::Mailboxes(asked) => state::mailboxes(&asked).await,
        BusVerb::Subscribers(asked) => replay::subscribers(&asked).await,
        BusVerb::Parked(asked) => parked::run(*asked).await,
        BusVerb::Tail(asked) => record::tail(&asked).await,
        BusVerb::Replay(asked) => replay::run(&asked).await,
    }
}

/// `muster where`
pub async fn locate(asked: Where) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.way.output);
    whereabouts::run(&asked, output).await.map(|()| ExitCode::SUCCESS)
}
