//! The details of one span: its message, its unit, its receipts, its clock.

use maud::{Markup, html};
use proto::ledger::{GetTraceResponse, MessageWay, Span, SpanKind, WaitClock};

use super::{View, axis::Window, axis::stamp, say::duration, stuck, tree::root};

/// The panel; empty where no step is open.
pub(super) fn panel(picture: &GetTraceResponse, view: &View<'_>) -> Markup {
    let lang = view.speech.lang;
    let wanted = view.asked.step.as_deref();
    let span = picture.spans.iter().find(|span| Some(span.span_id.as_str()) == wanted);
    html! {
        aside.wf-detail id="wf-detail" aria-label=(lang.pick("步骤详情", "Details of a step")) {
            @match (span, wanted) {
                (Some(span), _) => (opened(picture, span, view)),
                (None, Some(_)) => p { (lang.pick("没有这个步骤。", "There is no such step.")) },
                (None, None) => p { (lang.pick(
                    "选择一个步骤，查看其消息、单位与回执。",
                    "Choose a step to see its message, its unit and its receipts.",
                )) },
            }
        }
    }
}

fn opened(picture: &GetTraceResponse, span: &Span, view: &View<'_>) -> Markup {
    let (lang, speech) = (view.speech.lang, &view.speech);
    let reason = stuck::reason(span, picture.as_of_ms);
    let way = way_of(picture, span);
    html! {
        h3 tabindex="-1" id="wf-detail-title" { (speech.label(span)) }
        @if let Some(reason) = reason {
            p.wf-stuck { strong { (lang.pick("停滞：", "Stuck: ")) } (stuck::words(span, &reason, speech)) }
        }
        @for said in view.said.iter().filter(|said| is_said(span, way, said)) {
            p.wf-said { (said.sentence) }
        }
        dl {
            @if !span.party.is_empty() {
                dt { (lang.pick("单位", "Who")) }
                dd { (speech.party(&span.party)) " " code { (span.party) } }
            }
            @if !span.recipient.is_empty() {
                dt { (lang.pick("发给", "For whom")) }
                dd { (speech.party(&span.recipient)) " " code { (span.recipient) } }
            }
            @if matches!(span.kind(), SpanKind::Step) {
                dt { (lang.pick("消息", "Message")) }
                dd { (speech.fact(&span.name)) " " code { (span.name) } }
            }
            dt { (lang.pick("起", "From")) }
            dd { (stamp(span.from_ms, speech.offset_minutes)) }
            @if !span.is_open {
                dt { (lang.pick("止", "To")) }
                dd { (stamp(span.to_ms, speech.offset_minutes)) }
            }
            dt { (lang.pick("用时", "Took")) }
            dd { (speech.taken(span)) }
            @if let Some(wait) = &span.wait { (clock(picture, span, wait, view)) }
            @if let Some(way) = way { (receipts(span, way, view)) }
        }
        (ways(picture, span, view))
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
        dt { (lang.pick("时限", "Clock")) }
        dd { (speech.clock(span)) }
        dt { (lang.pick("已用", "Used")) }
        dd { (duration(wait.used_ms, lang)) }
        dt { (lang.pick("剩余", "Left")) }
        dd { (duration(wait.left_ms, lang)) }
        @if let Some(step) = step(&wait.opened_by) {
            dt { (lang.pick("起于", "Began with")) }
            dd { a data-act="open-step" data-step=(step.span_id) href=(view.step(&step.span_id)) {
                (speech.label(step))
            } }
        }
        @if let Some(step) = step(&wait.ended_by) {
            dt { (lang.pick("止于", "Ended with")) }
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
        dt { (lang.pick("总线存盘", "On disk at the bus")) }
        dd { (when(way.stored_at_ms, lang.pick("尚未，在途", "not yet, it is on its way"))) }
        dt { (lang.pick("台账收到", "In the ledger")) }
        dd { (when(way.read_at_ms, lang.pick("尚未", "not yet"))) }
        @if !span.recipient.is_empty() {
            dt { (lang.pick("收件方其后答复", "Its recipient spoke next")) }
            dd { (when(way.answered_at_ms, lang.pick("尚未", "not yet"))) }
        }
        @if way.is_skewed {
            dt { (lang.pick("时钟", "Clocks")) }
            dd { (lang.pick("发送方时钟快于总线", "that of the sender was ahead of that of the bus")) }
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
                    (lang.pick("放大到此步骤", "Zoom to this step"))
                }
                " "
            }
            a id="wf-close" data-act="close-step" href=(view.closed()) { (lang.pick("关闭", "Close")) }
        }
    }
}
