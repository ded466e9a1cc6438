//! Time limits (`limits.csv`), by profile, issue type, severity and stage.
//!
//! No founding document states a limit, so every number is the city's configuration and none may
//! be shown as official. A row for one issue type and one severity wins; else the shorter of the
//! row for the issue type and the row for the severity; else the row for all. An emergency runs
//! around the clock, and what is worse never has more time.
//!
//! `2h` and `3d` are around the clock, `2wh` and `3wd` are working time; see [`crate::clock`].

mod span;
mod table;

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::span::{Length, LengthError};
pub(super) use self::{
    span::{SPAN, Span},
    table::{FILE, LimitTable, read},
};
use super::word::words;
use crate::{
    calendar::Calendar,
    clock::{Language, Pace, describe},
    id::UnitId,
    moment::Moment,
    outage::Outage,
};

words! {
    /// What a limit is for.
    Stage, "a stage" {
        /// The assigner names a lead.
        Assign = "assign",
        /// A called unit accepts or refuses (报到).
        Accept = "accept",
        /// It is on site.
        Arrive = "arrive",
        /// It has disposed of the matter (处置).
        Dispose = "dispose",
        /// The community confirms or sends back.
        Confirm = "confirm",
        /// What was sent back is done again.
        Rework = "rework",
        /// So long after its limit the first responsible person of a unit is told (M036).
        Notice = "notice",
        /// So long after a unit should have settled a matter the community may report it directly
        /// to the city government (M002: 迟迟未得到解决).
        Direct = "direct",
        /// The city government answers a direct report.
        Answer = "answer",
        /// A unit that is asked says whose matter it is.
        Opinion = "opinion",
        /// Who rules has ruled whose matter it is.
        Rule = "rule",
        /// It is found whether a complaint is right.
        Find = "find",
        /// A unit that has to answer for a case says what it has to say.
        Statement = "statement",
        /// What follows from it is decided.
        Outcome = "outcome",
        /// A clock is held; may be absent, and then none can be.
        Hold = "hold",
        /// A major decision is reviewed (法制审核), on a clock of its own.
        Review = "review",
        /// Criminal justice answers a file that was sent to it.
        Criminal = "criminal",
        /// A unit answers the opinion of a supervisor (执法监督).
        Supervision = "supervision",
    }
}

impl Stage {
    /// Whether every profile must limit it: a city that has no limit for another has no such rung.
    pub(super) fn is_needed(self) -> bool {
        let is_cases = !matches!(self, Stage::Review | Stage::Criminal | Stage::Supervision);
        is_cases && !matches!(self, Stage::Hold | Stage::Notice | Stage::Direct | Stage::Answer)
    }
}

/// One limit and when people hear of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// How long it takes at most.
    pub within_ms: u64,
    /// How long before the end a reminder goes out; 0 for none.
    pub remind_before_ms: u64,
    /// How long after the end the unit is urged (催办).
    pub urge_after_ms: u64,
    /// In which time all of that is.
    #[serde(skip_serializing_if = "Pace::is_around")]
    pub pace: Pace,
}

impl Limit {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.within_ms == 0
    }

    /// How long it takes at most.
    pub fn within(self) -> Duration {
        Duration::from_millis(self.within_ms)
    }

    /// How long before the end a reminder goes out.
    pub fn remind_before(self) -> Duration {
        Duration::from_millis(self.remind_before_ms)
    }

    /// How long after the end the unit is urged.
    pub fn urge_after(self) -> Duration {
        Duration::from_millis(self.urge_after_ms)
    }

    /// For people: `3 working days (21 h of working time)`, where one working day is that long.
    pub fn describe(self, day_ms: u64, language: Language) -> String {
        describe(self.within_ms, self.pace, day_ms, language)
    }
}

/// The limits of one case, and all that is needed to derive a moment from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The assigner names a lead.
    pub assign: Limit,
    /// A called unit accepts or refuses.
    pub accept: Limit,
    /// It is on site.
    pub arrive: Limit,
    /// It has disposed of the matter.
    pub dispose: Limit,
    /// The community confirms or sends back.
    pub confirm: Limit,
    /// What was sent back is done again.
    pub rework: Limit,
    /// When the first responsible person is told, after a limit; nothing: never.
    pub notice: Limit,
    /// When the community may report directly, after the limit; nothing: never.
    pub direct: Limit,
    /// The city government answers a direct report.
    pub answer: Limit,
    /// A clock is held, and who holds it says nothing more: then it runs again.
    #[serde(skip_serializing_if = "Limit::is_none")]
    pub hold: Limit,
    /// The working calendar, from the day on which the case began; empty where no limit needs it.
    #[serde(skip_serializing_if = "Calendar::is_empty")]
    pub calendar: Calendar,
    /// Our own outages since the case began: no clock runs in them but the public one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outages: Vec<Outage>,
    /// A unit that is asked says whose matter it is.
    pub opinion: Limit,
    /// Who rules has ruled whose matter it is.
    pub rule: Limit,
    /// It is found whether a complaint is right.
    pub find: Limit,
    /// A unit that has to answer for a case says what it has to say.
    pub statement: Limit,
    /// What follows from it is decided.
    pub outcome: Limit,
    /// A major decision is reviewed; none where a city has no such decisions.
    #[serde(skip_serializing_if = "Limit::is_none")]
    pub review: Limit,
    /// Criminal justice answers a file.
    #[serde(skip_serializing_if = "Limit::is_none")]
    pub criminal: Limit,
    /// A unit answers a supervisor.
    #[serde(skip_serializing_if = "Limit::is_none")]
    pub supervision: Limit,
    /// How often the community is not satisfied before all units consult; 0: never.
    pub rounds_max: u32,
    /// How many refusals against rulings are evasion; 0: none are.
    #[serde(skip_serializing_if = "is_nothing")]
    pub evasions_max: u32,
    /// How often those who have refused against a ruling in this case did so in all cases of the
    /// kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub evasions: BTreeMap<UnitId, u32>,
}

fn is_nothing(number: &u32) -> bool {
    *number == 0
}

impl Limits {
    /// Whether any of them is in working time.
    pub fn is_working(&self) -> bool {
        let Limits { assign, accept, arrive, dispose, confirm, rework, opinion, rule, .. } = self;
        let Limits { hold, find, statement, outcome, review, criminal, supervision, .. } = self;
        let first = [assign, accept, arrive, dispose, confirm, rework, opinion, rule];
        first
            .into_iter()
            .chain([hold, find, statement, outcome, review, criminal, supervision])
            .any(|limit| limit.pace == Pace::Working)
    }

    /// What a case that began then needs of them: small, since it travels.
    pub fn since(mut self, from: Moment) -> Limits {
        self.calendar =
            if self.is_working() { self.calendar.since(from) } else { Calendar::default() };
        self.outages.retain(|outage| outage.to > from);
        self
    }
}
