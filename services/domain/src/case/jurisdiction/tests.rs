//! Refusal, transfer, dispute, ruling and danger as tables: facts in, owner, stage and steps out.

use super::*;
use crate::{
    case::{Case, Fact, Intake, Step, Whistle, decide, fact::*},
    pack::Limit,
};

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000)
}

fn limits() -> Limits {
    let limit = Limit {
        within_ms: 10_000,
        remind_before_ms: 3_000,
        urge_after_ms: 1_000,
        ..Limit::default()
    };
    let (assign, accept, arrive, dispose, confirm) = (limit, limit, limit, limit, limit);
    let (rework, opinion, rule, rest) = (limit, limit, limit, Limits::default());
    Limits { assign, accept, arrive, dispose, confirm, rework, opinion, rule, ..rest }
}

fn whistle(severity: Severity) -> Whistle {
    Whistle {
        community: "c1".parse().unwrap(),
        issue_type: "pipeline_occupied".parse().unwrap(),
        grid: "g1".parse().unwrap(),
        description: "a shed over the gas pipe".into(),
        evidence: vec![],
        called_units: vec![],
        seen_at: at(0),
        intake: Intake::default(),
        proposed: vec![],
        severity,
        complaint: None,
    }
}

/// A case that `a` leads and `b` helps with, both called.
fn called_case() -> Case {
    let id = "1".parse().unwrap();
    let mut case = Case::begin(id, &Fact::Whistled(whistle(Severity::Normal)), at(0)).unwrap();
    let routed = Routed {
        round: 1,
        lead: Some(unit("a")),
        candidates: vec![unit("a")],
        cooperating: vec![unit("b")],
        responsible: vec![],
        owner: Party::unit(&unit("a")),
        basis: String::new(),
    };
    say(&mut case, Fact::Routed(routed), 1);
    call(&mut case, "a", 1);
    call(&mut case, "b", 1);
    case
}

fn say(case: &mut Case, fact: Fact, seconds: i64) {
    assert!(case.apply(&fact, at(seconds)), "{fact:?}");
    assert!(case.course.early.is_empty(), "{fact:?}");
}

fn dispute(case: &mut Case, said: Dispute, seconds: i64) {
    say(case, Fact::Dispute(said), seconds);
}

fn calling(case: &Case, id: &str, is_emergency: bool) -> Fact {
    let whistle = whistle(Severity::Normal);
    Fact::Called(Called {
        round: case.course.round,
        unit: unit(id),
        is_lead: case.course.lead == Some(unit(id)),
        lead: case.course.lead.clone().unwrap_or_else(|| unit(id)),
        issue_type: whistle.issue_type,
        grid: whistle.grid,
        description: whistle.description,
        evidence: vec![],
        accept_within_ms: 0,
        arrive_within_ms: 0,
        dispose_within_ms: 0,
        working: vec![],
        community: whistle.community,
        liaison: None,
        instruction: None,
        by_proxy: false,
        bound_by: None,
        is_emergency,
    })
}

fn call(case: &mut Case, id: &str, seconds: i64) {
    let fact = calling(case, id, false);
    say(case, fact, seconds);
}

fn refuse(case: &mut Case, id: &str, named: Option<&str>, seconds: i64) {
    let (round, reason) = (case.course.round, "not ours".into());
    let named_unit = named.map(unit);
    say(case, Fact::Refused { round, unit: unit(id), reason, named_unit }, seconds);
}

fn transfer(case: &mut Case, to: &str, seconds: i64) {
    let (from, round) = (case.course.lead.clone().unwrap(), case.course.round + 1);
    let (cooperating, reason) = (vec![unit("b")], "not ours".into());
    dispute(case, Dispute::Transferred { round, from, to: unit(to), cooperating, reason }, seconds);
    call(case, to, seconds);
}

fn open(case: &mut Case, asked: &[&str], seconds: i64) {
    let units = asked.iter().map(|id| unit(id)).collect();
    let (round, owner) = (case.course.round, "office/o".parse().unwrap());
    dispute(
        case,
        Dispute::Opened { round, units, reason: "whose".into(), owner, within_ms: 7 },
        seconds,
    );
}

fn rule(case: &mut Case, lead: &str, body: Body, seconds: i64) {
    let (round, ruled_by) = (case.course.round + 1, "office/o".parse().unwrap());
    let (cooperating, reason) = (vec![unit("b")], "a compound".into());
    let ruled = Dispute::Ruled { round, lead: unit(lead), cooperating, reason, body, ruled_by };
    dispute(case, ruled, seconds);
    call(case, lead, seconds);
}

