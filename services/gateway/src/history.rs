//! The history of a case, with its clocks: how long after the whistle each thing was said, whom the
//! case waited for before it, since when and until when, and who owned it after it.
//!
//! It is the fold of what was told, from the first step on, also for a later page: what is owed at
//! any step follows from all before it, by `domain::case::owes` and the limits in force.

use domain::{
    case::{Course, Duty, Owed},
    moment::Moment,
    party::Party,
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

/// A clock of somebody who was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Who.
    pub(crate) party: Party,
    /// For what.
    pub(crate) duty: Duty,
    /// Since when.
    pub(crate) since: Moment,
    /// Until when it is to be done.
    pub(crate) due: Moment,
    /// In which round.
    round: u32,
}

/// A wait as it was seen at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waited {
    /// The wait.
    pub(crate) wait: Wait,
    /// When it is seen.
    pub(crate) at: Moment,
    /// Whether it ended then.
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
    let mut fold = Fold { yardstick, matter: None, waits: Vec::new() };
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
    let at = yardstick.now;
    let open = |wait: Wait| Waited { wait, at, has_ended: false };
    let waits = fold.waits.into_iter().filter(|_| next.is_none()).map(open).collect();
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

type Line = (Vec<u8>, u64, Spot);

fn lines(reader: &Reader, matter: &Matter, page: &Wanted) -> Result<Vec<Line>, Rejection> {
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

/// The case as far as it was folded, and whom it waits for.
struct Fold<'y> {
    yardstick: &'y Yardstick,
    matter: Option<Matter>,
    waits: Vec<Wait>,
}

impl Fold<'_> {
    /// Folds a step; says whom the case waited for before it.
    fn step(&mut self, told: &Told, spot: Spot) -> Vec<Waited> {
        let at = told.at();
        self.matter = Matter::fold(self.matter.take(), told, spot);
        let waits = self.matter.as_ref().map(|matter| self.owed(matter, at)).unwrap_or_default();
        let before = std::mem::replace(&mut self.waits, waits);
        let has_ended = |wait: &Wait| !self.waits.iter().any(|open| open.is_same(wait));
        let seen = |wait: Wait| Waited { has_ended: has_ended(&wait), wait, at };
        before.into_iter().map(seen).collect()
    }

    /// What is owed; what was owed before runs since it began.
    fn owed(&self, matter: &Matter, at: Moment) -> Vec<Wait> {
        let round = matter.course.round;
        let wait = |owed: Owed| {
            let Owed { party, duty, due, .. } = owed;
            let mut wait = Wait { party, duty, since: at, due, round };
            if let Some(known) = self.waits.iter().find(|known| known.is_same(&wait)) {
                wait.since = known.since;
            }
            wait
        };
        self.yardstick.owed(matter).into_iter().map(wait).collect()
    }
}

impl Wait {
    fn is_same(&self, other: &Wait) -> bool {
        (&self.party, self.duty, self.round) == (&other.party, other.duty, other.round)
    }
}
