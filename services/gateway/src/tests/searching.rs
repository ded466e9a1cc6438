//! Looking for cases: each filter against a look at every case, pages while cases change, and how
//! much is looked at.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    case::{Case as Told, Fact, Stage, owes},
    id::CaseId,
    pack::Limits,
};
use proto::{
    case::{Channel, Outcome},
    ledger::{
        CaseFilter, CountCasesRequest, GroupBy, Order, SearchCasesRequest, SearchCasesResponse,
        UnitPart, ledger_service_client::LedgerServiceClient,
    },
    page::Page,
    whistle::CaseStage,
};

use super::{
    town::{HOUR, Town},
    *,
};

pub(super) const OFFICE: &str = "office/leading_group_office";

impl Running {
    pub(super) fn ledger(&self, party: &str) -> LedgerServiceClient<Channel_> {
        LedgerServiceClient::new(self.channel(party))
    }

    async fn page(
        &self,
        party: &str,
        filter: &CaseFilter,
        size: u32,
        token: String,
    ) -> Result<SearchCasesResponse, Rejection> {
        self.page_by(Order::Unspecified, (party, filter), size, token).await
    }

    pub(super) async fn page_by(
        &self,
        order: Order,
        (party, filter): (&str, &CaseFilter),
        size: u32,
        token: String,
    ) -> Result<SearchCasesResponse, Rejection> {
        let page = Some(Page { size, token });
        let request =
            SearchCasesRequest { filter: Some(filter.clone()), page, order: order.into() };
        let answer = self.ledger(party).search_cases(request).await.map_err(refused)?;
        Ok(answer.into_inner())
    }

    /// The numbers of all cases that a filter finds, in order.
    pub(super) async fn found(&self, party: &str, filter: &CaseFilter, size: u32) -> Vec<String> {
        let (mut ids, mut token) = (Vec::new(), String::new());
        loop {
            let page = self.page(party, filter, size, token).await.unwrap();
            assert!(page.cases.len() <= size as usize);
            ids.extend(page.cases.into_iter().map(|case| case.case_id));
            token = page.next_token;
            if token.is_empty() {
                return ids;
            }
        }
    }

    /// Counts by something, the parts added.
    pub(super) async fn counted(
        &self,
        party: &str,
        filter: &CaseFilter,
        by: GroupBy,
    ) -> (BTreeMap<String, u64>, u64) {
        let (mut counts, mut total, mut token) = (BTreeMap::new(), 0, String::new());
        loop {
            let (filter, group_by) = (Some(filter.clone()), by.into());
            let request = CountCasesRequest { filter, group_by, token };
            let part = self.ledger(party).count_cases(request).await.unwrap().into_inner();
            total += part.total;
            for count in part.counts {
                *counts.entry(count.value).or_default() += count.cases;
            }
            token = part.next_token;
            if token.is_empty() {
                return (counts, total);
            }
        }
    }
}

type Channel_ = kit::client::Channel;

/// The cases that something is true of, the last raised first: a look at each of them.
pub(super) fn looked(town: &Town, is_it: impl Fn(&Told) -> bool) -> Vec<String> {
    let mut found: Vec<&Told> = town.cases.values().filter(|case| is_it(case)).collect();
    found.sort_by_key(|case| (-case.whistle.seen_at.0, case.id.clone()));
    found.iter().map(|case| case.id.to_string()).collect()
}

/// What was reported about a case, the whistle among it.
fn reports(town: &Town, id: &CaseId) -> Vec<(String, domain::case::Intake, String)> {
    let of = |said: &&super::town::Said| said.case_id == *id;
    let report = |said: &super::town::Said| match &said.fact {
        Fact::Whistled(w) => {
            Some((w.community.to_string(), w.intake.clone(), w.description.clone()))
        }
        Fact::ReportedAgain(r) => {
            Some((r.reporter.to_string(), r.intake.clone(), r.description.clone()))
        }
        _ => None,
    };
    town.said.iter().filter(of).filter_map(report).collect()
}

