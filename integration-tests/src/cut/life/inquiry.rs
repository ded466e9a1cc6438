//! What a life is asked after a cut: first what lies there, then what the opened roles say.

use std::{fs, path::Path};

use anyhow::Context as _;
use rand::RngExt as _;

use super::{Life, written};
use crate::{
    check::{self, Found},
    desk::Step,
    notes::Note,
    roles::Closed,
    store::{self, Kind},
    tally::Part,
    torn,
};

impl Life<'_> {
    /// What can be asked before anything is opened: the journals as a stranger reads them, the
    /// stores beside ours, and the views on the same boot.
    pub(super) async fn look(&mut self) -> anyhow::Result<()> {
        let data = self.data()?.to_owned();
        let noted = self.notes.read()?;
        let before = self.generation - 1;
        for (kind, from, writer) in std::mem::take(&mut self.writers) {
            writer.kill()?;
            let folder = match kind {
                Kind::Fjall => data.join("fjall"),
                Kind::Careless => data.join(format!("careless-{before}")),
            };
            self.look_at_store(kind, from, &folder)?;
        }
        for (part, journal) in [
            (Part::BusJournal, data.join("bus/journal")),
            (Part::UnitJournal, data.join("units/enforcement/journal")),
        ] {
            self.audit(part, &journal, &noted);
        }
        if self.rng.random_ratio(1, 3) {
            for part in [Part::BusTorn, Part::UnitTorn] {
                self.look_at_torn(part, &data).await?;
            }
        }
        Ok(())
    }

    fn look_at_store(&mut self, kind: Kind, from: u64, folder: &Path) -> anyhow::Result<()> {
        let part = if kind == Kind::Fjall { Part::Fjall } else { Part::Careless };
        let noted = written(&self.notes.read()?, kind);
        let new = noted.iter().filter(|(index, _)| *index >= from).count() as u64;
        self.tally.acknowledged(part, new);
        let noted: Vec<(u64, String)> = match kind {
            Kind::Fjall => noted,
            Kind::Careless => noted.into_iter().filter(|(index, _)| *index >= from).collect(),
        };
        if noted.is_empty() {
            return Ok(());
        }
        match store::lost(kind, folder, from, &noted) {
            Ok(lost) => {
                self.tally.opened(part);
                let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
                self.tally.checked(part, noted.len() as u64, &lost);
            }
            Err(why) => self.tally.closed(part, format!("{why:#}")),
        }
        if kind == Kind::Careless {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    /// `muster audit verify` finds every link sound, and at least what was acknowledged.
    fn audit(&mut self, part: Part, journal: &Path, noted: &[Note]) {
        let least = match part {
            Part::BusJournal => check::published(noted).map(|one| one.place).max().unwrap_or(0),
            _ => acts(noted).count() as u64,
        };
        if least == 0 {
            // A journal that has acknowledged nothing may not be there yet.
            return;
        }
        match self.office.audit(journal) {
            Ok(records) if records >= least => {}
            Ok(records) => {
                let lost = format!("{records} records where {least} were acknowledged");
                self.tally.checked(part, 0, &[lost]);
            }
            Err(why) => self.tally.closed(part, format!("{why:#}")),
        }
    }

    async fn look_at_torn(&mut self, part: Part, data: &Path) -> anyhow::Result<()> {
        let scratch = self.dir.join("scratch");
        match torn::open(self.office, part, data, &scratch).await? {
            None => {}
            Some(Err(closed)) => self.tally.closed(part, closed),
            Some(Ok(torn)) => {
                self.tally.opened(part);
                self.tally.trusted += u64::from(torn.is_trusted);
                self.tally.checked(part, 1, &torn.differs);
            }
        }
        Ok(())
    }

    /// Opens both roles, and asks them for all that was acknowledged.
    pub(super) async fn check(&mut self) -> anyhow::Result<()> {
        let roles = self.roles.as_mut().context("the roles run")?;
        if let Err(closed) = roles.ready(self.office).await {
            let part = closed_part(&closed);
            self.tally.closed(part, closed);
            return Ok(());
        }
        let noted = self.notes.read()?;
        self.tally.opened(Part::BusJournal);
        self.tally.opened(Part::UnitJournal);
        let new = &noted[self.seen..];
        self.tally.acknowledged(Part::BusJournal, check::published(new).count() as u64);
        self.tally.acknowledged(Part::UnitJournal, acts(new).count() as u64);
        self.tally.acknowledged(Part::Evidence, pieces(new) as u64);
        let Found { checked, lost } = check::record(self.office, &noted).await?;
        self.tally.checked(Part::BusJournal, checked, &lost);
        self.known_again().await?;
        let [acts, evidence] = check::desk(self.office, &noted, self.seen).await?;
        self.tally.opened(Part::Evidence);
        self.tally.checked(Part::UnitJournal, acts.checked, &acts.lost);
        self.tally.checked(Part::Evidence, evidence.checked, &evidence.lost);
        let tasks = check::tasks(self.office, &noted).await?;
        self.tally.opened(Part::UnitView);
        self.tally.checked(Part::UnitView, tasks.checked, &tasks.lost);
        self.seen = noted.len();
        Ok(())
    }

    async fn known_again(&mut self) -> anyhow::Result<()> {
        self.tally.opened(Part::BusView);
        for sender in &mut self.senders {
            let (checked, strange) = sender.repeat().await?;
            self.tally.checked(Part::BusView, checked, &strange);
        }
        Ok(())
    }
}

fn closed_part(closed: &Closed) -> Part {
    if closed.role == "the bus" { Part::BusJournal } else { Part::UnitJournal }
}

fn acts(notes: &[Note]) -> impl Iterator<Item = &Note> {
    notes.iter().filter(|note| match note {
        Note::Acted { act, .. } => !matches!(act.step, Step::Keep(_)),
        _ => false,
    })
}

fn pieces(notes: &[Note]) -> usize {
    let is_piece = |note: &&Note| match note {
        Note::Acted { act, .. } => matches!(act.step, Step::Keep(_)),
        _ => false,
    };
    notes.iter().filter(is_piece).count()
}
