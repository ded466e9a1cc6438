//! Our own outage: a time in which Muster could not carry what units say, nor tell them anything.
//!
//! It is recorded and charged to nobody: no clock of a party runs in it. The public clock does.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// How many outages count at most for one case, the last ones.
pub const OUTAGES_MAX: usize = 64;

/// One outage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outage {
    /// The last moment at which all was well.
    pub from: Moment,
    /// The first moment at which all was well again.
    pub to: Moment,
}
