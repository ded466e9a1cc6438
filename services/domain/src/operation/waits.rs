//! Who is waited for in an operation, as it stands: for its picture. Pure.
//!
//! Where nobody is named here the flow has the next step. A limit is there only where the plan or the
//! pack has one: how soon a team reads, checks in or answers an order nobody has limited.

use super::{Answer, Member, Missed, Operation, OrderState, Release, decide};
use crate::{id::UnitId, moment::Moment, pack::Limits, party::Party, picture::Owed};

/// What somebody owes in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// A unit says whether it comes.
    Join,
    /// The coordinator finds others: all have answered, and they are too few.
    Gather,
    /// The coordinator leads it until its time is over.
    Lead,
    /// A team reads its briefing.
    Read,
    /// A team checks in.
    CheckIn,
    /// A team says whether it does what it is asked for.
    AnswerOrder,
    /// A unit lets go what it has reserved.
    LetGo,
}

impl Duty {
    /// The word in pictures.
    pub fn word(self) -> &'static str {
        match self {
            Duty::Join => "join",
            Duty::Gather => "gather",
            Duty::Lead => "lead",
            Duty::Read => "read",
            Duty::CheckIn => "check_in",
            Duty::AnswerOrder => "answer_order",
            Duty::LetGo => "let_go",
        }
    }
}

/// Who owes what.
pub fn owes(operation: &Operation, limits: &Limits) -> Vec<Owed> {
    match operation.ended {
        None => [calling(operation, limits), acting(operation), ordered(operation)].concat(),
        Some(_) => leaving(operation, limits),
    }
}

fn owed(party: Party, duty: Duty, due: Option<Moment>) -> Owed {
    Owed { due, ..Owed::new(party, duty.word()) }
}

/// Each unit of which this holds owes that.
fn of_units(
    operation: &Operation,
    duty: Duty,
    due: Option<Moment>,
    holds: impl Fn(&Member) -> bool,
) -> Vec<Owed> {
    let of = operation.members.iter().filter(|(_, member)| holds(member));
    of.map(|(unit, _): (&UnitId, _)| owed(Party::unit(unit), duty, due)).collect()
}

/// Who has to say whether it comes, and who must find others.
fn calling(operation: &Operation, limits: &Limits) -> Vec<Owed> {
    let due = Some(decide::due(operation, limits));
    let pace = operation.plan.pace;
    let silent = |one: &Member| one.is_invited && one.answer == Answer::None;
    let is_away = |one: &Member| one.missed == Some(Missed::NotReached);
    let mut all = of_units(operation, Duty::Join, due, |one| silent(one) && !is_away(one));
    // Whom the call has not reached is waited for, and never late.
    all.extend(of_units(operation, Duty::Join, None, |one| silent(one) && is_away(one)));
    let is_short = operation.started_at.is_none() && !operation.has_quorum();
    if is_short && operation.all_answered() {
        all.push(owed(operation.plan.coordinator.clone(), Duty::Gather, due));
    }
    all.into_iter().map(|owed| Owed { pace, ..owed }).collect()
}

/// What goes on after the beginning.
fn acting(operation: &Operation) -> Vec<Owed> {
    if operation.started_at.is_none() {
        return Vec::new();
    }
    let coordinator = operation.plan.coordinator.clone();
    let is_there = |one: &Member| one.is_confirmed() && one.is_briefed;
    let read = of_units(operation, Duty::Read, None, |one| is_there(one) && !one.has_read);
    let arrive = |one: &Member| is_there(one) && one.checked_in.is_none();
    let arrive = of_units(operation, Duty::CheckIn, None, arrive);
    let lead = owed(coordinator, Duty::Lead, Some(operation.plan.to));
    [lead].into_iter().chain(read).chain(arrive).collect()
}

/// Which team has to say whether it does what it is asked for.
fn ordered(operation: &Operation) -> Vec<Owed> {
    let open = operation.orders.values().filter(|given| given.state == OrderState::Open);
    let answer = open.map(|given| Owed {
        about: given.order.id.to_string(),
        ..owed(Party::unit(&given.order.to), Duty::AnswerOrder, None)
    });
    answer.collect()
}

