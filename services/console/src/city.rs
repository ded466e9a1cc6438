//! The page of the whole city: what is open and with whom, what is late, how well it goes, what is new.
//!
//! What the ledger counts and lists by itself is on the page at once, however many cases there are. What
//! has to look at cases (the rates) is a part of its own that the script fetches when the
//! page is there; without a script a link shows it. Each person sees what its party may see.

mod grid;
mod late;
pub(crate) mod rates;

use axum::{extract::Query, response::Response};
use maud::{Markup, html};
use proto::{
    ledger::{CaseFilter, Count, CountCasesRequest, CountCasesResponse, GroupBy, ListStepsRequest},
    page::Page,
};
use serde::Deserialize;

use crate::{
    frame, matter, names, step,
    trouble::Trouble,
    visit::Visit,
    words::{city as words, frame as said, matter as cases},
};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["open", "late", "owners", "grid", "rates", "hour"];

/// Those that are shown anew at each change; the others look at many cases, and follow each minute.
pub(crate) const QUICK: &[&str] = &["open", "late", "owners", "grid", "hour"];

/// How many owners are listed.
const OWNERS: usize = 12;
/// How many steps of the last hour are listed.
const STEPS: u32 = 15;
/// The last hour.
const HOUR_MS: i64 = 3_600_000;

/// What is asked of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// All parts at once, for who has no script.
    all: bool,
}

/// Shows it.
pub(crate) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Trouble> {
    for name in PARTS {
        if visit.is_part(name) {
            return Ok(visit.part(&part(&visit, name).await?));
        }
    }
    let city = visit.console.city();
    let (open, owners) = (part(&visit, "open").await?, part(&visit, "owners").await?);
    let (grid, hour) = (part(&visit, "grid").await?, part(&visit, "hour").await?);
    let late = part(&visit, "late").await?;
    let rates = if wanted.all {
        frame::live("rates", &part(&visit, "rates").await?)
    } else {
        rates_to_come(&visit)
    };
    let body = html! {
        h1 { (visit.lang.pick(&city.zh, &city.en)) }
        (frame::live("open", &open))
        (frame::live("late", &late))
        div.columns {
            div { (frame::live("grid", &grid)) (rates) }
            div { (frame::live("owners", &owners)) (frame::live("hour", &hour)) }
        }
    };
    Ok(visit.page(visit.say(said::CITY), Some("of=city"), &body))
}

async fn part(visit: &Visit, name: &str) -> Result<Markup, Trouble> {
    match name {
        "open" => open(visit).await,
        "owners" => owners(visit).await,
        "grid" => grid::show(visit).await,
        "late" => late::show(visit).await,
        "rates" => rates::show(visit).await,
        _ => hour(visit).await,
    }
}

/// The part that takes its time: the script fetches it when the page is there.
fn rates_to_come(visit: &Visit) -> Markup {
    html! {
        div data-live="rates" data-load {
            section {
                h2 { (visit.say(words::RATES_TITLE)) }
                p.quiet { (visit.say(words::LOADING)) " " a href="/?all=true" { (visit.say(words::SHOW)) } }
            }
        }
    }
}

/// Counts by something, all parts added.
pub(crate) async fn counted(
    visit: &Visit,
    filter: CaseFilter,
    by: GroupBy,
) -> Result<CountCasesResponse, Trouble> {
    let mut ledger = visit.asking()?.ledger();
    let mut all = CountCasesResponse::default();
    let mut token = String::new();
    loop {
        let (filter, group_by) = (Some(filter.clone()), by.into());
        let part = ledger.count_cases(CountCasesRequest { filter, group_by, token }).await?;
        let part = part.into_inner();
        all.total += part.total;
        for count in part.counts {
            match all.counts.iter_mut().find(|one| one.value == count.value) {
                Some(one) => one.cases += count.cases,
                None => all.counts.push(count),
            }
        }
        if part.next_token.is_empty() {
            return Ok(all);
        }
        token = part.next_token;
    }
}

fn of(counts: &[Count], value: &str) -> u64 {
    counts.iter().find(|one| one.value == value).map_or(0, |one| one.cases)
}

