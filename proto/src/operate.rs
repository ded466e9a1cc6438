//! The facts of a joint operation between the domain and the bodies of envelopes. See
//! [`crate::fact`]; how an operation is shown, see [`shown`].

pub mod shown;

use domain::{
    clock::Pace,
    moment::Moment,
    operation::{
        Area, Crew, Ending, Fact, FreeDays, Need, Order, Plan, Repeat, Sort, Summary, Work,
    },
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{convert, operation as wire};

const PACKAGE: &str = "muster.operation.v1.";

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.operation.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    OperationPlanned,
    UnitAdded,
    UndoRegistered,
    UnitInvited,
    PartConfirmed,
    PartDeclined,
    AnswersAssessed,
    OperationStarted,
    UnitBriefed,
    BriefingRead,
    TeamCheckedIn,
    TeamOrder,
    OrderAnswered,
    TeamFound,
    OperationEnded,
    ReleaseAsked,
    UnitsReleased,
    ReleaseSettled,
    OperationSummarised,
    NextPlanned,
    FollowUpAsked,
    WorkBegun,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Planned(plan) => pack(&plan_out(plan)),
        Fact::Added { need, by } => {
            pack(&wire::UnitAdded { need: Some(need_out(need)), by: by.to_string() })
        }
        Fact::Registered { units } => pack(&wire::UndoRegistered { units: convert::texts(units) }),
        Fact::Invited { plan, need, due } => pack(&wire::UnitInvited {
            plan: Some(plan_out(plan)),
            need: Some(need_out(need)),
            due_at_ms: due.0,
        }),
        Fact::Assessed { not_reached, late } => pack(&wire::AnswersAssessed {
            not_reached: convert::texts(not_reached),
            late: convert::texts(late),
        }),
        Fact::Started { members } => {
            pack(&wire::OperationStarted { members: convert::texts(members) })
        }
        Fact::Briefed { unit, members, goal } => pack(&wire::UnitBriefed {
            unit: unit.to_string(),
            members: convert::texts(members),
            goal: goal.clone(),
        }),
        Fact::Ordered(order) => pack(&order_out(order)),
        Fact::ReleaseAsked { unit } => pack(&wire::ReleaseAsked { unit: unit.to_string() }),
        Fact::Released { units } => pack(&wire::UnitsReleased { units: convert::texts(units) }),
        Fact::Summarised(summary) => pack(&summary_out(summary)),
        Fact::Repeated { next } => {
            let next = next.as_ref().map(ToString::to_string).unwrap_or_default();
            pack(&wire::NextPlanned { next })
        }
        Fact::WorkBegun { batch, cases } => {
            pack(&wire::WorkBegun { batch: *batch, cases: convert::texts(cases) })
        }
        _ => write_word(fact),
    }
}

