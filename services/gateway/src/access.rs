//! Who may do and see what at this door, all of it.
//!
//! Coordinators, the government and administrators see every case; a community sees those it has
//! whistled or reported again, a unit those in which it was called or which it owned, in whatever round. Nobody else
//! sees anything. That there is a case may be known: its number says nothing.

use domain::{
    id::CommunityId,
    pack::City,
    party::{Kind, Party},
    rejection::Rejection,
};

use crate::matter::Matter;

/// What a party may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Every case.
    All,
    /// The cases that concern it.
    Of(Party),
}

impl Sight {
    /// The party whose lists these are; none: the lists of all.
    pub(crate) fn scope(&self) -> Option<&Party> {
        match self {
            Sight::All => None,
            Sight::Of(party) => Some(party),
        }
    }

    /// Whether the case is in sight.
    pub(crate) fn sees(&self, matter: &Matter) -> bool {
        self.scope().is_none_or(|party| matter.concerns(party))
    }

    /// Refuses what is not.
    pub(crate) fn check(&self, matter: &Matter) -> Result<(), Rejection> {
        if self.sees(matter) {
            return Ok(());
        }
        let message = format!(
            "{} is not a case of yours; it is seen by the community that whistled, the units that \
             were called, and the offices",
            matter.id
        );
        Err(Rejection::forbidden("NOT_YOUR_CASE", message).at("case_id"))
    }
}

/// What this party may see.
pub(crate) fn sight(city: &City, party: &Party) -> Result<Sight, Rejection> {
    let above = [&city.coordinator, &city.government];
    match party.kind {
        Kind::Office | Kind::Admin => Ok(Sight::All),
        Kind::Unit if above.iter().any(|unit| unit.as_str() == party.id) => Ok(Sight::All),
        Kind::Unit | Kind::Community => Ok(Sight::Of(party.clone())),
        Kind::Service => {
            let message = format!("{party} reads the bus's record and not the gateway's ledger");
            Err(Rejection::forbidden("NOT_A_READER", message))
        }
    }
}

/// The community that this party is; nobody else whistles, or brings evidence for it.
pub(crate) fn whistler(city: &City, party: &Party) -> Result<CommunityId, Rejection> {
    let community = CommunityId::parse(party.id.clone()).ok();
    let community = community.filter(|_| party.kind == Kind::Community);
    community.filter(|community| city.community(community).is_some()).ok_or_else(|| {
        let message = format!("{party} is no community of {}; only those whistle", city.id);
        Rejection::forbidden("NOT_A_COMMUNITY", message)
    })
}

/// Only the community that whistled says whether the matter is settled.
pub(crate) fn check_judge(matter: &Matter, party: &Party) -> Result<(), Rejection> {
    let judge = matter.course.community_party();
    if *party == judge {
        return Ok(());
    }
    let message = format!("{party} has no word in {}; right would be: {judge}", matter.id);
    Err(Rejection::forbidden("NOT_YOUR_CASE", message).at("case_id"))
}

/// Only the community that whistled and an office say which matter a case is about.
pub(crate) fn check_sorter(matter: &Matter, party: &Party) -> Result<(), Rejection> {
    if party.kind == Kind::Office || *party == matter.course.community_party() {
        return Ok(());
    }
    let message = format!(
        "{party} does not say which matter {} is about; right would be: {} or an office",
        matter.id,
        matter.course.community_party()
    );
    Err(Rejection::forbidden("NOT_YOUR_CASE", message).at("case_id"))
}
