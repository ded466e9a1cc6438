//! Reports of other city systems (收件), as an office sees them: what waits for a person, why, and the
//! form by which it gets its case or is turned down.
//!
//! The worker keeps the reports and whistles; here it is a form. Where no worker is known to the console
//! there is no such page.

use axum::{extract::Path, response::Response};
use domain::party::Role;
use maud::{Markup, html};
use proto::{
    intake::{
        ListReportsRequest, ListSourcesRequest, Report, ReportState, ResolveReportRequest, Shown,
        Source, TurnDownReportRequest, intake_service_client::IntakeServiceClient,
    },
    page::Page,
};

use crate::{
    desk,
    form::Posted,
    frame, matter, names,
    trouble::Trouble,
    visit::Visit,
    words::{Lang, Word, intake as words, reasons},
};

/// The part that changes.
pub(crate) const PARTS: &[&str] = &["intake"];

/// How many are shown; the command lists all.
const PAGE: u32 = 50;

const RESOLVE: &str = "muster.intake.v1.IntakeService/ResolveReport";

type Door = IntakeServiceClient<kit::client::Spoken>;

fn door(visit: &Visit) -> Result<Door, Trouble> {
    let worker = visit.asking()?.worker()?.ok_or_else(Trouble::not_found)?;
    Ok(IntakeServiceClient::new(worker))
}

/// Shows those that wait for a person.
pub(crate) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let mut door = door(&visit)?;
    let sources = door.list_sources(ListSourcesRequest {}).await?.into_inner().sources;
    let page = Some(Page { size: PAGE, token: String::new() });
    let state = ReportState::Waiting.into();
    let request = ListReportsRequest { system: String::new(), state, page };
    let found = door.list_reports(request).await?.into_inner();
    let list = html! {
        (systems(&visit, &sources))
        @if found.reports.is_empty() {
            section { p.quiet #no-report { (visit.say(words::NONE)) } }
        }
        @for one in &found.reports { (shown(&visit, one)) }
        @if !found.next_token.is_empty() { p.quiet { (visit.say(words::MORE)) } }
    };
    if visit.is_part("intake") {
        return Ok(visit.part(&list));
    }
    let body = html! {
        h1 { (visit.say(words::TITLE)) }
        p.quiet { (visit.say(words::SAYS)) }
        (frame::live("intake", &list))
    };
    Ok(visit.page(visit.say(words::TITLE), Some("of=intake"), &body))
}

