//! What holds of every decision, whoever says whatever, in whatever order, repeated and late.

use proptest::{collection::vec, prelude::*};

use super::{
    tests::{at, by, drafted, file, gates},
    *,
};

/// Everything that can be said, by anybody, right or not.
fn facts(amount: u64) -> impl Strategy<Value = Fact> {
    let unit = prop_oneof![
        4 => Just("city"), 3 => Just("law"), 2 => Just("house"), 2 => Just("money"),
        2 => Just("court"), 2 => Just("police"), 1 => Just("office"),
    ];
    let person = prop_oneof![2 => Just("li"), 3 => Just("wu"), 1 => Just("chen")];
    let who = (unit, person).prop_map(|(unit, person)| by(&format!("{unit}:{person}")));
    (who, 0..18_u8, 1..3_u32, any::<bool>()).prop_map(move |(by, what, number, flag)| {
        let classed = || Box::new(gates(true, amount));
        let reason = || "x".to_owned();
        match what {
            0 => Fact::Classed(classed()),
            1 | 2 => Fact::Reviewed { by, verdict: Verdict::Approve, reason: reason() },
            3 => Fact::Reviewed {
                by,
                verdict: if flag && number == 1 { Verdict::Reject } else { Verdict::Return },
                reason: reason(),
            },
            4 => Fact::Supplemented { by, file: file("more") },
            5 | 6 => Fact::Issued { by },
            7 | 8 => {
                let recording = flag.then(|| Recording { reference: "v".into(), evidence: None });
                Fact::Acted { by, action: "demolish".parse().unwrap(), recording }
            }
            9 => Fact::Transferred { by, classed: classed(), file: file("y"), reason: reason() },
            10 => {
                Fact::Answered { by, version: number, answer: Answer::Return { reason: reason() } }
            }
            11 => Fact::Answered { by, version: number, answer: Answer::Accept },
            12 => Fact::Answered {
                by,
                version: number,
                answer: Answer::Outcome { text: reason(), goes_on: flag },
            },
            13 => Fact::Obstructed { by, classed: classed(), text: reason() },
            14 => Fact::Assisted { by, number, is_settled: flag, text: reason() },
            15 => Fact::Paid { by, amount: 100, reference: format!("r-{number}") },
            16 => Fact::Closed { by },
            _ => Fact::Classed(Box::new(gates(false, amount))),
        }
    })
}

/// What has counted, kept apart from the fold.
#[derive(Default)]
struct Counted {
    facts: Vec<Fact>,
    handlers: Vec<String>,
}

impl Counted {
    fn is_approved(&self) -> bool {
        let reviews = |fact: &&Fact| matches!(fact, Fact::Reviewed { .. });
        let last = self.facts.iter().rev().find(reviews);
        let small = |fact: &Fact| matches!(fact, Fact::Classed(gates) if !gates.terms.is_major);
        if self.facts.iter().any(small) {
            return true;
        }
        matches!(last, Some(Fact::Reviewed { verdict: Verdict::Approve, .. }))
    }

    fn is_issued(&self) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Fact::Issued { .. }))
    }

    /// Counted from what was said, not from the fold.
    fn is_paused(&self) -> bool {
        let count = |is: fn(&Fact) -> bool| self.facts.iter().filter(|fact| is(fact)).count();
        let sent = count(|fact| matches!(fact, Fact::Transferred { .. }));
        let ended = count(|fact| {
            let of =
                |answer: &Answer| matches!(answer, Answer::Return { .. } | Answer::Outcome { .. });
            matches!(fact, Fact::Answered { answer, .. } if of(answer))
        });
        let called = count(|fact| matches!(fact, Fact::Obstructed { .. }));
        let settled = count(|fact| matches!(fact, Fact::Assisted { is_settled: true, .. }));
        sent > ended || called > settled
    }
}

