//! The steps of a decision: from what is known of it and the city pack to envelopes. Pure.
//!
//! The same step has the same ids every time, so that doing it twice is once. Here alone a draft gets
//! its gates, from the pack: no unit writes them for itself.

use std::collections::BTreeSet;

use domain::{
    decision::{
        Classed, Decision, Fact, Owed, Step, check_draft, extract, is_said, owes, silent, subject,
        terms, told,
    },
    id::{DecisionId, EnvelopeId},
    moment::Moment,
    pack::{City, Limits},
    party::Party,
};
use kit::store::Outgoing;

use crate::steps;

/// The id of what a step sends.
pub fn step_id(decision: &DecisionId, step: &Step) -> EnvelopeId {
    steps::id(format!("decision/{decision}/{}", step.name()))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(decision: &Decision, limits: &Limits, step: &Step) -> bool {
    let is_owed = |wanted: &Owed| owes(decision, limits).contains(wanted);
    match step {
        Step::Class => decision.terms.is_none() && decision.end.is_none(),
        Step::Publish(phase) => decision.unpublished().any(|due| due == *phase),
        Step::Remind { owed, is_late } => is_owed(owed) && !is_said(decision, owed.duty, *is_late),
        Step::Escalate { owed } => is_owed(owed) && !silent(decision, owed.duty),
    }
}

/// What is known of a decision when a step is done.
pub struct Known<'a> {
    /// The city.
    pub city: &'a City,
    /// The profile of limits.
    pub profile: &'a str,
    /// The decision.
    pub decision: &'a Decision,
    /// The warning that its draft names.
    pub before: Option<&'a Decision>,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
}

impl Known<'_> {
    /// The envelopes of a step; none where it says nothing.
    pub fn envelopes(&self, step: &Step) -> Vec<Outgoing> {
        let (fact, to) = match step.clone() {
            Step::Class => {
                let fact = self.class();
                let to = self.told(&fact);
                (fact, to)
            }
            Step::Publish(phase) => {
                let Some(extract) = extract(self.decision, phase) else { return Vec::new() };
                let fact = Fact::Published(extract);
                let to = self.told(&fact);
                (fact, to)
            }
            Step::Remind { owed: Owed { duty, unit, due }, is_late } => {
                let to = self.city.reached(&unit).into_iter().collect();
                (Fact::Reminded { duty, unit, due, is_late }, to)
            }
            Step::Escalate { owed: Owed { duty, unit, due } } => {
                let office = self.decision.terms.as_ref().map(|terms| terms.office.clone());
                (Fact::Escalated { duty, unit, due }, office.into_iter().collect())
            }
        };
        self.send(step, &fact, to)
    }

    /// What the draft is by the pack.
    fn class(&self) -> Fact {
        let draft = &self.decision.draft;
        let checked = check_draft(self.city, draft, self.before);
        match (checked, terms(self.city, self.profile, draft)) {
            (Ok(_), Some(terms)) => {
                Fact::Classed(Box::new(Classed { draft: draft.clone(), terms }))
            }
            (Err(no), _) => Fact::Voided { reason: no.message },
            (Ok(_), None) => Fact::Voided { reason: "the city has no decisions".to_owned() },
        }
    }

    /// Who hears of it: whom it concerns after it.
    fn told(&self, fact: &Fact) -> Vec<Party> {
        let mut after = self.decision.clone();
        after.apply(fact, Moment(0));
        let mut to = told(&after, fact);
        if to.is_empty() {
            to.push(Party::unit(&after.draft.by.unit));
        }
        let reached = |party: Party| self.city.reached(&party.as_unit()?);
        let mut seen = BTreeSet::new();
        to.into_iter().filter_map(reached).filter(|party| seen.insert(party.clone())).collect()
    }

    /// One envelope for the record, and one for each of these, in this order.
    fn send(&self, step: &Step, fact: &Fact, to: Vec<Party>) -> Vec<Outgoing> {
        let name = step_id(&self.decision.id, step);
        let subject = subject(&self.city.id, &self.decision.id);
        let recipients = [None].into_iter().chain(to.into_iter().map(Some));
        let write = |recipient: Option<Party>| {
            let to = recipient.as_ref().map(|party| format!("{name}/{party}"));
            let id = steps::id(to.unwrap_or_else(|| name.to_string()));
            let traceparent = self.traceparent.map(str::to_owned);
            let outgoing = Outgoing::new(id, &subject, proto::decree::write(fact));
            Outgoing { recipient, traceparent, ..outgoing }
        };
        recipients.map(write).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
