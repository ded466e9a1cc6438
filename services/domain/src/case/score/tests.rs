//! Scores against a slow and obvious oracle: the history is played millisecond by millisecond, and
//! at each it is looked who has work.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    case::{
        Fact, Outcome, Timing,
        fact::{Called, Routed},
        order,
        standing::{self, Decided},
    },
    pack::{Limit, Limits},
    party::Party,
};

/// By when work is to be done.
const WITHIN: u64 = 6;

fn limits() -> Limits {
    let limit = Limit { within_ms: WITHIN / 3, ..Limit::default() };
    Limits { accept: limit, arrive: limit, dispose: limit, ..Limits::default() }
}

fn due(since: Moment) -> Moment {
    standing::due_at(since, &limits())
}

fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}

fn routed(round: u32, lead: &str, beside: &[&str]) -> Fact {
    Fact::Routed(Routed {
        round,
        lead: Some(unit(lead)),
        candidates: vec![],
        cooperating: beside.iter().map(|id| unit(id)).collect(),
        responsible: vec![],
        owner: Party::unit(&unit(lead)),
        basis: String::new(),
    })
}

fn called(round: u32, id: &UnitId) -> Fact {
    Fact::Called(Called {
        round,
        unit: id.clone(),
        is_lead: false,
        lead: id.clone(),
        issue_type: "t".parse().unwrap(),
        grid: "g".parse().unwrap(),
        description: String::new(),
        evidence: vec![],
        accept_within_ms: 0,
        arrive_within_ms: 0,
        dispose_within_ms: 0,
        working: vec![],
        by_proxy: false,
        community: "c".parse().unwrap(),
        liaison: None,
        instruction: None,
        bound_by: None,
        is_emergency: false,
    })
}

/// Something that may be said now; `pick` says what.
fn next(course: &Course, pick: u8) -> Vec<Fact> {
    let round = course.round;
    let parts: Vec<&UnitId> = course.parts.keys().collect();
    let of = |index: u8| (*parts[usize::from(index) % parts.len()]).clone();
    if parts.is_empty() {
        return vec![routed(1, "a", &["b"])];
    }
    let sent_back = || Fact::SentBack { round, reason: "no".into(), evidence: vec![] };
    match (course.stage, pick % 8) {
        (Stage::Confirming, _) if course.sent_back == round => {
            vec![routed(round + 1, "a", &["b", "c"])]
        }
        (Stage::Confirming, 0) => vec![Fact::Closed { round, outcome: Outcome::Unconfirmed }],
        (Stage::Confirming, 1..4) if course.confirmed_at.is_none() => vec![sent_back()],
        (Stage::Confirming, _) if course.confirmed_at.is_some() => {
            vec![Fact::Closed { round, outcome: Outcome::Confirmed }]
        }
        (Stage::Confirming, _) => vec![Fact::Confirmed { round, ratings: vec![] }],
        _ if course.lead_refused() => vec![routed(round + 1, "d", &["b"])],
        (_, 0) => {
            vec![Fact::Refused { round, unit: of(pick / 8), reason: "n".into(), named_unit: None }]
        }
        (_, 1) => vec![Fact::Declared { round, unit: of(0), summary: "s".into() }],
        (_, 2..4) => parts.iter().map(|id| called(round, id)).collect(),
        _ => {
            let (unit, summary, evidence) = (of(pick / 8), "s".into(), vec![]);
            vec![
                called(round, &unit),
                Fact::Accepted { round, unit: unit.clone() },
                Fact::Arrived { round, unit: unit.clone() },
                Fact::Disposed { round, unit, summary, evidence },
            ]
        }
    }
}

type History = Vec<(Fact, Moment)>;

/// A case that begins at 0: what is said in it, and when.
fn history() -> impl Strategy<Value = (History, Moment)> {
    (vec((any::<u8>(), 0..4_i64), 1..40), 0..6_i64).prop_map(|(picks, more)| {
        let mut course = Course::begin("c".parse().unwrap(), Moment(0));
        let (mut told, mut at) = (Vec::new(), 0);
        for (pick, later) in picks {
            at += later;
            for fact in next(&course, pick) {
                // What comes before what it rests on counts from when it came: that is for `order`.
                if order::standing(&course, &fact) == order::Standing::Early {
                    continue;
                }
                course.apply(&fact, Moment(at));
                told.push((fact, Moment(at)));
            }
        }
        (told, Moment(at + more))
    })
}

