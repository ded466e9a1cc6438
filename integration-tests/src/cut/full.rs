//! A full disk: a small file system is filled until nothing fits any more, under the running roles.
//!
//! What does not fit is refused with `DISK_FULL`, by the bus, the desk and the evidence store;
//! nothing that was acknowledged is lost; and when there is room, the very same requests are taken,
//! without a restart. After a kill all of it is there again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use domain::rejection::Rejection;
use kit::{client::Channel, status};
use proto::{
    bus::{PublishBatchRequest, bus_service_client::BusServiceClient},
    envelope::Wire,
};
use tokio::time::Instant;
use tonic::Status;

use crate::{
    check::{self, Found},
    content,
    desk::{Act, Line, Step},
    image::Image,
    notes::{Note, Notes},
    privacy::Boot,
    roles::{Office, Roles},
    sender,
};

/// The size of the file system.
const IMAGE_BYTES: u64 = 32 << 20;
/// What somebody else keeps on it: so many files, which are deleted one by one to make room.
const BALLASTS: usize = 10;
const BALLAST_BYTES: usize = 1 << 20;
/// How many cases the unit is called to.
const CASES: u64 = 12;
/// Who fills it, with bodies of which size, and how many at once until not even one fits. Small ones
/// make the view grow as well, so that it may be the view for which there is no room.
const FILLING: [(&str, usize, &[u64]); 2] =
    [("service/gateway", 256 << 10, &[1]), ("unit/housing", 512, &[500, 50, 1])];
/// How long a role may take to see that there is room.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fills it; answers how much was acknowledged before and after, and how often it was refused.
pub async fn run(office: &Office, boot: &mut Boot, dir: &Path) -> anyhow::Result<String> {
    let image = Image::make(dir.join("image-full"), IMAGE_BYTES)?;
    let mounted = image.mount(&dir.join("mount-full"))?;
    let data = mounted.path().to_owned();
    let ballast = |number: usize| data.join(format!("ballast-{number}"));
    for number in 0..BALLASTS {
        fs::write(ballast(number), content::bytes("ballast", BALLAST_BYTES))?;
        fs::File::open(ballast(number))?.sync_all()?;
    }
    let mut roles = office.start_both(&data)?;
    roles.ready(office).await?;
    let mut disk = Disk::new(office, &dir.join("notes-full.json"))?;
    disk.call().await?;
    disk.fill().await?;
    disk.refused_desk().await?;
    disk.all(office).await.context("while the disk is full")?;
    roles = again(office, boot, roles, &data).await.context("on a full disk")?;
    disk.all(office).await.context("after a kill on a full disk")?;
    for number in 0..BALLASTS {
        fs::remove_file(ballast(number))?;
        disk.publish_again().await?;
        if number < BALLASTS / 2 {
            disk.fill().await?;
        }
    }
    disk.goes_on().await?;
    disk.all(office).await.context("after room was made")?;
    let roles = again(office, boot, roles, &data).await?;
    disk.all(office).await.context("after a kill")?;
    roles.unit.terminate().await?;
    roles.bus.terminate().await?;
    mounted.unmount()?;
    image.remove()?;
    Ok(format!(
        "A full disk: {} acknowledged, {} refused with DISK_FULL, nothing lost, goes on without a restart.",
        disk.notes.read()?.len(),
        disk.refused
    ))
}

/// Kills both and starts them again, as after another boot: their views are made anew.
async fn again(
    office: &Office,
    boot: &mut Boot,
    Roles { bus, unit }: Roles,
    data: &Path,
) -> anyhow::Result<Roles> {
    bus.kill()?;
    unit.kill()?;
    boot.again()?;
    let mut roles = office.start_both(data)?;
    roles.ready(office).await?;
    Ok(roles)
}

/// The clients of the two roles on the full disk.
struct Disk {
    fillers: Vec<(BusServiceClient<Channel>, u64)>,
    worker: BusServiceClient<Channel>,
    line: Line,
    notes: Notes,
    refused: u64,
    /// What the desk was refused, to be asked again.
    acts: Vec<Act>,
}

impl Disk {
    fn new(office: &Office, notes: &Path) -> anyhow::Result<Disk> {
        let filler =
            |(party, ..): (&str, usize, &[u64])| Ok((BusServiceClient::new(office.bus(party)?), 0));
        let fillers = FILLING.into_iter().map(filler);
        Ok(Disk {
            fillers: fillers.collect::<anyhow::Result<_>>()?,
            worker: BusServiceClient::new(office.bus("service/worker")?),
            line: Line::new(office.unit()?),
            notes: Notes::begin(notes)?,
            refused: 0,
            acts: Vec::new(),
        })
    }

