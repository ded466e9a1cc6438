//! Joint operations (联合执法行动): their folding from the bus's record, and what a coordinator says.
//!
//! A plan is one record: it is taken, and can be seen, while everything else is down. Who is called,
//! when it begins, who has let go, the worker says; what a unit does, its desk. Everybody whom an
//! operation concerns reads the same log. What waits for an operator is a list of its own.

mod keys;
mod plan;
mod sentence;
mod service;

use domain::{
    id::{CityId, GridId, OperationId, OrderId, UnitId},
    moment::Moment,
    operation::{
        Ending, Fact, Need, Operation, Order, Sort, Work, check_end, check_invitation, check_order,
        check_plan, check_settlement, check_works, may_say, of_subject, subject, work_case,
    },
    pack::City,
    party::Party,
    rejection::Rejection,
};
use kit::{
    store::{Decision, Outgoing, Refusal},
    tx::Tx,
    view,
};
use prost::Message as _;
use proto::{
    envelope::{Wire, from_wire},
    operation::{FollowUpResponse, GiveOrderResponse, PlanOperationResponse},
    record::Received,
};

use self::keys::Entry;
pub use self::plan::Draft;
pub(crate) use self::{keys::Kept, service::Operations};
use crate::{access, command::By, door::Door, number, raise, trail};

/// What a coordinator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// To plan an operation.
    Plan(Draft),
    /// To have another unit called.
    Invite {
        /// To which.
        id: OperationId,
        /// For what.
        need: Need,
    },
    /// To order a team.
    Order {
        /// In which.
        id: OperationId,
        /// Whose team.
        to: UnitId,
        /// What.
        text: String,
        /// Where.
        grid: Option<GridId>,
        /// Whether the team goes elsewhere.
        is_reassignment: bool,
    },
    /// To end one.
    End {
        /// Which.
        id: OperationId,
        /// How.
        how: Ending,
        /// Why.
        reason: String,
        /// Whether none of its series follows.
        is_series: bool,
    },
    /// To settle what a unit could not be told.
    Settle {
        /// In which.
        id: OperationId,
        /// Which unit.
        unit: UnitId,
        /// Why.
        reason: String,
    },
    /// To give what is left to cases.
    FollowUp {
        /// Of which.
        id: OperationId,
        /// Each.
        works: Vec<Work>,
    },
}

fn read_fact(city: &CityId, wire: &Wire) -> Option<(OperationId, Party, Fact)> {
    if !wire.r#type.starts_with("muster.operation.v1.") {
        return None;
    }
    let envelope = from_wire(wire.clone()).ok()?;
    let id = of_subject(city, &envelope.subject)?;
    let fact = proto::operate::read(&envelope.kind, &envelope.body).ok()??;
    may_say(&envelope.source, &fact).then_some((id, envelope.source, fact))
}

