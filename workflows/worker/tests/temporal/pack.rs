//! The packs as they ship, and a whistle for Wenshan.

use std::path::Path;

use domain::{
    case::{Intake, Whistle},
    id::UnitId,
    moment::Moment,
    pack,
    pack::City,
};

/// The city.
pub fn wenshan() -> City {
    city("wenshan")
}

/// A city, as its pack ships.
pub fn city(name: &str) -> City {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities").join(name);
    let files = kit::pack::files(&dir).unwrap();
    pack::load(&files).unwrap()
}

/// Stalls on a road: enforcement leads, market regulation helps.
pub fn whistle() -> Whistle {
    Whistle {
        community: "kaihua_dongfeng".parse().unwrap(),
        issue_type: "street_vending".parse().unwrap(),
        grid: "WS-KH-001".parse().unwrap(),
        description: "stalls on the road".into(),
        evidence: vec![],
        called_units: ["enforcement", "market_regulation"].map(unit).to_vec(),
        seen_at: Moment(1_795_000_000_000),
        intake: Intake::default(),
        proposed: vec![],
        severity: Default::default(),
        complaint: None,
    }
}

/// A unit.
pub fn unit(id: &str) -> UnitId {
    UnitId::parse(id).unwrap()
}
