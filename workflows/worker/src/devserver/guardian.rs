//! The thread that starts the server, waits for it, and takes it along when we die.
//!
//! Any other program that must not outlive us is kept the same way.
//!
//! `setpriv --pdeathsig KILL` makes the kernel kill the server when its parent dies, and for the
//! kernel the parent is the *thread* that started it: a thread of a runtime's pool may end long
//! before we do. So the server gets a thread of its own, that ends after it and never before.
//! Only this thread waits for the server: as long as it has not, the process id can't be another's.
//!
//! The server is in a process group of its own: a Ctrl-C at the terminal reaches us alone, and it
//! goes on serving until we stop it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::process;

/// What the owner wants of the server.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Run,
    Stop,
    Kill,
}

/// The owner's side of the thread; dropping it kills the server and waits until it is gone.
#[derive(Debug)]
pub struct Guardian {
    pid: u32,
    wish: watch::Sender<Wish>,
    ended: watch::Receiver<Option<ExitStatus>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Guardian {
    /// Starts the program with these arguments; what it says goes to the log.
    pub async fn start(program: &Path, arguments: Vec<OsString>, log: File) -> io::Result<Self> {
        let command = bound_to_us(program, arguments, log).await?;
        let (wish, wished) = watch::channel(Wish::Run);
        let (end, ended) = watch::channel(None);
        let (born, birth) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("guardian".into())
            .spawn(move || guard(command, born, wished, end))?;
        // Owned from here on: whoever stops waiting for the birth still ends the server.
        let mut guardian = Self { pid: 0, wish, ended, thread: Some(thread) };
        guardian.pid = birth.await.map_err(io::Error::other)??;
        Ok(guardian)
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Completes when the server has ended; `None` if nobody could see how.
    pub async fn ended(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.clone();
        ended.wait_for(Option::is_some).await.ok().and_then(|status| *status)
    }

    /// Asks the server to end; dropping the guardian kills it if it takes longer than `grace`.
    pub async fn stop(self, grace: Duration) {
        self.wish.send_replace(Wish::Stop);
        if timeout(grace, self.ended()).await.is_err() {
            tracing::warn!(pid = self.pid, "a program does not end by itself: killing it");
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        self.wish.send_replace(Wish::Kill);
        if let Some(thread) = self.thread.take() {
            // A killed process is gone within milliseconds; then its port and its data are free.
            let _ = thread.join();
        }
    }
}

async fn bound_to_us(program: &Path, arguments: Vec<OsString>, log: File) -> io::Result<Command> {
    let bind = ["--pdeathsig", "KILL"];
    let tried = Command::new("setpriv").args(bind).arg("true").output().await;
    let mut command = if tried.is_ok_and(|tried| tried.status.success()) {
        let mut command = Command::new("setpriv");
        command.args(bind).arg("--").arg(program);
        command
    } else {
        tracing::warn!("no `setpriv`: after a crash of ours a program goes on until it is stopped");
        Command::new(program)
    };
    command.args(arguments).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// The life of the thread: as long as the server's.
fn guard(
    mut command: Command,
    born: oneshot::Sender<io::Result<u32>>,
    wished: watch::Receiver<Wish>,
    end: watch::Sender<Option<ExitStatus>>,
) {
    let started = Builder::new_current_thread().enable_all().build().and_then(|runtime| {
        // This runtime has no thread but this one, so this thread is the server's parent.
        let child = runtime.block_on(async { command.spawn() })?;
        Ok((runtime, child))
    });
    match started {
        Err(error) => drop(born.send(Err(error))),
        Ok((runtime, child)) => {
            drop(born.send(Ok(child.id().unwrap_or_default())));
            end.send_replace(runtime.block_on(attend(child, wished)));
        }
    }
}

async fn attend(mut child: Child, mut wished: watch::Receiver<Wish>) -> Option<ExitStatus> {
    loop {
        let wish = tokio::select! {
            status = child.wait() => return status.ok(),
            // An owner that is gone wants nothing any more.
            changed = wished.changed() => changed.map_or(Wish::Kill, |()| *wished.borrow_and_update()),
        };
        match (wish, child.id()) {
            (Wish::Stop, Some(pid)) => process::signal(pid, "TERM").await,
            (Wish::Kill, _) => {
                child.kill().await.ok();
                return child.wait().await.ok();
            }
            (Wish::Run, _) | (Wish::Stop, None) => {}
        }
    }
}
