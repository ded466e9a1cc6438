//! What a step of credit sends, to whom, under which id; what goes outside, under which key.

use std::path::Path;

use domain::{
    credit::{Violation, ViolationId},
    moment::Moment,
};

use super::*;

pub(crate) fn dengfeng() -> City {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/dengfeng");
    domain::pack::load(&kit::pack::files(&dir).unwrap()).unwrap()
}

fn confirmed(decision: &str, code: &str, points: u32) -> Fact {
    let unit = "public_security".parse().unwrap();
    Fact::Confirmed(Violation {
        id: ViolationId { unit, decision: decision.parse().unwrap() },
        code: code.parse().unwrap(),
        fact: decision.parse().unwrap(),
        person: "p-1".parse().unwrap(),
        at: Moment(7),
        points,
    })
}

fn ledger(facts: &[Fact]) -> Ledger {
    let object = "hauler-1".parse().unwrap();
    let mut ledger = Ledger::begin(object, &facts[0], Moment(10)).unwrap();
    for fact in &facts[1..] {
        assert!(ledger.apply(fact, Moment(20)), "{fact:?}");
    }
    ledger
}

fn to(receiver: &str, cause: Cause) -> DeliveryId {
    DeliveryId { receiver: receiver.parse().unwrap(), cause }
}

#[test]
fn a_subject_is_one_object_of_one_city() {
    let (city, object) = ("dengfeng".parse().unwrap(), "a/b".parse().unwrap());
    assert_eq!(object_of(&city, &subject(&city, &object)), Some(object));
    for other in ["case/dengfeng/1", "credit/wuhan/1", "credit/dengfeng", "credit/dengfeng/", "x"] {
        assert_eq!(object_of(&city, other), None, "{other}");
    }
}

#[test]
fn a_unit_is_told_in_its_mailbox_and_the_rest_is_for_the_record() {
    let (city, ledger) = (dengfeng(), ledger(&[confirmed("d-1", "no_yield_at_crossing", 0)]));
    let plan = decide(&ledger, city.credit.as_ref().unwrap());
    let sent: Vec<(String, Option<String>)> = plan
        .steps
        .iter()
        .flat_map(|step| envelopes(&city, &ledger, None, step))
        .map(|one| (one.id.to_string(), one.recipient.map(|to| to.to_string())))
        .collect();
    let of = |name: &str| format!("credit/hauler-1/{name}/public_security/d-1");
    assert_eq!(
        sent,
        [
            (of("start/ext_civility_system/shared"), None),
            (of("start/ext_integrity_system/shared"), None),
            (of("notice/shared") + "/propaganda", None),
            (
                "notice/worker/credit/hauler-1/shared/public_security/d-1/propaganda".into(),
                Some("unit/propaganda".into()),
            ),
        ]
    );
}

#[test]
fn what_goes_outside_has_one_key_and_one_body_for_every_try() {
    let city = dengfeng();
    let listed = Fact::Listed { number: 1, score: 59, threshold: 60 };
    let id = to("ext_zhengzhou_credit", Cause::Listed(1));
    let before = ledger(&[confirmed("d-1", "speeding", 41), listed.clone()]);
    let first = message(&city, &before, &id).unwrap();
    assert_eq!(first.key, "dengfeng/hauler-1/ext_zhengzhou_credit/listed/1");
    assert_eq!((&first.data["score"], &first.kind), (&59.into(), &"muster.credit.listed".into()));
    let more = ledger(&[confirmed("d-1", "speeding", 41), listed, confirmed("d-2", "speeding", 3)]);
    assert_eq!(message(&city, &more, &id).unwrap().body(), first.body());
}

#[test]
fn a_correction_names_what_it_takes_back_and_with_which_score() {
    let city = dengfeng();
    let ledger = ledger(&[
        confirmed("d-1", "speeding", 41),
        Fact::Listed { number: 1, score: 59, threshold: 60 },
        Fact::Corrected { number: 1, score: 62 },
    ]);
    let id = to("ext_zhengzhou_credit", Cause::Corrected(1));
    let message = message(&city, &ledger, &id).unwrap();
    assert_eq!(message.data["takes_back"], "dengfeng/hauler-1/ext_zhengzhou_credit/listed/1");
    assert_eq!(message.data["score"], 62);
}

#[test]
fn an_answer_is_a_receipt_a_parking_or_one_word_of_trouble() {
    let city = dengfeng();
    let id = to("ext_integrity_system", Cause::Shared("public_security/d-1".parse().unwrap()));
    let mut ledger =
        ledger(&[confirmed("d-1", "no_yield_at_crossing", 0), Fact::Started(id.clone())]);
    let later = || Answer::Later { reason: "503".into() };
    let trouble = answered(&city, &ledger, &id, later()).unwrap();
    assert!(ledger.apply(&trouble, Moment(30)));
    assert_eq!(answered(&city, &ledger, &id, later()), None, "said once");
    let refused = answered(&city, &ledger, &id, Answer::Refused { reason: "422".into() }).unwrap();
    let parked = answer_envelope(&city, &ledger, None, &refused).unwrap();
    assert_eq!(parked.recipient.unwrap().to_string(), "office/command_hq_office");
    let first = parked.id;
    assert!(ledger.apply(&refused, Moment(40)));
    let (person, reason) = ("p".parse().unwrap(), String::from("known now"));
    let put = Fact::PutBack { delivery: id.clone(), person, reason };
    assert!(ledger.apply(&put, Moment(50)));
    let again = answer_envelope(&city, &ledger, None, &refused).unwrap();
    assert_ne!(again.id, first, "it may be parked once more");
    let taken = answered(&city, &ledger, &id, Answer::Taken { receipt: "r".into() }).unwrap();
    assert!(ledger.apply(&taken, Moment(60)));
    assert_eq!(answered(&city, &ledger, &id, later()), None, "it is there");
}
