//! Who was waited for how long: the waits of a case on one axis of time, from the picture of its trace.

use maud::{Markup, html};
use proto::ledger::{Span, SpanKind};

use crate::{
    names,
    visit::Visit,
    when,
    words::{case as words, facts},
};

/// How wide the axis is, in units of the drawing.
const WIDTH: i64 = 1_000;
/// How many waits are drawn.
const ROWS_MAX: usize = 60;

/// Shows it; nothing where nobody was waited for.
pub(super) fn show(visit: &Visit, spans: &[Span]) -> Markup {
    let root = spans.iter().find(|span| span.kind() == SpanKind::Whole);
    let waits: Vec<&Span> = spans.iter().filter(|span| span.kind() == SpanKind::Wait).collect();
    let (Some(root), false) = (root, waits.is_empty()) else { return html! {} };
    html! {
        section aria-labelledby="picture-title" {
            h2 #picture-title { (visit.say(words::PICTURE)) }
            p.quiet { (visit.say(words::PICTURE_TEXT)) }
            div.wide tabindex="0" { table.picture #picture {
                thead { tr {
                    th scope="col" { (visit.say(words::WHO)) }
                    th scope="col" { (visit.say(words::WHAT)) }
                    th scope="col" { (visit.say(words::AXIS)) }
                    th scope="col" { (visit.say(words::HOW_LONG)) }
                } }
                tbody { @for wait in waits.iter().take(ROWS_MAX) { (row(visit, root, wait)) } }
            } }
        }
    }
}

fn row(visit: &Visit, root: &Span, wait: &Span) -> Markup {
    let clock = wait.wait.clone().unwrap_or_default();
    html! {
        tr data-wait=(wait.name) data-party=(wait.party) data-late=(clock.is_late) {
            th scope="row" { (names::party(visit.console.city(), &wait.party, visit.lang)) }
            td { (facts::duty(visit.lang, &wait.name)) }
            td.axis { (bar(root, wait)) }
            td {
                (when::span(wait.to_ms - wait.from_ms, visit.lang))
                @if wait.is_open { " …" }
                @if clock.is_late { " " strong.late { (visit.say(words::OVERDUE_MARK)) } }
            }
        }
    }
}

/// The wait on the axis of the whole; what is behind its due moment is drawn as late.
fn bar(root: &Span, wait: &Span) -> Markup {
    let (from, to) = (place(root, wait.from_ms), place(root, wait.to_ms));
    let clock = wait.wait.clone().unwrap_or_default();
    let due = if clock.is_late { place(root, clock.due_at_ms).clamp(from, to) } else { to };
    html! {
        svg.wait viewBox=(format!("0 0 {WIDTH} 12")) preserveAspectRatio="none" aria-hidden="true" {
            rect.back x="0" y="5" width=(WIDTH) height="2" {}
            rect.front x=(from) y="1" width=((due - from).max(3)) height="10" {}
            @if clock.is_late { rect.over x=(due) y="1" width=((to - due).max(3)) height="10" {} }
        }
    }
}

/// Where a moment is on the axis.
fn place(root: &Span, at_ms: i64) -> i64 {
    let whole = (root.to_ms - root.from_ms).max(1);
    let at = (at_ms - root.from_ms).clamp(0, whole);
    let place = i128::from(at) * i128::from(WIDTH) / i128::from(whole);
    i64::try_from(place).unwrap_or(WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_on_the_axis_wherever_it_is_in_time() {
        let root = Span { from_ms: 1_000, to_ms: 3_000, ..Span::default() };
        assert_eq!(
            [0, 1_000, 2_000, 3_000, 9_000].map(|at| place(&root, at)),
            [0, 0, 500, 1_000, 1_000]
        );
        let none = Span { from_ms: 5, to_ms: 5, ..Span::default() };
        assert_eq!(place(&none, 5), 0);
        let ages = Span { from_ms: 0, to_ms: i64::MAX, ..Span::default() };
        assert_eq!(place(&ages, i64::MAX), WIDTH);
    }
}
