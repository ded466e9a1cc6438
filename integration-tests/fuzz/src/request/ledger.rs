//! Requests about many cases: filters, counts, rates.

use domain::rejection::Rejection;
use kit::page;
use proto::{
    case::{Channel, Outcome, Severity},
    ledger::{
        CaseFilter, CountCasesRequest, Counted, GetRatesRequest, GetTraceRequest, GroupBy,
        ListStepsRequest, Measure, Order, SearchCasesRequest, Side, UnitPart,
    },
    page::Page,
    whistle::{CaseStage, Timeliness},
};

use super::{Read, decoded, next_page, seed};

/// The methods of the ledger.
pub(super) const METHODS: [(&str, Read); 5] = [
    ("SearchCases", search),
    ("CountCases", count),
    ("GetRates", rates),
    ("ListSteps", steps),
    ("GetTrace", trace),
];

fn search(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SearchCasesRequest>(bytes, |request| {
        gateway::filter::read(request.filter)?;
        page::wanted(request.page).map(drop)
    })
}

fn count(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<CountCasesRequest>(bytes, |request| {
        gateway::filter::read(request.filter)?;
        gateway::filter::group_by(request.group_by)?;
        page::wanted(Some(Page { size: 0, token: request.token })).map(drop)
    })
}

fn rates(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetRatesRequest>(bytes, |request| {
        let GetRatesRequest { filter, from_ms, to_ms, group_by } = request;
        gateway::filter::rating(filter.as_ref(), from_ms, to_ms, group_by)?;
        gateway::filter::read(filter).map(drop)
    })
}

fn steps(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListStepsRequest>(bytes, |request| page::wanted(request.page).map(drop))
}

fn trace(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetTraceRequest>(bytes, |request| {
        gateway::picture::subject(&request.subject).map(drop)
    })
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let counted = Counted {
        measure: Measure::OnTime.into(),
        side: Side::Missed.into(),
        unit: "housing".to_owned(),
        from_ms: 1,
        to_ms: 1_795_303_800_000,
    };
    let filter = CaseFilter {
        issue_type: "street_vending".to_owned(),
        stages: vec![CaseStage::Called.into(), CaseStage::Closed.into()],
        unit: "housing".to_owned(),
        unit_part: UnitPart::Late.into(),
        owner: "unit/housing".to_owned(),
        community: "kaihua_dongfeng".to_owned(),
        reporter: "kaihua_xishan".to_owned(),
        grid: "WS-KH-001".to_owned(),
        subdistrict: "subdistrict_kaihua".to_owned(),
        channel: Channel::Hotline.into(),
        external_id: "12319-4711".to_owned(),
        raised_from_ms: 1,
        raised_to_ms: 2,
        closed_from_ms: 1,
        outcome: Outcome::Unconfirmed.into(),
        timeliness: Timeliness::Late.into(),
        overdue: true,
        owed_by: "office/leading_group_office".to_owned(),
        words: "流动摊点 broken".to_owned(),
        counted: Some(counted),
        severity: Severity::Serious.into(),
        ..CaseFilter::default()
    };
    let open = CaseFilter { only_open: true, ..CaseFilter::default() };
    let order = Order::DueFirst.into();
    let search = SearchCasesRequest { filter: Some(filter), page: next_page(), order };
    let group_by = GroupBy::Unit.into();
    let token = next_page().unwrap_or_default().token;
    let count = CountCasesRequest { filter: Some(open.clone()), group_by, token };
    let rates = GetRatesRequest { filter: Some(open), from_ms: 1, to_ms: 2, group_by };
    let steps = ListStepsRequest { since_ms: 1_795_303_800_000, page: next_page() };
    let trace = GetTraceRequest { subject: "case/wenshan/20261122-7QK3M9ZT".to_owned() };
    vec![
        seed("SearchCases", &search),
        seed("CountCases", &count),
        seed("GetRates", &rates),
        seed("ListSteps", &steps),
        seed("GetTrace", &trace),
    ]
}
