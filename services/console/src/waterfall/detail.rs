//! The details of one span: its message, its unit, its receipts, its clock.

use maud::{Markup, html};
use proto::ledger::{GetTraceResponse, MessageWay, Span, SpanKind, WaitClock};

use crate::words::waterfall as w;

use super::{View, axis::Window, axis::stamp, say::duration, stuck, tree::root};

/// The panel; empty where no step is open.
pub(super) fn panel(picture: &GetTraceResponse, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    let wanted = view.asked.step.as_deref();
    let span = picture.spans.iter().find(|span| Some(span.span_id.as_str()) == wanted);
    html! {
        section.wf-detail id="wf-detail" aria-label=(lang.say(w::DETAILS)) {
            @match (span, wanted) {
                (Some(span), _) => (opened(picture, span, view)),
                (None, Some(_)) => p { (lang.say(w::NO_STEP)) },
                (None, None) => p { (lang.say(w::CHOOSE)) },
            }
        }
    }
}

fn opened(picture: &GetTraceResponse, span: &Span, view: &View<'_>) -> Markup {
    let (lang, speech) = (view.speech.lang, &view.speech);
    let reason = stuck::reason(span, picture.as_of_ms);
    let way = way_of(picture, span);
    let said: Vec<_> = view.said.iter().filter(|said| is_said(span, way, said)).collect();
    html! {
        h3 tabindex="-1" id="wf-detail-title" { (speech.label(span)) }
        @if let Some(reason) = reason {
            p.wf-stuck { strong { (lang.say(w::STUCK_FOR)) } (stuck::words(span, &reason, speech)) }
        }
        // Where a source has said several things in one millisecond, it is not known which is this.
        @if let [said] = said[..] { p.wf-said { (said.sentence) } }
        dl {
            @if !span.party.is_empty() {
                dt { (lang.say(w::WHO)) }
                dd { (speech.party(&span.party)) " " code { (span.party) } }
            }
            @if !span.recipient.is_empty() {
                dt { (lang.say(w::FOR_WHOM)) }
                dd { (speech.party(&span.recipient)) " " code { (span.recipient) } }
            }
            @if matches!(span.kind(), SpanKind::Step) {
                dt { (lang.say(w::MESSAGE)) }
                dd { (speech.fact(&span.name)) " " code { (span.name) } }
            }
            dt { (lang.say(w::FROM)) }
            dd { (stamp(span.from_ms, speech.offset_minutes)) }
            @if !span.is_open {
                dt { (lang.say(w::TO)) }
                dd { (stamp(span.to_ms, speech.offset_minutes)) }
            }
            dt { (lang.say(w::TOOK)) }
            dd { (speech.taken(span)) }
            @if let Some(wait) = &span.wait { (clock(picture, span, wait, view)) }
            @if let Some(way) = way { (receipts(span, way, view)) }
            @for link in &span.links {
                dt { (lang.say(w::OTHER_MATTER)) }
                dd { a data-act="open-matter" href=(address(&link.subject)) { (link.subject) } }
            }
        }
        (ways(picture, span, view))
    }
}

/// The page of another matter: `case/wenshan/O1-1`. What has none is shown as its trace.
pub(super) fn address(subject: &str) -> String {
    let mut parts = subject.split('/');
    let (kind, id) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
    match kind {
        "case" => format!("/cases/{id}"),
        "operation" => format!("/operations/{id}"),
        kind => format!("/traces/{kind}/{id}"),
    }
}

/// The way of the message that a step sent.
fn way_of<'a>(picture: &'a GetTraceResponse, span: &'a Span) -> Option<&'a MessageWay> {
    let is_its =
        |one: &&Span| one.kind() == SpanKind::Message && one.parent_span_id == span.span_id;
    span.way.as_ref().or_else(|| picture.spans.iter().find(is_its)?.way.as_ref())
}

/// Whether a line of the log is the word of this step: of its source, at the bus at its moment.
fn is_said(span: &Span, way: Option<&MessageWay>, said: &super::Said) -> bool {
    let stored = way.map_or(span.to_ms, |way| way.stored_at_ms);
    span.kind() == SpanKind::Step && said.source == span.party && said.at_ms == stored
}

fn clock(picture: &GetTraceResponse, span: &Span, wait: &WaitClock, view: &View<'_>) -> Markup {
    let (lang, speech) = (view.speech.lang, &view.speech);
    let step = |id: &str| picture.spans.iter().find(|span| span.span_id == id);
    html! {
        dt { (lang.say(w::CLOCK)) }
        dd { (speech.clock(span)) }
        @if wait.due_at_ms > 0 {
            dt { (lang.say(w::USED)) }
            dd { (duration(wait.used_ms, lang)) }
            dt { (lang.say(w::LEFT)) }
            dd { (duration(wait.left_ms, lang)) }
        }
        @if let Some(step) = step(&wait.opened_by) {
            dt { (lang.say(w::BEGAN_WITH)) }
            dd { a data-act="open-step" data-step=(step.span_id) href=(view.step(&step.span_id)) {
                (speech.label(step))
            } }
        }
        @if let Some(step) = step(&wait.ended_by) {
            dt { (lang.say(w::ENDED_WITH)) }
            dd { a data-act="open-step" data-step=(step.span_id) href=(view.step(&step.span_id)) {
                (speech.label(step))
            } }
        }
    }
}

fn receipts(span: &Span, way: &MessageWay, view: &View<'_>) -> Markup {
    let (lang, offset) = (view.speech.lang, view.speech.offset_minutes);
    let when = |ms: i64, not: &'static str| {
        if ms > 0 { stamp(ms, offset) } else { not.to_owned() }
    };
    html! {
        dt { (lang.say(w::STORED)) }
        dd { (when(way.stored_at_ms, lang.say(w::ON_ITS_WAY))) }
        dt { (lang.say(w::READ)) }
        dd { (when(way.read_at_ms, lang.say(w::NOT_YET))) }
        @if !span.recipient.is_empty() {
            dt { (lang.say(w::ANSWERED)) }
            dd { (when(way.answered_at_ms, lang.say(w::NOT_YET))) }
        }
        @if way.is_skewed {
            dt { (lang.say(w::CLOCKS)) }
            dd { (lang.say(w::SENDER_AHEAD)) }
        }
    }
}

fn ways(picture: &GetTraceResponse, span: &Span, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    let length = (span.to_ms - span.from_ms).max(5).saturating_mul(2);
    let middle = i64::midpoint(span.from_ms, span.to_ms);
    html! {
        p.wf-ways {
            @if let Some(root) = root(&picture.spans) {
                @let (from, to) = Window::around(root, middle, length);
                a data-act="zoom-step" data-from=(from) data-to=(to)
                    href=(view.link(Some(from), Some(to), None)) {
                    (lang.say(w::ZOOM_TO_THIS_STEP))
                }
                " "
            }
            a id="wf-close" data-act="close-step" href=(view.closed()) { (lang.say(w::CLOSE)) }
        }
    }
}
