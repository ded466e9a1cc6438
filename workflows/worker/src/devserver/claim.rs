//! The claim of one process on one data file, and the end of what an earlier one left behind.
//!
//! `<data>.pid` is locked by the owner for as long as it lives (the system frees the lock of a
//! dead process) and holds the server's process id. Who gets the lock and finds an id there finds
//! a server without an owner: it is stopped, if its command line names our data file.

use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::Error;
use super::{GRACE, process};

/// How often a process that was told to end is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long a killed process may take to be gone.
const KILLED: Duration = Duration::from_secs(5);

/// The lock on a data file.
#[derive(Debug)]
pub(super) struct Claim {
    file: File,
    path: PathBuf,
}

impl Claim {
    /// Takes the lock, and stops a server that was left behind on this data.
    pub(super) async fn take(data: &Path) -> Result<Self, Error> {
        let mut claim = Self::lock(data)?;
        let mut written = String::new();
        // A file that was cut off in writing names nobody.
        let _ = claim.file.read_to_string(&mut written);
        if let Ok(pid) = written.trim().parse() {
            stop_leftover(pid, data).await?;
        }
        Ok(claim)
    }

    fn lock(data: &Path) -> Result<Self, Error> {
        let mut name = data.as_os_str().to_owned();
        name.push(".pid");
        let path = PathBuf::from(name);
        let failed = |source| Error::file("open", &path, source);
        create_dir_all(data.parent().unwrap_or(data)).map_err(failed)?;
        let mut open = OpenOptions::new();
        let file = open.read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, path }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { data: data.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::file("lock", &path, source)),
        }
    }

    /// Writes down whom to stop if we can't.
    pub(super) fn record(&mut self, pid: u32) -> Result<(), Error> {
        self.write(&format!("{pid}\n")).map_err(|source| Error::file("write", &self.path, source))
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // The server is gone; the file stays, for it is the lock. An id left in it is harmless.
        let _ = self.write("");
    }
}

async fn stop_leftover(pid: u32, data: &Path) -> Result<(), Error> {
    let argument = data.to_string_lossy();
    if !process::has_argument(pid, &argument).await {
        return Ok(());
    }
    tracing::warn!(pid, data = %argument, "stopping the Temporal server of an earlier run");
    for (name, patience) in [("TERM", GRACE), ("KILL", KILLED)] {
        if process::has_argument(pid, &argument).await {
            process::signal(pid, name).await;
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let is_ours = process::has_argument(pid, &argument).await;
            if !is_ours && process::has_ended(pid).await {
                return Ok(());
            }
            sleep(LOOK).await;
        }
    }
    Err(Error::Leftover { pid, data: data.to_owned() })
}
