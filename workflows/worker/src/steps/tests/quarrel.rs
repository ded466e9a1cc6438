//! What is sent when a lead refuses, when it is in dispute, and when people are in danger.

use domain::case::{Body, Dispute, Severity};

use super::*;

fn refuse(going: &mut Going, id: &str, named: Option<&str>, at: i64) {
    let (round, reason) = (going.case.course.round, "not ours".to_owned());
    let named_unit = named.map(unit);
    going.say(&Fact::Refused { round, unit: unit(id), reason, named_unit }, Moment(at));
}

fn said(sent: &[Outgoing]) -> Dispute {
    match fact(&sent[0]) {
        Fact::Dispute(said) => said,
        other => panic!("{other:?}"),
    }
}

/// A shed over a gas pipe, called to enforcement and housing.
fn shed() -> Going {
    let mut going = Going::of("pipeline_occupied", "enforcement housing");
    going.go(Moment(1));
    going
}

#[test]
fn a_refusal_that_names_a_unit_goes_there_with_its_reason() {
    let mut going = shed();
    refuse(&mut going, "housing", None, 2);
    refuse(&mut going, "enforcement", Some("natural_resources"), 2);
    let sent = going.send(&Step::Reassign(2));
    assert_eq!(recipients(&sent), ["-"]);
    let Dispute::Transferred { round, from, to, cooperating, reason } = said(&sent) else {
        panic!("{sent:?}")
    };
    assert_eq!((round, from, to), (2, unit("enforcement"), unit("natural_resources")));
    assert_eq!(reason, "not ours");
    assert!(cooperating.is_empty(), "who has refused to help is not called again");
    assert_eq!(
        going.go(Moment(3)),
        ["20261122-1/2/reassign", "20261122-1/2/call/natural_resources/unit/natural_resources",]
    );
    assert_eq!(going.case.course.owner.to_string(), "unit/natural_resources");
}

#[test]
fn whom_no_call_reaches_is_not_handed_the_case() {
    for named in ["media", "power_company"] {
        let mut going = shed();
        let is_able = going.city.unit(&unit(named)).is_some_and(domain::pack::Unit::can_lead);
        assert!(!is_able, "{named}");
        refuse(&mut going, "enforcement", Some(named), 2);
        let sent = going.send(&Step::Reassign(2));
        assert!(matches!(fact(&sent[0]), Fact::Routed(routed) if routed.lead.is_none()));
    }
}

fn disputed() -> Going {
    let mut going = shed();
    refuse(&mut going, "enforcement", Some("natural_resources"), 2);
    going.go(Moment(3));
    refuse(&mut going, "natural_resources", Some("enforcement"), 4);
    going
}

#[test]
fn a_dispute_goes_to_who_is_asked_and_nobody_rules_in_its_own_house() {
    let mut going = disputed();
    let step = Step::Reassign(3);
    let sent = going.send(&step);
    assert_eq!(recipients(&sent), ["-", "unit/enforcement", "unit/natural_resources"]);
    let Dispute::Opened { round, units, reason, owner, within_ms } = said(&sent) else {
        panic!("{sent:?}")
    };
    assert_eq!((round, units.len(), owner.to_string()), (2, 2, "office/gov_city".to_owned()));
    assert!(reason.contains("natural_resources refuses and names enforcement"), "{reason}");
    assert_eq!(within_ms, going.limits.opinion.within_ms);
    let ids: Vec<&str> = sent.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids[0], "20261122-1/3/reassign");
    going.go(Moment(5));
    assert_eq!(going.case.course.stage, Stage::Disputed);
    assert!(!is_wanted(&going.case.course, &going.limits, &step));
}

#[test]
fn silence_is_recorded_for_each_and_the_conference_is_called_on() {
    let mut going = disputed();
    going.go(Moment(5));
    let late = Moment(5 + i64::try_from(going.limits.opinion.within_ms).unwrap());
    let silence = |id: &str| Step::NoteSilence(2, unit(id));
    assert!(is_wanted(&going.case.course, &going.limits, &silence("enforcement")));
    assert!(!is_wanted(&going.case.course, &going.limits, &silence("housing")));
    let sent = going.go(late);
    let silent: Vec<&String> = sent.iter().filter(|id| id.contains("/silent/")).collect();
    assert_eq!(
        silent,
        ["20261122-1/2/silent/enforcement", "20261122-1/2/silent/natural_resources"]
    );
    let ruled = Dispute::Ruled {
        round: 3,
        lead: unit("natural_resources"),
        cooperating: vec![],
        reason: "a compound".into(),
        body: Body::Government,
        ruled_by: "office/gov_city".parse().unwrap(),
    };
    going.say(&Fact::Dispute(ruled), late);
    let sent = going.send(&Step::Call(3, unit("natural_resources")));
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!((called.is_lead, called.bound_by), (true, Some(Body::Government)));
    going.go(late);
    let (round, reason) = (3, "no".to_owned());
    let contested = Dispute::Contested { round, unit: unit("natural_resources"), reason };
    going.say(&Fact::Dispute(contested), late);
    let sent = going.send(&Step::Convene(3));
    let Dispute::Convened { agenda, owner, .. } = said(&sent) else { panic!("{sent:?}") };
    assert!(agenda.contains("市自然资源局") && agenda.contains("the city government"), "{agenda}");
    assert_eq!(owner.to_string(), "office/gov_city");
    assert!(going.go(late).contains(&"20261122-1/3/convene".to_owned()));
}

