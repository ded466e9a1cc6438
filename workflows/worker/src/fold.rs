//! The fold: every open case as the record has it, and what its flow has still to be told.
//!
//! Filled by following the bus's record; each fact counts only from the party whose word it is. A
//! fact that the flow must know leaves a mark, which the teller removes when the flow was told:
//! milestones, not every fact. It must be told when something is due at once, when the community
//! has the word, and when a deadline comes before the one for which the flow's alarm is set.
//!
//! | key | value |
//! |---|---|
//! | `c<case>` | [`Kept`], as JSON |
//! | `w<case>` | the whistle, as JSON, until the case is closed |
//! | `j<flow>` | [`KeptApproval`] of a joint approval, [`KeptDecision`] of a decision; as JSON |
//! | `s<flow>` | [`KeptSheet`] of a unit that has to answer, [`KeptCredit`] of an object; as JSON |
//! | `o<flow>` | nothing: the case, the sheet, the approval or the decision is open, or something is owed about credit |
//! | `j<flow>` | [`KeptApproval`], [`KeptOperation`], as JSON: a joint approval, a joint operation |
//! | `s<flow>` | [`KeptSheet`] of a unit that has to answer, [`KeptCredit`] of an object; as JSON |
//! | `o<flow>` | nothing: the case, the sheet, the approval or the operation is open, or something is owed about credit |
//! | `reg/…` | the registry, by which cases are routed, see [`kit::registry`] |
//! | `t<flow>` | [`Mark`], as JSON: what the flow has not been told |
//! | `e<unit>` 0 `<issue type>` 0 `<case>` 0 `<round>` | nothing: the unit has refused against a ruling |
//! | `n<recipient>` 0 `<number>` | `operations::Sent`, as JSON: what was sent to a unit and has not arrived |
//! | `p<flow>` 0 `<envelope>` | nothing: sent by us, and not yet in the record |
//! | `a<from>` | an outage of ours, as JSON |
//! | `h` | when all was well last, as JSON |
//! | `i<incident>` | [`KeptIncident`], as JSON |
//! | `k<flow>` | the number of its open incident |
//! | `l<flow>` 0 `<envelope>` | nothing: that is left out |
//! | `q<incident>` | nothing: its flow is to be ended, and another begun |
//! | `v<case>` | whom it concerns beside its course, as JSON |
//! | `u` | the outage of which the units are still to be told, as JSON |
//!
//! `<flow>` is `<case>`, `<case>` 0 `<unit>` of a sheet, 0 `<approval>` of an approval, 0 0 `<object>`
//! of credit, 0 0 ` decision` 0 `<decision>` of a decision, or 0 0 0 `<operation>` of an operation.

mod approvals;
mod away;
mod credit;
mod decisions;
mod flow;
mod incidents;
mod operations;
mod rules;
mod sheets;
mod sight;
mod state;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use domain::{
    accountability::{self, Sheet, SheetId},
    approval::{self, Approval},
    case::{Course, Step, Whistle, clocks},
    credit::{DeliveryId, Ledger, Step as CreditStep},
    decision::{self, Decision},
    id::{ApprovalId, CaseId, DecisionId, GridId, IssueTypeId, ObjectId, OperationId, UnitId},
    incident::{IncidentId, Opened, Resolved},
    moment::Moment,
    operation::{self, Operation, Receipts},
    outage::Outage,
    pack::{City, Limits},
};
use kit::{tx::Tx, view};
use serde::{Deserialize, Serialize};

pub use flow::Flow;
pub use incidents::{
    KeptIncident, incident, incident_of, incidents, is_left_out, is_wanted, stuck, to_be_ended,
};
pub use sight::case;
use state::evasions;
pub use state::{
    approval, credit, decision, is_under_way, kept, mark, marks, open, operation, outages, sheet,
    traceparent, untold, well_at, whistle,
};

/// The rules of the worker's store.
#[derive(Clone, Debug)]
pub struct Fold {
    city: Arc<City>,
    profile: String,
}

impl Fold {
    /// The fold of a city, with a profile of limits; an empty one is the city's own.
    pub fn new(city: Arc<City>, profile: &str) -> Fold {
        Fold { city, profile: profile.to_owned() }
    }

    /// The city.
    pub fn city(&self) -> &City {
        &self.city
    }

    /// The limits of a case, with the whole calendar and our own outages since it began.
    pub fn limits(&self, tx: &Tx<'_>, kept: &Kept) -> Result<Limits, view::Error> {
        let outages = outages(tx, kept.course.raised_at)?;
        let (issue_type, course) = (&kept.issue_type, &kept.course);
        let limits = clocks::limits(&self.city, &self.profile, issue_type, course, &outages);
        Ok(Limits { evasions: evasions(tx, kept, limits.evasions_max)?, ..limits })
    }

