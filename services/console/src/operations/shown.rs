//! How an operation stands: its teams, orders, findings, and what was said.

use maud::{Markup, html};
use proto::operation::{
    EndKind, GivenOrder, LogEntry, Member, MemberState, MissedKind, Operation, OperationStage,
    OrderSort, OrderState, ReleaseState,
};

use super::{
    Known,
    list::{area, span, stage},
    order::{Presence, presence},
};
use crate::{
    names,
    visit::Visit,
    when,
    words::{Word, operations as w},
};

/// So many lines of the log are shown.
const LOG_MAX: usize = 100;

pub(super) fn body(visit: &Visit, known: &Known) -> Markup {
    let operation = &known.operation;
    html! {
        section { (head(visit, operation)) }
        section { (teams(visit, operation)) }
        section { (orders(visit, operation)) }
        section { (findings(visit, operation)) }
        @if let Some(summary) = &operation.summary { section { (self::summary(visit, summary)) } }
    }
}

fn fact(name: Word, visit: &Visit, said: &Markup) -> Markup {
    html! { dt { (visit.say(name)) } dd { (said) } }
}

fn head(visit: &Visit, operation: &Operation) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let plan = operation.plan.clone().unwrap_or_default();
    let stamp = |ms: i64| when::stamp(ms, city.utc_offset_minutes);
    let is_calling = operation.stage() == OperationStage::Calling;
    html! {
        dl.facts {
            (fact(w::STAGE, visit, &html! {
                strong #operation-stage { (visit.say(stage(operation.stage()))) }
                @if is_calling {
                    " · "
                    @if operation.has_quorum { (visit.say(w::QUORUM)) }
                    @else { (lang.fill(w::NO_QUORUM, &[&plan.quorum])) }
                }
            }))
            (fact(w::WHEN, visit, &html! { (span(visit, plan.from_ms, plan.to_ms)) }))
            (fact(w::WHERE, visit, &html! { (area(visit, operation)) }))
            (fact(w::LED_BY, visit, &html! { (names::party(city, &plan.coordinator, lang)) }))
            (fact(w::NUMBER, visit, &html! { code { (operation.operation_id) } }))
            @if is_calling { (fact(w::ANSWER_BY, visit, &html! { (stamp(operation.due_at_ms)) })) }
            @if operation.started_at_ms > 0 {
                (fact(w::BEGUN_AT, visit, &html! { (stamp(operation.started_at_ms)) }))
            }
            @if operation.ended_at_ms > 0 {
                (fact(w::ENDED_AT, visit, &html! { (stamp(operation.ended_at_ms)) }))
                (fact(w::HOW, visit, &html! {
                    (visit.say(ending(operation.how())))
                    // Where nobody has ended it, how it ended is all the reason that there is.
                    @if matches!(operation.how(), EndKind::Stopped | EndKind::Aborted) {
                        ", " (names::party(city, &operation.ended_by, lang)) ": " (operation.reason)
                    }
                }))
            }
        }
    }
}

fn ending(how: EndKind) -> Word {
    match how {
        EndKind::Over => w::BY_TIME,
        EndKind::Stopped => w::STOPPED,
        EndKind::Aborted => w::ABORTED,
        EndKind::NoQuorum => w::SHORT_OF_UNITS,
        EndKind::Unspecified => w::UNKNOWN_STAGE,
    }
}

fn teams(visit: &Visit, operation: &Operation) -> Markup {
    let heads = [w::UNIT, w::ASKED, w::STATE, w::BROUGHT, w::THERE];
    html! {
        h2 { (visit.say(w::TEAMS)) }
        div.wide tabindex="0" role="region" aria-label=(visit.say(w::TEAMS)) {
            table.rows #teams role="table" {
                thead role="rowgroup" { tr role="row" { @for word in heads { th scope="col" role="columnheader" { (visit.say(word)) } } } }
                tbody role="rowgroup" { @for member in &operation.members { (team(visit, operation, member)) } }
            }
        }
    }
}

