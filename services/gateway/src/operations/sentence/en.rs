//! What was said in an operation, in English.

use domain::{
    id::UnitId,
    operation::{Fact, Order},
};

use crate::sentence::Speech;

/// One fact in words.
pub(super) fn of(say: Speech<'_>, fact: &Fact) -> String {
    let unit_is = |unit: &UnitId, what: &str| format!("{} {what}", say.unit(unit));
    let names = |units: &[UnitId]| say.units_or_nobody(units);
    match fact {
        Fact::Planned(plan) => format!("planned: {}", plan.goal),
        Fact::Added { need, .. } => unit_is(&need.unit, "is to be called, too"),
        Fact::Registered { units } => format!("registered how calling is undone: {}", names(units)),
        Fact::Invited { need, .. } => unit_is(&need.unit, "is called"),
        Fact::Confirmed { unit, crew } => {
            let (people, vehicles) = (crew.people.len(), crew.vehicles.len());
            unit_is(unit, &format!("comes: {people} people, {vehicles} vehicles reserved"))
        }
        Fact::Declined { unit, reason, .. } => unit_is(unit, &format!("does not come: {reason}")),
        Fact::Assessed { not_reached, late } => format!(
            "the limit has passed; not reached: {}; late: {}",
            names(not_reached),
            names(late)
        ),
        Fact::Started { members } => format!("it begins with {}", names(members)),
        Fact::Briefed { unit, .. } => unit_is(unit, "is briefed"),
        Fact::BriefingRead { unit } => unit_is(unit, "has read the briefing"),
        Fact::CheckedIn { unit, at } => unit_is(unit, &format!("is there (at {})", say.time(*at))),
        Fact::Ordered(order) => ordered(say, order),
        Fact::Answered { unit, order, is_taken, text, at } => {
            let does = if *is_taken { "takes" } else { "can't do" };
            let at = at.map(|at| format!(" (at {})", say.time(at))).unwrap_or_default();
            unit_is(unit, &format!("{}{at}", format!("{does} {order} {text}").trim_end()))
        }
        Fact::Found { unit, inspection } => unit_is(unit, &format!("has found {inspection}")),
        Fact::Ended { how, reason, .. } => format!("ended, {}: {reason}", how.word()),
        Fact::ReleaseAsked { unit } => unit_is(unit, "is to let go"),
        Fact::Released { units } => format!("let go: {}", names(units)),
        Fact::Settled { unit, reason, .. } => unit_is(unit, &format!("is settled: {reason}")),
        Fact::Summarised(summary) => format!(
            "summary: came {}; late {}; absent {}; not reached {}; {} orders open; {} findings",
            names(&summary.came),
            names(&summary.late),
            names(&summary.absent),
            names(&summary.not_reached),
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

fn ordered(say: Speech<'_>, order: &Order) -> String {
    let place = order.grid.as_ref().map(|grid| format!(" in {grid}")).unwrap_or_default();
    let Order { id, sort, to, text, .. } = order;
    format!("{} {id} to {}{place}: {text}", sort.word(), say.unit(to))
}
