//! What holds of every operation, whatever is said in whatever order, and whenever the worker looks.
//!
//! Two operations at overlapping times and three units, each with a desk and a line to the bus that
//! may be away: what a desk says waits there, and what is for it waits at the bus.

use std::collections::{BTreeMap, VecDeque};

use proptest::{collection::vec, prelude::*};

mod pictures;
mod whole;

use super::{
    part::{Hold, Part},
    tests::{HOUR, at, crew, limits, operation, plan, said, unit},
    *,
};

const UNITS: [&str; 3] = ["police", "city", "roads"];
const OPERATIONS: [&str; 2] = ["O1", "O2"];

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A desk confirms, with one of two crews.
    Confirms { unit: usize, operation: usize, crew: usize },
    /// A desk declines.
    Declines { unit: usize, operation: usize },
    /// A team checks in.
    ChecksIn { unit: usize, operation: usize },
    /// The line of a unit goes, or comes back.
    Line { unit: usize, is_up: bool },
    /// The flow looks, and what it decides is done, perhaps twice.
    Looks { operation: usize, is_twice: bool },
    /// The flow decides, and is killed before it is done.
    Killed { operation: usize },
    /// The coordinator calls it off.
    Aborts { operation: usize },
    /// A message comes to a desk once more.
    Again { unit: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let (units, operations) = (0..UNITS.len(), 0..OPERATIONS.len());
    let both = (units.clone(), operations.clone());
    prop_oneof![
        6 => (units.clone(), operations.clone(), 0..2_usize)
            .prop_map(|(unit, operation, crew)| Event::Confirms { unit, operation, crew }),
        1 => both.clone().prop_map(|(unit, operation)| Event::Declines { unit, operation }),
        3 => both.prop_map(|(unit, operation)| Event::ChecksIn { unit, operation }),
        3 => (units.clone(), any::<bool>()).prop_map(|(unit, is_up)| Event::Line { unit, is_up }),
        6 => (operations.clone(), any::<bool>())
            .prop_map(|(operation, is_twice)| Event::Looks { operation, is_twice }),
        1 => operations.clone().prop_map(|operation| Event::Killed { operation }),
        1 => operations.prop_map(|operation| Event::Aborts { operation }),
        1 => units.prop_map(|unit| Event::Again { unit }),
    ]
}

/// A unit: its desk, and what waits on both sides of its line.
#[derive(Default)]
struct Unit {
    parts: BTreeMap<usize, Part>,
    out: VecDeque<(usize, Fact)>,
    into: VecDeque<(usize, Fact)>,
    last: Option<(usize, Fact)>,
    is_away: bool,
}

struct Town {
    operations: Vec<(Operation, Receipts)>,
    units: Vec<Unit>,
    summaries: Vec<usize>,
    /// What the record has of each operation, in order: by whom, what, when.
    log: Vec<(usize, Party, Fact, Moment)>,
}

impl Town {
    fn new() -> Town {
        let one = |id: &&str| (operation(id), Receipts::default());
        Town {
            operations: OPERATIONS.iter().map(one).collect(),
            units: UNITS.iter().map(|_| Unit::default()).collect(),
            summaries: vec![0; OPERATIONS.len()],
            log: Vec::new(),
        }
    }

    /// The record has something; whether it changed anything.
    fn folds(&mut self, of: usize, source: Party, fact: &Fact, now: Moment) -> bool {
        let is_new = self.operations[of].0.apply(fact, now);
        self.log.push((of, source, fact.clone(), now));
        is_new
    }

    /// What a unit holds for operations, without one.
    fn others(&self, unit: usize) -> Vec<(OperationId, Hold)> {
        let parts = self.units[unit].parts.values();
        parts.filter_map(|part| Some((part.id.clone(), part.hold.clone()?))).collect()
    }

    /// A desk says something: it is in its own journal first.
    fn says(&mut self, unit: usize, operation: usize, fact: Fact, now: Moment) {
        let name = UNITS[unit].parse().unwrap();
        if let Some(part) = self.units[unit].parts.get_mut(&operation) {
            part.apply(&name, &fact, now);
            self.units[unit].out.push_back((operation, fact));
        }
        self.flush(now);
    }

    /// What waits goes over the lines that are up.
    fn flush(&mut self, now: Moment) {
        let mut said = Vec::new();
        for (index, unit) in self.units.iter_mut().enumerate().filter(|(_, unit)| !unit.is_away) {
            let name: UnitId = UNITS[index].parse().unwrap();
            while let Some((of, fact)) = unit.into.pop_front() {
                let id = OPERATIONS[of].parse().unwrap();
                match unit.parts.get_mut(&of) {
                    Some(part) => drop(part.apply(&name, &fact, now)),
                    None => {
                        let part = Part::begin(id, &name, &fact, now);
                        unit.parts.extend(part.map(|part| (of, part)));
                    }
                }
                let receipts = &mut self.operations[of].1;
                match &fact {
                    Fact::Invited { .. } => drop(receipts.invited.insert(name.clone())),
                    Fact::ReleaseAsked { .. } => drop(receipts.released.insert(name.clone())),
                    _ => {}
                }
                unit.last = Some((of, fact));
            }
            let own = Party::unit(&name);
            said.extend(unit.out.drain(..).map(|(of, fact)| (of, own.clone(), fact)));
        }
        for (of, source, fact) in said {
            self.folds(of, source, &fact, now);
        }
    }

