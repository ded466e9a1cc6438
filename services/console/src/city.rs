//! The page of the whole city: what is open and by whom, what is late, how well it goes.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use proto::ledger::{CaseFilter, CountCasesRequest, GroupBy};

use crate::{
    Console, frame, matter,
    trouble::Trouble,
    visit::Visit,
    words::{frame as said, matter as words},
};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["open"];

/// Shows it.
pub(crate) async fn show(visit: Visit, State(_): State<Console>) -> Result<Response, Trouble> {
    let open = open(&visit).await?;
    if visit.is_part("open") {
        return Ok(visit.part(&open));
    }
    let city = visit.console.city();
    let title = visit.lang.pick(&city.zh, &city.en).to_owned();
    let body = html! {
        h1 { (title) }
        (frame::live("open", &open))
    };
    Ok(visit.page(visit.say(said::CITY), Some("of=city"), &body))
}

async fn open(visit: &Visit) -> Result<Markup, Trouble> {
    let request = CountCasesRequest {
        filter: Some(CaseFilter::default()),
        group_by: GroupBy::Stage.into(),
        token: String::new(),
    };
    let counted = visit.asking()?.ledger().count_cases(request).await?.into_inner();
    let of =
        |word: &str| counted.counts.iter().find(|one| one.value == word).map_or(0, |one| one.cases);
    Ok(html! {
        section aria-labelledby="open-title" {
            h2 #open-title { (visit.say(words::OPEN)) }
            ul.tiles {
                @for (stage, word) in matter::OPEN {
                    li data-stage=(word) {
                        a href=(format!("/cases?state={word}")) {
                            b { (of(word)) } " " (visit.say(matter::stage_word(stage)))
                        }
                    }
                }
            }
        }
    })
}
