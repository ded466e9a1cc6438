//! What is cut beside ours, in processes of their own, with records of the same sizes: fjall, which
//! is known to be durable, and a careless journal, which is ours with the syncs taken out.
//!
//! fjall is the yardstick. The careless journal is the proof that a cut takes something away: when
//! it has lost nothing, the cuts are none.

use std::{
    any::Any,
    io::{BufRead as _, BufReader, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Context as _;
use clap::ValueEnum;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use journal::{
    Journal, Options,
    disk::{Disk, File, Lock, RealDisk},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    content,
    notes::{Note, Notes},
    process::Process,
};

/// Which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// fjall, with one durable batch for each answer.
    Fjall,
    /// Our journal on a disk that never syncs.
    Careless,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Fjall => "fjall",
            Kind::Careless => "careless",
        }
    }
}

/// The content of a record.
pub fn record(kind: Kind, seed: u64, index: u64) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(seed ^ index.rotate_left(32));
    let size = content::size(&mut rng);
    content::bytes(&format!("{}/{seed}/{index}", kind.name()), size)
}

/// Writes records from an index on, without end, and says index and hash of each that the store
/// calls durable.
pub async fn write(kind: Kind, dir: &Path, seed: u64, from: u64) -> anyhow::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed ^ from);
    let store = Open::at(kind, dir)?;
    let mut next = from;
    loop {
        let count = rng.random_range(1..=4);
        let batch = (next..next + count).map(|index| (index, record(kind, seed, index)));
        let batch: Vec<(u64, Vec<u8>)> = batch.collect();
        let hashes = batch.iter().map(|(index, body)| (*index, content::hash(body)));
        let hashes: Vec<(u64, String)> = hashes.collect();
        store.append(batch).await?;
        let mut out = std::io::stdout().lock();
        for (index, hash) in hashes {
            writeln!(out, "{index} {hash}")?;
        }
        out.flush()?;
        drop(out);
        next += count;
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..100))).await;
    }
}

enum Open {
    Fjall(Database, Keyspace),
    Careless(Journal),
}

impl Open {
    fn at(kind: Kind, dir: &Path) -> anyhow::Result<Open> {
        Ok(match kind {
            Kind::Fjall => {
                let (database, keyspace) = fjall(dir)?;
                Open::Fjall(database, keyspace)
            }
            Kind::Careless => {
                Open::Careless(Journal::open_on(Arc::new(Careless), dir, Options::default())?)
            }
        })
    }

    /// Appends under one sync, or under what the careless takes for one.
    async fn append(&self, batch: Vec<(u64, Vec<u8>)>) -> anyhow::Result<()> {
        match self {
            Open::Fjall(database, keyspace) => {
                let mut writes = database.batch().durability(Some(PersistMode::SyncAll));
                for (index, body) in batch {
                    writes.insert(keyspace, index.to_be_bytes(), body);
                }
                Ok(writes.commit()?)
            }
            Open::Careless(journal) => {
                let bodies = batch.into_iter().map(|(_, body)| body).collect();
                Ok(journal.append(bodies).await.map(drop)?)
            }
        }
    }
}

fn fjall(dir: &Path) -> anyhow::Result<(Database, Keyspace)> {
    let database = Database::builder(dir).open()?;
    let keyspace = database.keyspace("records", KeyspaceCreateOptions::default)?;
    Ok((database, keyspace))
}

/// Which of the acknowledged records, with their hashes, a store lacks, or why it does not open.
/// `from` is the first index that was written into this folder.
pub fn lost(
    kind: Kind,
    dir: &Path,
    from: u64,
    noted: &[(u64, String)],
) -> anyhow::Result<Vec<u64>> {
    let look = || match kind {
        Kind::Fjall => {
            let (_database, keyspace) = fjall(dir)?;
            missing(noted, |index| {
                Ok(keyspace.get(index.to_be_bytes())?.map(|body| content::hash(&body)))
            })
        }
        Kind::Careless => {
            let journal = Journal::open(dir, Options::default())?;
            missing(noted, |index| {
                Ok(journal.read(index - from + 1)?.map(|found| content::hash(&found.body)))
            })
        }
    };
    let looked = catch_unwind(AssertUnwindSafe(look));
    looked.unwrap_or_else(|_| anyhow::bail!("it panics when it opens"))
}

