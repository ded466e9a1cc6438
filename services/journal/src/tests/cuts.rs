//! Thousands of power cuts: nothing acknowledged is lost, nothing else is made up.
//!
//! Every seed is a story of several lives. In each, the power fails at a random change of the
//! disk, be it while opening, appending or rotating. To repeat a failing seed, put it into `ONLY`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{CloneDisk, bodies, small};
use crate::disk::{Disk, File, Lock};
use crate::simulated::SimulatedDisk;
use crate::{Depth, Journal, Options, verify_on};

const ONLY: Option<u64> = None;
const SEEDS: u64 = 3_000;
const DIR: &str = "/var/journal";

#[test]
fn nothing_acknowledged_is_lost_in_thousands_of_cuts() {
    let seeds = ONLY.map_or(0..SEEDS, |seed| seed..seed + 1);
    let mut seen = Seen::default();
    for seed in seeds {
        let disk = SimulatedDisk::new();
        let told = Story::new(seed, disk.clone(), disk.shared()).tell(&mut seen);
        told.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    // The stories are worth nothing if the hard parts do not happen in them.
    if ONLY.is_none() {
        assert!(seen.torn > 500 && seen.kept > 200 && seen.reopened > 500, "{seen:?}");
        assert!(seen.rotations > 5_000, "{seen:?}");
    }
}

#[test]
fn nothing_is_lost_by_archiving_and_trimming_in_thousands_of_cuts() {
    let mut seen = Seen::default();
    for seed in 0..SEEDS {
        let disk = SimulatedDisk::new();
        let mut story = Story::new(seed, disk.clone(), disk.shared());
        story.keeps_house = true;
        let told = story.tell(&mut seen);
        told.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    assert!(seen.trimmed > 500 && seen.half_archived > 300, "{seen:?}");
}

#[test]
fn without_syncing_files_the_harness_sees_loss() {
    assert!(losses(|disk| Cheat { disk, files: true, dirs: false }) > 100);
}

#[test]
fn without_syncing_directories_the_harness_sees_loss() {
    assert!(losses(|disk| Cheat { disk, files: false, dirs: true }) > 100);
}

#[test]
fn a_lock_does_not_outlive_a_cut() {
    let disk = SimulatedDisk::new();
    let path = Path::new("/LOCK");
    let held = disk.lock(path).unwrap();
    assert!(held.is_some() && disk.lock(path).unwrap().is_none());
    disk.cut(1);
    let again = disk.lock(path).unwrap();
    drop(held);
    assert!(again.is_some() && disk.lock(path).unwrap().is_none());
}

fn losses(cheat: impl Fn(SimulatedDisk) -> Cheat) -> usize {
    let told = (0..200).map(|seed| {
        let disk = SimulatedDisk::new();
        Story::new(seed, disk.clone(), cheat(disk).shared()).tell(&mut Seen::default())
    });
    told.filter(Result::is_err).count()
}

/// How often the hard parts happened.
#[derive(Debug, Default)]
struct Seen {
    torn: u64,
    kept: u64,
    reopened: u64,
    rotations: u64,
    /// Segments that are only in the archive at the end.
    trimmed: u64,
    /// The power failed while something was archived or trimmed.
    half_archived: u64,
}

struct Story {
    random: StdRng,
    disk: SimulatedDisk,
    used: Arc<dyn Disk>,
    /// What is acknowledged, or was found after opening, and so must stay.
    acknowledged: Vec<Vec<u8>>,
    /// The batch that was under way.
    pending: Vec<Vec<u8>>,
    written: u64,
    /// Whether it archives and trims beside appending.
    keeps_house: bool,
}

impl Story {
    fn new(seed: u64, disk: SimulatedDisk, used: Arc<dyn Disk>) -> Story {
        let random = StdRng::seed_from_u64(seed);
        let (acknowledged, pending) = (Vec::new(), Vec::new());
        Story { random, disk, used, acknowledged, pending, written: 0, keeps_house: false }
    }

    fn tell(mut self, seen: &mut Seen) -> Result<(), String> {
        for life in 0..self.random.random_range(2..6) {
            let fuse = self.random.random_range(1..50);
            self.disk.power_off_after(fuse);
            if self.live(life, seen)? {
                seen.reopened += u64::from(life > 0);
            }
            let seed = self.random.random();
            self.disk.cut(seed);
        }
        let journal = self.open().map_err(|error| format!("at the end: {error}"))?;
        self.check(&journal, seen)?;
        let last = self.append(&journal)?.ok_or("appending after the last cut failed")?;
        journal.close().map_err(|error| error.to_string())?;
        let verified = verify_on(self.used.clone(), DIR).map_err(|error| error.to_string())?;
        seen.rotations += verified.segments as u64 - 1;
        seen.trimmed += verified.trimmed as u64;
        let right = (last, 0);
        let found = (verified.records, verified.torn_bytes);
        (found == right).then_some(()).ok_or(format!("verified {found:?}, not {right:?}"))
    }

    /// One life; true if it got as far as opening.
    fn live(&mut self, life: u64, seen: &mut Seen) -> Result<bool, String> {
        let journal = match self.open() {
            Ok(journal) => journal,
            Err(crate::Error::Io { .. }) => return Ok(false),
            Err(error) => return Err(format!("life {life}: {error}")),
        };
        self.check(&journal, seen)?;
        while self.append(&journal)?.is_some() {
            if self.keeps_house && self.random.random_range(0..3) == 0 && !self.tidy(&journal)? {
                seen.half_archived += 1;
                break;
            }
            if self.random.random_range(0..40) == 0 {
                journal.close().ok();
                break;
            }
        }
        Ok(true)
    }

    /// Archives, and trims up to some place; false when the power has failed.
    fn tidy(&mut self, journal: &Journal) -> Result<bool, String> {
        let place = self.random.random_range(0..=journal.last() + 1);
        match journal.archive().and_then(|_| journal.trim(place, 0)) {
            Ok(_) => Ok(true),
            Err(crate::Error::Io { .. }) => Ok(false),
            Err(error) => Err(format!("tidying: {error}")),
        }
    }

    fn open(&mut self) -> Result<Journal, crate::Error> {
        let verify = if self.random.random() { Depth::Full } else { Depth::Tail };
        let room_bytes = [0, 300, 1 << 20][self.random.random_range(0..3)];
        let options = Options { verify, room_bytes, ..small() };
        Journal::open_on(self.used.clone(), Path::new(DIR), options)
    }

    /// Everything acknowledged is there in order, and what else is there is a prefix of the batch
    /// that was under way. As it could be read, it has to stay from now on.
    fn check(&mut self, journal: &Journal, seen: &mut Seen) -> Result<(), String> {
        let found = bodies(journal).map_err(|error| error.to_string())?;
        let kept = self.acknowledged.len();
        if found.len() < kept || found[..kept] != self.acknowledged {
            return Err(format!("{kept} records were acknowledged, {} are there", found.len()));
        }
        let more = &found[kept..];
        if !self.pending.starts_with(more) {
            return Err(format!("{} records are there that nobody appended", more.len()));
        }
        seen.torn += u64::from(more.len() < self.pending.len());
        seen.kept += u64::from(!more.is_empty());
        if journal.last() != found.len() as u64 {
            return Err(format!("last is {}, with {} records", journal.last(), found.len()));
        }
        self.acknowledged = found;
        self.pending.clear();
        Ok(())
    }

    fn append(&mut self, journal: &Journal) -> Result<Option<u64>, String> {
        let count = self.random.random_range(1..8);
        let batch: Vec<Vec<u8>> = (0..count).map(|_| self.body()).collect();
        self.pending = batch.clone();
        match journal.append_blocking(batch) {
            Ok(appended) if appended.first == self.acknowledged.len() as u64 + 1 => {
                self.acknowledged.append(&mut self.pending);
                Ok(Some(appended.last()))
            }
            Ok(appended) => Err(format!("a batch got the place {}", appended.first)),
            Err(crate::Error::Failed { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn body(&mut self) -> Vec<u8> {
        self.written += 1;
        let bytes = self.random.random_range(0..400);
        super::body(self.written, bytes)
    }
}

/// A disk that says it synced and did not.
#[derive(Clone)]
struct Cheat {
    disk: SimulatedDisk,
    files: bool,
    dirs: bool,
}

struct CheatFile(Arc<dyn File>);

impl Cheat {
    fn file(&self, file: io::Result<Arc<dyn File>>) -> io::Result<Arc<dyn File>> {
        match self.files {
            true => Ok(Arc::new(CheatFile(file?))),
            false => file,
        }
    }
}

impl Disk for Cheat {
    fn has_dir(&self, dir: &Path) -> bool {
        self.disk.has_dir(dir)
    }
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir(dir)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        if self.dirs { Ok(()) } else { self.disk.sync_dir(dir) }
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.file(self.disk.create(path))
    }
    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.file(self.disk.open_write(path))
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        self.disk.open(path)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        self.disk.lock(path)
    }
}

impl File for CheatFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
    fn truncate(&self, length: u64) -> io::Result<()> {
        self.0.truncate(length)
    }
    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.0.reserve(offset, bytes)
    }
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}
