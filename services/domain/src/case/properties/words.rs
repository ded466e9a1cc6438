//! What is said by people and offices, drawn at random: verdicts, disputes, findings, rungs, clocks.

use super::*;

pub(super) fn verdict() -> impl Strategy<Value = Fact> {
    let rating =
        (unit(), 1..=5_u8).prop_map(|(unit, stars)| Rating { unit, stars, comment: String::new() });
    (any::<bool>(), round(), vec(rating, 0..4)).prop_map(|(good, round, ratings)| match good {
        true => Fact::Confirmed { round, ratings },
        false => Fact::SentBack { round, reason: "no".into(), evidence: vec![] },
    })
}

/// As those say it whose word it is: who rules is an office.
pub(super) fn dispute() -> impl Strategy<Value = Dispute> {
    let others = vec(unit(), 0..3);
    let body = prop::sample::select(vec![Body::Office, Body::Government, Body::Conference]);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    (0..9_u8, round(), (unit(), unit()), others, body, severity).prop_map(
        |(sort, round, (unit, other), others, body, severity)| {
            let (reason, office) = (String::from("so"), "office/o".parse::<Party>().unwrap());
            match sort {
                0 => Dispute::Transferred {
                    round,
                    from: unit,
                    to: other,
                    cooperating: others,
                    reason,
                },
                1 => Dispute::Opened { round, units: others, reason, owner: office, within_ms: 7 },
                2 => Dispute::Opinion { round, unit, text: reason, named_unit: Some(other) },
                3 => Dispute::Silent { round, unit },
                4 => Dispute::Ruled {
                    round,
                    lead: unit,
                    cooperating: others,
                    reason,
                    body,
                    ruled_by: office,
                },
                5 => Dispute::Contested { round, unit, reason },
                6 => Dispute::Convened { round, agenda: reason, owner: office },
                7 => Dispute::Retyped {
                    round,
                    unit,
                    issue_type: "dust".parse().unwrap(),
                    grid: None,
                    reason,
                },
                _ => Dispute::Raised { severity, reason, evidence: vec![], raised_by: office },
            }
        },
    )
}

pub(super) fn rung() -> impl Strategy<Value = Fact> {
    let duty = prop::sample::select(vec![Duty::Accept, Duty::Arrive, Duty::Dispose, Duty::Confirm]);
    (any::<bool>(), round(), unit(), duty, moment()).prop_map(|(urged, round, unit, duty, due)| {
        let rung = Rung { round, party: Party::unit(&unit), duty, due };
        if urged { Fact::Urged(rung) } else { Fact::Reminded(rung) }
    })
}

/// What is said on the ladder; the answer to a report is as likely as the report.
pub(super) fn ladder() -> impl Strategy<Value = Fact> {
    let duty = prop::sample::select(vec![Duty::Accept, Duty::Dispose, Duty::Answer]);
    (0..8_u8, round(), unit(), duty, moment(), 0..9_u32).prop_map(
        |(sort, round, unit, duty, due, number)| {
            let party = Party::unit(&unit);
            let office: Party = "office/g".parse().unwrap();
            let (text, within_ms) = (String::from("now"), 5_000);
            Fact::Ladder(match sort {
                0 => Ladder::Pressed { round, party, number, note: text, pressed_by: office },
                1 => Ladder::Noticed { rung: Rung { round, party, duty, due }, contact: text },
                2 => Ladder::Withdrawn { round, reason: text, withdrawn_by: party },
                3 => Ladder::RightOpened { round, unit, due },
                4 | 5 => reported(round, &unit),
                _ => Ladder::Instructed {
                    round,
                    lead: unit,
                    cooperating: vec![],
                    within_ms,
                    text,
                    instructed_by: office,
                },
            })
        },
    )
}

pub(super) fn reported(round: u32, unit: &UnitId) -> Ladder {
    Ladder::Reported {
        round,
        against: vec![unit.clone()],
        reason: "still there".into(),
        evidence: vec![],
        reported_by: "community/c1".parse().unwrap(),
        to: "office/g".parse().unwrap(),
        is_answered_before: false,
    }
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
