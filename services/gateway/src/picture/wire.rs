//! A picture on the wire, with the ids of its spans.

use std::collections::BTreeMap;

use domain::picture::{Kind, ROOT, Span};
use kit::trace::TraceContext;
use proto::{convert, ledger as api};
use sha2::{Digest as _, Sha256};

/// Makes the ids of one picture.
pub(super) struct Ids {
    subject: String,
    context: Option<TraceContext>,
    linked: BTreeMap<String, Option<TraceContext>>,
}

impl Ids {
    /// Of a matter, and the trace context of its envelopes where they have one; with those of the
    /// matters that it names.
    pub(super) fn new(
        subject: &str,
        context: Option<TraceContext>,
        linked: BTreeMap<String, Option<TraceContext>>,
    ) -> Ids {
        Ids { subject: subject.to_owned(), context, linked }
    }

    fn link(&self, subject: &String) -> api::Link {
        let context = self.linked.get(subject).copied().flatten();
        api::Link {
            subject: subject.clone(),
            trace_id: context.map(|context| context.trace_id()).unwrap_or_default(),
            span_id: context.map(|context| context.span_id()).unwrap_or_default(),
        }
    }

    /// The id of the trace.
    pub(super) fn trace(&self) -> String {
        self.context.map_or_else(|| self.hashed("", 16), |context| context.trace_id())
    }

    /// The id of a span. That of the root is the parent which the envelopes of the matter name.
    fn span(&self, key: &str) -> String {
        match self.context {
            Some(context) if key == ROOT => context.span_id(),
            _ => self.hashed(key, 8),
        }
    }

    fn hashed(&self, key: &str, bytes: usize) -> String {
        let hash = Sha256::digest([self.subject.as_bytes(), &[0], key.as_bytes()].concat());
        hash[..bytes].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Writes a span.
pub(super) fn span(ids: &Ids, span: &Span) -> api::Span {
    let id = |key: &Option<String>| key.as_ref().map(|key| ids.span(key)).unwrap_or_default();
    let text = |party: &Option<domain::party::Party>| {
        party.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    api::Span {
        span_id: ids.span(&span.key),
        parent_span_id: id(&span.parent),
        kind: kind(span.kind).into(),
        name: span.what.clone(),
        party: text(&span.who),
        recipient: text(&span.recipient),
        from_ms: span.from.0,
        to_ms: span.to.0,
        is_open: span.is_open,
        reaches_beyond: span.reaches_beyond,
        round: span.round,
        wait: (span.kind == Kind::Wait).then(|| api::WaitClock {
            due_at_ms: span.clock.map_or(0, |clock| clock.due.0),
            is_late: span.is_late,
            is_working_time: span.clock.is_some_and(|clock| !clock.pace.is_around()),
            used_ms: span.clock.map_or(0, |clock| millis(clock.used_ms)),
            left_ms: span.clock.map_or(0, |clock| millis(clock.left_ms)),
            is_held: span.clock.is_some_and(|clock| clock.is_held),
            opened_by: id(&span.opened_by),
            ended_by: id(&span.ended_by),
        }),
        way: span.way.map(|way| api::MessageWay {
            stored_at_ms: convert::millis(way.stored_at),
            read_at_ms: way.read_at.0,
            answered_at_ms: convert::millis(way.answered_at),
            is_skewed: way.is_skewed,
        }),
        links: span.links.iter().map(|subject| ids.link(subject)).collect(),
    }
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn kind(kind: Kind) -> api::SpanKind {
    match kind {
        Kind::Whole => api::SpanKind::Whole,
        Kind::Round => api::SpanKind::Round,
        Kind::Step => api::SpanKind::Step,
        Kind::Message => api::SpanKind::Message,
        Kind::Wait => api::SpanKind::Wait,
        Kind::System => api::SpanKind::System,
        Kind::Rest => api::SpanKind::Rest,
    }
}