/// The units that were called or owned a case in any round.
fn units(town: &Town, id: &CaseId) -> BTreeSet<String> {
    let of = |said: &&super::town::Said| said.case_id == *id;
    let called = |said: &super::town::Said| match &said.fact {
        Fact::Called(called) => Some(called.unit.to_string()),
        _ => None,
    };
    town.said.iter().filter(of).filter_map(called).collect()
}

pub(super) async fn lived(seed: u64, hours: i64) -> (Running, Town) {
    let running = Running::start().await;
    let mut town = Town::of(seed);
    town.live(&running, hours, 1).await;
    (running, town)
}

fn limits(case: &Told) -> Limits {
    city().limits("standard", &case.whistle.issue_type)
}

/// A filter, and the look at a case that finds the same.
type Row<'t> = (CaseFilter, Box<dyn Fn(&Told) -> bool + 't>);

/// What is asked of the case itself.
fn of_the_case(town: &Town) -> Vec<Row<'_>> {
    let filter = CaseFilter::default;
    vec![
        (filter(), Box::new(|_| true)),
        (
            CaseFilter { issue_type: "street_vending".into(), ..filter() },
            Box::new(|case| case.whistle.issue_type.as_str() == "street_vending"),
        ),
        (
            CaseFilter {
                stages: vec![CaseStage::Called.into(), CaseStage::Confirming.into()],
                ..filter()
            },
            Box::new(|case| matches!(case.course.stage, Stage::Called | Stage::Confirming)),
        ),
        (
            CaseFilter { only_open: true, ..filter() },
            Box::new(|case| case.course.stage != Stage::Closed),
        ),
        (
            CaseFilter { unit: "housing".into(), ..filter() },
            Box::new(|case| units(town, &case.id).contains("housing")),
        ),
        (
            CaseFilter { unit: "housing".into(), unit_part: UnitPart::Lead.into(), ..filter() },
            Box::new(|case| case.course.lead.as_ref().is_some_and(|l| l.as_str() == "housing")),
        ),
        (
            CaseFilter { owner: "unit/enforcement".into(), ..filter() },
            Box::new(|case| case.course.owner.to_string() == "unit/enforcement"),
        ),
        (
            CaseFilter { community: "kaihua_xishan".into(), ..filter() },
            Box::new(|case| case.whistle.community.as_str() == "kaihua_xishan"),
        ),
        (
            CaseFilter { grid: "WS-KH-002".into(), ..filter() },
            Box::new(|case| case.whistle.grid.as_str() == "WS-KH-002"),
        ),
        (
            CaseFilter { subdistrict: "subdistrict_kaihua".into(), ..filter() },
            Box::new(|case| case.whistle.grid.as_str().starts_with("WS-KH")),
        ),
    ]
}

/// What is asked of its reports.
fn of_its_reports(town: &Town) -> Vec<Row<'_>> {
    let filter = CaseFilter::default;
    let has = |case: &Told, is_it: &dyn Fn(&(String, domain::case::Intake, String)) -> bool| {
        reports(town, &case.id).iter().any(is_it)
    };
    let hotline = |one: &(String, domain::case::Intake, String)| {
        one.1.channel == domain::case::Channel::Hotline
    };
    let numbered =
        |case: &Told| reports(town, &case.id).into_iter().find_map(|one| one.1.external_id);
    let number = town.cases.values().find_map(numbered).unwrap();
    vec![
        (
            CaseFilter { reporter: "kaihua_xishan".into(), ..filter() },
            Box::new(move |case| has(case, &|one| one.0 == "kaihua_xishan")),
        ),
        (
            CaseFilter { channel: Channel::Hotline.into(), ..filter() },
            Box::new(move |case| has(case, &hotline)),
        ),
        (
            CaseFilter { external_id: number.to_string(), ..filter() },
            Box::new(move |case| has(case, &|one| one.1.external_id.as_ref() == Some(&number))),
        ),
        (
            CaseFilter { words: "流动摊点".into(), ..filter() },
            Box::new(|case| {
                let text: String = reports(town, &case.id).into_iter().map(|r| r.2 + " ").collect();
                text.contains("流动摊点")
            }),
        ),
        (
            CaseFilter { words: "charging 占道".into(), ..filter() },
            Box::new(|case| {
                let text: String = reports(town, &case.id).into_iter().map(|r| r.2 + " ").collect();
                text.contains("Charging") && text.contains("占道")
            }),
        ),
        (
            CaseFilter { words: "BROKEN 井盖".into(), grid: "WS-KH-001".into(), ..filter() },
            Box::new(move |case| {
                case.whistle.grid.as_str() == "WS-KH-001"
                    && has(case, &|one| one.2.contains("broken"))
            }),
        ),
    ]
}

