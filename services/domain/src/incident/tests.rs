//! When a failing step is an incident, and what may be decided about it: as tables, and for any order.

use proptest::{collection::vec, prelude::*};

use super::*;

const PATIENCE: Patience = Patience { failures: 3, after_ms: 60_000 };

fn opened(sends: &[&str]) -> Event {
    Event::Opened(Box::new(Opened {
        id: IncidentId(7),
        subject: "case/w/c-1".into(),
        flow: "case/w/c-1".into(),
        step: "call/1/housing".into(),
        sends: sends.iter().map(|name| (*name).to_owned()).collect(),
        trouble: Trouble::Fails,
        since: Moment(1_000),
        failures: 3,
        reason: "NOT_IN_THE_RECORD".into(),
        message: "x".into(),
        responsible: "admin".into(),
        is_sent: false,
    }))
}

fn says(remedy: Remedy, reason: &str) -> Resolved {
    let (party, person) = ("admin/root".parse().unwrap(), "chen".parse().unwrap());
    Resolved { remedy, party, person, reason: reason.into() }
}

fn begun() -> Incident {
    Incident::begin(&opened(&["a"]), Moment(2_000)).unwrap()
}

#[test]
fn it_is_an_incident_after_so_many_failures_or_so_long_and_at_once_where_trying_is_in_vain() {
    use Trouble::{Fails, MovesNothing, NotTold, Refused};
    for (trouble, failures, ms, expected) in [
        (Fails, 1, 0, false),
        (Fails, 2, 59_999, false),
        (Fails, 2, 60_000, true),
        (Fails, 1, 600_000, false),
        (Fails, 3, 0, true),
        (MovesNothing, 2, 0, false),
        (MovesNothing, 3, 0, true),
        (Refused, 1, 0, true),
        (NotTold, 9, 59_999, false),
        (NotTold, 1, 60_000, true),
    ] {
        let tries = Tries { since: Moment(5_000), failures };
        let is_over = PATIENCE.is_over(trouble, &tries, Moment(5_000 + ms));
        assert_eq!(is_over, expected, "{trouble:?} {failures} {ms}");
    }
}

#[test]
fn what_is_decided_is_checked_and_only_one_at_a_time_is_under_way() {
    let reason = |checked: Result<(), Rejection>| checked.unwrap_err().reason;
    let mut one = begun();
    assert_eq!(reason(one.check(&says(Remedy::Retry, ""))), "REASON_MISSING");
    assert_eq!(one.check(&says(Remedy::Resume, "stuck")), Ok(()));
    one.apply(&Event::Resolved(IncidentId(7), says(Remedy::Resume, "stuck")), Moment(3_000));
    assert_eq!(reason(one.check(&says(Remedy::Retry, "x"))), "UNDER_WAY");
    assert!(one.apply(&Event::Done(IncidentId(7)), Moment(4_000)));
    assert!(!one.apply(&Event::Done(IncidentId(7)), Moment(4_000)), "once");
    assert_eq!(one.check(&says(Remedy::Skip, "x")), Ok(()));
    one.apply(&Event::Passed(IncidentId(7)), Moment(5_000));
    assert_eq!(one.closed_at, Some(Moment(5_000)));
    assert_eq!(reason(one.check(&says(Remedy::Retry, "x"))), "NOT_OPEN");
    assert!(one.remedies().is_empty());
    let looks = Incident::begin(&opened(&[]), Moment(2_000)).unwrap();
    assert_eq!(reason(looks.check(&says(Remedy::Skip, "x"))), "OTHER_REMEDY");
}

#[test]
fn what_is_put_back_is_over_and_the_others_wait_for_the_step() {
    for (remedy, is_open, is_pending) in [
        (Remedy::Retry, true, false),
        (Remedy::Skip, true, false),
        (Remedy::Resume, true, true),
        (Remedy::PutBack, false, false),
    ] {
        let mut one = begun();
        one.apply(&Event::Resolved(IncidentId(7), says(remedy, "x")), Moment(3_000));
        assert_eq!((one.is_open(), one.pending().is_some()), (is_open, is_pending), "{remedy:?}");
    }
}

#[test]
fn a_number_has_one_form() {
    for (text, number) in [
        ("i-0", Some(0)),
        ("i-4711", Some(4_711)),
        ("i-01", None),
        ("i-+1", None),
        ("i-", None),
        ("4711", None),
        ("i-18446744073709551616", None),
    ] {
        let read = text.parse::<IncidentId>().ok();
        assert_eq!(read, number.map(IncidentId), "{text}");
        assert!(read.is_none_or(|id| id.to_string() == text));
    }
}

fn event() -> impl Strategy<Value = Event> {
    let id = (6..8_u64).prop_map(IncidentId);
    let remedy =
        prop::sample::select(vec![Remedy::Retry, Remedy::PutBack, Remedy::Skip, Remedy::Resume]);
    prop_oneof![
        Just(opened(&["a"])),
        (id.clone(), remedy).prop_map(|(id, remedy)| Event::Resolved(id, says(remedy, "x"))),
        id.clone().prop_map(Event::Done),
        id.prop_map(Event::Passed),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_it_is_over_once_and_nothing_is_decided_after_that(
        events in vec(event(), 0..20),
    ) {
        let (mut one, mut before) = (begun(), None);
        for (index, event) in events.iter().enumerate() {
            let at = Moment(3_000 + i64::try_from(index).unwrap());
            let count = one.resolutions.len();
            let was_open = one.is_open();
            let changed = one.apply(event, at);
            prop_assert!(was_open || !changed, "what is over stays as it is");
            prop_assert!(one.resolutions.len() >= count);
            prop_assert!(before.is_none() || one.closed_at == before);
            before = one.closed_at;
            let undone = one.resolutions.iter().rev().skip(1).filter(|one| !one.is_done).count();
            prop_assert!(undone == 0 || !events.is_empty());
        }
    }
}
