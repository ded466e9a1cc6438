//! The history of a case, with its clocks: how long after the whistle each thing was said, whom the
//! case waited for before it, since when and until when, and who owned it after it.
//!
//! It is the fold of what was told, from the first step on, also for a later page: what is owed at
//! any step follows from all before it, by `domain::case::owes` and the limits in force.

use domain::{
    case::{Course, Owed, clocks::TwoClocks},
    moment::Moment,
    rejection::Rejection,
};
use kit::page::Wanted;

use crate::{
    index,
    matter::Matter,
    read::{Entry, Page, Reader},
    told::{Spot, Told},
    yardstick::Yardstick,
};

/// The clock of somebody who was waited for, as it was seen at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waited {
    /// Who owed what, since when and until when.
    pub(crate) owed: Owed,
    /// What the clock had taken, and what was left.
    pub(crate) clocks: TwoClocks,
    /// When it is seen.
    pub(crate) at: Moment,
    /// Whether the wait ended then.
    pub(crate) has_ended: bool,
}

/// A step with its clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The step.
    pub(crate) entry: Entry,
    /// When the whistle was blown.
    pub(crate) blown_at: Moment,
    /// Whom the case waited for before it.
    pub(crate) waited: Vec<Waited>,
    /// The case after it.
    pub(crate) course: Course,
}

/// A page of a history, and whom the case waits for now, where it is the last page.
pub(crate) struct History {
    /// The steps.
    pub(crate) steps: Page<Passed>,
    /// Whom it waits for.
    pub(crate) waits: Vec<Waited>,
}

/// Reads a page of the history of a case.
pub(crate) fn read(
    reader: &mut Reader,
    yardstick: &Yardstick,
    matter: &Matter,
    page: &Wanted,
) -> Result<History, Rejection> {
    let mut fold = Fold::new(yardstick);
    let (mut steps, mut next) = (Vec::new(), None);
    for (key, place, spot) in lines(reader, matter, page)? {
        let is_within = key >= page.from;
        if is_within && steps.len() == page.size {
            next = Some(key);
            break;
        }
        let Some(told) = reader.told(spot)? else { continue };
        let waited = fold.step(&told, spot);
        if let Some(Matter { blown_at, course, .. }) = fold.matter.as_ref().filter(|_| is_within) {
            let (blown_at, course) = (*blown_at, course.clone());
            steps.push(Passed { entry: Entry { place, told }, blown_at, waited, course });
        }
    }
    let waits = if next.is_none() { fold.waited(yardstick.now) } else { Vec::new() };
    Ok(History { steps: (steps, next), waits })
}

/// Every step of a case, in order, without its clocks.
pub(crate) fn entries(reader: &mut Reader, matter: &Matter) -> Result<Vec<Entry>, Rejection> {
    let all = Wanted { size: usize::MAX, from: Vec::new() };
    let mut entries = Vec::new();
    for (_, place, spot) in lines(reader, matter, &all)? {
        entries.extend(reader.told(spot)?.map(|told| Entry { place, told }));
    }
    Ok(entries)
}

/// A step's key, its place in the ledger, and where it was said.
pub(crate) type Line = (Vec<u8>, u64, Spot);

/// Where every step of a case was said; the page is only what its token is checked by.
pub(crate) fn lines(
    reader: &Reader,
    matter: &Matter,
    page: &Wanted,
) -> Result<Vec<Line>, Rejection> {
    if !matter.is_on_bus {
        // Only the gateway knows of it: the whistle is all that there is.
        return Ok(vec![(Vec::new(), 0, matter.whistle)]);
    }
    let prefix = index::history(&matter.id);
    if !page.from.is_empty() && !page.from.starts_with(&prefix) {
        let message = "not a token of this list";
        return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
    }
    let found = reader.store().read(|tx| tx.scan(&prefix, b"", usize::MAX))?.into_iter();
    let line = |(key, value): (Vec<u8>, Vec<u8>)| {
        let (place, spot) = index::line(&key, &value)?;
        Some((key, place, spot))
    };
    Ok(found.filter_map(line).collect())
}

/// The case as far as it was folded, and what is owed in it.
pub(crate) struct Fold<'y> {
    yardstick: &'y Yardstick,
    /// The case.
    pub(crate) matter: Option<Matter>,
    owed: Vec<Owed>,
}

impl<'y> Fold<'y> {
    /// Before the first step.
    pub(crate) fn new(yardstick: &'y Yardstick) -> Fold<'y> {
        Fold { yardstick, matter: None, owed: Vec::new() }
    }

    /// Folds a step; says whom the case waited for before it.
    pub(crate) fn step(&mut self, told: &Told, spot: Spot) -> Vec<Waited> {
        let mut waited = self.waited(told.at());
        self.matter = Matter::fold(self.matter.take(), told, spot);
        let owed = self.matter.as_ref().map(|matter| self.yardstick.owed(matter));
        self.owed = owed.unwrap_or_default();
        for one in &mut waited {
            one.has_ended = !self.owed.iter().any(|open| is_same(open, &one.owed));
        }
        waited
    }

    /// Whom the case waits for at a moment.
    pub(crate) fn waited(&self, at: Moment) -> Vec<Waited> {
        let Some(matter) = &self.matter else { return Vec::new() };
        let seen = |owed: &Owed| {
            let clocks = self.yardstick.two_clocks(matter, owed, at);
            Waited { owed: owed.clone(), clocks, at, has_ended: false }
        };
        self.owed.iter().map(seen).collect()
    }
}

/// Whether it is the same wait, also where its due moment was moved.
fn is_same(one: &Owed, other: &Owed) -> bool {
    (&one.party, one.duty, one.from) == (&other.party, other.duty, other.from)
}
