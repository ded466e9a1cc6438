//! W3C trace context: which case's trace a piece of work belongs to.
//!
//! The context goes with every call (`traceparent` in the metadata), every envelope and every
//! record, whether or not spans are exported or even enabled: the picture of a case is drawn from
//! the records. So [`current`] looks at the tracing span first, then at what [`within`] has set for
//! this task, and makes a new root only when there is neither. A task that is spawned inside
//! inherits neither: hand it the context.
//! `tracestate` is not carried.

use std::{fmt, future::Future, str::FromStr};

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use sha2::{Digest as _, Sha256};
use tonic::metadata::{MetadataMap, MetadataValue};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The key in metadata and in envelopes.
pub const TRACEPARENT: &str = "traceparent";

/// Bytes of a `traceparent` of version 00.
const LENGTH: usize = 55;

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// One place in one trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: TraceId,
    span: SpanId,
    sampled: bool,
}

/// The text is not a `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a traceparent")]
pub struct TraceError(String);

impl TraceContext {
    /// The first place of a new trace.
    pub fn root() -> TraceContext {
        let random = RandomIdGenerator::default();
        TraceContext { trace: random.new_trace_id(), span: random.new_span_id(), sampled: true }
    }

    /// The id that all of a trace shares, 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.trace.to_string()
    }

    /// The id of the span that is the parent of what comes, 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        self.span.to_string()
    }

    /// Whether both are in one trace.
    pub fn is_same(&self, other: &TraceContext) -> bool {
        self.trace == other.trace
    }

    /// The place in the same trace from which a matter goes on that begins in this one: a case that
    /// an operation leaves, a stop that its team makes. The same each time, whoever makes it.
    pub fn begins(&self, subject: &str) -> TraceContext {
        TraceContext { span: span_of(&Sha256::digest(subject)), ..*self }
    }

    /// The first place of the trace of a matter that has one of its own: the same each time.
    pub fn of(subject: &str) -> TraceContext {
        let hash = Sha256::digest(subject);
        let mut trace = [0; 16];
        trace.copy_from_slice(&hash[16..]);
        // An id of zeros is none.
        let trace = u128::from_be_bytes(trace).max(1);
        TraceContext { trace: TraceId::from(trace), span: span_of(&hash), sampled: true }
    }

    /// Reads the metadata of a call; a malformed context counts as none.
    pub fn from_metadata(metadata: &MetadataMap) -> Option<TraceContext> {
        metadata.get(TRACEPARENT)?.to_str().ok()?.parse().ok()
    }

    /// Writes the metadata of a call, in place of what is there.
    pub fn to_metadata(&self, metadata: &mut MetadataMap) {
        if let Ok(value) = MetadataValue::try_from(self.to_string()) {
            metadata.insert(TRACEPARENT, value);
        }
    }

    fn span_context(self) -> SpanContext {
        let flags = TraceFlags::default().with_sampled(self.sampled);
        SpanContext::new(self.trace, self.span, flags, true, TraceState::default())
    }
}

/// The context of the work that is going on: of its span, of its task, or a new root.
pub fn current() -> TraceContext {
    of(&Span::current()).or_else(|| CURRENT.try_get().ok()).unwrap_or_else(TraceContext::root)
}

/// Does `work` in `span`, as a child of `parent`; inside, [`current`] is in the trace of `parent`.
/// The span must be fresh: one that was already entered keeps the parent that it has.
pub async fn within<F: Future>(parent: TraceContext, span: Span, work: F) -> F::Output {
    let remote = Context::new().with_remote_span_context(parent.span_context());
    // No such layer, or a disabled span: the task-local carries the context then.
    let _ = span.set_parent(remote);
    let here = of(&span).unwrap_or(parent);
    CURRENT.scope(here, work.instrument(span)).await
}

/// Makes a span that has no parent a child of what [`within`] has set for this task.
pub(crate) fn adopt(span: &Span) {
    if span.is_disabled() || of(&Span::current()).is_some() {
        return;
    }
    if let Ok(parent) = CURRENT.try_get() {
        // No such layer: there are no spans then.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent.span_context()));
    }
}

/// Ties the span of the work that is going on to what it is about, where that goes on in another
/// trace: a call is short and in the trace of who called, a case takes days.
pub fn about(matter: Option<TraceContext>) {
    let span = Span::current();
    if let Some(matter) = matter.filter(|matter| !span.is_disabled() && !matter.is_same(&current()))
    {
        link(&span, &matter);
    }
}

/// Ties a span to a place in another trace without becoming its child.
pub fn link(span: &Span, to: &TraceContext) {
    span.add_link(to.span_context());
}

/// The span of a digest; one of zeros is none.
fn span_of(hash: &[u8]) -> SpanId {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    SpanId::from(u64::from_be_bytes(bytes).max(1))
}