fn names(case: &Case, seconds: i64) -> Vec<String> {
    decide(&case.course, &limits(), at(seconds)).steps.iter().map(Step::name).collect()
}

fn next(case: &Case) -> Next {
    // `x` has no service of its own.
    after_refusal(&case.course, 2, |unit| unit.as_str() != "x")
}

fn owner(case: &Case) -> String {
    case.course.owner.to_string()
}

fn owed(case: &Case) -> Vec<(String, Duty)> {
    let owed = crate::case::owes(&case.course, &limits());
    owed.into_iter().map(|owed| (owed.party.to_string(), owed.duty)).collect()
}

#[test]
fn a_refusal_goes_to_whom_it_names_and_never_back() {
    let table: [(Option<&str>, Next); 3] =
        [(Some("c"), Next::Transfer(unit("c"))), (None, Next::Assign), (Some("x"), Next::Assign)];
    for (named, right) in table {
        let mut case = called_case();
        refuse(&mut case, "a", named, 2);
        assert_eq!((next(&case), names(&case, 2)), (right, vec!["2/reassign".to_owned()]));
    }
    for named in [Some("a"), None, Some("x")] {
        let mut case = called_case();
        refuse(&mut case, "a", Some("c"), 2);
        transfer(&mut case, "c", 3);
        assert_eq!((owner(&case).as_str(), case.course.raised_at), ("unit/c", at(0)));
        refuse(&mut case, "c", named, 4);
        assert_eq!(next(&case), Next::Dispute, "{named:?}");
    }
}

#[test]
fn who_was_assigned_by_a_person_does_not_hand_it_on() {
    let mut case = called_case();
    refuse(&mut case, "a", None, 2);
    let assigning = Routed {
        round: 2,
        lead: None,
        candidates: vec![],
        cooperating: vec![],
        responsible: vec![],
        owner: "office/o".parse().unwrap(),
        basis: String::new(),
    };
    say(&mut case, Fact::Routed(assigning), 3);
    let (lead, assigned_by) = (unit("c"), "office/o".parse().unwrap());
    let (cooperating, note) = (vec![], String::new());
    say(&mut case, Fact::Assigned { round: 3, lead, cooperating, assigned_by, note }, 4);
    call(&mut case, "c", 4);
    refuse(&mut case, "c", Some("d"), 5);
    assert_eq!(next(&case), Next::Dispute);
}

#[test]
fn what_was_handed_on_often_enough_is_in_dispute() {
    let mut case = called_case();
    for (from, to) in [("a", "c"), ("c", "d")] {
        refuse(&mut case, from, Some(to), 2);
        assert_eq!(next(&case), Next::Transfer(unit(to)));
        transfer(&mut case, to, 3);
    }
    refuse(&mut case, "d", Some("e"), 4);
    assert_eq!(next(&case), Next::Dispute, "twice is as often as it may be");
    let all = ["a", "c", "d", "e"].map(unit);
    assert_eq!(parties(&case.course), all, "whom the last one names is asked too");
}

#[test]
fn opinions_come_first_silence_is_recorded_and_then_somebody_rules() {
    let mut case = called_case();
    refuse(&mut case, "a", Some("a"), 2);
    open(&mut case, &["a", "c"], 3);
    assert_eq!((case.course.stage, owner(&case).as_str()), (Stage::Disputed, "office/o"));
    let units = |ids: &[&str]| ids.iter().map(|id| (format!("unit/{id}"), Duty::Opine)).collect();
    let asked: Vec<(String, Duty)> = units(&["a", "c"]);
    let helper = ("unit/b".to_owned(), Duty::Accept);
    assert_eq!(owed(&case)[0], helper, "who helps owes what it owed");
    assert_eq!(owed(&case)[1..], asked);
    let (round, text, named_unit) = (1, "not ours".into(), Some(unit("c")));
    dispute(&mut case, Dispute::Opinion { round, unit: unit("a"), text, named_unit }, 4);
    assert!(!case.course.is_heard());
    assert_eq!(owed(&case)[1..], units(&["c"]));
    assert!(names(&case, 12).contains(&"1/remind-opine/unit/c".to_owned()));
    assert!(!names(&case, 12).iter().any(|name| name.contains("opine/unit/a")));
    assert!(names(&case, 13).contains(&"1/silent/c".to_owned()), "{:?}", names(&case, 13));
    dispute(&mut case, Dispute::Silent { round, unit: unit("c") }, 13);
    assert!(case.course.is_heard());
    assert!(owed(&case).contains(&("office/o".to_owned(), Duty::Rule)));
    assert!(!names(&case, 14).iter().any(|name| name.contains("silent")), "once");
    assert!(names(&case, 24).contains(&"1/urge-rule/office/o".to_owned()));
    // Who speaks late is heard, and its silence stays on record.
    let (text, named_unit) = ("ours".into(), None);
    dispute(&mut case, Dispute::Opinion { round, unit: unit("c"), text, named_unit }, 15);
    let hearing = case.course.jurisdiction.asked[&unit("c")];
    assert_eq!((hearing.silent_at, hearing.given_at), (Some(at(13)), Some(at(15))));
}

