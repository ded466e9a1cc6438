//! Other processes, by their id: whose they are, and how they are told to end.
//!
//! Ids are reused by the system: nobody here is told anything before their command line was read.
//! Signals go through the shell's own `kill`, which every POSIX system has; this crate has no
//! unsafe code to send them itself.

use std::path::Path;

use tokio::process::Command;

/// Whether a living process has this argument on its command line.
pub(super) async fn has_argument(pid: u32, argument: &str) -> bool {
    if Path::new("/proc/self").exists() {
        // A process that has ended, but was not waited for, has an empty line here.
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        return line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes());
    }
    let listed = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().await;
    listed.is_ok_and(|listed| String::from_utf8_lossy(&listed.stdout).contains(argument))
}

/// Whether a process lets go of what it holds no more: it is gone, or waits only to be waited for.
/// One that ends has no command line any more while its files, and the locks on them, are still
/// open.
pub(super) async fn has_ended(pid: u32) -> bool {
    if !Path::new("/proc/self").exists() {
        return true;
    }
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state stands behind the name, which may have any characters, in brackets.
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_none_or(|state| matches!(state, 'Z' | 'X'))
}

/// Sends a signal by its name (`TERM`, `KILL`).
pub(super) async fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {pid}")]).output().await;
    if let Err(error) = sent {
        tracing::warn!(pid, name, %error, "a signal could not be sent");
    }
}
