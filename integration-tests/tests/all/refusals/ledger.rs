//! Rows of the ledger: what is looked for, counted and rated.

use proto::{
    ledger::{
        CaseFilter, CountCasesRequest, Counted, GetRatesRequest, GetTraceRequest, GroupBy,
        ListStepsRequest, SearchCasesRequest, ledger_service_client::LedgerServiceClient,
    },
    page::Page,
};
use tonic::Status;

use super::{
    Row, rows,
    world::{World, no},
};
use crate::people::line;

const OFFICE: &str = "office/leading_group_office";

impl World {
    async fn search(self, change: impl FnOnce(&mut CaseFilter)) -> Status {
        self.search_as(OFFICE, "", change).await
    }

    async fn search_as(
        self,
        party: &str,
        token: impl Into<String>,
        change: impl FnOnce(&mut CaseFilter),
    ) -> Status {
        let mut filter = CaseFilter::default();
        change(&mut filter);
        let page = Some(Page { size: 5, token: token.into() });
        let request =
            SearchCasesRequest { filter: Some(filter), page, ..SearchCasesRequest::default() };
        let mut ledger = LedgerServiceClient::new(line(&self.data, party, &["gateway"]));
        no(ledger.search_cases(request).await)
    }

    async fn search_by(self, order: i32) -> Status {
        let request = SearchCasesRequest { order, ..SearchCasesRequest::default() };
        let mut ledger = LedgerServiceClient::new(line(&self.data, OFFICE, &["gateway"]));
        no(ledger.search_cases(request).await)
    }

    async fn count(self, change: impl FnOnce(&mut CountCasesRequest)) -> Status {
        let mut request = CountCasesRequest::default();
        change(&mut request);
        let mut ledger = LedgerServiceClient::new(line(&self.data, OFFICE, &["gateway"]));
        no(ledger.count_cases(request).await)
    }

    async fn trace(self, party: &str, subject: impl Into<String>) -> Status {
        let request = GetTraceRequest { subject: subject.into() };
        let mut ledger = LedgerServiceClient::new(line(&self.data, party, &["gateway"]));
        no(ledger.get_trace(request).await)
    }

    async fn steps(self, party: &str, token: &str) -> Status {
        let page = Some(Page { size: 5, token: token.into() });
        let mut ledger = LedgerServiceClient::new(line(&self.data, party, &["gateway"]));
        no(ledger.list_steps(ListStepsRequest { since_ms: 0, page }).await)
    }

    async fn rate(self, change: impl FnOnce(&mut GetRatesRequest)) -> Status {
        let mut request = GetRatesRequest { from_ms: 1, ..GetRatesRequest::default() };
        change(&mut request);
        let mut ledger = LedgerServiceClient::new(line(&self.data, OFFICE, &["gateway"]));
        no(ledger.get_rates(request).await)
    }
}

/// Questions that are wrong in one thing.
pub fn rows() -> Vec<Row> {
    let mut rows = filters();
    rows.extend(figures());
    rows
}

fn filters() -> Vec<Row> {
    rows! {
        "a role of ours looks for cases": |w| w.search_as("service/bus", "", |_| ())
            => PermissionDenied "NOT_A_READER" "" "service/bus";
        "an issue type that is misspelt": |w| w.search(|f| f.issue_type = "street_vendng".into())
            => NotFound "UNKNOWN_ISSUE_TYPE" "filter.issue_type" "did you mean street_vending";
        "a grid that is misspelt": |w| w.search(|f| f.grid = "WS-KH-01".into())
            => NotFound "UNKNOWN_GRID" "filter.grid" "did you mean";
        "a unit that is misspelt": |w| w.search(|f| f.unit = "enforcment".into())
            => NotFound "UNKNOWN_UNIT" "filter.unit" "did you mean enforcement";
        "a subdistrict that is none": |w| w.search(|f| f.subdistrict = "nowhere".into())
            => NotFound "UNKNOWN_UNIT" "filter.subdistrict" "one of wenshan";
        "a community that is none": |w| w.search(|f| f.community = "nowhere".into())
            => NotFound "UNKNOWN_COMMUNITY" "filter.community" "nowhere";
        "a reporter that is none": |w| w.search(|f| f.reporter = "nowhere".into())
            => NotFound "UNKNOWN_COMMUNITY" "filter.reporter" "nowhere";
        "a malformed owner": |w| w.search(|f| f.owner = "housing".into())
            => InvalidArgument "MALFORMED_PARTY" "filter.owner" "unit, community";
        "a malformed number of a channel": |w| w.search(|f| f.external_id = "a b".into())
            => InvalidArgument "MALFORMED_ID" "filter.external_id" "letters, digits";
        "a channel that is none": |w| w.search(|f| f.channel = 99)
            => InvalidArgument "UNKNOWN_WORD" "filter.channel" "99";
        "a stage that is none": |w| w.search(|f| f.stages = vec![99])
            => InvalidArgument "UNKNOWN_WORD" "filter.stages" "99";
        "too many stages": |w| w.search(|f| f.stages = vec![1; 11])
            => InvalidArgument "TOO_MANY" "filter.stages" "at most 10";
        "an outcome that is none": |w| w.search(|f| f.outcome = 99)
            => InvalidArgument "UNKNOWN_WORD" "filter.outcome" "99";
        "a part of no unit": |w| w.search(|f| f.unit_part = 1)
            => InvalidArgument "UNIT_MISSING" "filter.unit" "unit as well";
        "a period that ends before it begins": |w|
            w.search(|f| (f.raised_from_ms, f.raised_to_ms) = (9, 3))
            => InvalidArgument "MALFORMED_PERIOD" "filter.raised_to_ms" "later than";
        "one Chinese character": |w| w.search(|f| f.words = "摊".into())
            => InvalidArgument "WORD_TOO_SHORT" "filter.words" "two or more";
        "too many words": |w| w.search(|f| f.words = "长".repeat(201))
            => InvalidArgument "TEXT_TOO_LONG" "filter.words" "at most 200";
        "a figure of nothing": |w| w.search(|f| f.counted = Some(Counted::default()))
            => InvalidArgument "UNKNOWN_WORD" "filter.counted.measure" "no 0";
        "a severity that is none": |w| w.search(|f| f.severity = 99)
            => InvalidArgument "MALFORMED_SEVERITY" "filter.severity" "99";
        "an order that is none": |w| w.search_by(99)
            => InvalidArgument "UNKNOWN_WORD" "order" "99";
        "a token of another list": |w| w.search_as(OFFICE, "00".repeat(40), |_| ())
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "that came with it";
        "a token that is none": |w| w.search_as(OFFICE, "not hex", |_| ())
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
    }
}

