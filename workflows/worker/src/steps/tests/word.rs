//! What the community's word leads to: rework, consultation, complaints, sheets; and proxies.

use domain::{
    accountability,
    case::{Complaint, Finding, Proxied, ground::Ground},
};

use super::*;

/// Charging wires out of windows: housing leads, fire checks, the power company has no client.
fn wires() -> Going {
    Going::of("ebike_parking", "housing fire_rescue power_company")
}

fn back(going: &mut Going, at: Moment) {
    let round = going.case.course.round;
    going.say(&Fact::SentBack { round, reason: "they are back".into(), evidence: vec![] }, at);
}

/// The units do their part; housing does the power company's.
fn work(going: &mut Going, at: Moment) {
    going.work("fire_rescue", at);
    let (round, company) = (going.case.course.round, unit("power_company"));
    for act in [
        Fact::Accepted { round, unit: company.clone() },
        Fact::Arrived { round, unit: company.clone() },
        Fact::Disposed { round, unit: company, summary: "rewired".into(), evidence: vec![] },
    ] {
        going.say(&Fact::Proxied(Proxied::new(unit("housing"), act).unwrap()), at);
    }
    going.work("housing", at);
    assert_eq!(going.case.course.stage, Stage::Confirming);
}

fn facts(sent: &[Outgoing]) -> Vec<Option<Fact>> {
    sent.iter().map(|one| proto::fact::read(&one.kind, &one.body).unwrap()).collect()
}

#[test]
fn who_has_no_client_is_called_through_the_lead_and_reminded_and_closed_there_once() {
    let mut going = wires();
    going.go(Moment(1));
    let again = Going { case: going.case.clone(), ..wires() };
    let sent = again.send(&Step::Call(1, unit("power_company")));
    assert_eq!(recipients(&sent), ["unit/housing"]);
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert!(called.by_proxy && !called.is_lead && called.unit == unit("power_company"));
    let part = &going.case.course.parts[&unit("power_company")];
    assert_eq!(part.proxy, Some(unit("housing")));
    let party = Party::unit(&unit("power_company"));
    let rung = Rung { round: 1, party, duty: Duty::Accept, due: Moment(9) };
    for step in [Step::Remind(rung.clone()), Step::Urge(rung)] {
        assert_eq!(recipients(&going.send(&step)), ["unit/housing"], "{step:?}");
    }
    work(&mut going, Moment(2));
    let sent = going.send(&Step::Close(1, Outcome::Confirmed));
    assert_eq!(recipients(&sent), ["-", "unit/fire_rescue", "unit/housing"]);
}

#[test]
fn the_third_time_all_consult_with_the_office_and_the_leads_sheet_is_opened() {
    let mut going = wires();
    for round in 1..3 {
        going.go(Moment(round));
        work(&mut going, Moment(round));
        back(&mut going, Moment(round));
    }
    going.go(Moment(5));
    work(&mut going, Moment(6));
    back(&mut going, Moment(7));
    let account = Step::Account(3, unit("housing"));
    let steps = decide(&going.case.course, &going.limits, Moment(7)).steps;
    assert_eq!(steps, [account.clone(), Step::Consult(3)]);

    let sent = going.send(&Step::Consult(3));
    assert_eq!(
        recipients(&sent),
        ["-", "office/leading_group_office", "unit/fire_rescue", "unit/housing"]
    );
    let Some(Fact::Finding(Finding::Consulted { units, reason, .. })) = &facts(&sent)[0] else {
        panic!("{sent:?}")
    };
    assert_eq!(units, &["fire_rescue", "housing", "power_company"].map(unit));
    assert!(reason.contains("3 times"), "{reason}");

    let opened = going.send(&account);
    assert_eq!(recipients(&opened), ["-", "unit/housing"]);
    assert_eq!(opened[1].subject, "accountability/wenshan/20261122-1/housing");
    let sheet = proto::account::read(&opened[1].kind, &opened[1].body).unwrap().unwrap();
    let accountability::Fact::Opened(sheet) = sheet else { panic!("{sheet:?}") };
    assert_eq!(sheet.grounds, [Ground::Reworked { times: 3 }]);
    assert_eq!(sheet.judge.to_string(), "office/leading_group_office");
    assert_eq!(sheet.statement_within_ms, going.limits.statement.within_ms);

    for fact in facts(&opened).into_iter().chain(facts(&sent)).flatten() {
        going.case.apply(&fact, Moment(8));
    }
    assert!(!is_wanted(&going.case.course, &going.limits, &account), "one sheet");
    assert!(!is_wanted(&going.case.course, &going.limits, &Step::Consult(3)), "once a round");
    let sent = going.send(&Step::Rework(4));
    let Fact::Routed(routed) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert!(routed.basis.contains("all consult"), "{}", routed.basis);
}

