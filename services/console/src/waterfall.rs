//! The trace of a matter as a waterfall: each step, message and wait on an axis of the city's time.
//!
//! A pure function of the picture that the gateway draws (`LedgerService/GetTrace`) and of what a
//! person looks at. It works without script: each level of zoom, each step and each page is a link.
//! With `waterfall.js` it is zoomed by wheel, pinch and keys, and follows what is new. What is late
//! and what is stuck is said in words, never by a colour alone; the same is there as a table.
//! At most [`tree::ROWS_MAX`] rows are on a page.

pub mod axis;
mod detail;
pub mod say;
pub mod stuck;
pub mod tree;

use maud::{Markup, html};
use proto::ledger::{GetTraceResponse, Span, SpanKind};
use serde::Deserialize;

pub use self::say::Speech;
use self::{
    axis::{LEVELS, Window},
    tree::{Page, Row},
};
use crate::{asset, query::lenient, words::waterfall as w};

/// What a person looks at: the query of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// From when, Unix milliseconds.
    #[serde(deserialize_with = "lenient")]
    pub from: Option<i64>,
    /// Until when.
    #[serde(deserialize_with = "lenient")]
    pub to: Option<i64>,
    /// Only the last milliseconds of it, as it goes on.
    #[serde(deserialize_with = "lenient")]
    pub last: Option<i64>,
    /// Which page of rows, from 0.
    #[serde(deserialize_with = "lenient")]
    pub rows: Option<usize>,
    /// The span whose details are open.
    pub step: Option<String>,
}

/// What was said at a moment, in words: a line of a history or of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When the bus had it, Unix milliseconds.
    pub at_ms: i64,
    /// Who said it: `unit/housing`.
    pub source: String,
    /// The words.
    pub sentence: String,
}

/// What is around a picture.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The words.
    pub speech: Speech<'a>,
    /// The address of the page, without its query.
    pub here: &'a str,
    /// What is looked at.
    pub asked: &'a Asked,
    /// What was said in the matter, where the caller knows it.
    pub said: &'a [Said],
}

/// The name of the part that changes with the matter.
pub const PART: &str = "waterfall";
/// The name of the part that shows one step.
pub const STEP: &str = "step";

/// The whole: the chart, and the panel of the step that is open.
pub fn render(picture: &GetTraceResponse, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    html! {
        section.wf id="wf" aria-labelledby="wf-title" {
            h2 id="wf-title" { (lang.say(w::TRACE)) }
            div.wf-panes {
                div data-live=(PART) { (chart(picture, view)) }
                (detail::panel(picture, view))
            }
            link rel="stylesheet" href=(asset::link("waterfall.css"));
            script type="module" src=(asset::link("waterfall.js")) {}
        }
    }
}

/// What is in a part by its name, for a page that is up already; none where it is of something else.
pub fn part(name: &str, picture: &GetTraceResponse, view: &View<'_>) -> Option<Markup> {
    match name {
        PART => Some(chart(picture, view)),
        STEP => Some(detail::panel(picture, view)),
        _ => None,
    }
}

/// In place of a picture that the server does not give.
pub fn absent(view: &View<'_>, why: &str) -> Markup {
    let lang = view.speech.lang;
    html! {
        section.wf id="wf" aria-labelledby="wf-title" {
            h2 id="wf-title" { (lang.say(w::TRACE)) }
            div data-live=(PART) { (no_chart(view, why)) }
        }
    }
}

/// What is in its part then.
pub fn no_chart(view: &View<'_>, why: &str) -> Markup {
    html! { p.wf-absent { (view.speech.lang.say(w::NOT_DRAWN)) (why) } }
}

fn chart(picture: &GetTraceResponse, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    let Some(root) = tree::root(&picture.spans) else {
        return html! { p.wf-absent { (lang.say(w::NO_RECORD)) } };
    };
    let window = Window::of(root, view.asked);
    let rows = tree::within(tree::rows(&picture.spans), &window);
    let page = tree::page(rows, view.asked.rows, root.is_open);
    html! {
        muster-waterfall data-begin=(root.from_ms) data-end=(root.to_ms.max(root.from_ms + 1))
            data-from=(window.from) data-to=(window.to) data-follows=(window.follows)
            data-offset=(view.speech.offset_minutes) data-pages=(page.count)
            data-trace=(picture.trace_id)
        {
            (stuck(picture, view))
            (zoom(root, &window, view))
            div.wf-chart #wf-chart tabindex="0" role="group" aria-label=(lang.say(w::AXIS_KEYS)) {
                (axis_line(&window, view))
                ol.wf-rows {
                    @for row in &page.rows { (line(row, &window, picture.as_of_ms, view)) }
                }
            }
            (pages(&page, view))
            (table(&page, picture.as_of_ms, view))
        }
    }
}

