//! The part of one unit in an operation, as its own desk keeps it: what it is called to, whom and
//! what it has reserved, what it was ordered.
//!
//! A reservation is part of saying "we come": both are one record of the unit's journal. No person
//! and no vehicle is in two operations at once: their times do not overlap, and what is over and was
//! not let go is still held. A release that has arrived is remembered, also when it came first: what
//! it undoes is refused from then on.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Answer, Crew, FINDINGS_MAX, Fact, Given, Need, ORDERS_MAX, Order, OrderState, PEOPLE_MAX,
    POWERS_MAX, Plan, Sort, VEHICLES_MAX, check::short,
};
use crate::{
    id::{InspectionId, OperationId, OrderId, UnitId},
    moment::Moment,
    party::Party,
    rejection::Rejection,
};

/// How far the clock of a device may be ahead.
const CLOCKS_APART: Duration = Duration::from_secs(300);
/// So long before the beginning a team may have been there.
const EARLY_MAX: Duration = Duration::from_secs(86_400);

/// What a unit holds for an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Whom and what.
    pub crew: Crew,
}

impl Hold {
    /// A person or a vehicle that both need at once; what is over and still held is needed, too.
    pub fn shares(&self, other: &Hold, now: Moment) -> Option<String> {
        let overlaps = self.from < other.to && other.from < self.to;
        if overlaps || other.to <= now { self.common(other) } else { None }
    }

    /// A person or a vehicle that is in both.
    fn common(&self, other: &Hold) -> Option<String> {
        let person = self.crew.people.iter().find(|one| other.crew.people.contains(one));
        let vehicle = self.crew.vehicles.iter().find(|one| other.crew.vehicles.contains(one));
        let person = person.map(|person| format!("the person {person}"));
        person.or_else(|| vehicle.map(|vehicle| format!("the vehicle {vehicle}")))
    }
}

/// What a unit holds for other operations.
pub type Others = [(OperationId, Hold)];

/// One unit's part in one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// In which.
    pub id: OperationId,
    /// To what it is called, what it is asked to bring, by when it has to answer; none where the
    /// release came first.
    #[serde(default)]
    pub call: Option<(Plan, Need, Moment)>,
    /// What it has said last.
    #[serde(default)]
    pub answer: Answer,
    /// What it holds.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// Whether it has let go, for good.
    #[serde(default)]
    pub is_released: bool,
    /// With whom it acts, once it is briefed.
    #[serde(default)]
    pub briefing: Option<Vec<UnitId>>,
    /// Whether it has read that.
    #[serde(default)]
    pub has_read: bool,
    /// When its team was there.
    #[serde(default)]
    pub checked_in: Option<Moment>,
    /// What it was asked for, and what it has asked others for.
    #[serde(default)]
    pub orders: BTreeMap<OrderId, Given>,
    /// What it has found.
    #[serde(default)]
    pub findings: BTreeSet<InspectionId>,
    /// How much it has said.
    #[serde(default)]
    pub said: u32,
}

impl Part {
    /// A unit's part begins when it is called, or when its release comes first.
    pub fn begin(id: OperationId, unit: &UnitId, fact: &Fact, at: Moment) -> Option<Part> {
        let mut part = Part {
            id,
            call: None,
            answer: Answer::None,
            hold: None,
            is_released: false,
            briefing: None,
            has_read: false,
            checked_in: None,
            orders: BTreeMap::new(),
            findings: BTreeSet::new(),
            said: 0,
        };
        part.apply(unit, fact, at).then_some(part)
    }

    /// Whether the unit has still to answer, to read or to say something.
    pub fn waits(&self) -> bool {
        if self.is_released || self.call.is_none() {
            return false;
        }
        let is_unread = self.briefing.is_some() && !self.has_read;
        let is_open = |given: &&Given| given.state == OrderState::Open;
        let own = |given: &&Given| !self.is_from_us(given);
        let asked = self.orders.values().filter(own).any(|given| is_open(&given));
        self.answer == Answer::None || is_unread || asked
    }

