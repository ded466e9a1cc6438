//! The story of a decision as tables: facts in, stages and steps out; and what each gate refuses.

use super::*;
use crate::{
    evidence::{Digest, Evidence},
    moment::Moment,
    outage::Outage,
    pack::{Limit, Limits, tests::decision::lawful},
};

pub(crate) fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000)
}

fn limit(seconds: u64) -> Limit {
    Limit {
        within_ms: seconds * 1_000,
        remind_before_ms: 3_000,
        urge_after_ms: 1_000,
        ..Limit::default()
    }
}

pub(crate) fn by(word: &str) -> By {
    let (unit, person) = word.split_once(':').unwrap();
    By { unit: unit.parse().unwrap(), person: person.parse().unwrap() }
}

pub(crate) fn file(text: &str) -> File {
    let evidence = Evidence {
        digest: Digest::sha256([7; 32]),
        size: 9,
        kind: "photo".into(),
        media_type: "image/jpeg".into(),
    };
    File { text: text.into(), evidence: vec![evidence] }
}

pub(crate) fn draft() -> Draft {
    Draft {
        by: by("city:li"),
        kind: "demolition".parse().unwrap(),
        about: Some("case/1".into()),
        issue_type: "dust".parse().unwrap(),
        grid: "T-1".parse().unwrap(),
        object: "Zhang San".into(),
        nature: "a shed".into(),
        area_m2: 40,
        file: file("a shed without a permit"),
        amount: 0,
        joint: vec!["house".parse().unwrap()],
        follows: None,
    }
}

pub(crate) fn gates(is_major: bool, amount: u64) -> Classed {
    let unit = |id: &str| id.parse().unwrap();
    let draft = Draft { amount, ..draft() };
    let rule = Rule { action: "demolish".parse().unwrap(), is_recorded: true };
    let terms = Terms {
        is_major,
        reviewer: is_major.then(|| unit("law")),
        review: limit(10),
        criminal: limit(20),
        supervision: limit(30),
        actions: vec![rule],
        joint: draft.joint.clone(),
        finance: (amount > 0).then(|| unit("money")),
        justice: unit("court"),
        police: unit("police"),
        office: "office/o".parse().unwrap(),
        zh: "拆除".into(),
        en: "Demolition".into(),
        basis: "law".into(),
    };
    Classed { draft, terms }
}

pub(crate) fn drafted(amount: u64) -> Decision {
    let draft = Draft { amount, ..draft() };
    Decision::begin("city-7".parse().unwrap(), &Fact::Drafted(draft), at(0)).unwrap()
}

fn classed(is_major: bool, amount: u64) -> Decision {
    let mut it = drafted(amount);
    assert!(it.apply(&Fact::Classed(Box::new(gates(is_major, amount))), at(0)));
    it
}

/// Says a word; the reason of a refusal.
fn say(it: &mut Decision, who: &str, word: Word, now: i64) -> Result<(), String> {
    let fact = fact(it, by(who), word).map_err(|no| no.reason)?;
    assert!(it.apply(&fact, at(now)));
    Ok(())
}

fn review(verdict: Verdict) -> Word {
    Word::Review { verdict, reason: "x".into() }
}

fn act(reference: Option<&str>) -> Word {
    let recording = reference.map(|text| Recording { reference: text.into(), evidence: None });
    Word::Act { action: "demolish".parse().unwrap(), recording }
}

fn answer(version: u32, answer: Answer) -> Word {
    Word::Answer { version, answer }
}

fn transfer() -> Word {
    Word::Transfer { file: file("a bribe"), reason: "a suspected crime".into() }
}

fn publish(it: &mut Decision, now: i64) -> usize {
    let due: Vec<Phase> = it.unpublished().collect();
    for phase in &due {
        assert!(it.apply(&Fact::Published(extract(it, *phase).unwrap()), at(now)));
    }
    due.len()
}

/// Issued and published.
fn issued(amount: u64) -> Decision {
    let mut it = classed(true, amount);
    say(&mut it, "law:wu", review(Verdict::Approve), 1).unwrap();
    say(&mut it, "city:li", Word::Issue, 2).unwrap();
    assert_eq!(publish(&mut it, 3), 1);
    it
}

fn limits() -> Limits {
    Limits::default()
}

fn names(it: &Decision, now: i64) -> Vec<String> {
    decide(it, &limits(), at(now)).steps.iter().map(Step::name).collect()
}

