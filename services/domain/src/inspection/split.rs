//! The splitter: whose each finding is. Pure, and the same at the desk that opens a stop and in the
//! record.

use std::collections::BTreeSet;

use super::{Found, Opened};
use crate::{id::UnitId, pack::Powers};

/// Who answers for a finding: who has the power for it on the day it happened. Where several have,
/// it is the one that found it, or the first; where nobody has, none: the office must say.
pub fn owner(powers: &Powers, by: &UnitId, found: &Found) -> Option<UnitId> {
    let units = &powers.at(&found.code, found.at)?.units;
    units.iter().find(|unit| *unit == by).or(units.first()).cloned()
}

/// Everybody to whom findings of a stop are given; none among them stands for the office.
pub fn split(powers: &Powers, opened: &Opened) -> BTreeSet<Option<UnitId>> {
    opened.findings.iter().map(|found| owner(powers, &opened.unit, found)).collect()
}
