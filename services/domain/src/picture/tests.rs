//! Tables: one case from the whistle to the closing, and what its picture says.

use super::*;

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

/// Something that was said, a minute of the case at a time, with a moment on its way.
fn step(minute: i64, source: &str, kind: &str, recipient: &str, round: u32) -> Step {
    let at = |ms| Moment(minute * 60_000 + ms);
    Step {
        id: format!("e/{minute}").parse().unwrap(),
        source: party(source),
        kind: kind.into(),
        recipient: recipient.parse().ok(),
        decided_at: at(0),
        stored_at: Some(at(20)),
        read_at: at(50),
        round,
        is_over: false,
        waited: vec![],
        links: vec![],
    }
}

fn waited(duty: &'static str, from: i64, due: i64, has_ended: bool) -> Waited {
    let minute = |minute| Moment(minute * 60_000 + 20);
    let clock =
        Clock { due: minute(due), pace: Pace::Around, used_ms: 0, left_ms: 0, is_held: false };
    Waited {
        party: party("unit/housing"),
        duty,
        about: String::new(),
        from: minute(from),
        clock: Some(clock),
        has_ended,
    }
}

/// Whistled, called, accepted late, done; the system closes it an hour later.
fn case() -> Vec<Step> {
    vec![
        step(0, "service/gateway", "Whistled", "", 0),
        step(3, "service/worker", "Called", "unit/housing", 1),
        Step {
            waited: vec![waited("accept", 3, 8, true)],
            ..step(10, "unit/housing", "Accepted", "", 1)
        },
        Step {
            waited: vec![waited("dispose", 10, 40, true)],
            ..step(20, "unit/housing", "Disposed", "", 1)
        },
        Step { is_over: true, ..step(80, "service/worker", "Closed", "", 1) },
    ]
}

fn named<'s>(spans: &'s [Span], kind: Kind, what: &str) -> &'s Span {
    let mut found = spans.iter().filter(|span| span.kind == kind && span.what == what);
    let one = found.next().unwrap_or_else(|| panic!("no {kind:?} {what} in {spans:#?}"));
    assert!(found.next().is_none(), "{kind:?} {what} is there twice");
    one
}

#[test]
fn a_wait_says_for_whom_by_which_clock_and_how_it_ended() {
    let spans = draw(&case(), &[], Moment(9_000_000));
    let accept = named(&spans, Kind::Wait, "accept");
    assert_eq!(accept.who, Some(party("unit/housing")));
    assert!(accept.is_late && !accept.is_open);
    assert_eq!(accept.opened_by.as_deref(), Some("step/service/worker/e/3"));
    assert_eq!(accept.ended_by.as_deref(), Some("step/unit/housing/e/10"));
    assert_eq!((accept.from, accept.to), (Moment(180_020), Moment(600_020)));
    let dispose = named(&spans, Kind::Wait, "dispose");
    assert!(!dispose.is_late);
}

#[test]
fn where_nobody_owes_anything_the_system_is_waited_for_by_name() {
    let spans = draw(&case(), &[], Moment(9_000_000));
    let mut system = spans.iter().filter(|span| span.kind == Kind::System);
    let (routes, closes) = (system.next().unwrap(), system.next().unwrap());
    assert_eq!(routes.who, Some(party("service/worker")));
    assert_eq!((routes.from, routes.to), (Moment(50), Moment(180_000)));
    assert_eq!((closes.from, closes.to), (Moment(1_200_050), Moment(4_800_000)));
    assert!(system.next().is_none());
}

#[test]
fn a_message_says_when_the_bus_had_it_and_when_its_recipient_spoke() {
    let spans = draw(&case(), &[], Moment(9_000_000));
    let call = named(&spans, Kind::Message, "Called");
    assert_eq!(call.parent.as_deref(), Some("step/service/worker/e/3"));
    let way = call.way.unwrap();
    assert_eq!(way.stored_at, Some(Moment(180_020)));
    assert_eq!((way.read_at, way.answered_at), (Moment(180_050), Some(Moment(600_000))));
    assert!(call.reaches_beyond, "the ledger has it later than the bus");
}

#[test]
fn a_closed_case_ends_and_what_is_said_later_reaches_beyond() {
    let late = step(100, "service/gateway", "ReportedAgain", "", 1);
    let spans = draw(&[case(), vec![late]].concat(), &[], Moment(9_000_000));
    assert_eq!((spans[0].kind, spans[0].to), (Kind::Whole, Moment(4_800_020)));
    assert!(!spans[0].is_open);
    let late = named(&spans, Kind::Step, "ReportedAgain");
    assert!(late.reaches_beyond);
    assert!(spans.iter().any(|span| span.kind == Kind::Rest));
}

#[test]
fn an_open_case_goes_on_until_now() {
    let (steps, now) = (case()[..3].to_vec(), Moment(3_000_000));
    let waits = [waited("dispose", 10, 40, false)];
    let spans = draw(&steps, &waits, now);
    assert!(spans[0].is_open);
    assert_eq!(spans[0].to, now);
    let dispose = named(&spans, Kind::Wait, "dispose");
    assert!(dispose.is_open && dispose.is_late, "{dispose:?}");
    let whistled = draw(&steps[..1], &[], now);
    let system = named(&whistled, Kind::System, "decide");
    assert!(system.is_open, "it is the flow that is waited for");
    let untaken = Step { stored_at: None, ..steps[0].clone() };
    let waits_for = draw(&[untaken], &[], now);
    assert!(named(&waits_for, Kind::System, "take").is_open, "the bus has not taken it");
}

#[test]
fn rounds_are_between_the_whole_and_the_steps() {
    let again = step(30, "service/worker", "Called", "unit/housing", 2);
    let spans = draw(&[case()[..4].to_vec(), vec![again]].concat(), &[], Moment(3_000_000));
    let rounds: Vec<_> = spans.iter().filter(|span| span.kind == Kind::Round).collect();
    assert_eq!(rounds.iter().map(|one| one.round).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rounds[0].to, rounds[1].from);
    let accepted = named(&spans, Kind::Step, "Accepted");
    assert_eq!(accepted.parent.as_ref(), Some(&rounds[0].key));
    assert!(rounds[1].is_open && !rounds[0].is_open);
}

#[test]
fn names_for_other_tools_are_each_there_once() {
    let mut all = attribute::ALL.to_vec();
    assert!(all.iter().all(|name| name.starts_with("muster.")));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), attribute::ALL.len());
}
