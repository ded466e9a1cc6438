//! How well it goes this month: the rates against the marks of the documents.

use axum::http::StatusCode;
use maud::{Markup, html};
use proto::ledger::{Figure, GroupBy, Rates};

use crate::{
    rate,
    trouble::Trouble,
    visit::Visit,
    words::{Word, city as words},
};

/// Shows them.
pub(super) async fn show(visit: &Visit) -> Result<Markup, Trouble> {
    let period = (rate::month_begins(visit, 0), 0);
    let tiles = match visit.console.rates().ask(visit, period, GroupBy::Unspecified).await {
        Ok(found) => tiles(visit, found.rates.first().unwrap_or(&Rates::default())),
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
