//! Who was told of a case by SMS or webhook (通知), and how that went; asked of the worker, which shows
//! it to whoever may see the case. An address is masked by the worker; what nobody has reported is
//! never called delivered.
//!
//! Where no worker is known, or it does not answer at once, the rest of the page is there all the same.

use std::time::Duration;

use connector::notification;
use maud::{Markup, html};
use proto::{
    notification::{
        ListNotificationsRequest, Notification, NotificationState,
        notification_service_client::NotificationServiceClient,
    },
    page::Page,
};
use tonic::Code;

use crate::{
    matter, names, step,
    visit::Visit,
    words::{Word, told as words},
};

/// The part that changes.
pub(super) const PART: &str = "told";

/// How many are shown; the command lists all.
const PAGE: u32 = 100;
/// How long the page waits for the worker.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of it.
enum Known {
    /// There is no worker, or it shows them to others only.
    Nothing,
    /// It does not answer.
    Away,
    All(Vec<Notification>, bool),
}

async fn known(visit: &Visit, case_id: &str) -> Known {
    let worker = visit.asking().and_then(|asking| asking.worker());
    let Ok(Some(worker)) = worker else { return Known::Nothing };
    let page = Some(Page { size: PAGE, token: String::new() });
    let case_id = case_id.to_owned();
    let request = ListNotificationsRequest { case_id, page, ..Default::default() };
    let mut door = NotificationServiceClient::new(worker);
    match tokio::time::timeout(PATIENCE, door.list_notifications(request)).await {
        Ok(Ok(found)) => {
            let found = found.into_inner();
            Known::All(found.notifications, !found.next_token.is_empty())
        }
        // A case that the worker does not know yet has told nobody anything.
        Ok(Err(no)) if matches!(no.code(), Code::PermissionDenied | Code::NotFound) => {
            Known::Nothing
        }
        _ => Known::Away,
    }
}

/// Shows it; nothing where nobody was to be told.
pub(super) async fn show(visit: &Visit, case_id: &str) -> Markup {
    match known(visit, case_id).await {
        Known::Nothing => html! {},
        Known::All(all, _) if all.is_empty() => html! {},
        Known::Away => section(visit, &html! { p.quiet { (visit.say(words::AWAY)) } }),
        Known::All(all, is_more) => section(
            visit,
            &html! {
                p.quiet { (visit.say(words::SAYS)) }
                div.wide tabindex="0" {
                    table #told-list {
                        thead { tr {
                            th scope="col" { (visit.say(words::WHEN)) }
                            th scope="col" { (visit.say(words::WHO)) }
                            th scope="col" { (visit.say(words::EVENT)) }
                            th scope="col" { (visit.say(words::WAY)) }
                            th scope="col" { (visit.say(words::STATE)) }
                        } }
                        tbody { @for one in &all { (row(visit, one)) } }
                    }
                }
                @if is_more { p.quiet { (visit.say(words::MORE)) } }
            },
        ),
    }
}

fn section(visit: &Visit, body: &Markup) -> Markup {
    html! {
        section aria-labelledby="told-title" {
            h2 #told-title { (visit.say(words::TITLE)) }
            (body)
        }
    }
}

fn row(visit: &Visit, one: &Notification) -> Markup {
    let (word, is_bad) = state(one);
    html! {
        tr data-state=(one.state().as_str_name()) {
            td { (matter::time(visit, one.at_ms)) }
            td { (receiver(visit, &one.receiver)) }
            td { (event(visit, &one.event)) }
            td { (one.way) " " span.quiet { (one.masked_address) } }
            td {
                span.mark.is-bad[is_bad] { (visit.say(word)) } " "
                (matter::time(visit, one.state_at_ms))
                @if one.summary != 0 { " " span.quiet { (visit.say(words::SUMMED)) } }
                @if !one.reason.is_empty() { (reason(visit, &one.reason)) }
            }
        }
    }
}

/// Why, in words where it is one of ours; the gateway's own status and word stand as they came.
fn reason(visit: &Visit, reason: &str) -> Markup {
    let ours = match reason.split(' ').next().unwrap_or_default() {
        notification::NO_ADDRESS => Some(words::NO_ADDRESS),
        notification::BAD_ADDRESS => Some(words::BAD_ADDRESS),
        notification::NO_TRUST => Some(words::NO_TRUST),
        notification::NOT_CONFIGURED => Some(words::NOT_CONFIGURED),
        notification::TOO_LATE => Some(words::TOO_LATE),
        notification::UNDELIVERED => Some(words::UNDELIVERED),
        notification::NO_FILE => Some(words::NO_FILE),
        notification::NO_REPORT => Some(words::NO_REPORT),
        _ => None,
    };
    html! {
        @if let Some(word) = ours { p.quiet { (visit.say(word)) } } @else { " " }
        code { (reason) }
    }
}

fn event(visit: &Visit, kind: &str) -> String {
    // No other notice between units is told.
    match kind.ends_with("NoticeGiven") {
        true => visit.say(words::POLICE).to_owned(),
        false => step::word(visit.lang, kind),
    }
}

fn state(one: &Notification) -> (Word, bool) {
    match one.state() {
        NotificationState::Unspecified | NotificationState::Waiting => (words::WAITING, false),
        NotificationState::Taken => (words::TAKEN, false),
        NotificationState::Delivered => (words::DELIVERED, false),
        NotificationState::Failed => (words::FAILED, true),
    }
}

/// `unit/housing/duty` by its name, and who of it.
fn receiver(visit: &Visit, receiver: &str) -> Markup {
    let name = |party: &str| names::party(visit.console.city(), party, visit.lang);
    let of = |end: &str| receiver.strip_suffix(end).map(name);
    html! {
        @if let Some(unit) = of("/duty") { (unit) " " span.quiet { (visit.say(words::DUTY)) } }
        @else if let Some(unit) = of("/first") { (unit) " " span.quiet { (visit.say(words::FIRST)) } }
        @else if let Some(person) = receiver.strip_prefix("person/") {
            (person) " " span.quiet { (visit.say(words::LIAISON)) }
        }
        @else { (name(receiver)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lang, visit::tested::visit};

    #[tokio::test]
    async fn why_somebody_was_not_told_is_said_in_words() {
        let (zh, en) = (visit("admin/li", Lang::Zh), visit("admin/li", Lang::En));
        let one = |reason: &str| Notification {
            receiver: "unit/housing/duty".into(),
            state: NotificationState::Failed.into(),
            reason: reason.into(),
            ..Notification::default()
        };
        let page = row(&zh, &one("NO_ADDRESS")).into_string();
        assert!(page.contains("没有登记通知地址") && page.contains("NO_ADDRESS"), "{page}");
        assert!(page.contains("市住房城乡建设局") && page.contains("值班"), "{page}");
        let page = row(&zh, &one("UNDELIVERED OFF")).into_string();
        assert!(page.contains("网关回报未送达") && page.contains("OFF"), "{page}");
        let page = row(&en, &one("NO_ADDRESS")).into_string();
        assert!(page.contains("nobody has put down its address"), "{page}");
        // The gateway's own word is nobody's sentence.
        let page = row(&zh, &one("400 NO_SUCH_NUMBER")).into_string();
        assert!(page.contains("<code>400 NO_SUCH_NUMBER</code>"), "{page}");
    }
}
