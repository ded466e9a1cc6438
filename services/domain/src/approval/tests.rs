//! The story of an approval as tables: facts in, states and steps out; and what is refused.

use super::*;
use crate::{
    outage::Outage,
    pack::{Limit, Limits},
};

pub(super) fn at(seconds: i64) -> Moment {
    Moment(seconds * 1_000)
}

pub(super) fn limits() -> Limits {
    let opinion = Limit {
        within_ms: 10_000,
        remind_before_ms: 3_000,
        urge_after_ms: 1_000,
        ..Limit::default()
    };
    Limits { opinion, ..Limits::default() }
}

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn item(id: &str) -> ItemId {
    id.parse().unwrap()
}

pub(super) fn applied(items: usize) -> Applied {
    let proposal = |number: usize| Proposal {
        id: item(&number.to_string()),
        grid: "G-1".parse().unwrap(),
        text: "a bollard".into(),
        outcome: "remove".parse().unwrap(),
    };
    Applied {
        kind: "bollards".parse().unwrap(),
        applicant: "unit/road".parse().unwrap(),
        title: "survey of the lane".into(),
        items: (1..=items).map(proposal).collect(),
        approvers: vec![unit("police"), unit("city")],
        asked: vec![unit("water")],
        office: "office/o".parse().unwrap(),
        within_ms: 10_000,
        pace: Pace::Around,
    }
}

pub(super) fn approval(items: usize) -> Approval {
    Approval::begin("P1".parse().unwrap(), &Fact::Applied(applied(items)), at(0)).unwrap()
}

fn opinion(by: &str, verdict: Verdict, items: &[&str]) -> Opinion {
    Opinion {
        unit: unit(by),
        items: items.iter().map(|id| item(id)).collect(),
        verdict,
        reason: if verdict == Verdict::Refuse { "unsafe".into() } else { String::new() },
        conditions: vec![],
    }
}

fn yes(by: &str, items: &[&str]) -> Fact {
    Fact::Opined(opinion(by, Verdict::Approve, items))
}

fn no(by: &str, items: &[&str]) -> Fact {
    Fact::Opined(opinion(by, Verdict::Refuse, items))
}

fn state(approval: &Approval, id: &str) -> State {
    approval.items[&item(id)].state
}

fn names(approval: &Approval, seconds: i64) -> Vec<String> {
    decide(approval, &limits(), at(seconds)).steps.iter().map(Step::name).collect()
}

fn settle(approval: &mut Approval, batch: u32) -> Vec<Settled> {
    let items = approval.settled(batch);
    assert!(approval.apply(&Fact::Decided { batch, items: items.clone() }, at(9)));
    items
}

#[test]
fn every_yes_approves_with_the_conditions_of_all_and_one_no_ends_its_item_alone() {
    let mut it = approval(3);
    let mut police = opinion("police", Verdict::Approve, &["1", "2", "3"]);
    let lit = Condition { kind: ConditionKind::Work, text: "reflecting".into() };
    police.conditions = vec![lit.clone()];
    it.apply(&Fact::Opined(police), at(1));
    assert!(it.items.values().all(|item| item.state == State::Open), "one yes is not all");
    assert_eq!(names(&it, 2), Vec::<String>::new());

    let mut city = opinion("city", Verdict::Approve, &["1"]);
    let plan = Condition { kind: ConditionKind::Document, text: "a plan".into() };
    city.conditions = vec![plan.clone()];
    it.apply(&Fact::Opined(city), at(2));
    it.apply(&no("city", &["2"]), at(3));
    let states = ["1", "2", "3"].map(|id| state(&it, id));
    assert_eq!(states, [State::Approved, State::Refused, State::Open]);
    assert_eq!(names(&it, 4), ["settle/1", "settle/2"]);

    let approved = &settle(&mut it, 1)[0];
    assert_eq!(approved.conditions, [lit, plan], "in the order of the approvers");
    assert_eq!(approved.case_id.as_ref().unwrap().as_str(), "P1-1");
    let refused = &settle(&mut it, 2)[0];
    assert_eq!((refused.case_id.as_ref(), refused.reason.as_str()), (None, "unsafe"));
    assert_eq!(refused.refused_by, Some(unit("city")));
    assert_eq!(names(&it, 5), Vec::<String>::new(), "nobody is told twice");
    assert!(!it.is_closed(), "the third waits");
}

