//! The steps of an operation: from what is known of it and the city pack to envelopes. Pure.
//!
//! The same step has the same ids every time, so that doing it twice is once. A batch of follow-ups
//! and the whistle of each are one record; so are an operation's last word about its series and the
//! plan of the next.

use domain::{
    case::{self, Channel, Intake, Severity, Whistle},
    id::{EnvelopeId, IssueTypeId, OperationId},
    moment::Moment,
    operation::{
        Ending, Fact, Operation, Plan, Receipts, Release, Repeat, Step, Summary, Work, due, missed,
        next_id, next_window, subject, work_case,
    },
    pack::{City, Limits},
    party::{Party, Role},
    registry::Registry,
    routing,
};
use kit::{store::Outgoing, trace::TraceContext};

use crate::steps;

/// The id of what a step sends.
pub fn step_id(operation: &OperationId, step: &Step) -> EnvelopeId {
    steps::id(format!("operation/{operation}/{}", step.name()))
}

/// Whether a step is still to be done: a flow may have decided it from an older picture.
pub fn is_wanted(operation: &Operation, step: &Step) -> bool {
    let is_open = operation.ended.is_none();
    let member = |unit| operation.members.get(unit);
    match step {
        Step::Register { units } => {
            let is_new = |unit| member(unit).is_some_and(|one| !one.is_registered);
            is_open && units.iter().any(is_new)
        }
        // Nobody is called whose undo is not registered, and nobody after the end.
        Step::Invite { unit } => {
            is_open && member(unit).is_some_and(|one| one.is_registered && !one.is_invited)
        }
        Step::Assess => is_open && !operation.is_assessed,
        Step::Start => is_open && operation.started_at.is_none() && operation.has_quorum(),
        Step::Brief { unit } => {
            is_open && member(unit).is_some_and(|one| one.is_confirmed() && !one.is_briefed)
        }
        Step::End { .. } => is_open,
        Step::Release { unit } => {
            !is_open && member(unit).is_some_and(|one| one.release == Release::None)
        }
        Step::NoteReleased { units } => {
            let is_open = |unit| member(unit).is_some_and(|one| one.release != Release::Done);
            units.iter().any(is_open)
        }
        Step::Summarise => !is_open && operation.summary.is_none(),
        Step::Repeat => !is_open && operation.repeats() && !operation.is_repeated,
        Step::BeginWork { batch } => operation.unbegun().any(|one| one == *batch),
    }
}

/// What is known of an operation when a step is done.
pub struct Known<'a> {
    /// The city.
    pub city: &'a City,
    /// The operation.
    pub operation: &'a Operation,
    /// What has arrived at its units.
    pub receipts: &'a Receipts,
    /// Its limits.
    pub limits: &'a Limits,
    /// The amendments about a kind of matter.
    pub registry: &'a dyn Fn(&IssueTypeId) -> Registry,
    /// The trace that it belongs to.
    pub traceparent: Option<&'a str>,
}

