//! One file system from its making through many cuts: each time it goes on from the copy, so that
//! what a cut has left is cut again.

mod inquiry;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context as _;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::task::JoinHandle;

use crate::{
    check, delivery,
    desk::Desk,
    image::{Image, Mounted},
    notes::{Note, Notes},
    privacy::Boot,
    process::Process,
    roles::{Office, Roles, UNIT},
    sender::{SENDERS, Sender},
    store::{Kind, Writer},
    strike::{Cut, strike},
    tally::{Part, Tally},
};

/// The size of the file system.
const IMAGE_BYTES: u64 = 512 << 20;

/// How long all work before a cut, in milliseconds, at most; and before a cut of the opening.
const WORK: u64 = 700;
const OPENING: u64 = 300;

/// A life. The processes are dropped before what they run on.
pub struct Life<'a> {
    writers: Vec<(Kind, u64, Writer)>,
    roles: Option<Roles>,
    disk: Option<(Image, Mounted)>,
    office: &'a Office,
    boot: &'a mut Boot,
    tally: &'a mut Tally,
    dir: PathBuf,
    number: u64,
    generation: u64,
    rng: StdRng,
    notes: Arc<Notes>,
    senders: Vec<Sender>,
    desk: Option<Desk>,
    seen: usize,
}

/// Clients at work.
struct Traffic {
    ended: Arc<AtomicBool>,
    senders: Vec<JoinHandle<anyhow::Result<Sender>>>,
    desk: JoinHandle<anyhow::Result<Desk>>,
}

impl<'a> Life<'a> {
    /// Makes a file system and starts everything on it.
    pub fn begin(
        (office, boot, tally): (&'a Office, &'a mut Boot, &'a mut Tally),
        dir: &Path,
        number: u64,
        seed: u64,
    ) -> anyhow::Result<Life<'a>> {
        let mut rng = StdRng::seed_from_u64(seed);
        let notes = Arc::new(Notes::begin(&dir.join(format!("notes-{number}.json")))?);
        let mut senders = Vec::new();
        for party in SENDERS {
            senders.push(Sender::new(party, office.bus(party)?, number, rng.random()));
        }
        let desk = Some(Desk::new(office.unit()?, rng.random()));
        let image = Image::make(dir.join(format!("image-{number}-0")), IMAGE_BYTES)?;
        let mounted = image.mount(&dir.join("mount-0"))?;
        let mut life = Life {
            writers: Vec::new(),
            roles: None,
            disk: Some((image, mounted)),
            office,
            boot,
            tally,
            dir: dir.to_owned(),
            number,
            generation: 0,
            rng,
            notes,
            senders,
            desk,
            seen: 0,
        };
        life.start()?;
        Ok(life)
    }

    fn data(&self) -> anyhow::Result<&Path> {
        Ok(self.disk.as_ref().context("a file system is mounted")?.1.path())
    }

    /// Starts the roles and the stores beside them on what is there.
    fn start(&mut self) -> anyhow::Result<()> {
        let data = self.data()?.to_owned();
        self.roles = Some(self.office.start_both(&data)?);
        let noted = self.notes.read()?;
        for kind in [Kind::Fjall, Kind::Careless] {
            let next = written(&noted, kind).last().map_or(1, |(last, _)| last + 1);
            let folder = self.folder(&data, kind);
            let (about, log) = ((self.number, next), self.office.log(kind.name()));
            let writer = Writer::start(kind, &folder, about, &self.notes, &log)?;
            self.writers.push((kind, next, writer));
        }
        Ok(())
    }

    /// fjall goes on in its folder; the careless one begins anew after each cut.
    fn folder(&self, data: &Path, kind: Kind) -> PathBuf {
        match kind {
            Kind::Fjall => data.join("fjall"),
            Kind::Careless => data.join(format!("careless-{}", self.generation)),
        }
    }

    /// Lets all work for a moment, cuts, mounts the copy, opens and checks what is there.
    pub async fn round(&mut self) -> anyhow::Result<()> {
        self.tally.cuts += 1;
        self.live_and_die(WORK).await?;
        if self.has_faults() {
            return Ok(());
        }
        if self.rng.random_ratio(1, 5) {
            // Opening is cut as well.
            self.tally.again += 1;
            self.live_and_die(OPENING).await?;
        }
        self.check().await
    }

