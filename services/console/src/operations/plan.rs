//! Planning an operation, from a template of the pack or freely.

use axum::response::Response;
use domain::party::Role;
use maud::{Markup, html};
use proto::operation::{Need, PlanOperationRequest};

use super::{
    door, forms,
    order::{lines, moment},
};
use crate::{form::Posted, trouble::Trouble, visit::Visit, words::operations as w};

const PLAN: &str = "muster.operation.v1.OperationService/PlanOperation";
/// So many units besides those of the template can be named on the form.
const ROWS: usize = 5;

/// Whether the party may plan at all.
pub(super) fn may(visit: &Visit) -> bool {
    visit.console.access().may_call(visit.party(), PLAN, Role::Gateway).is_ok()
}

/// The form.
pub(crate) async fn planning(visit: Visit) -> Result<Response, Trouble> {
    visit.console.access().may_call(visit.party(), PLAN, Role::Gateway)?;
    let page = html! {
        link rel="stylesheet" href=(crate::asset::link("acts.css"));
        p { a href="/operations" data-act="operations" { (visit.say(w::BACK)) } }
        h1 { (visit.say(w::PLAN)) }
        form.card #form-plan method="post" action="/operations" {
            (visit.fields())
            p.quiet { (visit.say(w::PLAN_SAYS)) }
            (fields(&visit))
            button type="submit" data-act="plan" { (visit.say(w::DO_PLAN)) }
        }
    };
    Ok(visit.page(visit.say(w::PLAN), None, &page))
}

fn fields(visit: &Visit) -> Markup {
    let city = visit.console.city();
    let lang = visit.lang;
    let kinds = city.operations.values();
    let kinds = kinds.map(|kind| (kind.id.to_string(), lang.pick(&kind.zh, &kind.en).to_owned()));
    let kinds: Vec<_> = kinds.collect();
    let mut subdistricts: Vec<_> = city.grid.values().map(|cell| &cell.subdistrict).collect();
    subdistricts.sort();
    subdistricts.dedup();
    html! {
        (forms::choice(visit, w::TEMPLATE, ("plan-kind", "kind"), Some(w::FREE), &kinds))
        (forms::line(visit.say(w::GOAL), "plan-goal", "goal", true))
        (forms::long(visit.say(w::GRIDS), "plan-grids", "grids", false))
        label for="plan-subdistricts" { (visit.say(w::SUBDISTRICTS)) }
        select #plan-subdistricts name="subdistricts" multiple size="4" {
            @for id in subdistricts {
                option value=(id) { (crate::names::unit(city, id.as_str(), lang)) }
            }
        }
        label for="plan-from" { (visit.say(w::BEGINS)) }
        input #plan-from name="from" type="datetime-local" required;
        label for="plan-to" { (visit.say(w::ENDS)) }
        input #plan-to name="to" type="datetime-local" required;
        fieldset {
            legend { (visit.say(w::NEEDS)) }
            @for row in 1..=ROWS { (need(visit, row)) }
        }
        (forms::number(visit.say(w::MINIMUM), "plan-quorum", "quorum", "", 20))
        (forms::tick(visit.say(w::SINGLE), "plan-single", "single"))
    }
}

fn need(visit: &Visit, row: usize) -> Markup {
    let name = |what: &str| (format!("plan-{what}-{row}"), format!("{what}-{row}"));
    let (unit, people, vehicles, must) =
        (name("unit"), name("people"), name("vehicles"), name("must"));
    html! {
        div.need {
            div { (forms::choice(visit, w::UNIT, (&unit.0, &unit.1), Some(w::NOBODY), &forms::units(visit))) }
            div { (forms::number(visit.say(w::PEOPLE), &people.0, &people.1, "1", 50)) }
            div { (forms::number(visit.say(w::VEHICLES), &vehicles.0, &vehicles.1, "0", 20)) }
            div { (forms::tick(visit.say(w::MUST), &must.0, &must.1)) }
        }
    }
}

/// Plans it, and goes to its page.
pub(crate) async fn plan(posted: Posted) -> Result<Response, Trouble> {
    match planned(&posted).await {
        Ok(id) => {
            let text = posted.visit.say(w::PLANNED);
            Ok(posted.visit.done(&format!("/operations/{id}"), text))
        }
        Err(no) => posted.visit.answer("/operations/plan", Err(no)),
    }
}

async fn planned(posted: &Posted) -> Result<String, Trouble> {
    let (form, visit) = (&posted.form, &posted.visit);
    let offset = visit.console.city().utc_offset_minutes;
    let time = |name: &str| {
        let wrong = || Trouble::invalid("WINDOW", visit.say(w::BAD_TIME));
        moment(&form.text(name), offset).ok_or_else(wrong)
    };
    let need = |row: usize| {
        let unit = Some(form.text(&format!("unit-{row}"))).filter(|unit| !unit.is_empty())?;
        Some(Need {
            unit,
            people: form.number(&format!("people-{row}")).unwrap_or_default(),
            vehicles: form.number(&format!("vehicles-{row}")).unwrap_or_default(),
            powers: Vec::new(),
            is_must: !form.text(&format!("must-{row}")).is_empty(),
        })
    };
    let request = PlanOperationRequest {
        command: Some(posted.command()),
        kind: form.text("kind"),
        goal: form.text("goal"),
        grids: lines(&form.text("grids")),
        subdistricts: form.texts("subdistricts"),
        from_ms: time("from")?,
        to_ms: time("to")?,
        needs: (1..=ROWS).filter_map(need).collect(),
        quorum: form.number("quorum").unwrap_or_default(),
        is_single: !form.text("single").is_empty(),
        ..PlanOperationRequest::default()
    };
    Ok(door(visit)?.plan_operation(request).await?.into_inner().operation_id)
}