fn ruled(body: Body) -> Case {
    let mut case = called_case();
    refuse(&mut case, "a", None, 2);
    open(&mut case, &["a"], 3);
    rule(&mut case, "a", body, 4);
    case
}

#[test]
fn a_ruling_binds_and_a_refusal_against_it_is_kept_and_moves_nothing() {
    let mut case = ruled(Body::Office);
    assert_eq!((owner(&case).as_str(), case.course.bound_by()), ("unit/a", Some(Body::Office)));
    refuse(&mut case, "a", Some("c"), 5);
    assert_eq!((owner(&case).as_str(), case.course.lead_refused()), ("unit/a", false));
    assert_eq!(case.course.jurisdiction.evaded, [(unit("a"), 2)]);
    assert!(!names(&case, 5).iter().any(|name| name.contains("reassign")));
    // Who only helps refuses as ever.
    call(&mut case, "b", 5);
    refuse(&mut case, "b", None, 5);
    assert!(case.course.parts[&unit("b")].refused_at.is_some());
    // What binds can't be typed away.
    let (unit, issue_type) = (unit("a"), "dust".parse().unwrap());
    let retyped = Dispute::Retyped { round: 2, unit, issue_type, grid: None, reason: "so".into() };
    assert!(!case.apply(&Fact::Dispute(retyped), at(6)));
}

#[test]
fn a_ruling_is_contested_once_and_the_conference_has_the_last_word() {
    for (body, may) in [(Body::Office, true), (Body::Government, true), (Body::Conference, false)] {
        let mut case = ruled(body);
        let contested = Dispute::Contested { round: 2, unit: unit("a"), reason: "no".into() };
        let said = Fact::Dispute(contested);
        assert_eq!(case.apply(&said, at(5)), may, "{body:?}");
        if !may {
            continue;
        }
        assert_eq!(owner(&case), "unit/a", "until the conference has it");
        assert_eq!(names(&case, 5), ["2/convene"]);
        let (agenda, owner_) = ("who leads".into(), "office/gov".parse().unwrap());
        dispute(&mut case, Dispute::Convened { round: 2, agenda, owner: owner_ }, 6);
        assert_eq!((case.course.stage, owner(&case).as_str()), (Stage::Disputed, "office/gov"));
        assert_eq!(owed(&case), [("office/gov".to_owned(), Duty::Rule)]);
        rule(&mut case, "a", Body::Conference, 7);
        let again = Dispute::Contested { round: 3, unit: unit("a"), reason: "no".into() };
        assert!(!case.apply(&Fact::Dispute(again), at(8)), "the last word");
    }
}

#[test]
fn only_who_was_named_contests_and_only_before_it_reports_for_duty() {
    let contested = |id: &str| {
        Fact::Dispute(Dispute::Contested { round: 2, unit: unit(id), reason: "no".into() })
    };
    let mut case = ruled(Body::Office);
    call(&mut case, "b", 4);
    assert!(!case.apply(&contested("b"), at(5)));
    say(&mut case, Fact::Accepted { round: 2, unit: unit("a") }, 5);
    assert!(!case.apply(&contested("a"), at(6)));
    let mut case = ruled(Body::Office);
    say(&mut case, contested("a"), 5);
    let accepted = Fact::Accepted { round: 2, unit: unit("a") };
    case.apply(&accepted, at(6));
    assert_eq!(case.course.parts[&unit("a")].accepted_at, None, "one word or the other");
}

