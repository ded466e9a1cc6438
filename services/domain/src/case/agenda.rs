//! The agenda of a weekly meeting (周例会, M030): what is overdue, what waits for a decision, what was
//! lifted, which matters are frequent where, and what units found themselves.
//!
//! Frequent matters are proposed as a list of tasks (定期列出任务清单, M015); whether a campaign is made
//! of them people decide. Pure: the cases come in as the ledger has them, the agenda goes out.

use std::{collections::BTreeMap, ops::Range};

use super::{Channel, Level};
use crate::{
    id::{CaseId, IssueTypeId, UnitId},
    moment::Moment,
    pack::{City, Day},
    party::Party,
};

impl Channel {
    /// Whether who answers for the place found it itself: on patrol, by its own devices, by the
    /// survey of a campaign (主动巡查、主动发现, M019). What an inspection finds, others found.
    pub fn is_self_found(self) -> bool {
        match self {
            Channel::Patrol | Channel::Sensor | Channel::Campaign => true,
            Channel::Grid
            | Channel::Community
            | Channel::Hotline
            | Channel::Citizen
            | Channel::Leader
            | Channel::Proposal
            | Channel::Petition
            | Channel::Inspection
            | Channel::Approval
            | Channel::Operation => false,
        }
    }
}

/// A case as an agenda needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub case_id: CaseId,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// The territory: the subdistrict office of its cell.
    pub area: UnitId,
    /// When it was raised.
    pub raised_at: Moment,
    /// Whether it is open.
    pub is_open: bool,
    /// Whether somebody has to decide who leads.
    pub is_undecided: bool,
    /// How far it was lifted.
    pub level: Level,
    /// Whether who answers for the place found it itself.
    pub is_self_found: bool,
    /// What is owed in it, and by when.
    pub owed: Vec<(Party, Moment)>,
}

/// Something that is overdue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// In which case.
    pub case_id: CaseId,
    /// Who owes.
    pub party: Party,
    /// By when it was due.
    pub due: Moment,
}

/// A sort of matter that comes often in a territory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequent {
    /// The territory.
    pub area: UnitId,
    /// What sort of matter.
    pub issue_type: IssueTypeId,
    /// How many cases of it.
    pub cases: u64,
    /// How many cases of any sort there.
    pub of: u64,
}

/// A task that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The matter and where.
    pub frequent: Frequent,
    /// Who would lead, by the route of that day; several or none where somebody has to say.
    pub leads: Vec<UnitId>,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub part: u64,
    /// Of so many.
    pub of: u64,
}

impl Share {
    /// The rate in hundredths of a percent, rounded down; none of nothing.
    pub fn basis_points(self) -> Option<u64> {
        self.part.saturating_mul(10_000).checked_div(self.of)
    }
}

/// What a meeting has before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// What is overdue, the longest first.
    pub overdue: Vec<Overdue>,
    /// The open cases in which somebody has to say who leads, by number.
    pub undecided: Vec<CaseId>,
    /// The open cases that were lifted, the highest first.
    pub lifted: Vec<(CaseId, Level)>,
    /// The matters that were frequent in the period, by territory.
    pub frequent: Vec<Frequent>,
    /// What was found by who answers for the place, of all that was raised in the period.
    pub self_found: Share,
}

/// Makes the agenda: what is open now, and of each territory the `top` matters of the period.
pub fn agenda(items: &[Item], period: &Range<Moment>, top: usize, now: Moment) -> Agenda {
    let open = || items.iter().filter(|item| item.is_open);
    let late = |item: &Item| -> Vec<Overdue> {
        let late = item.owed.iter().filter(|(_, due)| *due < now);
        let one = |(party, due): &(Party, Moment)| Overdue {
            case_id: item.case_id.clone(),
            party: party.clone(),
            due: *due,
        };
        late.map(one).collect()
    };
    let mut overdue: Vec<Overdue> = open().flat_map(late).collect();
    overdue.sort_by_key(|one| (one.due, one.case_id.clone(), one.party.clone()));
    let undecided = open().filter(|item| item.is_undecided).map(|item| item.case_id.clone());
    let lifted = open().filter(|item| item.level > Level::Community);
    let mut lifted: Vec<_> = lifted.map(|item| (item.case_id.clone(), item.level)).collect();
    lifted.sort_by_key(|(case_id, level)| (std::cmp::Reverse(*level), case_id.clone()));
    let raised = || items.iter().filter(|item| period.contains(&item.raised_at));
    let mut counts: Counts = BTreeMap::new();
    for item in raised() {
        *counts.entry((item.area.clone(), item.issue_type.clone())).or_default() += 1;
    }
    let found = raised().filter(|item| item.is_self_found).count();
    let self_found = Share { part: found as u64, of: raised().count() as u64 };
    let mut undecided: Vec<CaseId> = undecided.collect();
    undecided.sort();
    Agenda { overdue, undecided, lifted, frequent: frequent(&counts, top), self_found }
}

/// How many cases of each sort of matter each territory has.
pub type Counts = BTreeMap<(UnitId, IssueTypeId), u64>;

/// The `top` matters of each territory, the most frequent first. One case is not frequent.
pub fn frequent(counts: &Counts, top: usize) -> Vec<Frequent> {
    let mut areas: BTreeMap<&UnitId, Vec<(&IssueTypeId, u64)>> = BTreeMap::new();
    for ((area, issue_type), cases) in counts {
        areas.entry(area).or_default().push((issue_type, *cases));
    }
    let mut found = Vec::new();
    for (area, mut matters) in areas {
        let of = matters.iter().map(|(_, cases)| cases).sum();
        matters.sort_by_key(|(issue_type, cases)| (std::cmp::Reverse(*cases), *issue_type));
        let often = matters.into_iter().filter(|(_, cases)| *cases > 1).take(top);
        found.extend(often.map(|(issue_type, cases)| Frequent {
            area: area.clone(),
            issue_type: issue_type.clone(),
            cases,
            of,
        }));
    }
    found
}

/// The list of tasks that frequent matters propose, with who would lead on that day.
pub fn proposals(city: &City, frequent: Vec<Frequent>, day: Day) -> Vec<Proposal> {
    let leads = |issue: &IssueTypeId| {
        city.route_on(issue, day).map(|route| route.leads.clone()).unwrap_or_default()
    };
    let propose = |frequent: Frequent| Proposal { leads: leads(&frequent.issue_type), frequent };
    frequent.into_iter().map(propose).collect()
}

#[cfg(test)]
mod tests;