fn stuck(picture: &GetTraceResponse, view: &View<'_>) -> Markup {
    let (lang, all) = (view.speech.lang, stuck::all(&picture.spans, picture.as_of_ms));
    html! {
        @if all.is_empty() {
            p.wf-flows { (lang.say(w::NOTHING_IS_STUCK)) }
        } @else {
            div.wf-stuck {
                h3 { (lang.say(w::STUCK)) }
                ul {
                    @for one in all.iter().take(20) {
                        li { a data-act="open-step" href=(view.step(&one.span.span_id)) {
                            (stuck::words(one.span, &one.reason, &view.speech))
                        } }
                    }
                }
            }
        }
    }
}

/// The levels of zoom and the ways along the axis, as links.
fn zoom(root: &Span, window: &Window, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    let middle = i64::midpoint(window.from, window.to);
    let window_link = |(from, to): (i64, i64)| view.link(Some(from), Some(to), None);
    let near = |span: i64| window_link(Window::around(root, middle, span));
    let moved =
        |by: i64| window_link(Window::around(root, middle.saturating_add(by), window.span()));
    html! {
        nav.wf-zoom aria-label=(lang.say(w::ZOOM)) {
            a id="wf-in" data-act="zoom-in" href=(near(window.span() / 2)) {
                (lang.say(w::CLOSER))
            }
            a id="wf-out" data-act="zoom-out" href=(near(window.span().saturating_mul(2))) {
                (lang.say(w::WIDER))
            }
            a id="wf-earlier" data-act="zoom-earlier" href=(moved(-window.span() / 2)) {
                (lang.say(w::EARLIER))
            }
            a id="wf-later" data-act="zoom-later" href=(moved(window.span() / 2)) {
                (lang.say(w::LATER))
            }
            a id="wf-whole" data-act="zoom-whole" href=(view.link(None, None, None))
                aria-current=[window.is_whole.then_some("true")] { (lang.say(w::SHOW_ALL)) }
            @for level in LEVELS.into_iter().filter(|level| *level < root.to_ms - root.from_ms) {
                // From the end of what goes on, so that a step that comes is seen.
                @let link = if window.follows {
                    view.link(None, None, Some(level))
                } else {
                    near(level)
                };
                a data-act="zoom-level" data-span=(level) href=(link)
                    aria-current=[(window.span() == level).then_some("true")] {
                    (say::duration(level, lang))
                }
            }
        }
    }
}

fn axis_line(window: &Window, view: &View<'_>) -> Markup {
    let marks = axis::marks(window, view.speech.offset_minutes);
    html! {
        div.wf-axis aria-hidden="true" {
            svg width="100%" height="24" {
                @for mark in &marks {
                    @let x = format!("{}%", window.percent(mark.at));
                    g {
                        line x1=(x) x2=(x) y1="16" y2="24" {}
                        text x=(x) y="13" { (mark.text) }
                    }
                }
            }
        }
    }
}

fn line(row: &Row<'_>, window: &Window, now: i64, view: &View<'_>) -> Markup {
    let (span, speech) = (row.span, &view.speech);
    let (from, to) = row.extent();
    let reason = stuck::reason(span, now);
    let is_chosen = view.asked.step.as_deref() == Some(span.span_id.as_str());
    html! {
        li class=(format!("wf-row wf-depth-{}", row.depth)) data-a=(from) data-b=(to)
            data-stuck[reason.is_some()] data-root[row.depth == 0] {
            a.wf-label id=(format!("wf-{}", span.span_id)) data-act="open-step"
                data-step=(span.span_id) href=(view.step(&span.span_id))
                aria-current=[is_chosen.then_some("true")] { (speech.label(span)) }
            (bars(row, window))
            span.wf-taken {
                (speech.taken(span))
                @if reason.is_some() { strong { (speech.lang.say(w::AND_STUCK)) } }
            }
        }
    }
}

