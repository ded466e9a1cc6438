//! A clock of somebody's time, as a ledger: what it may take, what it has taken, whether it runs.
//!
//! The due moment is never kept: it is derived. A hold, a resumption, an extension, a hand-over and
//! a change of calendar are entries, so that whoever replays the same entries comes to the same
//! moments. What was consumed is settled when the clock stands still or its calendar changes, and
//! is never counted again. What the clock reached before stays reached.
//!
//! "One day" is one of two things, and says which: a working day (`1wd`, 个工作日) is the length of
//! an ordinary working day of the calendar, in working time; a day (`1d`, 天) is 24 hours.

mod words;

use serde::{Deserialize, Serialize};

pub use self::words::{Language, describe};
use crate::{calendar::Calendar, moment::Moment};

/// In which time a clock runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Around the clock: a day is 24 hours (自然时间).
    #[default]
    Around,
    /// In the working time of the calendar (工作时间).
    Working,
}

impl Pace {
    /// Whether it is around the clock.
    pub fn is_around(&self) -> bool {
        *self == Pace::Around
    }

    /// How much of this time lies between two moments.
    pub fn between(self, calendar: &Calendar, from: Moment, to: Moment) -> u64 {
        match self {
            Pace::Around => u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX),
            Pace::Working => calendar.between(from, to),
        }
    }

    /// When that much of this time has passed.
    pub fn after(self, calendar: &Calendar, from: Moment, ms: u64) -> Moment {
        match self {
            Pace::Around => from + std::time::Duration::from_millis(ms),
            Pace::Working => calendar.after(from, ms),
        }
    }
}

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Since then.
    Running(Moment),
    /// It stands still and may go on.
    Held,
    /// It has ended: what was owed is done, or somebody else owes it.
    Stopped,
}

/// A time that is over: from, to, and what of the clock's time it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run(Moment, Moment, u64);

/// The ledger of one clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    pace: Pace,
    budget_ms: u64,
    runs: Vec<Run>,
    state: State,
    /// The version of the calendar by which it runs.
    calendar: String,
}

impl Ledger {
    /// A clock that starts.
    pub fn start(pace: Pace, budget_ms: u64, at: Moment, calendar: &Calendar) -> Ledger {
        let calendar = calendar.version().to_owned();
        Ledger { pace, budget_ms, runs: Vec::new(), state: State::Running(at), calendar }
    }

    /// Whether it runs.
    pub fn state(&self) -> State {
        self.state
    }

    /// What it may take.
    pub fn budget_ms(&self) -> u64 {
        self.budget_ms
    }

    /// The version of the calendar by which it runs.
    pub fn calendar(&self) -> &str {
        &self.calendar
    }

    /// It stands still from then on; nothing when it does not run.
    pub fn hold(&mut self, at: Moment, calendar: &Calendar) {
        if self.settle(at, calendar) {
            self.state = State::Held;
        }
    }

    /// It goes on from then; nothing when it is not held.
    pub fn resume(&mut self, at: Moment) {
        if self.state == State::Held {
            // Nobody gains by a resumption that comes before the hold.
            let at = self.runs.last().map_or(at, |Run(_, held, _)| at.max(*held));
            self.state = State::Running(at);
        }
    }

    /// It ends.
    pub fn stop(&mut self, at: Moment, calendar: &Calendar) {
        self.settle(at, calendar);
        self.state = State::Stopped;
    }

    /// It may take more, in its own time. What has run out already runs out later.
    pub fn extend(&mut self, by_ms: u64) {
        self.budget_ms = self.budget_ms.saturating_add(by_ms);
    }

    /// Somebody else owes it from then on: this clock ends, and another one with the same limit
    /// starts. A unit answers for its own time only.
    pub fn hand_over(&mut self, at: Moment, calendar: &Calendar) -> Ledger {
        self.stop(at, calendar);
        Ledger::start(self.pace, self.budget_ms, at, calendar)
    }

    /// From then on it runs by another calendar; what it took before stays taken.
    pub fn change_calendar(&mut self, at: Moment, old: &Calendar, new: &Calendar) {
        if self.settle(at, old) {
            self.state = State::Running(at);
        }
        new.version().clone_into(&mut self.calendar);
    }

    /// What it has taken until then.
    pub fn consumed_ms(&self, now: Moment, calendar: &Calendar) -> u64 {
        let settled = self.runs.iter().fold(0_u64, |sum, Run(from, to, taken)| {
            // Of a run that ended later, only what was before.
            let until = if *to <= now { *taken } else { self.pace.between(calendar, *from, now) };
            sum.saturating_add(until.min(*taken))
        });
        match self.state {
            State::Running(since) => {
                settled.saturating_add(self.pace.between(calendar, since, now))
            }
            State::Held | State::Stopped => settled,
        }
    }

    /// What is left of it then; nothing when it has run out.
    pub fn left_ms(&self, now: Moment, calendar: &Calendar) -> u64 {
        self.budget_ms.saturating_sub(self.consumed_ms(now, calendar))
    }

    /// When it runs out; none while it stands still before that.
    pub fn due(&self, calendar: &Calendar) -> Option<Moment> {
        self.reached(self.budget_ms, calendar)
    }

    /// When it has taken that much; none while it stands still before that.
    pub fn reached(&self, ms: u64, calendar: &Calendar) -> Option<Moment> {
        let mut before = 0_u64;
        for Run(from, to, taken) in &self.runs {
            let here = ms.saturating_sub(before);
            if here <= *taken {
                return Some(self.pace.after(calendar, *from, here).min(*to));
            }
            before = before.saturating_add(*taken);
        }
        match self.state {
            State::Running(since) => {
                Some(self.pace.after(calendar, since, ms.saturating_sub(before)))
            }
            State::Held | State::Stopped => None,
        }
    }

    /// Ends the present run; says whether there was one.
    fn settle(&mut self, at: Moment, calendar: &Calendar) -> bool {
        let State::Running(since) = self.state else { return false };
        let at = at.max(since);
        self.runs.push(Run(since, at, self.pace.between(calendar, since, at)));
        true
    }
}

#[cfg(test)]
mod tests;
