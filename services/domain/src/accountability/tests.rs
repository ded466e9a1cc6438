//! The story of a sheet as tables: facts in, stage and steps out; and what holds of every sheet.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    outage::Outage,
    pack::{Limit, Limits},
};

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
    Limits { statement: limit, outcome: limit, ..Limits::default() }
}

fn opened() -> Fact {
    Fact::Opened(Opened {
        issue_type: "vending".parse().unwrap(),
        grounds: vec![Ground::Reworked { times: 3 }],
        judge: "office/o".parse().unwrap(),
        statement_within_ms: 10_000,
        statement_pace: Pace::Around,
    })
}

fn sheet() -> Sheet {
    let id = SheetId { case_id: "1".parse().unwrap(), unit: "housing".parse().unwrap() };
    Sheet::begin(id, &opened(), at(0)).unwrap()
}

fn stated() -> Fact {
    Fact::Stated { text: "the wires came back at night".into(), evidence: vec![] }
}

fn decided(form: Option<&str>) -> Fact {
    Fact::Decided {
        form: form.map(|form| form.parse().unwrap()),
        reason: "heard".into(),
        decided_by: "office/o".parse().unwrap(),
    }
}

fn published() -> Fact {
    Fact::Published { form: "criticism".parse().unwrap(), text: "published".into() }
}

fn after(facts: &[Fact]) -> Sheet {
    let mut sheet = sheet();
    for (second, fact) in (1..).zip(facts) {
        sheet.apply(fact, at(second));
    }
    sheet
}

fn names(sheet: &Sheet, second: i64) -> Vec<String> {
    decide(sheet, &limits(), at(second)).steps.iter().map(Step::name).collect()
}

#[test]
fn a_unit_is_heard_before_anything_is_decided_and_what_follows_is_published() {
    assert_eq!(after(&[decided(Some("criticism"))]), sheet(), "nobody was heard");
    let heard = after(&[stated()]);
    assert_eq!((heard.stage, heard.is_silent), (Stage::Deciding, false));
    let done = after(&[stated(), decided(Some("criticism"))]);
    assert_eq!(done.stage, Stage::Publishing);
    assert_eq!(names(&done, 3), ["publish"]);
    let done = after(&[stated(), decided(Some("criticism")), published()]);
    assert_eq!((done.stage, names(&done, 99)), (Stage::Closed, vec![]));
    assert_eq!(done.bulletin.as_deref(), Some("published"));
}

#[test]
fn where_nothing_follows_nothing_is_published() {
    let done = after(&[stated(), decided(None), published()]);
    assert_eq!((done.stage, done.bulletin, owes(&sheet(), &limits()).is_some()), {
        (Stage::Closed, None, true)
    });
}

#[test]
fn silence_is_recorded_when_the_time_is_over_and_a_late_word_is_still_heard() {
    let rows = [(6, vec![], Some(7)), (7, vec!["remind-state/10000"], Some(10))];
    for (second, steps, wake) in rows {
        let plan = decide(&sheet(), &limits(), at(second));
        let names: Vec<String> = plan.steps.iter().map(Step::name).collect();
        assert_eq!(
            (names, plan.wake),
            (steps.iter().map(|s| s.to_string()).collect(), wake.map(at))
        );
    }
    assert_eq!(names(&sheet(), 10), ["silence"]);
    let silent = after(&[Fact::Silent { due: at(10) }]);
    assert_eq!((silent.stage, silent.is_silent), (Stage::Deciding, true));
    let late = after(&[Fact::Silent { due: at(10) }, stated()]);
    assert!(late.statement.unwrap().is_late);
    let too_late = after(&[Fact::Silent { due: at(10) }, decided(None), stated()]);
    assert_eq!(too_late.statement, None);
}

