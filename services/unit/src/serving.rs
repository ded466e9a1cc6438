//! The services of the hosted units. Each call converts in its first lines ([`crate::asking`]) and
//! its last.

mod registers;
mod units;
mod watch;

pub(crate) use self::{registers::Registers, units::Units};
