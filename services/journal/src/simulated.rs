//! A disk in memory that loses power on demand, for tests of this crate and of others.
//!
//! It keeps apart what a program sees and what would survive. `cut` decides, by a seed, the fate of
//! everything that was not synced: each write survives whole, not at all, up to some byte, or in
//! some of its 512-byte sectors, each on its own; each truncation, each reserved length and each new
//! or removed name survives or not. Handles from before a cut are dead. It can also be full, fail to sync, and
//! lose power after so many operations, in the middle of one.
//!
//! What it does not do: rot bits on its own (`flip` does, when asked), or keep wrong bytes for a
//! write that was synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::disk::{Disk, File, Lock};

const SECTOR_BYTES: u64 = 512;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

/// What was asked of the disk so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes.
    pub writes: u64,
    /// Syncs of files.
    pub syncs: u64,
}

#[derive(Default)]
struct State {
    names: BTreeMap<PathBuf, usize>,
    dirs: BTreeSet<PathBuf>,
    /// Changes of names that are not synced, with the directory they are in.
    changes: Vec<Change>,
    durable_names: BTreeMap<PathBuf, usize>,
    durable_dirs: BTreeSet<PathBuf>,
    nodes: Vec<Node>,
    locks: BTreeSet<PathBuf>,
    life: u64,
    fuse: Option<u64>,
    capacity: Option<u64>,
    failing_syncs: bool,
    counts: Counts,
}

#[derive(Clone)]
enum Change {
    Dir(PathBuf),
    Create(PathBuf, usize),
    Remove(PathBuf),
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Change::Dir(path) | Change::Create(path, _) | Change::Remove(path) => path,
        }
    }
}

#[derive(Default)]
struct Node {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Effect>,
}

enum Effect {
    Write(u64, Vec<u8>),
    Truncate(u64),
    Reserve(u64),
}

impl SimulatedDisk {
    /// An empty disk without limits.
    pub fn new() -> SimulatedDisk {
        SimulatedDisk::default()
    }

    /// Cuts the power and turns it on again. What was not synced fares as the seed says.
    pub fn cut(&self, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut state = self.state();
        for change in std::mem::take(&mut state.changes) {
            if random.random() {
                state.keep(&change);
            }
        }
        for node in &mut state.nodes {
            node.settle(&mut random);
        }
        state.drop_orphans();
        state.names = state.durable_names.clone();
        state.dirs = state.durable_dirs.clone();
        state.locks.clear();
        state.life += 1;
        state.fuse = None;
    }

    /// Lets the power fail in the middle of the next change but `changes`; then nothing works
    /// until `cut`. Reading is no change.
    pub fn power_off_after(&self, changes: u64) {
        self.state().fuse = Some(changes);
    }

    /// Limits the bytes in all files; `None` for no limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// Lets every sync of a file fail, with nothing made durable, or work again.
    pub fn fail_syncs(&self, failing: bool) {
        self.state().failing_syncs = failing;
    }

    /// How often it was written and synced.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// The bytes of a file as a program sees them.
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|node| state.nodes[*node].seen.clone())
    }

    /// Flips one bit, as rot does: at once, and durably.
    ///
    /// # Panics
    /// If the file or the byte is not there.
    pub fn flip(&self, path: &Path, bit: u64) {
        let mut state = self.state();
        let node = *state.names.get(path).expect("the caller names a file that is there");
        let (at, mask) = (usize::try_from(bit / 8).unwrap_or(usize::MAX), 1 << (bit % 8));
        state.nodes[node].seen[at] ^= mask;
        if let Some(byte) = state.nodes[node].durable.get_mut(at) {
            *byte ^= mask;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, state: &State, node: usize, writable: bool) -> Arc<dyn File> {
        Arc::new(SimulatedFile { disk: self.clone(), node, life: state.life, writable })
    }
}

