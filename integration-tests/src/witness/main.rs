//! The witness of a storm: the people and the departments of a city, in a process of their own,
//! with a record of their own.
//!
//! It blows whistles, works at the desks and judges, all through the public interfaces, whatever
//! is killed meanwhile: what gets no answer is asked again with the same request id. All that was
//! acknowledged or seen is synced into its own file before it goes on. At the end that file alone
//! says what must be true; what the system under test has is never asked for that, only compared.
//!
//! It ends with status 0 when every promise was kept, and says on its last line what it saw.

mod community;
mod department;
mod line;
mod notes;
mod office;
mod plan;
mod verdict;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use line::Lines;
use notes::Notes;
use plan::Plan;
use tokio::task::JoinSet;

/// What to witness.
#[derive(Clone, Debug, Parser)]
struct Asked {
    /// The data folder of the city: `endpoints.json` and `identity/`.
    #[arg(long)]
    data: PathBuf,
    /// The witness's own record; made anew.
    #[arg(long)]
    notes: PathBuf,
    /// How many cases.
    #[arg(long, default_value_t = 50)]
    cases: u64,
    /// What all chance follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Over how many milliseconds the whistles are blown.
    #[arg(long, default_value_t = 15_000)]
    spread: u64,
    /// How many milliseconds a person takes at most for a step.
    #[arg(long, default_value_t = 2_000)]
    step: u64,
    /// How many seconds until what is not done counts as lost.
    #[arg(long, default_value_t = 420)]
    patience: u64,
    /// The bus loses its log in this storm: only the order of each source is promised then.
    #[arg(long)]
    log_is_lost: bool,
}

/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let asked = Asked::parse();
    // All of its people share one thread: a note is synced before anybody goes on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let people = tokio::task::LocalSet::new();
        let outcome = people.block_on(&runtime, witness(&asked));
        // Whoever still waits for an answer is not waited for.
        runtime.shutdown_background();
        outcome
    });
    match outcome {
        Ok(verdict) => say(&verdict),
        Err(error) => say(&verdict::Verdict::broken(&error)),
    }
}

#[allow(clippy::print_stdout, reason = "the verdict is what the witness is for")]
fn say(verdict: &verdict::Verdict) -> ExitCode {
    println!("{}", serde_json::to_string(verdict).unwrap_or_default());
    if verdict.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn witness(asked: &Asked) -> anyhow::Result<verdict::Verdict> {
    let plan = Arc::new(Plan::new(asked));
    let notes = Notes::create(&asked.notes)?;
    let lines = Lines::open(&asked.data)?;
    let mut people = JoinSet::new();
    for unit in plan::UNITS {
        let desk = lines.to_unit(unit)?;
        people.spawn_local(department::work(unit, desk, Arc::clone(&plan), notes.clone()));
    }
    let door = lines.to_gateway(plan::COMMUNITY)?;
    people.spawn_local(community::judge(door.clone(), Arc::clone(&plan), notes.clone()));
    for index in 0..asked.cases {
        people.spawn_local(community::raise(index, door.clone(), Arc::clone(&plan), notes.clone()));
    }
    let office = lines.to_gateway(plan::OFFICE)?;
    people.spawn_local(office::count(office.clone(), notes.clone()));

    let deadline = tokio::time::Instant::now() + Duration::from_secs(asked.patience);
    loop {
        tokio::time::sleep(LOOK).await;
        let verdict = verdict::of(&notes::read(&asked.notes)?, &plan);
        if verdict.is_done() || tokio::time::Instant::now() > deadline {
            break;
        }
    }
    let counted = office::once(&office, asked.cases).await;
    let mut verdict = verdict::of(&notes::read(&asked.notes)?, &plan);
    verdict.violations.extend(counted.err().map(|error| format!("{error:#}")));
    Ok(verdict.ended())
}
