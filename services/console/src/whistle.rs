//! Blowing the whistle: the form for who may, and what becomes of it.

use axum::response::Response;
use domain::{id::CommunityId, party::Kind};
use maud::{Markup, html};
use proto::whistle::RaiseWhistleRequest;

use crate::{
    cases::{may_whistle, option},
    evidence,
    form::Posted,
    names,
    trouble::Trouble,
    visit::Visit,
    words::{case as words, matter as cases},
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
                label for="cell" { (visit.say(cases::GRID)) }
                select #cell name="grid" required {
                    @for cell in cells(visit) {
                        (option(&cell, &cell, "-"))
                    }
                }
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
    let raised = raised(&posted).await;
    let visit = &posted.visit;
    match raised {
        Ok((to, text)) => Ok(visit.done(&to, text)),
        Err(no) => visit.answer("/cases/new", Err(no)),
    }
}

async fn raised(posted: &Posted) -> Result<(String, String), Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let evidence = evidence::bring(visit, None, form.files("photo")).await?;
    let request = RaiseWhistleRequest {
        command: Some(posted.command()),
        issue_type: form.text("issue_type"),
        grid: form.text("grid"),
        description: form.text("description"),
        evidence,
        ..RaiseWhistleRequest::default()
    };
    let answer = visit.asking()?.whistles().raise_whistle(request).await?.into_inner();
    let word = if answer.is_again { words::RAISED_AGAIN } else { words::RAISED };
    let mut text = visit.lang.fill(word, &[&answer.case_id]);
    if !answer.proposed.is_empty() {
        text += " ";
        text += &visit.lang.fill(words::PROPOSED, &[&answer.proposed.join(", ")]);
    }
    Ok((format!("/cases/{}", answer.case_id), text))
}
