//! Steps over the pack of Wenshan: what is sent, to whom, under which id.

mod quarrel;

mod word;

use std::{collections::BTreeMap, path::Path};

use domain::{
    case::{Case, Duty, Intake, Rating, decide},
    pack,
};

use super::*;

pub(crate) fn wenshan() -> City {
    wenshan_with("", "")
}

/// The pack with its limits around the clock and for every severity, so that a test can count, and
/// one line of them changed.
pub(crate) fn wenshan_with(from: &str, to: &str) -> City {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    let mut files = kit::pack::files(&dir).unwrap();
    let limits = files.get_mut("limits.csv").unwrap();
    let text = String::from_utf8(limits.clone()).unwrap();
    let text = text.replace("wm,", "m,").replace("wh,", "h,").replace("wd,", "d,");
    let every = text.lines().filter(|line| !line.ends_with(",serious") && !line.ends_with("ncy"));
    let text: String = every.map(|line| format!("{line}\n")).collect();
    assert!(text.contains(from), "{from}");
    *limits = text.replacen(from, to, 1).into_bytes();
    pack::load(&files).unwrap()
}

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

pub(crate) fn whistle(issue: &str, called: &str) -> Whistle {
    Whistle {
        community: "kaihua_dongfeng".parse().unwrap(),
        issue_type: issue.parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "stalls on the road".into(),
        evidence: vec![],
        called_units: called.split_whitespace().map(unit).collect(),
        seen_at: Moment(1_795_000_000_000),
        intake: Intake::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    }
}

/// A case that goes on by what its own steps send.
struct Going {
    city: City,
    case: Case,
    limits: Limits,
}

impl Going {
    fn of(issue: &str, called: &str) -> Going {
        let city = wenshan();
        let whistle = whistle(issue, called);
        let limits = city.limits("", &whistle.issue_type);
        let id = CaseId::parse("20261122-1").unwrap();
        let case = Case::begin(id, &Fact::Whistled(whistle), Moment(1)).unwrap();
        Going { city, case, limits }
    }

    fn send(&self, step: &Step) -> Vec<Outgoing> {
        let known = Known {
            case_id: &self.case.id,
            whistle: &self.case.whistle,
            course: &self.case.course,
            limits: &self.limits,
            traceparent: Some("00-1-2-01"),
            registry: &Registry::default(),
        };
        envelopes(&self.city, &known, step)
    }

    /// Does what is due, until nothing is; says what was sent to whom.
    fn go(&mut self, now: Moment) -> Vec<String> {
        let mut sent = Vec::new();
        loop {
            let steps = decide(&self.case.course, &self.limits, now).steps;
            if steps.is_empty() {
                return sent;
            }
            for step in steps {
                assert!(is_wanted(&self.case.course, &self.limits, &step), "{step:?}");
                for outgoing in self.send(&step) {
                    self.case.apply(&fact(&outgoing), now);
                    sent.push(outgoing.id.to_string());
                }
                assert!(!is_wanted(&self.case.course, &self.limits, &step), "{step:?}");
            }
        }
    }

    fn say(&mut self, fact: &Fact, at: Moment) {
        assert!(self.case.apply(fact, at), "{fact:?}");
    }

    fn work(&mut self, id: &str, at: Moment) {
        let (round, unit) = (self.case.course.round, unit(id));
        let done = String::from("done");
        self.say(&Fact::Accepted { round, unit: unit.clone() }, at);
        self.say(&Fact::Arrived { round, unit: unit.clone() }, at);
        let is_lead = self.case.course.lead.as_ref() == Some(&unit);
        let (summary, evidence) = (done.clone(), vec![]);
        self.say(&Fact::Disposed { round, unit: unit.clone(), summary, evidence }, at);
        if is_lead {
            self.say(&Fact::Declared { round, unit, summary: done }, at);
        }
    }
}

fn fact(outgoing: &Outgoing) -> Fact {
    proto::fact::read(&outgoing.kind, &outgoing.body).unwrap().unwrap()
}

fn recipients(sent: &[Outgoing]) -> Vec<String> {
    let text = |party: &Party| party.to_string();
    sent.iter().map(|o| o.recipient.as_ref().map_or("-".into(), text)).collect()
}

