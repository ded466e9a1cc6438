//! Facts as bodies of envelopes, and the fold of a case over them in whatever order they come.
//!
//! Input: any number of pieces, each the number of a kind (1 byte), a length (2 bytes, big-endian)
//! and a body. After each fact: folding it again changes nothing, a closed case stays as it is, what
//! is decided has names of its own and a waking in the future.

use std::collections::BTreeSet;

use domain::{
    case::{
        Case, Fact, Intake, Ladder, Stage, decide,
        fact::{Called, Duty, Outcome, Rating, Routed, Rung, Whistle},
        owes,
    },
    evidence::{Digest, Evidence},
    id::UnitId,
    moment::Moment,
    pack::{Limit, Limits},
};

use super::check_refusal;

/// The names of the bodies, and one that is none of ours.
const KINDS: [&str; 40] = [
    "WhistleRaised",
    "CaseRouted",
    "CaseAssigned",
    "UnitCalled",
    "TaskAccepted",
    "TaskRefused",
    "TaskArrived",
    "TaskDisposed",
    "CaseDeclared",
    "CaseConfirmed",
    "CaseSentBack",
    "Reminded",
    "Urged",
    "CaseClosed",
    "PartyPressed",
    "FirstPersonNoticed",
    "DirectReportOpened",
    "ReportedToGovernment",
    "GovernmentInstructed",
    "CaseTransferred",
    "DisputeOpened",
    "OpinionGiven",
    "OpinionMissing",
    "DisputeRuled",
    "RulingContested",
    "ConferenceConvened",
    "CaseRetyped",
    "SeverityRaised",
    "ClockHeld",
    "ClockResumed",
    "LimitExtended",
    "CaseHandedOver",
    "UnitsConsulted",
    "ComplaintFound",
    "CaseWithdrawn",
    "CaseLifted",
    "TeamFormed",
    "AccountOpened",
    "ActedByProxy",
    "NotYetKnown",
];

/// Reads facts and folds them.
pub fn run(mut data: &[u8]) {
    let mut case = None;
    let mut at = Moment(0);
    while let [kind, high, low, rest @ ..] = data {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (body, next) = rest.split_at(length);
        data = next;
        at = Moment(at.0 + 1_000);
        let kind = format!("muster.case.v1.{}", KINDS[usize::from(*kind) % KINDS.len()]);
        let Some(fact) = check(&kind, body) else { continue };
        match &mut case {
            None => case = Case::begin("1".parse().expect("an id"), &fact, at),
            Some(case) => fold(case, &fact, at),
        }
    }
}

/// Reads a body; what is read survives being written and read again.
pub fn check(kind: &str, body: &[u8]) -> Option<Fact> {
    match proto::fact::read(kind, body) {
        Ok(fact) => {
            let fact = fact?;
            let (name, bytes) = proto::fact::write(&fact);
            assert_eq!(name, kind);
            assert_eq!(proto::fact::read(&name, &bytes), Ok(Some(fact.clone())));
            Some(fact)
        }
        Err(rejection) => {
            check_refusal(&rejection);
            None
        }
    }
}

fn fold(case: &mut Case, fact: &Fact, at: Moment) {
    let before = case.clone();
    let changed = case.apply(fact, at);
    assert_eq!(changed, before.course != case.course);
    assert!(!changed || before.course.stage != Stage::Closed, "a closed case changed: {fact:?}");
    let once = case.clone();
    case.apply(fact, Moment(at.0 + 1));
    assert_eq!(once, *case, "folded twice: {fact:?}");
    let (within_ms, remind_before_ms, urge_after_ms) = (10_000, 3_000, 1_000);
    let limit = Limit { within_ms, remind_before_ms, urge_after_ms, ..Limit::default() };
    let limits = Limits {
        assign: limit,
        accept: limit,
        arrive: limit,
        dispose: limit,
        confirm: limit,
        rework: limit,
        notice: limit,
        direct: limit,
        answer: limit,
        hold: limit,
        opinion: limit,
        rule: limit,
        find: limit,
        rounds_max: 1,
        ..Limits::default()
    };
    let plan = decide(&case.course, &limits, at);
    assert!(plan.wake.is_none_or(|wake| wake > at), "{plan:?} at {at:?}");
    let names: BTreeSet<String> = plan.steps.iter().map(|step| step.name()).collect();
    assert_eq!(names.len(), plan.steps.len(), "{plan:?}");
    let dues: Vec<Moment> = owes(&case.course, &limits).iter().map(|owed| owed.due).collect();
    assert!(dues.is_sorted());
}

/// One fact of each kind, as they come in the life of one case.
pub(crate) fn facts() -> Vec<Fact> {
    let rung = Rung {
        round: 1,
        party: "unit/housing".parse().expect("a party"),
        duty: Duty::Accept,
        due: Moment(9),
    };
    let (summary, reason) = (|| "done".to_owned(), || "no".to_owned());
    vec![
        Fact::Whistled(whistle()),
        Fact::Routed(routed()),
        Fact::Called(called()),
        Fact::Reminded(rung.clone()),
        Fact::Urged(rung),
        Fact::Accepted { round: 1, unit: unit() },
        Fact::Arrived { round: 1, unit: unit() },
        Fact::Disposed { round: 1, unit: unit(), summary: summary(), evidence: evidence() },
        Fact::Declared { round: 1, unit: unit(), summary: summary() },
        Fact::SentBack { round: 1, reason: reason(), evidence: evidence() },
        Fact::Refused { round: 2, unit: unit(), reason: reason(), named_unit: Some(unit()) },
        Fact::Assigned {
            round: 2,
            lead: unit(),
            cooperating: vec![],
            assigned_by: "office/leading_group_office".parse().expect("a party"),
            note: "so".to_owned(),
        },
        Fact::Confirmed {
            round: 1,
            ratings: vec![Rating { unit: unit(), stars: 5, comment: "good".to_owned() }],
        },
        Fact::Closed { round: 1, outcome: Outcome::Confirmed },
    ]
}

