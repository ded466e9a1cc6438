//! What the steps of an approval send, to whom, under which id; and the fold that asks for them.

use domain::{
    approval::{Applied, Condition, ConditionKind, Opinion, Proposal, Verdict, of_subject},
    clock::Pace,
    moment::Moment,
    pack,
};

use super::*;

/// A day on which the pack has routes.
const NOW: i64 = 1_795_000_000_000;

pub(crate) fn dengfeng() -> City {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/dengfeng");
    pack::load(&kit::pack::files(&dir).unwrap()).unwrap()
}

pub(crate) fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

/// One bollard to be kept, and one to be removed.
pub(crate) fn applied() -> Applied {
    let proposal = |id: &str, outcome: &str| Proposal {
        id: id.parse().unwrap(),
        grid: "DF-SY-001".parse().unwrap(),
        text: format!("bollard {id}"),
        outcome: outcome.parse().unwrap(),
    };
    Applied {
        kind: "bollards".parse().unwrap(),
        applicant: "unit/transport".parse().unwrap(),
        title: "the lane along the river".into(),
        items: vec![proposal("1", "keep"), proposal("2", "remove")],
        approvers: vec![unit("public_security"), unit("enforcement")],
        asked: vec![],
        office: "office/command_hq_office".parse().unwrap(),
        within_ms: 10_000,
        pace: Pace::Around,
    }
}

pub(crate) fn says(by: &str, verdict: Verdict, items: &[&str]) -> Fact {
    let lit = Condition { kind: ConditionKind::Work, text: "reflecting".into() };
    let conditions = if verdict == Verdict::Approve { vec![lit] } else { vec![] };
    Fact::Opined(Opinion {
        unit: unit(by),
        items: items.iter().map(|id| id.parse().unwrap()).collect(),
        verdict,
        reason: "too near to the kerb".into(),
        conditions,
    })
}

fn approval() -> Approval {
    Approval::begin("P1".parse().unwrap(), &Fact::Applied(applied()), Moment(NOW)).unwrap()
}

fn sent(city: &City, approval: &Approval, step: &Step) -> Vec<Outgoing> {
    let registry = |_: &IssueTypeId| Registry::default();
    Known { city, approval, registry: &registry, traceparent: Some("00-1-2-01") }.envelopes(step)
}

fn told(outgoing: &[Outgoing]) -> Vec<String> {
    let to = |one: &Outgoing| one.recipient.as_ref().map(ToString::to_string).unwrap_or_default();
    outgoing.iter().filter(|one| one.subject.starts_with("approval/")).map(to).collect()
}

fn whistles(outgoing: &[Outgoing]) -> Vec<(String, Whistle)> {
    let read = |one: &Outgoing| match proto::fact::read(&one.kind, &one.body).unwrap()? {
        case::Fact::Whistled(whistle) => Some((one.subject.clone(), whistle)),
        _ => None,
    };
    outgoing.iter().filter_map(read).collect()
}

#[test]
fn a_subject_is_one_approval_of_one_city() {
    let (city, id) = ("wenshan".parse().unwrap(), "P1".parse().unwrap());
    assert_eq!(of_subject(&city, &subject(&city, &id)), Some(id));
    for other in ["case/wenshan/1", "approval/wuhan/P1", "approval/wenshan", "x"] {
        assert_eq!(of_subject(&city, other), None, "{other}");
    }
}

#[test]
fn what_was_approved_is_told_to_all_with_the_whistle_of_its_work_in_one_record() {
    let (city, mut it) = (dengfeng(), approval());
    it.apply(&says("public_security", Verdict::Approve, &["1", "2"]), Moment(NOW + 1));
    it.apply(&says("enforcement", Verdict::Approve, &["1", "2"]), Moment(NOW + 2));
    let step = Step::Settle { batch: 1 };
    let outgoing = sent(&city, &it, &step);
    let everybody = ["", "unit/enforcement", "unit/public_security", "unit/transport"];
    assert_eq!(told(&outgoing), everybody, "the record, who was asked, who applied");
    assert_eq!(outgoing, sent(&city, &it, &step), "the same ids every time");

    let works = whistles(&outgoing);
    let subjects: Vec<&str> = works.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(subjects, ["case/dengfeng/P1-1", "case/dengfeng/P1-2"]);
    let (keep, remove) = (&works[0].1, &works[1].1);
    assert_eq!(keep.called_units, [unit("enforcement")]);
    assert_eq!(remove.called_units, [unit("enforcement"), unit("transport")]);
    assert_eq!((keep.intake.channel, keep.seen_at), (Channel::Approval, Moment(NOW + 2)));
    assert_eq!(keep.intake.external_id.as_ref().unwrap().as_str(), "P1/1");
    assert!(keep.description.contains("保留并整治提升"), "{}", keep.description);
    assert!(keep.description.contains("reflecting"), "{}", keep.description);
    let fact = case::Fact::Whistled(keep.clone());
    assert!(case::may_say(&"service/worker".parse().unwrap(), &fact));
    assert!(!case::may_say(&"service/gateway".parse().unwrap(), &fact), "nobody whistles for it");
}

#[test]
fn a_refused_item_has_no_work_and_its_reason_goes_to_who_applied() {
    let (city, mut it) = (dengfeng(), approval());
    it.apply(&says("enforcement", Verdict::Refuse, &["1"]), Moment(NOW + 1));
    let outgoing = sent(&city, &it, &Step::Settle { batch: 1 });
    assert!(told(&outgoing).contains(&"unit/transport".to_owned()));
    assert!(whistles(&outgoing).is_empty());
    let fact = proto::joint::read(&outgoing[0].kind, &outgoing[0].body).unwrap().unwrap();
    let Fact::Decided { items, .. } = fact else { panic!("{fact:?}") };
    assert_eq!((items.len(), items[0].reason.as_str()), (1, "too near to the kerb"));
}

#[test]
fn silence_is_told_to_who_is_silent_and_then_to_the_office_and_nothing_is_said_twice() {
    let (city, mut it) = (dengfeng(), approval());
    it.apply(&says("enforcement", Verdict::Approve, &["1", "2"]), Moment(NOW + 1));
    let (police, due) = (unit("public_security"), Moment(NOW + 10_000));
    let limits = Limits::default();
    let urge = Step::Remind { unit: police.clone(), due, is_late: true };
    assert_eq!(told(&sent(&city, &it, &urge)), ["", "unit/public_security"]);
    let escalate = Step::Escalate { due };
    let outgoing = sent(&city, &it, &escalate);
    assert_eq!(told(&outgoing), ["", "office/command_hq_office"]);
    for (step, outgoing) in [(&urge, sent(&city, &it, &urge)), (&escalate, outgoing)] {
        assert!(is_wanted(&it, &limits, step));
        let fact = proto::joint::read(&outgoing[0].kind, &outgoing[0].body).unwrap().unwrap();
        assert!(it.apply(&fact, Moment(NOW + 11_000)));
        assert!(!is_wanted(&it, &limits, step), "{step:?}");
    }
    assert!(!is_wanted(&it, &limits, &Step::Settle { batch: 1 }), "nothing is complete");
}