#[test]
fn a_call_names_the_liaison_of_the_unit_for_the_community_that_whistled() {
    let mut case = Going::of("street_vending", "enforcement environment");
    case.case.apply(&fact(&case.send(&Step::Route)[0]), Moment(2));
    let liaison = |case: &Going, id: &str| {
        let sent = case.send(&Step::Call(1, unit(id)));
        let Fact::Called(called) = fact(&sent[0]) else { panic!("a call") };
        called.liaison.map(String::from)
    };
    assert_eq!(liaison(&case, "enforcement").as_deref(), Some("p-201"));
    assert_eq!(liaison(&case, "environment"), None, "it has named nobody there");
    case.case.whistle.community = "kaihua_xishan".parse().unwrap();
    assert_eq!(liaison(&case, "enforcement").as_deref(), Some("p-202"));
}

#[test]
fn the_plain_whistle_is_sent_step_by_step_under_its_own_ids() {
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    let first = going.send(&Step::Route);
    assert_eq!((first.len(), recipients(&first)), (1, vec!["-".to_owned()]));
    assert_eq!(first[0].subject, "case/wenshan/20261122-1");
    assert_eq!(first[0].traceparent.as_deref(), Some("00-1-2-01"));
    let Fact::Routed(routed) = fact(&first[0]) else { panic!("{first:?}") };
    assert_eq!((routed.round, routed.owner.to_string()), (1, "unit/enforcement".to_owned()));

    assert_eq!(
        going.go(Moment(1)),
        [
            "20261122-1/1/route",
            "20261122-1/1/call/enforcement/unit/enforcement",
            "20261122-1/1/call/market_regulation/unit/market_regulation",
        ]
    );
    going.work("market_regulation", Moment(2));
    going.work("enforcement", Moment(2));
    assert!(going.go(Moment(2)).is_empty());
    let ratings = vec![Rating { unit: unit("enforcement"), stars: 5, comment: String::new() }];
    going.say(&Fact::Confirmed { round: 1, ratings }, Moment(3));
    let close = Step::Close(1, Outcome::Confirmed);
    assert_eq!(
        recipients(&going.send(&close)),
        ["-", "unit/enforcement", "unit/market_regulation"]
    );
    going.go(Moment(3));
    assert_eq!(going.case.course.stage, Stage::Closed);
}

#[test]
fn a_call_carries_what_the_unit_needs() {
    let mut going = Going::of("street_vending", "");
    let sent = going.send(&Step::Route);
    going.case.apply(&fact(&sent[0]), Moment(1));
    let sent = going.send(&Step::Call(1, unit("enforcement")));
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert!(called.is_lead && called.lead == unit("enforcement"));
    assert_eq!(called.description, "stalls on the road");
    let within = (called.accept_within_ms, called.arrive_within_ms, called.dispose_within_ms);
    assert_eq!(within, (7_200_000, 14_400_000, 259_200_000));
}

#[test]
fn what_cannot_be_routed_has_an_owner_all_the_same() {
    for going in [Going::of("no_such_matter", ""), Going::of("street_vending", "fire")] {
        let sent = going.send(&Step::Route);
        let Fact::Routed(routed) = fact(&sent[0]) else { panic!("{sent:?}") };
        assert_eq!(routed.lead, None);
        assert_eq!(routed.owner.to_string(), "office/leading_group_office");
        assert!(routed.basis.starts_with("no route: "), "{}", routed.basis);
    }
}

#[test]
fn a_lead_that_refuses_leaves_the_rest_to_who_assigns() {
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    going.go(Moment(1));
    let lead = unit("enforcement");
    let refused =
        Fact::Refused { round: 1, unit: lead, reason: "not ours".into(), named_unit: None };
    going.say(&refused, Moment(2));
    let sent = going.send(&Step::Reassign(2));
    let Fact::Routed(routed) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!((routed.round, &routed.lead), (2, &None));
    assert!(routed.candidates.is_empty());
    assert_eq!(routed.cooperating, [unit("market_regulation")]);
    // Enforcement hosts the coordinator and is the candidate: the government decides.
    assert_eq!(routed.owner.to_string(), "office/gov_city");
    assert_eq!(going.go(Moment(2)), ["20261122-1/2/reassign"]);
}

