//! Every fact goes there and back; what can't be read is refused by name.

use domain::evidence::{Digest, Evidence};

use super::*;

fn evidence() -> Vec<Evidence> {
    vec![Evidence {
        digest: Digest::sha256([1; 32]),
        size: 5,
        kind: "photo".into(),
        media_type: "image/png".into(),
    }]
}

pub(crate) fn facts() -> Vec<Fact> {
    let unit = || "housing".parse().unwrap();
    let rung = Rung {
        round: 2,
        party: "unit/housing".parse().unwrap(),
        duty: Duty::Dispose,
        due: Moment(9),
    };
    vec![
        Fact::Whistled(Whistle {
            community: "c".parse().unwrap(),
            issue_type: "noise".parse().unwrap(),
            grid: "g".parse().unwrap(),
            description: "loud".into(),
            evidence: evidence(),
            called_units: vec![unit()],
            seen_at: Moment(3),
        }),
        Fact::Routed(Routed {
            round: 1,
            lead: None,
            candidates: vec![unit()],
            cooperating: vec![],
            responsible: vec![unit()],
            owner: "office/o".parse().unwrap(),
            basis: "row".into(),
        }),
        Fact::Assigned {
            round: 2,
            lead: unit(),
            cooperating: vec![unit()],
            assigned_by: "office/o".parse().unwrap(),
            note: "n".into(),
        },
        Fact::Called(Called {
            round: 1,
            unit: unit(),
            is_lead: true,
            lead: unit(),
            issue_type: "noise".parse().unwrap(),
            grid: "g".parse().unwrap(),
            description: "loud".into(),
            evidence: evidence(),
            accept_within_ms: 1,
            arrive_within_ms: 2,
            dispose_within_ms: 3,
            community: "c".parse().unwrap(),
        }),
        Fact::Accepted { round: 1, unit: unit() },
        Fact::Refused { round: 1, unit: unit(), reason: "no".into(), named_unit: Some(unit()) },
        Fact::Arrived { round: 1, unit: unit() },
        Fact::Disposed { round: 1, unit: unit(), summary: "s".into(), evidence: evidence() },
        Fact::Declared { round: 1, unit: unit(), summary: "s".into() },
        Fact::Confirmed {
            round: 1,
            ratings: vec![Rating { unit: unit(), stars: 5, comment: "good".into() }],
        },
        Fact::SentBack { round: 1, reason: "no".into(), evidence: evidence() },
        Fact::Reminded(rung.clone()),
        Fact::Urged(rung),
        Fact::Closed { round: 1, outcome: Outcome::Unconfirmed },
    ]
}

#[test]
fn every_fact_goes_there_and_back() {
    for fact in facts() {
        let (kind, body) = write(&fact);
        assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
    }
}

#[test]
fn what_is_no_fact_is_passed_over_and_what_cannot_be_read_is_refused() {
    assert_eq!(read("com.example.Thing", b"?"), Ok(None));
    assert_eq!(read("muster.case.v1.NotYetKnown", b""), Ok(None));
    let broken = read("muster.case.v1.TaskAccepted", &[0xff]).unwrap_err();
    assert_eq!(broken.reason, "MALFORMED_BODY");
    let empty = read("muster.case.v1.TaskAccepted", &[]).unwrap_err();
    assert_eq!((empty.reason.as_str(), empty.field.as_str()), ("MALFORMED_ID", "unit"));
}
