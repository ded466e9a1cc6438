//! What is parked on the bus, and the decision about it: shown first, then done.

use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use proto::{
    bus::{
        GetStatusRequest, ListParkedRequest, Parked, ParkedCause, Resolution, ResolveParkedRequest,
    },
    envelope::Wire,
    muster::envelope::v1::attribute_value::Attr,
    page::Page,
};

use crate::{
    asking::Asking, form::Posted, matter, names, step, trouble::Trouble, visit::Visit,
    words::bus as words,
};

/// How many are listed.
const ROWS: u32 = 200;

/// Lists them.
pub(super) async fn show(visit: &Visit, asking: &Asking) -> Result<Markup, Trouble> {
    let page = Some(Page { size: ROWS, token: String::new() });
    let request = ListParkedRequest { mailbox: String::new(), page };
    let found = asking.bus()?.list_parked(request).await?.into_inner().parked;
    let mut mailboxes: Vec<&str> = found.iter().map(|one| one.mailbox.as_str()).collect();
    mailboxes.dedup();
    Ok(html! {
        section aria-labelledby="parked-title" {
            h2 #parked-title { (visit.say(words::PARKED_TITLE)) }
            @if found.is_empty() { p.quiet #nothing-parked { (visit.say(words::NOTHING_PARKED)) } }
            @else { p.quiet { (visit.say(words::PARKED_TEXT)) } }
            @for mailbox in mailboxes {
                @let of = found.iter().filter(|one| one.mailbox == mailbox).collect::<Vec<_>>();
                (form(visit, mailbox, &of))
            }
        }
    })
}

fn form(visit: &Visit, mailbox: &str, parked: &[&Parked]) -> Markup {
    let id = mailbox.replace('/', "-");
    html! {
        form #(format!("resolve-{id}")) method="post" action="/bus/resolve" data-mailbox=(mailbox) {
            (visit.fields())
            input type="hidden" name="mailbox" value=(mailbox);
            h3 { (names::party(visit.console.city(), mailbox, visit.lang)) " " span.quiet { (mailbox) } }
            (table(visit, parked, true))
            label for=(format!("reason-{id}")) { (visit.say(words::REASON)) }
            input #(format!("reason-{id}")) name="reason" required maxlength="300";
            div {
                button.second type="submit" name="do" value="put_back" data-act="preview-put-back" {
                    (visit.say(words::PUT_BACK)) " – " (visit.say(words::PREVIEW))
                } " "
                button.second type="submit" name="do" value="skip" data-act="preview-skip" {
                    (visit.say(words::SKIP)) " – " (visit.say(words::PREVIEW))
                }
            }
        }
    }
}

fn table(visit: &Visit, parked: &[&Parked], is_choice: bool) -> Markup {
    html! {
        div.wide tabindex="0" { table {
            thead { tr {
                @if is_choice { th scope="col" { (visit.say(words::CHOSEN)) } }
                th.number scope="col" { (visit.say(words::PLACE)) }
                th scope="col" { (visit.say(words::KIND)) }
                th scope="col" { (visit.say(words::SUBJECT)) }
                th scope="col" { (visit.say(words::CAUSE)) }
                th scope="col" { (visit.say(words::SINCE_WHEN)) }
                th scope="col" { (visit.say(words::SAID)) }
            } }
            tbody { @for one in parked { (row(visit, one, is_choice)) } }
        } }
    }
}

