//! Names of things, each a type of its own, parsed once at the edge.
//!
//! An id is 1 to 128 bytes of `a-z A-Z 0-9 . _ : / -`: safe in a URI, a file name's content, a log
//! line and a Temporal workflow id. Anything else is refused with the character that is wrong; where an
//! id may be that of a vehicle, its plate is taken as people write it (see [`plate`]).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plate::{self, PlateError};

/// The longest id, in bytes.
pub const LENGTH_MAX: usize = 128;

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text is longer than [`LENGTH_MAX`].
    #[error("an id has at most {LENGTH_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// The text has a character that ids do not have.
    #[error("an id has only letters, digits and . _ : / -, not {0:?}")]
    Character(char),
    /// The text begins as a number plate, and is none.
    #[error(transparent)]
    Plate(#[from] PlateError),
}

/// Checks the form that all ids share.
pub fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > LENGTH_MAX {
        return Err(IdError::TooLong(text.len()));
    }
    if text.bytes().all(|byte| IN_IDS[usize::from(byte)]) {
        return Ok(());
    }
    let is_wrong = |c: &char| u8::try_from(*c).map_or(true, |byte| !IN_IDS[usize::from(byte)]);
    Err(IdError::Character(text.chars().find(is_wrong).unwrap_or_default()))
}

/// Which bytes an id has: every envelope has several, and each is checked.
const IN_IDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'/' | b'-');
        byte += 1;
    }
    table
};

/// The text itself.
fn plain(text: String) -> Result<String, IdError> {
    check(&text).map(|()| text)
}

/// The text, with the ids of the plates in it in their places.
fn plated(text: String) -> Result<String, IdError> {
    match check(&text) {
        Err(IdError::Character(_)) => plain(plate::with_ids(&text)?),
        checked => checked.map(|()| text),
    }
}

macro_rules! ids {
    ($read:ident: $($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text; refuses what is not an id.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                $read(text.into()).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    plain:
    /// A city: the name of its pack, `wenshan`.
    CityId,
    /// A unit of the registry (单位): a department, a subdistrict, a company, `market_regulation`.
    UnitId,
    /// A cell of the grid (网格), `WS-KH-001`.
    GridId,
    /// A community (社区) or village.
    CommunityId,
    /// A kind of matter (问题类型), `street_vending`.
    IssueTypeId,
    /// A case (案件): one number per matter, `20261122-7QK3M9ZT`.
    CaseId,
    /// An amendment of the registry of rights and duties, `A20260620-7QK3M9ZT`.
    AmendmentId,
    /// A message, unique within its source.
    EnvelopeId,
    /// A caller's own name for one command; a repeat with the same id gets the first answer.
    RequestId,
    /// The number that a matter has in the channel through which it came (来件编号).
    ExternalId,
    /// A segment of a road (路段), `WS-KH-R1`.
    RoadId,
    /// A person within a unit, as the unit names it.
    PersonId,
    /// A form of accountability (追责方式), `public_criticism`.
    FormId,
    /// A kind of violation (违法行为), `unsealed_load`: a finding is of one, credit counts some.
    ViolationCode,
    /// The number of a unit's decision (决定书文号).
    DecisionId,
    /// A joint approval (联审联批), `P20261122-7QK3M9ZT`.
    ApprovalId,
    /// What sort of joint approval, `bollards`.
    ApprovalKindId,
    /// What is proposed for an item of one, `remove`.
    OutcomeId,
    /// An item of one, as the applicant numbers it, `1` or `songyang-07`.
    ItemId,
    /// What sort of enforcement decision, `demolition`.
    DecisionKindId,
    /// An action by which one is carried out, `demolish`.
    ActionId,
    /// A stop by the roadside (检查) with what was found, `I-enforcement-17`.
    InspectionId,
    /// A telephone number that was handed over (广告违法通讯信息), `C-enforcement-9`; never the number.
    ContactId,
    /// A joint operation (联合执法行动), `O20261122-7QK3M9ZT`.
    OperationId,
    /// What sort of joint operation, `muck_trucks`.
    OperationKindId,
    /// An order in one, `c-3` of the coordinator, `enforcement-1` of a team.
    OrderId,
}

ids! {
    plated:
    /// Who or what is responsible for a place (责任单位、责任人), `91532601MA6K`: a shop, a site, a lamp; or a
    /// vehicle by its plate.
    ObjectId,
    /// What has happened, whoever has seen it: two units that confirm one fact name it alike.
    FactKey,
    /// A vehicle of a unit, by its plate or as the unit numbers it.
    VehicleId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_id_is_kept_and_a_bad_one_says_what_is_wrong() {
        assert_eq!(UnitId::parse("gov_city").unwrap().as_str(), "gov_city");
        assert_eq!(UnitId::parse(""), Err(IdError::Empty));
        assert_eq!(UnitId::parse("a b"), Err(IdError::Character(' ')));
        assert_eq!(UnitId::parse("执法"), Err(IdError::Character('执')));
        assert_eq!(UnitId::parse("x".repeat(129)), Err(IdError::TooLong(129)));
    }
}
