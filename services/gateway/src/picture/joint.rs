//! Approvals, decisions and sheets on their way.

use std::sync::Arc;

use domain::{
    accountability::{self, Sheet, SheetId, Stage},
    approval::{self, Approval},
    decision::{self, Decision, Duty},
    envelope::Envelope,
    id::{ApprovalId, DecisionId},
    moment::Moment,
    pack::{City, Limits},
    party::Party,
    picture::Owed,
};

use kit::trace::TraceContext;

use super::course::{Course, case};
use crate::{told, yardstick::Yardstick};

/// An approval: whoever is asked owes its opinion, and what is approved is the work of a case.
pub(super) struct Approving {
    city: Arc<City>,
    id: ApprovalId,
    course: Option<Approval>,
    links: Vec<String>,
}

impl Approving {
    /// Before anything was said.
    pub(super) fn new(yardstick: &Yardstick, id: ApprovalId) -> Approving {
        Approving { city: Arc::clone(&yardstick.city), id, course: None, links: Vec::new() }
    }
}

impl Course for Approving {
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool {
        let fact = proto::joint::read(&envelope.kind, &envelope.body).ok().flatten();
        let fact = fact.filter(|fact| approval::may_say(&envelope.source, fact));
        let Some(fact) = fact else { return false };
        match &mut self.course {
            None => self.course = Approval::begin(self.id.clone(), &fact, at),
            Some(course) => drop(course.apply(&fact, at)),
        }
        self.links = match &fact {
            // The copies for those whom it concerns say the same once more.
            approval::Fact::Decided { items, .. } if envelope.recipient.is_none() => {
                let cases = items.iter().filter_map(|item| item.case_id.as_ref());
                cases.map(|case| told::subject(&self.city.id, case)).collect()
            }
            _ => Vec::new(),
        };
        self.course.is_some()
    }

    fn owes(&self, yardstick: &Yardstick) -> Vec<Owed> {
        let Some(course) = &self.course else { return Vec::new() };
        let kind = self.city.approvals.get(&course.applied.kind);
        let limits = kind.map(|kind| yardstick.limits_of(&kind.issue_type, course.applied_at));
        let owed = approval::owes(course, &limits.unwrap_or_default()).into_iter();
        let owed = owed.map(|approval::Owed { unit, due, .. }| Owed {
            from: Some(course.applied_at),
            due: Some(due),
            pace: course.applied.pace,
            ..Owed::new(Party::unit(&unit), "opine")
        });
        owed.collect()
    }

    fn is_over(&self) -> bool {
        self.course.as_ref().is_some_and(Approval::is_closed)
    }

    fn links(&self) -> Vec<String> {
        self.links.clone()
    }
}

/// A decision: its gates have clocks; where none runs, those are waited for who have a word to say.
pub(super) struct Deciding {
    city: Arc<City>,
    id: DecisionId,
    course: Option<Decision>,
}

impl Deciding {
    /// Before anything was said.
    pub(super) fn new(yardstick: &Yardstick, id: DecisionId) -> Deciding {
        Deciding { city: Arc::clone(&yardstick.city), id, course: None }
    }
}

fn word(duty: Duty) -> (&'static str, String) {
    match duty {
        Duty::Review(number) => ("review", number.to_string()),
        Duty::Criminal(number) => ("criminal", number.to_string()),
        Duty::Supervision(number) => ("supervision", number.to_string()),
    }
}

impl Course for Deciding {
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool {
        let fact = proto::decree::read(&envelope.kind, &envelope.body).ok().flatten();
        let (source, actor) = (&envelope.source, envelope.actor.as_ref());
        let Some(fact) = fact.filter(|fact| decision::may_say(source, actor, fact)) else {
            return false;
        };
        match &mut self.course {
            None if envelope.recipient.is_none() => {
                self.course = Decision::begin(self.id.clone(), &fact, at);
            }
            // The copies for those whom it concerns say the same once more.
            Some(course) if envelope.recipient.is_none() => drop(course.apply(&fact, at)),
            _ => {}
        }
        self.course.is_some()
    }

    fn owes(&self, yardstick: &Yardstick) -> Vec<Owed> {
        let Some(course) = &self.course else { return Vec::new() };
        let limits: Limits = yardstick.limits_of(&course.draft.issue_type, course.drafted_at);
        let owed = decision::owes(course, &limits).into_iter();
        let mut all: Vec<Owed> = owed
            .map(|one| {
                let (duty, about) = word(one.duty);
                let owed = Owed::new(Party::unit(&one.unit), duty);
                Owed { about, due: Some(one.due), ..owed }
            })
            .collect();
        for unit in decision::concerned(course).iter().filter(|unit| course.waits_for(unit)) {
            let party = Party::unit(unit);
            if !all.iter().any(|owed| owed.party == party) {
                all.push(Owed::new(party, "act"));
            }
        }
        all
    }

    fn is_over(&self) -> bool {
        self.course.as_ref().is_some_and(Decision::is_over)
    }

    fn part_of(&self) -> Vec<String> {
        let before = self.course.as_ref().and_then(|course| course.draft.follows.as_ref());
        let city = &self.city.id;
        before.map(|before| decision::subject(city, before)).into_iter().collect()
    }
}

/// A sheet: the unit states its case, and who decides, decides.
pub(super) struct Answering {
    id: SheetId,
    case: String,
    course: Option<Sheet>,
}

impl Answering {
    /// Before anything was said.
    pub(super) fn new(yardstick: &Yardstick, id: SheetId) -> Answering {
        Answering { case: case(yardstick, &id.case_id), id, course: None }
    }
}

impl Course for Answering {
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool {
        let fact = proto::account::read(&envelope.kind, &envelope.body).ok().flatten();
        let may_say = |fact: &accountability::Fact| {
            accountability::may_say(&envelope.source, &self.id.unit, fact)
        };
        let Some(fact) = fact.filter(may_say) else { return false };
        match &mut self.course {
            None => self.course = Sheet::begin(self.id.clone(), &fact, at),
            Some(course) => drop(course.apply(&fact, at)),
        }
        self.course.is_some()
    }

    fn owes(&self, yardstick: &Yardstick) -> Vec<Owed> {
        let Some(course) = &self.course else { return Vec::new() };
        let limits = yardstick.limits_of(&course.opened.issue_type, course.opened_at);
        let owed = accountability::owes(course, &limits).map(|one| Owed {
            from: Some(one.from),
            due: Some(one.due),
            pace: one.limit.pace,
            ..Owed::new(one.party, one.duty.word())
        });
        owed.into_iter().collect()
    }

    fn is_over(&self) -> bool {
        self.course.as_ref().is_some_and(|course| course.stage == Stage::Closed)
    }

    fn part_of(&self) -> Vec<String> {
        vec![self.case.clone()]
    }

    /// Its envelopes are in the trace of its case, and name that one's root.
    fn context(&self, first: &Envelope) -> Option<String> {
        let context: TraceContext = first.traceparent.as_ref()?.parse().ok()?;
        Some(context.begins(&first.subject).to_string())
    }
}