#[test]
fn a_lead_types_the_matter_anew_and_it_is_routed_anew() {
    let mut case = called_case();
    let retyped = |id: &str| {
        let (unit, issue_type) = (unit(id), "compound_illegal".parse().unwrap());
        Fact::Dispute(Dispute::Retyped {
            round: 1,
            unit,
            issue_type,
            grid: None,
            reason: "C05".into(),
        })
    };
    assert!(!case.apply(&retyped("b"), at(2)), "only the lead");
    say(&mut case, retyped("a"), 2);
    assert_eq!((names(&case, 2), owner(&case).as_str()), (vec!["2/reroute".into()], "unit/a"));
    assert_eq!(case.whistle.issue_type.as_str(), "pipeline_occupied", "the first is kept");
    let of = &case.course.jurisdiction;
    assert_eq!(of.issue_type.as_ref().map(IssueTypeId::as_str), Some("compound_illegal"));
    assert!(may_reroute(&case.course, 1) && !may_reroute(&case.course, 0));
    let routed = Routed {
        round: 2,
        lead: Some(unit("c")),
        candidates: vec![unit("c")],
        cooperating: vec![],
        responsible: vec![],
        owner: Party::unit(&unit("c")),
        basis: String::new(),
    };
    say(&mut case, Fact::Routed(routed), 3);
    assert_eq!((names(&case, 3), owner(&case).as_str()), (vec!["2/call/c".into()], "unit/c"));
}

fn raise(case: &mut Case, severity: Severity, seconds: i64) {
    let raised_by = "office/o".parse().unwrap();
    let (reason, evidence) = ("gas leaks".into(), vec![]);
    dispute(case, Dispute::Raised { severity, reason, evidence, raised_by }, seconds);
}

#[test]
fn danger_calls_helpers_once_beside_a_dispute_and_they_outlive_its_round() {
    let mut case = called_case();
    refuse(&mut case, "a", None, 2);
    open(&mut case, &["a"], 3);
    raise(&mut case, Severity::Serious, 4);
    assert!(!names(&case, 4).contains(&"0/alert".to_owned()), "only danger to people");
    raise(&mut case, Severity::Emergency, 4);
    assert_eq!(names(&case, 4), ["0/alert"]);
    for id in ["fire", "b", "a"] {
        let fact = calling(&case, id, true);
        say(&mut case, fact, 5);
    }
    assert_eq!((names(&case, 5).len(), case.course.stage), (0, Stage::Disputed));
    assert!(case.course.lead_refused(), "who is called to help has refused to lead all the same");
    let accepted = |id: &str| Fact::Accepted { round: 1, unit: unit(id) };
    say(&mut case, accepted("fire"), 6);
    rule(&mut case, "a", Body::Office, 7);
    let names_ = names(&case, 7);
    assert!(names_.is_empty(), "b helps already, nobody is called twice: {names_:?}");
    let parts: Vec<&str> = case.course.parts.keys().map(UnitId::as_str).collect();
    assert_eq!(parts, ["a", "b", "fire"]);
    let helps = |case: &Case, id: &str| case.course.parts[&unit(id)].clone();
    say(&mut case, Fact::Arrived { round: 1, unit: unit("fire") }, 8);
    assert!(helps(&case, "fire").arrived_at.is_some(), "its word counts in the round of its call");
    assert!(!case.apply(&Fact::Arrived { round: 2, unit: unit("fire") }, at(9)));
    let (summary, evidence) = (String::from("the leak is closed"), vec![]);
    let disposed = Fact::Disposed { round: 1, unit: unit("fire"), summary, evidence };
    say(&mut case, disposed, 9);
    assert!(helps(&case, "fire").is_done());
}

#[test]
fn a_whistle_of_danger_calls_helpers_when_it_is_routed_also_when_nobody_leads() {
    let id = "1".parse().unwrap();
    let fact = Fact::Whistled(whistle(Severity::Emergency));
    let mut case = Case::begin(id, &fact, at(0)).unwrap();
    assert_eq!(names(&case, 0), ["1/route"]);
    let nobody = Routed {
        round: 1,
        lead: None,
        candidates: vec![],
        cooperating: vec![],
        responsible: vec![],
        owner: "office/o".parse().unwrap(),
        basis: String::new(),
    };
    say(&mut case, Fact::Routed(nobody), 1);
    assert_eq!(names(&case, 1), ["0/alert"]);
    let fact = calling(&case, "fire", true);
    say(&mut case, fact, 2);
    assert_eq!(owed(&case)[0].0, "office/o");
    assert_eq!(owed(&case)[1], ("unit/fire".to_owned(), Duty::Accept));
}

#[test]
fn a_state_of_before_there_were_disputes_is_read() {
    let course = called_case().course;
    let state = toml::Value::try_from(&course).unwrap();
    assert!(state.get("jurisdiction").is_none(), "a plain case carries nothing of it");
    let mut table = state.as_table().unwrap().clone();
    table.remove("severity");
    assert_eq!(Course::deserialize(toml::Value::Table(table)).unwrap(), course);
}
