//! The cases behind a figure: exactly those that the ledger has counted, reached or missed.

use axum::{extract::Query, response::Response};
use maud::html;
use proto::{
    ledger::{CaseFilter, Counted, Measure, SearchCasesRequest, Side},
    page::Page,
};
use serde::{Deserialize, Serialize};

use crate::{
    cases::escaped,
    matter, rate,
    trouble::Trouble,
    visit::Visit,
    words::{case as cases, frame as said, units as words},
};

/// How many cases are on a page.
const ROWS: u32 = 50;

/// Which figure, which side of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Wanted {
    by: String,
    value: String,
    measure: i32,
    side: String,
    from: i64,
    to: i64,
    page: String,
}

/// Lists them.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let filter = Some(wanted.filter(&visit));
    let page = Some(Page { size: ROWS, token: wanted.page.clone() });
    let request = SearchCasesRequest { filter, page, ..SearchCasesRequest::default() };
    let found = visit.asking()?.ledger().search_cases(request).await?.into_inner();
    let count = found.cases.len();
    let body = html! {
        h1 { (visit.say(words::CASES_TITLE)) }
        section {
            @if count == 0 { p #none { (visit.say(cases::NO_CASES)) } }
            @else { (matter::table(&visit, &visit.lang.fill(cases::LIST_CAPTION, &[&count]), &found.cases)) }
            nav.pages aria-label=(visit.say(words::CASES_TITLE)) {
                a href="/units" { (visit.say(words::CASES_BACK)) }
                @if !found.next_token.is_empty() {
                    a href=(wanted.after(&found.next_token)) { (visit.say(said::NEXT_PAGE)) }
                }
            }
        }
    };
    Ok(visit.page(visit.say(words::CASES_TITLE), None, &body))
}

impl Wanted {
    fn filter(&self, visit: &Visit) -> CaseFilter {
        let side = match self.side.as_str() {
            "reached" => Side::Reached,
            "missed" => Side::Missed,
            _ => Side::Unspecified,
        };
        let measure = Measure::try_from(self.measure).unwrap_or_default();
        let value = || self.value.clone();
        let (mut from_ms, mut to_ms) = (self.from, self.to);
        if self.by == "month" {
            (from_ms, to_ms) = self.month(visit);
        }
        let of_unit = if self.by == "unit" { value() } else { String::new() };
        let counted =
            Counted { measure: measure.into(), side: side.into(), unit: of_unit, from_ms, to_ms };
        let filter = CaseFilter { counted: Some(counted), ..CaseFilter::default() };
        match self.by.as_str() {
            "issue" => CaseFilter { issue_type: value(), ..filter },
            "subdistrict" => CaseFilter { subdistrict: value(), ..filter },
            "community" => CaseFilter { community: value(), ..filter },
            _ => filter,
        }
    }

    /// The part of the period that is in the month of the value.
    fn month(&self, visit: &Visit) -> (i64, i64) {
        let begins = |ago| rate::month_begins(visit, ago);
        let is_it = |ago: &u32| rate::month(visit, begins(*ago)) == self.value;
        match (0..=6).find(is_it) {
            Some(0) => (begins(0).max(self.from), self.to),
            Some(ago) => (begins(ago).max(self.from), begins(ago - 1).min(self.to)),
            None => (self.from, self.to),
        }
    }

    fn after(&self, token: &str) -> String {
        let Wanted { by, value, measure, side, from, to, .. } = self;
        let value = escaped(value);
        format!(
            "/units/cases?by={by}&value={value}&measure={measure}&side={side}&from={from}&to={to}&page={token}"
        )
    }
}
