//! What was said in an operation, in words.

use domain::{
    id::{InspectionId, OrderId, UnitId},
    operation::{Fact, Order},
    pack::City,
};

use crate::sentence::time;

/// Names of units, as people read them.
fn names(city: &City, units: &[UnitId]) -> String {
    let all: Vec<String> = units.iter().map(|unit| name(city, unit)).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

fn name(city: &City, unit: &UnitId) -> String {
    city.unit(unit).map_or_else(|| unit.to_string(), |one| format!("{} ({})", one.en, one.zh))
}

/// One fact in words.
pub(super) fn of(city: &City, fact: &Fact) -> String {
    let unit_is = |unit: &UnitId, what: &str| format!("{} {what}", name(city, unit));
    match fact {
        Fact::Planned(plan) => format!("planned: {}", plan.goal),
        Fact::Added { need, .. } => unit_is(&need.unit, "is to be called, too"),
        Fact::Registered { units } => {
            format!("registered how calling is undone: {}", names(city, units))
        }
        Fact::Invited { need, .. } => unit_is(&need.unit, "is called"),
        Fact::Confirmed { unit, crew } => {
            let what = format!(
                "comes: {} people, {} vehicles reserved",
                crew.people.len(),
                crew.vehicles.len()
            );
            unit_is(unit, &what)
        }
        Fact::Declined { unit, reason, .. } => unit_is(unit, &format!("does not come: {reason}")),
        Fact::Assessed { not_reached, late } => format!(
            "the limit has passed; not reached: {}; late: {}",
            names(city, not_reached),
            names(city, late)
        ),
        Fact::Started { members } => format!("it begins with {}", names(city, members)),
        Fact::Briefed { unit, .. } => unit_is(unit, "is briefed"),
        Fact::BriefingRead { unit } => unit_is(unit, "has read the briefing"),
        Fact::CheckedIn { unit, at } => {
            unit_is(unit, &format!("is there (at {})", time(city, *at)))
        }
        Fact::Ordered(order) => ordered(city, order),
        Fact::Answered { unit, order, is_taken, text, at } => {
            let does = if *is_taken { "takes" } else { "can't do" };
            let at = at.map(|at| format!(" (at {})", time(city, at))).unwrap_or_default();
            unit_is(unit, &format!("{}{at}", format!("{does} {order} {text}").trim_end()))
        }
        Fact::Found { unit, inspection } => unit_is(unit, &format!("has found {inspection}")),
        Fact::Ended { how, reason, .. } => format!("ended, {}: {reason}", how.word()),
        Fact::ReleaseAsked { unit } => unit_is(unit, "is to let go"),
        Fact::Released { units } => format!("let go: {}", names(city, units)),
        Fact::Settled { unit, reason, .. } => unit_is(unit, &format!("is settled: {reason}")),
        Fact::Summarised(summary) => format!(
            "summary: came {}; late {}; absent {}; not reached {}; {} orders open; {} findings",
            names(city, &summary.came),
            names(city, &summary.late),
            names(city, &summary.absent),
            names(city, &summary.not_reached),
            summary.orders_open.len(),
            summary.findings.len()
        ),
        Fact::Repeated { next: Some(next) } => format!("the next is {next}"),
        Fact::Repeated { next: None } => "none follows".to_owned(),
        Fact::FollowUp { works, .. } => format!("{} follow-up cases are asked for", works.len()),
        Fact::WorkBegun { cases, .. } => {
            let cases: Vec<&str> = cases.iter().map(|case| case.as_str()).collect();
            format!("cases have begun: {}", cases.join(", "))
        }
    }
}

fn ordered(city: &City, order: &Order) -> String {
    let place = order.grid.as_ref().map(|grid| format!(" in {grid}")).unwrap_or_default();
    let Order { id, sort, to, text, .. } = order;
    format!("{} {id} to {}{place}: {text}", sort.word(), name(city, to))
}

/// The order and the stop that a fact is about.
pub(super) fn about(fact: &Fact) -> (Option<&OrderId>, Option<&InspectionId>) {
    match fact {
        Fact::Ordered(order) => (Some(&order.id), None),
        Fact::Answered { order, .. } => (Some(order), None),
        Fact::Found { inspection, .. } => (None, Some(inspection)),
        _ => (None, None),
    }
}