impl State {
    /// Burns one step of the fuse; an error once the power is off.
    fn change(&mut self) -> io::Result<()> {
        match self.fuse.as_mut() {
            Some(0) => Err(io::Error::other("the power is off")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn keep(&mut self, change: &Change) {
        match change {
            Change::Dir(path) => {
                self.durable_dirs.insert(path.clone());
            }
            Change::Create(path, node) => {
                self.durable_names.insert(path.clone(), *node);
            }
            Change::Remove(path) => {
                self.durable_names.remove(path);
            }
        }
    }

    /// What is in a directory whose name was lost is lost with it.
    fn drop_orphans(&mut self) {
        let dirs = self.durable_dirs.clone();
        let held =
            |path: &Path| path.ancestors().skip(1).all(|dir| is_root(dir) || dirs.contains(dir));
        self.durable_dirs.retain(|dir| held(dir));
        self.durable_names.retain(|path, _| held(path));
    }

    fn has_dir(&self, dir: &Path) -> bool {
        is_root(dir) || self.dirs.contains(dir)
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// How many of `bytes` still fit.
    fn room(&self, node: usize, bytes: &[u8], offset: u64) -> usize {
        let Some(capacity) = self.capacity else { return bytes.len() };
        let used: usize = self.names.values().map(|node| self.nodes[*node].seen.len()).sum();
        let left = capacity.saturating_sub(used as u64);
        let inside = (self.nodes[node].seen.len() as u64).saturating_sub(offset);
        bytes.len().min(usize::try_from(inside + left).unwrap_or(usize::MAX))
    }
}

fn is_root(dir: &Path) -> bool {
    matches!(dir.to_str(), Some("" | "." | "/"))
}

impl Node {
    fn sync(&mut self) {
        for effect in std::mem::take(&mut self.pending) {
            effect.apply(&mut self.durable);
        }
    }

    fn settle(&mut self, random: &mut StdRng) {
        for effect in std::mem::take(&mut self.pending) {
            match effect {
                Effect::Write(offset, bytes) => tear(offset, &bytes, &mut self.durable, random),
                _ if random.random() => effect.apply(&mut self.durable),
                _ => {}
            }
        }
        self.seen = self.durable.clone();
    }
}

impl Effect {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Effect::Write(offset, written) => put(bytes, *offset, written),
            Effect::Truncate(length) => bytes.resize(to_index(*length), 0),
            Effect::Reserve(end) => bytes.resize(bytes.len().max(to_index(*end)), 0),
        }
    }
}

/// Whole, nothing, only the length, up to a byte, or some of the sectors.
fn tear(offset: u64, bytes: &[u8], durable: &mut Vec<u8>, random: &mut StdRng) {
    match random.random_range(0..6) {
        0 => put(durable, offset, bytes),
        1 => {}
        2 => durable.resize(durable.len().max(to_index(offset) + bytes.len()), 0),
        3 => put(durable, offset, &bytes[..random.random_range(0..=bytes.len())]),
        _ => {
            let mut at = 0;
            while at < bytes.len() {
                let sector = SECTOR_BYTES - (offset + at as u64) % SECTOR_BYTES;
                let end = bytes.len().min(at + to_index(sector));
                if random.random() {
                    put(durable, offset + at as u64, &bytes[at..end]);
                }
                at = end;
            }
        }
    }
}

fn put(bytes: &mut Vec<u8>, offset: u64, written: &[u8]) {
    let (start, end) = (to_index(offset), to_index(offset) + written.len());
    bytes.resize(bytes.len().max(end), 0);
    bytes[start..end].copy_from_slice(written);
}

fn to_index(number: u64) -> usize {
    usize::try_from(number).expect("a simulated disk fits into memory")
}

// === impl Disk ===

impl Disk for SimulatedDisk {
    fn has_dir(&self, dir: &Path) -> bool {
        self.state().has_dir(dir)
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        if !dir.parent().is_none_or(|parent| state.has_dir(parent)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if !state.dirs.insert(dir.to_owned()) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.changes.push(Change::Dir(dir.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        let inside = |change: &Change| {
            let parent = change.path().parent().unwrap_or(dir);
            parent == dir || (is_root(parent) && is_root(dir))
        };
        let (synced, left) = std::mem::take(&mut state.changes).into_iter().partition(inside);
        state.changes = left;
        let synced: Vec<Change> = synced;
        synced.iter().for_each(|change| state.keep(change));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.state();
        state.change()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if !path.parent().is_some_and(|dir| state.has_dir(dir)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.nodes.push(Node::default());
        let node = state.nodes.len() - 1;
        state.names.insert(path.to_owned(), node);
        state.changes.push(Change::Create(path.to_owned(), node));
        Ok(self.file(&state, node, true))
    }

    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let state = self.state();
        Ok(self.file(&state, state.find(path)?, true))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let state = self.state();
        Ok(self.file(&state, state.find(path)?, false))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        state.find(path)?;
        state.names.remove(path);
        state.changes.push(Change::Remove(path.to_owned()));
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        let mut state = self.state();
        if !state.locks.insert(path.to_owned()) {
            return Ok(None);
        }
        let life = state.life;
        Ok(Some(Box::new(Held { disk: self.clone(), path: path.to_owned(), life })))
    }
}

struct Held {
    disk: SimulatedDisk,
    path: PathBuf,
    life: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.life == self.life {
            state.locks.remove(&self.path);
        }
    }
}

// === impl File ===

struct SimulatedFile {
    disk: SimulatedDisk,
    node: usize,
    life: u64,
    writable: bool,
}

impl SimulatedFile {
    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        let alive = state.life == self.life;
        alive.then_some(state).ok_or_else(|| io::Error::other("a file from before the cut"))
    }

    fn writable(&self) -> io::Result<MutexGuard<'_, State>> {
        match self.writable {
            true => self.alive(),
            false => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.writable()?;
        state.change()?;
        state.counts.syncs += 1;
        if state.failing_syncs {
            // As Linux does: the pages count as clean from now on, though nothing was written.
            state.nodes[self.node].pending.clear();
            return Err(io::Error::other("the sync failed"));
        }
        state.nodes[self.node].sync();
        Ok(())
    }
}

impl File for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.alive()?;
        let rest = state.nodes[self.node].seen.get(to_index(offset)..).unwrap_or_default();
        let size = rest.len().min(buffer.len());
        buffer[..size].copy_from_slice(&rest[..size]);
        Ok(size)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.writable()?;
        // The write during which the power fails may still reach the disk.
        let powered = match state.fuse {
            Some(0) => return state.change(),
            Some(1) => Err(io::Error::other("the power failed")),
            _ => Ok(()),
        };
        state.change()?;
        state.counts.writes += 1;
        let fits = state.room(self.node, bytes, offset);
        let effect = Effect::Write(offset, bytes[..fits].to_vec());
        let node = &mut state.nodes[self.node];
        effect.apply(&mut node.seen);
        node.pending.push(effect);
        if fits < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        powered
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let mut state = self.writable()?;
        state.change()?;
        let effect = Effect::Truncate(length);
        let node = &mut state.nodes[self.node];
        effect.apply(&mut node.seen);
        node.pending.push(effect);
        Ok(())
    }

    fn reserve(&self, offset: u64, bytes: u64) -> io::Result<()> {
        let mut state = self.writable()?;
        state.change()?;
        let zeros = vec![0; to_index(bytes)];
        if state.room(self.node, &zeros, offset) < zeros.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let effect = Effect::Reserve(offset + bytes);
        let node = &mut state.nodes[self.node];
        effect.apply(&mut node.seen);
        node.pending.push(effect);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.alive()?.nodes[self.node].seen.len() as u64)
    }
}