/// What is asked of the time.
fn of_the_time(town: &Town) -> Vec<Row<'_>> {
    let (filter, now) = (CaseFilter::default, town.now());
    let over =
        move |case: &Told| owes(&case.course, &limits(case)).iter().any(|owed| owed.due < now);
    let day = |days: i64| NOW.0 + 24 * days * HOUR;
    vec![
        (
            CaseFilter { raised_from_ms: day(2), raised_to_ms: day(5), ..filter() },
            Box::new(move |case| (day(2)..day(5)).contains(&case.whistle.seen_at.0)),
        ),
        (
            CaseFilter { closed_from_ms: day(3), closed_to_ms: day(9), ..filter() },
            Box::new(move |case| {
                case.course.closed_at.is_some_and(|at| (day(3)..day(9)).contains(&at.0))
            }),
        ),
        (
            CaseFilter { outcome: Outcome::Unconfirmed.into(), ..filter() },
            Box::new(|case| case.course.outcome == Some(domain::case::Outcome::Unconfirmed)),
        ),
        (CaseFilter { overdue: true, ..filter() }, Box::new(over)),
        (
            CaseFilter { owed_by: "unit/environment".into(), ..filter() },
            Box::new(move |case| {
                let owed = owes(&case.course, &limits(case));
                owed.iter().any(|owed| owed.party.to_string() == "unit/environment")
            }),
        ),
        (
            CaseFilter { owed_by: "unit/environment".into(), overdue: true, ..filter() },
            Box::new(move |case| {
                let owed = owes(&case.course, &limits(case));
                let is_it = |p: &domain::case::Owed| {
                    p.party.to_string() == "unit/environment" && p.due < now
                };
                owed.iter().any(is_it)
            }),
        ),
    ]
}

#[tokio::test]
async fn each_filter_finds_what_a_look_at_every_case_finds() {
    let (running, town) = lived(11, 140).await;
    let table = [of_the_case(&town), of_its_reports(&town), of_the_time(&town)];
    for (filter, is_it) in table.into_iter().flatten() {
        let expected = looked(&town, is_it);
        assert!(!expected.is_empty(), "the town has nothing for {filter:?}");
        for size in [4, 500] {
            assert_eq!(running.found(OFFICE, &filter, size).await, expected, "{size} {filter:?}");
        }
        let (_, total) = running.counted(OFFICE, &filter, GroupBy::Unspecified).await;
        assert_eq!(total as usize, expected.len(), "{filter:?}");
    }
}