    fn looks(&mut self, of: usize, is_twice: bool, now: Moment) {
        for _ in 0..50 {
            let (operation, receipts) = &self.operations[of];
            let steps = decide(operation, receipts, &limits(), now).steps;
            if steps.is_empty() {
                return;
            }
            for step in steps.iter().chain(steps.iter().filter(|_| is_twice)) {
                self.performs(of, step, now);
            }
            self.flush(now);
        }
        panic!("it never comes to rest");
    }

    fn performs(&mut self, of: usize, step: &Step, now: Moment) {
        let (operation, receipts) = &self.operations[of];
        for fact in said(operation, receipts, step) {
            if matches!(fact, Fact::Started { .. }) {
                assert!(self.operations[of].0.has_quorum(), "never without a quorum");
            }
            if !self.folds(of, Party::service(Role::Worker), &fact, now) {
                continue;
            }
            self.summaries[of] += usize::from(matches!(fact, Fact::Summarised(_)));
            let to = match &fact {
                Fact::Invited { need, .. } => Some(&need.unit),
                Fact::Briefed { unit, .. } | Fact::ReleaseAsked { unit } => Some(unit),
                _ => None,
            };
            if let Some(to) = to {
                let member = &self.operations[of].0.members[to];
                assert!(member.is_registered, "the undo is registered first");
                let to = UNITS.iter().position(|unit| *unit == to.as_str()).unwrap();
                self.units[to].into.push_back((of, fact));
            }
        }
    }

    /// No person and no vehicle of a unit is held twice for the same time, nor there twice.
    fn check(&self) {
        for unit in &self.units {
            let holds: Vec<(&Part, &Hold)> =
                unit.parts.values().filter_map(|part| Some((part, part.hold.as_ref()?))).collect();
            for (index, (part, hold)) in holds.iter().enumerate() {
                assert!(!part.is_released, "who has let go holds nothing");
                for (_, other) in &holds[..index] {
                    assert_eq!(hold.shares(other, at(0)), None, "in two at once");
                }
            }
        }
    }

    fn happens(&mut self, event: Event, now: Moment) {
        match event {
            Event::Confirms { unit: who, operation, crew: with } => {
                let crew = crew(&format!("p{with}"), &format!("v{with}"));
                let others = self.others(who);
                let Some(part) = self.units[who].parts.get(&operation) else { return };
                if part.check_confirmation(&crew, &others, now).is_ok() {
                    let unit = unit(UNITS[who]);
                    self.says(who, operation, Fact::Confirmed { unit, crew }, now);
                }
            }
            Event::Declines { unit: who, operation } => {
                let unit = unit(UNITS[who]);
                let Some(part) = self.units[who].parts.get(&operation) else { return };
                if part.check_refusal(&unit, "x", None).is_ok() {
                    let reason = "x".to_owned();
                    let fact = Fact::Declined { unit, reason, substitute: None };
                    self.says(who, operation, fact, now);
                }
            }
            Event::ChecksIn { unit: who, operation } => {
                let others = self.others(who);
                let Some(part) = self.units[who].parts.get(&operation) else { return };
                if part.check_arrival(&others, now).is_ok() {
                    let fact = Fact::CheckedIn { unit: unit(UNITS[who]), at: now };
                    self.says(who, operation, fact, now);
                }
            }
            Event::Line { unit, is_up } => {
                self.units[unit].is_away = !is_up;
                self.flush(now);
            }
            Event::Looks { operation, is_twice } => self.looks(operation, is_twice, now),
            Event::Killed { operation } => {
                let (it, receipts) = &self.operations[operation];
                drop(decide(it, receipts, &limits(), now));
            }
            Event::Aborts { operation } => {
                let by = "office/o".parse().unwrap();
                let (how, reason) = (Ending::Aborted, "x".to_owned());
                let fact = Fact::Ended { how, by, reason, is_series: false };
                self.folds(operation, Party::service(Role::Gateway), &fact, now);
            }
            Event::Again { unit } => {
                let again = self.units[unit].last.clone();
                self.units[unit].into.extend(again);
                self.flush(now);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_nobody_is_in_two_operations_and_in_the_end_everybody_has_let_go(
        events in vec((0..HOUR, event()), 0..80)
    ) {
        let (mut town, mut now) = (Town::new(), 0);
        for (later, event) in events {
            now += later;
            town.happens(event, at(now));
            town.check();
        }
        let end = at(now.max(plan("O1").to.0 / 1_000) + 2 * HOUR);
        for of in 0..OPERATIONS.len() {
            town.looks(of, false, end);
        }
        for unit in &mut town.units {
            unit.is_away = false;
        }
        town.flush(end);
        // Whoever was away has heard it now, and what it said meanwhile is in the record.
        for of in 0..OPERATIONS.len() {
            town.looks(of, true, Moment(end.0 + 4 * HOUR * 1_000));
            let it = &town.operations[of].0;
            prop_assert!(it.is_closed(), "{:?}", it.stage());
            prop_assert_eq!(town.summaries[of], 1, "one summary");
        }
        for unit in &town.units {
            prop_assert!(unit.parts.values().all(|part| part.hold.is_none()), "all have let go");
        }
    }
}