/// The ladder from the urging to the answer, and a withdrawal that comes too late.
fn ladder() -> Vec<Fact> {
    let party = |text: &str| text.parse().expect("a party");
    let rung = Rung { round: 1, party: party("unit/housing"), duty: Duty::Dispose, due: Moment(9) };
    let ladder = [
        Ladder::Pressed {
            round: 1,
            party: party("unit/housing"),
            number: 1,
            note: "now".to_owned(),
            pressed_by: party("office/leading_group_office"),
        },
        Ladder::Noticed { rung, contact: "主要领导".to_owned() },
        Ladder::RightOpened { round: 1, unit: unit(), due: Moment(9) },
        Ladder::Reported {
            round: 1,
            against: vec![unit()],
            reason: "no".to_owned(),
            evidence: evidence(),
            reported_by: party("community/kaihua_dongfeng"),
            to: party("office/gov_city"),
            is_answered_before: false,
        },
        Ladder::Instructed {
            round: 2,
            lead: unit(),
            cooperating: vec![],
            within_ms: 7,
            text: "now".to_owned(),
            instructed_by: party("office/gov_city"),
        },
        Ladder::Withdrawn {
            round: 2,
            reason: "no".to_owned(),
            withdrawn_by: party("unit/subdistrict_kaihua"),
        },
    ];
    ladder.into_iter().map(Fact::Ladder).collect()
}

fn unit() -> UnitId {
    "housing".parse().expect("an id")
}

fn evidence() -> Vec<Evidence> {
    vec![Evidence {
        digest: Digest::sha256([1; 32]),
        size: 5,
        kind: "photo".to_owned(),
        media_type: "image/png".to_owned(),
    }]
}

fn whistle() -> Whistle {
    Whistle {
        community: "kaihua_dongfeng".parse().expect("an id"),
        issue_type: "noise".parse().expect("an id"),
        grid: "WS-KH-001".parse().expect("an id"),
        description: "loud".to_owned(),
        evidence: evidence(),
        called_units: vec![unit()],
        seen_at: Moment(3),
        intake: Intake::default(),
        proposed: Vec::new(),
        severity: Default::default(),
        complaint: None,
    }
}

fn routed() -> Routed {
    Routed {
        round: 1,
        lead: Some(unit()),
        candidates: vec![unit()],
        cooperating: vec![],
        responsible: vec![unit()],
        owner: "unit/housing".parse().expect("a party"),
        basis: "row".to_owned(),
    }
}

/// The call of the unit.
pub(crate) fn called() -> Called {
    let whistle = whistle();
    Called {
        round: 1,
        unit: unit(),
        is_lead: true,
        lead: unit(),
        issue_type: whistle.issue_type,
        grid: whistle.grid,
        description: whistle.description,
        evidence: whistle.evidence,
        accept_within_ms: 1,
        arrive_within_ms: 2,
        dispose_within_ms: 3,
        working: vec![],
        by_proxy: false,
        community: whistle.community,
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    }
}

/// Whole lives of cases, told in order, backwards and with gaps.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let all = facts();
    let (whistle, rest) = all.split_at(1);
    let backwards: Vec<Fact> = whistle.iter().chain(rest.iter().rev()).cloned().collect();
    let plain: Vec<Fact> =
        all.iter().filter(|fact| !matches!(fact, Fact::SentBack { .. })).cloned().collect();
    let refused: Vec<Fact> = (all.iter().take(3).cloned())
        .chain([Fact::Refused {
            round: 1,
            unit: "housing".parse().expect("an id"),
            reason: "no".to_owned(),
            named_unit: None,
        }])
        .collect();
    let reported: Vec<Fact> = (all.iter().take(3).cloned()).chain(ladder()).collect();
    let withdrawn: Vec<Fact> = (all.iter().take(3).cloned())
        .chain(ladder().into_iter().rev())
        .chain([Fact::Closed { round: 1, outcome: Outcome::Withdrawn }])
        .collect();
    [
        ("whole", &all),
        ("backwards", &backwards),
        ("plain", &plain),
        ("refused", &refused),
        ("reported", &reported),
        ("withdrawn", &withdrawn),
    ]
    .map(|(name, facts)| (name.to_owned(), facts.iter().flat_map(told).collect()))
    .into()
}

fn told(fact: &Fact) -> Vec<u8> {
    let (kind, body) = proto::fact::write(fact);
    let name = kind.rsplit('.').next().unwrap_or_default();
    let number = KINDS.iter().position(|known| *known == name).unwrap_or_default();
    let length = u16::try_from(body.len()).expect("a seed is small").to_be_bytes();
    [&[u8::try_from(number).unwrap_or_default()], &length[..], &body].concat()
}
