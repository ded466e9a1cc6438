//! What a system is told of a case, step by step, from what the record has of it.

use domain::case::{Ground, Rating, Report, Severity, Whistle};

use super::*;

fn system() -> UnitId {
    "ext_digital_cm".parse().unwrap()
}

fn intake(number: &str, system: Option<UnitId>) -> Intake {
    Intake { external_id: Some(number.parse().unwrap()), system, ..Intake::default() }
}

fn whistled(intake: Intake) -> Fact {
    Fact::Whistled(Whistle {
        community: "c".parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "Zhang San, 13800000000".to_owned(),
        evidence: Vec::new(),
        called_units: Vec::new(),
        seen_at: Moment(1),
        intake,
        proposed: Vec::new(),
        severity: Severity::default(),
        complaint: None,
    })
}

fn again(number: &str, merged_from: Option<&str>) -> Fact {
    Fact::ReportedAgain(Report {
        reporter: "c".parse().unwrap(),
        intake: intake(number, Some(system())),
        description: "x".to_owned(),
        evidence: Vec::new(),
        seen_at: Moment(1),
        reported_at: Moment(1),
        ground: Ground::Person,
        merged_from: merged_from.map(|case| case.parse().unwrap()),
    })
}

fn fact(value: serde_json::Value) -> Fact {
    serde_json::from_value(value).unwrap()
}

fn routed(round: u32) -> Fact {
    fact(serde_json::json!({ "routed": {
        "round": round, "owner": "unit/a", "lead": "a", "candidates": ["a"], "cooperating": [],
        "responsible": [], "basis": "",
    } }))
}

fn called(round: u32) -> Fact {
    fact(serde_json::json!({ "called": {
        "round": round, "unit": "a", "is_lead": true, "lead": "a", "issue_type": "street_vending",
        "grid": "WS-KH-001", "description": "", "evidence": [], "accept_within_ms": 0,
        "arrive_within_ms": 0, "dispose_within_ms": 0, "is_emergency": false, "by_proxy": false, "community": "c",
    } }))
}

/// One round, until the lead has declared.
fn round(round: u32) -> Vec<Fact> {
    let unit = || "a".parse().unwrap();
    vec![
        routed(round),
        called(round),
        Fact::Accepted { round, unit: unit() },
        Fact::Arrived { round, unit: unit() },
        Fact::Disposed { round, unit: unit(), summary: "x".into(), evidence: Vec::new() },
        Fact::Declared { round, unit: unit(), summary: "x".into() },
    ]
}

fn story(facts: Vec<Fact>) -> Vec<Step> {
    let places = (1..).map(|number: u64| number * 10);
    let step = |(place, fact)| Step { place, at: Moment(place as i64), fact };
    places.zip(facts).map(step).collect()
}

/// What is told at each step: the place, the number, the word, the round, how it was closed.
fn all(story: &[Step]) -> Vec<(u64, String, String, u32, String)> {
    let at = |place: u64| {
        let told = told(&system(), story, place).into_iter();
        told.map(move |(number, said)| (place, number, said.state, said.round, said.outcome))
    };
    story.iter().flat_map(|step| at(step.place)).collect()
}

fn words(facts: Vec<Fact>) -> Vec<String> {
    all(&story(facts)).into_iter().map(|(_, _, word, _, _)| word).collect()
}

fn closed(round: u32, outcome: Outcome) -> Fact {
    Fact::Closed { round, outcome }
}

