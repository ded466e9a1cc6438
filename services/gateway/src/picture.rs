//! The picture of a case as a trace: its steps with whom it waited for, drawn by `domain::picture`.
//!
//! It is made of the record alone, each time it is asked for: nothing of it is kept, so nothing of it
//! can be lost. Ids of spans follow from what they are about; the root has the id that every envelope
//! of the case names as its parent, so that spans which other tools were sent hang below it.

mod wire;

use domain::{
    id::CaseId,
    picture::{self, Clock, STEPS_MAX, Span, Step, Waited},
    rejection::Rejection,
};
use kit::{page::Wanted, trace::TraceContext};
use proto::{convert, ledger as api};

use crate::{
    history::{self, Fold},
    matter::Matter,
    read::Reader,
    told::Told,
    yardstick::Yardstick,
};

/// Reads which matter is asked for: `case/<case id>`, with the city's id between them or without.
pub fn subject(text: &str) -> Result<CaseId, Rejection> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts[..] {
        ["case", id] | ["case", _, id] => convert::id("subject", id.to_owned()),
        _ => {
            let message = "only cases are drawn; right would be: case/20261122-7QK3M9ZT";
            Err(Rejection::invalid("OTHER_SUBJECT", "subject", message))
        }
    }
}

/// Draws a case.
pub(crate) fn draw(
    reader: &mut Reader,
    yardstick: &Yardstick,
    matter: &Matter,
) -> Result<api::GetTraceResponse, Rejection> {
    let all = Wanted { size: usize::MAX, from: Vec::new() };
    let lines = history::lines(reader, matter, &all)?;
    if lines.len() > STEPS_MAX {
        let message = format!("{} has more than {STEPS_MAX} steps; list its history", matter.id);
        return Err(Rejection::exhausted("TOO_MANY_STEPS", message).at("subject"));
    }
    let (mut fold, mut steps) = (Fold::new(yardstick), Vec::with_capacity(lines.len()));
    for (_, _, spot) in lines {
        let Some(told) = reader.told(spot)? else { continue };
        let read_at = reader.read_at().unwrap_or(told.at());
        let waited = fold.step(&told, spot).iter().map(waited).collect();
        steps.push(step(told, read_at, waited, fold.matter.as_ref()));
    }
    let waits: Vec<Waited> = fold.waited(yardstick.now).iter().map(waited).collect();
    let spans = picture::draw(&steps, &waits, yardstick.now);
    Ok(answer(yardstick, matter, &spans))
}

fn step(
    told: Told,
    read_at: domain::moment::Moment,
    waited: Vec<Waited>,
    after: Option<&Matter>,
) -> Step {
    let Told { envelope, accepted_at, .. } = told;
    Step {
        id: envelope.id,
        source: envelope.source,
        kind: envelope.kind,
        recipient: envelope.recipient,
        decided_at: envelope.time,
        stored_at: accepted_at,
        read_at,
        round: after.map_or(0, |matter| matter.course.round),
        is_over: after.is_some_and(|matter| matter.course.stage == domain::case::Stage::Closed),
        waited,
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
    let (party, duty) = (owed.party.clone(), owed.duty.word());
    Waited { party, duty, from: owed.from, clock, has_ended: *has_ended }
}

fn answer(yardstick: &Yardstick, matter: &Matter, spans: &[Span]) -> api::GetTraceResponse {
    let subject = crate::told::subject(&yardstick.city.id, &matter.id);
    let context = matter.trace.as_ref().and_then(|text| text.parse::<TraceContext>().ok());
    let ids = wire::Ids::new(&subject, context);
    api::GetTraceResponse {
        trace_id: ids.trace(),
        spans: spans.iter().map(|span| wire::span(&ids, span)).collect(),
        as_of_ms: yardstick.now.0,
    }
}