fn systems(visit: &Visit, sources: &[Source]) -> Markup {
    let city = visit.console.city();
    html! {
        @if !sources.is_empty() {
            section aria-labelledby="sources-title" {
                h2 #sources-title { (visit.say(words::SOURCES)) }
                div.wide tabindex="0" { table #sources {
                    thead { tr {
                        @for head in [words::SYSTEM, words::OPEN, words::WAITING, words::UNTOLD, words::TROUBLE] {
                            th scope="col" { (visit.say(head)) }
                        }
                    } }
                    tbody {
                        @for one in sources {
                            tr data-source=(one.system) {
                                th scope="row" { (names::unit(city, &one.system, visit.lang)) }
                                td data-label=(visit.say(words::OPEN)) { (one.open) }
                                td data-label=(visit.say(words::WAITING)) { (one.waiting) }
                                td data-label=(visit.say(words::UNTOLD)) { (one.untold) }
                                td data-label=(visit.say(words::TROUBLE)) { (trouble(visit, &one.trouble)) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// Why the feed was not read: for who mends it, as the worker says it.
fn trouble(visit: &Visit, said: &str) -> Markup {
    html! {
        @if visit.lang == Lang::Zh && !said.is_empty() { (visit.say(words::NOT_READ)) " " span.quiet { (said) } }
        @else { (said) }
    }
}

fn shown(visit: &Visit, one: &Report) -> Markup {
    let id = format!("report-{}-{}", one.system, one.number);
    let said = one.said.clone().unwrap_or_default();
    let (city, lang) = (visit.console.city(), visit.lang);
    let unknown = || visit.say(words::UNKNOWN).to_owned();
    let or_unknown = |known: String| if known.is_empty() { unknown() } else { known };
    let issue = or_unknown(match one.issue_type.as_str() {
        "" => String::new(),
        known => names::issue(city, known, lang),
    });
    html! {
        section aria-labelledby=(id) data-report=(one.number) {
            h2 id=(id) { (names::unit(city, &one.system, lang)) " " code { (one.number) } }
            dl.facts {
                dt { (visit.say(words::WHY_WAITS)) } dd { (why(visit, one)) }
                dt { (visit.say(words::CAME)) } dd { (matter::time(visit, one.came_at_ms)) }
                dt { (visit.say(words::THEIR_CODE)) } dd { code { (said.code) } " → " (issue) }
                dt { (visit.say(words::THEIR_PLACE)) }
                dd { code { (said.place) } " → " (or_unknown(one.grid.clone())) }
                dt { (visit.say(words::SEEN)) } dd { (said.description) }
                @if !said.address.is_empty() { dt { (visit.say(words::ADDRESS)) } dd { (said.address) } }
                dt { (visit.say(words::PIECES)) } dd { (one.pieces) }
                @if one.changes > 0 { dt { (visit.say(words::CHANGES)) } dd { (one.changes) } }
            }
            (acts(visit, one))
        }
    }
}

/// Why it waits, in the language of the page: what the gateway refuses by the sentence of its reason.
fn why(visit: &Visit, one: &Report) -> Markup {
    let zh = said(one);
    html! {
        @if visit.lang == Lang::Zh { (zh) " " code { (one.reason_code) } }
        @else { (one.reason) }
    }
}

/// The sentence in Chinese.
fn said(one: &Report) -> &str {
    let own = if one.reason_zh.is_empty() { &one.reason } else { &one.reason_zh };
    reasons::sentence(&one.reason_code).unwrap_or(own)
}

fn acts(visit: &Visit, one: &Report) -> Markup {
    let may = visit.console.access().may_call(visit.party(), RESOLVE, Role::Worker).is_ok();
    let named = |what: &str| format!("{what}-{}-{}", one.system, one.number);
    let to = |act: &str| format!("/intake/{}/{act}", one.system);
    html! {
        @if may {
            form id=(named("resolve")) method="post" action=(to("resolve")) enctype="multipart/form-data" {
                (visit.fields())
                input type="hidden" name="number" value=(one.number);
                p.hint { (visit.say(words::SETTLE_SAYS)) }
                (choice(visit, &named("issue"), "issue", words::ISSUE, issues(visit)))
                (choice(visit, &named("grid"), "grid", words::CELL, cells(visit)))
                label for=(named("description")) { (visit.say(words::DESCRIPTION)) }
                textarea id=(named("description")) name="description" maxlength="2000" {}
                label for=(named("photo")) { (visit.say(words::PHOTOS)) }
                input id=(named("photo")) type="file" name="photo" accept="image/*" multiple;
                label for=(named("same")) { (visit.say(words::SAME_AS)) }
                input id=(named("same")) name="same" maxlength="128";
                p { button type="submit" data-act="resolve-report" { (visit.say(words::SETTLE)) } }
            }
            form id=(named("turn-down")) method="post" action=(to("turn-down")) {
                (visit.fields())
                input type="hidden" name="number" value=(one.number);
                label for=(named("reason")) { (visit.say(words::REASON)) }
                textarea id=(named("reason")) name="reason" maxlength="500" required {}
                button type="submit" data-act="turn-down-report" { (visit.say(words::TURN_DOWN)) }
            }
        }
    }
}

fn choice(visit: &Visit, id: &str, name: &str, word: Word, of: Vec<(String, String)>) -> Markup {
    html! {
        label for=(id) { (visit.say(word)) }
        select id=(id) name=(name) {
            option value="" { (visit.say(words::AS_REPORTED)) }
            @for (value, shown) in of { option value=(value) { (shown) } }
        }
    }
}

fn issues(visit: &Visit) -> Vec<(String, String)> {
    let city = visit.console.city();
    let name = |id: &str| names::issue(city, id, visit.lang);
    city.issues.keys().map(|id| (id.to_string(), name(id.as_str()))).collect()
}

fn cells(visit: &Visit) -> Vec<(String, String)> {
    let city = visit.console.city();
    let shown = |cell: &domain::pack::Cell| {
        format!("{} {}", cell.id, names::community(city, cell.community.as_str(), visit.lang))
    };
    city.grid.values().map(|cell| (cell.id.to_string(), shown(cell))).collect()
}

/// Says what a report is.
pub(crate) async fn resolve(
    Path(system): Path<String>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let piece = |file: &crate::form::Field| {
        let (kind, media_type) = desk::photo::sort(&file.bytes)?;
        let content = file.bytes.to_vec();
        Some(Shown { kind: kind.to_owned(), media_type: media_type.to_owned(), content })
    };
    let pieces: Option<Vec<Shown>> = form.files("photo").map(piece).collect();
    let Some(evidence) = pieces else {
        let no = Trouble::invalid("NO_EVIDENCE", visit.say(crate::words::desk::PHOTO_KIND));
        return visit.answer("/intake", Err(no));
    };
    let request = ResolveReportRequest {
        command: Some(posted.command()),
        system,
        number: form.text("number"),
        issue_type: form.text("issue"),
        grid: form.text("grid"),
        description: form.text("description"),
        evidence,
        same_as: form.text("same"),
    };
    let done = door(visit)?.resolve_report(request).await.map_err(Trouble::from);
    visit.answer("/intake", done.map(|done| became(visit, done.into_inner().report)))
}

fn became(visit: &Visit, report: Option<Report>) -> String {
    let report = report.unwrap_or_default();
    match report.state() {
        ReportState::Raised => visit.lang.fill(words::RAISED, &[&report.case_id]),
        ReportState::Waiting => {
            let why = visit.lang.pick(said(&report), &report.reason);
            visit.lang.fill(words::WAITS_ON, &[&why])
        }
        _ => visit.say(words::KEPT).to_owned(),
    }
}

/// Turns a report down.
pub(crate) async fn turn_down(
    Path(system): Path<String>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let (visit, form) = (&posted.visit, &posted.form);
    let request = TurnDownReportRequest {
        command: Some(posted.command()),
        system,
        number: form.text("number"),
        reason: form.text("reason"),
    };
    let done = door(visit)?.turn_down_report(request).await.map_err(Trouble::from);
    visit.answer("/intake", done.map(|_| visit.say(words::TURNED_DOWN).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_report_waits_is_said_in_chinese() {
        let report = |reason_code: &str, reason_zh: &str| Report {
            reason: "in English".into(),
            reason_code: reason_code.into(),
            reason_zh: reason_zh.into(),
            ..Report::default()
        };
        for (code, zh, wanted) in [
            ("EVIDENCE_MISSING", "系统没有受理。", "缺少证据：请按要求上传照片或文件后再提交。"),
            ("UNKNOWN_CODE", "没有这个类别代码。", "没有这个类别代码。"),
            ("SOMETHING_NEW", "系统没有受理。", "系统没有受理。"),
            ("SOMETHING_OLD", "", "in English"),
        ] {
            assert_eq!(said(&report(code, zh)), wanted);
        }
    }
}
