//! Operations as a person reads them, and as a program does.

use proto::operation::{GivenOrder, Member, Operation, OperationSummarised};
use serde_json::{Value, json};

use super::super::moment::shown;

/// The columns of a list.
pub(super) const HEADS: [&str; 8] =
    ["OPERATION", "KIND", "STAGE", "FROM", "TO", "COMES", "CALLED", "NOT LET GO"];
/// The columns of units.
pub(super) const MEMBER_HEADS: [&str; 8] =
    ["UNIT", "SAYS", ">PEOPLE", ">VEHICLES", "AT THE LIMIT", "READ", "THERE", "LET GO"];
/// The columns of orders.
pub(super) const ORDER_HEADS: [&str; 6] = ["ORDER", "SORT", "FROM", "TO", "STATE", "WHAT"];

/// The word of a value of an enumeration, without what all of them begin with.
fn word(name: &str, prefix: &str) -> String {
    let rest = name.strip_prefix(prefix).unwrap_or(name);
    let word = rest.replace('_', " ").to_lowercase();
    if word == "unspecified" { String::new() } else { word }
}

fn stage(one: &Operation) -> String {
    word(one.stage().as_str_name(), "OPERATION_STAGE_")
}

fn how(one: &Operation) -> String {
    word(one.how().as_str_name(), "END_KIND_")
}

fn says(member: &Member) -> String {
    word(member.state().as_str_name(), "MEMBER_STATE_")
}

fn comes(one: &Operation) -> Vec<&str> {
    let of = one.members.iter().filter(|member| says(member) == "confirmed");
    of.filter_map(|member| Some(member.need.as_ref()?.unit.as_str())).collect()
}

/// One row of a list.
pub(super) fn head(one: &Operation) -> Vec<String> {
    let plan = one.plan.clone().unwrap_or_default();
    vec![
        one.operation_id.clone(),
        if plan.kind.is_empty() { "-".to_owned() } else { plan.kind },
        format!("{} {}", stage(one), how(one)).trim_end().to_owned(),
        shown(plan.from_ms),
        shown(plan.to_ms),
        comes(one).join(", "),
        one.members.len().to_string(),
        one.unreleased.join(", "),
    ]
}

/// One operation in a sentence.
pub(super) fn headline(one: &Operation) -> String {
    let plan = one.plan.clone().unwrap_or_default();
    let mut text = format!("{} {}: {}", one.operation_id, stage(one), plan.goal);
    if one.ended_at_ms != 0 {
        text += &format!("; {}: {} ({})", how(one), one.reason, one.ended_by);
    }
    if let Some(summary) = &one.summary {
        text += &format!(
            "; came: {}; late: {}; not reached: {}; {} findings, {} orders open",
            summary.came.join(", "),
            summary.late.join(", "),
            summary.not_reached.join(", "),
            summary.findings.len(),
            summary.orders_open.len()
        );
    }
    text
}

/// One operation for a program.
pub(super) fn object(one: &Operation) -> Value {
    let plan = one.plan.clone().unwrap_or_default();
    json!({
        "operation_id": one.operation_id, "kind": plan.kind, "goal": plan.goal,
        "coordinator": plan.coordinator, "grids": plan.grids, "subdistricts": plan.subdistricts,
        "from_ms": plan.from_ms, "to_ms": plan.to_ms, "quorum": plan.quorum,
        "has_quorum": one.has_quorum, "due_at_ms": one.due_at_ms, "stage": stage(one),
        "started_at_ms": one.started_at_ms, "ended_at_ms": one.ended_at_ms, "how": how(one),
        "reason": one.reason, "comes": comes(one), "unreleased": one.unreleased,
        "cases": one.cases, "findings": one.findings, "open_findings": one.open_findings,
        "summary": one.summary.as_ref().map(summary),
    })
}

fn summary(one: &OperationSummarised) -> Value {
    json!({
        "came": one.came, "late": one.late, "absent": one.absent,
        "not_reached": one.not_reached, "silent": one.silent, "declined": one.declined,
        "pending": one.pending, "orders_open": one.orders_open, "findings": one.findings,
    })
}

fn let_go(member: &Member) -> String {
    let state = word(member.release().as_str_name(), "RELEASE_STATE_");
    if member.settled_reason.is_empty() {
        state
    } else {
        format!("{state}: {}", member.settled_reason)
    }
}

/// One unit of an operation.
pub(super) fn member(member: &Member) -> Vec<String> {
    let need = member.need.clone().unwrap_or_default();
    let crew = member.crew.clone().unwrap_or_default();
    let says = match member.reason.is_empty() {
        true => says(member),
        false => format!("{}: {}", says(member), member.reason),
    };
    vec![
        need.unit,
        says,
        format!("{}/{}", crew.people.len(), need.people),
        format!("{}/{}", crew.vehicles.len(), need.vehicles),
        word(member.missed().as_str_name(), "MISSED_KIND_"),
        if member.has_read { "yes" } else { "-" }.to_owned(),
        if member.checked_in_at_ms == 0 { "-".into() } else { shown(member.checked_in_at_ms) },
        let_go(member),
    ]
}

/// One unit for a program.
pub(super) fn member_object(member: &Member) -> Value {
    let need = member.need.clone().unwrap_or_default();
    let crew = member.crew.clone().unwrap_or_default();
    json!({
        "unit": need.unit, "is_must": need.is_must, "in_place_of": member.in_place_of,
        "says": says(member), "reason": member.reason, "people": crew.people,
        "vehicles": crew.vehicles, "powers": crew.powers, "has_read": member.has_read,
        "missed": word(member.missed().as_str_name(), "MISSED_KIND_"),
        "checked_in_at_ms": member.checked_in_at_ms, "let_go": let_go(member),
    })
}

fn state(given: &GivenOrder) -> String {
    word(given.state().as_str_name(), "ORDER_STATE_")
}

/// One order.
pub(super) fn order(given: &GivenOrder) -> Vec<String> {
    let order = given.order.clone().unwrap_or_default();
    let sort = word(order.sort().as_str_name(), "ORDER_SORT_");
    let state = format!("{} {}", state(given), given.text).trim_end().to_owned();
    vec![order.id, sort, order.from, order.to, state, order.text]
}

/// One order for a program.
pub(super) fn order_object(given: &GivenOrder) -> Value {
    let order = given.order.clone().unwrap_or_default();
    json!({
        "order_id": order.id, "sort": word(order.sort().as_str_name(), "ORDER_SORT_"),
        "from": order.from, "to": order.to, "grid": order.grid, "text": order.text,
        "state": state(given), "answer": given.text, "at_ms": given.at_ms,
    })
}