impl Known<'_> {
    /// The envelopes of a step.
    pub fn envelopes(&self, step: &Step) -> Vec<Outgoing> {
        let operation = self.operation;
        let coordinator = || Some(operation.plan.coordinator.clone());
        let (fact, to) = match step.clone() {
            Step::Register { units } => (Fact::Registered { units }, None),
            Step::Invite { unit } => {
                let Some(member) = operation.members.get(&unit) else { return Vec::new() };
                let (plan, need) = (operation.plan.clone(), member.need.clone());
                let due = due(operation, self.limits);
                (Fact::Invited { plan, need, due }, self.city.reached(&unit))
            }
            Step::Assess => {
                let (not_reached, late) = missed(operation, self.receipts);
                (Fact::Assessed { not_reached, late }, coordinator())
            }
            Step::Start => (Fact::Started { members: operation.confirmed() }, coordinator()),
            Step::Brief { unit } => {
                let to = self.city.reached(&unit);
                let (members, goal) = (operation.confirmed(), operation.plan.goal.clone());
                (Fact::Briefed { unit, members, goal }, to)
            }
            Step::End { how } => (over(how), coordinator()),
            Step::Release { unit } => {
                let to = self.city.reached(&unit);
                (Fact::ReleaseAsked { unit }, to)
            }
            Step::NoteReleased { units } => (Fact::Released { units }, None),
            Step::Summarise => (Fact::Summarised(Summary::of(operation)), coordinator()),
            Step::Repeat => return self.repeat(step),
            Step::BeginWork { batch } => return self.begin_work(step, batch),
        };
        vec![self.send(&operation.id, step, &fact, to)]
    }

    fn send(&self, of: &OperationId, step: &Step, fact: &Fact, to: Option<Party>) -> Outgoing {
        let name = step_id(&self.operation.id, step);
        let to_whom = to.as_ref().map(|party| format!("{name}/{party}"));
        let id = steps::id(to_whom.unwrap_or_else(|| name.to_string()));
        let subject = subject(&self.city.id, of);
        let outgoing = Outgoing::new(id, &subject, proto::operate::write(fact));
        self.traced(Outgoing { recipient: to, ..outgoing })
    }

    fn traced(&self, outgoing: Outgoing) -> Outgoing {
        Outgoing { traceparent: self.traceparent.map(str::to_owned), ..outgoing }
    }

    /// The next of the series, planned like the first; its time counts from when this one ended.
    fn repeat(&self, step: &Step) -> Vec<Outgoing> {
        let Operation { id, plan, ended, planned_at, .. } = self.operation;
        let now = ended.as_ref().map_or(*planned_at, |end| end.at);
        let window = next_window(plan, &self.city.calendar, now);
        let next =
            window.and_then(|window| Some((next_id(id, plan)?, next_plan(id, plan, window)?)));
        let number = next.as_ref().map(|(next, _)| next.clone());
        let said = self.send(id, step, &Fact::Repeated { next: number }, None);
        let planned = next.map(|(next, plan)| {
            let name = steps::id(format!("operation/{next}/plan"));
            let fact = proto::operate::write(&Fact::Planned(plan));
            let subject = subject(&self.city.id, &next);
            // A series may have no end: each of it is a trace of its own.
            let traceparent = Some(TraceContext::of(&subject).to_string());
            Outgoing { traceparent, ..Outgoing::new(name, &subject, fact) }
        });
        [said].into_iter().chain(planned).collect()
    }

    fn begin_work(&self, step: &Step, batch: u32) -> Vec<Outgoing> {
        let works: Vec<&Work> = self.operation.batch(batch).collect();
        let id = &self.operation.id;
        let cases = works.iter().filter_map(|work| work_case(id, &work.id)).collect();
        let begun = self.send(id, step, &Fact::WorkBegun { batch, cases }, None);
        let whistles = works.iter().filter_map(|work| self.work(work));
        [begun].into_iter().chain(whistles).collect()
    }

    /// The whistle of what is left: a case like any other, which says where it comes from.
    fn work(&self, work: &Work) -> Option<Outgoing> {
        let id = &self.operation.id;
        let case_id = work_case(id, &work.id)?;
        let cell = self.city.grid.get(&work.grid)?;
        let number = format!("{id}/{}", work.id);
        let intake = Intake {
            channel: Channel::Operation,
            external_id: number.parse().ok(),
            ..Intake::default()
        };
        let seen_at = self.operation.started_at.unwrap_or(self.operation.planned_at);
        let whistle = Whistle {
            community: cell.community.clone(),
            issue_type: work.issue_type.clone(),
            grid: work.grid.clone(),
            description: format!("{}; left by {number}: {}", work.text, self.operation.plan.goal),
            evidence: Vec::new(),
            called_units: self.called(work, seen_at),
            seen_at,
            intake,
            proposed: Vec::new(),
            severity: Severity::Normal,
            complaint: None,
        };
        let fact = proto::fact::write(&case::Fact::Whistled(whistle));
        let name = steps::id(format!("operation/{id}/work/{}", work.id));
        let subject = steps::subject(&self.city.id, &case_id);
        let traceparent = steps::begins(self.traceparent, &subject);
        Some(Outgoing { traceparent, ..Outgoing::new(name, &subject, fact) })
    }

    /// Whom the coordinator names for it; where the route does not know them, all of the route.
    fn called(&self, work: &Work, on: Moment) -> Vec<domain::id::UnitId> {
        let registry = (self.registry)(&work.issue_type);
        let units = Some(work.units.as_slice()).filter(|units| !units.is_empty());
        match routing::route(self.city, &registry, &work.issue_type, &work.grid, units, on) {
            Ok(_) => work.units.clone(),
            Err(_) => Vec::new(),
        }
    }
}

fn over(how: Ending) -> Fact {
    let by = Party::service(Role::Worker);
    Fact::Ended { how, by, reason: how.word().to_owned(), is_series: false }
}

fn next_plan(
    id: &OperationId,
    plan: &Plan,
    (from, to, regular): (Moment, Moment, Moment),
) -> Option<Plan> {
    let repeat = plan.repeat.clone()?;
    Some(Plan {
        from,
        to,
        repeat: Some(Repeat { regular: Some(regular), ..repeat }),
        series: Some(plan.series.clone().unwrap_or_else(|| id.clone())),
        occurrence: plan.occurrence.checked_add(1)?,
        ..plan.clone()
    })
}

#[cfg(test)]
pub(crate) mod tests;
