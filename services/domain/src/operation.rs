//! A joint operation (联合执法行动, M060, M061, M062): several units act at one place and time, each
//! within its own power.
//!
//! The story: a coordinator plans it; every unit is called, and confirms people and vehicles, or
//! declines and perhaps names another, which is then called; with a quorum it begins, without those
//! that can't be reached, who catch up; teams check in, are ordered, help each other, hand over, and
//! report what they find; it ends when its time is over, or is stopped, or aborted; the coordinator
//! has one summary, and gives what is left to cases.
//!
//! What a unit confirms it reserves in its own journal ([`part`]). The undo of that, the release, is
//! registered in the record before the unit is called, goes to everybody who was ever registered,
//! may arrive before what it undoes, and is not given up: an operation is closed when each unit has
//! its release in its own journal, or an operator has settled it.
//! Who can't be reached is never late. What an inspection is, nothing here knows but its number.

mod check;
mod course;
mod decide;
mod member;
pub mod part;
mod repeat;
mod summary;
pub mod waits;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    check::{
        check_end, check_invitation, check_order, check_plan, check_settlement, check_works, short,
    },
    course::{End, Given, Operation, Stage, Verdict as OrderState},
    decide::{Receipts, Step, Todo, decide, due, limits, missed, patience_ends},
    member::{Answer, Member, Missed, Release},
    repeat::{EVERY_DAYS_MAX, FreeDays, Repeat, next_window},
    summary::Summary,
};
use crate::{
    clock::Pace,
    id::{
        CaseId, CityId, GridId, InspectionId, IssueTypeId, ItemId, OperationId, OperationKindId,
        OrderId, PersonId, UnitId, VehicleId,
    },
    moment::Moment,
    party::{Party, Role},
};

/// The most units of an operation, those that stand in for others among them.
pub const MEMBERS_MAX: usize = 20;
/// The most cells and subdistricts of its area.
pub const AREA_MAX: usize = 50;
/// The most people that one unit brings.
pub const PEOPLE_MAX: usize = 50;
/// The most vehicles that one unit brings.
pub const VEHICLES_MAX: usize = 20;
/// The most powers that one unit names.
pub const POWERS_MAX: usize = 10;
/// The most orders in an operation.
pub const ORDERS_MAX: usize = 300;
/// The most findings in an operation.
pub const FINDINGS_MAX: usize = 500;
/// The most follow-up cases that are asked for at once: one record has to carry them.
pub const BATCH_MAX: usize = 20;
/// The most follow-up cases of an operation.
pub const WORKS_MAX: usize = 200;
/// The longest text, in characters.
pub const TEXT_MAX: usize = 300;
/// The longest id of an item or an order, in bytes: it is part of other numbers.
pub const PART_ID_MAX: usize = 48;
/// The longest time that an operation lasts: 31 days.
pub const LENGTH_MAX_MS: i64 = 31 * 24 * 3_600_000;
/// How far ahead one is planned: 400 days.
pub const AHEAD_MAX_MS: i64 = 400 * 24 * 3_600_000;

/// What a unit is asked to bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Who.
    pub unit: UnitId,
    /// So many people, one at least.
    pub people: u32,
    /// So many vehicles.
    #[serde(default)]
    pub vehicles: u32,
    /// What it is to decide there, in its own words; a power is what the law gives, not this.
    #[serde(default)]
    pub powers: Vec<String>,
    /// Whether nothing begins without it, or who stands in for it.
    #[serde(default)]
    pub is_must: bool,
}

/// Where an operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Cells of the grid.
    #[serde(default)]
    pub grids: Vec<GridId>,
    /// Whole subdistricts, by the unit that answers for each.
    #[serde(default)]
    pub subdistricts: Vec<UnitId>,
}

/// With what an operation begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// From which template; none when it is free.
    #[serde(default)]
    pub kind: Option<OperationKindId>,
    /// Who leads it, and is told.
    pub coordinator: Party,
    /// What for.
    pub goal: String,
    /// Where.
    pub area: Area,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Who is called, and for what.
    pub needs: Vec<Need>,
    /// So many units at least.
    pub quorum: u32,
    /// How long a unit has to answer; never beyond the beginning.
    pub within_ms: u64,
    /// In which time.
    #[serde(default, skip_serializing_if = "Pace::is_around")]
    pub pace: Pace,
    /// Whether another follows, and when.
    #[serde(default)]
    pub repeat: Option<Repeat>,
    /// The first of the series that it belongs to; none: itself.
    #[serde(default)]
    pub series: Option<OperationId>,
    /// Which of the series, from 1.
    #[serde(default = "first")]
    pub occurrence: u32,
}