/// What people say of it: of units, and through the gateway.
fn write_word(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Confirmed { unit, crew } => {
            pack(&wire::PartConfirmed { unit: unit.to_string(), crew: Some(crew_out(crew)) })
        }
        Fact::Declined { unit, reason, substitute } => pack(&wire::PartDeclined {
            unit: unit.to_string(),
            reason: reason.clone(),
            substitute: substitute.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        Fact::CheckedIn { unit, at } => {
            pack(&wire::TeamCheckedIn { unit: unit.to_string(), at_ms: at.0 })
        }
        Fact::Answered { unit, order, is_taken, text, at } => pack(&wire::OrderAnswered {
            unit: unit.to_string(),
            order: order.to_string(),
            is_taken: *is_taken,
            text: text.clone(),
            at_ms: at.map_or(0, |at| at.0),
        }),
        Fact::Found { unit, inspection } => {
            pack(&wire::TeamFound { unit: unit.to_string(), inspection: inspection.to_string() })
        }
        Fact::Ended { how, by, reason, is_series } => pack(&wire::OperationEnded {
            how: end_out(*how).into(),
            by: by.to_string(),
            reason: reason.clone(),
            is_series: *is_series,
        }),
        Fact::Settled { unit, by, reason } => pack(&wire::ReleaseSettled {
            unit: unit.to_string(),
            by: by.to_string(),
            reason: reason.clone(),
        }),
        Fact::FollowUp { works, by } => pack(&wire::FollowUpAsked {
            works: works.iter().map(work_out).collect(),
            by: by.to_string(),
        }),
        Fact::BriefingRead { unit } => pack(&wire::BriefingRead { unit: unit.to_string() }),
        // Everything else is written before this is asked.
        _ => (String::new(), Vec::new()),
    }
}

/// Reads a body by its name; none when it is no fact of an operation.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix(PACKAGE) else { return Ok(None) };
    Ok(Some(match name {
        "OperationPlanned" => Fact::Planned(plan_in(decode(body)?)?),
        "UnitAdded" => {
            let m: wire::UnitAdded = decode(body)?;
            Fact::Added { need: need_in("need", m.need)?, by: convert::party("by", &m.by)? }
        }
        "UndoRegistered" => {
            let m: wire::UndoRegistered = decode(body)?;
            Fact::Registered { units: convert::ids("units", m.units)? }
        }
        "UnitInvited" => {
            let m: wire::UnitInvited = decode(body)?;
            let plan = m.plan.ok_or_else(|| missing("plan"))?;
            let (plan, need) = (plan_in(plan)?, need_in("need", m.need)?);
            Fact::Invited { plan, need, due: Moment(m.due_at_ms) }
        }
        "AnswersAssessed" => {
            let m: wire::AnswersAssessed = decode(body)?;
            let not_reached = convert::ids("not_reached", m.not_reached)?;
            Fact::Assessed { not_reached, late: convert::ids("late", m.late)? }
        }
        "OperationStarted" => {
            let m: wire::OperationStarted = decode(body)?;
            Fact::Started { members: convert::ids("members", m.members)? }
        }
        "UnitBriefed" => {
            let m: wire::UnitBriefed = decode(body)?;
            let (unit, members) =
                (convert::id("unit", m.unit)?, convert::ids("members", m.members)?);
            Fact::Briefed { unit, members, goal: m.goal }
        }
        "TeamOrder" => Fact::Ordered(order_in(decode(body)?)?),
        "ReleaseAsked" => {
            let m: wire::ReleaseAsked = decode(body)?;
            Fact::ReleaseAsked { unit: convert::id("unit", m.unit)? }
        }
        "UnitsReleased" => {
            let m: wire::UnitsReleased = decode(body)?;
            Fact::Released { units: convert::ids("units", m.units)? }
        }
        "OperationSummarised" => Fact::Summarised(summary_in(decode(body)?)?),
        "NextPlanned" => {
            let m: wire::NextPlanned = decode(body)?;
            Fact::Repeated { next: convert::optional("next", m.next)? }
        }
        "WorkBegun" => {
            let m: wire::WorkBegun = decode(body)?;
            Fact::WorkBegun { batch: m.batch, cases: convert::ids("cases", m.cases)? }
        }
        _ => return read_word(name, body),
    }))
}

fn read_word(name: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    Ok(Some(match name {
        "PartConfirmed" => {
            let m: wire::PartConfirmed = decode(body)?;
            let unit = convert::id("unit", m.unit)?;
            Fact::Confirmed { unit, crew: crew_in(m.crew.unwrap_or_default())? }
        }
        "PartDeclined" => {
            let m: wire::PartDeclined = decode(body)?;
            let (unit, substitute) =
                (convert::id("unit", m.unit)?, convert::optional("substitute", m.substitute)?);
            Fact::Declined { unit, reason: m.reason, substitute }
        }
        "BriefingRead" => {
            let m: wire::BriefingRead = decode(body)?;
            Fact::BriefingRead { unit: convert::id("unit", m.unit)? }
        }
        "TeamCheckedIn" => {
            let m: wire::TeamCheckedIn = decode(body)?;
            Fact::CheckedIn { unit: convert::id("unit", m.unit)?, at: Moment(m.at_ms) }
        }
        "OrderAnswered" => {
            let m: wire::OrderAnswered = decode(body)?;
            let (unit, order) = (convert::id("unit", m.unit)?, convert::id("order", m.order)?);
            let at = (m.at_ms > 0).then_some(Moment(m.at_ms));
            Fact::Answered { unit, order, is_taken: m.is_taken, text: m.text, at }
        }
        "TeamFound" => {
            let m: wire::TeamFound = decode(body)?;
            let unit = convert::id("unit", m.unit)?;
            Fact::Found { unit, inspection: convert::id("inspection", m.inspection)? }
        }
        "OperationEnded" => {
            let m: wire::OperationEnded = decode(body)?;
            let (how, by) = (end_in(m.how)?, convert::party("by", &m.by)?);
            Fact::Ended { how, by, reason: m.reason, is_series: m.is_series }
        }
        "ReleaseSettled" => {
            let m: wire::ReleaseSettled = decode(body)?;
            let (unit, by) = (convert::id("unit", m.unit)?, convert::party("by", &m.by)?);
            Fact::Settled { unit, by, reason: m.reason }
        }
        "FollowUpAsked" => {
            let m: wire::FollowUpAsked = decode(body)?;
            let by = convert::party("by", &m.by)?;
            Fact::FollowUp { works: works_in(m.works)?, by }
        }
        _ => return Ok(None),
    }))
}