#[test]
fn a_major_decision_goes_through_every_gate_to_its_end() {
    let mut it = drafted(0);
    assert_eq!((it.stage(), names(&it, 0)), (Stage::Drafted, vec!["class".to_owned()]));
    assert_eq!(say(&mut it, "city:li", Word::Issue, 0).unwrap_err(), "NOT_CLASSED_YET");
    let mut it = classed(true, 0);
    assert_eq!(it.stage(), Stage::InReview);
    say(&mut it, "law:wu", review(Verdict::Approve), 1).unwrap();
    assert_eq!(it.stage(), Stage::Cleared);
    say(&mut it, "city:li", Word::Issue, 2).unwrap();
    assert_eq!((it.stage(), names(&it, 2)), (Stage::Issued, vec!["publish/before".to_owned()]));
    assert_eq!(say(&mut it, "city:li", act(None), 2).unwrap_err(), "NOT_PUBLISHED_YET");
    publish(&mut it, 3);
    say(&mut it, "house:he", act(Some("v-1")), 4).unwrap();
    assert_eq!((it.stage(), names(&it, 4)), (Stage::Executing, vec!["publish/during".to_owned()]));
    publish(&mut it, 5);
    say(&mut it, "city:li", Word::Close, 6).unwrap();
    assert!(!it.is_over(), "it is still to be published");
    publish(&mut it, 7);
    assert!(it.is_over() && names(&it, 8).is_empty());
    assert_eq!(it.stage().word(), "closed");
}

#[test]
fn nobody_issues_or_carries_out_a_major_decision_without_its_approval() {
    let mut it = classed(true, 0);
    for who in ["city:li", "law:wu", "office:boss", "house:he"] {
        let right = if who == "city:li" { "REVIEW_NEEDED" } else { "NOT_YOUR_DECISION" };
        assert_eq!(say(&mut it, who, Word::Issue, 1).unwrap_err(), right, "{who}");
    }
    assert_eq!(say(&mut it, "city:li", act(Some("v")), 1).unwrap_err(), "NOT_ISSUED");
    // A forged or early word changes nothing.
    for forged in [
        Fact::Issued { by: by("city:li") },
        Fact::Issued { by: by("office:boss") },
        Fact::Reviewed { by: by("city:wu"), verdict: Verdict::Approve, reason: String::new() },
        Fact::Reviewed { by: by("law:li"), verdict: Verdict::Approve, reason: String::new() },
        Fact::Classed(Box::new(gates(false, 0))),
        Fact::Acted { by: by("city:li"), action: "demolish".parse().unwrap(), recording: None },
        Fact::Closed { by: by("city:li") },
    ] {
        let before = it.clone();
        assert!(!it.apply(&forged, at(2)), "{forged:?}");
        assert_eq!(it, before);
    }
    say(&mut it, "law:wu", review(Verdict::Approve), 3).unwrap();
    say(&mut it, "city:li", Word::Issue, 4).unwrap();
    let mut small = classed(false, 0);
    say(&mut small, "city:li", Word::Issue, 1).unwrap();
}

#[test]
fn a_returned_file_comes_back_with_more_and_all_versions_are_kept() {
    let mut it = classed(true, 0);
    let more = || Word::Supplement { file: file("with the survey") };
    assert_eq!(say(&mut it, "city:li", more(), 1).unwrap_err(), "NOT_RETURNED");
    say(&mut it, "law:wu", review(Verdict::Return), 2).unwrap();
    assert_eq!(it.stage(), Stage::Returned);
    assert_eq!(say(&mut it, "law:wu", review(Verdict::Approve), 3).unwrap_err(), "NOT_IN_REVIEW");
    assert_eq!(say(&mut it, "law:wu", more(), 3).unwrap_err(), "NOT_YOUR_DECISION");
    say(&mut it, "city:chen", more(), 4).unwrap();
    assert_eq!((it.stage(), it.versions.len()), (Stage::InReview, 2));
    assert!(it.is_handler(&"chen".parse().unwrap()) && it.is_handler(&"li".parse().unwrap()));
    say(&mut it, "law:wu", review(Verdict::Approve), 5).unwrap();
    assert_eq!((it.stage(), it.reviews.len()), (Stage::Cleared, 2));
}

