//! The list of cases: by state, unit, text, or late; fifty on a page.

use axum::{extract::Query, response::Response};
use maud::{Markup, html};
use proto::{
    ledger::{CaseFilter, SearchCasesRequest},
    page::Page,
};
use serde::Deserialize;

use crate::{frame, matter, trouble::Trouble, visit::Visit, words::frame as said};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["list"];

/// How many cases are on a page.
const ROWS: u32 = 50;

/// Which cases, and which page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    state: String,
    page: String,
}

/// Shows it.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    let list = list(&visit, &wanted).await?;
    if visit.is_part("list") {
        return Ok(visit.part(&list));
    }
    let body = html! {
        h1 { (visit.say(said::CASES)) }
        (frame::live("list", &list))
    };
    Ok(visit.page(visit.say(said::CASES), Some("of=cases"), &body))
}

async fn list(visit: &Visit, wanted: &Wanted) -> Result<Markup, Trouble> {
    let stage = matter::OPEN.iter().find(|(_, word)| *word == wanted.state);
    let filter = CaseFilter {
        stages: stage.map(|(stage, _)| (*stage).into()).into_iter().collect(),
        ..CaseFilter::default()
    };
    let page = Some(Page { size: ROWS, token: wanted.page.clone() });
    let request = SearchCasesRequest { filter: Some(filter), page };
    let found = visit.asking()?.ledger().search_cases(request).await?.into_inner();
    Ok(html! { (matter::table(visit, visit.say(said::CASES), &found.cases)) })
}