#[test]
fn who_is_asked_without_a_part_in_it_is_told_when_the_case_is_closed() {
    let mut going = shed();
    for (at, (from, to)) in [
        ("enforcement", "natural_resources"),
        ("natural_resources", "transport"),
        ("transport", "dev_reform"),
    ]
    .into_iter()
    .enumerate()
    {
        let at = 2 * i64::try_from(at).unwrap() + 2;
        refuse(&mut going, from, Some(to), at);
        going.go(Moment(at + 1));
    }
    let course = &going.case.course;
    assert_eq!(course.stage, Stage::Disputed);
    assert!(!course.parts.contains_key(&unit("dev_reform")), "it was never called");
    let sent = going.send(&Step::Close(course.round, Outcome::Withdrawn));
    let told = recipients(&sent);
    assert!(told.iter().any(|to| to == "unit/dev_reform"), "{told:?}");
}

fn retype(going: &mut Going, id: &str, issue_type: &str) {
    let round = going.case.course.round;
    let (unit, issue_type) = (unit(id), issue_type.parse().unwrap());
    let retyped = Dispute::Retyped { round, unit, issue_type, grid: None, reason: "so".into() };
    going.say(&Fact::Dispute(retyped), Moment(2));
}

#[test]
fn another_kind_of_matter_is_routed_by_that_kind_and_not_for_ever() {
    let mut going = shed();
    retype(&mut going, "enforcement", "noise");
    going.go(Moment(3));
    let course = &going.case.course;
    assert_eq!((course.round, course.lead.clone()), (2, Some(unit("housing"))));
    let sent = going.send(&Step::Call(2, unit("housing")));
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!(called.issue_type.as_str(), "noise");
    retype(&mut going, "housing", "pipeline_occupied");
    going.go(Moment(4));
    retype(&mut going, "enforcement", "noise");
    going.go(Moment(5));
    assert_eq!(going.case.course.stage, Stage::Disputed, "it was handed on twice");
}

#[test]
fn a_matter_over_the_border_is_routed_by_the_cell_where_it_is() {
    let mut going = Going::of("street_vending", "enforcement");
    going.go(Moment(1));
    let before = going.case.course.responsible.clone();
    let (unit, issue_type) = (unit("enforcement"), "street_vending".parse().unwrap());
    let (grid, reason) = (Some("WS-XP-001".parse().unwrap()), "beyond the bridge".to_owned());
    let moved = Dispute::Retyped { round: 1, unit: unit.clone(), issue_type, grid, reason };
    going.say(&Fact::Dispute(moved), Moment(2));
    going.go(Moment(3));
    let course = &going.case.course;
    assert_eq!((course.round, course.lead.as_ref()), (2, Some(&unit)));
    assert_eq!(course.responsible, ["subdistrict_xinping".parse().unwrap()]);
    assert_ne!(course.responsible, before);
    let sent = going.send(&Step::Call(2, unit));
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!(called.grid.as_str(), "WS-XP-001");
}

#[test]
fn danger_calls_the_helpers_of_the_pack_before_everything_else_and_once() {
    let mut going = disputed();
    going.go(Moment(5));
    let (severity, reason) = (Severity::Emergency, "gas".to_owned());
    let raised_by = "office/gov_city".parse().unwrap();
    let raised = Dispute::Raised { severity, reason, evidence: vec![], raised_by };
    going.say(&Fact::Dispute(raised), Moment(6));
    let sent = going.send(&Step::Alert);
    assert_eq!(recipients(&sent), ["unit/fire_rescue", "unit/emergency"]);
    for one in &sent {
        let Fact::Called(called) = fact(one) else { panic!("{one:?}") };
        assert!(called.is_emergency && !called.is_lead && one.priority > 0, "{one:?}");
    }
    let sent = going.go(Moment(6));
    let alerts = ["20261122-1/0/alert/unit/fire_rescue", "20261122-1/0/alert/unit/emergency"];
    assert_eq!(sent, alerts);
    assert!(!is_wanted(&going.case.course, &going.limits, &Step::Alert));
    assert_eq!(going.case.course.stage, Stage::Disputed);
}
