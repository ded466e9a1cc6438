//! The rows of a picture: which are shown, in which order, on which page.
//!
//! A tree in the order of its beginning. The way of a message is not a row: it belongs to its step. A
//! span whose parent is not there stands below the root, so that nothing that was drawn is left out.
//! A window leaves out what does not touch it; a page has a bounded number of rows.

use std::collections::{BTreeMap, BTreeSet};

use proto::ledger::{Span, SpanKind};

use super::axis::Window;

/// How many rows a page has at most.
pub const ROWS_MAX: usize = 200;
/// How far a row is indented at most.
const DEPTH_MAX: usize = 8;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What it shows.
    pub span: &'a Span,
    /// The way of the message that a step sent.
    pub message: Option<&'a Span>,
    /// How far below the root.
    pub depth: usize,
}

impl Row<'_> {
    /// From when to when the row shows something.
    pub fn extent(&self) -> (i64, i64) {
        let Span { from_ms, to_ms, .. } = *self.span;
        let way = self.message.map_or((from_ms, to_ms), |way| (way.from_ms, way.to_ms));
        (from_ms.min(way.0), to_ms.max(way.1))
    }
}

/// The root; none of a picture without one.
pub fn root(spans: &[Span]) -> Option<&Span> {
    spans.iter().find(|span| span.parent_span_id.is_empty())
}

/// All rows in order.
pub fn rows(spans: &[Span]) -> Vec<Row<'_>> {
    let Some(root) = root(spans) else { return Vec::new() };
    let known: BTreeSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut children: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    let mut ways: BTreeMap<&str, &Span> = BTreeMap::new();
    for span in spans {
        let parent = match span.parent_span_id.as_str() {
            parent if known.contains(parent) => parent,
            _ => root.span_id.as_str(),
        };
        match span.kind() {
            _ if std::ptr::eq(span, root) => {}
            SpanKind::Message => drop(ways.insert(parent, span)),
            _ => children.entry(parent).or_default().push(span),
        }
    }
    children.values_mut().for_each(|below| below.sort_by_key(|span| span.from_ms));
    let (mut rows, mut next, mut seen) = (Vec::new(), vec![(root, 0)], BTreeSet::new());
    while let Some((span, depth)) = next.pop() {
        // A span that is its own ancestor is shown once.
        if !seen.insert(span.span_id.as_str()) {
            continue;
        }
        let message = ways.get(span.span_id.as_str()).copied();
        rows.push(Row { span, message, depth: depth.min(DEPTH_MAX) });
        let below = children.get(span.span_id.as_str()).into_iter().flatten().rev();
        next.extend(below.map(|child| (*child, depth + 1)));
    }
    rows
}

/// Those that touch the window, and the root.
pub fn within<'a>(rows: Vec<Row<'a>>, window: &Window) -> Vec<Row<'a>> {
    let touches = |row: &Row<'_>| {
        let (from, to) = row.extent();
        row.depth == 0 || (from <= window.to && to >= window.from)
    };
    rows.into_iter().filter(touches).collect()
}

/// A page of rows.
pub struct Page<'a> {
    /// The rows.
    pub rows: Vec<Row<'a>>,
    /// Which page, from 0.
    pub number: usize,
    /// How many there are, one at least.
    pub count: usize,
    /// How many rows there are on all of them.
    pub all: usize,
}

/// The page that is asked for: one that is not there is the last; none is the last of a picture that
/// goes on, where the new steps are, and else the first.
pub fn page(rows: Vec<Row<'_>>, asked: Option<usize>, is_open: bool) -> Page<'_> {
    let (all, count) = (rows.len(), rows.len().div_ceil(ROWS_MAX).max(1));
    let number = asked.unwrap_or(if is_open { count } else { 0 }).min(count - 1);
    let rows = rows.into_iter().skip(number * ROWS_MAX).take(ROWS_MAX).collect();
    Page { rows, number, count, all }
}