#[test]
fn who_decides_is_reminded_and_urged_and_nobody_decides_in_its_place() {
    let mut heard = after(&[stated()]);
    assert_eq!(owes(&heard, &limits()).unwrap().party, heard.opened.judge);
    assert_eq!(names(&heard, 8), ["remind-decide/11000"]);
    assert_eq!(names(&heard, 12), ["urge-decide/11000"]);
    for is_late in [false, true] {
        let party = heard.opened.judge.clone();
        heard.apply(&Fact::Reminded { party, duty: Duty::Decide, due: at(11), is_late }, at(12));
    }
    assert_eq!(decide(&heard, &limits(), at(9_999)), Plan::default());
}

#[test]
fn our_own_outage_is_nobodys_time_and_who_was_reminded_is_not_reminded_again() {
    let outage = Outage { from: at(8), to: at(20) };
    let away = Limits { outages: vec![outage], ..limits() };
    let mut sheet = sheet();
    let party = sheet.party();
    sheet.apply(&Fact::Reminded { party, duty: Duty::State, due: at(10), is_late: false }, at(7));
    assert_eq!(owes(&sheet, &away).unwrap().due, at(22), "two seconds were left");
    let plan = decide(&sheet, &away, at(21));
    assert_eq!(plan, Plan { steps: vec![], wake: Some(at(22)) });
    assert_eq!(decide(&sheet, &away, at(22)).steps, [Step::Silence { due: at(22) }]);
    let heard = after(&[stated()]);
    assert_eq!(owes(&heard, &away).unwrap().due, at(23), "nor the time of who decides");
}

#[test]
fn what_is_said_twice_or_by_another_counts_once_or_never() {
    let once = after(&[stated()]);
    let mut twice = once.clone();
    assert!(!twice.apply(&stated(), at(5)) && twice == once);
    let unit = "housing".parse().unwrap();
    let facts = [
        (opened(), "service/worker"),
        (Fact::Silent { due: at(1) }, "service/worker"),
        (published(), "service/worker"),
        (decided(None), "service/gateway"),
        (stated(), "unit/housing"),
    ];
    for (fact, right) in facts {
        for source in ["service/worker", "service/gateway", "unit/housing", "unit/x", "office/o"] {
            let is_right = may_say(&source.parse().unwrap(), &unit, &fact);
            assert_eq!(is_right, source == right, "{source} {fact:?}");
        }
    }
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(opened()),
        Just(stated()),
        Just(Fact::Silent { due: at(10) }),
        Just(decided(None)),
        Just(decided(Some("criticism"))),
        Just(published()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A published bulletin was decided, and a decision has heard the unit or waited for it.
    #[test]
    fn nothing_comes_before_what_it_rests_on(facts in vec(fact(), 0..12)) {
        let sheet = after(&facts);
        prop_assert!(sheet.decision.is_none() || sheet.heard_at.is_some());
        let follows = sheet.decision.as_ref().is_some_and(|one| one.form.is_some());
        prop_assert_eq!(sheet.bulletin.is_some(), follows && sheet.stage == Stage::Closed);
        prop_assert!(!(sheet.stage == Stage::Closed && follows && sheet.bulletin.is_none()));
    }

    /// Nobody says anything more: the flow comes to rest, and only who decides can still move it.
    #[test]
    fn silence_comes_to_rest(facts in vec(fact(), 0..12), start in 0..40_i64) {
        let (mut sheet, mut now) = (after(&facts), at(start));
        for _ in 0..32 {
            let plan = decide(&sheet, &limits(), now);
            for step in &plan.steps {
                let fact = match step.clone() {
                    Step::Remind { party, duty, due, is_late } => {
                        Fact::Reminded { party, duty, due, is_late }
                    }
                    Step::Silence { due } => Fact::Silent { due },
                    Step::Publish => published(),
                };
                prop_assert!(sheet.apply(&fact, now), "{:?} moves nothing", step);
            }
            match plan.wake {
                _ if !plan.steps.is_empty() => {}
                Some(wake) => {
                    prop_assert!(wake > now);
                    now = wake;
                }
                None => {
                    prop_assert!(matches!(sheet.stage, Stage::Closed | Stage::Deciding));
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it never rests: {:?}", sheet);
    }
}
