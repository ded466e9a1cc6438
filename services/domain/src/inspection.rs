//! Inspections (检查, M063): one stop, several findings, each with the unit that has the power for it.
//!
//! The story: somebody of any unit stops a vehicle or a company and says what was found; the
//! splitter gives each finding to the unit that has the power by the pack on the day it happened,
//! and what is nobody's to the office, which names a unit; the owner settles it: a penalty, a
//! warning, or not proven. The stop is closed when every finding is, once, and never opens again.
//!
//! One fact is fined once: of two penalties for one fact of one object, whoever decides them and in
//! whichever stop, the second has no effect until the office says which one stands. A penalty that
//! is revoked is as if it had not been, though it stays in the history. Beside the findings, the
//! register of seizures (查扣登记, M070): nothing is ever taken out of it.
//!
//! Pure, like everything here: a fold over what was said. A desk folds what it knows, the record all.

mod check;
mod docket;
mod fact;
#[cfg(test)]
mod properties;
mod split;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    check::{
        SEIZURES_MAX, check_assignment, check_choice, check_ending, check_opening,
        check_revocation, check_seizure, check_settlement,
    },
    docket::{Docket, Finding, Inspection, Seizure, Settled, Standing},
    fact::{About, End, Fact, Found, Opened, Outcome, Seized, SeizureId, may_say},
    split::{owner, split},
};
use crate::id::{CityId, ObjectId};

/// The most findings of one stop.
pub const FINDINGS_MAX: usize = 30;
/// The most stops of one object that one unit opens.
pub const INSPECTIONS_MAX: usize = 200;
/// The longest text that is kept, in characters.
pub const TEXT_MAX: usize = 2_000;
/// The most that a penalty takes, in fen: what is more is a slip of the pen.
pub const FEN_MAX: u64 = 1_000_000_000_000;

/// The subject of the envelopes about what was found of an object.
pub fn subject(city: &CityId, object: &ObjectId) -> String {
    format!("inspection/{city}/{object}")
}

/// The object that a subject is about, when it is one of this city.
pub fn of_subject(city: &CityId, subject: &str) -> Option<ObjectId> {
    let rest = subject.strip_prefix("inspection/")?.strip_prefix(city.as_str())?;
    ObjectId::parse(rest.strip_prefix('/')?).ok()
}
