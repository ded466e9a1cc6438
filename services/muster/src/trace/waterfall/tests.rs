//! What a waterfall looks like.

use proto::ledger::{MessageWay, WaitClock};

use super::*;

fn part(id: &str, parent: &str, kind: SpanKind, from_ms: i64, to_ms: i64) -> Span {
    Span {
        span_id: id.into(),
        parent_span_id: parent.into(),
        kind: kind.into(),
        from_ms,
        to_ms,
        ..Span::default()
    }
}

/// A case of 100 minutes: said, waited for until it was late, and said.
fn case() -> Vec<Span> {
    let minute = 60_000;
    let wait = WaitClock { due_at_ms: 50 * minute, is_late: true, ..WaitClock::default() };
    let way = MessageWay { stored_at_ms: 1, answered_at_ms: 60_000, ..MessageWay::default() };
    vec![
        part("0", "", SpanKind::Whole, 0, 100 * minute),
        Span { round: 1, ..part("1", "0", SpanKind::Round, 0, 100 * minute) },
        Span {
            name: "muster.case.v1.UnitCalled".into(),
            party: "service/worker".into(),
            recipient: "unit/housing".into(),
            ..part("2", "1", SpanKind::Step, 0, 20)
        },
        Span {
            way: Some(way),
            recipient: "unit/housing".into(),
            ..part("3", "2", SpanKind::Message, 0, 20)
        },
        Span {
            name: "accept".into(),
            party: "unit/housing".into(),
            wait: Some(wait),
            ..part("4", "1", SpanKind::Wait, 0, 100 * minute)
        },
    ]
}

#[test]
fn a_wait_is_shaded_and_marked_from_where_it_is_late() {
    let lines = lines(&case(), 120, false);
    assert_eq!(lines.len(), 2 + 4, "{lines:#?}");
    let wait = lines.last().unwrap();
    let bar: Vec<char> = wait.split('|').nth(1).unwrap().chars().collect();
    let (shaded, late) = bar.split_at(bar.len() / 2);
    assert!(shaded.iter().all(|cell| *cell == '░'), "{wait}");
    assert!(late.iter().all(|cell| *cell == '▓'), "{wait}");
    assert!(wait.contains("unit/housing") && wait.contains("LATE 逾期 50 min 0 s"), "{wait}");
    assert!(lines[4].contains("called 呼叫单位") && lines[4].contains("20 ms"), "{lines:#?}");
}

#[test]
fn messages_are_drawn_where_they_are_asked_for() {
    let lines = lines(&case(), 140, true);
    assert!(lines.iter().any(|line| line.contains("信封") && line.contains("answered 1 min")));
}

#[test]
fn every_line_fits_in_the_width_whatever_is_in_it() {
    for width in [60, 80, 101, 240] {
        let mut spans = case();
        spans[2].recipient = "office/一个很长的名字的办公室一个很长的名字的办公室".into();
        for line in lines(&spans, width, true) {
            let columns: usize = line.chars().map(wide).sum();
            assert!(columns <= width, "{columns} of {width}: {line}");
        }
    }
}

#[test]
fn what_goes_on_and_what_reaches_beyond_is_marked() {
    let mut spans = case();
    spans[0].is_open = true;
    spans[2].to_ms = 200 * 60_000;
    let lines = lines(&spans, 120, false);
    assert!(lines[2].contains('>') && lines[4].contains('+'), "{lines:#?}");
    assert!(super::lines(&[], 80, false).is_empty());
}