fn row(visit: &Visit, one: &Parked, is_choice: bool) -> Markup {
    let envelope = one.envelope.clone().unwrap_or_default();
    let cause = match one.cause() {
        ParkedCause::Expired => words::EXPIRED,
        _ => words::ATTEMPTS,
    };
    html! {
        tr data-place=(one.place) {
            @if is_choice {
                td {
                    input type="checkbox" name="place" value=(one.place)
                        aria-label=(format!("{} {}", visit.say(words::PLACE), one.place));
                }
            }
            td.number { (one.place) }
            td { (kind(visit, &envelope.r#type)) }
            td { (subject(&envelope)) }
            td { (visit.say(cause)) " (" (one.attempts) ")" }
            td { (matter::time(visit, one.parked_at_ms)) }
            td { (one.reason) }
        }
    }
}

/// What it says in words, and its type.
fn kind(visit: &Visit, kind: &str) -> Markup {
    let name = kind.rsplit('.').next().unwrap_or_default();
    html! { (step::word(visit.lang, kind)) " " span.quiet { (name) } }
}

/// The subject of an envelope, with a way to its case where it is one.
fn subject(envelope: &Wire) -> Markup {
    let subject = attribute(envelope, "subject");
    let case = subject.strip_prefix("case/").and_then(|rest| rest.split_once('/'));
    html! {
        @match case {
            Some((_, id)) => a href=(format!("/cases/{id}")) { (id) },
            None => (subject),
        }
    }
}

/// The text of an attribute.
fn attribute(envelope: &Wire, name: &str) -> String {
    let value = envelope.attributes.get(name).and_then(|value| value.attr.as_ref());
    match value {
        Some(Attr::CeString(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Takes a decision: without `sure` it says what would be done.
pub(crate) async fn resolve(posted: Posted) -> Result<Response, Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let (is_skip, is_sure) = (form.text("do") == "skip", form.text("sure") == "yes");
    let places: Vec<u64> = form.texts("place").iter().filter_map(|one| one.parse().ok()).collect();
    let reason = form.text("reason");
    if places.is_empty() || reason.is_empty() {
        let no = Trouble::invalid("NOTHING_CHOSEN", visit.say(words::CHOOSE_SOME));
        return visit.answer("/bus", Err(no));
    }
    let mut bus = visit.asking()?.bus()?;
    let log_id = bus.get_status(GetStatusRequest {}).await?.into_inner().log_id;
    let resolution = if is_skip { Resolution::Skip } else { Resolution::PutBack };
    let request = ResolveParkedRequest {
        mailbox: form.text("mailbox"),
        places,
        log_id,
        resolution: resolution.into(),
        reason,
        actor: visit.person().to_string(),
        is_preview: !is_sure,
    };
    let done = bus.resolve_parked(request.clone()).await;
    match done.map_err(Trouble::from) {
        Err(no) => visit.answer("/bus", Err(no)),
        Ok(done) if is_sure => {
            let word = if is_skip { words::SKIPPED_DONE } else { words::PUT_BACK_DONE };
            let count = done.into_inner().resolved.len();
            Ok(visit.done("/bus", visit.lang.fill(word, &[&count])))
        }
        Ok(done) => Ok(preview(visit, &request, &done.into_inner().resolved)),
    }
}

fn preview(visit: &Visit, request: &ResolveParkedRequest, found: &[Parked]) -> Response {
    let is_skip = request.resolution() == Resolution::Skip;
    let word = if is_skip { words::DO_SKIP } else { words::DO_PUT_BACK };
    let all: Vec<&Parked> = found.iter().collect();
    let body = html! {
        h1 { (visit.say(words::PREVIEW_TITLE)) }
        section {
            p { (visit.say(words::PREVIEW_TEXT)) " " (visit.say(words::REASON)) ": " b { (request.reason) } }
            (table(visit, &all, false))
            form method="post" action="/bus/resolve" {
                (visit.fields())
                input type="hidden" name="mailbox" value=(request.mailbox);
                input type="hidden" name="reason" value=(request.reason);
                input type="hidden" name="do" value=(if is_skip { "skip" } else { "put_back" });
                input type="hidden" name="sure" value="yes";
                @for one in found { input type="hidden" name="place" value=(one.place); }
                button type="submit" data-act="resolve" { (visit.say(word)) } " "
                a href="/bus" { (visit.say(words::BACK)) }
            }
        }
    };
    visit.page(visit.say(words::PREVIEW_TITLE), None, &body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, visit::tested::visit};

    #[tokio::test]
    async fn what_is_parked_is_called_in_words_and_reached_by_the_keyboard() {
        let zh = visit("admin/li", Lang::Zh);
        let envelope = Wire { r#type: "muster.case.v1.UnitCalled".into(), ..Wire::default() };
        let one = Parked { place: 7, envelope: Some(envelope), ..Parked::default() };
        let page = form(&zh, "unit/housing", &[&one]).into_string();
        for said in ["呼叫单位", "UnitCalled", "id=\"resolve-unit-housing\"", "tabindex=\"0\""]
        {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert_eq!(
            kind(&zh, "test.Letter").into_string(),
            "Letter <span class=\"quiet\">Letter</span>"
        );
    }
}
