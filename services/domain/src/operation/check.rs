//! What is refused: a plan that the city does not know or nobody can carry, a unit that is called
//! twice, an order to nobody, an end of what has ended, a settlement of what is not open.

use std::collections::BTreeSet;

use super::{
    AHEAD_MAX_MS, AREA_MAX, BATCH_MAX, LENGTH_MAX_MS, MEMBERS_MAX, Need, ORDERS_MAX, Operation,
    Order, PART_ID_MAX, PEOPLE_MAX, POWERS_MAX, Plan, Release, Repeat, TEXT_MAX, VEHICLES_MAX,
    WORKS_MAX, Work, repeat::EVERY_DAYS_MAX,
};
use crate::{id::UnitId, moment::Moment, pack::City, rejection::Rejection, routing};

/// Checks what somebody plans.
pub fn check_plan(city: &City, plan: &Plan, now: Moment) -> Result<(), Rejection> {
    short("GOAL_MISSING", "goal", &plan.goal)?;
    check_area(city, plan)?;
    check_window(plan, now)?;
    if plan.needs.is_empty() {
        let message = "needs names who is called, one unit at least";
        return Err(Rejection::invalid("UNITS_MISSING", "needs", message));
    }
    if plan.needs.len() > MEMBERS_MAX {
        let message = format!("needs names at most {MEMBERS_MAX}, not {}", plan.needs.len());
        return Err(Rejection::invalid("TOO_MANY", "needs", message));
    }
    let mut seen = BTreeSet::new();
    for need in &plan.needs {
        if !seen.insert(&need.unit) {
            let message = format!("{} is there twice", need.unit);
            return Err(Rejection::invalid("UNIT_TWICE", "needs.unit", message));
        }
        check_need(city, need, "needs")?;
    }
    if plan.quorum == 0 || usize::try_from(plan.quorum).unwrap_or(usize::MAX) > plan.needs.len() {
        let message = format!("quorum is from 1 to the {} units called", plan.needs.len());
        return Err(Rejection::invalid("QUORUM", "quorum", message));
    }
    if plan.within_ms == 0 {
        let message = "a free plan says how long units have to answer";
        return Err(Rejection::invalid("LIMIT_MISSING", "answer_within_ms", message));
    }
    plan.repeat.as_ref().map_or(Ok(()), |repeat| check_repeat(plan, repeat))
}

fn check_area(city: &City, plan: &Plan) -> Result<(), Rejection> {
    let (grids, subdistricts) = (&plan.area.grids, &plan.area.subdistricts);
    let count = grids.len() + subdistricts.len();
    if count == 0 || count > AREA_MAX {
        let message = format!("area names cells and subdistricts, 1 to {AREA_MAX}, not {count}");
        return Err(Rejection::invalid("AREA", "grids", message));
    }
    for grid in grids {
        routing::check_grid(city, grid).map_err(|no| no.at("grids"))?;
    }
    let is_known = |unit: &&UnitId| city.grid.values().any(|cell| cell.subdistrict == **unit);
    match subdistricts.iter().find(|unit| !is_known(unit)) {
        None => Ok(()),
        Some(unit) => {
            let message = format!("no cell of {} is of the subdistrict {unit}", city.id);
            Err(Rejection::unknown("UNKNOWN_SUBDISTRICT", "subdistricts", message))
        }
    }
}

fn check_window(plan: &Plan, now: Moment) -> Result<(), Rejection> {
    let (from, to) = (plan.from, plan.to);
    if from >= to || to.0.saturating_sub(from.0) > LENGTH_MAX_MS {
        let message = "an operation ends after it begins, and within 31 days";
        return Err(Rejection::invalid("WINDOW", "to_ms", message));
    }
    if from <= now || from.0.saturating_sub(now.0) > AHEAD_MAX_MS {
        let message = "an operation begins later than now, and within 400 days";
        return Err(Rejection::invalid("WINDOW", "from_ms", message));
    }
    Ok(())
}

fn check_repeat(plan: &Plan, repeat: &Repeat) -> Result<(), Rejection> {
    let length = plan.to.0.saturating_sub(plan.from.0);
    let step = i64::from(repeat.every_days) * 24 * 3_600_000;
    if repeat.every_days == 0 || repeat.every_days > EVERY_DAYS_MAX || length > step {
        let message = format!(
            "every_days is from 1 to {EVERY_DAYS_MAX}, and one operation is over before the next"
        );
        return Err(Rejection::invalid("EVERY_DAYS", "repeat.every_days", message));
    }
    match repeat.until {
        Some(until) if until < plan.from => {
            let message = "the series ends after its first operation begins";
            Err(Rejection::invalid("WINDOW", "repeat.until_ms", message))
        }
        _ => Ok(()),
    }
}

fn check_need(city: &City, need: &Need, field: &str) -> Result<(), Rejection> {
    let at = |name: &str| format!("{field}.{name}");
    if city.reached(&need.unit).is_none() {
        let message = format!("{} is no unit of {} with a desk", need.unit, city.id);
        return Err(Rejection::unknown("UNKNOWN_UNIT", &at("unit"), message));
    }
    let most = |most: usize| u32::try_from(most).unwrap_or(u32::MAX);
    if need.people == 0 || need.people > most(PEOPLE_MAX) {
        let message = format!("{} brings 1 to {PEOPLE_MAX} people", need.unit);
        return Err(Rejection::invalid("TOO_MANY", &at("people"), message));
    }
    if need.vehicles > most(VEHICLES_MAX) || need.powers.len() > POWERS_MAX {
        let message = format!("at most {VEHICLES_MAX} vehicles and {POWERS_MAX} powers of a unit");
        return Err(Rejection::invalid("TOO_MANY", &at("vehicles"), message));
    }
    need.powers.iter().try_for_each(|power| short("POWER_MISSING", &at("powers"), power))
}

