//! A picture as lines of text: a label, a bar on the axis of time, and how long it took.
//!
//! A tree in the order of its beginning; widths are those of a terminal, where a Chinese character
//! takes two columns. Every line fits in the width.

use std::{collections::BTreeMap, time::Duration};

use proto::ledger::{Span, SpanKind};

use super::{is_late, named};
use crate::operate::moment::{age, shown};

/// Columns for how long it took.
const TAKEN: usize = 32;

/// The lines of a picture in so many columns.
pub(super) fn lines(spans: &[Span], width: usize, has_messages: bool) -> Vec<String> {
    let Some(root) = spans.iter().find(|span| span.parent_span_id.is_empty()) else {
        return Vec::new();
    };
    let (label, taken_at_most) = ((width * 9 / 20).clamp(20, 64), TAKEN.min(width / 3));
    let scale = Scale {
        from: root.from_ms,
        to: root.to_ms.max(root.from_ms + 1),
        columns: width.saturating_sub(label + taken_at_most + 4).max(4),
    };
    let mut children: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        children.entry(span.parent_span_id.as_str()).or_default().push(span);
    }
    children.values_mut().for_each(|below| below.sort_by_key(|span| span.from_ms));
    let mut lines = axis(&scale, label, width);
    let mut row = vec![(root, 0)];
    while let Some((span, depth)) = row.pop() {
        if span.kind() == SpanKind::Message && !has_messages {
            continue;
        }
        let text = fitted(&labelled(span, depth), label);
        let line = format!("{text} |{}| {}", scale.bar(span), fitted(&taken(span), taken_at_most));
        lines.push(line.trim_end().to_owned());
        let below = children.get(span.span_id.as_str()).into_iter().flatten().rev();
        row.extend(below.map(|child| (*child, depth + 1)));
    }
    lines
}

/// Two lines: when it begins and ends, and how far each quarter is.
fn axis(scale: &Scale, label: usize, width: usize) -> Vec<String> {
    let (from, to) = (shown(scale.from), shown(scale.to));
    let quarter = scale.columns / 4;
    let marks: String = (0..4)
        .map(|mark| {
            let ms = (scale.to - scale.from) / 4 * mark;
            let text: Vec<String> = span(ms).split(' ').take(2).map(str::to_owned).collect();
            let text = if mark == 0 { "0".to_owned() } else { format!("+{}", text.join(" ")) };
            fitted(&text, quarter)
        })
        .collect();
    let blank = " ".repeat(label);
    vec![
        fitted(&format!("  {from} – {to}, {}", span(scale.to - scale.from)), width),
        format!("{blank} |{}|", fitted(&marks, scale.columns)),
    ]
}

/// Where columns are in time.
struct Scale {
    from: i64,
    to: i64,
    columns: usize,
}

impl Scale {
    /// The column of a moment; one outside is at the edge.
    fn column(&self, ms: i64) -> usize {
        let (all, at) = (self.to.abs_diff(self.from).max(1), ms.clamp(self.from, self.to));
        let part = u128::from(at.abs_diff(self.from)) * self.columns as u128 / u128::from(all);
        usize::try_from(part).unwrap_or(0).min(self.columns - 1)
    }

    fn bar(&self, span: &Span) -> String {
        let (from, to) = (self.column(span.from_ms), self.column(span.to_ms));
        let due = span.wait.as_ref().filter(|wait| wait.is_late).map(|wait| wait.due_at_ms);
        // What is late by less than a column is seen to be late all the same.
        let late = due.map(|due| self.column(due).clamp(from, to));
        let mut bar: Vec<char> = vec![' '; self.columns];
        for (column, cell) in bar.iter_mut().enumerate().take(to + 1).skip(from) {
            *cell = match span.kind() {
                SpanKind::Wait if late.is_some_and(|late| column >= late) => '▓',
                SpanKind::Wait => '░',
                SpanKind::System => '·',
                SpanKind::Rest => ' ',
                SpanKind::Round => '─',
                SpanKind::Message => '-',
                SpanKind::Whole | SpanKind::Step | SpanKind::Unspecified => '█',
            };
        }
        if span.is_open {
            bar[to] = '>';
        } else if span.to_ms > self.to || span.from_ms < self.from {
            bar[to] = '+';
        }
        bar.into_iter().collect()
    }
}

fn labelled(span: &Span, depth: usize) -> String {
    let (indent, words) = ("  ".repeat(depth), named(span).both());
    let to = match span.recipient.as_str() {
        "" => String::new(),
        recipient => format!(" → {recipient}"),
    };
    let text = match span.kind() {
        SpanKind::Step => format!("{}{to}: {words}{}", span.party, named_there(span)),
        SpanKind::Message => format!("envelope 信封{to}"),
        SpanKind::Wait | SpanKind::System => {
            format!("… {}: {} {}", span.party, span.name, named(span).zh)
        }
        _ => words,
    };
    format!("{indent}{}", text.trim_end())
}

/// The matters that begin there: each has a picture of its own.
fn named_there(span: &Span) -> String {
    let names = span.links.iter().map(|link| format!(" ↗ {}", link.subject));
    names.collect()
}

/// How long it took, and what people must know about it.
fn taken(one: &Span) -> String {
    let took = span(one.to_ms - one.from_ms);
    match (&one.wait, &one.way) {
        (Some(wait), _) if is_late(one) => {
            format!("{took} LATE 逾期 {}", span(one.to_ms - wait.due_at_ms))
        }
        (Some(wait), _) if wait.is_held => format!("{took} held 中止"),
        (_, Some(way)) if way.stored_at_ms == 0 => format!("{took} not at the bus"),
        (_, Some(way)) if way.answered_at_ms > 0 => {
            format!("{took}, answered {}", span(way.answered_at_ms - one.from_ms))
        }
        _ => took,
    }
}

fn span(ms: i64) -> String {
    let ms = u64::try_from(ms).unwrap_or(0);
    if ms < 1_000 { format!("{ms} ms") } else { age(Duration::from_millis(ms)) }
}

/// The text in exactly so many columns: cut with an ellipsis, or filled.
fn fitted(text: &str, columns: usize) -> String {
    let whole: usize = text.chars().map(wide).sum();
    if whole <= columns {
        return format!("{text}{}", " ".repeat(columns - whole));
    }
    let (mut cut, mut used) = (String::new(), 0);
    for one in text.chars() {
        if used + wide(one) + 1 > columns {
            break;
        }
        cut.push(one);
        used += wide(one);
    }
    cut.push('…');
    format!("{cut}{}", " ".repeat(columns.saturating_sub(used + 1)))
}

/// The columns that a character takes: two for those of East Asia.
fn wide(one: char) -> usize {
    let is_wide = matches!(u32::from(one),
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd);
    if is_wide { 2 } else { 1 }
}

#[cfg(test)]
mod tests;