#[test]
fn what_is_sent_back_calls_the_same_units_again() {
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    going.go(Moment(1));
    going.work("market_regulation", Moment(2));
    going.work("enforcement", Moment(2));
    let back = Fact::SentBack { round: 1, reason: "still there".into(), evidence: vec![] };
    going.say(&back, Moment(3));
    assert_eq!(
        going.go(Moment(3)),
        [
            "20261122-1/2/rework",
            "20261122-1/2/call/enforcement/unit/enforcement",
            "20261122-1/2/call/market_regulation/unit/market_regulation",
        ]
    );
    let course = &going.case.course;
    assert_eq!((course.round, course.owner.to_string()), (2, "unit/enforcement".to_owned()));
    assert_eq!(course.stage, Stage::Called);
    // Again in the time for rework.
    let mut before = Going::of("street_vending", "");
    before.case.course = Course { parts: BTreeMap::new(), ..going.case.course.clone() };
    let sent = before.send(&Step::Call(2, unit("enforcement")));
    let Fact::Called(called) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!(called.dispose_within_ms, going.limits.rework.within_ms);
}

#[test]
fn a_reminder_goes_to_who_owes_and_to_nobody_who_has_done() {
    let mut going = Going::of("street_vending", "enforcement");
    going.go(Moment(0));
    let due = Moment(7_200_000);
    let rung = Rung { round: 1, party: Party::unit(&unit("enforcement")), duty: Duty::Accept, due };
    let step = Step::Remind(rung.clone());
    let sent = going.send(&step);
    assert_eq!(recipients(&sent), ["unit/enforcement"]);
    let id = format!("20261122-1/1/remind-accept/unit/enforcement/{}/unit/enforcement", due.0);
    assert_eq!(sent[0].id.as_str(), id);
    assert!(is_wanted(&going.case.course, &going.limits, &step));
    going.say(&Fact::Accepted { round: 1, unit: unit("enforcement") }, Moment(5));
    assert!(!is_wanted(&going.case.course, &going.limits, &step));
    assert!(!is_wanted(&going.case.course, &going.limits, &Step::Urge(rung)));
}

#[test]
fn a_step_of_an_old_picture_is_not_wanted() {
    let mut going = Going::of("street_vending", "enforcement");
    going.go(Moment(0));
    let old = [
        Step::Route,
        Step::Reassign(2),
        Step::Rework(2),
        Step::Rework(1),
        Step::Call(1, unit("enforcement")),
        Step::Call(1, unit("fire")),
        Step::Close(1, Outcome::Unconfirmed),
        Step::Close(1, Outcome::Merged),
    ];
    for step in old {
        assert!(!is_wanted(&going.case.course, &going.limits, &step), "{step:?}");
    }
}

#[test]
fn an_id_that_would_be_too_long_is_a_digest_and_the_same_each_time() {
    let case_id = CaseId::parse("c".repeat(100)).unwrap();
    let step = Step::Call(1, unit(&"u".repeat(100)));
    let first = name(&case_id, &step);
    assert_eq!(first.as_str().len(), 64);
    assert_eq!(first, name(&case_id, &step));
    assert_ne!(first, name(&case_id, &Step::Call(2, unit(&"u".repeat(100)))));
}

#[test]
fn a_subject_names_the_case_of_its_own_city_only() {
    let (city, case_id) = ("wenshan".parse().unwrap(), CaseId::parse("7/8").unwrap());
    assert_eq!(case_of(&city, &subject(&city, &case_id)), Some(case_id));
    for other in ["case/wuhan/1", "case/wenshan", "case/wenshan/", "operation/wenshan/1"] {
        assert_eq!(case_of(&city, other), None, "{other}");
    }
}

