//! What is shown of a picture, and what is said about it.

use proto::ledger::{GetTraceResponse, Link, MessageWay, Span, SpanKind, WaitClock};

use super::{
    Asked, Said, Speech, View,
    axis::{LEVELS, Window, marks, stamp},
    part, render,
    say::duration,
    stuck::{self, Reason},
    tree::{self, ROWS_MAX},
};
use crate::words::Lang;

/// 22 November 2026, 8 o'clock in Wenshan.
const EIGHT: i64 = 1_795_305_600_000;
const HOUR: i64 = 3_600_000;

fn span(id: &str, parent: &str, kind: SpanKind, (from, to): (i64, i64)) -> Span {
    Span {
        span_id: id.into(),
        parent_span_id: parent.into(),
        kind: kind.into(),
        name: "muster.case.v1.TaskAccepted".into(),
        party: "unit/housing".into(),
        from_ms: EIGHT + from,
        to_ms: EIGHT + to,
        ..Span::default()
    }
}

fn wait(id: &str, (from, to): (i64, i64), due: i64) -> Span {
    let wait = WaitClock {
        due_at_ms: EIGHT + due,
        is_late: to > due,
        is_working_time: true,
        opened_by: "b".into(),
        ..WaitClock::default()
    };
    let span = span(id, "a", SpanKind::Wait, (from, to));
    Span { name: "arrive".into(), wait: Some(wait), is_open: true, ..span }
}

/// Open for five hours; housing was to arrive two hours ago.
fn picture() -> GetTraceResponse {
    let whole = span("a", "", SpanKind::Whole, (0, 5 * HOUR));
    let step = span("b", "a", SpanKind::Step, (HOUR, HOUR + 20));
    let way = MessageWay {
        stored_at_ms: EIGHT + HOUR + 20,
        read_at_ms: EIGHT + HOUR + 90,
        ..MessageWay::default()
    };
    let message = span("c", "b", SpanKind::Message, (HOUR, HOUR + 90));
    GetTraceResponse {
        trace_id: "f".repeat(32),
        spans: vec![
            Span { is_open: true, ..whole },
            Span { recipient: "service/worker".into(), ..step },
            Span { way: Some(way), ..message },
            wait("d", (HOUR, 5 * HOUR), 3 * HOUR),
        ],
        as_of_ms: EIGHT + 5 * HOUR,
    }
}

fn name(party: &str) -> String {
    format!("<{party}>")
}

fn speech(lang: Lang) -> Speech<'static> {
    Speech { lang, offset_minutes: 480, name: &name }
}

fn shown(picture: &GetTraceResponse, lang: Lang, asked: &Asked) -> String {
    let said = [Said {
        at_ms: EIGHT + HOUR + 20,
        source: "unit/housing".into(),
        sentence: "Housing reports for duty.".into(),
    }];
    let view = View { speech: speech(lang), here: "/cases/C1", asked, said: &said };
    render(picture, &view).into_string()
}