    /// Works for a moment within `most` milliseconds, is cut, and begins again.
    async fn live_and_die(&mut self, most: u64) -> anyhow::Result<()> {
        let traffic = self.traffic()?;
        let moment = self.rng.random_range(0..most);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        self.cut(traffic).await?;
        self.look().await?;
        self.boot.again()?;
        self.start()
    }

    /// Whether that was the last round.
    pub fn is_over(&self, cuts: u64) -> bool {
        self.tally.cuts >= cuts
    }

    /// Whether something of ours is lost or does not open.
    pub fn has_faults(&self) -> bool {
        !self.tally.faults().is_empty()
    }

    fn traffic(&mut self) -> anyhow::Result<Traffic> {
        let ended = Arc::new(AtomicBool::new(false));
        let senders = self.senders.drain(..).map(|mut sender| {
            let (notes, ended) = (Arc::clone(&self.notes), Arc::clone(&ended));
            tokio::spawn(async move { sender.run(&notes, &ended).await.map(|()| sender) })
        });
        let senders = senders.collect();
        let (notes, ends) = (Arc::clone(&self.notes), Arc::clone(&ended));
        let mut desk = self.desk.take().context("the desk is at rest")?;
        let desk = tokio::spawn(async move { desk.run(&notes, &ends).await.map(|()| desk) });
        Ok(Traffic { ended, senders, desk })
    }

    /// The power goes: what the device has is copied and mounted, everything else is gone.
    async fn cut(&mut self, traffic: Traffic) -> anyhow::Result<()> {
        let cut = if self.rng.random_bool(0.5) { Cut::Stop } else { Cut::Break };
        let syncs = self.rng.random_bool(0.5);
        let roles = self.roles.take().context("the roles run")?;
        let (image, mounted) = self.disk.take().context("a file system is mounted")?;
        let writers = self.writers.iter().map(|(.., writer)| &writer.process);
        let all: Vec<&Process> = writers.chain([&roles.bus, &roles.unit]).collect();
        let wait = |most: u64| Duration::from_millis(self.rng.random_range(0..most));
        strike(cut, syncs, &mounted, &all, wait).await?;
        traffic.ended.store(true, Relaxed);
        roles.bus.kill()?;
        roles.unit.kill()?;
        for (.., writer) in &mut self.writers {
            writer.process.end()?;
        }
        self.generation += 1;
        let next = format!("image-{}-{}", self.number, self.generation);
        let next = image.copy(self.dir.join(next))?;
        self.rest(traffic).await?;
        mounted.unmount()?;
        image.remove()?;
        let mounted = next.mount(&self.dir.join(format!("mount-{}", self.generation % 2)))?;
        self.disk = Some((next, mounted));
        Ok(())
    }

    /// Waits until every client knows what was acknowledged to it.
    async fn rest(&mut self, traffic: Traffic) -> anyhow::Result<()> {
        for sender in traffic.senders {
            self.senders.push(sender.await??);
        }
        self.desk = Some(traffic.desk.await??);
        Ok(())
    }

    /// Ends it in order; then every envelope for the unit is in the unit's journal, once.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let noted = self.notes.read()?;
        let roles = self.roles.take().context("the roles run")?;
        let data = self.data()?.to_owned();
        for (.., writer) in std::mem::take(&mut self.writers) {
            writer.kill()?;
        }
        delivery::settle(self.office).await?;
        roles.unit.terminate().await?;
        roles.bus.terminate().await?;
        let journal = data.join("units/enforcement/journal");
        let wanted = check::published(&noted).filter(|one| one.recipient == UNIT);
        let found = delivery::received(&journal, wanted)?;
        self.tally.checked(Part::UnitJournal, found.checked, &found.lost);
        let (image, mounted) = self.disk.take().context("a file system is mounted")?;
        mounted.unmount()?;
        image.remove()
    }
}

/// The records that a store has acknowledged, with their hashes.
fn written(notes: &[Note], kind: Kind) -> Vec<(u64, String)> {
    let written = notes.iter().filter_map(|note| match note {
        Note::Wrote { store, index, hash } if store == kind.name() => Some((*index, hash.clone())),
        _ => None,
    });
    written.collect()
}