/// The bars of a row: the way of its message, what it took, and how much of that was late.
fn bars(row: &Row<'_>, window: &Window) -> Markup {
    let span = row.span;
    let due = span.wait.as_ref().filter(|wait| wait.is_late).map(|wait| wait.due_at_ms);
    let rect = |class: &str, from: i64, to: i64| {
        let (x, width) = window.bar(from, to);
        html! {
            rect class=(class) data-a=(from) data-b=(to) x=(format!("{x}%"))
                width=(format!("{width}%")) y="4" height="12" {}
        }
    };
    html! {
        svg.wf-bar width="100%" height="20" aria-hidden="true" focusable="false" {
            @if let Some(way) = row.message { (rect("wf-message", way.from_ms, way.to_ms)) }
            (rect(class(span), span.from_ms, span.to_ms))
            @if let Some(due) = due { (rect("wf-late", due.clamp(span.from_ms, span.to_ms), span.to_ms)) }
        }
    }
}

fn class(span: &Span) -> &'static str {
    match span.kind() {
        SpanKind::Whole => "wf-whole",
        SpanKind::Round => "wf-round",
        SpanKind::Step => "wf-step",
        SpanKind::Message => "wf-message",
        SpanKind::Wait => "wf-wait",
        SpanKind::System => "wf-system",
        SpanKind::Rest | SpanKind::Unspecified => "wf-rest",
    }
}

fn pages(page: &Page<'_>, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    html! {
        @if page.count > 1 {
            nav.wf-pages aria-label=(lang.say(w::PAGES_OF_ROWS)) {
                @for number in 0..page.count {
                    a data-act="wf-page" href=(view.page(number))
                        aria-current=[(number == page.number).then_some("page")] { (number + 1) }
                }
                span { (lang.fill(w::ROWS, &[&page.all])) }
            }
        }
    }
}

/// The same for who can't see the bars.
fn table(page: &Page<'_>, now: i64, view: &View<'_>) -> Markup {
    let (lang, speech) = (view.speech.lang, &view.speech);
    html! {
        details.wf-table id="wf-table" {
            summary data-act="wf-table" { (lang.say(w::AS_TABLE)) }
            div.wide tabindex="0" role="region" aria-label=(lang.say(w::TABLE_OF_THE_TRACE)) {
                table {
                    caption { (lang.say(w::TABLE_CAPTION)) }
                    thead { tr {
                        th scope="col" { (lang.say(w::WHAT)) }
                        th scope="col" { (lang.say(w::FROM)) }
                        th scope="col" { (lang.say(w::TO)) }
                        th scope="col" { (lang.say(w::TOOK)) }
                        th scope="col" { (lang.say(w::CLOCK)) }
                        th scope="col" { (lang.say(w::WHY_STUCK)) }
                    } }
                    tbody {
                        @for Row { span, .. } in &page.rows {
                            tr {
                                th scope="row" { (speech.label(span)) }
                                td { (speech.time(span.from_ms)) }
                                td {
                                    @if span.is_open { (lang.say(w::GOES_ON)) }
                                    @else { (speech.time(span.to_ms)) }
                                }
                                td { (speech.taken(span)) }
                                td { (speech.clock(span)) }
                                td {
                                    @if let Some(reason) = stuck::reason(span, now) {
                                        (stuck::words(span, &reason, speech))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl View<'_> {
    fn address(&self, asked: &Asked, anchor: &str) -> String {
        let number = |name, value: Option<i64>| value.map(|value| format!("{name}={value}"));
        let step = asked.step.as_deref().filter(|step| step.bytes().all(|b| b.is_ascii_hexdigit()));
        let parts = [
            number("from", asked.from),
            number("to", asked.to),
            number("last", asked.last),
            asked.rows.map(|rows| format!("rows={rows}")),
            step.map(|step| format!("step={step}")),
        ];
        let query = parts.into_iter().flatten().collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}{anchor}", self.here)
    }

    /// Another window; the page of rows begins anew.
    fn link(&self, from: Option<i64>, to: Option<i64>, last: Option<i64>) -> String {
        let asked = Asked { from, to, last, rows: None, ..self.asked.clone() };
        self.address(&asked, "#wf")
    }

    fn page(&self, number: usize) -> String {
        self.address(&Asked { rows: Some(number), ..self.asked.clone() }, "#wf")
    }

    fn step(&self, id: &str) -> String {
        self.address(&Asked { step: Some(id.to_owned()), ..self.asked.clone() }, "#wf-detail")
    }

    /// Without an open step.
    fn closed(&self) -> String {
        self.address(&Asked { step: None, ..self.asked.clone() }, "#wf")
    }
}

#[cfg(test)]
mod tests;