#[test]
fn a_rejected_decision_is_never_issued_and_another_way_is_a_new_one() {
    let mut it = classed(true, 0);
    say(&mut it, "law:wu", review(Verdict::Reject), 1).unwrap();
    for word in [Word::Issue, Word::Supplement { file: file("x") }, act(None), Word::Close] {
        assert_eq!(say(&mut it, "city:li", word, 2).unwrap_err(), "REVIEW_REJECTED");
    }
    assert_eq!(say(&mut it, "law:wu", review(Verdict::Approve), 2).unwrap_err(), "REVIEW_REJECTED");
    assert!(it.is_over() && it.stage().word() == "rejected");
}

#[test]
fn nobody_reviews_their_own_work_and_no_other_unit_reviews() {
    let mut it = classed(true, 0);
    for (who, right) in [("law:li", "REVIEWER_IS_HANDLER"), ("city:wu", "NOT_THE_REVIEWER")] {
        assert_eq!(say(&mut it, who, review(Verdict::Approve), 1).unwrap_err(), right);
    }
    // Where the pack says so another person of the same unit reviews.
    let mut own = gates(true, 0);
    own.terms.reviewer = Some("city".parse().unwrap());
    let mut it = drafted(0);
    it.apply(&Fact::Classed(Box::new(own)), at(0));
    let no = say(&mut it, "city:li", review(Verdict::Approve), 1).unwrap_err();
    assert_eq!(no, "REVIEWER_IS_HANDLER");
    say(&mut it, "city:wu", review(Verdict::Approve), 1).unwrap();
}

#[test]
fn the_review_has_its_own_clock_which_stands_still_while_the_handler_has_the_file() {
    let mut it = classed(true, 0);
    let due = |it: &Decision| owes(it, &limits())[0].due;
    assert_eq!((due(&it), decide(&it, &limits(), at(1)).wake), (at(10), Some(at(7))));
    say(&mut it, "law:wu", review(Verdict::Return), 4).unwrap();
    assert!(owes(&it, &limits()).is_empty() && decide(&it, &limits(), at(99)).steps.is_empty());
    say(&mut it, "city:li", Word::Supplement { file: file("more") }, 104).unwrap();
    assert_eq!(due(&it), at(110), "four seconds were taken before");
    let outage = Outage { from: at(105), to: at(107) };
    let limits = Limits { outages: vec![outage], ..Limits::default() };
    assert_eq!(owes(&it, &limits)[0].due, at(112), "our own outage is charged to nobody");
}

#[test]
fn silence_is_reminded_urged_once_told_to_the_office_once_and_never_consent() {
    let mut it = classed(true, 0);
    let (law, due) = ("law".parse::<UnitId>().unwrap(), at(10));
    assert_eq!(names(&it, 7), ["remind/review/1"]);
    let duty = Duty::Review(1);
    let say = |is_late| Fact::Reminded { duty, unit: law.clone(), due, is_late };
    assert!(it.apply(&say(false), at(7)) && names(&it, 8).is_empty());
    assert_eq!(names(&it, 11), ["urge/review/1"]);
    assert!(it.apply(&say(true), at(11)) && !it.apply(&say(true), at(12)));
    assert_eq!(names(&it, 21), ["escalate/review/1"]);
    let told = Fact::Escalated { duty, unit: law.clone(), due };
    assert!(it.apply(&told, at(21)) && !it.apply(&told, at(22)));
    let plan = decide(&it, &limits(), at(1_000_000));
    assert_eq!((plan.steps.len(), plan.wake, it.stage()), (0, None, Stage::InReview));
}

