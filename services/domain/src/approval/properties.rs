//! What holds of every approval, whatever is said in whatever order, and whenever the worker looks.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::{
    tests::{approval, at, limits},
    *,
};

const ITEMS: usize = 4;

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A unit speaks about some items.
    Says(&'static str, Verdict, Vec<usize>),
    /// The flow looks, and what it decides is done, perhaps twice.
    Looks { is_twice: bool },
    /// The flow decides, and is killed before it is done.
    Killed,
    /// The applicant takes it back.
    Withdraws,
}

fn events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let who = prop_oneof![Just("police"), Just("city"), Just("water"), Just("housing")];
    let verdict = prop_oneof![3 => Just(Verdict::Approve), 1 => Just(Verdict::Refuse)];
    let says = (who, verdict, vec(0..=ITEMS, 1..=ITEMS));
    let event = prop_oneof![
        8 => says.prop_map(|(who, verdict, items)| Event::Says(who, verdict, items)),
        4 => any::<bool>().prop_map(|is_twice| Event::Looks { is_twice }),
        1 => Just(Event::Killed),
        1 => Just(Event::Withdraws),
    ];
    vec((0..6_i64, event), 0..40)
}

/// The worker as far as it matters here: what has one name is sent once.
#[derive(Default)]
struct Sent {
    facts: BTreeMap<String, Fact>,
    works: Vec<CaseId>,
}

impl Sent {
    fn perform(&mut self, approval: &mut Approval, step: &Step, now: Moment) {
        let fact = match step.clone() {
            Step::Settle { batch } => Fact::Decided { batch, items: approval.settled(batch) },
            Step::Remind { unit, due, is_late } => Fact::Reminded { unit, due, is_late },
            Step::Escalate { due } => Fact::Escalated { units: vec![], due },
        };
        if self.facts.contains_key(&step.name()) {
            return;
        }
        if let Fact::Decided { items, .. } = &fact {
            self.works.extend(items.iter().filter_map(|item| item.case_id.clone()));
        }
        approval.apply(&fact, now);
        self.facts.insert(step.name(), fact);
    }
}

/// The last word of each approver in time, kept apart from the fold: who has said what, until it
/// was complete.
fn heard(words: &[(usize, &'static str, Verdict)], item: usize) -> State {
    let mut last: BTreeMap<&str, Verdict> = BTreeMap::new();
    for (_, who, verdict) in words.iter().filter(|(of, _, _)| *of == item) {
        if matches!(*who, "police" | "city") {
            last.insert(who, *verdict);
        }
        if last.values().any(|verdict| *verdict == Verdict::Refuse) {
            return State::Refused;
        }
        if last.len() == 2 {
            return State::Approved;
        }
    }
    State::Open
}

proptest! {
    #[test]
    fn whatever_happens_an_item_is_what_its_approvers_have_said_and_has_its_one_task(
        events in events()
    ) {
        let (mut it, mut sent, mut now) = (approval(ITEMS), Sent::default(), 0);
        let mut words: Vec<(usize, &'static str, Verdict)> = Vec::new();
        let mut is_withdrawn = false;
        for (later, event) in events {
            now += later;
            match event {
                Event::Says(who, verdict, items) => {
                    let items: Vec<ItemId> =
                        items.iter().map(|item| item.to_string().parse().unwrap()).collect();
                    if !is_withdrawn {
                        words.extend(items.iter().map(|item| {
                            (item.as_str().parse().unwrap(), who, verdict)
                        }));
                    }
                    let (unit, reason) = (who.parse().unwrap(), "x".into());
                    let said = Opinion { unit, items, verdict, reason, conditions: vec![] };
                    it.apply(&Fact::Opined(said), at(now));
                }
                Event::Looks { is_twice } => {
                    let steps = decide(&it, &limits(), at(now)).steps;
                    for step in steps.iter().chain(steps.iter().filter(|_| is_twice)) {
                        sent.perform(&mut it, step, at(now));
                    }
                    prop_assert!(decide(&it, &limits(), at(now)).steps.is_empty(), "all is done");
                }
                Event::Killed => drop(decide(&it, &limits(), at(now))),
                Event::Withdraws => {
                    let by = "unit/road".parse().unwrap();
                    is_withdrawn |= it.apply(&Fact::Withdrawn { by, reason: "x".into() }, at(now));
                }
            }
            for number in 1..=ITEMS {
                let item = &it.items[&number.to_string().parse::<ItemId>().unwrap()];
                let right = match heard(&words, number) {
                    State::Open if is_withdrawn => State::Withdrawn,
                    state => state,
                };
                prop_assert_eq!(item.state, right, "never but by the last words");
            }
        }
        for step in decide(&it, &limits(), at(now)).steps {
            sent.perform(&mut it, &step, at(now));
        }
        let mut right: Vec<CaseId> = it.items.values()
            .filter(|item| item.state == State::Approved)
            .filter_map(|item| work_case(&it.id, &item.proposal.id))
            .collect();
        sent.works.sort();
        right.sort();
        prop_assert_eq!(sent.works, right, "one for each approved item, none for any other");
    }

    #[test]
    fn silence_alone_never_completes_anything(looks in vec(1..100_000_i64, 1..20)) {
        let (mut it, mut sent, mut now) = (approval(ITEMS), Sent::default(), 0);
        for later in looks {
            now += later;
            for step in decide(&it, &limits(), at(now)).steps {
                sent.perform(&mut it, &step, at(now));
            }
        }
        prop_assert!(it.items.values().all(|item| item.state == State::Open));
        let urged = sent.facts.keys().filter(|name| name.starts_with("urge/")).count();
        prop_assert!(urged <= 2 && sent.works.is_empty());
    }
}