#[tokio::test]
async fn counts_are_those_of_a_look_at_every_case_whoever_answers_them() {
    let (running, town) = lived(12, 250).await;
    type Values<'t> = Box<dyn Fn(&Told) -> Vec<String> + 't>;
    let table: Vec<(GroupBy, Values<'_>)> = vec![
        (GroupBy::IssueType, Box::new(|case| vec![case.whistle.issue_type.to_string()])),
        (GroupBy::Stage, Box::new(|case| vec![case.course.stage.word().to_owned()])),
        (GroupBy::Grid, Box::new(|case| vec![case.whistle.grid.to_string()])),
        (GroupBy::Unit, Box::new(|case| units(&town, &case.id).into_iter().collect())),
        (GroupBy::Owner, Box::new(|case| vec![case.course.owner.to_string()])),
        (
            GroupBy::Lead,
            Box::new(|case| case.course.lead.iter().map(ToString::to_string).collect()),
        ),
        (
            GroupBy::Outcome,
            Box::new(|case| case.course.outcome.iter().map(|o| o.word().to_owned()).collect()),
        ),
        (
            GroupBy::OwedBy,
            Box::new(|case| {
                let owed = owes(&case.course, &limits(case));
                let parties: BTreeSet<_> = owed.iter().map(|owed| owed.party.to_string()).collect();
                parties.into_iter().collect()
            }),
        ),
    ];
    for (by, values) in table {
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        town.cases
            .values()
            .flat_map(&values)
            .for_each(|one| *expected.entry(one).or_default() += 1);
        // The first is answered by the lists' own counts, the second by a look at each case.
        let all = CaseFilter::default();
        let each = CaseFilter { raised_from_ms: 1, ..CaseFilter::default() };
        for filter in [all, each] {
            let found = running.counted(OFFICE, &filter, by).await;
            assert_eq!(found, (expected.clone(), town.cases.len() as u64), "{by:?} {filter:?}");
        }
    }
    let days = running.counted(OFFICE, &CaseFilter::default(), GroupBy::Month).await.0;
    assert_eq!(days.keys().collect::<Vec<_>>(), ["2026-11", "2026-12"], "by the city's clock");
}

#[tokio::test]
async fn open_cases_are_counted_by_the_lists_as_by_a_look_at_every_case() {
    let (running, _) = lived(12, 250).await;
    let open = CaseFilter { only_open: true, ..CaseFilter::default() };
    // A look at each case; the first filter is answered by the lists' own counts.
    let each = CaseFilter { raised_from_ms: 1, ..open.clone() };
    for by in [
        GroupBy::Unspecified,
        GroupBy::Owner,
        GroupBy::OwedBy,
        GroupBy::Grid,
        GroupBy::Subdistrict,
        GroupBy::Stage,
        GroupBy::Severity,
    ] {
        let (lists, looked) =
            (running.counted(OFFICE, &open, by).await, running.counted(OFFICE, &each, by).await);
        assert_eq!(lists, looked, "{by:?}");
        assert!(lists.1 > 0);
    }
    let raised = running.counted(OFFICE, &CaseFilter::default(), GroupBy::Stage).await;
    let owned = running.counted(OFFICE, &open, GroupBy::Owner).await.0;
    assert_eq!(raised.1, raised.0["closed"] + owned.values().sum::<u64>(), "each has its owner");
}

#[tokio::test]
async fn pages_neither_lose_nor_repeat_a_case_while_cases_change() {
    let (running, mut town) = lived(13, 80).await;
    let filter = CaseFilter { grid: "WS-KH-001".into(), ..CaseFilter::default() };
    let before = looked(&town, |case| case.whistle.grid.as_str() == "WS-KH-001");
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let page = running.page(OFFICE, &filter, 2, token).await.unwrap();
        ids.extend(page.cases.into_iter().map(|case| case.case_id));
        token = page.next_token;
        if token.is_empty() {
            break;
        }
        // Cases go on and new ones are raised between any two pages.
        town.live(&running, 3, 3).await;
    }
    assert_eq!(ids, before, "those of the first page's moment, each once");
    let overdue = CaseFilter { overdue: true, ..CaseFilter::default() };
    let first = running.page(OFFICE, &overdue, 1, String::new()).await.unwrap();
    running.clock.advance(Duration::from_secs(3_600));
    let second = running.page(OFFICE, &overdue, 1, first.next_token.clone()).await.unwrap();
    assert_eq!(first.as_of_ms, second.as_of_ms, "the time is asked of one moment");
    let again = running.page(OFFICE, &overdue, 1, first.next_token).await.unwrap();
    assert_eq!(again.cases, second.cases, "a token may be used again");
}