fn plan_out(plan: &Plan) -> wire::OperationPlanned {
    wire::OperationPlanned {
        kind: plan.kind.as_ref().map(ToString::to_string).unwrap_or_default(),
        coordinator: plan.coordinator.to_string(),
        goal: plan.goal.clone(),
        grids: convert::texts(&plan.area.grids),
        subdistricts: convert::texts(&plan.area.subdistricts),
        from_ms: plan.from.0,
        to_ms: plan.to.0,
        needs: plan.needs.iter().map(need_out).collect(),
        quorum: plan.quorum,
        within_ms: plan.within_ms,
        working: !plan.pace.is_around(),
        repeat: plan.repeat.as_ref().map(repeat_out),
        series: plan.series.as_ref().map(ToString::to_string).unwrap_or_default(),
        occurrence: plan.occurrence,
    }
}

fn plan_in(m: wire::OperationPlanned) -> Result<Plan, Rejection> {
    let needs = m.needs.into_iter().map(|need| need_in("needs", Some(need)));
    Ok(Plan {
        kind: convert::optional("kind", m.kind)?,
        coordinator: convert::party("coordinator", &m.coordinator)?,
        goal: m.goal,
        area: Area {
            grids: convert::ids("grids", m.grids)?,
            subdistricts: convert::ids("subdistricts", m.subdistricts)?,
        },
        from: Moment(m.from_ms),
        to: Moment(m.to_ms),
        needs: needs.collect::<Result<_, _>>()?,
        quorum: m.quorum,
        within_ms: m.within_ms,
        pace: if m.working { Pace::Working } else { Pace::Around },
        repeat: m.repeat.map(repeat_in).transpose()?,
        series: convert::optional("series", m.series)?,
        occurrence: m.occurrence,
    })
}

fn repeat_out(repeat: &Repeat) -> wire::Repeat {
    let free_days = match repeat.free_days {
        FreeDays::Hold => wire::FreeDays::Hold,
        FreeDays::Skip => wire::FreeDays::Skip,
        FreeDays::Move => wire::FreeDays::Move,
    };
    wire::Repeat {
        every_days: repeat.every_days,
        free_days: free_days.into(),
        until_ms: convert::millis(repeat.until),
        regular_ms: convert::millis(repeat.regular),
    }
}

/// Reads whether others follow.
pub fn repeat_in(m: wire::Repeat) -> Result<Repeat, Rejection> {
    let free_days = match wire::FreeDays::try_from(m.free_days) {
        Ok(wire::FreeDays::Unspecified | wire::FreeDays::Hold) => FreeDays::Hold,
        Ok(wire::FreeDays::Skip) => FreeDays::Skip,
        Ok(wire::FreeDays::Move) => FreeDays::Move,
        Err(_) => return Err(unknown("repeat.free_days", m.free_days)),
    };
    let moment = |ms: i64| (ms != 0).then_some(Moment(ms));
    let (until, regular) = (moment(m.until_ms), moment(m.regular_ms));
    Ok(Repeat { every_days: m.every_days, free_days, until, regular })
}

fn need_out(need: &Need) -> wire::Need {
    wire::Need {
        unit: need.unit.to_string(),
        people: need.people,
        vehicles: need.vehicles,
        powers: need.powers.clone(),
        is_must: need.is_must,
    }
}

/// Reads what a unit is asked to bring.
pub fn need_in(field: &str, need: Option<wire::Need>) -> Result<Need, Rejection> {
    let wire::Need { unit, people, vehicles, powers, is_must } =
        need.ok_or_else(|| missing(field))?;
    let unit = convert::id(&format!("{field}.unit"), unit)?;
    Ok(Need { unit, people, vehicles, powers, is_must })
}

fn crew_out(crew: &Crew) -> wire::Crew {
    wire::Crew {
        people: convert::texts(&crew.people),
        vehicles: convert::texts(&crew.vehicles),
        powers: crew.powers.clone(),
    }
}

/// Reads whom and what a unit brings.
pub fn crew_in(crew: wire::Crew) -> Result<Crew, Rejection> {
    Ok(Crew {
        people: convert::ids("people", crew.people)?,
        vehicles: convert::ids("vehicles", crew.vehicles)?,
        powers: crew.powers,
    })
}

