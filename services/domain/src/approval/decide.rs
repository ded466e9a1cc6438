//! What is to be done now about an approval, and when to look again. Pure.
//!
//! Silence is urged once for each approver, and when the limit has passed twice the office is told
//! once; nothing here takes silence for a word.

use serde::{Deserialize, Serialize};

use super::Approval;
use crate::{
    case::standing,
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
};

/// Which approver owes its opinion, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Who.
    pub unit: UnitId,
    /// By when.
    pub due: Moment,
    /// About how many items.
    pub items: usize,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Say what the items of a batch came to, and give the work of each to its unit.
    Settle {
        /// The batch.
        batch: u32,
    },
    /// Remind an approver before the limit, or urge it after.
    Remind {
        /// Who.
        unit: UnitId,
        /// By when.
        due: Moment,
        /// Whether the limit has passed.
        is_late: bool,
    },
    /// Tell the office who is silent.
    Escalate {
        /// By when they should have spoken.
        due: Moment,
    },
}

impl Step {
    /// The step's name within its approval: what is said once has one name.
    pub fn name(&self) -> String {
        match self {
            Step::Settle { batch } => format!("settle/{batch}"),
            Step::Remind { unit, is_late, .. } => {
                let word = if *is_late { "urge" } else { "remind" };
                format!("{word}/{unit}")
            }
            Step::Escalate { .. } => "escalate".to_owned(),
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

/// The limit of this approval: what its approvers were told when they were asked stays.
fn limit(approval: &Approval, limits: &Limits) -> Limit {
    let (within_ms, pace) = (approval.applied.within_ms, approval.applied.pace);
    Limit { within_ms, pace, ..limits.opinion }
}

/// When so much of the limit's time has passed. Our own outages are charged to nobody.
fn reached(approval: &Approval, limits: &Limits, ms: u64) -> Moment {
    let limit = Limit { within_ms: ms, ..limit(approval, limits) };
    standing::after_all(approval.applied_at, &[limit], limits)
}

/// By when every approver has to speak.
fn due(approval: &Approval, limits: &Limits) -> Moment {
    reached(approval, limits, approval.applied.within_ms)
}

/// Which approvers owe their opinion; who is only asked owes nothing.
pub fn owes(approval: &Approval, limits: &Limits) -> Vec<Owed> {
    let due = due(approval, limits);
    let owed = |unit: &UnitId| {
        let items = approval.awaits(unit).count();
        (items > 0).then(|| Owed { unit: unit.clone(), due, items })
    };
    approval.applied.approvers.iter().filter_map(owed).collect()
}

/// Decides.
pub fn decide(approval: &Approval, limits: &Limits, now: Moment) -> Plan {
    let mut plan = Plan::default();
    plan.steps.extend(approval.untold().map(|batch| Step::Settle { batch }));
    let limit = limit(approval, limits);
    let owed = owes(approval, limits);
    let mut rungs = Vec::new();
    for Owed { unit, due, .. } in &owed {
        let remind = |is_late| Step::Remind { unit: unit.clone(), due: *due, is_late };
        if now < *due && !is_said(approval, unit, false) {
            let before = limit.within_ms.saturating_sub(limit.remind_before_ms);
            rungs.push((reached(approval, limits, before), remind(false)));
        }
        if !is_said(approval, unit, true) {
            let late = limit.within_ms.saturating_add(limit.urge_after_ms);
            rungs.push((reached(approval, limits, late), remind(true)));
        }
    }
    if let (Some(Owed { due, .. }), None) = (owed.first(), &approval.escalated) {
        let twice = limit.within_ms.saturating_mul(2).saturating_add(limit.urge_after_ms);
        rungs.push((reached(approval, limits, twice), Step::Escalate { due: *due }));
    }
    for (at, step) in rungs {
        if at <= now {
            plan.steps.push(step);
        } else {
            plan.wake = Some(plan.wake.map_or(at, |wake| wake.min(at)));
        }
    }
    plan
}

/// Whether an approver was reminded, or urged: once, also where an outage of ours moved the limit.
pub fn is_said(approval: &Approval, unit: &UnitId, is_late: bool) -> bool {
    approval.reminded.contains(&(unit.clone(), is_late))
}
