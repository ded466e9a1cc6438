//! How a matter came in, and what is kept of each time that it came in again (重复举报).
//!
//! A matter has many reporters and one case: each report says through which channel it came, which
//! number it has there, and where exactly it is. All of that but the words is small and is kept
//! with the case, so that every reporter can be answered (有呼必应).
//!
//! Whether two reports are about the same matter is decided in [`duplicate`](super::duplicate).

use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::{CaseId, CommunityId, ExternalId, ObjectId, RoadId, UnitId},
    moment::Moment,
    pack::Datum,
};

/// Through which channel a matter came in (M011).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A member of the grid on patrol of the own cell (网格员).
    #[default]
    Grid,
    /// The community's own desk (社区).
    Community,
    /// The city-management hotline 12319 (热线).
    Hotline,
    /// A citizen's report (群众举报).
    Citizen,
    /// Assigned by a leader (领导交办).
    Leader,
    /// A proposal of a deputy or a member (建议提案).
    Proposal,
    /// A petition (信访).
    Petition,
    /// A patrol of several departments (巡查).
    Patrol,
    /// A sensor (感知设备).
    Sensor,
    /// What an inspection has found (督查反馈).
    Inspection,
    /// The survey of a campaign (专项行动摸排).
    Campaign,
    /// What a joint approval has decided (联审联批); nobody reports through it.
    Approval,
    /// What a joint operation has left to do (联合执法); nobody reports through it.
    Operation,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 13] = [
        Channel::Grid,
        Channel::Community,
        Channel::Hotline,
        Channel::Citizen,
        Channel::Leader,
        Channel::Proposal,
        Channel::Petition,
        Channel::Patrol,
        Channel::Sensor,
        Channel::Inspection,
        Channel::Campaign,
        Channel::Approval,
        Channel::Operation,
    ];

    /// The word in keys.
    pub fn word(self) -> &'static str {
        match self {
            Channel::Grid => "grid",
            Channel::Community => "community",
            Channel::Hotline => "hotline",
            Channel::Citizen => "citizen",
            Channel::Leader => "leader",
            Channel::Proposal => "proposal",
            Channel::Petition => "petition",
            Channel::Patrol => "patrol",
            Channel::Sensor => "sensor",
            Channel::Inspection => "inspection",
            Channel::Campaign => "campaign",
            Channel::Approval => "approval",
            Channel::Operation => "operation",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Grid => "the grid (网格)",
            Channel::Community => "the community (社区)",
            Channel::Hotline => "the hotline 12319 (热线)",
            Channel::Citizen => "a citizen's report (群众举报)",
            Channel::Leader => "a leader's assignment (领导交办)",
            Channel::Proposal => "a proposal (建议提案)",
            Channel::Petition => "a petition (信访)",
            Channel::Patrol => "a patrol (巡查)",
            Channel::Sensor => "a sensor (感知设备)",
            Channel::Inspection => "an inspection (督查反馈)",
            Channel::Campaign => "a campaign's survey (专项行动摸排)",
            Channel::Approval => "a joint approval (联审联批)",
            Channel::Operation => "a joint operation (联合执法)",
        }
    }
}

/// A point, exact to about a centimetre; whole numbers, so that it is the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Degrees east, times ten million.
    pub lon_e7: i32,
    /// Degrees north, times ten million.
    pub lat_e7: i32,
    /// In which datum: points of different ones are hundreds of metres apart and never compared.
    pub datum: Datum,
}

/// The radius of the earth, in metres.
const EARTH_M: f64 = 6_371_008.8;

impl Point {
    /// Whether it is on the earth.
    pub fn is_on_earth(self) -> bool {
        self.lon_e7.unsigned_abs() <= 1_800_000_000 && self.lat_e7.unsigned_abs() <= 900_000_000
    }

    /// How far it is to another, in whole metres, up; none when their datums differ.
    pub fn metres_to(self, other: Point) -> Option<u32> {
        if self.datum != other.datum {
            return None;
        }
        let radians = |e7: i32| f64::from(e7) / 1e7_f64 * std::f64::consts::PI / 180.0;
        let (here, there) = (radians(self.lat_e7), radians(other.lat_e7));
        let east = (radians(self.lon_e7) - radians(other.lon_e7)) / 2.0;
        let north = (here - there) / 2.0;
        let chord = north.sin().powi(2) + here.cos() * there.cos() * east.sin().powi(2);
        let metres = 2.0 * EARTH_M * chord.sqrt().clamp(0.0, 1.0).asin();
        Some(metres.ceil() as u32)
    }
}

/// Where exactly, beside the cell of the grid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// In words; may be empty.
    pub address: String,
    /// On the map.
    pub point: Option<Point>,
    /// On which segment of a road.
    pub road: Option<RoadId>,
    /// Who or what is responsible for the place: a shop by its number (门前四包, M018).
    pub object: Option<ObjectId>,
}

/// How a report came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    /// Through which channel.
    pub channel: Channel,
    /// Which number it has there.
    pub external_id: Option<ExternalId>,
    /// The system outside that has given it that number, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<UnitId>,
    /// Where exactly.
    pub place: Place,
}

/// Why two reports are taken as about the same matter; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A person says so.
    Person,
    /// The same number of the same channel, by the pack's rule.
    SameNumber,
    /// The same place, by the pack's rule: so many metres apart.
    SamePlace(u32),
}

/// The matter of a case was reported again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Who reported it, and is answered.
    pub reporter: CommunityId,
    /// How it came in.
    pub intake: Intake,
    /// What was seen.
    pub description: String,
    /// What shows it; may be nothing.
    pub evidence: Vec<Evidence>,
    /// When it was seen.
    pub seen_at: Moment,
    /// When it was reported.
    pub reported_at: Moment,
    /// Why it is the same matter.
    pub ground: Ground,
    /// The case that it had until that was merged.
    pub merged_from: Option<CaseId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lon: f64, lat: f64) -> Point {
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        Point { lon_e7: e7(lon), lat_e7: e7(lat), datum: Datum::Cgcs2000 }
    }

    #[test]
    fn metres_are_those_of_the_earth_and_never_between_two_datums() {
        let gate = point(104.2440, 23.3690);
        assert_eq!(gate.metres_to(gate), Some(0));
        // A thousandth of a degree north is 111 m; east, at this latitude, 102 m.
        let north = gate.metres_to(point(104.2440, 23.3700)).unwrap();
        let east = gate.metres_to(point(104.2450, 23.3690)).unwrap();
        assert!((111..=112).contains(&north) && (102..=103).contains(&east), "{north} {east}");
        let other = Point { datum: Datum::Gcj02, ..gate };
        assert_eq!(gate.metres_to(other), None);
        let antipode = point(104.2440 - 180.0, -23.3690);
        assert!((20_015_000..20_016_000).contains(&gate.metres_to(antipode).unwrap()));
    }

    #[test]
    fn a_point_beyond_the_poles_is_not_on_earth() {
        assert!(point(180.0, -90.0).is_on_earth());
        for (lon, lat) in [(180.1, 0.0), (0.0, 90.1), (-180.1, 0.0)] {
            assert!(!point(lon, lat).is_on_earth(), "{lon} {lat}");
        }
    }
}
