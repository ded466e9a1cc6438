//! Whom a case concerns, beside its course: who may see who was told of it.
//!
//! The same as the gateway has of it: the units that were called, asked whose matter it is, or owned
//! it; those in its team and to whom it was lifted; who reported it again; the party of its road.

use std::collections::BTreeSet;

use domain::{
    case::{Dispute, Fact, Ladder, Local},
    id::{CaseId, CommunityId, RoadId, UnitId},
    pack::City,
    party::{Kind, Party},
};
use kit::{access::Thing, tx::Tx, view};
use serde::{Deserialize, Serialize};

use super::{
    rules::json,
    state::{case_key, kept},
};

/// Whom it concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sight {
    units: BTreeSet<UnitId>,
    team: BTreeSet<UnitId>,
    uppers: BTreeSet<UnitId>,
    reporters: BTreeSet<CommunityId>,
    road: Option<RoadId>,
}

impl Sight {
    fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::Whistled(whistle) => {
                self.reporters.insert(whistle.community.clone());
                self.road.clone_from(&whistle.intake.place.road);
            }
            Fact::ReportedAgain(again) => drop(self.reporters.insert(again.reporter.clone())),
            Fact::Called(called) => drop(self.units.insert(called.unit.clone())),
            Fact::Routed(routed) => self.units.extend(routed.owner.as_unit()),
            Fact::Assigned { lead, .. }
            | Fact::HandedOver { lead, .. }
            | Fact::Ladder(Ladder::Instructed { lead, .. }) => {
                self.units.insert(lead.clone());
            }
            Fact::Dispute(Dispute::Opened { units, .. }) => self.units.extend(units.clone()),
            Fact::Local(Local::Lifted { upper, .. }) => self.uppers.extend(upper.as_unit()),
            Fact::Local(Local::Teamed { members, .. }) => {
                self.team = members.iter().map(|member| member.unit.clone()).collect();
            }
            _ => {}
        }
    }
}

fn sight(tx: &Tx<'_>, case_id: &CaseId) -> Result<Option<Sight>, view::Error> {
    let value = tx.get(&case_key(b'v', case_id))?;
    Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
}

/// Adds whom a fact of a case that there is concerns.
pub(super) fn note(tx: &mut Tx<'_>, case_id: &CaseId, fact: &Fact) -> Result<(), view::Error> {
    let before = sight(tx, case_id)?;
    // A case is known from its whistle on.
    if before.is_none() && !matches!(fact, Fact::Whistled(_)) {
        return Ok(());
    }
    let mut now = before.clone().unwrap_or_default();
    now.note(fact);
    if before.as_ref() != Some(&now) {
        tx.put(case_key(b'v', case_id), json(&now));
    }
    Ok(())
}

/// A case as policies judge who sees it; none where there is no such case.
pub fn case(tx: &Tx<'_>, city: &City, case_id: &CaseId) -> Result<Option<Thing>, view::Error> {
    let (Some(kept), Some(sight)) = (kept(tx, case_id)?, sight(tx, case_id)?) else {
        return Ok(None);
    };
    let community = |id: &CommunityId| Party { kind: Kind::Community, id: id.to_string() };
    let owner = kept.course.owner.as_unit();
    let units = sight.units.iter().chain(&sight.team).chain(&owner);
    let thing = Thing::new("Case", case_id.to_string())
        .with("community", kept.course.community_party())
        .with("reporters", sight.reporters.iter().map(community).collect::<BTreeSet<_>>())
        .with("units", units.map(Party::unit).collect::<BTreeSet<_>>())
        .with("uppers", sight.uppers.iter().map(Party::unit).collect::<BTreeSet<_>>())
        .with("owner", kept.course.owner.clone());
    let road = sight.road.and_then(|road| city.people.roads.get(&road)?.party.clone());
    let thing = match city.grid.get(&kept.grid) {
        Some(cell) => thing.with("subdistrict", Party::unit(&cell.subdistrict)),
        None => thing,
    };
    Ok(Some(match road {
        Some(party) => thing.with("road", party),
        None => thing,
    }))
}
