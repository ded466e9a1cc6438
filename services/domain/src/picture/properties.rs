//! What holds of every picture, whatever was said and whenever: also where clocks jump, ids repeat
//! and waits come and go without a word.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::party::Role;

fn party() -> impl Strategy<Value = Party> {
    prop::sample::select(vec!["unit/a", "unit/b", "community/c", "service/worker"])
        .prop_map(|text| text.parse().unwrap())
}

fn moment() -> impl Strategy<Value = Moment> {
    prop_oneof![20 => (0..50_i64).prop_map(Moment), 1 => any::<i64>().prop_map(Moment)]
}

fn clock() -> impl Strategy<Value = Clock> {
    (moment(), any::<bool>()).prop_map(|(due, is_held)| Clock {
        due,
        pace: Pace::Working,
        used_ms: 1,
        left_ms: 0,
        is_held,
    })
}

fn waited() -> impl Strategy<Value = Waited> {
    let duty = prop::sample::select(vec!["accept", "arrive"]);
    (party(), duty, moment(), prop::option::weighted(0.8, clock()), any::<bool>()).prop_map(
        |(party, duty, from, clock, has_ended)| Waited {
            party,
            duty,
            about: String::new(),
            from,
            clock,
            has_ended,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let id = prop::sample::select(vec!["e/1", "e/2", "e/3", "e/4"]);
    let times = (moment(), prop::option::weighted(0.9, moment()), moment());
    let what = (0..4_u32, prop::bool::weighted(0.1), vec(waited(), 0..4));
    (id, party(), prop::option::of(party()), times, what).prop_map(
        |(id, source, recipient, (decided_at, stored_at, read_at), (round, is_over, waited))| {
            Step {
                id: id.parse().unwrap(),
                source,
                kind: "muster.case.v1.Fact".into(),
                recipient,
                decided_at,
                stored_at,
                read_at,
                round,
                is_over,
                waited,
                links: vec![],
            }
        },
    )
}

/// Whether it is one tree: each key once, one root, every parent there and above it the root, and what
/// leaves the time of its parent says so; and no moment without a part that has a name.
pub(crate) fn check_tree(spans: &[Span]) -> Result<(), TestCaseError> {
    let mut keys = BTreeMap::new();
    for span in spans {
        let is_new = keys.insert(span.key.clone(), span).is_none();
        prop_assert!(is_new, "{} is there twice", span.key);
        prop_assert!(span.from <= span.to);
    }
    prop_assert_eq!(spans.iter().filter(|span| span.parent.is_none()).count(), 1);
    for span in spans {
        let Some(parent) = &span.parent else { continue };
        let Some(parent) = keys.get(parent) else {
            return Err(TestCaseError::fail(format!("{} has no parent", span.key)));
        };
        let is_within = parent.from <= span.from && span.to <= parent.to;
        prop_assert_eq!(is_within, !span.reaches_beyond);
        let mut up = *parent;
        for _ in 0..3 {
            up = up.parent.as_ref().map_or(up, |parent| keys[parent]);
        }
        prop_assert_eq!(up.kind, Kind::Whole, "{} does not lead to the root", span.key);
    }
    for name in spans.iter().flat_map(|span| span.opened_by.iter().chain(&span.ended_by)) {
        prop_assert_eq!(keys[name].kind, Kind::Step);
    }
    check_whole(spans)
}

/// Whether something that is named is there at every moment between the first and the last.
fn check_whole(spans: &[Span]) -> Result<(), TestCaseError> {
    let mut parts: Vec<_> = spans
        .iter()
        .filter(|span| !matches!(span.kind, Kind::Whole | Kind::Round))
        .map(|span| (span.from, span.to))
        .collect();
    parts.sort_unstable();
    let root = &spans[0];
    let mut reached = parts[0].0;
    prop_assert_eq!(reached, root.from);
    for (from, to) in parts {
        prop_assert!(from <= reached, "a hole from {reached:?} to {from:?}");
        reached = reached.max(to);
    }
    prop_assert!(reached >= root.to, "a hole from {reached:?} to the end {:?}", root.to);
    Ok(())
}

proptest! {
    #[test]
    fn any_steps_make_one_tree_without_a_hole(
        steps in vec(step(), 1..12),
        waits in vec(waited(), 0..4),
        now in moment(),
    ) {
        let spans = draw(&steps, &waits, now);
        check_tree(&spans)?;
        prop_assert_eq!(draw(&steps, &waits, now), spans, "the same each time");
    }

    #[test]
    fn each_step_and_each_message_is_there_once(steps in vec(step(), 0..12), now in moment()) {
        let spans = draw(&steps, &[], now);
        for kind in [Kind::Step, Kind::Message] {
            prop_assert_eq!(spans.iter().filter(|span| span.kind == kind).count(), steps.len());
        }
        prop_assert!(spans.is_empty() == steps.is_empty());
    }

    #[test]
    fn what_the_system_does_is_named(steps in vec(step(), 1..12), now in moment()) {
        for span in draw(&steps, &[], now) {
            match span.kind {
                Kind::System => {
                    let role = if span.what == "take" { Role::Bus } else { Role::Worker };
                    prop_assert_eq!(span.who, Some(Party::service(role)));
                }
                Kind::Step | Kind::Message | Kind::Wait => prop_assert!(span.who.is_some()),
                Kind::Whole | Kind::Round | Kind::Rest => prop_assert!(span.who.is_none()),
            }
        }
    }
}
