//! What is to be done now about a sheet, and when to look again. Pure.
//!
//! The unit's silence ends its time by itself; who decides is reminded and urged, and nobody decides
//! in its place.

use serde::{Deserialize, Serialize};

use super::{Duty, Opened, Sheet, Stage};
use crate::{
    case::standing,
    moment::Moment,
    pack::{Limit, Limits},
    party::Party,
};

/// Who owes what until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Who.
    pub party: Party,
    /// What.
    pub duty: Duty,
    /// Since when.
    pub from: Moment,
    /// By when.
    pub due: Moment,
    /// The limit that says so.
    pub limit: Limit,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Remind before the limit, or urge after it.
    Remind {
        /// Who.
        party: Party,
        /// Of what.
        duty: Duty,
        /// By when.
        due: Moment,
        /// Whether the limit has passed.
        is_late: bool,
    },
    /// Record that the unit has said nothing.
    Silence {
        /// By when it could have.
        due: Moment,
    },
    /// Publish what follows.
    Publish,
}

impl Step {
    /// The step's name within its sheet, the same every time the same thing is decided.
    pub fn name(&self) -> String {
        match self {
            Step::Remind { duty, due, is_late, .. } => {
                let word = if *is_late { "urge" } else { "remind" };
                format!("{word}-{}/{}", duty.word(), due.0)
            }
            Step::Silence { .. } => "silence".to_owned(),
            Step::Publish => "publish".to_owned(),
        }
    }
}

/// What to do now, and when to look again if nothing happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be done now.
    pub steps: Vec<Step>,
    /// The next moment at which something is to be done; none while only a fact can move it.
    pub wake: Option<Moment>,
}

/// Who owes what until when; none when nobody owes anything. Our own outages are charged to nobody.
pub fn owes(sheet: &Sheet, limits: &Limits) -> Option<Owed> {
    let owed = |party, duty, from: Moment, limit: Limit| {
        let due = reached(limits, limit, from, limit.within_ms);
        Some(Owed { party, duty, from, due, limit })
    };
    match sheet.stage {
        Stage::Stating => {
            // What the unit was told when it was asked stays.
            let Opened { statement_within_ms: within_ms, statement_pace: pace, .. } = sheet.opened;
            let limit = Limit { within_ms, pace, ..limits.statement };
            owed(sheet.party(), Duty::State, sheet.opened_at, limit)
        }
        Stage::Deciding => {
            let from = sheet.heard_at.unwrap_or(sheet.opened_at);
            owed(sheet.opened.judge.clone(), Duty::Decide, from, limits.outcome)
        }
        Stage::Publishing | Stage::Closed => None,
    }
}

/// When a limit has run for so long.
fn reached(limits: &Limits, limit: Limit, from: Moment, ms: u64) -> Moment {
    standing::after_all(from, &[Limit { within_ms: ms, ..limit }], limits)
}

/// Decides.
pub fn decide(sheet: &Sheet, limits: &Limits, now: Moment) -> Plan {
    if sheet.stage == Stage::Publishing {
        return Plan { steps: vec![Step::Publish], wake: None };
    }
    let Some(Owed { party, duty, from, due, limit }) = owes(sheet, limits) else {
        return Plan::default();
    };
    let at = |ms| reached(limits, limit, from, ms);
    let is_said = |is_late| is_said(sheet, duty, is_late);
    let remind = |is_late| Step::Remind { party: party.clone(), duty, due, is_late };
    let mut rungs = Vec::new();
    if now < due && !is_said(false) {
        let before = limit.within_ms.saturating_sub(limit.remind_before_ms);
        rungs.push((at(before), remind(false)));
    }
    match duty {
        Duty::State => rungs.push((due, Step::Silence { due })),
        Duty::Decide if is_said(true) => {}
        Duty::Decide => {
            let late = limit.within_ms.saturating_add(limit.urge_after_ms);
            rungs.push((at(late), remind(true)));
        }
    }
    let mut plan = Plan::default();
    for (at, step) in rungs {
        if at <= now {
            plan.steps.push(step);
        } else {
            plan.wake = Some(plan.wake.map_or(at, |wake| wake.min(at)));
        }
    }
    plan
}

/// Whether who owes this was reminded of it, or urged: of this due moment, or of the one that it was
/// before an outage of ours.
pub fn is_said(sheet: &Sheet, duty: Duty, is_late: bool) -> bool {
    sheet.reminded.iter().any(|(of, _, late)| (*of, *late) == (duty, is_late))
}
