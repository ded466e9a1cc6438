//! Joint operations: what runs and what is to come, one operation live with its teams, orders and
//! findings, its trace, and what its lead and its units do in it.
//!
//! The gateway has no stream of operations: a page that is open asks it every few seconds, and only
//! what has changed is shown anew. What a unit says goes to its own service.

mod forms;
mod lead;
mod list;
pub(crate) mod order;
mod plan;
mod shown;
mod team;

use axum::{
    extract::{Path, Query},
    response::Response,
};
use futures::{StreamExt as _, stream};
use kit::client::Spoken;
use maud::{Markup, html};
use proto::{
    operation::{
        GetOperationRequest, ListLogRequest, ListOperationsRequest, ListPartsRequest, LogEntry,
        Operation, Part, operation_service_client::OperationServiceClient,
        team_service_client::TeamServiceClient,
    },
    page::Page,
};

pub(crate) use self::plan::{plan, planning};
use crate::{
    asset,
    form::Posted,
    frame,
    live::{self, Changes},
    trace::Trace,
    trouble::Trouble,
    visit::Visit,
    waterfall::{self, Said},
    words::operations as w,
};

/// The part of the list that changes.
const LIST: &str = "operations";
/// The part of an operation that changes.
const STATE: &str = "operation";
/// The part of what this person may do now.
const ACTS: &str = "acts";
/// The part of what was said in it.
const LOG: &str = "log";
/// The parts of the list's page.
pub(crate) const PARTS: &[&str] = &[LIST];
/// The parts of an operation's page.
pub(crate) const ONE_PARTS: &[&str] = &[STATE, ACTS, LOG, waterfall::PART];
/// The most entries, parts and operations that one call answers.
const AT_ONCE: u32 = 500;
/// How many calls are made for a list.
const CALLS_MAX: usize = 4;

/// The door for those who lead.
pub(crate) fn door(visit: &Visit) -> Result<OperationServiceClient<Spoken>, Trouble> {
    Ok(OperationServiceClient::new(visit.asking()?.gateway).max_decoding_message_size(16 << 20))
}

/// The desk of the own unit; none where the party is no unit or its service is not known.
pub(crate) fn teams(visit: &Visit) -> Result<Option<TeamServiceClient<Spoken>>, Trouble> {
    let own = visit.party().as_unit().map(|unit| visit.asking()?.unit(&unit)).transpose()?;
    Ok(own.flatten().map(TeamServiceClient::new))
}

/// The list.
pub(crate) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let (operations, is_cut) = all(&visit).await?;
    let body = list::body(&visit, operations, is_cut);
    if visit.is_part(LIST) {
        return Ok(visit.part(&body));
    }
    let page = html! {
        link rel="stylesheet" href=(asset::link("acts.css"));
        h1 { (visit.say(w::OPERATIONS)) }
        @if plan::may(&visit) {
            p { a.button #plan data-act="plan" href="/operations/plan" { (visit.say(w::PLAN)) } }
        }
        (frame::live(LIST, &body))
    };
    Ok(visit.page(visit.say(w::OPERATIONS), Some("of=operations"), &page))
}

