//! What is covered and what is not: cells without somebody for a role, roads without a chief.
//!
//! 确保每一条道路、每一件事情有人管、有人问 (002), 基本实现路长制全覆盖 (001). Where there is nothing
//! to cover there is no rate.

use std::collections::BTreeSet;

use super::{City, member::GridRole};
use crate::id::{GridId, RoadId};

/// How much of something is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage<T> {
    /// How many there are.
    pub all: usize,
    /// Those that nobody covers, by id.
    pub lacking: Vec<T>,
}

impl<T> Coverage<T> {
    /// How many are covered.
    pub fn covered(&self) -> usize {
        self.all - self.lacking.len()
    }

    /// The rate in hundredths of a percent, rounded down: only all of it is 100 %.
    pub fn basis_points(&self) -> Option<usize> {
        (self.covered() * 10_000).checked_div(self.all)
    }
}

impl City {
    /// The cells of the grid that have a member with this role, and those that have none.
    pub fn staffing(&self, role: GridRole) -> Coverage<GridId> {
        let members = self.people.members.iter().filter(|member| member.role == role);
        let covered: BTreeSet<&GridId> = members.map(|member| &member.grid).collect();
        let lacking = self.grid.keys().filter(|cell| !covered.contains(cell));
        Coverage { all: self.grid.len(), lacking: lacking.cloned().collect() }
    }

    /// The roads that have a chief, and those that have none.
    pub fn chiefs(&self) -> Coverage<RoadId> {
        let roads = &self.people.roads;
        let lacking = roads.values().filter(|road| road.chiefs.is_empty());
        Coverage { all: roads.len(), lacking: lacking.map(|road| road.id.clone()).collect() }
    }
}