    fn is_from_us(&self, given: &Given) -> bool {
        let us = self.call.as_ref().map(|(_, need, _)| Party::unit(&need.unit));
        us.as_ref() == Some(&given.order.from)
    }

    /// Folds one fact that is of this unit, or for it; says whether anything changed.
    pub fn apply(&mut self, unit: &UnitId, fact: &Fact, at: Moment) -> bool {
        match fact {
            Fact::Invited { plan, need, due } if need.unit == *unit && self.call.is_none() => {
                self.call = Some((plan.clone(), need.clone(), *due));
                true
            }
            Fact::Confirmed { unit: by, crew } if by == unit => self.confirm(crew),
            Fact::Declined { unit: by, reason, substitute } if by == unit => {
                let (reason, substitute) = (reason.clone(), substitute.clone());
                self.answer = Answer::Declined { reason, substitute };
                self.hold = None;
                true
            }
            Fact::Briefed { unit: of, members, .. } if of == unit => {
                self.briefing.replace(members.clone()).is_none()
            }
            Fact::BriefingRead { unit: by } if by == unit => {
                !std::mem::replace(&mut self.has_read, true)
            }
            Fact::CheckedIn { unit: by, at } if by == unit => {
                self.checked_in.replace(*at).is_none()
            }
            Fact::Ordered(order) if order.to == *unit || order.from == Party::unit(unit) => {
                if self.orders.contains_key(&order.id) || self.orders.len() >= ORDERS_MAX {
                    return false;
                }
                let given = Given { order: order.clone(), at, state: OrderState::Open };
                self.orders.insert(order.id.clone(), given).is_none()
            }
            Fact::Answered { order, is_taken, text, .. } => self.answered(order, *is_taken, text),
            Fact::Found { unit: by, inspection } if by == unit => {
                self.findings.insert(inspection.clone())
            }
            Fact::ReleaseAsked { unit: of } if of == unit => {
                self.hold = None;
                !std::mem::replace(&mut self.is_released, true)
            }
            _ => false,
        }
    }

    fn confirm(&mut self, crew: &Crew) -> bool {
        let Some((plan, _, _)) = self.call.as_ref().filter(|_| !self.is_released) else {
            return false;
        };
        self.hold = Some(Hold { from: plan.from, to: plan.to, crew: crew.clone() });
        self.answer = Answer::Confirmed { crew: crew.clone() };
        true
    }

    fn answered(&mut self, order: &OrderId, is_taken: bool, text: &str) -> bool {
        let Some(given) = self.orders.get_mut(order) else { return false };
        if given.state != OrderState::Open {
            return false;
        }
        let text = text.to_owned();
        given.state =
            if is_taken { OrderState::Taken { text } } else { OrderState::Refused { text } };
        true
    }

    fn called(&self) -> Result<&(Plan, Need, Moment), Rejection> {
        if self.is_released {
            let message = format!("this unit has let go of {}: it is over", self.id);
            return Err(Rejection::conflict("RELEASED", message).at("operation_id"));
        }
        self.call.as_ref().ok_or_else(|| {
            let message = format!("this unit is not called to {}", self.id);
            Rejection::unknown("UNKNOWN_OPERATION", "operation_id", message)
        })
    }

    /// The unit comes, with these.
    pub fn check_confirmation(
        &self,
        crew: &Crew,
        others: &Others,
        now: Moment,
    ) -> Result<(), Rejection> {
        let (plan, need, _) = self.called()?;
        check_crew(crew)?;
        if crew.people.len() < usize::try_from(need.people).unwrap_or(usize::MAX) {
            let message = format!("{} people are asked for, at least", need.people);
            return Err(Rejection::invalid("TOO_FEW", "people", message));
        }
        if crew.vehicles.len() < usize::try_from(need.vehicles).unwrap_or(usize::MAX) {
            let message = format!("{} vehicles are asked for, at least", need.vehicles);
            return Err(Rejection::invalid("TOO_FEW", "vehicles", message));
        }
        let hold = Hold { from: plan.from, to: plan.to, crew: crew.clone() };
        let taken = |(id, other): &(OperationId, Hold)| {
            let what = hold.shares(other, now)?;
            let message = format!("{what} is in {id} at that time and not let go");
            Some(Rejection::conflict("ALREADY_RESERVED", message).at("people"))
        };
        others.iter().filter(|(id, _)| *id != self.id).find_map(taken).map_or(Ok(()), Err)
    }

