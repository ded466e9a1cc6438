//! A process on the file system that is cut: never outlives us, is stopped dead and killed.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::image::run;

/// How long anything may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program that dies with us; what it says on standard error goes to `<log>`.
    /// Must be called on the main thread: the death of the thread that starts it counts as ours.
    pub fn start<A: AsRef<OsStr>>(
        name: &str,
        program: &Path,
        arguments: &[A],
        log: &Path,
    ) -> anyhow::Result<Process> {
        let errors = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        command.env("MUSTER_LOG", "warn,kit::view=info");
        let child = command.spawn().with_context(|| format!("can't start {name}"))?;
        Ok(Process { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says; once.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// An error that says why, once it has ended.
    pub fn check_running(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(8).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        anyhow::bail!("{} has ended ({status}):\n{}", self.name, last.join("\n"))
    }

    /// Asks it to end and waits until it has.
    pub async fn terminate(mut self) -> anyhow::Result<()> {
        signal("TERM", &[&self])?;
        let ended = until(PATIENCE, || self.child.try_wait().ok().flatten().is_some()).await;
        ensure!(ended, "{} does not end when it is asked to", self.name);
        Ok(())
    }

    /// Kills it; when this returns, nothing of it goes on.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.end()
    }

    /// Kills it and waits until it has gone.
    pub fn end(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id()));
        let Ok(tasks) = tasks else { return true };
        tasks.flatten().all(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
            state.is_none_or(|state| "TtZX".contains(state))
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// Stops all of them, and returns when no thread of them runs or is inside a call.
pub async fn stop(processes: &[&Process]) -> anyhow::Result<()> {
    signal("STOP", processes)?;
    let stopped = until(PATIENCE, || processes.iter().all(|process| process.is_stopped())).await;
    ensure!(stopped, "some of {processes:?} do not stop");
    Ok(())
}

fn signal(name: &str, processes: &[&Process]) -> anyhow::Result<()> {
    let ids = processes.iter().map(|process| process.id().to_string());
    run(Command::new("kill").arg(format!("-{name}")).args(ids))
}

/// Waits for a condition; says whether it came true in time.
pub async fn until(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = tokio::time::Instant::now() + patience;
    while !is_so() {
        if tokio::time::Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    true
}

/// Tries until it succeeds; an error when it never does in time.
pub async fn eventually(mut attempt: impl AsyncFnMut() -> bool) -> anyhow::Result<()> {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !attempt().await {
        ensure!(tokio::time::Instant::now() < end, "not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
