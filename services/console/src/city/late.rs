//! The late cases: how many there are, and those that have been late for longest.

use maud::{Markup, html};
use proto::{
    ledger::{CaseFilter, GroupBy, Order, SearchCasesRequest},
    page::Page,
};

use crate::{matter, trouble::Trouble, visit::Visit, words::city as words};

/// How many are listed.
const ROWS: u32 = 15;

/// Shows them.
pub(super) async fn show(visit: &Visit) -> Result<Markup, Trouble> {
    let filter = CaseFilter { overdue: true, ..CaseFilter::default() };
    let count = super::counted(visit, filter.clone(), GroupBy::Unspecified).await?.total;
    let page = Some(Page { size: ROWS, token: String::new() });
    let order = Order::DueFirst.into();
    let request = SearchCasesRequest { filter: Some(filter), page, order };
    let late = visit.asking()?.ledger().search_cases(request).await?.into_inner().cases;
    Ok(html! {
        section aria-labelledby="late-title" {
            h2 #late-title { (visit.say(words::LATE_TITLE)) }
            @if count == 0 { p.quiet { (visit.say(words::LATE_NONE)) } }
            @else {
                (matter::table(visit, &visit.lang.fill(words::LATE_COUNT, &[&count]), &late))
                @if count > u64::from(ROWS) {
                    p { a href="/cases?state=late" { (visit.say(words::LATE_MORE)) } }
                }
            }
        }
    })
}
