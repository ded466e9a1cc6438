//! What the lead of an operation does in it, and who settles what could not be undone.

use domain::party::Role;
use maud::{Markup, html};
use proto::operation::{
    EndKind, EndOperationRequest, FollowUpRequest, GiveOrderRequest, InviteUnitRequest,
    MemberState, Need, OperationStage, SettleReleaseRequest, Work,
};

use super::{Known, door, forms};
use crate::{form::Posted, names, trouble::Trouble, visit::Visit, words::operations as w};

const SETTLE: &str = "muster.operation.v1.OperationService/SettleRelease";

/// Does it; none where this is no act of a lead.
pub(super) async fn does(posted: &Posted, id: &str, word: &str) -> Option<Result<(), Trouble>> {
    Some(match word {
        "order" => order(posted, id).await,
        "invite" => invite(posted, id).await,
        "end" => end(posted, id).await,
        "settle" => settle(posted, id).await,
        "follow-up" => follow_up(posted, id).await,
        _ => return None,
    })
}

async fn order(posted: &Posted, id: &str) -> Result<(), Trouble> {
    let form = &posted.form;
    let request = GiveOrderRequest {
        command: Some(posted.command()),
        operation_id: id.to_owned(),
        unit: form.text("unit"),
        text: form.text("text"),
        grid: form.text("grid"),
        is_reassignment: !form.text("away").is_empty(),
    };
    door(&posted.visit)?.give_order(request).await?;
    Ok(())
}

async fn invite(posted: &Posted, id: &str) -> Result<(), Trouble> {
    let form = &posted.form;
    let need = Need {
        unit: form.text("unit"),
        people: form.number("people").unwrap_or_default(),
        vehicles: form.number("vehicles").unwrap_or_default(),
        ..Need::default()
    };
    let (command, operation_id) = (Some(posted.command()), id.to_owned());
    let request = InviteUnitRequest { command, operation_id, need: Some(need) };
    door(&posted.visit)?.invite_unit(request).await?;
    Ok(())
}

async fn end(posted: &Posted, id: &str) -> Result<(), Trouble> {
    let form = &posted.form;
    let how = match form.text("how").as_str() {
        "stop" => EndKind::Stopped,
        "abort" => EndKind::Aborted,
        _ => EndKind::Unspecified,
    };
    let request = EndOperationRequest {
        command: Some(posted.command()),
        operation_id: id.to_owned(),
        how: how.into(),
        reason: form.text("reason"),
        is_series: !form.text("series").is_empty(),
    };
    door(&posted.visit)?.end_operation(request).await?;
    Ok(())
}

async fn settle(posted: &Posted, id: &str) -> Result<(), Trouble> {
    let (form, command) = (&posted.form, Some(posted.command()));
    let (unit, reason) = (form.text("unit"), form.text("reason"));
    let request = SettleReleaseRequest { command, operation_id: id.to_owned(), unit, reason };
    door(&posted.visit)?.settle_release(request).await?;
    Ok(())
}

async fn follow_up(posted: &Posted, id: &str) -> Result<(), Trouble> {
    let form = &posted.form;
    let work = Work {
        id: form.text("work"),
        grid: form.text("grid"),
        issue_type: form.text("issue_type"),
        units: Vec::new(),
        text: form.text("text"),
    };
    let (command, operation_id) = (Some(posted.command()), id.to_owned());
    let request = FollowUpRequest { command, operation_id, works: vec![work] };
    door(&posted.visit)?.follow_up(request).await?;
    Ok(())
}

/// The forms, for who leads it; and for who settles, where something waits for that.
pub(super) fn acts(visit: &Visit, known: &Known) -> Markup {
    let operation = &known.operation;
    let plan = operation.plan.as_ref();
    let leads = plan.is_some_and(|plan| plan.coordinator == visit.party().to_string());
    let access = visit.console.access();
    let settles = !operation.unreleased.is_empty()
        && operation.ended_at_ms > 0
        && access.may_call(visit.party(), SETTLE, Role::Gateway).is_ok();
    let is_open = matches!(operation.stage(), OperationStage::Calling | OperationStage::Started);
    let has_begun = operation.started_at_ms > 0;
    html! {
        @if leads || settles {
            section aria-labelledby="lead" {
                h2 #lead { (visit.say(w::LEAD_ACTS)) }
                @if leads && operation.stage() == OperationStage::Started { (order_form(visit, known)) }
                @if leads && is_open { (invite_form(visit, known)) (end_form(visit, known)) }
                @if leads && has_begun { (follow_up_form(visit, known)) }
                @if settles { (settle_form(visit, known)) }
            }
        }
    }
}

