//! The services of the hosted units. Each call converts in its first lines ([`crate::asking`]) and
//! its last.

mod assist;
mod contacts;
mod findings;
mod notices;
mod procedures;
mod questions;
mod registers;
mod reviews;
mod statements;
mod teams;
mod units;
mod violations;
mod watch;

pub(crate) use self::{
    contacts::Contacts, findings::Findings, notices::Notices, procedures::Procedures,
    questions::Questions, registers::Registers, reviews::Reviews, statements::Statements,
    teams::Teams, units::Units, violations::Violations,
};
