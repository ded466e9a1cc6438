//! Pages that stay up to date: a stream that says only which part of a page has changed.
//!
//! `GET /live?of=city` and the like is a stream of server-sent events (`part`, with the name of the
//! part). The script of the page fetches that part then, with the rights of its person, and puts it
//! in place. When the stream breaks off, the browser opens it again, and the script fetches all
//! parts once: so nothing is missed and nothing has to be remembered. A stream ends with its
//! session, and changes that come fast are told once a second.

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::{
    extract::Query,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt as _, stream};
use proto::whistle::WatchCasesRequest;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use crate::{trouble::Trouble, visit::Visit};

/// The address of streams.
pub(crate) const PATH: &str = "/live";

/// Changes within so long are told once.
const PAUSE: Duration = Duration::from_secs(1);
/// How often what depends on the clock is shown anew, and whether the session still is there is asked.
const MINUTE: Duration = Duration::from_secs(60);
/// How often a role that has no stream is asked.
const POLL: Duration = Duration::from_secs(3);

/// The parts that have changed; the stream ends when it is cut off and is opened again.
pub(crate) type Changes = Pin<Box<dyn Stream<Item = &'static str> + Send>>;

/// Which page.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    /// What sort of page: `city`, `cases`, `case`, `bus`.
    of: String,
    /// Which one.
    #[serde(default)]
    id: String,
}

/// Serves a stream.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let place = Arc::clone(visit.console.streams()).try_acquire_owned();
    let place = place.map_err(|_| Trouble::of(StatusCode::TOO_MANY_REQUESTS))?;
    let (parts, changes) = source(&visit, &wanted).await?;
    let events = told(visit, parts, changes).map(move |part| {
        let _held = &place;
        Ok::<_, Infallible>(Event::default().event("part").data(part))
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

/// The parts of a page, and what says that one of them has changed.
async fn source(
    visit: &Visit,
    wanted: &Wanted,
) -> Result<(&'static [&'static str], Changes), Trouble> {
    Ok(match wanted.of.as_str() {
        "city" => (crate::city::PARTS, all(cases(visit, "", "open").await?, crate::city::QUICK)),
        "bus" => (crate::bus::PARTS, bus()),
        "intake" => (crate::intake::PARTS, polled(crate::intake::PARTS[0])),
        "incidents" => (crate::incidents::PARTS, polled(crate::incidents::PARTS[0])),
        "cases" => (crate::cases::PARTS, cases(visit, "", "list").await?),
        "case" => {
            (crate::case::PARTS, all(cases(visit, &wanted.id, "case").await?, crate::case::PARTS))
        }
        "trace" => crate::trace::live(visit, &wanted.id).await?,
        "desk" => crate::desk::live(visit, "").await?,
        "task" => crate::desk::live(visit, &wanted.id).await?,
        "operations" => crate::operations::live(visit, "").await?,
        "operation" => crate::operations::live(visit, &wanted.id).await?,
        _ => return Err(Trouble::not_found()),
    })
}

/// Says that a part has changed whenever a case in sight (or this one) has made a step.
pub(crate) async fn cases(
    visit: &Visit,
    case_id: &str,
    part: &'static str,
) -> Result<Changes, Trouble> {
    let request = WatchCasesRequest { after_place: 0, case_id: case_id.to_owned(), only_new: true };
    let steps = visit.asking()?.whistles().watch_cases(request).await?.into_inner();
    let steps = steps.take_while(|step| std::future::ready(step.is_ok()));
    Ok(Box::pin(steps.map(move |_| part)))
}

/// Each change is one of all these parts.
pub(crate) fn all(changes: Changes, parts: &'static [&'static str]) -> Changes {
    Box::pin(changes.flat_map(move |_| stream::iter(parts.iter().copied())))
}

/// The bus has no stream of its own state.
fn bus() -> Changes {
    all(polled("status"), crate::bus::PARTS)
}

/// Says every few seconds that a part may have changed: for roles that have no stream.
pub(crate) fn polled(part: &'static str) -> Changes {
    let every = tokio::time::interval(POLL);
    Box::pin(stream::unfold(every, move |mut every| async move {
        every.tick().await;
        Some((part, every))
    }))
}

/// What is told: each change after a pause in which more may come; each minute all parts, since they
/// speak of time; nothing more when the session is over or the console ends.
fn told(
    visit: Visit,
    parts: &'static [&'static str],
    changes: Changes,
) -> impl Stream<Item = &'static str> + Send {
    let shutdown = visit.console.shutdown().clone();
    let state = State { visit, parts, changes, due: Vec::new(), minute: Instant::now() + MINUTE };
    stream::unfold(state, State::next).take_until(shutdown.cancelled_owned())
}

struct State {
    visit: Visit,
    parts: &'static [&'static str],
    changes: Changes,
    due: Vec<&'static str>,
    minute: Instant,
}

impl State {
    async fn next(mut self) -> Option<(&'static str, State)> {
        if let Some(part) = self.due.pop() {
            return Some((part, self));
        }
        tokio::select! {
            change = self.changes.next() => {
                self.due.push(change?);
                self.gather().await?;
            }
            () = sleep_until(self.minute) => {
                self.minute = Instant::now() + MINUTE;
                self.due.extend(self.parts);
            }
        }
        if !self.visit.is_still().await {
            return None;
        }
        self.due.pop().map(|part| (part, self))
    }

    /// Takes what comes within the pause; none when there will be nothing more.
    async fn gather(&mut self) -> Option<()> {
        let end = Instant::now() + PAUSE;
        loop {
            tokio::select! {
                () = sleep_until(end) => return Some(()),
                change = self.changes.next() => {
                    let change = change?;
                    if !self.due.contains(&change) {
                        self.due.push(change);
                    }
                }
            }
        }
    }
}