#[test]
fn waits_are_named_with_whom_by_which_clock_and_lateness_in_words() {
    let text = shown(&picture(), Lang::En, &Asked::default());
    for words in [
        "waits for &lt;unit/housing&gt; to arrive",
        "due 2026-11-22 11:00:00, by working time",
        "4 h so far, late by 2 h",
        "&lt;unit/housing&gt; has to arrive and is late by 2 h",
        "&lt;unit/housing&gt; → &lt;service/worker&gt;: reported for duty",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = shown(&picture(), Lang::Zh, &Asked::default());
    for words in ["等候&lt;unit/housing&gt;到场", "按工作时间计", "逾期 2 小时", "停滞"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_step_that_is_chosen_shows_its_message_its_unit_and_its_receipts() {
    let asked = Asked { step: Some("b".into()), ..Asked::default() };
    let text = shown(&picture(), Lang::En, &asked);
    for words in [
        "Housing reports for duty.",
        "muster.case.v1.TaskAccepted",
        "unit/housing",
        "2026-11-22 09:00:00.020",
        "2026-11-22 09:00:00.090",
        "not yet",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!shown(&picture(), Lang::En, &Asked::default()).contains("Housing reports"));
    let gone = Asked { step: Some("zz".into()), ..Asked::default() };
    assert!(shown(&picture(), Lang::En, &gone).contains("There is no such step"));
}

#[test]
fn another_matter_of_a_step_is_a_link_to_its_page() {
    for (subject, right) in [
        ("case/wenshan/O1-1", "/cases/O1-1"),
        ("operation/O1", "/operations/O1"),
        ("approval/wenshan/A1", "/traces/approval/A1"),
    ] {
        assert_eq!(super::detail::address(subject), right);
    }
    let mut picture = picture();
    let link = Link { subject: "case/wenshan/O1-1".into(), ..Link::default() };
    picture.spans[1].links.push(link);
    let asked = Asked { step: Some("b".into()), ..Asked::default() };
    assert!(shown(&picture, Lang::En, &asked).contains("href=\"/cases/O1-1\""));
}

#[test]
fn nothing_of_a_picture_or_of_a_query_is_taken_for_markup() {
    let mut picture = picture();
    picture.spans[1].party = "\"><script>x</script>".into();
    let asked = Asked { step: Some("\"><script>".into()), ..Asked::default() };
    let text = shown(&picture, Lang::En, &asked);
    assert!(!text.contains("<script>"), "{text}");
    assert!(!text.contains("style=") && !text.contains("onclick"), "no inline script or style");
}

#[test]
fn the_same_is_there_as_a_table_and_each_row_can_be_linked_to() {
    let text = shown(&picture(), Lang::En, &Asked::default());
    assert_eq!(text.matches("<th scope=\"row\">").count(), 3, "a message belongs to its step");
    assert!(text.contains("href=\"/cases/C1?step=d#wf-detail\""), "{text}");
    let asked = Asked { last: Some(1_000), ..Asked::default() };
    assert!(shown(&picture(), Lang::En, &asked).contains("?last=1000&amp;step=d#wf-detail"));
}

#[test]
fn every_level_of_zoom_is_a_link_that_stays_inside() {
    let picture = picture();
    let text = shown(&picture, Lang::En, &Asked::default());
    for level in LEVELS.into_iter().filter(|level| *level < 5 * HOUR) {
        assert!(text.contains(&format!("href=\"/cases/C1?last={level}#wf\"")), "{level}");
    }
    let root = tree::root(&picture.spans).unwrap();
    let end = EIGHT + 5 * HOUR;
    for (at, span, right) in [
        (EIGHT, HOUR, (EIGHT, EIGHT + HOUR)),
        (end, HOUR, (end - HOUR, end)),
        (EIGHT + 2 * HOUR, HOUR, (EIGHT + HOUR * 3 / 2, EIGHT + HOUR * 5 / 2)),
        (i64::MIN, 0, (EIGHT, EIGHT + 1)),
        (i64::MAX, i64::MAX, (EIGHT, end)),
    ] {
        assert_eq!(Window::around(root, at, span), right, "{at} {span}");
    }
}

#[test]
fn a_window_is_inside_of_the_picture_or_the_whole() {
    let picture = picture();
    let root = tree::root(&picture.spans).unwrap();
    let end = EIGHT + 5 * HOUR;
    let of = |from, to, last| {
        let window = Window::of(root, &Asked { from, to, last, ..Asked::default() });
        (window.from, window.to, window.follows, window.is_whole)
    };
    let whole = (EIGHT, end, true, true);
    assert_eq!(of(None, None, None), whole);
    assert_eq!(of(Some(5), None, None), whole);
    assert_eq!(of(Some(EIGHT + 9), Some(EIGHT + 9), None), whole);
    assert_eq!(of(Some(i64::MIN), Some(i64::MAX), None), whole);
    assert_eq!(of(Some(end + 5), Some(end + 9), None), whole, "beyond it");
    assert_eq!(of(None, None, Some(-5)), whole);
    assert_eq!(of(None, None, Some(HOUR)), (end - HOUR, end, true, false));
    let inner = (EIGHT + HOUR, EIGHT + 2 * HOUR, false, false);
    assert_eq!(of(Some(EIGHT + HOUR), Some(EIGHT + 2 * HOUR), None), inner);
}

#[test]
fn what_does_not_touch_the_window_is_left_out_and_the_root_stays() {
    let picture = picture();
    let ids = |from: i64, to: i64| {
        let window = Window { from: EIGHT + from, to: EIGHT + to, follows: false, is_whole: false };
        let rows = tree::within(tree::rows(&picture.spans), &window);
        rows.iter().map(|row| row.span.span_id.clone()).collect::<String>()
    };
    assert_eq!(ids(0, 5 * HOUR), "abd");
    assert_eq!(ids(0, HOUR - 1), "a");
    assert_eq!(ids(HOUR + 30, HOUR + 60), "abd", "the message is on its way");
    assert_eq!(ids(HOUR + 91, HOUR + 92), "ad");
}

#[test]
fn rows_are_a_tree_in_order_and_nothing_is_left_out_whatever_the_parents() {
    let mut spans = picture().spans;
    spans.push(span("e", "d", SpanKind::Step, (2 * HOUR, 2 * HOUR)));
    spans.push(span("f", "nowhere", SpanKind::Step, (0, 1)));
    let order: String = tree::rows(&spans).iter().map(|row| row.span.span_id.as_str()).collect();
    assert_eq!(order, "afbde");
    let depths: Vec<usize> = tree::rows(&spans).iter().map(|row| row.depth).collect();
    assert_eq!(depths, [0, 1, 1, 1, 2]);
    assert!(tree::rows(&spans)[2].message.is_some());
    // One without a root shows that nothing is there, and does not fail.
    spans.remove(0);
    assert!(tree::rows(&spans).is_empty());
    assert!(
        shown(&GetTraceResponse::default(), Lang::En, &Asked::default()).contains("Nothing is")
    );
}

#[test]
fn a_page_is_bounded_and_an_open_picture_begins_where_the_new_steps_are() {
    let mut picture = picture();
    for number in 0..i64::try_from(ROWS_MAX).unwrap() {
        let id = format!("{number:08x}");
        picture.spans.push(span(&id, "a", SpanKind::Step, (2 * HOUR + number, 2 * HOUR + number)));
    }
    let page = |asked, is_open| {
        let page = tree::page(tree::rows(&picture.spans), asked, is_open);
        (page.number, page.count, page.rows.len(), page.all)
    };
    assert_eq!(page(None, true), (1, 2, 3, ROWS_MAX + 3));
    assert_eq!(page(None, false), (0, 2, ROWS_MAX, ROWS_MAX + 3));
    assert_eq!(page(Some(usize::MAX), false).0, 1);
    let text = shown(&picture, Lang::En, &Asked { rows: Some(0), ..Asked::default() });
    assert_eq!(text.matches("class=\"wf-label\"").count(), ROWS_MAX);
    assert!(text.contains("href=\"/cases/C1?rows=1#wf\""), "{text}");
}

#[test]
fn only_what_is_open_is_stuck_and_each_reason_has_its_words() {
    let now = EIGHT + 5 * HOUR;
    let late = wait("d", (HOUR, 5 * HOUR), 3 * HOUR);
    assert_eq!(stuck::reason(&late, now), Some(Reason::Late(2 * HOUR)));
    assert_eq!(stuck::reason(&Span { is_open: false, ..late.clone() }, now), None);
    assert_eq!(stuck::reason(&wait("d", (HOUR, 5 * HOUR), 6 * HOUR), now), None);
    let mut free = late.clone();
    free.wait.as_mut().unwrap().due_at_ms = 0;
    free.wait.as_mut().unwrap().is_late = false;
    assert_eq!(stuck::reason(&free, now), None, "who has no limit is never late");
    assert_eq!(speech(Lang::En).clock(&free), "no limit");
    let mut held = late.clone();
    held.wait.as_mut().unwrap().is_held = true;
    assert_eq!(stuck::reason(&held, now), None, "a decision holds it");
    let open = |kind, from| Span { is_open: true, ..span("e", "a", kind, (from, 5 * HOUR)) };
    let step = open(SpanKind::Step, 4 * HOUR);
    assert_eq!(stuck::reason(&step, now), Some(Reason::NotAtBus(HOUR)));
    let system = open(SpanKind::System, 4 * HOUR);
    assert_eq!(stuck::reason(&system, now), Some(Reason::System(HOUR)));
    assert_eq!(stuck::reason(&open(SpanKind::System, 5 * HOUR - 5_000), now), None, "just now");
    assert_eq!(stuck::reason(&open(SpanKind::Whole, 0), now), None);
    let words = stuck::words(&step, &Reason::NotAtBus(HOUR), &speech(Lang::En));
    assert!(words.contains("has not reached the bus for 1 h; it is sent again"), "{words}");
    let words = stuck::words(&system, &Reason::System(HOUR), &speech(Lang::En));
    assert!(words.contains("has not for 1 h"), "{words}");
    assert!(shown(&picture(), Lang::En, &Asked::default()).contains("data-stuck"));
}

#[test]
fn marks_are_round_times_of_the_city_from_weeks_to_milliseconds() {
    let texts = |from: i64, span: i64| {
        let window = Window { from, to: from + span, follows: false, is_whole: false };
        let marks = marks(&window, 480);
        assert!((1..=9).contains(&marks.len()), "{span}: {marks:?}");
        assert!(marks.iter().all(|mark| mark.at >= from && mark.at <= from + span));
        marks.into_iter().map(|mark| mark.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(EIGHT, 5 * HOUR)[..2], ["11-22 08:00", "09:00"]);
    assert_eq!(texts(EIGHT, 72 * HOUR)[0], "11-22 12:00");
    assert_eq!(texts(EIGHT, 96 * HOUR)[0], "2026-11-23");
    assert_eq!(texts(EIGHT, 10)[..2], ["11-22 08:00:00.000", "08:00:00.002"]);
    assert_eq!(texts(EIGHT, 5_000)[1], "08:00:01");
    for level in LEVELS {
        texts(EIGHT + 1, level + 1);
    }
    texts(i64::from(i32::MAX), i64::MAX / 4);
    assert_eq!(stamp(EIGHT + 5, 480), "2026-11-22 08:00:00.005");
    assert_eq!(stamp(-1, 0), "1969-12-31 23:59:59.999");
}

#[test]
fn lengths_are_said_in_their_two_largest_units() {
    for (ms, en, zh) in [
        (-5, "0 ms", "0 毫秒"),
        (999, "999 ms", "999 毫秒"),
        (61_000, "1 min 1 s", "1 分 1 秒"),
        (3_600_000, "1 h", "1 小时"),
        (90_061_000, "1 d 1 h", "1 天 1 小时"),
        (86_401_000, "1 d", "1 天"),
    ] {
        assert_eq!((&*duration(ms, Lang::En), &*duration(ms, Lang::Zh)), (en, zh));
    }
}

#[test]
fn a_page_that_is_up_asks_for_its_parts_by_name() {
    let (picture, asked) = (picture(), Asked::default());
    let view = View { speech: speech(Lang::En), here: "/cases/C1", asked: &asked, said: &[] };
    let chart = part("waterfall", &picture, &view).unwrap().into_string();
    assert!(chart.starts_with("<muster-waterfall"), "{chart}");
    let step = part("step", &picture, &view).unwrap().into_string();
    assert!(step.starts_with("<section class=\"wf-detail\""), "{step}");
    assert!(part("else", &picture, &view).is_none());
}
