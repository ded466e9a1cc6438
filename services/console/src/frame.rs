//! The frame of every page: head, skip link, navigation, language, who is signed in, what was done.

use axum::response::{Html, IntoResponse, Response};
use domain::party::Role;
use maud::{DOCTYPE, Markup, html};

use crate::{
    asset,
    session::Notice,
    visit::Visit,
    words::{Lang, Word, frame as words},
};

/// A way in the navigation: where it goes, how it is called, and the method that its page needs;
/// who may not call that is not shown the way.
pub(crate) struct Way {
    pub(crate) to: &'static str,
    pub(crate) word: Word,
    pub(crate) needs: (&'static str, Role),
}

/// All ways, in order.
const WAYS: &[Way] = &[
    Way { to: "/", word: words::CITY, needs: (COUNT, Role::Gateway) },
    Way { to: "/cases", word: words::CASES, needs: (COUNT, Role::Gateway) },
    Way { to: "/desk", word: crate::words::desk::DESK, needs: (TASKS, Role::Units) },
    Way {
        to: "/operations",
        word: crate::words::operations::OPERATIONS,
        needs: (OPERATIONS, Role::Gateway),
    },
    Way { to: "/field", word: crate::words::field::FIELD, needs: (TASKS, Role::Units) },
    Way { to: "/units", word: words::UNITS, needs: (RATES, Role::Gateway) },
    Way { to: "/bus", word: words::BUS, needs: (MAILBOXES, Role::Bus) },
    Way { to: INTAKE, word: crate::words::intake::TITLE, needs: (REPORTS, Role::Worker) },
    Way { to: INCIDENTS, word: words::INCIDENTS, needs: (STUCK, Role::Worker) },
];

const COUNT: &str = "muster.ledger.v1.LedgerService/CountCases";
const TASKS: &str = "muster.unit.v1.UnitService/ListTasks";
const OPERATIONS: &str = "muster.operation.v1.OperationService/ListOperations";
const RATES: &str = "muster.ledger.v1.LedgerService/GetRates";
const STUCK: &str = "muster.incident.v1.IncidentService/ListIncidents";
const INCIDENTS: &str = "/incidents";
const REPORTS: &str = "muster.intake.v1.IntakeService/ListReports";
const INTAKE: &str = "/intake";
const MAILBOXES: &str = "muster.bus.v1.BusService/ListMailboxes";

/// A page. `live` is the query of the stream that says which parts have changed.
pub(crate) fn page(
    lang: Lang,
    title: &str,
    visit: Option<&Visit>,
    live: Option<&str>,
    notice: Option<&Notice>,
    body: &Markup,
) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (lang.say(words::MUSTER)) }
                link rel="stylesheet" href=(asset::link("console.css"));
                link rel="icon" href=(asset::link("icon.svg")) type="image/svg+xml";
                script type="module" src=(asset::link("live.js")) {}
                script type="module" src=(asset::link("keep.js")) {}
            }
            body data-live-url=[live.map(|live| format!("{}?{live}", crate::live::PATH))]
                data-lost=(lang.say(words::LIVE_LOST)) data-changed=(lang.say(words::LIVE_CHANGED)) {
                a.skip href="#main" { (lang.say(words::SKIP)) }
                (head(lang, visit))
                main #main tabindex="-1" {
                    @if let Some(notice) = notice { (told(lang, notice)) }
                    (body)
                }
                footer {
                    p #live-state role="status" hidden {}
                    @if visit.is_some() { (crate::field::leave(lang)) }
                }
            }
        }
    };
    Html(markup.into_string()).into_response()
}

fn head(lang: Lang, visit: Option<&Visit>) -> Markup {
    html! {
        header.top {
            a.brand href="/" {
                (lang.say(words::MUSTER))
                @if let Some(visit) = visit {
                    span.city { (lang.pick(&visit.console.city().zh, &visit.console.city().en)) }
                }
            }
            @if let Some(visit) = visit { (navigation(lang, visit)) }
            div.me {
                (switch(lang, visit))
                @if let Some(visit) = visit { (person(lang, visit)) }
            }
        }
    }
}

fn navigation(lang: Lang, visit: &Visit) -> Markup {
    let is_open = |way: &&Way| {
        let (method, door) = way.needs;
        let is_there = ![INCIDENTS, INTAKE].contains(&way.to) || visit.console.knows_worker();
        is_there && visit.console.access().may_call(visit.party(), method, door).is_ok()
    };
    let is_here = |way: &Way| match way.to {
        "/" => visit.path == "/",
        to => visit.path == to || visit.path.starts_with(&format!("{to}/")),
    };
    html! {
        nav.ways aria-label=(lang.say(words::MAIN_NAV)) {
            ul {
                @for way in WAYS.iter().filter(is_open) {
                    li {
                        a href=(way.to) data-act=(format!("go{}", way.to.replace('/', "-")))
                            aria-current=[is_here(way).then_some("page")] { (lang.say(way.word)) }
                    }
                }
            }
        }
    }
}

/// The same page in the other language.
fn switch(lang: Lang, visit: Option<&Visit>) -> Markup {
    let other = lang.other();
    let query = visit.map(|visit| visit.query.as_str()).filter(|query| !query.is_empty());
    let to = match query {
        Some(query) => format!("?{query}&lang={}", other.code()),
        None => format!("?lang={}", other.code()),
    };
    html! {
        a.lang href=(to) lang=(other.tag()) hreflang=(other.tag()) data-act="language" {
            (other.pick("中文", "English"))
        }
    }
}

fn person(lang: Lang, visit: &Visit) -> Markup {
    let party = crate::names::party(visit.console.city(), &visit.party().to_string(), lang);
    html! {
        span.who {
            span.hidden { (lang.say(words::SIGNED_IN_AS)) " " }
            b { (visit.account.shown) } " "
            span.quiet { (party) }
        }
        form method="post" action="/sign-out" {
            (visit.fields())
            button.plain type="submit" data-act="sign-out" { (lang.say(words::SIGN_OUT)) }
        }
    }
}

/// What came of the last act.
fn told(lang: Lang, notice: &Notice) -> Markup {
    let (class, role) = if notice.is_good { ("good", "status") } else { ("bad", "alert") };
    html! {
        div #notice class=(format!("notice {class}")) role=(role) {
            p { (notice.text) }
            @if !notice.original.is_empty() { p.quiet.original { (notice.original) } }
            @if !notice.code.is_empty() {
                p.quiet { (lang.say(words::REASON_CODE)) " " code { (notice.code) } }
            }
        }
    }
}

/// A part of a page that is shown anew by itself when it changes.
pub(crate) fn live(name: &str, body: &Markup) -> Markup {
    html! { div data-live=(name) { (body) } }
}