/// Those that are not closed.
pub(crate) fn only_open() -> CaseFilter {
    CaseFilter { only_open: true, ..CaseFilter::default() }
}

async fn open(visit: &Visit) -> Result<Markup, Trouble> {
    let all = counted(visit, CaseFilter::default(), GroupBy::Stage).await?;
    let owned = counted(visit, only_open(), GroupBy::Owner).await?;
    let closed = of(&all.counts, "closed");
    let owned: u64 = owned.counts.iter().map(|one| one.cases).sum();
    let is_whole = all.total == closed + owned;
    let word = if is_whole { words::RECONCILED } else { words::NOT_RECONCILED };
    let class = if is_whole { "quiet" } else { "late" };
    Ok(html! {
        section aria-labelledby="open-title" {
            h2 #open-title { (visit.say(words::OPEN_TITLE)) " " span.quiet { (all.total - closed) } }
            ul.tiles {
                @for (stage, word) in matter::OPEN {
                    li data-stage=(word) {
                        a href=(format!("/cases?state={word}")) {
                            b { (of(&all.counts, word)) } (visit.say(matter::stage_word(stage)))
                        }
                    }
                }
                li.is-good data-stage="closed" {
                    a href="/cases?state=closed" { b { (closed) } (visit.say(cases::CLOSED)) }
                }
            }
            p #reconciled class=(class) data-whole=(is_whole) {
                (visit.lang.fill(word, &[&all.total, &closed, &owned]))
            }
            @if !sees_all(visit) { p.quiet { (visit.say(words::ONLY_YOURS)) } }
        }
    })
}

/// Whether the party sees every case, as far as the pack says by its kind.
fn sees_all(visit: &Visit) -> bool {
    let access = visit.console.access();
    access.allows(visit.party(), &kit::access::Ask::to("see_all_cases", access.city()))
}

async fn owners(visit: &Visit) -> Result<Markup, Trouble> {
    let found = counted(visit, only_open(), GroupBy::Owner).await?;
    let mut counts = found.counts;
    counts.sort_by(|one, other| other.cases.cmp(&one.cases).then(one.value.cmp(&other.value)));
    let (city, lang, all) = (visit.console.city(), visit.lang, found.total.max(1));
    Ok(html! {
        section aria-labelledby="owners-title" {
            h2 #owners-title { (visit.say(words::OWNER_TITLE)) }
            @if counts.is_empty() { p.quiet { (visit.say(said::NONE)) } }
            @else {
                div.wide { table {
                    thead { tr {
                        th scope="col" { (visit.say(cases::OWNER)) }
                        th.number scope="col" { (visit.say(words::OWNER_COUNT)) }
                        th scope="col" { (visit.say(words::SHARE)) }
                    } }
                    tbody {
                        @for count in counts.iter().take(OWNERS) {
                            tr data-owner=(count.value) {
                                th scope="row" {
                                    a href=(format!("/cases?state=open&owner={}", count.value)) {
                                        (names::party(city, &count.value, lang))
                                    }
                                }
                                td.number { (count.cases) }
                                td { (bar(count.cases, all)) }
                            }
                        }
                    }
                } }
            }
        }
    })
}

/// A share as a bar; what it shows is said in the number beside it.
pub(crate) fn bar(part: u64, all: u64) -> Markup {
    let width = part.saturating_mul(100) / all.max(1);
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.back x="0" y="0" width="100" height="8" {}
            rect.front x="0" y="0" width=(width) height="8" {}
        }
    }
}

async fn hour(visit: &Visit) -> Result<Markup, Trouble> {
    let since_ms = visit.console.now().0 - HOUR_MS;
    let page = Some(Page { size: STEPS, token: String::new() });
    let found = visit.asking()?.ledger().list_steps(ListStepsRequest { since_ms, page }).await?;
    let steps = found.into_inner().steps;
    Ok(html! {
        section aria-labelledby="hour-title" {
            h2 #hour-title { (visit.say(words::HOUR_TITLE)) }
            @if steps.is_empty() { p.quiet { (visit.say(words::HOUR_NONE)) } }
            ol.steps #hour {
                @for one in &steps { (step::line(visit, one)) }
            }
        }
    })
}
