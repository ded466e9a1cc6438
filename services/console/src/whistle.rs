//! Blowing the whistle: the form for who may, and what becomes of it; and a complaint, which is one.

use axum::response::Response;
use domain::{id::CommunityId, party::Kind};
use maud::{Markup, html};
use proto::{case::Complaint, whistle::RaiseWhistleRequest};

use crate::{
    cases::{may_whistle, option},
    evidence,
    form::Posted,
    names,
    trouble::Trouble,
    visit::Visit,
    words::{Word, case as words, matter as cases},
};

/// Shows the form.
pub(crate) async fn show(visit: Visit) -> Result<Response, Trouble> {
    if !may_whistle(&visit) {
        let access = visit.console.access();
        let ask = kit::access::Ask::to("raise_whistle", access.city());
        let ask = ask.by(access, visit.party(), visit.person());
        access.check(visit.party(), &ask)?;
    }
    let body = form(&visit);
    Ok(visit.page(visit.say(words::NEW_TITLE), None, &body))
}

fn form(visit: &Visit) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    html! {
        h1 { (visit.say(words::NEW_TITLE)) }
        section {
            p.hint { (visit.say(words::NEW_TEXT)) }
            form #whistle method="post" action="/cases/new" enctype="multipart/form-data" {
                (visit.fields())
                label for="issue" { (visit.say(cases::ISSUE)) }
                select #issue name="issue_type" required {
                    (option("", visit.say(words::CHOOSE), "-"))
                    @for issue in city.issues.values().filter(|issue| issue.id != city.complaint) {
                        (option(issue.id.as_str(), lang.pick(&issue.zh, &issue.en), "-"))
                    }
                }
                (cell(visit, "cell", "-"))
                label for="description" { (visit.say(words::DESCRIBE)) }
                p.hint #description-hint { (visit.say(words::DESCRIBE_HINT)) }
                textarea #description name="description" required maxlength="2000" aria-describedby="description-hint" {}
                (super::case::photos(visit, "whistle-photos"))
                p.hint { (visit.say(words::NEEDS_PHOTO)) }
                p.hint { (visit.say(words::SURE)) }
                button type="submit" data-act="whistle" { (visit.say(words::NEW_SEND)) }
            }
        }
        p.quiet { (names::party(city, &visit.party().to_string(), lang)) }
    }
}

/// A choice of one of the person's cells; `chosen` is chosen already, where it is one of them.
pub(crate) fn cell(visit: &Visit, id: &str, chosen: &str) -> Markup {
    html! {
        label for=(id) { (visit.say(cases::GRID)) }
        select #(id) name="grid" required {
            @for cell in cells(visit) { (option(&cell, &cell, chosen)) }
        }
    }
}

/// The cells of the person's own community; all, for a chief of a road.
fn cells(visit: &Visit) -> Vec<String> {
    let city = visit.console.city();
    let own = CommunityId::parse(visit.party().id.clone()).ok();
    let own = own.filter(|_| visit.party().kind == Kind::Community);
    match own.and_then(|own| city.communities.get(&own)) {
        Some(community) => community.cells.iter().map(ToString::to_string).collect(),
        None => city.grid.keys().map(ToString::to_string).collect(),
    }
}

/// Takes the form.
pub(crate) async fn raise(posted: Posted) -> Result<Response, Trouble> {
    let issue_type = posted.form.text("issue_type");
    let request = RaiseWhistleRequest { issue_type, ..RaiseWhistleRequest::default() };
    send(&posted, "/cases/new", request, words::RAISED).await
}

/// Takes a complaint (投诉) about what happened in a case: a case of its own, which names that one.
pub(crate) async fn complain(posted: &Posted, case_id: String) -> Result<Response, Trouble> {
    let back = format!("/cases/{case_id}");
    let request = RaiseWhistleRequest {
        issue_type: posted.visit.console.city().complaint.to_string(),
        complaint: Some(Complaint { about: posted.form.text("about"), case_id }),
        ..RaiseWhistleRequest::default()
    };
    send(posted, &back, request, words::COMPLAINED).await
}

/// Raises it and goes on to its page with word of it; what is refused is said on the page `back`.
async fn send(
    posted: &Posted,
    back: &str,
    request: RaiseWhistleRequest,
    word: Word,
) -> Result<Response, Trouble> {
    match raised(posted, request, word).await {
        Ok((to, text)) => Ok(posted.visit.done(&to, text)),
        Err(no) => posted.visit.answer(back, Err(no)),
    }
}

async fn raised(
    posted: &Posted,
    request: RaiseWhistleRequest,
    word: Word,
) -> Result<(String, String), Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let request = RaiseWhistleRequest {
        command: Some(posted.command()),
        grid: form.text("grid"),
        description: form.text("description"),
        evidence: evidence::bring(visit, None, form.files("photo")).await?,
        ..request
    };
    let answer = visit.asking()?.whistles().raise_whistle(request).await?.into_inner();
    let word = if answer.is_again { words::RAISED_AGAIN } else { word };
    let mut text = visit.lang.fill(word, &[&answer.case_id]);
    if !answer.proposed.is_empty() {
        text += " ";
        text += &visit.lang.fill(words::PROPOSED, &[&answer.proposed.join(", ")]);
    }
    Ok((format!("/cases/{}", answer.case_id), text))
}
