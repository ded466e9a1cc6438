//! What breaks the bus: kills, torn writes, a clock that jumps, a full disk. Every few seconds one.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::line::Office;

/// The size of the disk.
const DISK: &str = "size=256m";

/// Holds the bus, and breaks it.
pub struct Breaker {
    data: PathBuf,
    papers: PathBuf,
    listen: String,
    log: PathBuf,
    bus: Child,
    rng: StdRng,
    is_own_disk: bool,
    kills: u64,
    torn: u64,
    views: u64,
    jumps: u64,
    fills: u64,
}

impl Breaker {
    /// Starts the bus on a disk of its own, where one can be had.
    pub fn begin(dir: &Path, office: &Office, seed: u64) -> anyhow::Result<Breaker> {
        let data = dir.join("disk");
        fs::create_dir(&data)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(&data).stderr(Stdio::null());
        let is_own_disk = mount.status().is_ok_and(|status| status.success());
        let (papers, log) = (office.papers.clone(), dir.join("bus.log"));
        let listen = format!("127.0.0.1:{}", office.port);
        let bus = start(&data, &papers, &listen, &log)?;
        let rng = StdRng::seed_from_u64(seed);
        let (kills, torn, views, jumps, fills) = (0, 0, 0, 0, 0);
        Ok(Breaker {
            data,
            papers,
            listen,
            log,
            bus,
            rng,
            is_own_disk,
            kills,
            torn,
            views,
            jumps,
            fills,
        })
    }

    /// Breaks it for so long; afterwards it runs, and has room.
    pub async fn rage(&mut self, span: Duration) -> anyhow::Result<()> {
        let end = tokio::time::Instant::now() + span;
        while tokio::time::Instant::now() < end {
            let pause = self.rng.random_range(1_000..5_000);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.check()?;
            match self.rng.random_range(0..8) {
                0..5 => self.kill()?,
                5 if self.is_own_disk => self.fill().await?,
                _ => self.jump()?,
            }
        }
        Ok(())
    }

    /// The bus may end only when it is killed.
    fn check(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.bus.try_wait()? else { return Ok(()) };
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(8).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        anyhow::bail!("the bus has ended by itself ({status}):\n{}", last.join("\n"))
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.bus.kill()?;
        self.bus.wait()?;
        self.kills += 1;
        if self.rng.random_bool(0.6) {
            self.tear()?;
        }
        // As after another boot: it is made anew, from its snapshot, archive and journal.
        if self.rng.random_bool(0.2) && fs::remove_dir_all(self.data.join("bus/view")).is_ok() {
            self.views += 1;
        }
        if self.rng.random_bool(0.2) {
            fs::write(self.data.with_extension("clock"), "0")?;
        }
        self.bus = start(&self.data, &self.papers, &self.listen, &self.log)?;
        Ok(())
    }

    /// Puts behind the record what a write leaves that was torn: rubbish, nothing, or its beginning.
    fn tear(&mut self) -> anyhow::Result<()> {
        let found = fs::read_dir(self.data.join("bus/journal"));
        let Ok(found) = found else { return Ok(()) };
        let files = found.flatten().map(|file| file.path());
        let segment = files.filter(|path| path.extension().is_some_and(|end| end == "seg")).max();
        let Some(segment) = segment else { return Ok(()) };
        let bytes = fs::read(&segment)?;
        let mut rubbish = vec![0; self.rng.random_range(1..300)];
        match self.rng.random_range(0..3) {
            0 => self.rng.fill_bytes(&mut rubbish),
            1 => {}
            _ => rubbish = bytes[bytes.len().saturating_sub(rubbish.len())..].to_vec(),
        }
        let mut file = File::options().write(true).open(&segment)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(&rubbish)?;
        self.torn += 1;
        Ok(())
    }

    /// Its clock goes on by seconds at once.
    fn jump(&mut self) -> anyhow::Result<()> {
        let path = self.data.with_extension("clock");
        let before = fs::read_to_string(&path).unwrap_or_default();
        let before: u64 = before.trim().parse().unwrap_or(0);
        let next = before + self.rng.random_range(100..20_000);
        let new = path.with_extension("new");
        fs::write(&new, next.to_string())?;
        self.jumps += 1;
        Ok(fs::rename(new, path)?)
    }

    /// Fills the disk, kills the bus on it now and then, and makes room again.
    async fn fill(&mut self) -> anyhow::Result<()> {
        let ballast = self.data.join("ballast");
        let mut file = File::create(&ballast)?;
        for size in [1 << 20, 4_096, 1] {
            let block = vec![7; size];
            while file.write_all(&block).is_ok() {}
        }
        self.fills += 1;
        tokio::time::sleep(Duration::from_secs(3)).await;
        drop(file);
        fs::remove_file(ballast)?;
        Ok(())
    }

    /// Ends the bus for good, and proves its archive and its journal as one chain.
    pub fn proved(&mut self) -> anyhow::Result<journal::Verified> {
        self.bus.kill()?;
        self.bus.wait()?;
        Ok(journal::verify(self.data.join("bus/journal"))?)
    }

    /// What it did.
    pub fn told(&self) -> String {
        let Breaker { kills, torn, views, jumps, fills, is_own_disk, .. } = self;
        let disk = if *is_own_disk { "" } else { " (not root: there was no disk to fill)" };
        format!(
            "killed {kills} times, {torn} torn writes, {views} views taken away, {jumps} jumps of the clock, filled {fills} times{disk}"
        )
    }
}

impl Drop for Breaker {
    fn drop(&mut self) {
        let _gone = self.bus.kill();
        let _gone = self.bus.wait();
        if self.is_own_disk {
            let _gone = Command::new("umount").arg("--lazy").arg(&self.data).status();
        }
    }
}

fn start(data: &Path, papers: &Path, listen: &str, log: &Path) -> anyhow::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bus").args([data, papers]).arg(listen);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().context("can't start the bus")
}
