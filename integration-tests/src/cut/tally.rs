//! What came of the cuts: one row for each thing that is cut.

use std::{collections::BTreeMap, fmt};

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The bus's journal: envelopes that were published.
    BusJournal,
    /// The bus's view: that an envelope is known again, at its place.
    BusView,
    /// The bus's view where the machine seems not to have been started again.
    BusTorn,
    /// The unit's journal: acts of its desk, envelopes that it has received.
    UnitJournal,
    /// The unit's view: that an act is known again, with its answer; that a call is a task.
    UnitView,
    /// The unit's view where the machine seems not to have been started again.
    UnitTorn,
    /// The unit's evidence.
    Evidence,
    /// fjall.
    Fjall,
    /// A journal without syncs.
    Careless,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::BusJournal => "bus journal",
            Part::BusView => "bus view",
            Part::BusTorn => "bus view, same boot",
            Part::UnitJournal => "unit journal",
            Part::UnitView => "unit view",
            Part::UnitTorn => "unit view, same boot",
            Part::Evidence => "unit evidence",
            Part::Fjall => "fjall (yardstick)",
            Part::Careless => "no sync (control)",
        }
    }

    /// Whether a loss is ours.
    fn is_ours(self) -> bool {
        !matches!(self, Part::Fjall | Part::Careless)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    opened: u64,
    acknowledged: u64,
    checked: u64,
    lost: u64,
    closed: u64,
}

/// The table.
#[derive(Debug, Default)]
pub struct Tally {
    rows: BTreeMap<Part, Row>,
    faults: Vec<String>,
    /// How often the device was cut, and everything opened and checked.
    pub cuts: u64,
    /// How often it was cut again while everything was being opened.
    pub again: u64,
    /// How many of the views that were left on the same boot were taken as they were.
    pub trusted: u64,
}

impl Tally {
    /// It opened after a cut.
    pub fn opened(&mut self, part: Part) {
        self.rows.entry(part).or_default().opened += 1;
    }

    /// It did not open.
    pub fn closed(&mut self, part: Part, why: impl fmt::Display) {
        self.rows.entry(part).or_default().closed += 1;
        self.fault(part, &format!("does not open: {why}"));
    }

    /// So many were acknowledged since the last time.
    pub fn acknowledged(&mut self, part: Part, count: u64) {
        self.rows.entry(part).or_default().acknowledged += count;
    }

    /// So many were looked for, and these are lost.
    pub fn checked(&mut self, part: Part, count: u64, lost: &[String]) {
        let row = self.rows.entry(part).or_default();
        row.checked += count;
        row.lost += lost.len() as u64;
        if let Some(first) = lost.first() {
            self.fault(part, &format!("lost {}, the first: {first}", lost.len()));
        }
    }

    fn fault(&mut self, part: Part, what: &str) {
        if part.is_ours() {
            self.faults.push(format!("cut {}: {}: {what}", self.cuts, part.name()));
        }
    }

    /// What is wrong with what is ours.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Whether the cuts have taken something from the one that does not sync.
    pub fn has_bite(&self) -> bool {
        self.rows.get(&Part::Careless).is_some_and(|row| row.lost + row.closed > 0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<22}{:>8}{:>14}{:>10}{:>8}{:>16}",
            "", "opened", "acknowledged", "checked", "lost", "failed to open"
        )?;
        for (part, row) in &self.rows {
            let Row { opened, acknowledged, checked, lost, closed } = row;
            let name = part.name();
            writeln!(
                out,
                "{name:<22}{opened:>8}{acknowledged:>14}{checked:>10}{lost:>8}{closed:>16}"
            )?;
        }
        Ok(())
    }
}