fn team(visit: &Visit, operation: &Operation, member: &Member) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let need = member.need.clone().unwrap_or_default();
    let crew = member.crew.clone().unwrap_or_default();
    html! {
        tr role="row" data-unit=(need.unit) {
            th scope="row" role="rowheader" data-label=(visit.say(w::UNIT)) {
                (names::unit(city, &need.unit, lang))
                @if !member.in_place_of.is_empty() {
                    " " span.quiet {
                        (lang.fill(w::STANDS_IN, &[&names::unit(city, &member.in_place_of, lang)]))
                    }
                }
            }
            td role="cell" data-label=(visit.say(w::ASKED)) {
                (lang.fill(w::PEOPLE_VEHICLES, &[&need.people, &need.vehicles]))
                @if need.is_must { " · " (visit.say(w::MUST)) }
            }
            td role="cell" data-label=(visit.say(w::STATE)) { (answer(visit, member)) (release(visit, operation, member)) }
            td role="cell" data-label=(visit.say(w::BROUGHT)) {
                @if member.state() == MemberState::Confirmed {
                    (lang.fill(w::PEOPLE_VEHICLES, &[&crew.people.len(), &crew.vehicles.len()]))
                    @if member.is_briefed {
                        " · " (visit.say(if member.has_read { w::READ } else { w::UNREAD }))
                    }
                }
            }
            td role="cell" data-label=(visit.say(w::THERE)) { (there(visit, operation, member)) }
        }
    }
}

fn answer(visit: &Visit, member: &Member) -> Markup {
    let missed = match member.missed() {
        MissedKind::NotReached => Some(w::NOT_REACHED),
        MissedKind::Late => Some(w::ANSWER_LATE),
        MissedKind::Unspecified => None,
    };
    html! {
        @match member.state() {
            MemberState::Confirmed => (visit.say(w::CONFIRMED)),
            MemberState::Declined => (visit.lang.fill(w::DECLINED, &[&member.reason])),
            _ => (visit.say(w::INVITED)),
        }
        @if let Some(missed) = missed { " · " strong.late { (visit.say(missed)) } }
    }
}

fn release(visit: &Visit, operation: &Operation, member: &Member) -> Markup {
    let unit = member.need.as_ref().map_or("", |need| need.unit.as_str());
    let waits = operation.unreleased.iter().any(|one| one == unit);
    html! {
        @match member.release() {
            ReleaseState::Done => { " · " (visit.say(w::LET_GO)) }
            ReleaseState::Settled => { " · " (visit.lang.fill(w::SETTLED, &[&member.settled_reason])) }
            _ if waits => { " · " strong.late { (visit.say(w::NOT_LET_GO)) } }
            _ => {}
        }
    }
}

fn there(visit: &Visit, operation: &Operation, member: &Member) -> Markup {
    let (lang, offset) = (visit.lang, visit.console.city().utc_offset_minutes);
    let stamp = |at: i64| when::stamp(at, offset);
    html! {
        @match presence(operation, member, visit.console.now().0) {
            Presence::There(at, late) if late < 60_000 => (lang.fill(w::CHECKED_IN, &[&stamp(at)])),
            Presence::There(at, late) => strong.late {
                (lang.fill(w::CAME_LATE, &[&stamp(at), &when::span(late, lang)]))
            },
            Presence::Late(late) => strong.late {
                (lang.fill(w::IS_LATE, &[&when::span(late, lang)]))
            },
            Presence::Away => span.quiet { (visit.say(w::NOT_THERE)) },
        }
    }
}

fn orders(visit: &Visit, operation: &Operation) -> Markup {
    let heads = [w::AT, w::SORT, w::FROM, w::TO, w::WHAT, w::STATE];
    html! {
        h2 { (visit.say(w::ORDERS)) }
        @if operation.orders.is_empty() {
            p #orders-none { (visit.say(w::NO_ORDERS)) }
        } @else {
            div.wide tabindex="0" role="region" aria-label=(visit.say(w::ORDERS)) {
                table.rows #orders role="table" {
                    thead role="rowgroup" { tr role="row" { @for word in heads { th scope="col" role="columnheader" { (visit.say(word)) } } } }
                    tbody role="rowgroup" { @for given in operation.orders.iter().rev() { (self::given(visit, given)) } }
                }
            }
        }
    }
}

