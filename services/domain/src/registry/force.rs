//! Which version of a route is in force: for an issue type, in a cell, on a day.
//!
//! Versions are the pack's rows and the approved amendments about the cell. Of those that have
//! begun, the one that began last stands, and of two from the same day the one that was approved
//! last. An amendment that has ended leaves its right to the one that follows it: what was in force
//! before it does not come back by itself.

use super::{Entry, Registry};
use crate::{
    case::Phrase,
    id::{IssueTypeId, UnitId},
    pack::{Cell, City, Day, Route},
};

/// A version of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version<'a> {
    /// A row of the pack.
    Pack(&'a Route),
    /// An amendment.
    Amended(&'a Entry),
}

impl<'a> Version<'a> {
    /// Who may lead.
    pub fn leads(self) -> &'a [UnitId] {
        match self {
            Version::Pack(row) => &row.leads,
            Version::Amended(entry) => &entry.amendment.leads,
        }
    }

    /// Who cooperates.
    pub fn cooperating(self) -> &'a [UnitId] {
        match self {
            Version::Pack(row) => &row.cooperating,
            Version::Amended(entry) => &entry.amendment.cooperating,
        }
    }

    /// Who is responsible.
    pub fn responsible(self) -> &'a [UnitId] {
        match self {
            Version::Pack(row) => &row.responsible,
            Version::Amended(entry) => &entry.amendment.responsible,
        }
    }

    /// The first day in force.
    pub fn from(self) -> Day {
        match self {
            Version::Pack(row) => row.from,
            Version::Amended(entry) => entry.amendment.from,
        }
    }

    /// The last day that it names itself.
    pub fn until(self) -> Option<Day> {
        match self {
            Version::Pack(row) => row.to,
            Version::Amended(entry) => entry.amendment.until,
        }
    }

    /// The document behind it, for people.
    pub fn basis(self) -> String {
        match self {
            Version::Pack(row) => {
                let from = row.from.to_string();
                Phrase::Row(&row.task, &row.source, &from).to_string()
            }
            Version::Amended(Entry { id, amendment, .. }) => {
                let (id, from) = (id.to_string(), amendment.from.to_string());
                Phrase::Amended(&id, &amendment.basis, &from, amendment.place()).to_string()
            }
        }
    }

    /// The amendment, when it is one.
    pub fn entry(self) -> Option<&'a Entry> {
        match self {
            Version::Pack(_) => None,
            Version::Amended(entry) => Some(entry),
        }
    }

    /// Which of two that have begun stands: the greater one.
    pub(super) fn rank(self) -> (Day, u32) {
        (self.from(), self.entry().map_or(0, |entry| entry.order))
    }

    /// Whether its own last day is over.
    pub(super) fn has_ended(self, day: Day) -> bool {
        self.until().is_some_and(|last| last < day)
    }
}

/// Every version that speaks of an issue type in a cell, in no order.
pub(super) fn versions<'a>(
    city: &'a City,
    registry: &'a Registry,
    issue: &'a IssueTypeId,
    cell: &'a Cell,
) -> impl Iterator<Item = Version<'a>> {
    let rows = city.routes.get(issue).into_iter().flatten().map(Version::Pack);
    let here = registry.approved(issue).filter(|entry| entry.amendment.is_about(cell));
    rows.chain(here.map(Version::Amended))
}

/// The version in force; none before the first one.
pub fn in_force<'a>(
    city: &'a City,
    registry: &'a Registry,
    issue: &'a IssueTypeId,
    cell: &'a Cell,
    day: Day,
) -> Option<Version<'a>> {
    let begun = versions(city, registry, issue, cell).filter(|version| version.from() <= day);
    begun.max_by_key(|version| version.rank()).filter(|version| !version.has_ended(day))
}

/// The last day on which a version is in force there, after which another one is; none when there
/// is no end.
pub fn ends<'a>(
    city: &'a City,
    registry: &'a Registry,
    issue: &'a IssueTypeId,
    cell: &'a Cell,
    version: Version<'a>,
) -> Option<Day> {
    let later = versions(city, registry, issue, cell).filter(|other| other.rank() > version.rank());
    let next = later.map(|other| other.from().previous()).min();
    version.until().into_iter().chain(next).min()
}
