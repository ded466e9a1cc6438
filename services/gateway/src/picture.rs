//! The picture of a matter as a trace: its steps with whom it waited for, drawn by `domain::picture`.
//!
//! It is made of the record alone, each time it is asked for: nothing of it is kept, so nothing of it
//! can be lost. Ids of spans follow from what they are about; the root has the id that every envelope
//! of the matter names as its parent, so that spans which other tools were sent hang below it.
//!
//! What begins in another matter is in that one's trace: the cases that an operation or an approval
//! leaves, the stops that its teams make. Each has a root of its own there, and both name each other
//! by [links](api::Link) with both ids: so what a night has left is one trace, however long it takes,
//! and a picture of one matter is never as long as that of all. The next of a series has a trace of
//! its own, since a series may have no end, and is linked.
//!
//! The credit of an object is not drawn: it has no end, and where nothing is owed nobody is waited for.

mod course;
mod joint;
mod operation;
mod stop;
mod subject;
mod wire;

use std::collections::BTreeMap;

use domain::{
    case::Channel,
    envelope::Envelope,
    moment::Moment,
    picture::{self, Clock, STEPS_MAX, Span, Step, Waited},
    rejection::Rejection,
};
use kit::{page::Wanted, trace::TraceContext};
use proto::ledger as api;

pub(crate) use self::course::draw_other;
pub use self::subject::{Subject, subject};
use crate::{
    history::{self, Fold},
    matter::Matter,
    read::Reader,
    told::Told,
    yardstick::Yardstick,
};

/// Draws a case.
pub(crate) fn draw(
    reader: &mut Reader,
    yardstick: &Yardstick,
    matter: &Matter,
) -> Result<api::GetTraceResponse, Rejection> {
    let all = Wanted { size: usize::MAX, from: Vec::new() };
    let lines = history::lines(reader, matter, &all)?;
    check_length(lines.len(), matter.id.as_str())?;
    let (mut fold, mut steps) = (Fold::new(yardstick), Vec::with_capacity(lines.len()));
    for (_, _, spot) in lines {
        let Some(told) = reader.told(spot)? else { continue };
        let read_at = reader.read_at().unwrap_or(told.at());
        let waited = fold.step(&told, spot).iter().map(waited).collect();
        let after = fold.matter.as_ref();
        let Told { envelope, accepted_at, .. } = told;
        let round = after.map_or(0, |matter| matter.course.round);
        let is_over = after.is_some_and(|one| one.course.stage == domain::case::Stage::Closed);
        let step = step(envelope, accepted_at, read_at, waited);
        steps.push(Step { round, is_over, ..step });
    }
    let waits: Vec<Waited> = fold.waited(yardstick.now).iter().map(waited).collect();
    let spans = picture::draw(&steps, &waits, yardstick.now);
    let subject = crate::told::subject(&yardstick.city.id, &matter.id);
    let drawn =
        Drawn { subject, trace: matter.trace.clone(), spans, part_of: origin(yardstick, matter) };
    answer(reader, yardstick, drawn)
}

fn check_length(count: usize, id: &str) -> Result<(), Rejection> {
    if count <= STEPS_MAX {
        return Ok(());
    }
    let message = format!("{id} has more than {STEPS_MAX} steps; list its history");
    Err(Rejection::exhausted("TOO_MANY_STEPS", message).at("subject"))
}

/// In which operation or approval a case has begun.
fn origin(yardstick: &Yardstick, matter: &Matter) -> Vec<String> {
    let from = matter.reports.iter().find_map(|report| {
        let kind = match report.intake.channel {
            Channel::Operation => "operation",
            Channel::Approval => "approval",
            _ => return None,
        };
        let (id, _) = report.intake.external_id.as_ref()?.as_str().rsplit_once('/')?;
        Some(format!("{kind}/{}/{id}", yardstick.city.id))
    });
    from.into_iter().collect()
}

/// A step of which nothing is known but its envelope and whom it was waited for.
fn step(
    envelope: Envelope,
    accepted_at: Option<Moment>,
    read_at: Moment,
    waited: Vec<Waited>,
) -> Step {
    Step {
        id: envelope.id,
        source: envelope.source,
        kind: envelope.kind,
        recipient: envelope.recipient,
        decided_at: envelope.time,
        stored_at: accepted_at,
        read_at,
        round: 0,
        is_over: false,
        waited,
        links: Vec::new(),
    }
}

fn waited(seen: &history::Waited) -> Waited {
    let history::Waited { owed, clocks, at, has_ended } = seen;
    let clock = Clock {
        due: owed.due,
        pace: clocks.pace,
        used_ms: clocks.consumed_ms,
        left_ms: clocks.left_ms,
        is_held: owed.held_to.is_some_and(|end| *at < end),
    };
    let (party, duty, about) = (owed.party.clone(), owed.duty.word(), String::new());
    let (clock, has_ended) = (Some(clock), *has_ended);
    Waited { party, duty, about, from: owed.from, clock, has_ended }
}

/// A picture, and what the answer needs besides.
struct Drawn {
    subject: String,
    trace: Option<String>,
    spans: Vec<Span>,
    part_of: Vec<String>,
}

fn answer(
    reader: &mut Reader,
    yardstick: &Yardstick,
    drawn: Drawn,
) -> Result<api::GetTraceResponse, Rejection> {
    let Drawn { subject, trace, mut spans, part_of } = drawn;
    if let Some(root) = spans.first_mut() {
        root.links.extend(part_of);
    }
    let read = |text: Option<String>| text.and_then(|text| text.parse::<TraceContext>().ok());
    let mut linked = BTreeMap::new();
    for name in spans.iter().flat_map(|span| &span.links) {
        if !linked.contains_key(name) {
            linked.insert(name.clone(), read(course::trace_of(reader, name)?));
        }
    }
    let ids = wire::Ids::new(&subject, read(trace), linked);
    Ok(api::GetTraceResponse {
        trace_id: ids.trace(),
        spans: spans.iter().map(|span| wire::span(&ids, span)).collect(),
        as_of_ms: yardstick.now.0,
    })
}
