//! What holds of every object, whatever is said of it, in whatever order, how often, and by whom.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::{
    tests::{AT, decision, docket, found, opened, penalty, powers, revoked, settled, unit},
    *,
};
use crate::{id::FactKey, moment::Moment};

const UNITS: [&str; 4] = ["enforcement", "police", "roads", "housing"];
const STOPS: [&str; 3] = ["i-1", "i-2", "i-3"];

/// Something that is said.
#[derive(Clone, Debug)]
enum Event {
    /// A stop with findings of these kinds about these facts.
    Opens(usize, &'static str, Vec<(&'static str, u8)>),
    /// A unit, whichever, settles a finding; perhaps with a number that it has used.
    Settles(usize, u32, &'static str, u8, u8),
    /// A unit, whichever, takes back.
    Revokes(usize, u32, &'static str),
    /// The office names a unit.
    Assigns(usize, u32, &'static str),
    /// The office says which of the penalties for a fact stands.
    Chooses(u8, usize),
    /// What was said last is said again.
    Repeats,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let stop = || 0..STOPS.len();
    let who = || prop::sample::select(&UNITS[..]);
    let code = prop_oneof![Just("mud"), Just("speed"), Just("litter"), Just("odd")];
    let opens = (stop(), who(), vec((code, 0..3_u8), 1..5));
    let settles = (stop(), 1..5_u32, who(), 0..4_u8, 0..6_u8);
    let event = prop_oneof![
        2 => opens.prop_map(|(stop, by, found)| Event::Opens(stop, by, found)),
        8 => settles.prop_map(|(s, n, by, how, number)| Event::Settles(s, n, by, how, number)),
        2 => (stop(), 1..5_u32, who()).prop_map(|(s, n, by)| Event::Revokes(s, n, by)),
        2 => (stop(), 1..5_u32, who()).prop_map(|(s, n, to)| Event::Assigns(s, n, to)),
        2 => (0..3_u8, 0..3_usize).prop_map(|(fact, which)| Event::Chooses(fact, which)),
        1 => Just(Event::Repeats),
    ];
    vec(event, 0..60)
}

fn key(fact: u8) -> FactKey {
    format!("f-{fact}").parse().unwrap()
}

/// What the event says; none where nobody could say it.
fn fact(docket: &Docket, event: &Event) -> Option<Fact> {
    Some(match event {
        Event::Opens(stop, by, findings) => {
            let findings = findings.iter().map(|(code, fact)| found(code, &format!("f-{fact}")));
            Fact::Opened(opened(STOPS[*stop], by, findings.collect()))
        }
        Event::Settles(stop, number, by, how, decided) => {
            let outcome = match how {
                0 => Outcome::NotProven { reason: "dark".into() },
                1 => Outcome::Warning { decision: format!("d-{decided}").parse().unwrap() },
                _ => penalty(&format!("d-{decided}")),
            };
            settled(STOPS[*stop], *number, by, outcome)
        }
        Event::Revokes(stop, number, by) => revoked(STOPS[*stop], *number, by),
        Event::Assigns(stop, finding, to) => {
            let opened = docket.inspections.get(&STOPS[*stop].parse().unwrap())?.opened.clone();
            let (person, reason) = ("chen".parse().unwrap(), "near".to_owned());
            Fact::Assigned { opened, finding: *finding, unit: unit(to), person, reason }
        }
        Event::Chooses(of, which) => {
            let all = docket.penalties(&key(*of));
            let stands = all.get(*which)?.2.decision()?;
            let aside = check_choice(docket, &key(*of), &stands, "why").ok()?;
            let person = "chen".parse().unwrap();
            Fact::Chosen { fact: key(*of), stands, aside, person, reason: "why".into() }
        }
        Event::Repeats => return None,
    })
}

/// Nobody is without an owner, nobody is fined twice for one fact, and only by the owner.
fn holds(docket: &Docket) -> Result<(), TestCaseError> {
    let mut fined: BTreeMap<&FactKey, u32> = BTreeMap::new();
    for (id, number, finding) in docket.findings() {
        let standing = docket.standing(id, number).unwrap();
        let opener = &docket.inspections[id].opened.unit;
        let by_power = owner(&powers(), opener, &finding.found);
        let is_right = match &finding.assigned {
            None => finding.owner == by_power,
            Some(_) => by_power.is_none() && finding.owner.is_some(),
        };
        prop_assert!(is_right, "{finding:?} is by the table {by_power:?}'s");
        prop_assert_eq!(standing == Standing::Office, finding.owner.is_none());
        if standing == Standing::Penalized {
            *fined.entry(&finding.found.fact).or_default() += 1;
        }
    }
    prop_assert!(fined.values().all(|times| *times == 1), "fined twice: {fined:?}");
    for (id, one) in &docket.inspections {
        let all = one.findings.keys().all(|at| docket.standing(id, *at).unwrap().is_closed());
        prop_assert_eq!(one.closed_at.is_some(), all, "{}", id);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_finding_is_without_an_owner_nobody_is_fined_twice_and_a_stop_closes_once(
        events in events(),
    ) {
        let (mut docket, mut last) = (docket(), None);
        let mut closed: BTreeMap<_, Moment> = BTreeMap::new();
        for (step, event) in events.iter().enumerate() {
            let now = Moment(AT.0 + i64::try_from(step).unwrap());
            match fact(&docket, event) {
                Some(said) => {
                    docket.apply(&said, now, &powers());
                    last = Some(said);
                }
                None => if let Some(said) = &last {
                    let before = docket.clone();
                    prop_assert!(!docket.apply(said, now, &powers()));
                    prop_assert_eq!(&docket, &before);
                },
            }
            holds(&docket)?;
            for (id, one) in &docket.inspections {
                if let Some(at) = one.closed_at {
                    prop_assert_eq!(*closed.entry(id.clone()).or_insert(at), at);
                }
                prop_assert!(one.closed_at.is_some() || !closed.contains_key(id), "{} again", id);
            }
        }
    }

    #[test]
    fn a_number_of_a_decision_is_used_once_by_a_unit(events in events()) {
        let mut docket = docket();
        for event in &events {
            if let Some(said) = fact(&docket, event) {
                docket.apply(&said, AT, &powers());
            }
        }
        let mut used: Vec<_> = docket.findings().filter_map(|(_, _, one)| one.decision()).collect();
        let count = used.len();
        used.sort();
        used.dedup();
        prop_assert_eq!(used.len(), count);
        prop_assert!(!used.contains(&decision("nobody", "d-1")));
    }
}