/// Checks that another unit can be called.
pub fn check_invitation(city: &City, operation: &Operation, need: &Need) -> Result<(), Rejection> {
    open(operation)?;
    check_need(city, need, "need")?;
    if operation.members.contains_key(&need.unit) {
        let message = format!("{} is called to {} already", need.unit, operation.id);
        return Err(Rejection::conflict("ALREADY_INVITED", message).at("need.unit"));
    }
    if operation.members.len() >= MEMBERS_MAX {
        let message = format!("an operation has at most {MEMBERS_MAX} units");
        return Err(Rejection::exhausted("TOO_MANY_UNITS", message).at("need.unit"));
    }
    Ok(())
}

/// Checks what the coordinator orders.
pub fn check_order(city: &City, operation: &Operation, order: &Order) -> Result<(), Rejection> {
    open(operation)?;
    if operation.started_at.is_none() {
        let message = format!("{} has not begun", operation.id);
        return Err(Rejection::conflict("NOT_STARTED", message).at("operation_id"));
    }
    short("TEXT_MISSING", "text", &order.text)?;
    if let Some(grid) = &order.grid {
        routing::check_grid(city, grid).map_err(|no| no.at("grid"))?;
    }
    if !operation.members.get(&order.to).is_some_and(|member| member.is_confirmed()) {
        let message = format!("{} does not take part in {}", order.to, operation.id);
        return Err(Rejection::unknown("NOT_A_MEMBER", "unit", message));
    }
    if operation.orders.len() >= ORDERS_MAX {
        let message = format!("an operation has at most {ORDERS_MAX} orders");
        return Err(Rejection::exhausted("TOO_MANY_ORDERS", message).at("operation_id"));
    }
    Ok(())
}

/// Checks that there is something to be ended.
pub fn check_end(operation: &Operation, reason: &str) -> Result<(), Rejection> {
    short("REASON_MISSING", "reason", reason)?;
    open(operation)
}

fn open(operation: &Operation) -> Result<(), Rejection> {
    match &operation.ended {
        None => Ok(()),
        Some(end) => {
            let message = format!("{} has ended: {}", operation.id, end.how.word());
            Err(Rejection::conflict("ALREADY_ENDED", message).at("operation_id"))
        }
    }
}

/// Checks that a unit's release is on its way, and why an operator settles it.
pub fn check_settlement(
    operation: &Operation,
    unit: &UnitId,
    reason: &str,
) -> Result<(), Rejection> {
    short("REASON_MISSING", "reason", reason)?;
    let member = operation.members.get(unit).ok_or_else(|| {
        let message = format!("{unit} is not in {}", operation.id);
        Rejection::unknown("NOT_A_MEMBER", "unit", message)
    })?;
    if member.release != Release::Asked {
        let message = format!("nothing of {unit} waits in {}", operation.id);
        return Err(Rejection::conflict("NOTHING_WAITS", message).at("unit"));
    }
    Ok(())
}

/// Checks what is left to cases.
pub fn check_works(city: &City, operation: &Operation, works: &[Work]) -> Result<(), Rejection> {
    if operation.started_at.is_none() {
        let message = format!("{} has not begun", operation.id);
        return Err(Rejection::conflict("NOT_STARTED", message).at("operation_id"));
    }
    if works.is_empty() || works.len() > BATCH_MAX {
        let message = format!("works names 1 to {BATCH_MAX} cases, not {}", works.len());
        return Err(Rejection::invalid("WORKS", "works", message));
    }
    if operation.works.len() + works.len() > WORKS_MAX {
        let message = format!("an operation has at most {WORKS_MAX} follow-up cases");
        return Err(Rejection::exhausted("TOO_MANY_WORKS", message).at("works"));
    }
    let mut seen = BTreeSet::new();
    for work in works {
        let id = &work.id;
        if id.as_str().len() > PART_ID_MAX || id.as_str().contains('/') {
            let message = format!("item {id}: its id has at most {PART_ID_MAX} bytes and no slash");
            return Err(Rejection::invalid("MALFORMED_ID", "works.id", message));
        }
        if !seen.insert(id) || operation.works.contains_key(id) {
            let message = format!("item {id} is there twice");
            return Err(Rejection::invalid("ITEM_TWICE", "works.id", message));
        }
        short("DESCRIPTION_MISSING", "works.text", &work.text)?;
        routing::check_issue(city, &work.issue_type).map_err(|no| no.at("works.issue_type"))?;
        routing::check_grid(city, &work.grid).map_err(|no| no.at("works.grid"))?;
    }
    Ok(())
}

/// Checks that a text is there and not too long.
pub fn short(reason: &str, field: &str, text: &str) -> Result<(), Rejection> {
    if text.trim().is_empty() {
        return Err(Rejection::invalid(reason, field, format!("{field} must not be empty")));
    }
    let length = text.chars().count();
    if length > TEXT_MAX {
        let message = format!("{field} has at most {TEXT_MAX} characters, this one has {length}");
        return Err(Rejection::invalid("TEXT_TOO_LONG", field, message));
    }
    Ok(())
}
