//! What came of an operation: who came, who did not and why, what is open. Said once.
//!
//! Late is who had the invitation and answered after the limit, or who came after the beginning by
//! its own word. Whom nothing reached is never late: who has not let go when this is said is
//! pending, and what it has to say comes when it is back.

use serde::{Deserialize, Serialize};

use super::{Answer, Missed, Operation, course::Verdict};
use crate::id::{InspectionId, OrderId, UnitId};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Whose teams were there.
    pub came: Vec<UnitId>,
    /// Who of all was late.
    pub late: Vec<UnitId>,
    /// Who had confirmed and was not there.
    pub absent: Vec<UnitId>,
    /// Who was not reached.
    pub not_reached: Vec<UnitId>,
    /// Who had the invitation and never answered.
    pub silent: Vec<UnitId>,
    /// Who has declined.
    pub declined: Vec<UnitId>,
    /// Whose word may still be on its way: they are away.
    pub pending: Vec<UnitId>,
    /// What nobody has answered.
    pub orders_open: Vec<OrderId>,
    /// What was found.
    pub findings: Vec<InspectionId>,
}

impl Summary {
    /// The summary of an operation as it stands.
    pub fn of(operation: &Operation) -> Summary {
        let mut summary = Summary {
            pending: operation.unreleased().cloned().collect(),
            findings: operation.findings.iter().cloned().collect(),
            ..Summary::default()
        };
        let open = operation.orders.values().filter(|given| given.state == Verdict::Open);
        summary.orders_open = open.map(|given| given.order.id.clone()).collect();
        for (unit, member) in &operation.members {
            let is_away = summary.pending.contains(unit);
            let is_unreached = member.missed == Some(Missed::NotReached);
            let is_late = |at| at > operation.plan.from && !is_unreached;
            if member.missed == Some(Missed::Late) || member.checked_in.is_some_and(is_late) {
                summary.late.push(unit.clone());
            }
            let list = match (&member.answer, member.checked_in) {
                (_, Some(_)) => &mut summary.came,
                (Answer::Confirmed { .. }, None) if is_away => &mut summary.not_reached,
                (Answer::Confirmed { .. }, None) => &mut summary.absent,
                (Answer::Declined { .. }, None) => &mut summary.declined,
                (Answer::None, None) if member.missed == Some(Missed::Late) => &mut summary.silent,
                (Answer::None, None) if is_unreached || is_away => &mut summary.not_reached,
                (Answer::None, None) => &mut summary.silent,
            };
            list.push(unit.clone());
        }
        summary
    }
}