/// The score as it is kept.
fn kept(history: &History) -> (Course, Score) {
    let mut course = Course::begin("c".parse().unwrap(), Moment(0));
    let mut score = Score::begin(Moment(0));
    for (fact, at) in history {
        course.apply_noting(fact, *at, &mut |course, at| score.note(course, at));
    }
    (course, score)
}

/// Since when the whole and each unit are late, found by looking at every millisecond.
fn looked(history: &History, now: Moment) -> (Option<Moment>, BTreeMap<UnitId, Moment>) {
    let mut course = Course::begin("c".parse().unwrap(), Moment(0));
    let mut told = history.iter().peekable();
    let (mut whole, mut late) = (None, BTreeMap::new());
    let mut since: BTreeMap<UnitId, (u32, Moment, bool)> = BTreeMap::new();
    for at in (0..now.0).map(Moment) {
        while let Some((fact, _)) = told.next_if(|(_, said)| *said <= at) {
            course.apply(fact, at);
            for (unit, part) in &course.parts {
                let Some(called) = part.called_at else { continue };
                let is_rework = course.sent_back > 0 && course.sent_back + 1 == course.round;
                let goes_on = |(round, _, has_refused): &(u32, Moment, bool)| {
                    *round == course.round || (is_rework && !has_refused)
                };
                let begun = since.get(unit).filter(|known| goes_on(known));
                let begun = begun.map_or(called, |(_, begun, _)| *begun);
                since.insert(unit.clone(), (course.round, begun, part.refused_at.is_some()));
            }
        }
        let is_asked = course.stage == Stage::Confirming && course.sent_back != course.round;
        if course.stage == Stage::Closed {
            break;
        }
        if !is_asked && at >= due(Moment(0)) {
            whole.get_or_insert(at);
        }
        for (unit, part) in &course.parts {
            let has_said = course.lead.as_ref() != Some(unit) || course.declared_at.is_some();
            let is_done = part.disposed_at.is_some() && has_said;
            let is_open = part.called_at.is_some() && part.refused_at.is_none() && !is_done;
            if is_open && at >= due(since[unit].1) {
                late.entry(unit.clone()).or_insert(at);
            }
        }
    }
    (whole, late)
}

