//! Muster as a program: every role, the whole system on one machine, the story, the verbs.
//!
//! A library with a thin `main`, so that other packages can start the very same program. The roles
//! know nothing of each other: what joins them is here. Only [`output`] prints.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod bench;
pub mod cases;
pub mod cli;
pub mod coverage;
pub mod demo;
pub mod disk;
pub mod identity;
pub mod ledger;
pub mod openapi;
pub mod operate;
pub mod output;
pub mod pack;
pub mod policy;
pub mod restore;
pub mod role;
pub mod system;
pub mod trace;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Verb};
use output::Output;

/// Envelopes are made on one thread and let go of on another, many at a time: with the allocator of
/// the system that is a fifth of what the bus does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The allocator asks for huge pages, and clears two MiB where a few KiB are wanted: two fifths of what
/// a list of fifty cases took, and a third of each role's memory. What this process starts inherits it.
fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    let _where_it_is_refused_they_stay_large = rustix::thread::disable_transparent_huge_pages(true);
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    keep_pages_small();
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::Error::new(error)),
    };
    runtime.block_on(async {
        let _telemetry = kit::telemetry::init(cli.verb.name(), &role::telemetry());
        match act(cli.verb).await {
            Ok(code) => code,
            Err(error) => output::failed(&error),
        }
    })
}

async fn act(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Demo(asked) => demo::run(asked).await,
        Verb::Run(asked) => system::run(asked).await,
        Verb::Bus(asked) => operate::bus(*asked).await,
        Verb::Where(asked) => operate::locate(asked).await,
        Verb::Trace(asked) => trace::run(asked).await,
        Verb::Registry(asked) => operate::registry::run(*asked).await,
        Verb::Credit(asked) => operate::credit::run(*asked).await,
        Verb::Inspections(asked) => operate::inspections::run(*asked).await,
        Verb::Contacts(asked) => operate::contacts::run(*asked).await,
        Verb::Seizures(asked) => operate::inspections::seizures(*asked).await,
        Verb::Approvals(asked) => operate::approvals::run(*asked).await,
        Verb::Decisions(asked) => operate::decisions::run(*asked).await,
        Verb::Operations(asked) => operate::operations::run(*asked).await,
        Verb::Incidents(asked) => operate::incidents::run(*asked).await,
        Verb::Cases(asked) => cases::run(*asked).await,
        Verb::Accountability(asked) => operate::accountability::run(*asked).await,
        Verb::Ledger(asked) => ledger::run(*asked).await,
        Verb::Unit(asked) => role::unit(&asked.config, &asked.units).await,
        Verb::Worker(asked) => role::worker(&asked.config).await,
        Verb::Accounts(asked) => accounts::run(*asked).await,
        Verb::Gateway(asked) => role::gateway(&asked.config).await,
        Verb::City(cli::City::Check { dir, output }) => pack::check(&dir, Output::new(output)),
        Verb::City(cli::City::Coverage { dir, role, output }) => {
            coverage::run(&dir, role, Output::new(output))
        }
        Verb::Policy(asked) => policy::run(asked),
        Verb::Outside(asked) => operate::outside::run(*asked).await,
        Verb::Notices(asked) => operate::notices::run(*asked).await,
        Verb::Intake(asked) => operate::intake::run(*asked).await,
        Verb::Openapi(asked) => openapi::run(&asked),
        Verb::Disk(asked) => disk::run(&asked),
        Verb::Backup(asked) => backup::run(&asked),
        Verb::Restore(asked) => restore::run(&asked),
        Verb::Identity(asked) => identity::act(asked),
        Verb::Bench(cli::Bench::Case(asked)) => bench::case(asked).await,
        Verb::Bench(cli::Bench::Bus(asked)) => bench::bus::run(asked).await,
        Verb::Bench(cli::Bench::Flood(asked)) => bench::bus::flood::run(asked).await,
        Verb::Bench(cli::Bench::Extra(asked)) => bench::extra::run(asked).await,
        Verb::Bench(cli::Bench::EmptyStream(asked)) => {
            bench::bus::empty::serve(&asked.config).await
        }
        Verb::Audit(cli::Audit::Verify { dir, output }) => audit::verify(&dir, Output::new(output)),
    }
}
