//! The bus as operators see it: what waits for whom, what is parked, and what they decide.
//!
//! A decision is shown first: what would be put back or skipped, which the bus says itself, and then
//! done by a second form with the same places. The bus keeps the reason and the person.

mod parked;

use axum::response::Response;
use maud::{Markup, html};
use proto::{
    bus::{
        GetStatusRequest, GetStatusResponse, ListMailboxesRequest, ListMailboxesResponse, Mailbox,
    },
    page::Page,
};

pub(crate) use self::parked::resolve;
use crate::{
    asking::Asking,
    frame, matter, names,
    trouble::{Trouble, why},
    visit::Visit,
    when,
    words::{bus as words, frame as said},
};

/// The parts that change.
pub(crate) const PARTS: &[&str] = &["status", "parked"];

/// How many mailboxes are asked for at once.
const PAGE: u32 = 500;
/// How many mailboxes there are at most.
const MAILBOXES_MAX: usize = 5_000;

/// Shows it.
pub(crate) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let asking = visit.asking()?;
    if visit.is_part("parked") {
        return Ok(visit.part(&parked::show(&visit, &asking).await?));
    }
    let status = status(&visit, &asking).await?;
    if visit.is_part("status") {
        return Ok(visit.part(&status));
    }
    let parked = parked::show(&visit, &asking).await?;
    let body = html! {
        h1 { (visit.say(words::TITLE)) }
        (frame::live("status", &status))
        (frame::live("parked", &parked))
    };
    Ok(visit.page(visit.say(words::TITLE), Some("of=bus"), &body))
}

async fn status(visit: &Visit, asking: &Asking) -> Result<Markup, Trouble> {
    let mut bus = asking.bus()?;
    let status = bus.get_status(GetStatusRequest {}).await?.into_inner();
    let (mut mailboxes, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: PAGE, token });
        let found = bus.list_mailboxes(ListMailboxesRequest { page }).await?.into_inner();
        let ListMailboxesResponse { mailboxes: more, next_token } = found;
        mailboxes.extend(more);
        if next_token.is_empty() || mailboxes.len() >= MAILBOXES_MAX {
            break;
        }
        token = next_token;
    }
    Ok(html! { (tiles(visit, &status)) (turned(visit, &status)) (table(visit, mailboxes)) })
}

fn tiles(visit: &Visit, status: &GetStatusResponse) -> Markup {
    let behind: u64 = status.followers.iter().map(|one| one.lag).sum();
    let gib = status.free_bytes / (1 << 30);
    html! {
        section {
            ul.tiles {
                li #waiting { div.tile { b { (status.waiting) } (visit.say(words::WAITING)) } }
                li #parked-count class=[(status.parked > 0).then_some("is-bad")] {
                    div.tile { b { (status.parked) } (visit.say(words::PARKED)) }
                }
                li { div.tile { b { (behind) } (visit.say(words::FOLLOWERS)) } }
                li { div.tile { b { (status.taken) } (visit.say(words::TAKEN)) } }
                li { div.tile { b { (gib) " GiB" } (visit.say(words::FREE)) } }
            }
            p.quiet { (visit.say(words::SINCE)) " " (matter::time(visit, status.started_at_ms)) }
        }
    }
}

fn turned(visit: &Visit, status: &GetStatusResponse) -> Markup {
    let party = |text: &str| names::party(visit.console.city(), text, visit.lang);
    html! {
        @if !status.turned.is_empty() {
            section {
                h2 { (visit.say(words::TURNED)) }
                p.quiet { (visit.say(words::TURNED_TEXT)) }
                ul {
                    @for one in status.turned.iter().take(50) {
                        li {
                            (party(&one.source)) " → "
                            (if one.recipient.is_empty() { "–".to_owned() } else { party(&one.recipient) })
                            ": " code { (one.reason) } " " (why(visit, &one.reason, &one.message))
                        }
                    }
                }
            }
        }
    }
}

/// Those that have something first, the oldest before all.
fn table(visit: &Visit, mailboxes: Vec<Mailbox>) -> Markup {
    let (mut full, empty): (Vec<_>, Vec<_>) =
        mailboxes.into_iter().partition(|one| one.depth > 0 || one.parked > 0);
    full.sort_by_key(|one| (!one.is_overdue, one.oldest_accepted_at_ms));
    html! {
        section aria-labelledby="mailboxes-title" {
            h2 #mailboxes-title { (visit.say(words::MAILBOXES)) }
            @if full.is_empty() { p.quiet { (visit.say(words::ALL_QUIET)) } }
            @else {
                div.wide tabindex="0" { table #mailboxes {
                    thead { tr {
                        th scope="col" { (visit.say(words::MAILBOX)) }
                        th.number scope="col" { (visit.say(words::DEPTH)) }
                        th.number scope="col" { (visit.say(words::IN_HAND)) }
                        th.number scope="col" { (visit.say(words::PARKED)) }
                        th.number scope="col" { (visit.say(words::AGAIN)) }
                        th scope="col" { (visit.say(words::OLDEST)) }
                    } }
                    tbody { @for one in full.iter().take(PAGE as usize) { (row(visit, one)) } }
                } }
                p.quiet { (visit.lang.fill(words::EMPTY, &[&empty.len()])) }
            }
        }
    }
}

fn row(visit: &Visit, one: &Mailbox) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let age = visit.console.now().0 - one.oldest_accepted_at_ms;
    let limit = when::span(i64::try_from(one.limit_ms).unwrap_or(i64::MAX), lang);
    html! {
        tr data-mailbox=(one.party) data-depth=(one.depth) {
            th scope="row" { (names::party(city, &one.party, lang)) " " span.quiet { (one.party) } }
            td.number data-label=(visit.say(words::DEPTH)) { (one.depth) }
            td.number data-label=(visit.say(words::IN_HAND)) { (one.in_hand) }
            td.number data-label=(visit.say(words::PARKED)) { (one.parked) }
            td.number data-label=(visit.say(words::AGAIN)) { (one.redelivered) }
            td {
                @if one.oldest_accepted_at_ms > 0 { (when::span(age, lang)) } @else { (visit.say(said::NONE)) }
                @if one.is_overdue {
                    br; strong.late {
                        (lang.fill(words::ALARM, &[&limit, &names::party(city, &one.owner, lang)]))
                    }
                }
            }
        }
    }
}
