//! What holds of operations as a whole: who is in them, what they find, and what is decided about it.
//!
//! Beside the events of teams and lines, those who are there stop somebody, owners settle, the office
//! gives what is nobody's to the city, and the city's decisions have gates to pass: no crew is left
//! reserved, no finding is without an owner or the office, nobody is fined twice for one fact, and
//! nothing is punished under a decision that is not issued.

use std::collections::BTreeSet;

use super::*;
use crate::{
    decision::{
        Decision, Fact as Word, Verdict,
        tests::{by, drafted, gates},
    },
    id::DecisionId,
    inspection::{
        Docket, Fact as Finding, Opened, Standing,
        tests::{AT, docket, found, opened, penalty, powers, settled},
    },
};

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// To teams, lines and flows.
    Town(Event),
    /// A team stops somebody: kinds, and what has happened.
    Stops { unit: usize, operation: usize, found: Vec<(&'static str, u8)> },
    /// The owner of a finding punishes it, perhaps under the decision that has gates.
    Punishes { stop: usize, number: u32, decision: u8 },
    /// The office gives what is nobody's to the city.
    Assigns { stop: usize, number: u32 },
    /// A word about the decision, by whoever may say it.
    Decides(u8),
}

pub(super) fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let both = (0..UNITS.len(), 0..OPERATIONS.len());
    let code = prop_oneof![Just("mud"), Just("speed"), Just("litter"), Just("odd")];
    let act = prop_oneof![
        6 => event().prop_map(Act::Town),
        4 => (both, vec((code, 0..2_u8), 1..4))
            .prop_map(|((unit, operation), found)| Act::Stops { unit, operation, found }),
        9 => (0..4_usize, 1..4_u32, 0..4_u8)
            .prop_map(|(stop, number, decision)| Act::Punishes { stop, number, decision }),
        3 => (0..4_usize, 1..4_u32).prop_map(|(stop, number)| Act::Assigns { stop, number }),
        1 => (0..4_u8).prop_map(Act::Decides),
    ];
    vec((0..HOUR / 10, act), 0..60)
}

/// Everything about two operations, the first of which has begun.
pub(super) struct Whole {
    pub(super) town: Town,
    docket: Docket,
    decision: Decision,
    /// The stops that were made.
    stops: Vec<Opened>,
    /// Under which decisions something was punished before they were issued.
    early: BTreeSet<DecisionId>,
}

impl Whole {
    pub(super) fn new() -> Whole {
        let (mut town, docket, decision) = (Town::new(), docket(), drafted(0));
        town.looks(0, false, at(1));
        for unit in 0..UNITS.len() {
            town.happens(Event::Confirms { unit, operation: 0, crew: 0 }, at(1));
        }
        town.looks(0, false, at(1));
        Whole { town, docket, decision, stops: vec![], early: BTreeSet::new() }
    }

    pub(super) fn acts(&mut self, act: Act, now: Moment) {
        match act {
            Act::Town(event) => self.town.happens(event, now),
            Act::Stops { unit: who, operation, found: seen } => {
                let id = format!("i-{}", self.stops.len() + 1).parse().unwrap();
                let Some(part) = self.town.units[who].parts.get(&operation) else { return };
                if part.check_finding(&id).is_err() {
                    return;
                }
                let seen = seen.iter().map(|(code, fact)| found(code, &format!("f-{fact}")));
                let mut stop = opened(id.as_str(), UNITS[who], seen.collect());
                stop.operation = Some(OPERATIONS[operation].parse().unwrap());
                self.docket.apply(&Finding::Opened(stop.clone()), AT, &powers());
                self.stops.push(stop);
                let fact = Fact::Found { unit: unit(UNITS[who]), inspection: id };
                self.town.says(who, operation, fact, now);
            }
            Act::Punishes { stop, number, decision } => self.punishes(stop, number, decision),
            Act::Assigns { stop, number: finding } => {
                let Some(opened) = self.stops.get(stop).cloned() else { return };
                let (person, reason) = ("chen".parse().unwrap(), "near".to_owned());
                let fact =
                    Finding::Assigned { opened, finding, unit: unit("city"), person, reason };
                self.docket.apply(&fact, AT, &powers());
            }
            Act::Decides(word) => drop(self.decision.apply(&self.word(word), now)),
        }
    }

    /// As a desk does: what has a decision of its own waits for it.
    fn punishes(&mut self, stop: usize, number: u32, of: u8) {
        let Some(stop) = self.stops.get(stop) else { return };
        let Some(finding) = self.docket.finding(&stop.id, number) else { return };
        let Some(owner) = finding.owner.clone() else { return };
        let id = if of == 0 { self.decision.id.to_string() } else { format!("d-{of}") };
        if self.decision.id.as_str() == id && self.decision.check_penalty(&owner).is_err() {
            return;
        }
        let fact = settled(stop.id.as_str(), number, owner.as_str(), penalty(&id));
        let is_early = self.decision.issued.is_none() && owner.as_str() == "city";
        if self.docket.apply(&fact, AT, &powers()) && is_early {
            self.early.insert(id.parse().unwrap());
        }
    }

    fn word(&self, word: u8) -> Word {
        match word {
            0 => Word::Classed(Box::new(gates(true, 0))),
            1 => Word::Reviewed {
                by: by("law:wu"),
                verdict: Verdict::Approve,
                reason: String::new(),
            },
            2 => Word::Issued { by: by("city:li") },
            _ => {
                Word::Reviewed { by: by("city:li"), verdict: Verdict::Approve, reason: "x".into() }
            }
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        self.town.check();
        let mut fined = BTreeSet::new();
        for (id, number, finding) in self.docket.findings() {
            let standing = self.docket.standing(id, number).unwrap();
            let is_owned = finding.owner.is_some();
            prop_assert!(is_owned || standing == Standing::Office, "{id} {number} is nobody's");
            if standing == Standing::Penalized {
                prop_assert!(fined.insert(&finding.found.fact), "fined twice: {finding:?}");
            }
        }
        prop_assert!(!self.early.contains(&self.decision.id), "punished before it was issued");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_left_reserved_unowned_fined_twice_or_issued_without_its_gate(acts in acts()) {
        let (mut whole, mut now) = (Whole::new(), 0);
        for (later, act) in acts {
            now += later;
            whole.acts(act, at(now));
            whole.check()?;
        }
        let town = &mut whole.town;
        let end = at(now.max(plan("O1").to.0 / 1_000) + 2 * HOUR);
        for unit in &mut town.units {
            unit.is_away = false;
        }
        town.flush(end);
        for of in 0..OPERATIONS.len() {
            town.looks(of, true, end);
            town.looks(of, true, Moment(end.0 + 4 * HOUR * 1_000));
        }
        for unit in &town.units {
            prop_assert!(unit.parts.values().all(|part| part.hold.is_none()), "all have let go");
        }
        let made: BTreeSet<_> = whole.stops.iter().map(|stop| stop.id.clone()).collect();
        let known: BTreeSet<_> =
            town.operations.iter().flat_map(|(one, _)| one.findings.iter().cloned()).collect();
        prop_assert_eq!(made, known, "what was found is in its operation");
    }
}