#[tokio::test]
async fn the_shortest_list_is_walked_and_the_rest_of_the_cases_is_not_looked_at() {
    let (running, town) = lived(14, 100).await;
    let rare = town.cases.values().next().unwrap();
    let all = CaseFilter { issue_type: "street_vending".into(), ..CaseFilter::default() };
    let numbered = town.cases.values().find_map(|case| case.whistle.intake.external_id.clone());
    let number = numbered.unwrap().to_string();
    let has = |case: &Told| {
        reports(&town, &case.id)
            .iter()
            .any(|one| one.1.external_id.as_ref().is_some_and(|id| id.as_str() == number))
    };
    let many = looked(&town, has).len();
    for filter in [
        CaseFilter { external_id: number.clone(), ..CaseFilter::default() },
        CaseFilter { external_id: number.clone(), only_open: false, words: "占道".into(), ..all },
    ] {
        let page = running.page(OFFICE, &filter, 50, String::new()).await.unwrap();
        assert_eq!(page.examined as usize, many, "{filter:?} of {}", town.cases.len());
    }
    let from = rare.whistle.seen_at.0;
    let early = CaseFilter { raised_to_ms: from + 1, ..CaseFilter::default() };
    let page = running.page(OFFICE, &early, 50, String::new()).await.unwrap();
    assert_eq!(page.examined, 1, "a walk begins where the period ends");
}

#[tokio::test]
async fn who_sees_not_every_case_finds_and_counts_its_own() {
    let (running, town) = lived(15, 90).await;
    let all = CaseFilter::default();
    let concerns =
        |case: &Told| reports(&town, &case.id).iter().any(|one| one.0 == "kaihua_dongfeng");
    let own = looked(&town, concerns);
    assert!(!own.is_empty() && own.len() < town.cases.len());
    assert_eq!(running.found(DONGFENG, &all, 7).await, own);
    let (_, total) = running.counted(DONGFENG, &all, GroupBy::Grid).await;
    assert_eq!(total as usize, own.len());
    let units = looked(&town, |case| units(&town, &case.id).contains("housing"));
    assert_eq!(running.found("unit/housing", &all, 500).await, units);
    let token = running.page(OFFICE, &all, 1, String::new()).await.unwrap().next_token;
    let stolen = running.page(DONGFENG, &all, 1, token).await.unwrap_err();
    assert_eq!(stolen.reason, "MALFORMED_TOKEN", "a token is of one question and one asker");
}

#[tokio::test]
async fn what_is_asked_wrong_is_refused_by_name() {
    let running = Running::start().await;
    let filter = CaseFilter::default;
    for (wrong, reason, field) in [
        (CaseFilter { grid: "WS-KH-01".into(), ..filter() }, "UNKNOWN_GRID", "filter.grid"),
        (CaseFilter { unit: "housng".into(), ..filter() }, "UNKNOWN_UNIT", "filter.unit"),
        (CaseFilter { unit_part: 2, ..filter() }, "UNIT_MISSING", "filter.unit"),
        (CaseFilter { words: "摊".into(), ..filter() }, "WORD_TOO_SHORT", "filter.words"),
        (CaseFilter { words: "x".repeat(201), ..filter() }, "TEXT_TOO_LONG", "filter.words"),
        (
            CaseFilter { raised_from_ms: 9, raised_to_ms: 9, ..filter() },
            "MALFORMED_PERIOD",
            "filter.raised_to_ms",
        ),
        (CaseFilter { stages: vec![1; 11], ..filter() }, "TOO_MANY", "filter.stages"),
        (CaseFilter { severity: 9, ..filter() }, "MALFORMED_SEVERITY", "filter.severity"),
    ] {
        let no = running.page(OFFICE, &wrong, 1, String::new()).await.unwrap_err();
        assert_eq!((no.reason.as_str(), no.field.as_str()), (reason, field), "{no}");
    }
    let other = running.page(OFFICE, &filter(), 1, "00".repeat(40)).await.unwrap_err();
    assert_eq!((other.reason.as_str(), other.field.as_str()), ("MALFORMED_TOKEN", "page.token"));
}