/// What people have said here is on its way; a plan is seen at once.
pub(crate) fn leaves(
    city: &City,
    tx: &mut Tx<'_>,
    wire: &Wire,
    at: Moment,
) -> Result<(), view::Error> {
    match read_fact(&city.id, wire) {
        Some((id, _, Fact::Ordered(_))) => keys::order(tx, &id),
        Some((id, _, fact)) if keys::kept(tx, &id)?.is_none() => {
            if let Some(operation) = Operation::begin(id, &fact, at) {
                keys::put(tx, &Kept { operation, is_on_bus: false, said: 0 });
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Folds what the bus's record has; says whether it was about an operation.
pub(crate) fn comes(
    city: &City,
    tx: &mut Tx<'_>,
    received: &Received,
) -> Result<bool, view::Error> {
    let wire = received.envelope.as_ref();
    let Some((id, source, fact)) = wire.and_then(|wire| read_fact(&city.id, wire)) else {
        return Ok(false);
    };
    let at = Moment(received.accepted_at_ms);
    let now = match keys::kept(tx, &id)? {
        // What was ours alone counts from here on.
        Some(Kept { is_on_bus: true, mut operation, said }) => {
            let is_new = operation.apply(&fact, at);
            is_new.then_some(Kept { operation, is_on_bus: true, said })
        }
        _ => Operation::begin(id, &fact, at).map(|operation| Kept {
            operation,
            is_on_bus: true,
            said: 0,
        }),
    };
    if let Some(mut kept) = now {
        keys::say(tx, &mut kept, &Entry { at, source, fact });
        keys::put(tx, &kept);
    }
    Ok(true)
}

/// Decides about what a coordinator asks for.
pub(crate) fn decide(
    door: &Door,
    tx: &Tx<'_>,
    by: By,
    lead: Lead,
    now: Moment,
) -> Result<Decision, Refusal> {
    match lead {
        Lead::Plan(draft) => plan(door, tx, by, draft, now),
        Lead::Invite { id, need } => {
            let operation = led(door, tx, &by, &id)?;
            check_invitation(&door.city, &operation, &need)?;
            said(door, tx, &id, by.clone(), Fact::Added { need, by: by.party }, Vec::new())
        }
        Lead::Order { id, to, text, grid, is_reassignment } => {
            let operation = led(door, tx, &by, &id)?;
            let sort = if is_reassignment { Sort::Reassign } else { Sort::Order };
            let number = format!("c-{}", keys::orders(tx, &id)?.saturating_add(1));
            let order_id: OrderId = proto::convert::id("operation_id", number.as_str())?;
            let from = by.party.clone();
            let order = Order { id: order_id, sort, from, to, text, grid };
            check_order(&door.city, &operation, &order)?;
            let answer = GiveOrderResponse { order_id: number }.encode_to_vec();
            said(door, tx, &id, by, Fact::Ordered(order), answer)
        }
        Lead::End { id, how, reason, is_series } => {
            let operation = led(door, tx, &by, &id)?;
            check_end(&operation, &reason)?;
            let fact = Fact::Ended { how, by: by.party.clone(), reason, is_series };
            said(door, tx, &id, by, fact, Vec::new())
        }
        Lead::Settle { id, unit, reason } => {
            let operation = known(tx, &id)?;
            access::check_settler(&door.access, &operation, &by)?;
            check_settlement(&operation, &unit, &reason)?;
            let fact = Fact::Settled { unit, by: by.party.clone(), reason };
            said(door, tx, &id, by, fact, Vec::new())
        }
        Lead::FollowUp { id, works } => {
            let operation = led(door, tx, &by, &id)?;
            check_works(&door.city, &operation, &works)?;
            let cases = works.iter().filter_map(|work| work_case(&id, &work.id));
            let cases = cases.map(|case| case.to_string()).collect();
            let answer = FollowUpResponse { cases }.encode_to_vec();
            let fact = Fact::FollowUp { works, by: by.party.clone() };
            said(door, tx, &id, by, fact, answer)
        }
    }
}

fn plan(door: &Door, tx: &Tx<'_>, by: By, draft: Draft, now: Moment) -> Result<Decision, Refusal> {
    access::check_planner(&door.access, &by)?;
    let plan = draft.plan(&door.city, &door.profile, by.party.clone())?;
    check_plan(&door.city, &plan, now)?;
    let id = free_number(&door.city, tx, &by, now)?;
    let answer = PlanOperationResponse { operation_id: id.to_string() }.encode_to_vec();
    said(door, tx, &id, by, Fact::Planned(plan), answer)
}

/// One record with one envelope: an order goes to its team, everything else to the record.
fn said(
    door: &Door,
    tx: &Tx<'_>,
    id: &OperationId,
    by: By,
    fact: Fact,
    answer: Vec<u8>,
) -> Result<Decision, Refusal> {
    let mark = number::mark(&by.party, &by.request_id);
    let name = raise::envelope_id(format!("operation/{id}/{mark}"))?;
    let recipient = match &fact {
        Fact::Ordered(order) => door.city.reached(&order.to),
        _ => None,
    };
    let named = subject(&door.city.id, id);
    // One operation is one trace, whoever speaks and however much later.
    let outgoing = Outgoing {
        recipient,
        actor: Some(by.person),
        on_behalf_of: Some(by.party),
        traceparent: trail::trace(tx, &named)?.or(Some(by.trace)),
        ..Outgoing::new(name, &named, proto::operate::write(&fact))
    };
    let data = id.as_str().as_bytes().to_vec();
    Ok(Decision::change("operation", data, vec![outgoing], answer))
}

fn known(tx: &Tx<'_>, id: &OperationId) -> Result<Operation, Refusal> {
    Ok(keys::kept(tx, id)?.ok_or_else(|| unknown(id))?.operation)
}

fn led(door: &Door, tx: &Tx<'_>, by: &By, id: &OperationId) -> Result<Operation, Refusal> {
    let operation = known(tx, id)?;
    access::check_leader(&door.access, &operation, by)?;
    Ok(operation)
}

/// The best number that no operation has.
fn free_number(city: &City, tx: &Tx<'_>, by: &By, now: Moment) -> Result<OperationId, Refusal> {
    for number in number::candidates(city, &by.party, &by.request_id, now) {
        let Ok(id) = OperationId::parse(format!("O{number}")) else { continue };
        if keys::kept(tx, &id)?.is_none() {
            return Ok(id);
        }
    }
    let message = "every number of this request is taken; ask with another id";
    Err(Rejection::conflict("NO_NUMBER", message).at("command.request_id").into())
}

/// No such operation.
fn unknown(id: &OperationId) -> Rejection {
    let message = format!("there is no operation {id}");
    Rejection::unknown("UNKNOWN_OPERATION", "operation_id", message)
}

/// The plan of an operation, for tests.
#[cfg(test)]
pub(crate) fn plan_of(
    tx: &Tx<'_>,
    id: &OperationId,
) -> Result<Option<domain::operation::Plan>, view::Error> {
    Ok(keys::kept(tx, id)?.map(|kept| kept.operation.plan))
}
