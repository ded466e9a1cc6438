//! Rates against a naive recomputation: the history of each case is played hour by hour, and at each
//! hour it is looked who has work that is due. Each figure lists exactly its cases.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    case::{Case as Told, Course, Fact, Outcome, Stage, standing},
    id::{CaseId, UnitId},
    pack::Limits,
};
use proto::ledger::{CaseFilter, Figure, GetRatesRequest, GetRatesResponse, GroupBy};

use super::{
    searching::OFFICE,
    town::{HOUR, Said, Town},
    *,
};

/// Of one case and one subject: when it counts, and whether it reached it.
type Counted = Option<(Moment, bool)>;

/// The subject: the whole, or a unit's task.
type Subject = Option<UnitId>;

/// What a case counts as, by measure and subject; and when it was closed without any answer.
#[derive(Debug, Default)]
struct Naive {
    on_time: BTreeMap<Subject, Counted>,
    first: BTreeMap<Subject, Counted>,
    last: BTreeMap<Subject, Counted>,
    unanswered: Option<Moment>,
}

/// A unit's work as it is seen hour by hour.
#[derive(Debug, Default)]
struct Seen {
    round: u32,
    since: Moment,
    is_refused: bool,
    /// The hours at which it was done.
    done: Vec<Moment>,
    late: Option<Moment>,
    is_done: bool,
}

fn limits(case: &Told) -> Limits {
    city().limits("standard", &case.whistle.issue_type)
}

/// Plays the history of a case.
fn played(town: &Town, case: &Told, now: Moment) -> Naive {
    let limits = limits(case);
    let raised = case.whistle.seen_at;
    let mut course = Course::begin(case.whistle.community.clone(), raised);
    let mut said = town.said.iter().filter(|said| said.case_id == case.id).skip(1).peekable();
    let mut seen: BTreeMap<UnitId, Seen> = BTreeMap::new();
    let (mut words, mut whole_late, mut hour) = (Vec::new(), None, raised.0);
    while hour < now.0 {
        let at = Moment(hour);
        while let Some(Said { fact, .. }) = said.next_if(|said| said.at <= at) {
            let is_new = |course: &Course| (course.confirmed_at, course.sent_back);
            let before = is_new(&course);
            course.apply(fact, at);
            match fact {
                Fact::Confirmed { .. } if before != is_new(&course) => words.push((at, true)),
                Fact::SentBack { .. } if before != is_new(&course) => words.push((at, false)),
                _ => {}
            }
            note(&course, &mut seen, at);
        }
        if course.stage == Stage::Closed {
            break;
        }
        let has_word = course.stage == Stage::Confirming && course.sent_back != course.round;
        // Nothing is said between two hours: what is open at one is open until the next.
        let late =
            |due: Moment| Some(due.max(at)).filter(|late| due.0 < hour + HOUR && *late < now);
        if !has_word {
            whole_late = whole_late.or_else(|| late(standing::due_at(raised, &limits)));
        }
        for (unit, part) in course.parts.iter().filter(|(_, part)| part.called_at.is_some()) {
            let one = seen.get_mut(unit).unwrap();
            let is_open = !one.is_done && part.refused_at.is_none();
            if is_open {
                one.late = one.late.or_else(|| late(standing::due_at(one.since, &limits)));
            }
        }
        hour += HOUR;
    }
    judged(&course, &seen, &words, whole_late)
}

fn note(course: &Course, seen: &mut BTreeMap<UnitId, Seen>, at: Moment) {
    for (unit, part) in &course.parts {
        let Some(called) = part.called_at else {
            seen.entry(unit.clone()).and_modify(|one| one.is_done &= one.round == course.round);
            continue;
        };
        let one = seen.entry(unit.clone()).or_default();
        if one.round != course.round {
            let is_rework = course.sent_back > 0 && course.sent_back + 1 == course.round;
            if !is_rework || one.is_refused || one.round == 0 {
                one.since = called;
            }
            (one.round, one.is_done) = (course.round, false);
        }
        one.is_refused = part.refused_at.is_some();
        let has_said = course.lead.as_ref() != Some(unit) || course.declared_at.is_some();
        if part.disposed_at.is_some() && has_said && !one.is_done {
            one.is_done = true;
            one.done.push(at);
        }
    }
}