#[test]
fn the_offices_own_house_answers_to_the_government() {
    let mut going = Going::of("street_vending", "enforcement");
    going.go(Moment(1));
    let party = Party::unit(&unit("enforcement"));
    let rung = Rung { round: 1, party, duty: Duty::Accept, due: Moment(2) };
    going.say(&Fact::Urged(rung), Moment(3));
    let opened = going.send(&Step::Account(1, unit("enforcement")));
    let sheet = proto::account::read(&opened[1].kind, &opened[1].body).unwrap().unwrap();
    let accountability::Fact::Opened(sheet) = sheet else { panic!("{sheet:?}") };
    assert_eq!(sheet.judge.to_string(), "office/gov_city");
}

#[test]
fn who_was_late_answers_for_it_though_the_case_is_withdrawn() {
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    going.go(Moment(1));
    let party = Party::unit(&unit("market_regulation"));
    let rung = Rung { round: 1, party, duty: Duty::Accept, due: Moment(2) };
    going.say(&Fact::Urged(rung), Moment(3));
    let withdrawn = Ladder::Withdrawn {
        round: 1,
        reason: "the stalls are gone".into(),
        withdrawn_by: "community/kaihua_dongfeng".parse().unwrap(),
    };
    going.say(&Fact::Ladder(withdrawn), Moment(4));
    let account = Step::Account(1, unit("market_regulation"));
    let steps = decide(&going.case.course, &going.limits, Moment(5)).steps;
    assert_eq!(steps, [account.clone(), Step::Close(1, Outcome::Withdrawn)]);
    assert!(is_wanted(&going.case.course, &going.limits, &account));
    let opened = going.send(&account);
    assert_eq!(recipients(&opened), ["-", "unit/market_regulation"]);
    for fact in facts(&opened).into_iter().flatten() {
        going.say(&fact, Moment(5));
    }
    assert!(!is_wanted(&going.case.course, &going.limits, &account), "one sheet");
    going.go(Moment(6));
    assert_eq!(going.case.course.outcome, Some(Outcome::Withdrawn));
}

fn complaint(about: &str) -> Going {
    let mut going = Going::of("conduct", "");
    let complaint = Complaint { about: unit(about), case_id: None };
    going.case.whistle.complaint = Some(complaint.clone());
    going.case.course.complaint = Some(complaint);
    going
}

#[test]
fn a_complaint_goes_to_who_may_find_and_calls_nobody() {
    for (about, judge) in [
        ("housing", "office/leading_group_office"),
        ("enforcement", "office/gov_city"),
        ("leading_group_office", "office/gov_city"),
        ("gov_city", "office/leading_group_office"),
    ] {
        let mut going = complaint(about);
        assert_eq!(going.go(Moment(1)), ["20261122-1/1/route"], "{about}");
        let course = &going.case.course;
        assert_eq!((course.stage, course.owner.to_string().as_str()), (Stage::Finding, judge));
        assert!(course.parts.is_empty());
    }
}

#[test]
fn a_finding_that_is_not_accepted_goes_to_the_government() {
    let mut going = complaint("housing");
    going.go(Moment(1));
    let found = |round| {
        Fact::Finding(Finding::Found {
            round,
            is_upheld: true,
            text: "looked into".into(),
            evidence: vec![],
            found_by: "office/leading_group_office".parse().unwrap(),
        })
    };
    going.say(&found(1), Moment(2));
    back(&mut going, Moment(3));
    assert_eq!(going.go(Moment(3)), ["20261122-1/2/rework"]);
    assert_eq!(going.case.course.owner.to_string(), "office/gov_city");
    going.say(&found(2), Moment(4));
    going.say(&Fact::Confirmed { round: 2, ratings: vec![] }, Moment(5));
    let steps = decide(&going.case.course, &going.limits, Moment(5)).steps;
    assert_eq!(steps[0], Step::Account(2, unit("housing")), "upheld");
}
