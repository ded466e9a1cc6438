//! What a case counts as: whether its work and each unit's were done in time, and what the
//! community said first and last (M013, M014).
//!
//! It is noted beside the course, after each fact that was folded, because the course forgets a
//! round when the next one begins. It holds moments and no limits: what is due when comes in when
//! it is asked.
//!
//! Work is late from the first moment after its due one at which it is open. It stays late, unless
//! somebody decides that it has more time or that its case is the matter of another one: nothing
//! that is done later makes a figure of the past another one.
//! What is sent back is the same work, with the same due moment. A unit that is called anew because
//! another one refused has new work. A task that a unit refused or was relieved of in time counts
//! as nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    clocks::{Clocks, Hold},
    course::{Course, Part, Stage},
    fact::Duty,
};
use crate::{id::UnitId, moment::Moment};

/// The score of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Score {
    /// The work of the whole, from the whistle to the community's word.
    pub whole: Work,
    /// The work of each unit that was ever called, from its call.
    pub tasks: BTreeMap<UnitId, Task>,
    /// What the community said first.
    pub first: Option<Word>,
    /// What it said last.
    pub last: Option<Word>,
}

/// A unit's task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// The round in which it was called last.
    pub round: u32,
    /// Its work; more than one where it was called anew.
    pub work: Vec<Work>,
}

/// Something that is done in one go, or in several when it is sent back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work {
    /// Since when its time runs.
    pub since: Moment,
    /// When it was open; the last one may be open still.
    pub open: Vec<Span>,
    /// What was decided about its clock, by round.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub decided: BTreeMap<u32, Clocks>,
}

/// A time in which work was open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From when.
    pub from: Moment,
    /// Until when; none: until now.
    pub until: Option<Moment>,
    /// How it ended.
    #[serde(default)]
    pub end: End,
}

/// How work ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Not yet.
    #[default]
    Open,
    /// It was done.
    Done,
    /// It was refused, or taken from who had it.
    Relieved,
}

/// The community's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// In which round.
    pub round: u32,
    /// When.
    pub at: Moment,
    /// Whether it was satisfied.
    pub is_satisfied: bool,
}

impl Work {
    fn begin(at: Moment) -> Work {
        let mut work = Work { since: at, ..Work::default() };
        work.reopen(at);
        work
    }

    fn end(&mut self, at: Moment, how: End) {
        if let Some(span) = self.open.last_mut().filter(|span| span.until.is_none()) {
            span.until = Some(at.max(span.from));
            span.end = how;
        }
    }

    fn reopen(&mut self, at: Moment) {
        if self.last() != End::Open {
            self.open.push(Span { from: at, until: None, end: End::Open });
        }
    }

    /// How it ended last.
    fn last(&self) -> End {
        self.open.last().map_or(End::Relieved, |span| span.end)
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        self.last() == End::Done
    }

    /// How much more time it has for a duty.
    pub fn extended_ms(&self, unit: &UnitId, duty: Duty) -> u64 {
        let by = self.decided.values().map(|clocks| clocks.extended_ms(unit, duty));
        by.fold(0, u64::saturating_add)
    }

    /// When its clock was held.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.decided.values().flat_map(|clocks| &clocks.holds)
    }

    /// Since when it is late, as seen now; none while it is not.
    pub fn late_since(&self, due: Moment, now: Moment) -> Option<Moment> {
        let is_late = |span: &&Span| span.until.unwrap_or(now) > due.max(span.from);
        self.open.iter().find(is_late).map(|span| due.max(span.from))
    }
}

impl Task {
    /// Since when it is late; `due` says by when work is to be done.
    pub fn late_since(&self, due: impl Fn(&Work) -> Moment, now: Moment) -> Option<Moment> {
        self.work.iter().filter_map(|work| work.late_since(due(work), now)).min()
    }

    /// Whether it is done, and not refused or taken away.
    pub fn is_done(&self) -> bool {
        self.work.last().is_some_and(Work::is_done)
    }

    /// Whether some of it was done by then, so that an answer of the community is about it.
    pub fn was_done_by(&self, at: Moment) -> bool {
        let mut spans = self.work.iter().flat_map(|work| &work.open);
        spans.any(|span| span.end == End::Done && span.until.is_some_and(|until| until <= at))
    }
}

impl Score {
    /// The score at the whistle.
    pub fn begin(at: Moment) -> Score {
        Score { whole: Work::begin(at), ..Score::default() }
    }

    /// Notes the course as it is after a fact of this moment was folded.
    pub fn note(&mut self, course: &Course, at: Moment) {
        self.hear(course, at);
        match course.stage {
            Stage::Closed => self.close(course.closed_at.unwrap_or(at)),
            Stage::Confirming if course.sent_back == course.round => self.whole.reopen(at),
            Stage::Confirming => self.whole.end(course.confirming_at.unwrap_or(at), End::Done),
            _ => {}
        }
        for (unit, task) in &mut self.tasks {
            let is_theirs = course.parts.contains_key(unit) && task.round == course.round;
            if let Some(work) = task.work.last_mut().filter(|_| !is_theirs) {
                work.end(at, End::Relieved);
            }
        }
        for (unit, part) in &course.parts {
            self.work(course, unit, part);
        }
    }

    fn work(&mut self, course: &Course, unit: &UnitId, part: &Part) {
        let Some(called) = part.called_at else { return };
        let task = self.tasks.entry(unit.clone()).or_default();
        if task.round != course.round {
            let is_rework =
                course.sent_back > 0 && course.sent_back.saturating_add(1) == course.round;
            task.round = course.round;
            match task.work.last_mut() {
                Some(work) if is_rework && work.is_done() => work.reopen(called),
                last => {
                    last.into_iter().for_each(|work| work.end(called, End::Relieved));
                    task.work.push(Work::begin(called));
                }
            }
        }
        let Some(work) = task.work.last_mut() else { return };
        let clocks = course.clocks.of(unit);
        if !clocks.is_empty() {
            work.decided.insert(course.round, clocks);
        }
        let is_lead = course.lead.as_ref() == Some(unit);
        // The lead is done when it has said so, whatever the others still have to do.
        let done = part.disposed_at.zip(if is_lead { course.declared_at } else { Some(Moment(0)) });
        match (done, part.refused_at) {
            (Some((disposed, declared)), _) => work.end(disposed.max(declared), End::Done),
            (None, Some(refused)) => work.end(refused, End::Relieved),
            (None, None) => {}
        }
    }

    fn hear(&mut self, course: &Course, at: Moment) {
        let said = |word: &Option<Word>, is_satisfied| {
            word.is_some_and(|word| (word.round, word.is_satisfied) == (course.round, is_satisfied))
        };
        let mut hear = |at, is_satisfied| {
            if !said(&self.last, is_satisfied) {
                let word = Word { round: course.round, at, is_satisfied };
                self.first.get_or_insert(word);
                self.last = Some(word);
            }
        };
        if let Some(confirmed) = course.confirmed_at {
            hear(confirmed, true);
        } else if course.sent_back > 0 && course.sent_back == course.round {
            hear(at, false);
        }
    }

    fn close(&mut self, at: Moment) {
        self.whole.end(at, End::Relieved);
        let last = self.tasks.values_mut().filter_map(|task| task.work.last_mut());
        last.for_each(|work| work.end(at, End::Relieved));
    }
}

#[cfg(test)]
mod tests;