fn order_out(order: &Order) -> wire::TeamOrder {
    let sort = match order.sort {
        Sort::Order => wire::OrderSort::Order,
        Sort::Reassign => wire::OrderSort::Reassign,
        Sort::Assist => wire::OrderSort::Assist,
        Sort::HandOver => wire::OrderSort::HandOver,
    };
    wire::TeamOrder {
        id: order.id.to_string(),
        sort: sort.into(),
        from: order.from.to_string(),
        to: order.to.to_string(),
        text: order.text.clone(),
        grid: order.grid.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn order_in(m: wire::TeamOrder) -> Result<Order, Rejection> {
    let sort = match wire::OrderSort::try_from(m.sort) {
        Ok(wire::OrderSort::Order) => Sort::Order,
        Ok(wire::OrderSort::Reassign) => Sort::Reassign,
        Ok(wire::OrderSort::Assist) => Sort::Assist,
        Ok(wire::OrderSort::HandOver) => Sort::HandOver,
        Ok(wire::OrderSort::Unspecified) | Err(_) => return Err(unknown("sort", m.sort)),
    };
    Ok(Order {
        id: convert::id("id", m.id)?,
        sort,
        from: convert::party("from", &m.from)?,
        to: convert::id("to", m.to)?,
        text: m.text,
        grid: convert::optional("grid", m.grid)?,
    })
}

fn end_out(how: Ending) -> wire::EndKind {
    match how {
        Ending::Over => wire::EndKind::Over,
        Ending::Stopped => wire::EndKind::Stopped,
        Ending::Aborted => wire::EndKind::Aborted,
        Ending::NoQuorum => wire::EndKind::NoQuorum,
    }
}

/// Reads how an operation ends.
pub fn end_in(how: i32) -> Result<Ending, Rejection> {
    Ok(match wire::EndKind::try_from(how) {
        Ok(wire::EndKind::Over) => Ending::Over,
        Ok(wire::EndKind::Stopped) => Ending::Stopped,
        Ok(wire::EndKind::Aborted) => Ending::Aborted,
        Ok(wire::EndKind::NoQuorum) => Ending::NoQuorum,
        Ok(wire::EndKind::Unspecified) | Err(_) => return Err(unknown("how", how)),
    })
}

fn work_out(work: &Work) -> wire::Work {
    wire::Work {
        id: work.id.to_string(),
        grid: work.grid.to_string(),
        issue_type: work.issue_type.to_string(),
        units: convert::texts(&work.units),
        text: work.text.clone(),
    }
}

/// Reads what is left to cases.
pub fn works_in(works: Vec<wire::Work>) -> Result<Vec<Work>, Rejection> {
    let read = |work: wire::Work| {
        Ok(Work {
            id: convert::id("works.id", work.id)?,
            grid: convert::id("works.grid", work.grid)?,
            issue_type: convert::id("works.issue_type", work.issue_type)?,
            units: convert::ids("works.units", work.units)?,
            text: work.text,
        })
    };
    works.into_iter().map(read).collect()
}

fn summary_out(summary: &Summary) -> wire::OperationSummarised {
    wire::OperationSummarised {
        came: convert::texts(&summary.came),
        late: convert::texts(&summary.late),
        absent: convert::texts(&summary.absent),
        not_reached: convert::texts(&summary.not_reached),
        silent: convert::texts(&summary.silent),
        declined: convert::texts(&summary.declined),
        pending: convert::texts(&summary.pending),
        orders_open: convert::texts(&summary.orders_open),
        findings: convert::texts(&summary.findings),
    }
}

fn summary_in(m: wire::OperationSummarised) -> Result<Summary, Rejection> {
    Ok(Summary {
        came: convert::ids("came", m.came)?,
        late: convert::ids("late", m.late)?,
        absent: convert::ids("absent", m.absent)?,
        not_reached: convert::ids("not_reached", m.not_reached)?,
        silent: convert::ids("silent", m.silent)?,
        declined: convert::ids("declined", m.declined)?,
        pending: convert::ids("pending", m.pending)?,
        orders_open: convert::ids("orders_open", m.orders_open)?,
        findings: convert::ids("findings", m.findings)?,
    })
}

fn missing(field: &str) -> Rejection {
    Rejection::invalid("FIELD_MISSING", field, format!("{field} is missing"))
}

fn unknown(field: &str, number: i32) -> Rejection {
    let message = format!("there is no {field} {number}");
    Rejection::invalid("MALFORMED_KIND", field, message)
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

#[cfg(test)]
mod tests;
