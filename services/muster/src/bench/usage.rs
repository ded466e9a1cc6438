//! What processes of ours use: seconds of CPU, and memory. Read from `/proc`, so on Linux only.

use std::{fs, ops::Sub};

use anyhow::Context;

/// Ticks of a second in `/proc`: 100 on every architecture that Linux shows to programs.
const TICKS: f64 = 100.0;

/// Seconds of CPU, user and system, since each process was started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// This process: all roles but the worker, the people, the empty workflows.
    pub ours: f64,
    /// The worker.
    pub worker: f64,
    /// Temporal.
    pub temporal: f64,
}

impl Cpu {
    /// As it is now.
    pub fn now(worker: u32, temporal: u32) -> anyhow::Result<Cpu> {
        Ok(Cpu {
            ours: seconds(std::process::id())?,
            worker: seconds(worker)?,
            temporal: seconds(temporal)?,
        })
    }

    /// All of it.
    pub fn sum(&self) -> f64 {
        self.ours + self.worker + self.temporal
    }
}

impl Sub for Cpu {
    type Output = Cpu;

    fn sub(self, before: Cpu) -> Cpu {
        Cpu {
            ours: self.ours - before.ours,
            worker: self.worker - before.worker,
            temporal: self.temporal - before.temporal,
        }
    }
}

/// Seconds of CPU, user and system, of a process since it was started.
pub fn seconds(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    ticks(&text).map(|ticks| ticks / TICKS).with_context(|| format!("{path} has another form"))
}

/// User and system time of a line of `stat`; the name before them may have any characters.
fn ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(11).map(|field| field.parse::<f64>().ok());
    Some(fields.next()?? + fields.next()??)
}

/// The memory of a process that is in the machine's, in MiB.
pub fn resident_mib(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    resident(&text).with_context(|| format!("{path} has another form"))
}

fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_changes_nothing() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 150 0 0 20 0 1 0 5 6 7";
        assert_eq!(ticks(stat), Some(400.0));
        assert_eq!(ticks("42 (a"), None);
    }

    #[test]
    fn memory_is_the_resident_part() {
        assert_eq!(resident("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n"), Some(2.0));
        assert_eq!(resident("VmRSS: many"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        assert!(resident_mib(pid).unwrap() > 0.0);
        assert!(Cpu::now(pid, pid).unwrap().sum() >= 0.0);
    }
}
