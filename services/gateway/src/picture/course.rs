//! The picture of a matter that is no case: folded again from what was said, by the rules of its noun.

use domain::{
    envelope::Envelope,
    moment::Moment,
    picture::{self, Owed, Step, Vigil},
    rejection::Rejection,
};
use proto::ledger as api;

use super::{Drawn, Subject, answer, check_length, joint, operation, step, stop};
use crate::{
    index,
    read::Reader,
    told::{self, Spot},
    trail,
    yardstick::Yardstick,
};

/// A matter on its way from step to step.
pub(super) trait Course {
    /// Takes in what was said; whether it was about this matter, and its source may say it.
    fn take(&mut self, envelope: &Envelope, at: Moment) -> bool;

    /// Who owes what, as it stands.
    fn owes(&self, yardstick: &Yardstick) -> Vec<Owed>;

    /// Whether nothing is to be done any more.
    fn is_over(&self) -> bool;

    /// The subjects of what begins with what was taken in last, or is named by it.
    fn links(&self) -> Vec<String> {
        Vec::new()
    }

    /// The subjects of what it is a part of.
    fn part_of(&self) -> Vec<String> {
        Vec::new()
    }

    /// The trace context of its root, by its first step.
    fn context(&self, first: &Envelope) -> Option<String> {
        first.traceparent.clone()
    }

    /// Whether what was said there is a step of its picture; if not it is taken in all the same.
    fn shows(&self, _spot: Spot) -> bool {
        true
    }
}

/// Draws any matter but a case.
pub(crate) fn draw_other(
    reader: &mut Reader,
    yardstick: &Yardstick,
    subject: &Subject,
) -> Result<api::GetTraceResponse, Rejection> {
    let city = &yardstick.city.id;
    match subject {
        // A case has a history of its own.
        Subject::Case(case_id) => match reader.known(case_id)? {
            Some(matter) => super::draw(reader, yardstick, &matter),
            None => Err(crate::answer::unknown(case_id).at("subject")),
        },
        Subject::Operation(id) => {
            let course = operation::Joint::new(yardstick, id.clone());
            drawn(reader, yardstick, &domain::operation::subject(city, id), course)
        }
        Subject::Approval(id) => {
            let course = joint::Approving::new(yardstick, id.clone());
            drawn(reader, yardstick, &domain::approval::subject(city, id), course)
        }
        Subject::Decision(id) => {
            let course = joint::Deciding::new(yardstick, id.clone());
            drawn(reader, yardstick, &domain::decision::subject(city, id), course)
        }
        Subject::Sheet(id) => {
            let course = joint::Answering::new(yardstick, id.clone());
            drawn(reader, yardstick, &format!("accountability/{city}/{id}"), course)
        }
        Subject::Stop(id) => {
            let own = reader.store().read(|tx| trail::spots(tx, &trail::stop(city, id)))?;
            let object = stop::object_of(reader, own.first().copied())?;
            let course = stop::Stop::new(yardstick, id.clone(), own);
            let subject = object.map(|object| domain::inspection::subject(city, &object));
            let named = format!("inspection/{city}/{id}");
            let spots = spots(reader, &subject.unwrap_or_default())?;
            drawn_of(reader, yardstick, &named, (course, spots))
        }
    }
}

fn spots(reader: &Reader, subject: &str) -> Result<Vec<Spot>, Rejection> {
    reader.store().read(|tx| trail::spots(tx, subject))
}

fn drawn(
    reader: &mut Reader,
    yardstick: &Yardstick,
    subject: &str,
    course: impl Course,
) -> Result<api::GetTraceResponse, Rejection> {
    let spots = spots(reader, subject)?;
    drawn_of(reader, yardstick, subject, (course, spots))
}

fn drawn_of(
    reader: &mut Reader,
    yardstick: &Yardstick,
    subject: &str,
    (mut course, spots): (impl Course, Vec<Spot>),
) -> Result<api::GetTraceResponse, Rejection> {
    check_length(spots.iter().filter(|spot| course.shows(**spot)).count(), subject)?;
    let calendar = &yardstick.city.calendar;
    let (mut vigil, mut steps, mut trace) = (Vigil::default(), Vec::<Step>::new(), None);
    for spot in spots {
        let Some((envelope, accepted_at)) = reader.envelope(spot)? else { continue };
        let at = accepted_at.unwrap_or(envelope.time);
        let read_at = reader.read_at().unwrap_or(at);
        if !course.take(&envelope, at) {
            continue;
        }
        let waited = vigil.step(course.owes(yardstick), at, calendar);
        if !course.shows(spot) {
            continue;
        }
        if trace.is_none() {
            trace = course.context(&envelope);
        }
        let (links, is_over) = (course.links(), course.is_over());
        steps.push(Step { links, is_over, ..step(envelope, accepted_at, read_at, waited) });
    }
    let waits = vigil.waited(yardstick.now, calendar);
    let spans = picture::draw(&steps, &waits, yardstick.now);
    let (subject, part_of) = (subject.to_owned(), course.part_of());
    answer(reader, yardstick, Drawn { subject, trace, spans, part_of })
}

/// The trace context of a matter, by its subject; none while nothing of it is here.
pub(super) fn trace_of(reader: &Reader, name: &str) -> Result<Option<String>, Rejection> {
    let (city, store) = (&reader.city().id, reader.store());
    match super::subject(name)? {
        Subject::Case(case_id) => {
            let matter = store.read(|tx| index::matter(tx, &case_id))?;
            Ok(matter.and_then(|matter| matter.trace))
        }
        Subject::Stop(id) => store.read(|tx| trail::trace(tx, &trail::stop(city, &id))),
        _ => store.read(|tx| trail::trace(tx, name)),
    }
}

/// The subject of a case.
pub(super) fn case(yardstick: &Yardstick, id: &domain::id::CaseId) -> String {
    told::subject(&yardstick.city.id, id)
}