fn first() -> u32 {
    1
}

/// What a unit brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// Who comes.
    pub people: Vec<PersonId>,
    /// In what.
    #[serde(default)]
    pub vehicles: Vec<VehicleId>,
    /// What they may decide there.
    #[serde(default)]
    pub powers: Vec<String>,
}

/// What sort of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The coordinator orders something.
    Order,
    /// The coordinator sends a team elsewhere.
    Reassign,
    /// A team asks another for help.
    Assist,
    /// A team hands something over to that of the next area.
    HandOver,
}

impl Sort {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Sort::Order => "order",
            Sort::Reassign => "re-assignment",
            Sort::Assist => "request for help",
            Sort::HandOver => "hand-over",
        }
    }

    /// Whether it is a team's to say, and not the coordinator's.
    pub fn is_of_team(self) -> bool {
        matches!(self, Sort::Assist | Sort::HandOver)
    }
}

/// Something that one asks of a team, which has to say whether it does it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub id: OrderId,
    /// What sort.
    pub sort: Sort,
    /// Who gives it: the coordinator's side, or a unit.
    pub from: Party,
    /// To whose team.
    pub to: UnitId,
    /// What.
    pub text: String,
    /// Where; empty: where the team is.
    #[serde(default)]
    pub grid: Option<GridId>,
}

/// How an operation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its time is over.
    Over,
    /// The coordinator ends it: what was done stays.
    Stopped,
    /// The coordinator calls it off.
    Aborted,
    /// Its time is over and there never were enough.
    NoQuorum,
}

impl Ending {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Over => "over",
            Ending::Stopped => "stopped",
            Ending::Aborted => "aborted",
            Ending::NoQuorum => "never enough units",
        }
    }
}

/// Something that is left to do after it: the work of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its id in the operation.
    pub id: ItemId,
    /// Where.
    pub grid: GridId,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// Who is called; nobody: all of the route.
    #[serde(default)]
    pub units: Vec<UnitId>,
    /// What it is.
    pub text: String,
}

/// One thing that was said about an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It is planned.
    Planned(Plan),
    /// The coordinator has another unit called.
    Added {
        /// For what.
        need: Need,
        /// On whose word.
        by: Party,
    },
    /// The undo of what these units are called to do is registered: before they are called.
    Registered {
        /// Who.
        units: Vec<UnitId>,
    },
    /// A unit is called.
    Invited {
        /// To what.
        plan: Plan,
        /// What it is asked to bring.
        need: Need,
        /// By when it has to answer.
        due: Moment,
    },
    /// A unit has reserved people and vehicles; it may say so again with others.
    Confirmed {
        /// Who.
        unit: UnitId,
        /// With whom and what.
        crew: Crew,
    },
    /// A unit does not come, or not any more.
    Declined {
        /// Who.
        unit: UnitId,
        /// Why; never empty.
        reason: String,
        /// Who could come in its place.
        substitute: Option<UnitId>,
    },
    /// The coordinator is told at the limit who has not answered.
    Assessed {
        /// Whom it never reached.
        not_reached: Vec<UnitId>,
        /// Who had the invitation and is late.
        late: Vec<UnitId>,
    },
    /// There is a quorum: it begins.
    Started {
        /// Who takes part, so far.
        members: Vec<UnitId>,
    },
    /// A unit that takes part is briefed.
    Briefed {
        /// Who.
        unit: UnitId,
        /// With whom.
        members: Vec<UnitId>,
        /// What for.
        goal: String,
    },
    /// A unit has read its briefing.
    BriefingRead {
        /// Who.
        unit: UnitId,
    },
    /// The team of a unit is there.
    CheckedIn {
        /// Who.
        unit: UnitId,
        /// When, by its own word.
        at: Moment,
    },
    /// Something is asked of a team.
    Ordered(Order),
    /// A team says whether it does it.
    Answered {
        /// Who.
        unit: UnitId,
        /// Which order.
        order: OrderId,
        /// Whether it does it.
        is_taken: bool,
        /// What it adds; never empty of a no.
        text: String,
        /// When, by its own word; none: nothing is said of it.
        at: Option<Moment>,
    },
    /// A team has found something.
    Found {
        /// Who.
        unit: UnitId,
        /// What: the stop that it made.
        inspection: InspectionId,
    },
    /// It ends.
    Ended {
        /// How.
        how: Ending,
        /// On whose word.
        by: Party,
        /// Why.
        reason: String,
        /// Whether none follows it either.
        is_series: bool,
    },
    /// A unit is to let go what it has reserved: the undo of calling it.
    ReleaseAsked {
        /// Who.
        unit: UnitId,
    },
    /// These units have let go: it is in their own journals.
    Released {
        /// Who.
        units: Vec<UnitId>,
    },
    /// An operator settles what could not be undone.
    Settled {
        /// Of which unit.
        unit: UnitId,
        /// Who says so.
        by: Party,
        /// Why.
        reason: String,
    },
    /// What came of it.
    Summarised(Summary),
    /// The next of the series is planned; none follows when there is no number.
    Repeated {
        /// Which.
        next: Option<OperationId>,
    },
    /// The coordinator gives what is left to cases.
    FollowUp {
        /// Each.
        works: Vec<Work>,
        /// On whose word.
        by: Party,
    },
    /// These cases have begun.
    WorkBegun {
        /// The batch, from 1.
        batch: u32,
        /// Their numbers.
        cases: Vec<CaseId>,
    },
}