#[test]
fn a_suspected_crime_goes_to_justice_and_pauses_until_it_is_answered() {
    let mut it = issued(0);
    assert_eq!(say(&mut it, "house:he", transfer(), 3).unwrap_err(), "NOT_YOUR_DECISION");
    say(&mut it, "city:li", transfer(), 4).unwrap();
    assert_eq!(say(&mut it, "city:li", transfer(), 4).unwrap_err(), "ALREADY_TRANSFERRED");
    for who in ["city:li", "house:he"] {
        assert_eq!(say(&mut it, who, act(Some("v")), 5).unwrap_err(), "PAUSED", "{who}");
    }
    assert_eq!(names(&it, 25), ["urge/criminal/1"]);
    let no = say(&mut it, "city:li", answer(1, Answer::Accept), 5).unwrap_err();
    assert_eq!(no, "NOT_CRIMINAL_JUSTICE");
    say(&mut it, "court:mo", answer(1, Answer::Receipt), 5).unwrap();
    let back = || Answer::Return { reason: "who paid?".into() };
    say(&mut it, "court:mo", answer(1, back()), 6).unwrap();
    assert_eq!(it.paused_by(), None, "it is answered");
    say(&mut it, "city:li", transfer(), 7).unwrap();
    let early = answer(2, Answer::Outcome { text: "x".into(), goes_on: true });
    assert_eq!(say(&mut it, "court:mo", early, 8).unwrap_err(), "ALREADY_ANSWERED");
    assert_eq!(say(&mut it, "court:mo", answer(1, back()), 8).unwrap_err(), "UNKNOWN_VERSION");
    say(&mut it, "court:mo", answer(2, Answer::Accept), 8).unwrap();
    assert!(it.paused_by().is_some(), "until the result is back");
    assert!(owes(&it, &limits()).is_empty(), "a trial has no limit of ours");
    let goes_on = |goes_on| answer(2, Answer::Outcome { text: "convicted".into(), goes_on });
    let mut other = it.clone();
    say(&mut it, "court:mo", goes_on(true), 9).unwrap();
    say(&mut it, "city:li", act(Some("v")), 10).unwrap();
    assert_eq!(it.transfers.len(), 2, "all versions are kept");
    say(&mut other, "court:mo", goes_on(false), 9).unwrap();
    assert_eq!(say(&mut other, "city:li", act(None), 10).unwrap_err(), "DECISION_ENDED");
    assert_eq!(other.unpublished().collect::<Vec<_>>(), [Phase::After]);
}

#[test]
fn who_is_asked_later_begins_with_the_draft_and_knows_what_it_is_asked() {
    let mut it = issued(0);
    let given = |fact: &Fact, unit: &str| {
        Decision::given("city-7".parse().unwrap(), fact, &unit.parse().unwrap(), at(9))
    };
    let sent = fact(&it, by("city:li"), transfer()).unwrap();
    assert_eq!(given(&sent, "house"), None, "the file is not for it");
    let mut court = given(&sent, "court").unwrap();
    assert_eq!((court.transfers.len(), court.issued.is_some()), (1, false));
    say(&mut court, "court:mo", answer(1, Answer::Receipt), 10).unwrap();
    let call = Word::CallPolice { text: "stones fly".into() };
    let called = fact(&it, by("house:he"), call).unwrap();
    let mut police = given(&called, "police").unwrap();
    let comes = |is_settled| Word::Assist { number: 1, is_settled, text: "quiet".into() };
    say(&mut police, "police:gao", comes(false), 10).unwrap();
    assert!(it.apply(&called, at(9)));
    assert_eq!(say(&mut it, "city:li", act(None), 10).unwrap_err(), "PAUSED");
    assert_eq!(say(&mut it, "house:he", comes(true), 10).unwrap_err(), "NOT_THE_POLICE");
    say(&mut it, "police:gao", comes(false), 10).unwrap();
    assert_eq!(say(&mut it, "police:gao", comes(false), 11).unwrap_err(), "ALREADY_ANSWERED");
    assert_eq!(say(&mut it, "city:li", act(None), 11).unwrap_err(), "PAUSED");
    say(&mut it, "police:gao", comes(true), 12).unwrap();
    say(&mut it, "city:li", act(Some("v")), 13).unwrap();
    assert!(it.obstructions[0].acknowledged.as_ref().unwrap().1 == at(10));
    let forged = Decision::begin("other-7".parse().unwrap(), &Fact::Drafted(draft()), at(0));
    assert_eq!(forged, None, "nobody takes another unit's number");
    let gates = Fact::Classed(Box::new(gates(false, 0)));
    let early = Decision::begin("city-7".parse().unwrap(), &gates, at(0));
    assert_eq!(early, None, "the record begins with the draft");
    assert!(given(&gates, "law").unwrap().is_cleared());
}

#[test]
fn a_missing_record_is_named_and_blocks_the_end() {
    let mut it = issued(0);
    assert_eq!(it.missing(), ["action demolish"]);
    say(&mut it, "city:li", act(None), 4).unwrap();
    say(&mut it, "house:he", act(Some("v-1")), 4).unwrap();
    assert_eq!(it.missing(), ["recording of demolish by city", "publication during"]);
    publish(&mut it, 5);
    let no = fact(&it, by("city:li"), Word::Close).unwrap_err();
    assert_eq!(no.reason, "RECORDS_MISSING");
    assert!(no.message.contains("recording of demolish by city"), "{no}");
    say(&mut it, "city:li", act(Some("v-2")), 6).unwrap();
    assert_eq!(say(&mut it, "house:he", Word::Close, 7).unwrap_err(), "NOT_YOUR_DECISION");
    say(&mut it, "city:li", Word::Close, 7).unwrap();
    assert_eq!(it.actions.len(), 3, "all are kept");
}