async fn all(visit: &Visit) -> Result<(Vec<Operation>, bool), Trouble> {
    let (mut client, mut token, mut all) = (door(visit)?, String::new(), Vec::new());
    for _ in 0..CALLS_MAX {
        let page = Some(Page { size: AT_ONCE, token });
        let request = ListOperationsRequest { page, is_waiting: false };
        let answer = client.list_operations(request).await?.into_inner();
        all.extend(answer.operations);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    Ok((all, !token.is_empty()))
}

/// All that is known of one operation by who looks at it.
pub(crate) struct Known {
    pub(crate) operation: Operation,
    /// What was said in it, the last first.
    pub(crate) log: Vec<LogEntry>,
    /// The part of the own unit.
    pub(crate) part: Option<Part>,
}

async fn known(visit: &Visit, id: &str) -> Result<Known, Trouble> {
    let mut client = door(visit)?;
    let request = GetOperationRequest { operation_id: id.to_owned() };
    let found = client.get_operation(request).await?.into_inner().operation;
    let operation = found.ok_or_else(Trouble::not_found)?;
    let (mut log, mut token) = (Vec::new(), String::new());
    for _ in 0..CALLS_MAX {
        let page = Some(Page { size: AT_ONCE, token });
        let request = ListLogRequest { operation_id: id.to_owned(), page };
        let answer = client.list_log(request).await?.into_inner();
        log.extend(answer.entries);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    log.reverse();
    // The unit's service may be down: what the record has is shown all the same.
    let mut parts = parts(visit).await.unwrap_or_default().into_iter();
    let part = parts.rfind(|part| part.operation_id == id);
    Ok(Known { operation, log, part })
}

/// The parts of the own unit; none where there is no such desk.
pub(crate) async fn parts(visit: &Visit) -> Result<Vec<Part>, Trouble> {
    let Some(mut client) = teams(visit)? else { return Ok(Vec::new()) };
    let (mut all, mut token) = (Vec::new(), String::new());
    for _ in 0..CALLS_MAX {
        let page = Some(Page { size: AT_ONCE, token });
        let request = ListPartsRequest { page, is_waiting: false };
        let answer = client.list_parts(request).await?.into_inner();
        all.extend(answer.parts);
        token = answer.next_token;
        if token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// One operation.
pub(crate) async fn one(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<waterfall::Asked>,
) -> Result<Response, Trouble> {
    let known = known(&visit, &id).await?;
    if visit.is_part(STATE) {
        return Ok(visit.part(&shown::body(&visit, &known)));
    }
    if visit.is_part(ACTS) {
        return Ok(visit.part(&acts(&visit, &known)));
    }
    if visit.is_part(LOG) {
        return Ok(visit.part(&shown::log(&visit, &known.log)));
    }
    let trace = Trace::of(&visit, format!("operation/{id}"), asked, said(&visit, &known.log)).await;
    if let Some(part) = trace.part(&visit) {
        return part;
    }
    let goal = known.operation.plan.as_ref().map_or(&id, |plan| &plan.goal).clone();
    let page = page(&visit, &known, &goal, &trace.shown(&visit));
    Ok(visit.page(&goal, Some(&format!("of=operation&id={id}")), &page))
}

fn page(visit: &Visit, known: &Known, goal: &str, picture: &Markup) -> Markup {
    html! {
        p { a href="/operations" data-act="operations" { (visit.say(w::BACK)) } }
        h1 { (visit.lang.fill(w::OPERATION, &[&goal])) }
        link rel="stylesheet" href=(asset::link("acts.css"));
        (frame::live(STATE, &shown::body(visit, known)))
        (frame::live(ACTS, &acts(visit, known)))
        (picture)
        section aria-label=(visit.say(w::LOG)) { (frame::live(LOG, &shown::log(visit, &known.log))) }
    }
}

/// What this person may do now.
fn acts(visit: &Visit, known: &Known) -> Markup {
    html! { (team::acts(visit, known)) (lead::acts(visit, known)) }
}

fn said(visit: &Visit, log: &[LogEntry]) -> Vec<Said> {
    let of = |entry: &LogEntry| Said {
        at_ms: entry.at_ms,
        source: entry.source.clone(),
        sentence: shown::sentence(visit, entry).to_owned(),
    };
    log.iter().map(of).collect()
}

/// What somebody does in an operation.
pub(crate) async fn act(
    Path((id, word)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let done = match lead::does(&posted, &id, &word).await {
        Some(done) => Some(done),
        None => team::does(&posted, &id, &word).await,
    };
    let done = done.ok_or_else(Trouble::not_found)?;
    let text = done.map(|()| posted.visit.say(w::DONE).to_owned());
    posted.visit.answer(&format!("/operations/{id}"), text)
}

/// The live parts of both pages: the gateway is asked, and only what is new is told.
pub(crate) async fn live(
    visit: &Visit,
    id: &str,
) -> Result<(&'static [&'static str], Changes), Trouble> {
    let parts = if id.is_empty() { PARTS } else { ONE_PARTS };
    // Who may not see it learns that at once.
    let first = stamp(visit, id).await?;
    let state = (visit.clone(), id.to_owned(), first, live::polled(parts[0]));
    let changes = stream::unfold(state, |(visit, id, mut seen, mut ticks)| async move {
        loop {
            ticks.next().await?;
            // While the gateway is away nothing changes; when it is back, what has is told.
            let Ok(now) = stamp(&visit, &id).await else { continue };
            if now != seen {
                seen.clone_from(&now);
                return Some((now, (visit, id, seen, ticks)));
            }
        }
    });
    let told = changes.flat_map(move |_| stream::iter(parts.iter().copied()));
    Ok((parts, Box::pin(told)))
}

/// What is compared: all that the pages show of the record.
async fn stamp(visit: &Visit, id: &str) -> Result<Vec<u8>, Trouble> {
    use prost::Message as _;
    if id.is_empty() {
        let (operations, _) = all(visit).await?;
        return Ok(operations.iter().flat_map(Operation::encode_to_vec).collect());
    }
    let Known { operation, log, part } = known(visit, id).await?;
    let part = part.map(|part| part.encode_to_vec()).unwrap_or_default();
    let count = u32::try_from(log.len()).unwrap_or(u32::MAX).to_be_bytes();
    Ok([operation.encode_to_vec(), part, count.to_vec()].concat())
}
