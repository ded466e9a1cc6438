//! `muster trace`: one case, operation or other matter as a waterfall in a terminal, or its spans as JSON.
//!
//! The gateway draws the picture; this only says it. Names of attributes are those of
//! `domain::picture::attribute` and of the semantic conventions of OpenTelemetry.

mod waterfall;

use std::process::ExitCode;

use console::facts;
use domain::picture::attribute;
use proto::ledger::{GetTraceRequest, GetTraceResponse, Link, Span, SpanKind};
use serde_json::{Map, Value, json};

use crate::{
    cli::Trace,
    operate::{
        moment::shown,
        way::{System, gateway_refused},
        words::Words,
    },
    output::Output,
};

/// How wide it is drawn where there is no terminal.
const WIDTH: u16 = 120;

/// Draws it.
pub async fn run(asked: Trace) -> anyhow::Result<ExitCode> {
    let output = Output::new(asked.way.output);
    let system = System::find(&asked.way)?;
    let subject = match asked.subject.contains('/') {
        true => asked.subject.clone(),
        false => format!("case/{}", asked.subject),
    };
    let request = GetTraceRequest { subject: subject.clone() };
    let drawn = system.ledger()?.get_trace(request).await;
    let drawn = drawn.map_err(|no| gateway_refused(&no))?.into_inner();
    say(&subject, &drawn, &asked, output);
    Ok(ExitCode::SUCCESS)
}

fn say(subject: &str, drawn: &GetTraceResponse, asked: &Trace, output: Output) {
    let GetTraceResponse { trace_id, spans, as_of_ms } = drawn;
    let late = spans.iter().filter(|span| is_late(span)).count();
    output.tell(format!(
        "{subject}  trace 踪迹 {trace_id}  as of 截至 {}, {} spans, {late} late 逾期",
        shown(*as_of_ms),
        spans.len()
    ));
    let width = asked.width.or_else(terminal).unwrap_or(WIDTH);
    for line in waterfall::lines(spans, usize::from(width), asked.messages) {
        output.tell(line);
    }
    for span in spans {
        output.object("span", object(subject, trace_id, span));
    }
}

fn terminal() -> Option<u16> {
    terminal_size::terminal_size().map(|(width, _)| width.0.clamp(60, 1_000))
}

fn is_late(span: &Span) -> bool {
    span.wait.as_ref().is_some_and(|wait| wait.is_late)
}

/// What a span is about, as people read it.
fn named(span: &Span) -> Words {
    let words = |en: &str, zh: &str| Words { en: en.to_owned(), zh: zh.to_owned() };
    match span.kind() {
        SpanKind::Whole => words("the whole", "全过程"),
        SpanKind::Round => {
            words(&format!("round {}", span.round), &format!("第 {} 轮", span.round))
        }
        SpanKind::Step | SpanKind::Message => Words::said(|lang| facts::fact(lang, &span.name)),
        SpanKind::Wait => Words::said(|lang| facts::duty(lang, &span.name)),
        SpanKind::System if span.name == "take" => words("take it", "接收"),
        SpanKind::System => words("decide what comes next", "系统决定下一步"),
        SpanKind::Rest => words("closed, nobody is waited for", "已办结，无人等待"),
        SpanKind::Unspecified => words("?", "?"),
    }
}

/// A span for a program: the names are those that other tools know.
fn object(subject: &str, trace_id: &str, span: &Span) -> Value {
    let kind = span.kind().as_str_name().trim_start_matches("SPAN_KIND_").to_lowercase();
    let words = named(span);
    let links: Vec<&String> = span
        .wait
        .iter()
        .flat_map(|wait| [&wait.opened_by, &wait.ended_by])
        .filter(|link| !link.is_empty())
        .collect();
    json!({
        "trace_id": trace_id, "span_id": span.span_id, "parent_span_id": span.parent_span_id,
        "name": if span.name.is_empty() { &kind } else { &span.name }, "kind": kind,
        "en": words.en, "zh": words.zh, "from_ms": span.from_ms, "to_ms": span.to_ms,
        "is_open": span.is_open, "reaches_beyond": span.reaches_beyond, "links": links,
        "matters": span.links.iter().map(matter).collect::<Vec<_>>(),
        "attributes": attributes(subject, &kind, span),
    })
}

/// Another matter that a span names.
fn matter(link: &Link) -> Value {
    json!({ "subject": link.subject, "trace_id": link.trace_id, "span_id": link.span_id })
}

fn attributes(subject: &str, kind: &str, span: &Span) -> Map<String, Value> {
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_said = value != "" && value != 0;
        if is_said {
            all.insert(name.to_owned(), value);
        }
    };
    put(attribute::SUBJECT, subject.into());
    put(attribute::KIND, kind.into());
    put(attribute::PARTY, span.party.as_str().into());
    put(attribute::ROUND, span.round.into());
    match span.kind() {
        SpanKind::Step => put(attribute::FACT, span.name.as_str().into()),
        SpanKind::Wait => put(attribute::DUTY, span.name.as_str().into()),
        SpanKind::System => put(attribute::STEP, span.name.as_str().into()),
        _ => {}
    }
    if let Some(wait) = &span.wait {
        put(attribute::DUE, wait.due_at_ms.into());
        put(attribute::LATE, wait.is_late.into());
        put(attribute::PACE, if wait.is_working_time { "working" } else { "around" }.into());
        put(attribute::USED, wait.used_ms.into());
        put(attribute::HELD, wait.is_held.into());
    }
    if let Some(way) = &span.way {
        put(attribute::FACT, span.name.as_str().into());
        put("messaging.system", "muster".into());
        put("messaging.operation.type", "send".into());
        put("messaging.destination.name", span.recipient.as_str().into());
        put(attribute::STORED, way.stored_at_ms.into());
        put(attribute::READ, way.read_at_ms.into());
        put(attribute::ANSWERED, way.answered_at_ms.into());
    }
    all
}
