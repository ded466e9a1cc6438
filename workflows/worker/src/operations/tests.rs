//! What the steps of an operation send, to whom, under which id; and what is not sent any more.

use domain::{
    clock::Pace,
    id::UnitId,
    operation::{Area, FreeDays, Need, may_say},
};

use super::*;
use crate::approvals::tests::{dengfeng, unit};

/// A day on which the pack has routes.
const NOW: i64 = 1_795_000_000_000;
const HOUR: i64 = 3_600_000;

pub(crate) fn planned() -> Plan {
    let need = |id: &str| Need {
        unit: unit(id),
        people: 1,
        vehicles: 0,
        powers: vec![],
        is_must: id == "enforcement",
    };
    Plan {
        kind: Some("muck_trucks".parse().unwrap()),
        coordinator: "office/command_hq_office".parse().unwrap(),
        goal: "the river road".into(),
        area: Area { grids: vec!["DF-SY-001".parse().unwrap()], subdistricts: vec![] },
        from: Moment(NOW + 2 * HOUR),
        to: Moment(NOW + 4 * HOUR),
        needs: ["public_security", "enforcement"].map(need).to_vec(),
        quorum: 2,
        within_ms: 3_600_000,
        pace: Pace::Around,
        repeat: Some(Repeat {
            every_days: 7,
            free_days: FreeDays::Hold,
            until: None,
            regular: None,
        }),
        series: None,
        occurrence: 1,
    }
}

fn operation() -> Operation {
    Operation::begin("O1".parse().unwrap(), &Fact::Planned(planned()), Moment(NOW)).unwrap()
}

fn sent(operation: &Operation, step: &Step) -> Vec<Outgoing> {
    let (city, registry) = (dengfeng(), |_: &IssueTypeId| Registry::default());
    Known {
        city: &city,
        operation,
        receipts: &Receipts::default(),
        limits: &domain::operation::limits(&city, "standard", operation, vec![]),
        registry: &registry,
        traceparent: Some("00-1-2-01"),
    }
    .envelopes(step)
}

fn facts(outgoing: &[Outgoing]) -> Vec<Fact> {
    let read = |one: &Outgoing| proto::operate::read(&one.kind, &one.body).unwrap();
    outgoing.iter().filter_map(read).collect()
}

/// Does a step as the worker does.
fn does(operation: &mut Operation, step: &Step) {
    assert!(is_wanted(operation, step), "{step:?}");
    for fact in facts(&sent(operation, step)) {
        assert!(may_say(&"service/worker".parse().unwrap(), &fact));
        operation.apply(&fact, Moment(NOW));
    }
}

fn aborted(operation: &mut Operation) {
    let by = "office/command_hq_office".parse().unwrap();
    let (how, reason) = (Ending::Aborted, "rain".to_owned());
    operation.apply(&Fact::Ended { how, by, reason, is_series: false }, Moment(NOW + 1));
}

fn both() -> Vec<UnitId> {
    vec![unit("enforcement"), unit("public_security")]
}

#[test]
fn nobody_is_called_before_the_undo_is_registered_and_nobody_after_the_end() {
    let mut it = operation();
    let call = Step::Invite { unit: unit("enforcement") };
    assert!(!is_wanted(&it, &call), "its undo is not registered");
    does(&mut it, &Step::Register { units: both() });
    assert!(!is_wanted(&it, &Step::Register { units: both() }), "once");
    let outgoing = sent(&it, &call);
    assert_eq!(outgoing, sent(&it, &call), "the same ids every time");
    assert_eq!(outgoing[0].recipient, Some(Party::unit(&unit("enforcement"))));
    let mut late = it.clone();
    does(&mut it, &call);
    assert!(!is_wanted(&it, &call), "once");

    aborted(&mut late);
    assert!(!is_wanted(&late, &call), "a late do is refused");
    let undo = Step::Release { unit: unit("enforcement") };
    does(&mut late, &undo);
    assert!(!is_wanted(&late, &undo), "once, also where the do never happened");
    let done = Step::NoteReleased { units: both() };
    does(&mut late, &done);
    assert!(!is_wanted(&late, &done), "once");
}

#[test]
fn the_next_of_a_series_is_planned_with_the_last_word_about_it_in_one_record() {
    let mut it = operation();
    assert!(!is_wanted(&it, &Step::Repeat), "not before the end");
    aborted(&mut it);
    let outgoing = sent(&it, &Step::Repeat);
    assert_eq!(outgoing, sent(&it, &Step::Repeat), "the same ids every time");
    let facts = facts(&outgoing);
    let [Fact::Repeated { next }, Fact::Planned(plan)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(next.as_ref().unwrap().as_str(), "O1.2");
    assert_eq!(outgoing[1].subject, "operation/dengfeng/O1.2");
    assert_eq!((plan.occurrence, plan.from.0), (2, NOW + 2 * HOUR + 7 * 24 * HOUR));
    assert_eq!(plan.series.as_ref().unwrap().as_str(), "O1");
    does(&mut it, &Step::Repeat);
    assert!(!is_wanted(&it, &Step::Repeat), "once");
    assert!(!may_say(&"service/gateway".parse().unwrap(), &facts[1]), "only from the one before");
}

#[test]
fn what_is_left_is_begun_with_its_whistles_in_one_record() {
    let mut it = operation();
    let work = |id: &str, units: &[&str]| Work {
        id: id.parse().unwrap(),
        grid: "DF-SY-001".parse().unwrap(),
        issue_type: "muck_mud".parse().unwrap(),
        units: units.iter().map(|id| unit(id)).collect(),
        text: "mud on the road".into(),
    };
    let by = "office/command_hq_office".parse().unwrap();
    let works = vec![work("1", &["enforcement"]), work("2", &["water"])];
    it.apply(&Fact::FollowUp { works, by }, Moment(NOW + 1));
    let step = Step::BeginWork { batch: 1 };
    let outgoing = sent(&it, &step);
    let subjects: Vec<&str> = outgoing.iter().map(|one| one.subject.as_str()).collect();
    let right = ["operation/dengfeng/O1", "case/dengfeng/O1-1", "case/dengfeng/O1-2"];
    assert_eq!(subjects, right);
    let ids: std::collections::BTreeSet<_> = outgoing.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 3, "an item and a batch of one number are two things");
    let whistle = |one: &Outgoing| match proto::fact::read(&one.kind, &one.body).unwrap().unwrap() {
        case::Fact::Whistled(whistle) => whistle,
        other => panic!("{other:?}"),
    };
    let first = whistle(&outgoing[1]);
    assert_eq!(
        (first.intake.channel, &first.called_units[..]),
        (Channel::Operation, &[unit("enforcement")][..])
    );
    assert!(whistle(&outgoing[2]).called_units.is_empty(), "water is not on the route: all of it");
    let fact = case::Fact::Whistled(first);
    assert!(!case::may_say(&"service/gateway".parse().unwrap(), &fact), "nobody whistles for it");
    does(&mut it, &step);
    assert!(!is_wanted(&it, &step), "once");
}