#[test]
fn only_finance_says_that_a_fine_is_paid() {
    let mut it = issued(500);
    let pay = |amount, reference: &str| Word::Pay { amount, reference: reference.into() };
    for who in ["city:li", "law:wu", "house:he"] {
        assert_eq!(say(&mut it, who, pay(500, "r-1"), 4).unwrap_err(), "NOT_FINANCE", "{who}");
    }
    say(&mut it, "city:li", act(Some("v")), 4).unwrap();
    publish(&mut it, 4);
    assert_eq!(it.missing(), ["payment"]);
    assert_eq!(say(&mut it, "money:qian", pay(0, "r-1"), 5).unwrap_err(), "AMOUNT_MISSING");
    say(&mut it, "money:qian", pay(200, "r-1"), 5).unwrap();
    assert_eq!(say(&mut it, "money:qian", pay(300, "r-1"), 5).unwrap_err(), "PAYMENT_TWICE");
    assert_eq!((it.paid(), it.missing()), (200, vec!["payment".to_owned()]));
    say(&mut it, "money:qian", pay(300, "r-2"), 6).unwrap();
    say(&mut it, "city:li", Word::Close, 7).unwrap();
    let mut none = issued(0);
    assert_eq!(say(&mut none, "money:qian", pay(1, "r"), 5).unwrap_err(), "NOT_FINANCE");
}

#[test]
fn a_supervisor_is_answered_also_after_the_end() {
    let mut it = issued(0);
    say(&mut it, "city:li", act(Some("v")), 4).unwrap();
    publish(&mut it, 5);
    say(&mut it, "city:li", Word::Close, 6).unwrap();
    publish(&mut it, 7);
    let says = |number| Fact::Supervised {
        number,
        by: "office/o".parse().unwrap(),
        person: "kang".parse().unwrap(),
        text: "why so late?".into(),
    };
    assert!(!it.apply(&says(2), at(8)), "there is no second without a first");
    assert!(it.apply(&says(1), at(8)) && !it.apply(&says(1), at(8)));
    assert!(!it.is_over());
    assert_eq!(names(&it, 8 + 31), ["urge/supervision/1"]);
    let reply = || Word::Reply { number: 1, text: "rain".into() };
    assert_eq!(say(&mut it, "law:wu", reply(), 9).unwrap_err(), "NOT_YOUR_DECISION");
    say(&mut it, "city:li", reply(), 9).unwrap();
    assert!(it.is_over());
    assert_eq!(say(&mut it, "city:li", reply(), 9).unwrap_err(), "ALREADY_ANSWERED");
}

#[test]
fn an_extract_has_nothing_of_a_person_an_object_a_place_or_a_text() {
    let mut it = issued(0);
    say(&mut it, "city:li", act(Some("v")), 4).unwrap();
    for phase in [Phase::Before, Phase::During, Phase::After] {
        let text = serde_json::to_string(&extract(&it, phase).unwrap()).unwrap();
        for secret in ["li", "wu", "Zhang", "shed", "T-1", "case/1", "sha256"] {
            assert!(!text.contains(&format!("\"{secret}")), "{secret}: {text}");
        }
        assert!(text.contains("拆除") && text.contains("true"), "{text}");
    }
}

