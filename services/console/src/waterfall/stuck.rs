//! What stands still in a picture, and why, in words that a person can act on.
//!
//! Only what is open is stuck: whoever was late and has acted is late, not stuck. A clock that is
//! held stands still by decision and is not named here.

use proto::ledger::{Span, SpanKind, WaitClock};

use super::say::{Speech, duration};
use crate::words::waterfall as w;

/// A role that has had the next step for longer than this is looked at. Steps of a role take
/// milliseconds; this is no limit of the city.
pub const SLOW_MS: i64 = 60_000;

/// Why something is stuck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody has not done what was due, for so long.
    Late(i64),
    /// The bus does not have on disk what was said, for so long.
    NotAtBus(i64),
    /// A role of the system has had the next step for so long.
    System(i64),
}

/// What is stuck.
#[derive(Clone, Debug)]
pub struct Stuck<'a> {
    /// What.
    pub span: &'a Span,
    /// Why.
    pub reason: Reason,
}

/// Whether and why a span is stuck.
pub fn reason(span: &Span, now: i64) -> Option<Reason> {
    if !span.is_open {
        return None;
    }
    match span.kind() {
        SpanKind::Wait => {
            // Who has no limit is waited for, and is never late.
            let limited = |wait: &&WaitClock| !wait.is_held && wait.due_at_ms > 0;
            let wait = span.wait.as_ref().filter(limited)?;
            let over = now.max(span.to_ms) - wait.due_at_ms;
            (wait.is_late || over > 0).then_some(Reason::Late(over.max(0)))
        }
        SpanKind::Step => {
            let since = now - span.from_ms;
            (since > SLOW_MS).then_some(Reason::NotAtBus(since))
        }
        SpanKind::System => {
            let since = now - span.from_ms;
            (since > SLOW_MS).then_some(Reason::System(since))
        }
        _ => None,
    }
}

/// All that is stuck, what has waited longest first.
pub fn all(spans: &[Span], now: i64) -> Vec<Stuck<'_>> {
    let stuck = |span| reason(span, now).map(|reason| Stuck { span, reason });
    let mut found: Vec<Stuck<'_>> = spans.iter().filter_map(stuck).collect();
    found.sort_by_key(|one| one.span.from_ms);
    found
}

/// The reason in words.
pub fn words(span: &Span, reason: &Reason, speech: &Speech<'_>) -> String {
    let (lang, who) = (speech.lang, speech.party(&span.party));
    match reason {
        Reason::Late(ms) => {
            let (what, over) = (speech.duty(&span.name), duration(*ms, lang));
            lang.fill(w::STUCK_LATE, &[&who, &what, &over])
        }
        Reason::NotAtBus(ms) => {
            let (what, since) = (speech.fact(&span.name), duration(*ms, lang));
            lang.fill(w::STUCK_BUS, &[&who, &since, &what])
        }
        Reason::System(ms) => {
            let (what, since) = (speech.system(&span.name), duration(*ms, lang));
            lang.fill(w::STUCK_SYSTEM, &[&who, &what, &since])
        }
    }
}
