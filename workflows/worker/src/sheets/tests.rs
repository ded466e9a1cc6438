//! What a sheet's steps send, to whom, under which id.

use domain::{
    accountability::{Duty, Opened, decide},
    case::ground::Ground,
    clock::Pace,
    moment::Moment,
};

use super::*;
use crate::steps::tests::wenshan;

fn id(unit: &str) -> SheetId {
    SheetId { case_id: "20261122-1".parse().unwrap(), unit: unit.parse().unwrap() }
}

fn sheet(unit: &str) -> Sheet {
    let opened = Fact::Opened(Opened {
        issue_type: "ebike_parking".parse().unwrap(),
        grounds: vec![Ground::Reworked { times: 3 }],
        judge: "office/leading_group_office".parse().unwrap(),
        statement_within_ms: 10_000,
        statement_pace: Pace::Around,
    });
    Sheet::begin(id(unit), &opened, Moment(0)).unwrap()
}

fn decided(form: Option<&str>) -> Fact {
    Fact::Decided {
        form: form.map(|form| form.parse().unwrap()),
        reason: "heard".into(),
        decided_by: "office/leading_group_office".parse().unwrap(),
    }
}

fn sent(city: &City, sheet: &Sheet, step: &Step) -> Vec<(String, Option<String>, Fact)> {
    let outgoing = envelopes(city, sheet, Some("00-1-2-01"), step).into_iter();
    let read = |one: Outgoing| {
        assert_eq!(one.subject, format!("accountability/wenshan/{}", sheet.id));
        assert_eq!(one.traceparent.as_deref(), Some("00-1-2-01"));
        let fact = proto::account::read(&one.kind, &one.body).unwrap().unwrap();
        (one.id.to_string(), one.recipient.map(|to| to.to_string()), fact)
    };
    outgoing.map(read).collect()
}

#[test]
fn a_subject_is_one_sheet_of_one_city() {
    let city: CityId = "wenshan".parse().unwrap();
    assert_eq!(sheet_of(&city, &subject(&city, &id("housing"))), Some(id("housing")));
    for other in ["case/wenshan/1", "accountability/wuhan/1/a", "accountability/wenshan/1", "x"] {
        assert_eq!(sheet_of(&city, other), None, "{other}");
    }
}

#[test]
fn what_follows_is_in_the_record_and_with_the_unit_and_says_who_and_which_form() {
    let city = wenshan();
    let mut sheet = sheet("housing");
    sheet.apply(&Fact::Silent { due: Moment(10_000) }, Moment(10_000));
    sheet.apply(&decided(Some("public_criticism")), Moment(11_000));
    let sent = sent(&city, &sheet, &Step::Publish);
    let to: Vec<Option<&str>> = sent.iter().map(|(_, to, _)| to.as_deref()).collect();
    assert_eq!(to, [None, Some("unit/housing")]);
    assert_eq!(sent[0].0, "sheet/20261122-1/housing/publish");
    let Fact::Published { form, text } = &sent[0].2 else { panic!("{sent:?}") };
    assert_eq!(form.as_str(), "public_criticism");
    for part in ["通报批评", "Housing", "20261122-1"] {
        assert!(text.contains(part), "{text}");
    }
    sheet.apply(&sent[0].2, Moment(12_000));
    assert!(!is_wanted(&sheet, &Limits::default(), &Step::Publish), "once");
}

#[test]
fn a_step_that_is_over_is_not_wanted_any_more() {
    let city = wenshan();
    let mut sheet = sheet("housing");
    let limits = city.limits("", &sheet.opened.issue_type);
    let due = Moment(10_000);
    assert_eq!(decide(&sheet, &limits, due).steps, [Step::Silence { due }]);
    let remind = Step::Remind { party: sheet.party(), duty: Duty::State, due, is_late: false };
    assert!(is_wanted(&sheet, &limits, &remind));
    assert_eq!(sent(&city, &sheet, &remind)[0].1.as_deref(), Some("unit/housing"));
    sheet.apply(&Fact::Stated { text: "x".into(), evidence: vec![] }, Moment(1_000));
    assert!(!is_wanted(&sheet, &limits, &remind));
    assert!(!is_wanted(&sheet, &limits, &Step::Silence { due }));
    assert!(!is_wanted(&sheet, &limits, &Step::Publish));
}

#[test]
fn who_has_no_mailbox_is_sent_nothing_and_the_record_has_it_all_the_same() {
    let city = wenshan();
    for unit in ["power_company", "traffic_police"] {
        let mut sheet = sheet(unit);
        let silence = Step::Silence { due: Moment(10_000) };
        assert_eq!(sent(&city, &sheet, &silence)[0].1, None, "{unit}");
        sheet.apply(&Fact::Silent { due: Moment(10_000) }, Moment(10_000));
        sheet.apply(&decided(Some("public_criticism")), Moment(11_000));
        assert_eq!(sent(&city, &sheet, &Step::Publish).len(), 1, "{unit}");
    }
}