    /// The unit does not come.
    pub fn check_refusal(
        &self,
        unit: &UnitId,
        reason: &str,
        substitute: Option<&UnitId>,
    ) -> Result<(), Rejection> {
        self.called()?;
        short("REASON_MISSING", "reason", reason)?;
        if substitute == Some(unit) {
            let message = "a unit does not stand in for itself";
            return Err(Rejection::invalid("UNKNOWN_UNIT", "substitute", message));
        }
        if matches!(self.answer, Answer::Declined { .. }) {
            let message = format!("this unit has declined {} already", self.id);
            return Err(Rejection::conflict("ALREADY_DECLINED", message).at("operation_id"));
        }
        Ok(())
    }

    /// The unit has read its briefing.
    pub fn check_reading(&self) -> Result<(), Rejection> {
        self.called()?;
        if self.briefing.is_none() || self.has_read {
            let message = format!("there is no briefing of {} to be read", self.id);
            return Err(Rejection::conflict("NOTHING_TO_READ", message).at("operation_id"));
        }
        Ok(())
    }

    /// When a team was there that says so `now` and names a moment by the clock of its device: never
    /// later than now.
    pub fn arrival(&self, said: Moment, now: Moment) -> Result<Moment, Rejection> {
        let (plan, _, _) = self.called()?;
        let said = by_device(said, now)?;
        if said < plan.from - EARLY_MAX {
            let message = format!("at_ms is more than a day before {} begins", self.id);
            return Err(Rejection::invalid("TOO_EARLY", "at_ms", message));
        }
        Ok(said)
    }

    /// When a team answered an order that says so `now`, in the same way: never before it had it.
    pub fn answered_at(
        &self,
        order: &OrderId,
        said: Moment,
        now: Moment,
    ) -> Result<Moment, Rejection> {
        let said = by_device(said, now)?;
        let Some(given) = self.orders.get(order) else { return Ok(said) };
        if said < given.at - CLOCKS_APART {
            let message = format!(
                "at_ms is before {order} was there, {}; does the device's clock go right?",
                given.at.0
            );
            return Err(Rejection::invalid("TOO_EARLY", "at_ms", message));
        }
        Ok(said.max(given.at))
    }

    /// The team is there: nobody of it is still in another operation.
    pub fn check_arrival(&self, others: &Others, now: Moment) -> Result<(), Rejection> {
        self.acting()?;
        if self.checked_in.is_some() {
            let message = format!("the team has checked in to {} already", self.id);
            return Err(Rejection::conflict("ALREADY_CHECKED_IN", message).at("operation_id"));
        }
        let Some(hold) = &self.hold else { return Ok(()) };
        let begun = others.iter().filter(|(id, other)| *id != self.id && other.from <= now);
        let still = |(id, other): &(OperationId, Hold)| {
            let what = hold.common(other)?;
            let message = format!("{what} is still in {id}");
            Some(Rejection::conflict("ALREADY_RESERVED", message).at("operation_id"))
        };
        begun.into_iter().find_map(still).map_or(Ok(()), Err)
    }

    fn acting(&self) -> Result<(), Rejection> {
        self.called()?;
        if self.hold.is_none() {
            let message = format!("this unit has not confirmed {}", self.id);
            return Err(Rejection::conflict("NOT_CONFIRMED", message).at("operation_id"));
        }
        if self.briefing.is_none() {
            let message = format!("{} has not begun", self.id);
            return Err(Rejection::conflict("NOT_STARTED", message).at("operation_id"));
        }
        Ok(())
    }