/// The community's answers, as they were said and counted.
fn words(history: &History) -> Vec<(Moment, bool)> {
    let mut course = Course::begin("c".parse().unwrap(), Moment(0));
    let mut words = Vec::new();
    for (fact, at) in history {
        let before = (course.confirmed_at, course.sent_back);
        course.apply(fact, *at);
        match fact {
            Fact::Confirmed { .. } if before.0 != course.confirmed_at => words.push((*at, true)),
            Fact::SentBack { .. } if before.1 != course.sent_back => words.push((*at, false)),
            _ => {}
        }
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_late_is_what_is_seen_to_be_late((history, now) in history()) {
        let (course, score) = kept(&history);
        let (whole, late) = looked(&history, now);
        prop_assert_eq!(score.whole.late_since(due(Moment(0)), now), whole, "{:?}", score);
        for unit in ["a", "b", "c", "d"].map(unit) {
            let found = score.tasks.get(&unit).and_then(|task| task.late_since(|work| due(work.since), now));
            prop_assert_eq!(found, late.get(&unit).copied(), "{} {:?}", unit, score);
            let decided = standing::task_decided(&course, &score, &unit, &limits(), now);
            if let Some(late) = late.get(&unit) {
                prop_assert_eq!(decided, Some(Decided::Late(*late)));
            } else if course.stage != Stage::Closed {
                prop_assert_eq!(decided, None);
            }
        }
        let decided = standing::decided(&course, &score, due(Moment(0)), now);
        let is_on_time = standing::is_on_time(&course, due(Moment(0)));
        let counted = match decided {
            Some(Decided::OnTime(_)) => Some(true),
            Some(Decided::Late(_)) if course.stage == Stage::Closed => Some(false),
            _ => None,
        };
        prop_assert_eq!(counted, is_on_time, "{:?}", course);
        let words = words(&history);
        let word = |word: Option<Word>| word.map(|word| (word.at, word.is_satisfied));
        prop_assert_eq!(word(score.first), words.first().copied());
        prop_assert_eq!(word(score.last), words.last().copied());
    }

    #[test]
    fn what_was_counted_stays_counted_as_it_was((history, now) in history(), cut in 0..40_usize) {
        let earlier: History = history.iter().take(cut).cloned().collect();
        let (Some((_, said)), Some((_, next))) = (earlier.last(), history.get(cut)) else {
            return Ok(());
        };
        let (course, score) = kept(&earlier);
        let (course_after, score_after) = kept(&history);
        for then in said.0..next.0 {
            let before = standing::decided(&course, &score, due(Moment(0)), Moment(then));
            let after = standing::decided(&course_after, &score_after, due(Moment(0)), now);
            prop_assert!(before.is_none() || before == after, "{:?} {:?}", before, after);
        }
    }
}

#[test]
fn a_cooperating_unit_that_is_done_is_on_time_where_its_lead_is_late() {
    let (a, b) = (unit("a"), unit("b"));
    let mut history = vec![(routed(1, "a", &["b"]), 1), (called(1, &a), 1), (called(1, &b), 1)];
    for (id, at) in [(&b, 2), (&a, 20)] {
        let unit = || id.clone();
        history.push((Fact::Accepted { round: 1, unit: unit() }, at));
        history.push((Fact::Arrived { round: 1, unit: unit() }, at));
        let disposed =
            Fact::Disposed { round: 1, unit: unit(), summary: "s".into(), evidence: vec![] };
        history.push((disposed, at));
    }
    history.push((Fact::Declared { round: 1, unit: a.clone(), summary: "s".into() }, 20));
    history.push((Fact::Confirmed { round: 1, ratings: vec![] }, 21));
    history.push((Fact::Closed { round: 1, outcome: Outcome::Confirmed }, 22));
    let history = history.into_iter().map(|(fact, at)| (fact, Moment(at))).collect();
    let (course, score) = kept(&history);
    let of = |unit| standing::task_decided(&course, &score, unit, &limits(), Moment(99));
    assert_eq!(of(&b), Some(Decided::OnTime(Moment(22))));
    assert_eq!(of(&a), Some(Decided::Late(Moment(7))));
    assert_eq!(of(&unit("c")), None);
    assert_eq!(score.first, Some(Word { round: 1, at: Moment(21), is_satisfied: true }));
}

#[test]
fn who_decides_about_a_clock_moves_the_due_moment_of_its_task_and_of_no_other() {
    let (a, b) = (unit("a"), unit("b"));
    let decided_by = || "office/o".parse().unwrap();
    let (round, reason) = (1, "rain".to_owned());
    let held =
        Timing::Held { round, unit: b.clone(), reason: reason.clone(), decided_by: decided_by() };
    let resumed = Timing::Resumed { round, unit: b.clone(), decided_by: decided_by() };
    let (unit_b, duty, by_ms) = (b.clone(), Duty::Dispose, 5);
    let extended =
        Timing::Extended { round, unit: unit_b, duty, by_ms, reason, decided_by: decided_by() };
    let history = [
        (routed(1, "a", &["b"]), 1),
        (called(1, &a), 1),
        (called(1, &b), 1),
        (Fact::Timing(extended), 2),
        (Fact::Timing(held), 3),
        (Fact::Timing(resumed), 6),
    ];
    let history = history.into_iter().map(|(fact, at)| (fact, Moment(at))).collect();
    let (course, score) = kept(&history);
    let hold = Limit { within_ms: 100, ..Limit::default() };
    let limits = Limits { hold, ..limits() };
    let late = |unit| standing::task_decided(&course, &score, unit, &limits, Moment(99));
    assert_eq!(late(&a), Some(Decided::Late(Moment(7))));
    assert_eq!(late(&b), Some(Decided::Late(Moment(7 + 5 + 3))));
    assert_eq!(
        standing::decided(&course, &score, due(Moment(0)), Moment(99)),
        Some(Decided::Late(Moment(6)))
    );
}