fn figures() -> Vec<Row> {
    rows! {
        "a role of ours asks for a picture": |w| w.trace("service/worker", "case/x")
            => PermissionDenied "NOT_A_READER" "" "service/worker";
        "the picture of something else": |w| w.trace(OFFICE, "matter/20260101-AAAAAAAA")
            => InvalidArgument "OTHER_SUBJECT" "subject" "case/20261122-7QK3M9ZT";
        "the picture of a malformed case": |w| w.trace(OFFICE, "case/a b")
            => InvalidArgument "MALFORMED_ID" "subject" "letters, digits";
        "the picture of no case": |w| w.trace(OFFICE, "case/20260101-AAAAAAAA")
            => NotFound "UNKNOWN_CASE" "subject" "20260101-AAAAAAAA";
        "the picture of no operation": |w| w.trace(OFFICE, "operation/wenshan/O20260101-AAAA")
            => NotFound "UNKNOWN_OPERATION" "subject" "O20260101-AAAA";
        "the picture of no stop": |w| w.trace(OFFICE, "inspection/I-1")
            => NotFound "UNKNOWN_INSPECTION" "subject" "I-1";
        "the picture of an object's credit": |w| w.trace(OFFICE, "credit/hauler-9")
            => InvalidArgument "OTHER_SUBJECT" "subject" "stops are drawn";
        "the picture of a case of others": |w| {
            let subject = format!("case/{}", w.case_id);
            w.trace("community/kaihua_xishan", subject)
        } => PermissionDenied "NOT_YOUR_CASE" "subject" "not a case of yours";
        "a role of ours asks what was said lately": |w| w.steps("service/worker", "")
            => PermissionDenied "NOT_A_READER" "" "service/worker";
        "lately with a token that is none": |w| w.steps(OFFICE, "not hex")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "not a token";
        "lately with a token of another list": |w| w.steps(OFFICE, "00")
            => InvalidArgument "MALFORMED_TOKEN" "page.token" "that came with it";
        "counted by what is none": |w| w.count(|r| r.group_by = 99)
            => InvalidArgument "UNKNOWN_WORD" "group_by" "99";
        "a count with a token of another": |w| w.count(|r| r.token = "00".repeat(40))
            => InvalidArgument "MALFORMED_TOKEN" "token" "that came with it";
        "a rate of no period": |w| w.rate(|r| r.from_ms = 0)
            => InvalidArgument "PERIOD_MISSING" "from_ms" "from_ms";
        "a rate of a period that is none": |w| w.rate(|r| (r.from_ms, r.to_ms) = (9, 3))
            => InvalidArgument "MALFORMED_PERIOD" "to_ms" "later than";
        "a rate by what has none": |w| w.rate(|r| r.group_by = GroupBy::Owner.into())
            => InvalidArgument "NOT_A_RATE" "group_by" "OWNER";
        "a rate of what is counted already": |w| w.rate(|r| {
            r.filter = Some(CaseFilter { counted: Some(Counted::default()), ..CaseFilter::default() });
        }) => InvalidArgument "COUNTED_TWICE" "filter.counted" "without counted";
    }
}
