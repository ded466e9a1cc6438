//! The moments in which nobody owed anything: the system itself had the next step, or all was done.
//!
//! So that a picture has no hole: an operator who sees a long one knows whom to ask.

use super::{Kind, ROOT, Span, Step};
use crate::{
    moment::Moment,
    party::{Party, Role},
};

/// What the flow does when nobody owes anything: to decide and send what comes next.
pub const DECIDE: &str = "decide";
/// What the bus does: to take what was said.
pub const TAKE: &str = "take";

/// Fills what no span covers, from the first moment to the last, or to `now` while it is open.
pub(super) fn of(steps: &[Step], spans: &[Span], now: Moment) -> Vec<Span> {
    let mut covered: Vec<(Moment, Moment)> =
        spans.iter().map(|span| (span.from, span.to)).collect();
    covered.sort_unstable();
    let Some((first, _)) = covered.first().copied() else { return Vec::new() };
    let is_over = steps.iter().any(|step| step.is_over);
    if !is_over {
        covered.push((now, now));
        covered.sort_unstable();
    }
    let (mut reached, mut gaps) = (first, Vec::new());
    for (from, to) in covered {
        if from > reached {
            gaps.push(gap(steps, reached, from, gaps.len()));
        }
        reached = reached.max(to);
    }
    // While it is open the last moment is now, and what lasts until then goes on.
    if let Some(last) = gaps.last_mut().filter(|last| !is_over && last.to == now) {
        last.is_open = true;
    }
    gaps
}

/// What happened between two moments in which nobody owed anything.
fn gap(steps: &[Step], from: Moment, to: Moment, count: usize) -> Span {
    let last = steps.iter().rev().find(|step| step.at() <= from).or(steps.first());
    let span = Span::new(Kind::System, format!("gap/{count}"), ROOT, from, to);
    let Some(last) = last else { return span };
    let round = last.round;
    let system = |role, what: &str| Span {
        what: what.to_owned(),
        who: Some(Party::service(role)),
        round,
        ..span.clone()
    };
    match last {
        Step { is_over: true, .. } => Span { kind: Kind::Rest, round, ..span },
        Step { stored_at: None, .. } => system(Role::Bus, TAKE),
        _ => system(Role::Worker, DECIDE),
    }
}