#[test]
fn a_draft_is_what_the_pack_knows_and_a_penalty_comes_after_its_warning() {
    let city = lawful();
    let good =
        || Draft { by: by("enforcement:li"), joint: vec!["housing".parse().unwrap()], ..draft() };
    assert!(check_draft(&city, &good(), None).is_ok());
    let fine = || Draft { kind: "fine".parse().unwrap(), amount: 5_000, ..good() };
    let table: [(Draft, &str); 10] = [
        (Draft { kind: "fines".parse().unwrap(), ..good() }, "UNKNOWN_DECISION_KIND"),
        (Draft { by: by("housing:li"), ..good() }, "NOT_ITS_POWER"),
        (Draft { issue_type: "vending".parse().unwrap(), ..good() }, "OTHER_ISSUE_TYPE"),
        (Draft { grid: "T-9".parse().unwrap(), ..good() }, "UNKNOWN_GRID"),
        (Draft { object: " ".into(), ..good() }, "OBJECT_MISSING"),
        (Draft { area_m2: 0, ..good() }, "AREA_MISSING"),
        (Draft { nature: String::new(), ..good() }, "NATURE_MISSING"),
        (Draft { amount: 1, ..good() }, "AMOUNT_OUT_OF_BOUNDS"),
        (Draft { joint: vec!["office".parse().unwrap()], ..good() }, "NOT_A_JOINT_UNIT"),
        (fine(), "WARNING_MISSING"),
    ];
    for (draft, right) in table {
        assert_eq!(check_draft(&city, &draft, None).unwrap_err().reason, right, "{draft:?}");
    }
    let warning = Draft { kind: "warning".parse().unwrap(), joint: vec![], ..good() };
    let id: DecisionId = "enforcement-3".parse().unwrap();
    let mut before = Decision::begin(id.clone(), &Fact::Drafted(warning.clone()), at(0)).unwrap();
    let follows = Draft { follows: Some(id), ..fine() };
    let reason =
        |before: &Decision| check_draft(&city, &follows, Some(before)).map_err(|no| no.reason);
    assert_eq!(reason(&before).unwrap_err(), "WARNING_MISSING", "it is not issued");
    let terms = terms(&city, "standard", &warning).unwrap();
    assert!(!terms.is_major && terms.reviewer.is_none());
    before.apply(&Fact::Classed(Box::new(Classed { draft: warning, terms })), at(1));
    before.apply(&Fact::Issued { by: by("enforcement:li") }, at(2));
    assert!(reason(&before).is_ok());
    before.draft.object = "Wang Wu".into();
    assert_eq!(reason(&before).unwrap_err(), "WARNING_MISSING", "of another");
}

#[test]
fn the_gates_are_the_packs_and_the_fast_track_is_shorter_with_every_gate() {
    let city = lawful();
    let of = |kind: &str, issue: &str, amount| {
        let (kind, issue_type) = (kind.parse().unwrap(), issue.parse().unwrap());
        let draft = Draft { kind, issue_type, amount, by: by("enforcement:li"), ..draft() };
        terms(&city, "standard", &draft).unwrap()
    };
    let (fast, slow) = (of("fine", "dust", 9_000), of("fine", "vending", 9_000));
    assert!(fast.review.within_ms < slow.review.within_ms);
    assert_eq!(Terms { review: slow.review, ..fast.clone() }, slow, "only the limit differs");
    assert!(fast.is_major && fast.reviewer.unwrap().as_str() == "office");
    assert!(!of("fine", "dust", 4_999).is_major);
    assert_eq!(of("fine", "dust", 1).finance.unwrap().as_str(), "gov");
    assert_eq!(of("penalty", "dust", 0).reviewer.unwrap().as_str(), "enforcement");
    assert_eq!(of("demolition", "dust", 0).finance, None);
}

#[test]
fn whose_word_it_is_and_who_hears_it() {
    let it = issued(500);
    let issue = Fact::Issued { by: by("city:li") };
    let (li, wu) = ("li".parse().unwrap(), "wu".parse().unwrap());
    let source = |text: &str| text.parse().unwrap();
    assert!(may_say(&source("unit/city"), Some(&li), &issue));
    assert!(!may_say(&source("unit/city"), Some(&wu), &issue), "another person");
    assert!(!may_say(&source("unit/law"), Some(&li), &issue), "another unit");
    assert!(!may_say(&source("service/worker"), Some(&li), &issue), "no program decides");
    let gates = Fact::Classed(Box::new(gates(true, 0)));
    assert!(may_say(&source("service/worker"), None, &gates));
    assert!(!may_say(&source("unit/city"), Some(&li), &gates), "nobody writes itself its gates");
    let to = |fact: &Fact| -> Vec<String> {
        told(&it, fact).iter().map(|party| party.id.clone()).collect()
    };
    assert_eq!(to(&issue), ["house", "law", "money", "city"], "the handler's unit last");
    let sent = fact(&it, by("city:li"), transfer()).unwrap();
    assert_eq!(to(&sent), ["court", "house", "law", "money", "city"]);
    let city = "wenshan".parse().unwrap();
    assert_eq!(of_subject(&city, &subject(&city, &it.id)), Some(it.id.clone()));
    assert_eq!(of_subject(&city, "decision/wuhan/city-7"), None);
    let json = serde_json::to_string(&it).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), it);
}
