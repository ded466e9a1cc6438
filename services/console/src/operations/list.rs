//! The list of operations.

use maud::{Markup, html};
use proto::operation::{Operation, OperationStage};

use super::order;
use crate::{
    names,
    visit::Visit,
    when,
    words::{Word, operations as w},
};

/// So many that are over are shown.
const OVER_MAX: usize = 50;

pub(super) fn body(visit: &Visit, mut operations: Vec<Operation>, is_cut: bool) -> Markup {
    let running = order::by_time(&mut operations);
    let over = &operations[running..];
    let hidden = over.len().saturating_sub(OVER_MAX);
    html! {
        @if operations.is_empty() { p { (visit.say(w::NO_OPERATIONS)) } }
        @if running > 0 { (table(visit, w::RUNNING, &operations[..running])) }
        @if !over.is_empty() { (table(visit, w::OVER, &over[..over.len() - hidden])) }
        @if hidden > 0 || is_cut { p.quiet { (visit.lang.fill(w::MORE, &[&hidden.max(1)])) } }
    }
}

fn table(visit: &Visit, title: Word, operations: &[Operation]) -> Markup {
    let heads = [w::GOAL, w::WHEN, w::WHERE, w::STAGE, w::TEAMS, w::LED_BY, w::NUMBER];
    html! {
        section {
        h2 { (visit.say(title)) }
        div.wide tabindex="0" role="region" aria-label=(visit.say(title)) {
            table.rows role="table" {
                thead role="rowgroup" { tr role="row" { @for word in heads { th scope="col" role="columnheader" { (visit.say(word)) } } } }
                tbody role="rowgroup" { @for operation in operations { (row(visit, operation)) } }
            }
        }
        }
    }
}

fn row(visit: &Visit, operation: &Operation) -> Markup {
    let (city, lang) = (visit.console.city(), visit.lang);
    let plan = operation.plan.clone().unwrap_or_default();
    let teams: Vec<String> = operation
        .members
        .iter()
        .filter_map(|member| {
            let need = member.need.as_ref()?;
            Some(names::unit(city, &need.unit, lang))
        })
        .collect();
    html! {
        tr role="row" data-operation=(operation.operation_id) {
            th scope="row" role="rowheader" data-label=(visit.say(w::GOAL)) {
                a data-act="open-operation" href=(format!("/operations/{}", operation.operation_id)) {
                    (plan.goal)
                }
            }
            td role="cell" data-label=(visit.say(w::WHEN)) { (span(visit, plan.from_ms, plan.to_ms)) }
            td role="cell" data-label=(visit.say(w::WHERE)) { (area(visit, operation)) }
            td role="cell" data-label=(visit.say(w::STAGE)) { (visit.say(stage(operation.stage()))) }
            td role="cell" data-label=(visit.say(w::TEAMS)) { (teams.join(lang.pick("、", ", "))) }
            td role="cell" data-label=(visit.say(w::LED_BY)) { (names::party(city, &plan.coordinator, lang)) }
            td role="cell" data-label=(visit.say(w::NUMBER)) { code { (operation.operation_id) } }
        }
    }
}

/// From when to when, in the city's time.
pub(super) fn span(visit: &Visit, from: i64, to: i64) -> String {
    let offset = visit.console.city().utc_offset_minutes;
    format!("{} – {}", when::stamp(from, offset), when::stamp(to, offset))
}

/// Where it is: cells by their ids, subdistricts by their names.
pub(super) fn area(visit: &Visit, operation: &Operation) -> String {
    let plan = operation.plan.clone().unwrap_or_default();
    let name = |unit: &String| names::unit(visit.console.city(), unit, visit.lang);
    let all: Vec<String> =
        plan.grids.iter().cloned().chain(plan.subdistricts.iter().map(name)).collect();
    all.join(visit.lang.pick("、", ", "))
}

/// How far it is.
pub(super) fn stage(stage: OperationStage) -> Word {
    match stage {
        OperationStage::Calling => w::CALLING,
        OperationStage::Started => w::STARTED,
        OperationStage::Ended => w::ENDED,
        OperationStage::Closed => w::CLOSED,
        OperationStage::Unspecified => w::UNKNOWN_STAGE,
    }
}
