//! Spans of envelopes on their way: a portion that is sent, a portion that has come.
//!
//! They are short, and linked to the traces of what is in them, since a portion is of many matters.
//! They are details: on level `debug` of the target `muster::messages`, so that a role that nobody
//! asks for them makes none. Names are those of OpenTelemetry's conventions for messaging.

use std::collections::HashSet;

use domain::party::Party;
use proto::{envelope::Wire, muster::envelope::v1::attribute_value::Attr};
use tracing::Span;

use crate::trace::{self, TRACEPARENT, TraceContext};

/// How many traces a span is linked to at most.
const LINKS_MAX: usize = 64;

/// The span of a portion that a party sends to the bus.
pub(crate) fn sending<'w>(source: &Party, portion: impl Iterator<Item = &'w Wire>) -> Span {
    let span = tracing::debug_span!(
        target: "muster::messages",
        "send",
        otel.name = "send service/bus",
        otel.kind = "producer",
        messaging.system = "muster",
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.name = "service/bus",
        messaging.batch.message_count = tracing::field::Empty,
        muster.party = %source,
    );
    linked(span, portion)
}

/// The span of a portion that has come to a party, until it is on its disk.
pub(crate) fn coming<'w>(party: &Party, portion: impl Iterator<Item = &'w Wire>) -> Span {
    let span = tracing::debug_span!(
        target: "muster::messages",
        "process",
        otel.name = format!("process {party}"),
        otel.kind = "consumer",
        messaging.system = "muster",
        messaging.operation.name = "receive",
        messaging.operation.type = "process",
        messaging.destination.name = %party,
        messaging.batch.message_count = tracing::field::Empty,
        muster.party = %party,
    );
    linked(span, portion)
}

fn linked<'w>(span: Span, portion: impl Iterator<Item = &'w Wire>) -> Span {
    if span.is_disabled() {
        return span;
    }
    let (mut count, mut linked) = (0_u64, HashSet::new());
    for wire in portion {
        count += 1;
        let Some(context) = context(wire) else { continue };
        if linked.len() < LINKS_MAX && linked.insert(context) {
            trace::link(&span, &context);
        }
    }
    span.record("messaging.batch.message_count", count);
    span
}

fn context(wire: &Wire) -> Option<TraceContext> {
    match wire.attributes.get(TRACEPARENT)?.attr.as_ref()? {
        Attr::CeString(text) => text.parse().ok(),
        _ => None,
    }
}
