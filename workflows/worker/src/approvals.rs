//! The steps of an approval: from what is known of it and the city pack to envelopes. Pure.
//!
//! The same step has the same ids every time, so that doing it twice is once. What a batch of items
//! has come to and the whistle of each case that follows are one record: no item is told approved
//! without its case, and no case is there twice.

use std::collections::BTreeSet;

use domain::{
    approval::{Approval, Fact, Owed, Settled, Step, is_said, owes, subject},
    case::{self, Channel, Intake, Severity, Whistle},
    id::{ApprovalId, EnvelopeId, GridId, IssueTypeId, UnitId},
    moment::Moment,
    pack::{ApprovalOutcome, City, Limits},
    party::Party,
    registry::Registry,
    routing,
};
use kit::store::Outgoing;

use crate::steps;

/// The id of what a step sends.
pub fn step_id(approval: &ApprovalId, step: &Step) -> EnvelopeId {
    steps::id(format!("approval/{approval}/{}", step.name()))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(approval: &Approval, limits: &Limits, step: &Step) -> bool {
    match step {
        Step::Settle { batch } => approval.untold().any(|untold| untold == *batch),
        Step::Remind { unit, due, is_late } => {
            let is_it = |owed: &Owed| (&owed.unit, owed.due) == (unit, *due);
            owes(approval, limits).iter().any(is_it) && !is_said(approval, unit, *is_late)
        }
        Step::Escalate { .. } => approval.escalated.is_none() && !owes(approval, limits).is_empty(),
    }
}

/// What is known of an approval when a step is done.
pub struct Known<'a> {
    /// The city.
    pub city: &'a City,
    /// The approval.
    pub approval: &'a Approval,
    /// The amendments about a kind of matter.
    pub registry: &'a dyn Fn(&IssueTypeId) -> Registry,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
}

impl Known<'_> {
    /// The envelopes of a step.
    pub fn envelopes(&self, step: &Step) -> Vec<Outgoing> {
        let (fact, to) = match step.clone() {
            Step::Settle { batch } => {
                let items = self.approval.settled(batch);
                let works = items.iter().filter_map(|settled| self.work(settled));
                let works: Vec<Outgoing> = works.collect();
                let to = self.approval.applied.everybody(self.city);
                let told = self.send(step, &Fact::Decided { batch, items }, to);
                return [told, works].concat();
            }
            Step::Remind { unit, due, is_late } => {
                let to = self.city.reached(&unit).into_iter().collect();
                (Fact::Reminded { unit, due, is_late }, to)
            }
            Step::Escalate { due } => {
                let silent = |unit: &&UnitId| self.approval.awaits(unit).next().is_some();
                let approvers = self.approval.applied.approvers.iter();
                let units = approvers.filter(silent).cloned().collect();
                let office = self.approval.applied.office.clone();
                (Fact::Escalated { units, due }, BTreeSet::from([office]))
            }
        };
        self.send(step, &fact, to)
    }

    /// One envelope for the record, and one for each of these.
    fn send(&self, step: &Step, fact: &Fact, to: BTreeSet<Party>) -> Vec<Outgoing> {
        let name = step_id(&self.approval.id, step);
        let subject = subject(&self.city.id, &self.approval.id);
        let recipients = [None].into_iter().chain(to.into_iter().map(Some));
        let write = |recipient: Option<Party>| {
            let to = recipient.as_ref().map(|party| format!("{name}/{party}"));
            let id = steps::id(to.unwrap_or_else(|| name.to_string()));
            let outgoing = Outgoing::new(id, &subject, proto::joint::write(fact));
            self.traced(Outgoing { recipient, ..outgoing })
        };
        recipients.map(write).collect()
    }

    fn traced(&self, outgoing: Outgoing) -> Outgoing {
        Outgoing { traceparent: self.traceparent.map(str::to_owned), ..outgoing }
    }

    /// The whistle of an approved item: a case like any other, which says where it comes from.
    fn work(&self, settled: &Settled) -> Option<Outgoing> {
        let case_id = settled.case_id.as_ref()?;
        let item = self.approval.items.get(&settled.item)?;
        let kind = self.city.approvals.get(&self.approval.applied.kind)?;
        let outcome = kind.outcome(&item.proposal.outcome)?;
        let cell = self.city.grid.get(&item.proposal.grid)?;
        let seen_at = item.settled_at.unwrap_or(self.approval.applied_at);
        let number = format!("{}/{}", self.approval.id, settled.item);
        let intake = Intake {
            channel: Channel::Approval,
            external_id: number.parse().ok(),
            ..Intake::default()
        };
        let whistle = Whistle {
            community: cell.community.clone(),
            issue_type: outcome.issue_type.clone(),
            grid: item.proposal.grid.clone(),
            description: description(&number, &item.proposal.text, outcome, settled),
            evidence: Vec::new(),
            called_units: self.called(outcome, &item.proposal.grid, seen_at),
            seen_at,
            intake,
            proposed: Vec::new(),
            severity: Severity::Normal,
            complaint: None,
        };
        let fact = proto::fact::write(&case::Fact::Whistled(whistle));
        let id = steps::id(format!("approval/{}/work/{}", self.approval.id, settled.item));
        let subject = steps::subject(&self.city.id, case_id);
        let traceparent = steps::begins(self.traceparent, &subject);
        Some(Outgoing { traceparent, ..Outgoing::new(id, &subject, fact) })
    }

    /// Whom the pack calls for it; where powers have moved since, all of the route.
    fn called(&self, outcome: &ApprovalOutcome, grid: &GridId, on: Moment) -> Vec<UnitId> {
        let registry = (self.registry)(&outcome.issue_type);
        let units = Some(outcome.units.as_slice());
        match routing::route(self.city, &registry, &outcome.issue_type, grid, units, on) {
            Ok(_) => outcome.units.clone(),
            Err(_) => Vec::new(),
        }
    }
}

fn description(number: &str, text: &str, outcome: &ApprovalOutcome, settled: &Settled) -> String {
    let ApprovalOutcome { zh, en, .. } = outcome;
    let mut description = format!("{en} ({zh}): {text}; approved as {number}");
    for condition in &settled.conditions {
        description += &format!("; {condition}");
    }
    description
}

#[cfg(test)]
pub(crate) mod tests;
