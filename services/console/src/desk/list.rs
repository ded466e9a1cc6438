//! The list of tasks.

use maud::{Markup, html};
use proto::unit::{Task, TaskState};

use super::{Asked, OF_STATE, order, task::claimant};
use crate::{
    names,
    visit::Visit,
    when,
    words::{Word, desk as w},
};

/// What is open, or what is done.
pub(super) fn which(visit: &Visit, asked: &Asked) -> Markup {
    let mark = |is_here: bool| is_here.then_some("page");
    html! {
        nav.tabs aria-label=(visit.say(w::WHICH)) {
            a #desk-open data-act="desk-open" href="/desk" aria-current=[mark(!asked.is_done())] {
                (visit.say(w::OPEN_TASKS))
            }
            " "
            a #desk-done data-act="desk-done" href="/desk?which=done"
                aria-current=[mark(asked.is_done())] { (visit.say(w::DONE_TASKS)) }
        }
    }
}

/// The tasks of a page, with how many there are.
pub(super) fn body(visit: &Visit, tasks: &[Task], is_cut: bool, asked: &Asked) -> Markup {
    let (now, lang) = (visit.console.now().0, visit.lang);
    let (shown, number, count) = order::page(tasks, asked.page.unwrap_or_default());
    let first = if asked.is_done() { w::CHANGED } else { w::DUE };
    let late = tasks.iter().filter(|task| order::is_late(task, now)).count();
    html! {
        @if tasks.is_empty() {
            p { (visit.say(w::NO_TASKS)) }
        } @else {
            p #desk-count { (lang.fill(w::COUNT, &[&tasks.len(), &late])) }
            @if is_cut { p.quiet { (lang.fill(w::TOO_MANY, &[&OF_STATE])) } }
            div.wide tabindex="0" role="region" aria-label=(visit.say(w::DESK)) {
                table.rows role="table" {
                    thead role="rowgroup" { tr role="row" {
                        @for word in [first, w::CASE, w::MATTER, w::WHERE, w::PART, w::STATE, w::CLAIMED_BY] {
                            th scope="col" role="columnheader" { (visit.say(word)) }
                        }
                    } }
                    tbody role="rowgroup" { @for task in shown { (row(visit, asked, task, now)) } }
                }
            }
            @if count > 1 { (pages(visit, asked, number, count)) }
        }
    }
}

fn row(visit: &Visit, asked: &Asked, task: &Task, now: i64) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let call = task.call.clone().unwrap_or_default();
    let in_place_of = place_of(task);
    let to = address(&task.case_id, in_place_of.as_deref().unwrap_or_default());
    html! {
        tr role="row" data-case=(task.case_id) data-late[order::is_late(task, now)] {
            @if asked.is_done() {
                td role="cell" data-label=(visit.say(w::CHANGED)) {
                    (when::stamp(task.changed_at_ms, city.utc_offset_minutes))
                }
            } @else {
                td role="cell" data-label=(visit.say(w::DUE)) { (due(visit, task.due_at_ms, now)) }
            }
            th scope="row" role="rowheader" data-label=(visit.say(w::CASE)) {
                a data-act="open-task" href=(to) { (task.case_id) }
                @if let Some(unit) = &in_place_of {
                    " " span.quiet { (lang.fill(w::IN_PLACE_OF, &[&names::unit(city, unit, lang)])) }
                }
            }
            td role="cell" data-label=(visit.say(w::MATTER)) {
                (names::issue(city, &call.issue_type, lang))
                @if call.is_emergency { " " strong { (visit.say(w::EMERGENCY)) } }
            }
            td role="cell" data-label=(visit.say(w::WHERE)) { (call.grid) }
            td role="cell" data-label=(visit.say(w::PART)) {
                (visit.say(if call.is_lead { w::LEAD } else { w::COOPERATING }))
            }
            td role="cell" data-label=(visit.say(w::STATE)) { (visit.say(state(task.state()))) }
            td role="cell" data-label=(visit.say(w::CLAIMED_BY)) { (claimant(visit, task)) }
        }
    }
}

/// The unit in whose place a task is done; none where it is the unit's own.
pub(super) fn place_of(task: &Task) -> Option<String> {
    let call = task.call.as_ref().filter(|call| call.by_proxy)?;
    Some(call.unit.clone())
}

/// The address of a task.
pub(super) fn address(case_id: &str, in_place_of: &str) -> String {
    match in_place_of {
        "" => format!("/desk/{case_id}"),
        unit => format!("/desk/{case_id}?for={unit}"),
    }
}

/// When something is due, and how late or how near that is, in words.
pub(super) fn due(visit: &Visit, due_at_ms: i64, now: i64) -> Markup {
    let (lang, offset) = (visit.lang, visit.console.city().utc_offset_minutes);
    html! {
        @match due_at_ms {
            0 => span.quiet { (visit.say(w::NOTHING_DUE)) },
            due if due < now => {
                (when::stamp(due, offset)) " "
                strong.late { (lang.fill(w::LATE_BY, &[&when::span(now - due, lang)])) }
            }
            due => {
                (when::stamp(due, offset)) " "
                span.quiet { (lang.fill(w::LEFT, &[&when::span(due - now, lang)])) }
            }
        }
    }
}

/// Where a task stands.
pub(super) fn state(state: TaskState) -> Word {
    match state {
        TaskState::Called => w::CALLED,
        TaskState::Accepted => w::ACCEPTED,
        TaskState::Refused => w::REFUSED,
        TaskState::Arrived => w::ARRIVED,
        TaskState::Disposed => w::DISPOSED,
        TaskState::Declared => w::DECLARED,
        TaskState::Closed => w::CLOSED,
        TaskState::Superseded => w::SUPERSEDED,
        TaskState::Contested => w::CONTESTED,
        TaskState::Retyped => w::RETYPED,
        TaskState::Unspecified => w::UNKNOWN_STATE,
    }
}

fn pages(visit: &Visit, asked: &Asked, number: usize, count: usize) -> Markup {
    let which = if asked.is_done() { "which=done&" } else { "" };
    html! {
        nav.pages aria-label=(visit.say(w::PAGES)) {
            @for page in 0..count {
                a data-act="page" href=(format!("/desk?{which}page={page}"))
                    aria-current=[(page == number).then_some("page")] { (page + 1) }
                " "
            }
        }
    }
}
