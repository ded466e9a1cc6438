//! The objective grounds on which a unit has to answer for a case (追责问责, M034).
//!
//! A ground is something that is in the record and can be counted: that a limit had passed and the
//! unit was urged, that the community has sent the matter back so many times, that a complaint was
//! upheld. It is never a judgement: whether anybody is to blame is decided by people, who have heard
//! the unit. A unit for which the lead acts has no grounds: it was not called itself.
//!
//! Who was late in a case that is withdrawn was late: nobody's taking it back undoes that. A case that
//! is merged is another case's matter: how long that takes is looked at there, and once. What a unit
//! has done in it all the same, a refusal against a ruling or what a complaint has shown, it has done.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    course::Course,
    fact::{Duty, Rung},
};
use crate::{id::UnitId, moment::Moment, pack::Limits};

/// One thing that is so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The limit had passed, and the unit was urged.
    Late {
        /// The round.
        round: u32,
        /// What was owed.
        duty: Duty,
        /// By when.
        due: Moment,
        /// When it was urged.
        urged_at: Moment,
    },
    /// It was late under a direct report to the city government.
    Reported {
        /// When the community reported.
        reported_at: Moment,
    },
    /// What it had declared disposed was sent back.
    Reworked {
        /// How often.
        times: u32,
    },
    /// It has refused against rulings as often as the city counts as evasion (推诿扯皮), here and in
    /// other cases of the kind.
    Evaded {
        /// How often.
        times: u32,
    },
    /// A complaint about it was upheld.
    Upheld {
        /// When.
        found_at: Moment,
    },
}

/// The grounds of each unit, in the order in which they came about.
pub fn grounds(course: &Course, limits: &Limits) -> BTreeMap<UnitId, Vec<Ground>> {
    let mut grounds = BTreeMap::new();
    if course.merged_into.is_none() {
        of_the_matter(course, limits, &mut grounds);
    }
    for (unit, times) in evasive(course, limits) {
        grounds.entry(unit.clone()).or_default().push(Ground::Evaded { times });
    }
    if let Some((complaint, found_at)) = course.complaint.as_ref().zip(course.upheld_at) {
        grounds.entry(complaint.about.clone()).or_default().push(Ground::Upheld { found_at });
    }
    grounds
}

/// How long the matter took, and how often it came back.
fn of_the_matter(course: &Course, limits: &Limits, grounds: &mut BTreeMap<UnitId, Vec<Ground>>) {
    for (rung, urged_at) in &course.late {
        let Rung { round, party, duty, due } = rung;
        let Some(unit) = party.as_unit() else { continue };
        let late = Ground::Late { round: *round, duty: *duty, due: *due, urged_at: *urged_at };
        grounds.entry(unit).or_default().push(late);
    }
    if let Some(filed) = &course.direct.filed {
        for unit in &course.direct.slow {
            let reported = Ground::Reported { reported_at: filed.at };
            grounds.entry(unit.clone()).or_default().push(reported);
        }
    }
    if is_reworked(course, limits)
        && let Some(lead) = &course.lead
    {
        let reworked = Ground::Reworked { times: course.dissatisfied };
        grounds.entry(lead.clone()).or_default().push(reworked);
    }
}

/// Who has refused against a ruling here, and how often in all cases of the kind, where that is as
/// often as the city counts as evasion.
fn evasive<'a>(course: &'a Course, limits: &'a Limits) -> impl Iterator<Item = (&'a UnitId, u32)> {
    let here: BTreeSet<&UnitId> = course.jurisdiction.evaded.iter().map(|(unit, _)| unit).collect();
    let often = |unit| limits.evasions.get(unit).copied().unwrap_or_default();
    let all = here.into_iter().map(move |unit| (unit, often(unit)));
    all.filter(|(_, times)| limits.evasions_max > 0 && *times >= limits.evasions_max)
}

/// Whether the community was not satisfied as often as the city allows at most.
pub fn is_reworked(course: &Course, limits: &Limits) -> bool {
    limits.rounds_max > 0 && course.dissatisfied >= limits.rounds_max
}

/// The units that have grounds, and no sheet yet.
pub fn unaccounted(course: &Course, limits: &Limits) -> Vec<UnitId> {
    let grounds = grounds(course, limits).into_keys();
    grounds.filter(|unit| !course.accounted.contains(unit)).collect()
}

#[cfg(test)]
mod tests;
