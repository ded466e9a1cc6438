//! Every fact of a decision goes there and back.

use domain::evidence::{Digest, Evidence};

use super::*;

fn by() -> By {
    By { unit: "city".parse().unwrap(), person: "li".parse().unwrap() }
}

fn piece() -> Evidence {
    Evidence {
        digest: Digest::sha256([7; 32]),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    }
}

fn file() -> File {
    File { text: "a shed".into(), evidence: vec![piece()] }
}

fn draft() -> Draft {
    Draft {
        by: by(),
        kind: "demolition".parse().unwrap(),
        about: Some("case/1".into()),
        issue_type: "dust".parse().unwrap(),
        grid: "T-1".parse().unwrap(),
        object: "Zhang San".into(),
        nature: "a shed".into(),
        area_m2: 40,
        file: file(),
        amount: 7,
        joint: vec!["house".parse().unwrap()],
        follows: Some("city-1".parse().unwrap()),
    }
}

fn classed() -> Box<Classed> {
    let unit = |id: &str| id.parse().unwrap();
    let limit = |within_ms, pace| Limit { within_ms, remind_before_ms: 1, urge_after_ms: 2, pace };
    let terms = Terms {
        is_major: true,
        reviewer: Some(unit("law")),
        review: limit(10, domain::clock::Pace::Working),
        criminal: limit(11, domain::clock::Pace::Around),
        supervision: limit(12, domain::clock::Pace::Around),
        actions: vec![Rule { action: "demolish".parse().unwrap(), is_recorded: true }],
        joint: vec![unit("house")],
        finance: Some(unit("money")),
        justice: unit("court"),
        police: unit("police"),
        office: "office/o".parse().unwrap(),
        zh: "拆除".into(),
        en: "Demolition".into(),
        basis: "law".into(),
    };
    Box::new(Classed { draft: draft(), terms })
}

fn answers() -> [Answer; 4] {
    let outcome = Answer::Outcome { text: "convicted".into(), goes_on: true };
    [Answer::Receipt, Answer::Return { reason: "r".into() }, Answer::Accept, outcome]
}

fn extracts() -> Vec<Fact> {
    let outcomes =
        [Outcome::Announced, Outcome::UnderWay, Outcome::CarriedOut, Outcome::HandedOver];
    let phases = [Phase::Before, Phase::During, Phase::After, Phase::After];
    let extract = |(phase, outcome)| {
        Fact::Published(Extract {
            phase,
            unit: "city".parse().unwrap(),
            kind: "demolition".parse().unwrap(),
            zh: "拆除".into(),
            en: "Demolition".into(),
            basis: "law".into(),
            issue_type: "dust".parse().unwrap(),
            is_reviewed: true,
            joint: vec!["house".parse().unwrap()],
            amount: 7,
            outcome,
        })
    };
    phases.into_iter().zip(outcomes).map(extract).collect()
}

fn facts() -> Vec<Fact> {
    let (due, unit) = (Moment(5), || "law".parse().unwrap());
    let recording = Recording { reference: "v-1".into(), evidence: Some(piece()) };
    let reviewed = |verdict| Fact::Reviewed { by: by(), verdict, reason: "r".into() };
    let answered = |answer| Fact::Answered { by: by(), version: 2, answer };
    let duties = [Duty::Review(1), Duty::Criminal(2), Duty::Supervision(3)];
    let mut facts = vec![
        Fact::Drafted(draft()),
        Fact::Classed(classed()),
        Fact::Voided { reason: "r".into() },
        Fact::Supplemented { by: by(), file: file() },
        Fact::Issued { by: by() },
        Fact::Acted {
            by: by(),
            action: "demolish".parse().unwrap(),
            recording: Some(recording.clone()),
        },
        Fact::Acted { by: by(), action: "demolish".parse().unwrap(), recording: None },
        Fact::Transferred { by: by(), classed: classed(), file: file(), reason: "r".into() },
        Fact::Obstructed { by: by(), classed: classed(), text: "t".into() },
        Fact::Assisted { by: by(), number: 1, is_settled: true, text: "t".into() },
        Fact::Paid { by: by(), amount: 7, reference: "p-1".into() },
        Fact::Supervised {
            number: 1,
            by: "office/o".parse().unwrap(),
            person: "kang".parse().unwrap(),
            text: "t".into(),
        },
        Fact::Replied { by: by(), number: 1, text: "t".into() },
        Fact::Closed { by: by() },
        Fact::Withdrawn { by: by(), reason: "r".into() },
    ];
    facts.extend([Verdict::Approve, Verdict::Return, Verdict::Reject].map(reviewed));
    facts.extend(answers().map(answered));
    facts.extend(duties.map(|duty| Fact::Reminded { duty, unit: unit(), due, is_late: true }));
    facts.push(Fact::Escalated { duty: Duty::Review(1), unit: unit(), due });
    facts.extend(extracts());
    facts
}

#[test]
fn every_fact_of_a_decision_goes_there_and_back() {
    for fact in facts() {
        let (kind, body) = write(&fact);
        assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
    }
}

#[test]
fn what_is_no_fact_of_a_decision_is_passed_over_or_refused_by_name() {
    assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
    assert_eq!(read("muster.decision.v1.Nothing", b"").unwrap(), None);
    for fact in facts().iter().filter(|fact| !matches!(fact, Fact::Voided { .. })) {
        let (kind, _) = write(fact);
        assert!(read(&kind, b"").is_err(), "{kind}: an empty one says nothing");
        assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
    }
}

#[test]
fn a_word_that_is_not_said_is_named() {
    assert_eq!(word::word(None).unwrap_err().reason, "WORD_MISSING");
}