fn judged(
    course: &Course,
    seen: &BTreeMap<UnitId, Seen>,
    words: &[(Moment, bool)],
    whole_late: Option<Moment>,
) -> Naive {
    let mut naive = Naive::default();
    if course.merged_into.is_some() {
        return naive;
    }
    let closed = course.closed_at;
    let on_time = |late: Option<Moment>, is_done: bool| {
        late.map(|at| (at, false)).or_else(|| closed.filter(|_| is_done).map(|at| (at, true)))
    };
    naive.on_time.insert(None, on_time(whole_late, course.confirming_at.is_some()));
    let last = words.last().zip(closed).map(|((said, good), at)| (*said, (at, *good)));
    naive.first.insert(None, words.first().copied());
    naive.last.insert(None, last.map(|(_, counted)| counted));
    for (unit, one) in seen {
        // Who is not in the last round has nothing that can still be on time.
        let is_theirs = one.round == course.round && one.is_done;
        naive.on_time.insert(Some(unit.clone()), on_time(one.late, is_theirs));
        let had_done = |at: Moment| one.done.iter().any(|done| *done <= at);
        let first = words.first().copied().filter(|(at, _)| had_done(*at));
        naive.first.insert(Some(unit.clone()), first);
        let last = last.filter(|(said, _)| had_done(*said)).map(|(_, counted)| counted);
        naive.last.insert(Some(unit.clone()), last);
    }
    naive.unanswered = closed.filter(|_| words.is_empty());
    naive
}

impl Running {
    async fn rates(
        &self,
        party: &str,
        filter: CaseFilter,
        (from_ms, to_ms): (i64, i64),
        by: GroupBy,
    ) -> Result<GetRatesResponse, Rejection> {
        let (filter, group_by) = (Some(filter), by.into());
        let request = GetRatesRequest { filter, from_ms, to_ms, group_by };
        let answer = self.ledger(party).get_rates(request).await.map_err(refused)?;
        Ok(answer.into_inner())
    }