/// The subject of an operation's envelopes.
pub fn subject(city: &CityId, id: &OperationId) -> String {
    format!("operation/{city}/{id}")
}

/// The operation that a subject is about, when it is one of this city.
pub fn of_subject(city: &CityId, subject: &str) -> Option<OperationId> {
    let rest = subject.strip_prefix("operation/")?.strip_prefix(city.as_str())?;
    OperationId::parse(rest.strip_prefix('/')?).ok()
}

/// Whether `source` is the one that says such a thing about an operation.
pub fn may_say(source: &Party, fact: &Fact) -> bool {
    let own = |unit: &UnitId| source.as_unit().as_ref() == Some(unit);
    match fact {
        // The next of a series follows from the one before.
        Fact::Planned(plan) if plan.occurrence > 1 => source.is(Role::Worker),
        Fact::Planned(_) | Fact::Added { .. } | Fact::Settled { .. } | Fact::FollowUp { .. } => {
            source.is(Role::Gateway)
        }
        Fact::Ended { how: Ending::Stopped | Ending::Aborted, .. } => source.is(Role::Gateway),
        Fact::Ordered(order) if order.sort.is_of_team() => {
            *source == order.from && source.as_unit().is_some()
        }
        Fact::Ordered(_) => source.is(Role::Gateway),
        Fact::Confirmed { unit, .. }
        | Fact::Declined { unit, .. }
        | Fact::BriefingRead { unit }
        | Fact::CheckedIn { unit, .. }
        | Fact::Answered { unit, .. }
        | Fact::Found { unit, .. } => own(unit),
        Fact::Registered { .. }
        | Fact::Invited { .. }
        | Fact::Assessed { .. }
        | Fact::Started { .. }
        | Fact::Briefed { .. }
        | Fact::Ended { .. }
        | Fact::ReleaseAsked { .. }
        | Fact::Released { .. }
        | Fact::Summarised(_)
        | Fact::Repeated { .. }
        | Fact::WorkBegun { .. } => source.is(Role::Worker),
    }
}

/// The case of a follow-up: one number, however often it is asked for.
pub fn work_case(id: &OperationId, item: &ItemId) -> Option<CaseId> {
    CaseId::parse(format!("{id}-{item}")).ok()
}

/// The number of an operation's next: one number, however often it is asked for.
pub fn next_id(id: &OperationId, plan: &Plan) -> Option<OperationId> {
    let series = plan.series.as_ref().unwrap_or(id);
    OperationId::parse(format!("{series}.{}", plan.occurrence.checked_add(1)?)).ok()
}

/// Whom an operation concerns: its coordinator, and whoever is or was called.
pub fn concerned(operation: &Operation) -> BTreeSet<Party> {
    let units = operation.members.keys().map(Party::unit);
    units.chain([operation.plan.coordinator.clone()]).collect()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
