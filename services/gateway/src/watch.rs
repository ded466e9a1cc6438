//! Watching the ledger: each step of each case in sight, with the case as it was after it.
//!
//! The ledger has one place for each step, counted without gaps by what has come back from the bus:
//! several steps that reached the journal in one record have places of their own. So whoever goes
//! on after the last place that it has seen misses none and sees none twice, wherever the stream
//! broke off. A whistle that is still on its way to the bus has no place yet and is not watched;
//! `GetCase` shows it.

use std::collections::BTreeMap;

use domain::{case::Stage, id::CaseId, rejection::Rejection};

use crate::{
    access::Sight,
    index,
    matter::Matter,
    read::{Entry, Reader, Shown},
    told::Spot,
};

/// How many lines of the ledger are looked at in one go.
const LINES: usize = 64;

/// How many open cases are remembered between two steps.
const REMEMBERED: usize = 1_000;

/// One step, and the case after it.
pub(crate) struct Step {
    /// The step.
    pub(crate) entry: Entry,
    /// The case.
    pub(crate) case: Shown,
}

/// Where one watcher stands.
pub(crate) struct Watch {
    reader: Reader,
    sight: Sight,
    only: Option<CaseId>,
    after: u64,
    cases: BTreeMap<CaseId, Matter>,
}

impl Watch {
    /// Begins after a place.
    pub(crate) fn new(reader: Reader, sight: Sight, only: Option<CaseId>, after: u64) -> Watch {
        Watch { reader, sight, only, after, cases: BTreeMap::new() }
    }

    /// The next steps in sight, and whether the ledger may have more.
    pub(crate) fn next(&mut self) -> Result<(Vec<Step>, bool), Rejection> {
        let lines = self.lines()?;
        let is_full = lines.len() == LINES;
        let mut steps = Vec::new();
        for Line { place, spot, case_id } in lines {
            if self.is_seen(&case_id)? {
                steps.extend(self.step(place, spot, &case_id)?);
            }
            self.after = place;
        }
        Ok((steps, is_full))
    }

    fn lines(&self) -> Result<Vec<Line>, Rejection> {
        let (prefix, from) = match &self.only {
            None => (index::LEDGER.to_vec(), index::ledger_after(self.after)),
            Some(id) => (index::history(id), index::history_after(id, self.after)),
        };
        let found = self.reader.store().read(|tx| tx.scan(&prefix, &from, LINES))?;
        let line = |(key, value): (Vec<u8>, Vec<u8>)| {
            let (place, spot) = index::line(&key, &value)?;
            let case_id = self.only.clone().or_else(|| index::line_case(&value))?;
            Some(Line { place, spot, case_id })
        };
        Ok(found.into_iter().filter_map(line).collect())
    }

    /// By who may see the case now: who was called late sees the beginning too, as in the history.
    fn is_seen(&self, case_id: &CaseId) -> Result<bool, Rejection> {
        if self.sight.sees_all() {
            return Ok(true);
        }
        let found = self.reader.store().read(|tx| index::matter(tx, case_id))?;
        Ok(found.is_some_and(|matter| self.sight.sees(&matter)))
    }

    fn step(
        &mut self,
        place: u64,
        spot: Spot,
        case_id: &CaseId,
    ) -> Result<Option<Step>, Rejection> {
        let Some(told) = self.reader.told(spot)? else { return Ok(None) };
        let before = match self.cases.remove(case_id) {
            Some(matter) => Some(matter),
            None => self.reader.as_of(case_id, place.saturating_sub(1))?,
        };
        let Some(matter) = Matter::fold(before, &told, spot) else { return Ok(None) };
        if self.cases.len() >= REMEMBERED {
            self.cases.clear();
        }
        if matter.course.stage != Stage::Closed {
            self.cases.insert(case_id.clone(), matter.clone());
        }
        let case = self.reader.shown(matter)?;
        Ok(Some(Step { entry: Entry { place, told }, case }))
    }
}

struct Line {
    place: u64,
    spot: Spot,
    case_id: CaseId,
}
