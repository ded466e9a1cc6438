//! An operation on its way: the stops, cases and the next of its series that its steps name.

use std::sync::Arc;

use domain::{
    envelope::Envelope,
    id::OperationId,
    moment::Moment,
    operation::{Fact, Operation, limits, may_say, subject, waits::owes},
    pack::City,
    picture::Owed,
};

use super::course::Course;
use crate::{told, yardstick::Yardstick};

/// See the module's doc.
pub(super) struct Joint {
    city: Arc<City>,
    id: OperationId,
    course: Option<Operation>,
    links: Vec<String>,
}

impl Joint {
    /// Before anything was said.
    pub(super) fn new(yardstick: &Yardstick, id: OperationId) -> Joint {
        Joint { city: Arc::clone(&yardstick.city), id, course: None, links: Vec::new() }
    }

    fn named(&self, fact: &Fact) -> Vec<String> {
        let city = &self.city.id;
        match fact {
            Fact::Found { inspection, .. } => vec![format!("inspection/{city}/{inspection}")],
            Fact::WorkBegun { cases, .. } => {
                cases.iter().map(|case| told::subject(city, case)).collect()
            }
            Fact::Repeated { next: Some(next) } => vec![subject(city, next)],
            _ => Vec::new(),
        }
    }
}

impl Course for Joint {
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool {
        let fact = proto::operate::read(&envelope.kind, &envelope.body).ok().flatten();
        let Some(fact) = fact.filter(|fact| may_say(&envelope.source, fact)) else { return false };
        match &mut self.course {
            None => self.course = Operation::begin(self.id.clone(), &fact, at),
            Some(course) => drop(course.apply(&fact, at)),
        }
        self.links = self.named(&fact);
        self.course.is_some()
    }

    fn owes(&self, yardstick: &Yardstick) -> Vec<Owed> {
        let Some(course) = &self.course else { return Vec::new() };
        let outages = yardstick.outages_since(course.planned_at);
        owes(course, &limits(&yardstick.city, yardstick.profile(), course, outages))
    }

    fn is_over(&self) -> bool {
        self.course.as_ref().is_some_and(Operation::is_closed)
    }

    fn links(&self) -> Vec<String> {
        self.links.clone()
    }

    fn part_of(&self) -> Vec<String> {
        let series = self.course.as_ref().and_then(|course| course.plan.series.as_ref());
        series.map(|series| subject(&self.city.id, series)).into_iter().collect()
    }
}