fn options(visit: &Visit, units: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let named = |unit: String| {
        let name = names::unit(visit.console.city(), &unit, visit.lang);
        (unit, name)
    };
    units.map(named).collect()
}

fn order_form(visit: &Visit, known: &Known) -> Markup {
    let confirmed = known.operation.members.iter();
    let confirmed = confirmed.filter(|member| member.state() == MemberState::Confirmed);
    let units = confirmed.filter_map(|member| Some(member.need.as_ref()?.unit.clone()));
    let fields = html! {
        (forms::choice(visit, w::TO, ("order-unit", "unit"), None, &options(visit, units)))
        (forms::line(visit.say(w::ORDER_TEXT), "order-text", "text", true))
        (forms::line(visit.say(w::GRID), "order-grid", "grid", false))
        (forms::tick(visit.say(w::SENDS_AWAY), "order-away", "away"))
    };
    let words = ("order", visit.say(w::GIVE_ORDER), visit.say(w::GIVE_ORDER_SAYS));
    forms::act(visit, &known.operation.operation_id, words, true, &fields)
}

fn invite_form(visit: &Visit, known: &Known) -> Markup {
    let fields = html! {
        (forms::choice(visit, w::UNIT, ("invite-unit", "unit"), None, &forms::units(visit)))
        (forms::number(visit.say(w::PEOPLE), "invite-people", "people", "1", 50))
        (forms::number(visit.say(w::VEHICLES), "invite-vehicles", "vehicles", "0", 20))
    };
    let words = ("invite", visit.say(w::INVITE), visit.say(w::INVITE_SAYS));
    forms::act(visit, &known.operation.operation_id, words, false, &fields)
}

fn end_form(visit: &Visit, known: &Known) -> Markup {
    let fields = html! {
        fieldset {
            legend { (visit.say(w::HOW)) }
            @for (value, word) in [("stop", w::STOP), ("abort", w::ABORT)] {
                @let id = format!("end-{value}");
                label for=(id) {
                    input id=(id) type="radio" name="how" value=(value) required; " " (visit.say(word))
                }
            }
        }
        (forms::line(visit.say(w::REASON), "end-reason", "reason", true))
        (forms::tick(visit.say(w::WHOLE_SERIES), "end-series", "series"))
    };
    let words = ("end", visit.say(w::END), visit.say(w::END_SAYS));
    forms::act(visit, &known.operation.operation_id, words, false, &fields)
}

fn follow_up_form(visit: &Visit, known: &Known) -> Markup {
    let city = visit.console.city();
    let issues = city.issues.values();
    let issues =
        issues.map(|one| (one.id.to_string(), visit.lang.pick(&one.zh, &one.en).to_owned()));
    let issues: Vec<_> = issues.collect();
    let plan = known.operation.plan.clone().unwrap_or_default();
    // A work has an id of its own in the operation: the next number.
    let next = known.operation.cases.len() + 1;
    let fields = html! {
        input type="hidden" name="work" value=(next);
        (forms::choice(visit, w::ISSUE, ("work-issue", "issue_type"), None, &issues))
        label for="work-grid" { (visit.say(w::WHERE)) }
        input #work-grid name="grid" required maxlength="128"
            value=(plan.grids.first().map_or("", String::as_str));
        (forms::line(visit.say(w::WORK_TEXT), "work-text", "text", true))
    };
    let words = ("follow-up", visit.say(w::FOLLOW_UP), visit.say(w::FOLLOW_UP_SAYS));
    forms::act(visit, &known.operation.operation_id, words, false, &fields)
}

fn settle_form(visit: &Visit, known: &Known) -> Markup {
    let waits = options(visit, known.operation.unreleased.iter().cloned());
    let fields = html! {
        (forms::choice(visit, w::UNIT, ("settle-unit", "unit"), None, &waits))
        (forms::line(visit.say(w::REASON), "settle-reason", "reason", true))
    };
    let words = ("settle", visit.say(w::SETTLE), visit.say(w::SETTLE_SAYS));
    forms::act(visit, &known.operation.operation_id, words, false, &fields)
}