    /// The limits of a sheet, with what it needs of the calendar and our own outages since it was
    /// opened.
    pub fn sheet_limits(&self, tx: &Tx<'_>, sheet: &Sheet) -> Result<Limits, view::Error> {
        let outages = outages(tx, sheet.opened_at)?;
        let limits = self.city.limits(&self.profile, &sheet.opened.issue_type);
        Ok(Limits { outages, ..limits.since(sheet.opened_at) })
    }
}

impl Fold {
    /// The limits of an approval, with what it needs of the calendar and our own outages since.
    pub fn approval_limits(&self, tx: &Tx<'_>, approval: &Approval) -> Result<Limits, view::Error> {
        let outages = outages(tx, approval.applied_at)?;
        let kind = self.city.approvals.get(&approval.applied.kind);
        let limits = kind.map(|kind| self.city.limits(&self.profile, &kind.issue_type));
        Ok(Limits { outages, ..limits.unwrap_or_default().since(approval.applied_at) })
    }
}

impl Fold {
    /// The limits of an operation: that of an answer is its plan's own.
    pub fn operation_limits(
        &self,
        tx: &Tx<'_>,
        operation: &Operation,
    ) -> Result<Limits, view::Error> {
        let outages = outages(tx, operation.planned_at)?;
        Ok(operation::limits(&self.city, &self.profile, operation, outages))
    }
}

/// What the fold can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A flow has decided a step: send it, once.
    Send(CaseId, Step),
    /// A sheet's flow has decided a step: send it, once.
    SendSheet(SheetId, accountability::Step),
    /// The flow of an object's credit has decided a step: send it, once.
    SendCredit(ObjectId, CreditStep),
    /// An outside system has answered a try.
    Answered(ObjectId, DeliveryId, connector::Answer),
    /// An approval's flow has decided a step: send it, once.
    SendApproval(ApprovalId, approval::Step),
    /// A decision's flow has decided a step: send it, once.
    SendDecision(DecisionId, decision::Step),
    /// An operation's flow has decided a step: send it, once.
    SendOperation(OperationId, operation::Step),
    /// A flow was told: the mark goes, if it is still this one.
    Told(Flow, Mark),
    /// All is well at that moment; what is longer than that after the last one is an outage.
    Here(Moment, Duration),
    /// A unit with a part in an open case is told of an outage; in these words too, where it has
    /// moved what it owes.
    Tell(Outage, UnitId, Option<String>),
    /// Every unit was told of an outage.
    AllTold(Outage),
    /// A flow is stuck: it is written down, once; the number is filled in.
    Stuck(Flow, Box<Opened>),
    /// A flow that was stuck goes on, or is not wanted any more.
    Passed(Flow),
    /// An administrator decides about an incident; the answer is its number.
    Resolve(IncidentId, Resolved),
    /// The flow of an incident was ended.
    Carried(IncidentId),
}

/// What the flow has not been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What happened, for people.
    pub name: String,
    /// The envelope that says so.
    pub id: String,
    /// Whether the flow has to be started: nobody has told it anything yet.
    #[serde(default)]
    pub is_start: bool,
}

/// What is kept of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its course.
    pub course: Course,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Where.
    pub grid: GridId,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// When its flow looks next by itself; it may look before, never later.
    #[serde(default)]
    pub alarm: Option<Moment>,
}

impl Kept {
    fn of(course: Course, whistle: &Whistle, traceparent: Option<String>) -> Kept {
        let (issue_type, grid) = (whistle.issue_type.clone(), whistle.grid.clone());
        Kept { course, issue_type, grid, traceparent, alarm: None }
    }
}

/// What is kept of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSheet {
    /// As it stands.
    pub sheet: Sheet,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// When its flow looks next by itself.
    #[serde(default)]
    pub alarm: Option<Moment>,
}

/// What is kept of an object's credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCredit {
    /// As it stands.
    pub ledger: Ledger,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
}

/// What is kept of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptApproval {
    /// As it stands.
    pub approval: Approval,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
}

/// What is kept of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDecision {
    /// As it stands.
    pub decision: Decision,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
}

/// What is kept of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOperation {
    /// As it stands.
    pub operation: Operation,
    /// What has arrived at its units.
    #[serde(default)]
    pub receipts: Receipts,
    /// The trace that it belongs to.
    #[serde(default)]
    pub traceparent: Option<String>,
}