/// What may count of what was counted before.
fn is_right(before: &Counted, fact: &Fact) -> Result<(), &'static str> {
    let of = |unit: &str| fact.by().is_some_and(|by| by.unit.as_str() == unit);
    let right = match fact {
        Fact::Issued { .. } if !before.is_approved() => Err("issued without its gate"),
        Fact::Issued { .. } if before.is_paused() => Err("issued while paused"),
        Fact::Issued { .. } | Fact::Closed { .. } | Fact::Supplemented { .. } if !of("city") => {
            Err("another unit decides")
        }
        Fact::Acted { .. } if !before.is_issued() => Err("carried out before it was issued"),
        Fact::Acted { .. } if before.is_paused() => Err("carried out while paused"),
        Fact::Acted { .. } if !of("city") && !of("house") => Err("a stranger carries out"),
        Fact::Reviewed { .. } if !of("law") => Err("another unit reviews"),
        Fact::Reviewed { by, .. } if before.handlers.contains(&by.person.to_string()) => {
            Err("somebody reviews their own work")
        }
        Fact::Paid { .. } if !of("money") => Err("another unit than finance has the money"),
        Fact::Answered { .. } if !of("court") => Err("another unit is justice"),
        Fact::Assisted { .. } if !of("police") => Err("another unit is the police"),
        Fact::Closed { .. } if before.is_paused() => Err("closed while paused"),
        _ => Ok(()),
    };
    match before.facts.iter().any(|fact| matches!(fact, Fact::Closed { .. })) {
        true => Err("something counts after the end"),
        false => right,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_nothing_passes_a_gate_that_is_shut(
        amount in prop_oneof![Just(0_u64), Just(200_u64)],
        first in any::<bool>(),
        said in vec((facts(200), any::<bool>()), 0..60),
    ) {
        let mut it = drafted(amount);
        let mut counted = Counted { handlers: vec!["li".into()], ..Counted::default() };
        if first {
            it.apply(&Fact::Classed(Box::new(gates(true, amount))), at(0));
        }
        let again = |(fact, twice): (Fact, bool)| if twice { vec![fact.clone(), fact] } else { vec![fact] };
        for (now, fact) in (1_i64..).zip(said.into_iter().flat_map(again)) {
            let fact = with_amount(fact, amount);
            let before = it.clone();
            if it.apply(&fact, at(now)) {
                prop_assert_eq!(is_right(&counted, &fact), Ok(()), "{:?}", fact);
                if let Fact::Supplemented { by, .. } = &fact {
                    counted.handlers.push(by.person.to_string());
                }
                counted.facts.push(fact);
            } else {
                prop_assert_eq!(&it, &before, "what is refused changes nothing");
            }
            for phase in it.unpublished().collect::<Vec<_>>() {
                let extract = extract(&it, phase).unwrap();
                prop_assert!(it.apply(&Fact::Published(extract), at(now)));
            }
        }
        let count = |is: fn(&Fact) -> bool| counted.facts.iter().filter(|fact| is(fact)).count();
        prop_assert_eq!(it.versions.len(), 1 + count(|fact| matches!(fact, Fact::Supplemented { .. })));
        prop_assert_eq!(it.transfers.len(), count(|fact| matches!(fact, Fact::Transferred { .. })));
        prop_assert_eq!(it.reviews.len(), count(|fact| matches!(fact, Fact::Reviewed { .. })));
        prop_assert_eq!(it.actions.len(), count(|fact| matches!(fact, Fact::Acted { .. })));
        let issued = count(|fact| matches!(fact, Fact::Issued { .. }));
        prop_assert!(issued <= 1);
        if it.stage() == Stage::Ended(Ending::Closed) {
            prop_assert!(it.paid() >= amount, "closed without its money");
            prop_assert!(it.actions.iter().any(|action| action.recording.is_some()));
        }
    }

    #[test]
    fn silence_alone_never_opens_a_gate(looks in vec(1..100_000_i64, 1..20)) {
        let mut it = drafted(0);
        it.apply(&Fact::Classed(Box::new(gates(true, 0))), at(0));
        let (mut now, mut urged) = (0, 0);
        for later in looks {
            now += later;
            for step in decide(&it, &crate::pack::Limits::default(), at(now)).steps {
                let said = match step {
                    Step::Remind { owed, is_late } => Fact::Reminded {
                        duty: owed.duty, unit: owed.unit, due: owed.due, is_late,
                    },
                    Step::Escalate { owed } => Fact::Escalated {
                        duty: owed.duty, unit: owed.unit, due: owed.due,
                    },
                    other => return Err(TestCaseError::fail(format!("{other:?}"))),
                };
                prop_assert!(it.apply(&said, at(now)));
                urged += 1;
            }
        }
        prop_assert!(it.stage() == Stage::InReview && urged <= 3);
    }
}

/// The draft that goes with a fact is the one of this decision.
fn with_amount(fact: Fact, amount: u64) -> Fact {
    match fact {
        Fact::Classed(classed) => Fact::Classed(Box::new(gates(classed.terms.is_major, amount))),
        Fact::Transferred { by, file, reason, .. } => {
            Fact::Transferred { by, classed: Box::new(gates(true, amount)), file, reason }
        }
        Fact::Obstructed { by, text, .. } => {
            Fact::Obstructed { by, classed: Box::new(gates(true, amount)), text }
        }
        other => other,
    }
}