#[test]
fn a_merged_case_calls_nobody_and_its_units_are_told_that_it_is_closed() {
    let merged = || Fact::Merged {
        into: CaseId::parse("20261122-7").unwrap(),
        confirmed_by: "community/kaihua_dongfeng".parse().unwrap(),
        note: String::new(),
    };
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    going.say(&merged(), Moment(1));
    for step in [Step::Route, Step::Close(0, Outcome::Unconfirmed)] {
        assert!(!is_wanted(&going.case.course, &going.limits, &step), "{step:?}");
    }
    assert_eq!(going.go(Moment(2)), ["20261122-1/0/close"], "only the record is told");
    assert_eq!(going.case.course.outcome, Some(Outcome::Merged));

    // One is called, and the other not yet.
    let mut going = Going::of("street_vending", "enforcement market_regulation");
    for step in [Step::Route, Step::Call(1, unit("enforcement"))] {
        for outgoing in going.send(&step) {
            going.case.apply(&fact(&outgoing), Moment(1));
        }
    }
    going.say(&merged(), Moment(2));
    let call = Step::Call(1, unit("market_regulation"));
    assert!(!is_wanted(&going.case.course, &going.limits, &call));
    let sent = going.go(Moment(900_000_000));
    assert_eq!(sent, ["20261122-1/1/close", "20261122-1/1/close/unit/enforcement"]);
}

fn late_enforcement() -> Going {
    let mut going = Going::of("street_vending", "enforcement");
    going.go(Moment(0));
    going
}

#[test]
fn a_notice_is_urgent_and_goes_to_the_unit_for_its_first_responsible_person() {
    let mut going = late_enforcement();
    let party = Party::unit(&unit("enforcement"));
    // To accept within two hours; the notice a day later.
    let due = Moment(7_200_000);
    let sent = going.go(due + std::time::Duration::from_secs(24 * 3_600));
    assert!(sent.iter().any(|id| id.contains("1/notice-accept/unit/enforcement")), "{sent:?}");
    let step = Step::Notice(Rung { round: 1, party, duty: Duty::Accept, due });
    let sent = going.send(&step);
    assert_eq!((recipients(&sent), sent[0].priority), (vec!["unit/enforcement".to_owned()], 1));
    let Fact::Ladder(Ladder::Noticed { contact, .. }) = fact(&sent[0]) else { panic!("{sent:?}") };
    assert_eq!(contact, "主要领导");
    assert!(!is_wanted(&going.case.course, &going.limits, &step), "once");
}

#[test]
fn the_community_is_told_that_it_may_report_and_what_is_reported_waits_for_the_answer() {
    let mut going = late_enforcement();
    let days = |days: u64| Moment(0) + std::time::Duration::from_secs(days * 24 * 3_600);
    let sent = going.go(days(7));
    let opened = sent.iter().find(|id| id.contains("open-right")).expect("the right is open");
    assert!(opened.ends_with("/community/kaihua_dongfeng"), "{opened}");
    let refused = Fact::Refused {
        round: 1,
        unit: unit("enforcement"),
        reason: "no".into(),
        named_unit: None,
    };
    going.say(&refused, days(7));
    let reported = Ladder::Reported {
        round: 1,
        against: vec![unit("enforcement")],
        reason: "still there".into(),
        evidence: vec![],
        reported_by: "community/kaihua_dongfeng".parse().unwrap(),
        to: "office/gov_city".parse().unwrap(),
        is_answered_before: false,
    };
    going.say(&Fact::Ladder(reported), days(8));
    for step in [
        Step::Reassign(2),
        Step::Rework(2),
        Step::Close(1, Outcome::Unconfirmed),
        Step::Close(1, Outcome::Withdrawn),
    ] {
        assert!(!is_wanted(&going.case.course, &going.limits, &step), "{step:?}");
    }
    let sent = going.go(days(20));
    let to_government = sent.iter().filter(|id| id.ends_with("/office/gov_city"));
    assert_eq!(to_government.count(), 1, "it is urged: {sent:?}");

    let instructed = Ladder::Instructed {
        round: 2,
        lead: unit("housing"),
        cooperating: vec![],
        within_ms: 60_000,
        text: "today".into(),
        instructed_by: "office/gov_city".parse().unwrap(),
    };
    going.say(&Fact::Ladder(instructed), days(21));
    let call = going.send(&Step::Call(2, unit("housing")));
    let Fact::Called(call) = fact(&call[0]) else { panic!("{call:?}") };
    let wanted = Instruction { text: "today".into(), within_ms: 60_000 };
    assert_eq!((call.is_lead, call.instruction), (true, Some(wanted)));
    assert_eq!(going.go(days(21)), ["20261122-1/2/call/housing/unit/housing"]);
}