    /// The figure is of these cases, and its two filters list exactly them.
    async fn check(&self, what: &str, figure: &Figure, expected: &BTreeMap<CaseId, bool>) {
        let numbers = |reached_only: bool| -> BTreeSet<String> {
            let counts = |(_, reached): &(&CaseId, &bool)| !reached_only || **reached;
            expected.iter().filter(counts).map(|(id, _)| id.to_string()).collect()
        };
        let counted = (figure.counted as usize, figure.reached as usize);
        assert_eq!(counted, (numbers(false).len(), numbers(true).len()), "{what}");
        for (filter, numbers) in
            [(&figure.counted_cases, numbers(false)), (&figure.reached_cases, numbers(true))]
        {
            let found = self.found(OFFICE, filter.as_ref().unwrap(), 500).await;
            assert_eq!(found.len(), numbers.len(), "{what}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), numbers, "{what}");
        }
        let rate = (figure.reached * 10_000).checked_div(figure.counted);
        assert_eq!(figure.basis_points.map(u64::from), rate, "{what}");
        let is_low = figure.reached * 10_000 < u64::from(figure.alarm_below) * figure.counted;
        assert_eq!(figure.is_alarm, is_low, "{what}");
    }
}

/// What a figure must be, from the cases that are played.
fn expected(
    played: &BTreeMap<CaseId, Naive>,
    of: impl Fn(&CaseId, &Naive) -> Counted,
    period: std::ops::Range<i64>,
) -> BTreeMap<CaseId, bool> {
    let counted = |(id, naive): (&CaseId, &Naive)| {
        let (at, reached) = of(id, naive)?;
        period.contains(&at.0).then(|| (id.clone(), reached))
    };
    played.iter().filter_map(counted).collect()
}

#[tokio::test]
async fn rates_are_those_of_a_naive_recomputation_and_list_exactly_their_cases() {
    let running = Running::start().await;
    let mut town = Town::of(21);
    town.live(&running, 200, 1).await;
    let now = town.now();
    let all: BTreeMap<CaseId, Naive> =
        town.cases.iter().map(|(id, case)| (id.clone(), played(&town, case, now))).collect();
    let any = expected(&all, |_, naive| naive.on_time.get(&None).copied().flatten(), 0..i64::MAX);
    let late = any.values().filter(|reached| !**reached).count();
    assert!(late > 3 && any.len() - late > 3, "the town has both: {late} of {}", any.len());
    let day = |days: i64| NOW.0 + 24 * days * HOUR;
    for (from, to) in [(1, 0), (day(2), day(6)), (day(5), 0)] {
        let period = from..if to == 0 { now.0 } else { to };
        let none = CaseFilter::default();
        let by_unit = running.rates(OFFICE, none.clone(), (from, to), GroupBy::Unit).await.unwrap();
        let units: BTreeSet<&UnitId> =
            all.values().flat_map(|naive| naive.on_time.keys().flatten()).collect();
        assert!(units.len() >= 4, "{units:?}");
        for unit in units {
            let found = by_unit.rates.iter().find(|rates| rates.value == unit.as_str());
            let (what, unit) = (format!("{unit} {period:?}"), Some(unit.clone()));
            let of = |kind: fn(&Naive) -> &BTreeMap<Subject, Counted>| {
                let unit = unit.clone();
                expected(&all, move |_, n| kind(n).get(&unit).copied().flatten(), period.clone())
            };
            // It is left out where nothing of it is counted.
            let Some(rates) = found else {
                let none = [of(|n| &n.on_time), of(|n| &n.first), of(|n| &n.last)];
                assert!(none.iter().all(BTreeMap::is_empty), "{what} is left out: {none:?}");
                continue;
            };
            running.check(&what, rates.on_time.as_ref().unwrap(), &of(|n| &n.on_time)).await;
            running.check(&what, rates.satisfied_first.as_ref().unwrap(), &of(|n| &n.first)).await;
            running.check(&what, rates.satisfied_final.as_ref().unwrap(), &of(|n| &n.last)).await;
        }
        for by in [GroupBy::Grid, GroupBy::IssueType, GroupBy::Day, GroupBy::Unspecified] {
            check_groups(&running, &town, &all, by, ((from, to), period.clone())).await;
        }
    }
}

/// The rates by something that each case has once.
async fn check_groups(
    running: &Running,
    town: &Town,
    all: &BTreeMap<CaseId, Naive>,
    by: GroupBy,
    (asked, period): ((i64, i64), std::ops::Range<i64>),
) {
    let answer = running.rates(OFFICE, CaseFilter::default(), asked, by).await.unwrap();
    let mut counted = 0;
    for rates in &answer.rates {
        let is_it = |id: &CaseId, at: Option<Moment>| {
            let whistle = &town.cases[id].whistle;
            match by {
                GroupBy::Grid => whistle.grid.as_str() == rates.value,
                GroupBy::IssueType => whistle.issue_type.as_str() == rates.value,
                GroupBy::Day => at.is_some_and(|at| search::day(&city(), at) == rates.value),
                _ => true,
            }
        };
        let of = |kind: fn(&Naive) -> &BTreeMap<Subject, Counted>| {
            let one = |id: &CaseId, naive: &Naive| {
                let counted = kind(naive).get(&None).copied().flatten();
                counted.filter(|(at, _)| is_it(id, Some(*at)))
            };
            expected(all, one, period.clone())
        };
        let what = format!("{by:?} {} {period:?}", rates.value);
        let on_time = rates.on_time.as_ref().unwrap();
        running.check(&what, on_time, &of(|n| &n.on_time)).await;
        running.check(&what, rates.satisfied_first.as_ref().unwrap(), &of(|n| &n.first)).await;
        running.check(&what, rates.satisfied_final.as_ref().unwrap(), &of(|n| &n.last)).await;
        let silent = all.iter().filter(|(id, naive)| {
            let at = naive.unanswered.filter(|at| period.contains(&at.0));
            at.is_some() && is_it(id, at)
        });
        assert_eq!(rates.unanswered as usize, silent.count(), "{what}");
        counted += on_time.counted;
    }
    let whole =
        expected(all, |_, naive| naive.on_time.get(&None).copied().flatten(), period.clone());
    assert_eq!(counted as usize, whole.len(), "{by:?}: each case is in one row");
}

#[tokio::test]
async fn a_figure_of_the_past_stays_and_its_filter_lists_the_same_cases_later() {
    let running = Running::start().await;
    let mut town = Town::of(22);
    town.live(&running, 150, 1).await;
    let all = CaseFilter::default;
    let before = running.rates(OFFICE, all(), (1, 0), GroupBy::Unit).await.unwrap();
    let figure = before.rates[0].on_time.clone().unwrap();
    let listed = running.found(OFFICE, figure.counted_cases.as_ref().unwrap(), 500).await;
    // Nothing but merging takes a case out of what was counted.
    let merged =
        |town: &Town| town.cases.values().filter(|c| c.course.merged_into.is_some()).count();
    let earlier = merged(&town);
    town.live(&running, 60, 0).await;
    let after = running.rates(OFFICE, all(), (1, before.to_ms), GroupBy::Unit).await.unwrap();
    if merged(&town) == earlier {
        assert_eq!(after.rates, before.rates);
    }
    let again = running.found(OFFICE, figure.counted_cases.as_ref().unwrap(), 500).await;
    let taken: Vec<&String> = listed.iter().filter(|id| !again.contains(id)).collect();
    for id in taken {
        let case = &town.cases[&id.parse().unwrap()];
        assert!(case.course.merged_into.is_some(), "{id} is counted no more");
    }
    assert!(again.iter().all(|id| listed.contains(id)), "and none comes to it");
}

#[tokio::test]
async fn a_unit_without_a_due_task_has_no_rate() {
    let running = Running::start().await;
    let mut world = super::world::World::default();
    let id = running.raise(running.stall("r1")).await;
    world.echo(&running).await;
    world.tell(&running, &id, &[("service/worker", super::world::routed(1, true))]).await;
    let called = super::world::called(1, "enforcement");
    world.tell(&running, &id, &[("service/worker", called)]).await;
    running.clock.advance(Duration::from_secs(3_600));
    let rates = async |unit: &str| {
        let filter = CaseFilter { unit: unit.into(), ..CaseFilter::default() };
        running.rates(OFFICE, filter, (1, 0), GroupBy::Unit).await.unwrap().rates
    };
    let all = async || {
        let all = CaseFilter::default();
        running.rates(OFFICE, all, (1, 0), GroupBy::Unit).await.unwrap()
    };
    let none = all().await;
    let values: Vec<&str> = none.rates.iter().map(|rates| rates.value.as_str()).collect();
    assert_eq!(values, ["enforcement"], "it owes something");
    assert_eq!(none.examined, 0, "what counts nothing is not looked at");
    for unit in ["enforcement", "housing"] {
        let found = rates(unit).await;
        assert_eq!((found.len(), found[0].value.as_str()), (1, unit));
        for figure in [&found[0].on_time, &found[0].satisfied_first, &found[0].satisfied_final] {
            let figure = figure.as_ref().unwrap();
            assert_eq!((figure.counted, figure.basis_points, figure.is_alarm), (0, None, false));
        }
    }
    // Its time runs out: now there is a due task, and it is late.
    running.clock.advance(Duration::from_secs(400 * 24 * 3_600));
    let found = rates("enforcement").await;
    let on_time = found[0].on_time.as_ref().unwrap();
    assert_eq!((on_time.counted, on_time.basis_points), (1, Some(0)));
    assert_eq!((on_time.alarm_below, on_time.is_alarm), (9_500, true));
    assert_eq!(found[0].satisfied_first.as_ref().unwrap().alarm_below, 8_500);
    assert_eq!(all().await.examined, 1);
}

#[tokio::test]
async fn rework_keeps_the_first_due_moment_and_the_first_answer_is_counted_apart() {
    let running = Running::start().await;
    let mut town = Town::of(23);
    // Until some case was sent back and then confirmed.
    let is_reworked = |case: &&Told| {
        case.course.round > 1
            && case.course.sent_back > 0
            && case.course.outcome == Some(Outcome::Confirmed)
    };
    let mut reworked = None;
    for _ in 0..40 {
        town.live(&running, 20, 2).await;
        reworked = town.cases.values().find(is_reworked).map(|case| case.id.clone());
        if reworked.is_some() {
            break;
        }
    }
    let id = reworked.expect("a case that was sent back and then confirmed");
    let case = running.get(OFFICE, id.as_str()).await.unwrap();
    let raised = town.cases[&id].whistle.seen_at;
    assert_eq!(case.due_at_ms, standing::due_at(raised, &limits(&town.cases[&id])).0);
    let (first, last) = (case.first_answer.unwrap(), case.last_answer.unwrap());
    assert!(!first.is_satisfied && last.is_satisfied && first.round < last.round);
    let answer = running.rates(OFFICE, CaseFilter::default(), (1, 0), GroupBy::Unspecified).await;
    let rates = answer.unwrap().rates.remove(0);
    let has = async |filter: &Option<CaseFilter>| {
        running.found(OFFICE, filter.as_ref().unwrap(), 500).await.contains(&id.to_string())
    };
    let (first, last) = (rates.satisfied_first.unwrap(), rates.satisfied_final.unwrap());
    assert!(has(&first.counted_cases).await && !has(&first.reached_cases).await);
    assert!(has(&last.counted_cases).await && has(&last.reached_cases).await);
}

#[tokio::test]
async fn rates_that_are_asked_wrong_are_refused_by_name() {
    let running = Running::start().await;
    let all = CaseFilter::default;
    let refused = async |filter, period, by| {
        let no = running.rates(OFFICE, filter, period, by).await.unwrap_err();
        (no.reason, no.field)
    };
    let said = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    let no = refused(all(), (0, 0), GroupBy::Unit).await;
    assert_eq!(no, said("PERIOD_MISSING", "from_ms"));
    assert_eq!(refused(all(), (9, 3), GroupBy::Unit).await, said("MALFORMED_PERIOD", "to_ms"));
    assert_eq!(refused(all(), (9, 0), GroupBy::Owner).await, said("NOT_A_RATE", "group_by"));
    let counted = Some(proto::ledger::Counted::default());
    let twice = CaseFilter { counted, ..all() };
    let no = refused(twice, (9, 0), GroupBy::Unit).await;
    assert_eq!(no, said("COUNTED_TWICE", "filter.counted"));
}
