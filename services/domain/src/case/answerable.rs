//! Who answers for a case by territory and who by function, and since when each is late (属地管理,
//! 条抓块保; M025, M026).
//!
//! The territory is the subdistrict office of the cell. It is late with what it owes itself and with
//! what the community below it owes. The function is the lead, or who has to name one: late with
//! what any unit or office owes, and once the whole is not done at its due moment. Either can be
//! late, or both, or neither. This states what is open and what was urged; it judges nobody.

use super::{
    course::{Course, Stage},
    decide::Owed,
};
use crate::{
    id::UnitId,
    moment::Moment,
    party::{Kind, Party},
};

/// Somebody who answers for a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answerable {
    /// Who.
    pub party: Party,
    /// The due moment that was missed first, of what is open or was urged in this round.
    pub late_since: Option<Moment>,
}

/// Both who answer for a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owners {
    /// The subdistrict office of the cell.
    pub territorial: Answerable,
    /// The lead, or who has to name one.
    pub functional: Answerable,
}

/// What is known of a case.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its course.
    pub course: &'a Course,
    /// The subdistrict office of its cell.
    pub subdistrict: &'a UnitId,
    /// What is owed in it.
    pub owed: &'a [Owed],
    /// By when the whole is to be done.
    pub due: Moment,
}

/// Who answers, and who of them is late at this moment.
pub fn owners(known: &Known<'_>, now: Moment) -> Owners {
    let course = known.course;
    let territory = Party::unit(known.subdistrict);
    let function = course.lead.as_ref().map_or_else(|| course.owner.clone(), Party::unit);
    let is_territorial = |party: &Party| *party == territory || party.kind == Kind::Community;
    let is_functional = |party: &Party| *party == function || !is_territorial(party);
    let whole = whole(known, now);
    Owners {
        functional: Answerable {
            late_since: missed(known, now, is_functional).into_iter().chain(whole).min(),
            party: function.clone(),
        },
        territorial: Answerable {
            late_since: missed(known, now, is_territorial),
            party: territory.clone(),
        },
    }
}

/// The due moment that these missed first.
fn missed(known: &Known<'_>, now: Moment, is_one: impl Fn(&Party) -> bool) -> Option<Moment> {
    let open = known.owed.iter().filter(|owed| owed.due < now && is_one(&owed.party));
    let urged = known.course.urged.iter().filter(|rung| is_one(&rung.party));
    open.map(|owed| owed.due).chain(urged.map(|rung| rung.due)).min()
}

/// The due moment of the whole, where it was missed. A case that was merged is settled elsewhere.
fn whole(known: &Known<'_>, now: Moment) -> Option<Moment> {
    let Course { stage, confirming_at, merged_into, .. } = known.course;
    let done = confirming_at.or((*stage != Stage::Closed).then_some(now))?;
    (merged_into.is_none() && known.due < done).then_some(known.due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        case::{Duty, fact::Rung},
        pack::Limit,
    };

    fn course(lead: Option<&str>) -> Course {
        Course {
            stage: Stage::Working,
            owner: "office/o".parse().unwrap(),
            lead: lead.map(|lead| lead.parse().unwrap()),
            ..Course::begin("c".parse().unwrap(), Moment(0))
        }
    }

    /// Who is late since when: the territory, the function.
    fn late(course: &Course, owed: &[(&str, i64)], now: i64) -> (Option<i64>, Option<i64>) {
        let owed: Vec<Owed> = owed
            .iter()
            .map(|(party, due)| {
                let party = party.parse().unwrap();
                Owed::new(party, Duty::Dispose, Moment(*due), Limit::default())
            })
            .collect();
        let sub = "sub_a".parse().unwrap();
        let known = Known { course, subdistrict: &sub, owed: &owed, due: Moment(100) };
        let Owners { territorial, functional } = owners(&known, Moment(now));
        assert_eq!(territorial.party.to_string(), "unit/sub_a");
        let since = |one: Answerable| one.late_since.map(|at| at.0);
        (since(territorial), since(functional))
    }

    #[test]
    fn either_can_be_late_or_both_or_neither() {
        let case = course(Some("housing"));
        assert_eq!(late(&case, &[("unit/housing", 50), ("unit/sub_a", 60)], 40), (None, None));
        assert_eq!(late(&case, &[("unit/housing", 50)], 50), (None, None), "at it is in time");
        assert_eq!(late(&case, &[("unit/housing", 50), ("unit/sub_a", 60)], 55), (None, Some(50)));
        assert_eq!(late(&case, &[("unit/sub_a", 60), ("unit/housing", 90)], 70), (Some(60), None));
        assert_eq!(
            late(&case, &[("unit/sub_a", 60), ("unit/other", 50)], 70),
            (Some(60), Some(50))
        );
        assert_eq!(late(&case, &[("community/c", 60)], 70), (Some(60), None), "its community");
        assert_eq!(late(&course(None), &[("office/o", 10)], 20), (None, Some(10)), "who names one");
    }

    #[test]
    fn a_subdistrict_that_leads_answers_for_both() {
        let case = course(Some("sub_a"));
        assert_eq!(late(&case, &[("unit/sub_a", 50)], 60), (Some(50), Some(50)));
        assert_eq!(late(&case, &[("unit/other", 50)], 60), (None, Some(50)));
    }

    #[test]
    fn the_lead_answers_for_the_whole_and_what_was_urged_is_not_forgotten() {
        let mut case = course(Some("housing"));
        assert_eq!(late(&case, &[], 101), (None, Some(100)));
        case.confirming_at = Some(Moment(100));
        assert_eq!(late(&case, &[], 500), (None, None), "done at its due moment is in time");
        case.confirming_at = Some(Moment(101));
        assert_eq!(late(&case, &[], 500), (None, Some(100)));
        case.merged_into = Some("2".parse().unwrap());
        assert_eq!(late(&case, &[], 500), (None, None));

        let mut case = course(Some("housing"));
        for (party, due) in [("unit/sub_a", 30), ("unit/housing", 20)] {
            let (party, due) = (party.parse().unwrap(), Moment(due));
            case.urged.insert(Rung { round: 0, party, duty: Duty::Accept, due });
        }
        assert_eq!(late(&case, &[], 60), (Some(30), Some(20)));
    }
}
