//! What is said by people and offices, drawn at random: verdicts, findings, rungs, clocks.

use super::*;

pub(super) fn verdict() -> impl Strategy<Value = Fact> {
    let rating =
        (unit(), 1..=5_u8).prop_map(|(unit, stars)| Rating { unit, stars, comment: String::new() });
    (any::<bool>(), round(), vec(rating, 0..4)).prop_map(|(good, round, ratings)| match good {
        true => Fact::Confirmed { round, ratings },
        false => Fact::SentBack { round, reason: "no".into(), evidence: vec![] },
    })
}

pub(super) fn rung() -> impl Strategy<Value = Fact> {
    let duty = prop::sample::select(vec![Duty::Accept, Duty::Arrive, Duty::Dispose, Duty::Confirm]);
    (any::<bool>(), round(), unit(), duty, moment()).prop_map(|(urged, round, unit, duty, due)| {
        let rung = Rung { round, party: Party::unit(&unit), duty, due };
        if urged { Fact::Urged(rung) } else { Fact::Reminded(rung) }
    })
}

/// What an office decides about a clock.
pub(super) fn timing() -> impl Strategy<Value = Fact> {
    let duty = prop::sample::select(vec![Duty::Accept, Duty::Arrive, Duty::Dispose, Duty::Declare]);
    (0..3_u8, round(), unit(), duty, 1..100_000_u64).prop_map(|(sort, round, unit, duty, by_ms)| {
        let decided_by: Party = "office/o".parse().unwrap();
        let reason = "r".to_owned();
        Fact::Timing(match sort {
            0 => Timing::Held { round, unit, reason, decided_by },
            1 => Timing::Resumed { round, unit, decided_by },
            _ => Timing::Extended { round, unit, duty, by_ms, reason, decided_by },
        })
    })
}

/// What is found, and who consults and has to answer, in any round.
pub(super) fn finding() -> impl Strategy<Value = Fact> {
    (0..3_u8, any::<bool>(), round(), unit()).prop_map(|(sort, is_upheld, round, unit)| {
        Fact::Finding(match sort {
            0 => Finding::Consulted { round, units: vec![unit], reason: "again".into() },
            1 => Finding::Accounted { round, unit, grounds: vec![] },
            _ => {
                let (text, found_by) = ("x".into(), "office/o".parse().unwrap());
                Finding::Found { round, is_upheld, text, evidence: vec![], found_by }
            }
        })
    })
}

/// The lead, or somebody else, acts for a unit that was called so, or was not.
pub(super) fn proxied() -> impl Strategy<Value = Fact> {
    (work(), unit(), unit()).prop_map(|(work, by, lead)| match work {
        Fact::Called(called) => {
            Fact::Called(Called { lead, is_lead: false, by_proxy: true, ..called })
        }
        other => match Proxied::new(by, other.clone()) {
            Some(proxied) => Fact::Proxied(proxied),
            None => other,
        },
    })
}