#[test]
fn the_last_word_before_completion_counts_and_all_are_kept() {
    let mut it = approval(1);
    it.apply(&yes("police", &["1"]), at(1));
    it.apply(&no("police", &["1"]), at(2));
    assert_eq!(state(&it, "1"), State::Refused, "it has changed its mind before the other spoke");
    let late = yes("police", &["1"]);
    assert!(it.apply(&late, at(3)), "kept");
    it.apply(&yes("city", &["1"]), at(4));
    assert_eq!(state(&it, "1"), State::Refused, "and counts no more");
    let words: Vec<(Verdict, bool)> =
        it.items[&item("1")].words.iter().map(|word| (word.verdict, word.is_late)).collect();
    use Verdict::{Approve, Refuse};
    assert_eq!(words, [(Approve, false), (Refuse, false), (Approve, true), (Approve, true)]);

    let mut it = approval(1);
    let mut first = opinion("police", Verdict::Approve, &["1"]);
    first.conditions = vec![Condition { kind: ConditionKind::Work, text: "low".into() }];
    it.apply(&Fact::Opined(first), at(1));
    it.apply(&yes("police", &["1"]), at(2));
    it.apply(&yes("city", &["1"]), at(3));
    assert_eq!(it.settled(1)[0].conditions, [], "the condition went with the word");
    assert_eq!(it.items[&item("1")].words.len(), 3);
}

#[test]
fn who_is_only_asked_decides_nothing_and_a_stranger_is_not_heard() {
    let mut it = approval(1);
    assert!(it.apply(&no("water", &["1"]), at(1)), "kept");
    assert!(!it.apply(&no("housing", &["1"]), at(1)), "not kept");
    it.apply(&yes("police", &["1"]), at(2));
    it.apply(&yes("city", &["1"]), at(2));
    assert_eq!(state(&it, "1"), State::Approved);
    assert_eq!(it.items[&item("1")].words.len(), 3);
}

#[test]
fn silence_is_reminded_urged_once_told_to_the_office_once_and_never_consent() {
    let mut it = approval(2);
    it.apply(&yes("city", &["1", "2"]), at(1));
    let plan = |it: &Approval, seconds| decide(it, &limits(), at(seconds));
    assert_eq!(plan(&it, 1), Plan { steps: vec![], wake: Some(at(7)) });
    assert_eq!(names(&it, 7), ["remind/police"]);
    let (police, due) = (|| unit("police"), at(10));
    it.apply(&Fact::Reminded { unit: police(), due, is_late: false }, at(7));
    assert_eq!(plan(&it, 8), Plan { steps: vec![], wake: Some(at(11)) });
    assert_eq!(names(&it, 11), ["urge/police"]);
    it.apply(&Fact::Reminded { unit: police(), due, is_late: true }, at(11));
    assert_eq!(plan(&it, 12), Plan { steps: vec![], wake: Some(at(21)) });
    assert_eq!(names(&it, 21), ["escalate"]);
    it.apply(&Fact::Escalated { units: vec![police()], due }, at(21));
    assert_eq!(plan(&it, 1_000_000), Plan::default(), "nobody decides in its place");
    assert!(it.items.values().all(|item| item.state == State::Open));
    assert_eq!(owes(&it, &limits())[0], Owed { unit: police(), due, items: 2 });
    it.apply(&yes("police", &["1", "2"]), at(2_000_000));
    assert_eq!(
        (state(&it, "1"), names(&it, 2_000_001)),
        (State::Approved, vec!["settle/1".into()])
    );
}