#[test]
fn a_case_is_told_in_our_words_each_once() {
    let back = Fact::SentBack { round: 1, reason: "x".into(), evidence: Vec::new() };
    let rating = Rating { unit: "a".parse().unwrap(), stars: 5, comment: String::new() };
    let confirmed = Fact::Confirmed { round: 2, ratings: vec![rating] };
    let begin = vec![whistled(intake("77", Some(system())))];
    let end = vec![confirmed, closed(2, Outcome::Confirmed)];
    let story = story([begin, round(1), vec![back], round(2), end].concat());
    let words = |told: &[(u64, String, String, u32, String)]| -> Vec<(String, u32)> {
        told.iter().map(|(_, _, word, round, _)| (word.clone(), *round)).collect()
    };
    let wanted = [
        ("taken", 0),
        ("called", 1),
        ("in_work", 1),
        ("declared", 1),
        ("sent_back", 1),
        ("called", 2),
        ("in_work", 2),
        ("declared", 2),
        ("closed", 2),
    ];
    let told = all(&story);
    assert_eq!(words(&told), wanted.map(|(word, round)| (word.to_owned(), round)));
    assert!(told.iter().all(|(_, number, ..)| number == "77"));
    assert_eq!(told.last().unwrap().4, "confirmed");
    assert_eq!(all(&story), told, "the same step says the same whenever it is asked");
}

#[test]
fn each_number_is_told_from_when_it_is_in_the_case() {
    let begin = vec![whistled(intake("77", None))];
    let facts = [begin, round(1), vec![again("78", None), again("79", Some("other"))]].concat();
    let told = all(&story(facts));
    let of = |number: &str| -> Vec<String> {
        let mine = told.iter().filter(|(_, of, ..)| of == number);
        mine.map(|(_, _, word, ..)| word.clone()).collect()
    };
    assert_eq!(
        (of("77"), of("78"), of("79")),
        (vec![], vec!["declared".into()], vec!["declared".into()])
    );
    let mut facts = vec![whistled(intake("77", Some(system()))), again("78", None)];
    facts.extend([routed(1), called(1)]);
    let told = all(&story(facts));
    let called = told.iter().filter(|(_, _, word, ..)| word == "called").count();
    assert_eq!((called, told.len()), (2, 4), "both numbers: {told:?}");
}

#[test]
fn what_is_merged_goes_on_elsewhere_and_what_is_withdrawn_is_closed() {
    let begin = || whistled(intake("77", Some(system())));
    let into = "20261122-7QK3M9ZT".parse().unwrap();
    let confirmed_by = "community/c".parse().unwrap();
    let merged = Fact::Merged { into, confirmed_by, note: String::new() };
    let withdrawn = fact(serde_json::json!({ "ladder": { "withdrawn": {
        "round": 0, "reason": "x", "withdrawn_by": "community/c",
    } } }));
    let ended = [begin(), merged, closed(0, Outcome::Merged)];
    assert_eq!(course(story(ended.to_vec()).iter()).unwrap().stage, Stage::Closed);
    assert_eq!(words(ended.to_vec()), ["taken"]);
    let story = story(vec![begin(), withdrawn, closed(0, Outcome::Withdrawn)]);
    assert_eq!(all(&story).last().map(|told| told.4.as_str()), Some("withdrawn"));
    assert_eq!(words(vec![whistled(intake("77", Some("ext_other".parse().unwrap())))]), [""; 0]);
}

#[test]
fn nothing_leaves_but_the_state() {
    let city = "wenshan".parse().unwrap();
    let story = story(vec![whistled(intake("77", Some(system())))]);
    let (number, state) = told(&system(), &story, 10).remove(0);
    let state = CaseState { number, case_id: "20261122-7QK3M9ZT".into(), ..state };
    let message = message(&city, "k".into(), state, Moment(1_795_303_800_123));
    assert_eq!((message.kind.as_str(), message.subject.as_str()), (KIND, "77"));
    let wanted = serde_json::json!({
        "number": "77", "caseId": "20261122-7QK3M9ZT", "state": "taken",
    });
    assert_eq!(message.data, wanted);
    assert_eq!(message.attributes["time"], "2026-11-21T23:30:00.123Z");
    let no = turned_down(&city, &system(), "78", ("not of this city", 5));
    let wanted = serde_json::json!({
        "number": "78", "state": "turned_down", "reason": "not of this city",
    });
    assert_eq!((no.key.as_str(), no.data), ("intake/ext_digital_cm/78/turned-down", wanted));
}
