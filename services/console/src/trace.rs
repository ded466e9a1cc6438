//! The trace of a matter on its page: asked of the gateway, and shown as a waterfall.
//!
//! A page makes it with the address of the matter and what was said in it ([`Trace::of`]), answers its
//! parts ([`Trace::part`]) and shows it ([`Trace::shown`]). What the gateway does not draw is said in
//! words, and the rest of the page is there all the same.

use axum::{
    extract::{Path, Query},
    response::Response,
};
use futures::{StreamExt as _, stream};
use maud::{Markup, html};
use proto::ledger::{GetTraceRequest, GetTraceResponse, Span};

use crate::{
    live::{self, Changes},
    names,
    trouble::{Trouble, told},
    visit::Visit,
    waterfall::{self, Asked, Said, Speech, View},
};

/// See the module.
pub(crate) struct Trace {
    /// The picture, or the word of the refusal.
    picture: Result<GetTraceResponse, String>,
    asked: Asked,
    said: Vec<Said>,
}

impl Trace {
    /// Of `case/…` or `operation/…`; `said` are the lines of its history, for the words of a step.
    pub(crate) async fn of(visit: &Visit, subject: String, asked: Asked, said: Vec<Said>) -> Trace {
        Trace { picture: picture(visit, subject).await, asked, said }
    }

    /// Its spans; none where it is not drawn.
    pub(crate) fn spans(&self) -> &[Span] {
        self.picture.as_ref().map_or(&[], |picture| &picture.spans)
    }

    /// The answer where a part of it is asked for; none where it is not.
    pub(crate) fn part(&self, visit: &Visit) -> Option<Result<Response, Trouble>> {
        let parts = [waterfall::PART, waterfall::STEP];
        let part = parts.into_iter().find(|part| visit.is_part(part))?;
        let shown = self.seen(visit, |view| match &self.picture {
            Ok(picture) => waterfall::part(part, picture, view),
            Err(why) => Some(waterfall::no_chart(view, why)),
        });
        Some(shown.map(|part| visit.part(&part)).ok_or_else(Trouble::not_found))
    }

    /// All of it.
    pub(crate) fn shown(&self, visit: &Visit) -> Markup {
        self.seen(visit, |view| match &self.picture {
            Ok(picture) => waterfall::render(picture, view),
            Err(why) => waterfall::absent(view, why),
        })
    }

    fn seen<T>(&self, visit: &Visit, see: impl FnOnce(&View<'_>) -> T) -> T {
        let city = visit.console.city();
        let name = |party: &str| names::party(city, party, visit.lang);
        let offset_minutes = city.utc_offset_minutes;
        let speech = Speech { lang: visit.lang, offset_minutes, name: &name };
        see(&View { speech, here: &visit.path, asked: &self.asked, said: &self.said })
    }
}

/// The page of a trace alone: of a case, an operation, or whatever the gateway draws.
pub(crate) async fn show(
    visit: Visit,
    Path((kind, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let subject = format!("{kind}/{id}");
    let trace = Trace::of(&visit, subject.clone(), asked, Vec::new()).await;
    if let Some(part) = trace.part(&visit) {
        return part;
    }
    let page = html! { h1 { (subject) } (trace.shown(&visit)) };
    Ok(visit.page(&subject, Some(&format!("of=trace&id={subject}")), &page))
}

/// Says every few seconds that it has changed, where it has.
pub(crate) async fn live(
    visit: &Visit,
    subject: &str,
) -> Result<(&'static [&'static str], Changes), Trouble> {
    let state = (visit.clone(), subject.to_owned(), 0, live::polled(waterfall::PART));
    let changes = stream::unfold(state, |(visit, subject, seen, mut ticks)| async move {
        loop {
            ticks.next().await?;
            let drawn = picture(&visit, subject.clone()).await.ok();
            let now = drawn.map_or(seen, |drawn| drawn.spans.len());
            if now != seen {
                return Some((waterfall::PART, (visit, subject, now, ticks)));
            }
        }
    });
    Ok((&[waterfall::PART], Box::pin(changes)))
}

async fn picture(visit: &Visit, subject: String) -> Result<GetTraceResponse, String> {
    let asking = visit.asking().map_err(|no| no.code)?;
    let answer = asking.ledger().get_trace(GetTraceRequest { subject }).await;
    let refused = |no: tonic::Status| {
        let no = kit::status::rejection(&no);
        let (said, original) = told(visit.lang, &no.reason, &no.message);
        format!("{} ({})", format!("{said} {original}").trim_end(), no.reason)
    };
    answer.map(tonic::Response::into_inner).map_err(refused)
}
