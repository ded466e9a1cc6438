//! What the grid and its people say about a case beside its course: a finding is lifted to the next
//! level of the patrol (三级联动, M016), a special team is formed for it (专案专班, M032).
//!
//! None of it moves the case: its owner, its round and its clocks stay. A lift goes one level up,
//! never down and never past one; a team takes the place of the one before.

use serde::{Deserialize, Serialize};

use crate::{
    id::{PersonId, UnitId},
    party::{Party, Role},
    rejection::Rejection,
};

/// The most members of a team.
pub const MEMBERS_MAX: usize = 50;

/// A level of the patrol: 市、办事处、社区(村).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The community or village (社区、村); where every finding begins.
    #[default]
    Community,
    /// The subdistrict office (办事处).
    Subdistrict,
    /// The city (市): its coordinating office.
    City,
}

impl Level {
    /// The word in ids and tables.
    pub fn word(self) -> &'static str {
        match self {
            Level::Community => "community",
            Level::Subdistrict => "subdistrict",
            Level::City => "city",
        }
    }

    /// The next one up.
    pub fn above(self) -> Option<Level> {
        match self {
            Level::Community => Some(Level::Subdistrict),
            Level::Subdistrict => Some(Level::City),
            Level::City => None,
        }
    }
}

/// A member of a special team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TeamMember {
    /// Of which unit.
    pub unit: UnitId,
    /// Who.
    pub person: PersonId,
}

/// Something that is said on the ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Local {
    /// A finding was lifted.
    Lifted {
        /// To which level.
        to: Level,
        /// Who has it there: `unit/subdistrict_kaihua`, `office/leading_group_office`.
        upper: Party,
        /// Why.
        reason: String,
        /// Who lifted it.
        lifted_by: Party,
    },
    /// A team was formed, in the place of one that there was.
    Teamed {
        /// Its members, the first of whom heads it.
        members: Vec<TeamMember>,
        /// Why.
        note: String,
        /// Who formed it.
        formed_by: Party,
    },
}

impl Local {
    /// Whether `source` is the one that says so.
    pub fn may_say(&self, source: &Party) -> bool {
        source.is(Role::Gateway)
    }
}

/// The level to which a finding at this one is lifted.
pub fn lift(level: Level) -> Result<Level, Rejection> {
    level.above().ok_or_else(|| {
        let message = "it is with the city already; above it is only the direct report";
        Rejection::conflict("AT_THE_TOP", message).at("case_id")
    })
}

/// Checks the members of a team: people of at least two units, nobody twice.
pub fn check_team(
    members: &[TeamMember],
    is_unit: impl Fn(&UnitId) -> bool,
) -> Result<(), Rejection> {
    let wrong = |reason: &str, message: String| Err(Rejection::invalid(reason, "members", message));
    if members.len() > MEMBERS_MAX {
        let count = members.len();
        return wrong("TOO_MANY", format!("members names at most {MEMBERS_MAX}, not {count}"));
    }
    for (at, TeamMember { unit, person }) in members.iter().enumerate() {
        if !is_unit(unit) {
            return wrong("UNKNOWN_UNIT", format!("{unit} is no unit that can be called"));
        }
        if members[..at].iter().any(|other| other == &members[at]) {
            return wrong("MEMBER_TWICE", format!("{person} of {unit} is named twice"));
        }
    }
    let first = members.first().map(|member| &member.unit);
    if members.iter().all(|member| Some(&member.unit) == first) {
        let message = "a team has members of two units at least; one unit is called as it is";
        return wrong("TEAM_OF_ONE_UNIT", message.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_goes_up_one_level_at_a_time_and_not_past_the_city() {
        assert_eq!(lift(Level::Community), Ok(Level::Subdistrict));
        assert_eq!(lift(Level::Subdistrict), Ok(Level::City));
        assert_eq!(lift(Level::City).unwrap_err().reason, "AT_THE_TOP");
        assert!(Level::Community < Level::Subdistrict && Level::Subdistrict < Level::City);
    }

    #[test]
    fn a_team_is_of_several_units_and_names_nobody_twice() {
        let member = |text: &str| {
            let (unit, person) = text.split_once(':').unwrap();
            TeamMember { unit: unit.parse().unwrap(), person: person.parse().unwrap() }
        };
        let check = |texts: &[&str]| {
            let members: Vec<TeamMember> = texts.iter().map(|text| member(text)).collect();
            check_team(&members, |unit| unit.as_str() != "media").map_err(|no| no.reason)
        };
        let wrong = |reason: &str| Err(reason.to_owned());
        assert_eq!(check(&["a:p-1", "b:p-1"]), Ok(()));
        assert_eq!(check(&["a:p-1", "a:p-2", "b:p-3"]), Ok(()));
        assert_eq!(check(&[]), wrong("TEAM_OF_ONE_UNIT"));
        assert_eq!(check(&["a:p-1"]), wrong("TEAM_OF_ONE_UNIT"));
        assert_eq!(check(&["a:p-1", "a:p-2"]), wrong("TEAM_OF_ONE_UNIT"));
        assert_eq!(check(&["a:p-1", "b:p-2", "a:p-1"]), wrong("MEMBER_TWICE"));
        assert_eq!(check(&["a:p-1", "media:p-2"]), wrong("UNKNOWN_UNIT"));
        assert_eq!(check(&["a:p-1"; 51]), wrong("TOO_MANY"));
    }

    #[test]
    fn only_the_gateway_says_so() {
        let said = Local::Lifted {
            to: Level::Subdistrict,
            upper: "unit/sub_a".parse().unwrap(),
            reason: "x".into(),
            lifted_by: "community/c".parse().unwrap(),
        };
        for source in ["service/worker", "unit/sub_a", "community/c"] {
            assert!(!said.may_say(&source.parse().unwrap()), "{source}");
        }
        assert!(said.may_say(&Party::service(Role::Gateway)));
    }
}