#[test]
fn an_outage_of_ours_is_charged_to_nobody_and_what_was_said_is_not_said_again() {
    let mut it = approval(1);
    let due = at(10);
    it.apply(&Fact::Reminded { unit: unit("police"), due, is_late: true }, at(11));
    let outage = Outage { from: at(2), to: at(8) };
    let moved = Limits { outages: vec![outage], ..limits() };
    assert_eq!(owes(&it, &moved)[0].due, at(16));
    let steps = decide(&it, &moved, at(18)).steps;
    let names: Vec<String> = steps.iter().map(Step::name).collect();
    assert_eq!(names, ["urge/city"], "the police were urged already");
}

#[test]
fn many_items_of_one_word_are_settled_so_many_at_a_time() {
    let mut it = approval(BATCH_MAX + 5);
    let all: Vec<String> = it.items.keys().map(ToString::to_string).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    it.apply(&yes("police", &all), at(1));
    it.apply(&yes("city", &all), at(2));
    assert_eq!(names(&it, 3), ["settle/1", "settle/2"]);
    assert_eq!((it.settled(1).len(), it.settled(2).len()), (BATCH_MAX, 5));
    settle(&mut it, 1);
    settle(&mut it, 2);
    assert!(it.is_closed());
    let cases: std::collections::BTreeSet<_> =
        it.items.values().filter_map(|item| item.case_id().cloned()).collect();
    assert_eq!(cases.len(), BATCH_MAX + 5, "one case for each");
}

#[test]
fn what_is_not_complete_can_be_taken_back_and_what_is_stays() {
    let mut it = approval(2);
    it.apply(&no("police", &["1"]), at(1));
    let by: Party = "unit/road".parse().unwrap();
    assert_eq!(check_withdrawal(&it, " ").unwrap_err().reason, "REASON_MISSING");
    check_withdrawal(&it, "another survey").unwrap();
    let withdrawn = Fact::Withdrawn { by: by.clone(), reason: "another survey".into() };
    assert!(it.apply(&withdrawn, at(2)));
    assert_eq!([state(&it, "1"), state(&it, "2")], [State::Refused, State::Withdrawn]);
    assert_eq!(names(&it, 100), ["settle/1"], "nobody is urged about what is taken back");
    settle(&mut it, 1);
    assert!(it.is_closed() && !it.apply(&withdrawn, at(3)));
    assert_eq!(check_withdrawal(&it, "x").unwrap_err().reason, "ALREADY_COMPLETE");
}

#[test]
fn a_desk_that_hears_itself_alone_takes_the_workers_word_for_the_others() {
    let (mut whole, mut desk) = (approval(1), approval(1));
    for one in [&mut whole, &mut desk] {
        one.apply(&yes("police", &["1"]), at(1));
    }
    whole.apply(&yes("city", &["1"]), at(2));
    assert_eq!((state(&desk, "1"), desk.awaits(&unit("police")).count()), (State::Open, 0));
    let items = whole.settled(1);
    desk.apply(&Fact::Decided { batch: 1, items }, at(3));
    assert_eq!(state(&desk, "1"), State::Approved);
}

#[test]
fn each_fact_counts_from_one_party_only() {
    let (due, reason) = (at(1), String::from("x"));
    let facts = [
        (Fact::Applied(applied(1)), "service/gateway"),
        (Fact::Withdrawn { by: "unit/road".parse().unwrap(), reason }, "service/gateway"),
        (yes("police", &["1"]), "unit/police"),
        (Fact::Reminded { unit: unit("police"), due, is_late: true }, "service/worker"),
        (Fact::Escalated { units: vec![], due }, "service/worker"),
        (Fact::Decided { batch: 1, items: vec![] }, "service/worker"),
    ];
    for (fact, right) in facts {
        for source in ["service/gateway", "service/worker", "unit/police", "unit/road", "office/o"]
        {
            let said = may_say(&source.parse().unwrap(), &fact);
            assert_eq!(said, source == right, "{source} {fact:?}");
        }
    }
}