fn missing(
    noted: &[(u64, String)],
    read: impl Fn(u64) -> anyhow::Result<Option<String>>,
) -> anyhow::Result<Vec<u64>> {
    let mut lost = Vec::new();
    for (index, hash) in noted {
        if read(*index)?.as_ref() != Some(hash) {
            lost.push(*index);
        }
    }
    Ok(lost)
}

/// A store that is being written.
#[derive(Debug)]
pub struct Writer {
    /// Its process.
    pub process: Process,
    reader: JoinHandle<anyhow::Result<()>>,
}

impl Writer {
    /// Starts one; what it says is noted.
    pub fn start(
        kind: Kind,
        dir: &Path,
        (seed, from): (u64, u64),
        notes: &Arc<Notes>,
        log: &Path,
    ) -> anyhow::Result<Writer> {
        let folder = dir.to_string_lossy().into_owned();
        let numbers = [seed.to_string(), from.to_string()];
        let arguments = ["write", kind.name(), &folder, &numbers[0], &numbers[1]];
        let program = std::env::current_exe()?;
        let mut process = Process::start(kind.name(), &program, &arguments, log)?;
        let output = process.output().context("it has an output")?;
        let notes = Arc::clone(notes);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let line = line?;
                let (index, hash) = line.split_once(' ').context("an index and a hash")?;
                let (store, index) = (kind.name().to_owned(), index.parse()?);
                notes.add(&[Note::Wrote { store, index, hash: hash.to_owned() }])?;
            }
            Ok(())
        });
        Ok(Writer { process, reader })
    }

    /// Kills it; all that it has said is noted when this returns.
    pub fn kill(self) -> anyhow::Result<()> {
        self.process.kill()?;
        let read = self.reader.join();
        read.map_err(|_| anyhow::anyhow!("the reader of a writer panicked"))?
    }
}

/// The disk of the machine, with every sync taken out.
struct Careless;

impl Disk for Careless {
    fn has_dir(&self, dir: &Path) -> bool {
        RealDisk.has_dir(dir)
    }
    fn create_dir(&self, dir: &Path) -> std::io::Result<()> {
        RealDisk.create_dir(dir)
    }
    fn sync_dir(&self, _dir: &Path) -> std::io::Result<()> {
        Ok(())
    }
    fn list(&self, dir: &Path) -> std::io::Result<Vec<String>> {
        RealDisk.list(dir)
    }
    fn create(&self, path: &Path) -> std::io::Result<Arc<dyn File>> {
        Ok(Arc::new(Unsynced(RealDisk.create(path)?)))
    }
    fn open_write(&self, path: &Path) -> std::io::Result<Arc<dyn File>> {
        Ok(Arc::new(Unsynced(RealDisk.open_write(path)?)))
    }
    fn open(&self, path: &Path) -> std::io::Result<Arc<dyn File>> {
        RealDisk.open(path)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        RealDisk.remove(path)
    }
    fn lock(&self, path: &Path) -> std::io::Result<Option<Lock>> {
        let lock: Option<Box<dyn Any + Send>> = RealDisk.lock(path)?;
        Ok(lock)
    }
}

struct Unsynced(Arc<dyn File>);

impl File for Unsynced {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn sync_all(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn truncate(&self, length: u64) -> std::io::Result<()> {
        self.0.truncate(length)
    }
    fn reserve(&self, offset: u64, bytes: u64) -> std::io::Result<()> {
        self.0.reserve(offset, bytes)
    }
    fn length(&self) -> std::io::Result<u64> {
        self.0.length()
    }
}
