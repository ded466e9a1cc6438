//! What holds whatever is confirmed and revoked, in whatever order.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    /// Confirmed: decision, fact, points by the fact.
    Confirm(u8, u8),
    /// Revoked.
    Revoke(u8),
    /// Everything goes on, with the platform there or away.
    Settle(bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..24_u8, 0..12_u8).prop_map(|(decision, fact)| Event::Confirm(decision, fact)),
        2 => (0..24_u8).prop_map(Event::Revoke),
        2 => any::<bool>().prop_map(Event::Settle),
    ]
}

fn by(decision: u8) -> &'static str {
    if decision.is_multiple_of(2) { "enforcement" } else { "police" }
}

fn points(fact: u8) -> u32 {
    u32::from(fact) % 5 * 5
}

fn fact(event: &Event) -> Option<Fact> {
    match event {
        Event::Confirm(decision, fact) => {
            let (name, about_) = (format!("d{decision}"), format!("f{fact}"));
            Some(about(by(*decision), &name, points(*fact), &about_))
        }
        Event::Revoke(decision) => Some(revoked(by(*decision), &format!("d{decision}"))),
        Event::Settle(_) => None,
    }
}

/// The score as a slow sum over what is unrevoked, each fact once.
fn slow(ledger: &Ledger) -> i64 {
    let mut facts = BTreeMap::new();
    for held in ledger.violations.iter().filter(|held| held.revoked.is_none()) {
        facts.insert(held.violation.fact.clone(), i64::from(held.violation.points));
    }
    100 - facts.values().sum::<i64>()
}

fn nobody() -> Ledger {
    let mut ledger =
        Ledger::begin("o".parse().unwrap(), &of("police", "first", 0), Moment(0)).unwrap();
    ledger.violations.clear();
    ledger
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// One push for each crossing, in order, and each is corrected when it is over.
    #[test]
    fn one_push_for_each_crossing_and_nothing_at_60(events in vec(event(), 0..60)) {
        let (mut ledger, mut taken, mut crossings, mut listed) = (nobody(), vec![], 0, false);
        for event in &events {
            if let Some(fact) = fact(event) {
                ledger.apply(&fact, Moment(1));
            }
            prop_assert_eq!(ledger.score(100), slow(&ledger));
            let down: &[&str] = match event { Event::Settle(true) => &[], _ => &["platform"] };
            taken.extend(settle(&mut ledger, down));
            let is_below = ledger.score(100) < 60;
            crossings += u32::from(is_below && !listed);
            listed = is_below;
            prop_assert_eq!(ledger.listed().is_some(), is_below);
        }
        taken.extend(settle(&mut ledger, &[]));
        prop_assert_eq!(ledger.listings.len(), crossings as usize);
        let platform: Vec<&String> = taken.iter().filter(|id| id.starts_with("platform")).collect();
        let mut expected = Vec::new();
        for number in 1..=crossings {
            expected.push(format!("platform/listed/{number}"));
            if number < crossings || !listed {
                expected.push(format!("platform/corrected/{number}"));
            }
        }
        prop_assert_eq!(platform.len(), expected.len());
        for id in &expected {
            prop_assert_eq!(platform.iter().filter(|one| **one == id).count(), 1, "{}", id);
        }
    }

    /// Whatever comes at once before anybody looks, it ends in the same place and says nothing twice.
    #[test]
    fn whatever_comes_at_once_it_ends_right(events in vec(event(), 0..60)) {
        let (mut ledger, mut taken) = (nobody(), vec![]);
        for event in &events {
            match event {
                Event::Settle(is_up) => {
                    taken.extend(settle(&mut ledger, if *is_up { &[] } else { &["platform"] }));
                }
                _ => { fact(event).map(|fact| ledger.apply(&fact, Moment(1))); }
            }
        }
        taken.extend(settle(&mut ledger, &[]));
        prop_assert_eq!(ledger.listed().is_some(), slow(&ledger) < 60);
        let mut once = taken.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), taken.len(), "something went twice: {:?}", taken);
        prop_assert!(!is_owed(&ledger, &rules()));
        for listing in &ledger.listings {
            let was_sent = taken.contains(&format!("platform/listed/{}", listing.number));
            let was_corrected = taken.contains(&format!("platform/corrected/{}", listing.number));
            prop_assert!(!listing.stands() || was_sent);
            prop_assert_eq!(was_corrected, was_sent && !listing.stands());
        }
    }

    /// Decisions about different facts may come in any order: the score is the same.
    #[test]
    fn the_order_of_different_facts_does_not_matter(
        picked in vec((0..24_u8, 0..12_u8), 0..20), seed in any::<u64>()
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let mut events: Vec<Event> = picked
            .into_iter()
            .filter(|(decision, fact)| seen.insert(*decision) && seen.insert(100 + *fact))
            .map(|(decision, fact)| Event::Confirm(decision, fact))
            .collect();
        let one = events.iter().filter_map(fact).fold(nobody(), |mut l, f| { l.apply(&f, Moment(1)); l });
        let mut state = seed | 1;
        for index in (1..events.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            events.swap(index, (state >> 33) as usize % (index + 1));
        }
        let other = events.iter().filter_map(fact).fold(nobody(), |mut l, f| { l.apply(&f, Moment(1)); l });
        prop_assert_eq!(one.score(100), other.score(100));
    }
}
