//! What a gateway is told at its start.

use std::collections::BTreeMap;

use domain::id::UnitId;
use kit::{client::Endpoint, evidence, store::House};
use serde::{Deserialize, Serialize};

/// See each field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The profile of limits by which it says what is owed; empty: the pack's own. Default empty.
    pub profile: String,
    /// Watches at the same time, of all callers; one more is refused. Default 256.
    pub watches: usize,
    /// What the store of whistle evidence allows.
    pub evidence: evidence::Limits,
    /// Where the services of units are, which keep what they have shown in cases. Default none.
    pub units: BTreeMap<UnitId, Endpoint>,
    /// How much room its journal may take. Defaults: see there.
    pub house: House,
}

impl Default for Config {
    fn default() -> Config {
        let evidence = evidence::Limits::default();
        let (units, house) = (BTreeMap::new(), House::default());
        Config { profile: String::new(), watches: 256, evidence, units, house }
    }
}