/// Who has to let go.
fn leaving(operation: &Operation, limits: &Limits) -> Vec<Owed> {
    let due = decide::patience_ends(operation, limits);
    let asked = of_units(operation, Duty::LetGo, due, |one| one.release == Release::Asked);
    let pace = operation.plan.pace;
    asked.into_iter().map(|owed| Owed { pace, ..owed }).collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Ending, Fact, Order, Sort,
            tests::{HOUR, at, crew, limits, operation, unit},
        },
        *,
    };

    fn waited(operation: &Operation) -> Vec<String> {
        let one = |owed: Owed| format!("{} {}{}", owed.party, owed.duty, owed.about);
        owes(operation, &limits()).into_iter().map(one).collect()
    }

    #[test]
    fn each_stage_waits_for_those_who_have_the_word() {
        let mut it = operation("O1");
        assert!(waited(&it).is_empty(), "the flow has the word");
        let units = ["police", "city", "roads"].map(unit);
        it.apply(&Fact::Registered { units: units.to_vec() }, at(0));
        for unit in &units {
            let (plan, need) = (it.plan.clone(), it.members[unit].need.clone());
            it.apply(&Fact::Invited { plan, need, due: at(HOUR) }, at(0));
        }
        assert_eq!(waited(&it), ["unit/city join", "unit/police join", "unit/roads join"]);
        assert!(owes(&it, &limits()).iter().all(|owed| owed.due == Some(at(HOUR))));
        let no =
            |who: &str| Fact::Declined { unit: unit(who), reason: "x".into(), substitute: None };
        for who in ["city", "roads"] {
            it.apply(&no(who), at(1));
        }
        it.apply(&Fact::Confirmed { unit: unit("police"), crew: crew("p", "v") }, at(1));
        assert_eq!(waited(&it), ["office/o gather"], "one is no quorum");
        it.apply(&Fact::Confirmed { unit: unit("city"), crew: crew("q", "w") }, at(2));
        assert!(waited(&it).is_empty(), "the flow begins it");
        it.apply(&Fact::Started { members: it.confirmed() }, at(3));
        let brief = Fact::Briefed { unit: unit("city"), members: it.confirmed(), goal: "x".into() };
        it.apply(&brief, at(3));
        let order = Order {
            id: "c-1".parse().unwrap(),
            sort: Sort::Order,
            from: "office/o".parse().unwrap(),
            to: unit("police"),
            text: "go".into(),
            grid: None,
        };
        it.apply(&Fact::Ordered(order), at(4));
        let all = ["office/o lead", "unit/city read", "unit/city check_in"];
        assert_eq!(waited(&it), [&all[..], &["unit/police answer_orderc-1"]].concat());
        let by = "office/o".parse().unwrap();
        let (how, reason) = (Ending::Stopped, "x".into());
        it.apply(&Fact::Ended { how, by, reason, is_series: false }, at(5));
        assert!(waited(&it).is_empty(), "the flow has everybody asked");
        it.apply(&Fact::ReleaseAsked { unit: unit("city") }, at(6));
        assert_eq!(waited(&it), ["unit/city let_go"]);
        assert_eq!(owes(&it, &limits())[0].due, Some(at(5 + HOUR)));
    }

    #[test]
    fn whom_the_call_has_not_reached_has_no_limit() {
        let mut it = operation("O1");
        let units = ["police", "roads"].map(unit);
        it.apply(&Fact::Registered { units: units.to_vec() }, at(0));
        for unit in &units {
            let (plan, need) = (it.plan.clone(), it.members[unit].need.clone());
            it.apply(&Fact::Invited { plan, need, due: at(HOUR) }, at(0));
        }
        let (not_reached, late) = (vec![unit("roads")], vec![unit("police")]);
        it.apply(&Fact::Assessed { not_reached, late }, at(HOUR));
        let dues: Vec<_> = owes(&it, &limits()).into_iter().map(|owed| owed.due).collect();
        assert_eq!(dues, [Some(at(HOUR)), None]);
    }
}