#[test]
fn a_bad_opinion_is_refused_with_its_reason() {
    let mut it = approval(2);
    it.apply(&no("city", &["2"]), at(1));
    let good = || opinion("police", Verdict::Approve, &["1"]);
    let condition = |text: &str| Condition { kind: ConditionKind::Work, text: text.into() };
    let table: Vec<(&str, Opinion)> = vec![
        ("NOT_AN_APPROVER", opinion("housing", Verdict::Approve, &["1"])),
        ("ITEMS_MISSING", opinion("police", Verdict::Approve, &[])),
        ("ITEM_TWICE", opinion("police", Verdict::Approve, &["1", "1"])),
        ("UNKNOWN_ITEM", opinion("police", Verdict::Approve, &["3"])),
        ("ITEM_COMPLETE", opinion("police", Verdict::Approve, &["1", "2"])),
        ("REASON_MISSING", Opinion { verdict: Verdict::Refuse, ..good() }),
        ("TEXT_TOO_LONG", Opinion { reason: "x".repeat(TEXT_MAX + 1), ..good() }),
        ("CONDITION_MISSING", Opinion { conditions: vec![condition(" ")], ..good() }),
        ("TOO_MANY", Opinion { conditions: vec![condition("x"); CONDITIONS_MAX + 1], ..good() }),
        (
            "TOO_MANY",
            Opinion {
                conditions: vec![condition("x")],
                ..opinion("police", Verdict::Refuse, &["1"])
            },
        ),
    ];
    for (reason, opinion) in table {
        assert_eq!(check_opinion(&it, &opinion).unwrap_err().reason, reason, "{opinion:?}");
    }
    check_opinion(&it, &good()).unwrap();
    check_opinion(&it, &opinion("water", Verdict::Refuse, &["1"])).unwrap();
    for _ in 0..WORDS_MAX {
        it.apply(&Fact::Opined(good()), at(2));
    }
    assert_eq!(check_opinion(&it, &good()).unwrap_err().reason, "TOO_MANY_WORDS");
}

#[test]
fn a_bad_application_is_refused_with_its_reason() {
    let city = crate::pack::tests::approval::approvals();
    let proposal = |id: &str| Proposal {
        id: item(id),
        grid: "T-1".parse().unwrap(),
        text: "a stall".into(),
        outcome: "keep".parse().unwrap(),
    };
    let check = |kind: &str, title: &str, items: &[Proposal]| {
        check_application(&city, &kind.parse().unwrap(), title, items).map(|kind| kind.id.clone())
    };
    let good = [proposal("1"), proposal("2")];
    check("stalls", "the street", &good).unwrap();
    let refused =
        |kind: &str, title: &str, items: &[Proposal]| check(kind, title, items).unwrap_err().reason;
    assert_eq!(refused("stals", "x", &good), "UNKNOWN_APPROVAL_KIND");
    assert_eq!(refused("stalls", " ", &good), "TITLE_MISSING");
    assert_eq!(refused("stalls", "x", &[]), "ITEMS_MISSING");
    assert_eq!(refused("stalls", "x", &["1", "2", "3", "4"].map(proposal)), "TOO_MANY");
    assert_eq!(refused("stalls", "x", &[proposal("1"), proposal("1")]), "ITEM_TWICE");
    assert_eq!(refused("stalls", "x", &[proposal("a/b")]), "MALFORMED_ID");
    assert_eq!(refused("stalls", "x", &[proposal(&"x".repeat(33))]), "MALFORMED_ID");
    let one = |change: fn(&mut Proposal)| {
        let mut one = proposal("1");
        change(&mut one);
        refused("stalls", "x", &[one])
    };
    assert_eq!(one(|one| one.text = " ".into()), "DESCRIPTION_MISSING");
    assert_eq!(one(|one| one.text = "x".repeat(TEXT_MAX + 1)), "TEXT_TOO_LONG");
    assert_eq!(one(|one| one.grid = "T-9".parse().unwrap()), "UNKNOWN_GRID");
    assert_eq!(one(|one| one.outcome = "burn".parse().unwrap()), "UNKNOWN_OUTCOME");
}