fn of(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let here = context.span().span_context().clone();
    here.is_valid().then(|| TraceContext {
        trace: here.trace_id(),
        span: here.span_id(),
        sampled: here.is_sampled(),
    })
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = TraceError;
    fn from_str(text: &str) -> Result<TraceContext, TraceError> {
        parse(text).ok_or_else(|| TraceError(text.chars().take(LENGTH + 1).collect()))
    }
}

/// A later version may have more fields behind the four that are known.
fn parse(text: &str) -> Option<TraceContext> {
    let fields: Vec<&str> = text.splitn(5, '-').collect();
    let (version, trace, span, flags) = match fields[..] {
        [version, trace, span, flags] => (version, trace, span, flags),
        [version, trace, span, flags, _] if version != "00" => (version, trace, span, flags),
        _ => return None,
    };
    let version = hex(version, 2)?;
    let (trace, span, flags) = (hex(trace, 32)?, hex(span, 16)?, hex(flags, 2)?);
    if version == 0xff || trace == 0 || span == 0 {
        return None;
    }
    let span = SpanId::from(u64::try_from(span).ok()?);
    Some(TraceContext { trace: TraceId::from(trace), span, sampled: flags & 1 == 1 })
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let good = text.len() == digits && text.bytes().all(lower);
    good.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_goes_there_and_back() {
        let context: TraceContext = GOOD.parse().unwrap();
        assert_eq!(context.to_string(), GOOD);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let root = TraceContext::root();
        assert_eq!(root.to_string().parse(), Ok(root));
        assert_ne!(root, TraceContext::root());
    }

    #[test]
    fn the_table_of_good_and_bad_ones() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let span = "00f067aa0ba902b7";
        for (text, expected) in [
            (format!("00-{trace}-{span}-01"), Some(true)),
            (format!("00-{trace}-{span}-00"), Some(false)),
            (format!("00-{trace}-{span}-03"), Some(true)),
            (format!("01-{trace}-{span}-01-more-of-it"), Some(true)),
            (format!("cc-{trace}-{span}-00"), Some(false)),
            (format!("00-{trace}-{span}-01-more"), None),
            (format!("ff-{trace}-{span}-01"), None),
            (format!("00-{}-{span}-01", "0".repeat(32)), None),
            (format!("00-{trace}-{}-01", "0".repeat(16)), None),
            (format!("00-{}-{span}-01", trace.to_uppercase()), None),
            (format!("00-{trace}-{span}"), None),
            (format!("00-{trace}-{span}-1"), None),
            (format!("00-{trace}-+{}-01", &span[1..]), None),
            (format!("0-{trace}-{span}-01"), None),
            (String::new(), None),
            ("执法".into(), None),
        ] {
            let sampled = text.parse::<TraceContext>().ok().map(|context| context.sampled);
            assert_eq!(sampled, expected, "{text}");
        }
    }

    #[test]
    fn metadata_carries_it() {
        let mut metadata = MetadataMap::new();
        assert_eq!(TraceContext::from_metadata(&metadata), None);
        let context: TraceContext = GOOD.parse().unwrap();
        context.to_metadata(&mut metadata);
        assert_eq!(TraceContext::from_metadata(&metadata), Some(context));
        metadata.insert(TRACEPARENT, "nonsense".parse().unwrap());
        assert_eq!(TraceContext::from_metadata(&metadata), None);
    }

    #[test]
    fn what_begins_in_a_matter_is_in_its_trace_and_has_a_place_of_its_own() {
        let parent: TraceContext = GOOD.parse().unwrap();
        let (one, other) = (parent.begins("case/w/O1-1"), parent.begins("case/w/O1-2"));
        assert_eq!(one, parent.begins("case/w/O1-1"), "the same each time");
        assert!(one.is_same(&parent) && one != other && one != parent);
        let next = TraceContext::of("operation/w/O1.2");
        assert_eq!(next, TraceContext::of("operation/w/O1.2"));
        assert!(!next.is_same(&parent) && !next.is_same(&TraceContext::of("operation/w/O1.3")));
        assert_eq!(next.to_string().parse(), Ok(next));
    }

    #[tokio::test]
    async fn without_any_subscriber_the_trace_is_kept() {
        let parent = TraceContext::root();
        let inside = within(parent, Span::none(), async { current() }).await;
        assert_eq!(inside, parent);
        assert_ne!(current().trace, parent.trace);
    }

    #[tokio::test]
    async fn with_spans_the_work_is_a_child() {
        use tracing_subscriber::layer::SubscriberExt as _;
        let provider = opentelemetry_sdk::trace::SdkTracerProvider::default();
        let tracer = opentelemetry::trace::TracerProvider::tracer(&provider, "test");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        let parent = TraceContext::root();
        let inside = within(parent, tracing::info_span!("work"), async { current() }).await;
        assert_eq!(inside.trace, parent.trace);
        assert_ne!(inside.span, parent.span);
    }
}