    /// The unit is called to cases, and accepts half of them, while there is room.
    async fn call(&mut self) -> anyhow::Result<()> {
        for number in 1..=CASES {
            let case_id = format!("full-{number}");
            let wire = sender::call(number, &case_id)?;
            let request = PublishBatchRequest { envelopes: vec![wire.clone()] };
            let placed = self.worker.publish_batch(request).await?.into_inner().placements;
            self.notes.add(&[sender::note(&wire, &case_id, placed[0].place)?])?;
        }
        let is_even = |number: &u64| number.is_multiple_of(2);
        let cases = |number: u64| format!("full-{number}");
        let accept = (1..=CASES).filter(is_even).map(cases);
        let refuse = (1..=CASES).filter(|number| !is_even(number)).map(cases);
        self.acts = refuse.map(|case_id| Act { case_id, step: Step::Refuse(2_000) }).collect();
        for case_id in accept {
            crate::process::eventually(async || {
                let act = Act { case_id: case_id.clone(), step: Step::Accept };
                self.act(&act).await.is_ok_and(|kept| kept)
            })
            .await
            .with_context(|| format!("the desk never accepts {case_id}"))?;
            self.acts.push(Act { case_id, step: Step::Keep(300 << 10) });
        }
        Ok(())
    }

    /// Does an act of the desk; says whether it was taken, and holds a refusal to what it must be.
    async fn act(&mut self, act: &Act) -> anyhow::Result<bool> {
        let outcome = self.line.act(act).await;
        let taken = self.taken(&outcome).with_context(|| format!("{act:?}"))?;
        if let Ok(answer) = outcome {
            self.notes.add(&[Note::Acted { act: act.clone(), answer }])?;
        }
        Ok(taken)
    }

    fn taken<T>(&mut self, outcome: &Result<T, Status>) -> anyhow::Result<bool> {
        let Err(refused) = outcome else { return Ok(true) };
        let Rejection { reason, message, .. } = status::rejection(refused);
        ensure!(
            reason == "DISK_FULL" && message.contains("the disk is full"),
            "refused with {reason}: {message}"
        );
        self.refused += 1;
        Ok(false)
    }

    /// Publishes until nothing of any size is taken.
    async fn fill(&mut self) -> anyhow::Result<()> {
        for (filler, (_, size, counts)) in FILLING.iter().enumerate() {
            for count in *counts {
                let mut sent = 0;
                while self.publish(filler, *count).await? {
                    sent += count * *size as u64;
                    ensure!(sent < IMAGE_BYTES, "the disk never gets full");
                }
            }
        }
        Ok(())
    }

    /// Publishes the next envelopes of a filler. After a refusal these are the same again, as with
    /// every sender: it is not said whether they were taken.
    async fn publish(&mut self, filler: usize, count: u64) -> anyhow::Result<bool> {
        let (party, size, _) = FILLING[filler];
        let (bus, number) = &mut self.fillers[filler];
        let numbers = *number + 1..=*number + count;
        let wires = numbers.map(|number| sender::body(party, "", number, size));
        let envelopes: Vec<Wire> = wires.collect::<Result<_, _>>()?;
        let outcome = bus.publish_batch(PublishBatchRequest { envelopes: envelopes.clone() }).await;
        if let Ok(response) = &outcome {
            *number += count;
            let placed = envelopes.iter().zip(&response.get_ref().placements);
            let notes = placed.map(|(wire, placed)| sender::note(wire, "", placed.place));
            self.notes.add(&notes.collect::<Result<Vec<_>, _>>()?)?;
        }
        self.taken(&outcome).with_context(|| format!("publishing {count} of {size} B"))
    }

    /// The desk and the evidence store refuse too; what little fits is taken and noted.
    async fn refused_desk(&mut self) -> anyhow::Result<()> {
        let (mut acts, mut evidence) = (0, 0);
        let mut left = Vec::new();
        for act in std::mem::take(&mut self.acts) {
            if !self.act(&act).await? {
                let is_evidence = matches!(act.step, Step::Keep(_));
                *(if is_evidence { &mut evidence } else { &mut acts }) += 1;
                left.push(act);
            }
        }
        self.acts = left;
        ensure!(acts > 0, "the desk refuses nothing on a full disk");
        ensure!(evidence > 0, "the evidence store refuses nothing on a full disk");
        Ok(())
    }

    /// There is room again, and soon the bus sees it.
    async fn publish_again(&mut self) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        while !self.publish(1, 1).await? {
            ensure!(Instant::now() < end, "there is room again, and the bus still refuses");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The same acts as before are taken now.
    async fn goes_on(&mut self) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        for act in std::mem::take(&mut self.acts) {
            while !self.act(&act).await? {
                ensure!(Instant::now() < end, "there is room again, and the unit refuses {act:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// All that was acknowledged is there.
    async fn all(&self, office: &Office) -> anyhow::Result<()> {
        let noted = self.notes.read()?;
        let record = check::record(office, &noted).await?;
        let [acts, evidence] = check::desk(office, &noted, 0).await?;
        let tasks = check::tasks(office, &noted).await?;
        for Found { lost, .. } in [record, acts, evidence, tasks] {
            ensure!(lost.is_empty(), "lost: {}", lost.join(", "));
        }
        Ok(())
    }
}
