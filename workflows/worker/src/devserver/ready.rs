//! When the server serves, and what it said if it never does.
//!
//! The test is the health service of the server itself, asked by its own program, not the passing
//! of time; and a server that has ended is not waited for.
//!
//! Search attributes are part of being ready. They are created here and not by the flag of
//! `start-dev`, which reads them only when the data file is new: an older file would lack those
//! that a later release of ours adds.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::Options;
use super::error::Error;
use super::guardian::Guardian;

/// A user's own Temporal settings have no say in ours.
pub(super) const NO_CONFIG: [&str; 2] = ["--disable-config-file", "--disable-config-env"];

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a question about its health may take.
const QUESTION: Duration = Duration::from_secs(5);
/// How much of a log goes into an error.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 256 * 1024;
/// How the line begins that says why it gave up; a long trace follows.
const WHY: &str = "panic: ";
/// What it says of a port that it did not get, one of ours or of its own.
const NO_PORT: [&str; 2] = ["address already in use", "failed assigning ephemeral port"];

/// Returns when the server serves; `said` is where its words begin in the log.
pub(super) async fn wait(
    options: &Options,
    address: SocketAddr,
    guardian: &Guardian,
    said: u64,
) -> Result<(), Error> {
    let serving = timeout(options.patience, async {
        while !serves(&options.binary, address).await {
            sleep(PAUSE).await;
        }
    });
    tokio::select! {
        biased;
        status = guardian.ended() => Err(ended(status.unwrap_or_default(), tail(&options.log, said))),
        served = serving => served.map_err(|_| Error::NotReady {
            seconds: options.patience.as_secs(),
            log: tail(&options.log, said),
        }),
    }
}

fn ended(status: ExitStatus, log: String) -> Error {
    if NO_PORT.iter().any(|words| log.contains(words)) {
        return Error::PortTaken { log };
    }
    Error::Ended { status, log }
}

/// Asks for the port first, because it costs nothing, and then for its health.
pub(super) async fn serves(binary: &Path, address: SocketAddr) -> bool {
    if !matches!(timeout(QUESTION, TcpStream::connect(address)).await, Ok(Ok(_))) {
        return false;
    }
    let health = ["operator", "cluster", "health"].map(String::from);
    ask(binary, address, &health, QUESTION).await.is_ok_and(|answer| answer.starts_with("SERVING"))
}

/// Creates the search attributes that are missing; one that exists with another type is an error. A
/// busy server has as long for it as for its start.
pub(super) async fn register(options: &Options, address: SocketAddr) -> Result<(), Error> {
    if options.search_attributes.is_empty() {
        return Ok(());
    }
    let mut words = ["operator", "search-attribute", "create"].map(String::from).to_vec();
    for (name, kind) in &options.search_attributes {
        words.extend(["--name", name, "--type", kind].map(String::from));
    }
    let created = ask(&options.binary, address, &words, options.patience).await;
    created.map(drop).map_err(|said| Error::SearchAttributes { said })
}

/// Runs the program as a client: what it answered, or what it said when it failed.
async fn ask(
    binary: &Path,
    address: SocketAddr,
    words: &[String],
    patience: Duration,
) -> Result<String, String> {
    let run = Command::new(binary)
        .args(words)
        .args(["--address", &address.to_string()])
        .args(NO_CONFIG)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(patience, run).await.map_err(|_| "no answer in time".to_owned())?;
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// The end of what was written to the log after `from`.
fn tail(log: &Path, from: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        let start = from.max(file.metadata()?.len().saturating_sub(TAIL_BYTES));
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Err(error) => format!("(the log cannot be read: {error})"),
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
    }
}

/// The last lines, below the one that says why it gave up.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (before, last) = lines.split_at(lines.len().saturating_sub(TAIL_LINES));
    let why = before.iter().find(|line| line.starts_with(WHY));
    let shown: Vec<&str> = why.into_iter().chain(last).copied().collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_it_gave_up_is_above_its_trace_and_a_port_that_it_did_not_get_is_another_try() {
        let trace = "goroutine 1\n".repeat(3 * TAIL_LINES);
        let log =
            last_lines(&format!("begins\npanic: failed assigning ephemeral port: x\n{trace}"));
        assert!(log.starts_with("panic: failed") && log.lines().count() == TAIL_LINES + 1, "{log}");
        let ended = |log: &str| ended(ExitStatus::default(), log.to_owned());
        assert!(matches!(ended(&log), Error::PortTaken { .. }));
        assert!(matches!(ended("bind: address already in use"), Error::PortTaken { .. }));
        assert!(matches!(ended(&last_lines("no such file\n")), Error::Ended { .. }));
    }
}
