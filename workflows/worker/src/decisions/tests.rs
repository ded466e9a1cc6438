//! What the steps of a decision send, to whom, under which id.

use domain::{
    decision::{By, Draft, Duty, File, Phase, Verdict},
    evidence::{Digest, Evidence},
    pack,
};

use super::*;

pub(crate) fn wenshan() -> City {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    pack::load(&kit::pack::files(&dir).unwrap()).unwrap()
}

pub(crate) fn by(word: &str) -> By {
    let (unit, person) = word.split_once(':').unwrap();
    By { unit: unit.parse().unwrap(), person: person.parse().unwrap() }
}

/// A demolition that housing joins.
pub(crate) fn drafted() -> Draft {
    let evidence = Evidence {
        digest: Digest::sha256([7; 32]),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    };
    Draft {
        by: by("natural_resources:li"),
        kind: "demolition".parse().unwrap(),
        about: None,
        issue_type: "new_illegal_construction".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        object: "Zhang San".into(),
        nature: "a shed without a permit".into(),
        area_m2: 40,
        file: File { text: "found on day one".into(), evidence: vec![evidence] },
        amount: 0,
        joint: vec!["housing".parse().unwrap()],
        follows: None,
    }
}

pub(crate) fn begun(draft: Draft) -> Decision {
    let id = "natural_resources-7".parse().unwrap();
    Decision::begin(id, &Fact::Drafted(draft), Moment(1)).unwrap()
}

fn sent(decision: &Decision, step: &Step) -> Vec<Outgoing> {
    let city = wenshan();
    let known = Known {
        city: &city,
        profile: "standard",
        decision,
        before: None,
        traceparent: Some("00-1-2-01"),
    };
    known.envelopes(step)
}

fn told(outgoing: &[Outgoing]) -> Vec<String> {
    let to = |one: &Outgoing| one.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
    outgoing.iter().map(to).collect()
}

fn fact(outgoing: &[Outgoing]) -> Fact {
    proto::decree::read(&outgoing[0].kind, &outgoing[0].body).unwrap().unwrap()
}

#[test]
fn a_draft_gets_its_gates_from_the_pack_and_is_told_to_whom_it_concerns() {
    let mut it = begun(drafted());
    let outgoing = sent(&it, &Step::Class);
    let everybody = ["", "unit/housing", "unit/justice", "unit/natural_resources"];
    assert_eq!(told(&outgoing), everybody, "the record first, the handler's unit last");
    assert_eq!(outgoing, sent(&it, &Step::Class), "the same ids every time");
    let Fact::Classed(classed) = fact(&outgoing) else { panic!("{:?}", fact(&outgoing)) };
    assert!(classed.terms.is_major);
    assert_eq!(classed.terms.office.to_string(), "office/leading_group_office");
    let limits = Limits::default();
    assert!(is_wanted(&it, &limits, &Step::Class));
    assert!(it.apply(&Fact::Classed(classed), Moment(2)));
    assert!(!is_wanted(&it, &limits, &Step::Class), "nothing is said twice");
}

#[test]
fn a_draft_that_the_pack_does_not_know_is_void_and_its_unit_is_told_why() {
    let mut it = begun(Draft { area_m2: 0, ..drafted() });
    let outgoing = sent(&it, &Step::Class);
    assert_eq!(told(&outgoing), ["", "unit/natural_resources"]);
    let Fact::Voided { reason } = fact(&outgoing) else { panic!("{:?}", fact(&outgoing)) };
    assert!(reason.contains("square metres"), "{reason}");
    assert!(it.apply(&Fact::Voided { reason }, Moment(2)) && it.is_over());
}

#[test]
fn silence_is_told_to_who_is_silent_and_then_to_the_office() {
    let mut it = begun(drafted());
    it.apply(&fact(&sent(&it, &Step::Class)), Moment(2));
    let limits = Limits::default();
    let owed = owes(&it, &limits).remove(0);
    assert_eq!((owed.duty, owed.unit.as_str()), (Duty::Review(1), "justice"));
    let urge = Step::Remind { owed: owed.clone(), is_late: true };
    assert_eq!(told(&sent(&it, &urge)), ["", "unit/justice"]);
    let escalate = Step::Escalate { owed };
    assert_eq!(told(&sent(&it, &escalate)), ["", "office/leading_group_office"]);
    for step in [&urge, &escalate] {
        assert!(is_wanted(&it, &limits, step));
        assert!(it.apply(&fact(&sent(&it, step)), Moment(3)));
        assert!(!is_wanted(&it, &limits, step), "{step:?}");
    }
}

#[test]
fn an_extract_is_published_once_and_names_nobody() {
    let mut it = begun(drafted());
    it.apply(&fact(&sent(&it, &Step::Class)), Moment(2));
    let approve =
        Fact::Reviewed { by: by("justice:wu"), verdict: Verdict::Approve, reason: String::new() };
    it.apply(&approve, Moment(3));
    let step = Step::Publish(Phase::Before);
    assert!(!is_wanted(&it, &Limits::default(), &step), "it is not issued");
    it.apply(&Fact::Issued { by: by("natural_resources:li") }, Moment(4));
    assert!(is_wanted(&it, &Limits::default(), &step));
    let outgoing = sent(&it, &step);
    for secret in ["Zhang", "shed", "WS-KH-001", "day one"] {
        let body = String::from_utf8_lossy(&outgoing[0].body).into_owned();
        assert!(!body.contains(secret), "{secret}");
    }
    assert!(it.apply(&fact(&outgoing), Moment(5)));
    assert!(!is_wanted(&it, &Limits::default(), &step));
}
