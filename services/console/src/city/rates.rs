//! How well it goes this month: the rates against the marks of the documents.
//!
//! For a rate each open case has to be looked at. Everybody who speaks for one party sees the same one,
//! which is asked for once a minute at most, however many look.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use domain::party::Party;
use maud::{Markup, html};
use proto::ledger::{Figure, GetRatesRequest, GroupBy, Rates};
use tokio::sync::Mutex;

use crate::{
    rate,
    trouble::Trouble,
    visit::Visit,
    words::{Word, city as words},
};

/// How old what is shown may be.
const AGE: Duration = Duration::from_secs(60);

/// The rates of one party as they were asked for last: of which month, and when.
type Asked = Arc<Mutex<Option<(i64, Instant, Rates)>>>;

/// What was asked for last, by party: there are no more than parties with an account.
#[derive(Debug, Default)]
pub(crate) struct Recent(std::sync::Mutex<HashMap<Party, Asked>>);

impl Recent {
    fn of(&self, party: &Party) -> Asked {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(party.clone()).or_default())
    }

    /// Those of this month; who comes while somebody asks waits for that answer.
    async fn ask(&self, visit: &Visit) -> Result<Rates, Trouble> {
        let from_ms = rate::month_begins(visit, 0);
        let asked = self.of(visit.party());
        let mut asked = asked.lock().await;
        if let Some((of, at, rates)) = &*asked
            && *of == from_ms
            && at.elapsed() < AGE
        {
            return Ok(rates.clone());
        }
        let group_by = GroupBy::Unspecified.into();
        let request = GetRatesRequest { from_ms, group_by, ..GetRatesRequest::default() };
        let found = visit.asking()?.ledger().get_rates(request).await?.into_inner();
        let rates = found.rates.into_iter().next().unwrap_or_default();
        *asked = Some((from_ms, Instant::now(), rates.clone()));
        Ok(rates)
    }
}

/// Shows them.
pub(super) async fn show(visit: &Visit) -> Result<Markup, Trouble> {
    let tiles = match visit.console.rates().ask(visit).await {
        Ok(rates) => tiles(visit, &rates),
        // More cases than can be looked at in one call: the page is good without the figure.
        Err(no)
            if no.status == StatusCode::TOO_MANY_REQUESTS || no.status == StatusCode::CONFLICT =>
        {
            no.said(visit.lang)
        }
        Err(no) => return Err(no),
    };
    Ok(html! {
        section aria-labelledby="rates-title" {
            h2 #rates-title { (visit.say(words::RATES_TITLE)) }
            (tiles)
            p { a href="/units" { (visit.say(words::RATES_MORE)) } }
        }
    })
}

fn tiles(visit: &Visit, rates: &Rates) -> Markup {
    html! {
        ul.tiles {
            (tile(visit, words::ON_TIME_RATE, rates.on_time.as_ref()))
            (tile(visit, words::FIRST_RATE, rates.satisfied_first.as_ref()))
            (tile(visit, words::FINAL_RATE, rates.satisfied_final.as_ref()))
        }
    }
}

fn tile(visit: &Visit, name: Word, figure: Option<&Figure>) -> Markup {
    let figure = figure.cloned().unwrap_or_default();
    let lang = visit.lang;
    let target = rate::percent(figure.alarm_below);
    html! {
        li class=(if figure.is_alarm { "is-bad" } else { "is-good" }) {
            div.tile {
                @match figure.basis_points {
                    Some(points) => {
                        b { (rate::percent(points)) "%" }
                        (visit.say(name)) br;
                        span.quiet {
                            (lang.fill(words::OF_CASES, &[&figure.reached, &figure.counted])) " · "
                            (lang.fill(words::TARGET, &[&target])) " · "
                            (visit.say(if figure.is_alarm { words::BELOW } else { words::REACHED }))
                        }
                    }
                    None => {
                        b { "–" }
                        (visit.say(name)) br;
                        span.quiet { (visit.say(words::NOT_YET)) " · " (lang.fill(words::TARGET, &[&target])) }
                    }
                }
            }
        }
    }
}