    /// The team says whether it does what it was ordered.
    pub fn check_answer(
        &self,
        unit: &UnitId,
        order: &OrderId,
        is_taken: bool,
        text: &str,
    ) -> Result<(), Rejection> {
        self.called()?;
        let given = self.orders.get(order).filter(|given| given.order.to == *unit);
        let given = given.ok_or_else(|| {
            let message = format!("this unit has no order {order} in {}", self.id);
            Rejection::unknown("UNKNOWN_ORDER", "order_id", message)
        })?;
        if given.state != OrderState::Open {
            let message = format!("{order} is answered already");
            return Err(Rejection::conflict("ALREADY_ANSWERED", message).at("order_id"));
        }
        match is_taken && text.is_empty() {
            true => Ok(()),
            false => short("REASON_MISSING", "text", text),
        }
    }

    /// The team asks another for help, or hands over to it.
    pub fn check_request(&self, order: &Order) -> Result<(), Rejection> {
        self.acting()?;
        short("TEXT_MISSING", "text", &order.text)?;
        let is_member = self.briefing.as_ref().is_some_and(|with| with.contains(&order.to));
        if Party::unit(&order.to) == order.from || !order.sort.is_of_team() {
            let message = "a team asks another one for help, or hands over to it";
            return Err(Rejection::invalid("NOT_ANOTHER_TEAM", "to", message));
        }
        // Who has caught up is not in everybody's briefing: the record knows.
        if !is_member && order.sort == Sort::HandOver && order.grid.is_none() {
            let message = format!("{} was not briefed with us: say in which cell it is", order.to);
            return Err(Rejection::invalid("GRID_MISSING", "grid", message));
        }
        if self.orders.len() >= ORDERS_MAX {
            let message = format!("an operation has at most {ORDERS_MAX} orders");
            return Err(Rejection::exhausted("TOO_MANY_ORDERS", message).at("operation_id"));
        }
        Ok(())
    }

    /// The team has found something.
    pub fn check_finding(&self, inspection: &InspectionId) -> Result<(), Rejection> {
        self.acting()?;
        if self.findings.contains(inspection) {
            let message = format!("{inspection} is reported already");
            return Err(Rejection::conflict("ALREADY_FOUND", message).at("inspection_id"));
        }
        if self.findings.len() >= FINDINGS_MAX {
            let message = format!("an operation has at most {FINDINGS_MAX} findings");
            return Err(Rejection::exhausted("TOO_MANY_FINDINGS", message).at("inspection_id"));
        }
        Ok(())
    }
}

fn check_crew(crew: &Crew) -> Result<(), Rejection> {
    let Crew { people, vehicles, powers } = crew;
    let few = [
        ("people", people.len(), PEOPLE_MAX),
        ("vehicles", vehicles.len(), VEHICLES_MAX),
        ("powers", powers.len(), POWERS_MAX),
    ];
    if let Some((field, count, most)) = few.into_iter().find(|(_, count, most)| count > most) {
        let message = format!("{field} names at most {most}, not {count}");
        return Err(Rejection::invalid("TOO_MANY", field, message));
    }
    if people.is_empty() {
        let message = "people names who comes, one at least";
        return Err(Rejection::invalid("PEOPLE_MISSING", "people", message));
    }
    let is_twice = people.iter().collect::<BTreeSet<_>>().len() < people.len();
    if is_twice {
        return Err(Rejection::invalid("TWICE", "people", "people names each once"));
    }
    if vehicles.iter().collect::<BTreeSet<_>>().len() < vehicles.len() {
        return Err(Rejection::invalid("TWICE", "vehicles", "vehicles names each once"));
    }
    powers.iter().try_for_each(|power| short("POWER_MISSING", "powers", power))
}

/// A moment by the clock of a device, which is never later than now.
fn by_device(said: Moment, now: Moment) -> Result<Moment, Rejection> {
    if said > now + CLOCKS_APART {
        let message = format!("at_ms is after now, {}; does the device's clock go right?", now.0);
        return Err(Rejection::invalid("HAPPENS_LATER", "at_ms", message));
    }
    Ok(said.min(now))
}
