//! One case: who owns it, its clocks, its story, and what this person may do next.

use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use proto::whistle::{Case, GetCaseRequest};

use crate::{frame, matter, names, trouble::Trouble, visit::Visit, words::matter as words};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["case"];

/// Shows it.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let request = GetCaseRequest { case_id: id.clone() };
    let found = visit.asking()?.whistles().get_case(request).await?.into_inner();
    let case = found.case.ok_or_else(Trouble::not_found)?;
    let standing = standing(&visit, &case);
    if visit.is_part("case") {
        return Ok(visit.part(&standing));
    }
    let body = html! {
        h1 { (names::issue(visit.console.city(), &case.issue_type, visit.lang)) " " span.quiet { (case.case_id) } }
        (frame::live("case", &standing))
    };
    Ok(visit.page(&case.case_id, Some(&format!("of=case&id={}", case.case_id)), &body))
}

fn standing(visit: &Visit, case: &Case) -> Markup {
    let city = visit.console.city();
    html! {
        dl.facts {
            dt { (visit.say(words::STAGE)) } dd { (matter::stage(visit, case)) }
            dt { (visit.say(words::OWNER)) } dd { (names::party(city, &case.owner, visit.lang)) }
            dt { (visit.say(words::DESCRIPTION)) } dd { (case.description) }
        }
    }
}