fn given(visit: &Visit, given: &GivenOrder) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let order = given.order.clone().unwrap_or_default();
    let sort = match order.sort() {
        OrderSort::Order => w::ORDER,
        OrderSort::Reassign => w::REASSIGN,
        OrderSort::Assist => w::ASSIST,
        OrderSort::HandOver => w::HAND_OVER,
        OrderSort::Unspecified => w::OTHER,
    };
    html! {
        tr role="row" data-order=(order.id) {
            td role="cell" data-label=(visit.say(w::AT)) { (when::stamp(given.at_ms, city.utc_offset_minutes)) }
            td role="cell" data-label=(visit.say(w::SORT)) { (visit.say(sort)) " " code { (order.id) } }
            td role="cell" data-label=(visit.say(w::FROM)) { (names::party(city, &order.from, lang)) }
            td role="cell" data-label=(visit.say(w::TO)) { (names::unit(city, &order.to, lang)) }
            td role="cell" data-label=(visit.say(w::WHAT)) {
                (order.text) @if !order.grid.is_empty() { " · " (order.grid) }
            }
            td role="cell" data-label=(visit.say(w::STATE)) {
                @match given.state() {
                    OrderState::Taken => {
                        (visit.say(w::TAKEN)) @if !given.text.is_empty() { ": " (given.text) }
                    }
                    OrderState::Refused => strong.late { (lang.fill(w::REFUSED, &[&given.text])) },
                    _ => (visit.say(w::OPEN)),
                }
            }
        }
    }
}

fn findings(visit: &Visit, operation: &Operation) -> Markup {
    let is_open = |id: &String| operation.open_findings.contains(id);
    html! {
        h2 { (visit.say(w::FINDINGS)) }
        @if operation.findings.is_empty() {
            p #findings-none { (visit.say(w::NO_FINDINGS)) }
        } @else {
            ul #findings {
                @for id in &operation.findings {
                    li data-finding=(id) {
                        code { (id) } " · "
                        (visit.say(if is_open(id) { w::FINDING_OPEN } else { w::FINDING_DONE }))
                    }
                }
            }
        }
        @if !operation.cases.is_empty() {
            h2 { (visit.say(w::LEFT)) }
            ul { @for case in &operation.cases {
                li { a data-act="open-case" href=(format!("/cases/{case}")) { (case) } }
            } }
        }
    }
}

fn summary(visit: &Visit, summary: &proto::operation::OperationSummarised) -> Markup {
    let names = |units: &[String]| {
        let name = |unit: &String| names::unit(visit.console.city(), unit, visit.lang);
        let all: Vec<String> = units.iter().map(name).collect();
        if all.is_empty() {
            visit.say(w::NOBODY).to_owned()
        } else {
            all.join(visit.lang.pick("、", ", "))
        }
    };
    let rows = [
        (w::CAME, &summary.came),
        (w::LATE, &summary.late),
        (w::ABSENT, &summary.absent),
        (w::NOT_REACHED, &summary.not_reached),
        (w::SILENT, &summary.silent),
        (w::PENDING, &summary.pending),
    ];
    html! {
        h2 { (visit.say(w::SUMMARY)) }
        dl.facts #summary {
            @for (word, units) in rows { (fact(word, visit, &html! { (names(units)) })) }
        }
    }
}

/// What was said, in the language of the visit.
pub(super) fn sentence<'a>(visit: &Visit, entry: &'a LogEntry) -> &'a str {
    visit.lang.pick(&entry.sentence_zh, &entry.sentence)
}

pub(super) fn log(visit: &Visit, log: &[LogEntry]) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let hidden = log.len().saturating_sub(LOG_MAX);
    html! {
        h2 { (visit.say(w::LOG)) }
        @if log.is_empty() { p { (visit.say(w::NO_LOG)) } }
        ol.log #log tabindex="0" aria-label=(visit.say(w::LOG)) {
            @for entry in log.iter().take(LOG_MAX) {
                li {
                    time { (when::stamp(entry.at_ms, city.utc_offset_minutes)) } " "
                    b { (names::party(city, &entry.source, lang)) } " " (sentence(visit, entry))
                }
            }
        }
        @if hidden > 0 { p.quiet { (lang.fill(w::MORE, &[&hidden])) } }
    }
}
