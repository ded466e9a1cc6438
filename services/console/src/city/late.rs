//! The late cases: how many there are, and those that have been late for longest.
//!
//! Lateness is in no list of the ledger: cases have to be looked at, page after page. Most late cases
//! are old, so all open ones are, up to a bound that is said when it is reached.

use maud::{Markup, html};
use proto::{
    ledger::{CaseFilter, SearchCasesRequest},
    page::Page,
    whistle::Case,
};

use crate::{matter, trouble::Trouble, visit::Visit, words::city as words};

/// How many are listed.
const ROWS: usize = 15;
/// How many open cases are looked at, at most.
const EXAMINED_MAX: u32 = 20_000;
/// How many are asked for at once.
const PAGE: u32 = 500;

/// Shows them.
pub(super) async fn show(visit: &Visit) -> Result<Markup, Trouble> {
    let (mut late, is_all) = all(visit).await?;
    let count = late.len();
    late.sort_by_key(|case| matter::first_owed(case).map_or(i64::MAX, |owed| owed.due_at_ms));
    late.truncate(ROWS);
    Ok(html! {
        section aria-labelledby="late-title" {
            h2 #late-title { (visit.say(words::LATE_TITLE)) }
            @if !is_all { p.quiet { (visit.say(words::LATE_PART)) } }
            @if count == 0 { p.quiet { (visit.say(words::LATE_NONE)) } }
            @else {
                (matter::table(visit, &visit.lang.fill(words::LATE_COUNT, &[&count]), &late))
                @if count > ROWS { p { a href="/cases?state=late" { (visit.say(words::LATE_MORE)) } } }
            }
        }
    })
}

/// All late ones, and whether these are all.
async fn all(visit: &Visit) -> Result<(Vec<Case>, bool), Trouble> {
    let mut ledger = visit.asking()?.ledger();
    let (mut late, mut token, mut examined) = (Vec::new(), String::new(), 0);
    loop {
        let filter = Some(CaseFilter { overdue: true, ..CaseFilter::default() });
        let page = Some(Page { size: PAGE, token });
        let found = ledger.search_cases(SearchCasesRequest { filter, page }).await?.into_inner();
        late.extend(found.cases);
        examined += found.examined;
        if found.next_token.is_empty() || examined >= EXAMINED_MAX {
            return Ok((late, found.next_token.is_empty()));
        }
        token = found.next_token;
    }
}
