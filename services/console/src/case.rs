//! One case: who owns it, its clocks, its story with who was waited for, and what this person may do.

pub(crate) mod act;
mod acts;
mod picture;
mod standing;
mod story;
mod told;

pub(crate) use self::acts::photos;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use maud::{Markup, html};
use proto::{
    ledger::Span,
    page::Page,
    whistle::{
        Case, GetCaseRequest, HistoryEntry, ListHistoryRequest, ListHistoryResponse, Waited,
    },
};

use crate::{
    asking::Asking,
    frame, names, step,
    trace::Trace,
    trouble::Trouble,
    visit::Visit,
    waterfall::{self, Asked, Said},
    words::matter as words,
};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["case", "acts", "story", told::PART, waterfall::PART];

/// How many steps are asked for at once.
const PAGE: u32 = 500;
/// How many steps of a case are shown at most.
const STEPS_MAX: usize = 2_000;

/// What is known of a case.
pub(crate) struct Known {
    pub(crate) case: Case,
    steps: Vec<HistoryEntry>,
    waits: Vec<Waited>,
    spans: Vec<Span>,
    trace: Trace,
}

/// Shows it.
pub(crate) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let asking = visit.asking()?;
    let case = found(&asking, &id).await?;
    if visit.is_part("acts") {
        return Ok(visit.part(&acts::show(&visit, &case)));
    }
    if visit.is_part(told::PART) {
        return Ok(visit.part(&told::show(&visit, &case.case_id).await));
    }
    let (told, known) = tokio::join!(told::show(&visit, &id), known(&visit, &asking, case, asked));
    let known = known?;
    if let Some(part) = known.trace.part(&visit) {
        return part;
    }
    let standing = standing::show(&visit, &known);
    if visit.is_part("case") {
        return Ok(visit.part(&standing));
    }
    let story = story::show(&visit, &known);
    if visit.is_part("story") {
        return Ok(visit.part(&story));
    }
    Ok(page(&visit, &known, [&standing, &told, &story]))
}

fn page(visit: &Visit, known: &Known, [standing, told, story]: [&Markup; 3]) -> Response {
    let case = &known.case;
    let issue = names::issue(visit.console.city(), &case.issue_type, visit.lang);
    let body = html! {
        h1 { (issue) " " span.quiet { (visit.say(words::NUMBER)) " " code { (case.case_id) } } }
        div.columns {
            (frame::live("case", standing))
            (frame::live("acts", &acts::show(visit, case)))
        }
        (frame::live(told::PART, told))
        (frame::live("story", story))
        (known.trace.shown(visit))
    };
    visit.page(&case.case_id, Some(&format!("of=case&id={}", case.case_id)), &body)
}

/// A case, if it is in sight.
pub(crate) async fn found(asking: &Asking, id: &str) -> Result<Case, Trouble> {
    let request = GetCaseRequest { case_id: id.to_owned() };
    let found = asking.whistles().get_case(request).await?.into_inner();
    found.case.ok_or_else(Trouble::not_found)
}

async fn known(visit: &Visit, asking: &Asking, case: Case, asked: Asked) -> Result<Known, Trouble> {
    let (steps, waits) = history(asking, &case.case_id).await?;
    let subject = format!("case/{}/{}", visit.console.city().id, case.case_id);
    // A picture that is too long to be drawn is left out; all of it is in the story.
    let trace = Trace::of(visit, subject, asked, said(visit, &steps)).await;
    let spans = trace.spans().to_vec();
    Ok(Known { case, steps, waits, spans, trace })
}

/// The words of each step, for who opens it in the trace.
fn said(visit: &Visit, steps: &[HistoryEntry]) -> Vec<Said> {
    let of = |step: &HistoryEntry| Said {
        at_ms: step.accepted_at_ms,
        source: step.source.clone(),
        sentence: step::sentence(visit, step).to_owned(),
    };
    steps.iter().map(of).collect()
}

async fn history(asking: &Asking, id: &str) -> Result<(Vec<HistoryEntry>, Vec<Waited>), Trouble> {
    let mut whistles = asking.whistles();
    let (mut steps, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let request = ListHistoryRequest { case_id: id.to_owned(), page };
        let ListHistoryResponse { entries, next_token, waits_for } =
            whistles.list_history(request).await?.into_inner();
        steps.extend(entries);
        if next_token.is_empty() || steps.len() >= STEPS_MAX {
            return Ok((steps, waits_for));
        }
        token = next_token;
    }
}
