//! The wire and the record: generated types of `muster/<noun>/v1`, and their conversion.
//!
//! Generated types stop here and in the first and last line of a service's handler: what goes on is
//! of the domain. A conversion that can fail says which field is wrong and what would be right.
//! This crate knows no rule of the domain and does no IO.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
pub mod amendment;
pub mod body;
pub mod contact;
pub mod convert;
pub mod credit;
pub mod decree;
pub mod envelope;
pub mod fact;
pub mod head;
pub mod inspection;
pub mod joint;
pub mod operate;
pub mod outage;
#[cfg(test)]
mod properties;
pub mod report;
pub mod stuck;

/// The descriptors of all protos, for server reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

macro_rules! packages {
    ($($(#[$doc:meta])* $name:ident = $package:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[allow(missing_docs, clippy::all, clippy::too_many_lines)]
        pub mod $name {
            tonic::include_proto!($package);
        }
    )*};
}

/// The generated code: one module for each noun, as the packages refer to each other.
pub mod muster {
    #![allow(clippy::doc_markdown, rustdoc::all)]
    macro_rules! versions {
        ($($(#[$doc:meta])* $noun:ident = $package:literal),* $(,)?) => {$(
            $(#[$doc])*
            pub mod $noun {
                packages! {
                    /// Version 1.
                    v1 = $package,
                }
            }
        )*};
    }

    versions! {
        /// A unit answers for a case.
        accountability = "muster.accountability.v1",
        /// Several approve many items together.
        approval = "muster.approval.v1",
        /// Questions between units.
        ask = "muster.ask.v1",
        /// The message bus.
        bus = "muster.bus.v1",
        /// What is said about a case.
        case = "muster.case.v1",
        /// Telephone numbers that are handed over.
        contact = "muster.contact.v1",
        /// Credit, lists, and what goes to outside systems.
        credit = "muster.credit.v1",
        /// Enforcement decisions and their gates.
        decision = "muster.decision.v1",
        /// The one message.
        envelope = "muster.envelope.v1",
        /// Photographs, recordings, documents.
        evidence = "muster.evidence.v1",
        /// What the grid and its people ask.
        grid = "muster.grid.v1",
        /// Flows that are stuck.
        incident = "muster.incident.v1",
        /// One stop, several findings, seized vehicles.
        inspection = "muster.inspection.v1",
        /// What is looked for, counted and measured in the ledger.
        ledger = "muster.ledger.v1",
        /// What one unit tells several others.
        notice = "muster.notice.v1",
        /// What people are told by SMS or webhook.
        notification = "muster.notification.v1",
        /// Several units act at one place.
        operation = "muster.operation.v1",
        /// Our own outages.
        outage = "muster.outage.v1",
        /// What goes to systems outside, and what of it they did not take.
        outside = "muster.outside.v1",
        /// What lists and commands share.
        page = "muster.page.v1",
        /// What journals hold.
        record = "muster.record.v1",
        /// The registers of departments.
        register = "muster.register.v1",
        /// Who answers for what.
        registry = "muster.registry.v1",
        /// The desk of a unit.
        unit = "muster.unit.v1",
        /// The door for communities and coordinators.
        whistle = "muster.whistle.v1",
    }
}

/// The bus's contract with its envelopes left as bytes: the same messages on the wire, for the one
/// who only carries them.
pub mod sealed {
    #![allow(missing_docs, clippy::all, clippy::too_many_lines, clippy::doc_markdown, rustdoc::all)]
    pub mod bus {
        pub mod v1 {
            include!(concat!(env!("OUT_DIR"), "/sealed/muster.bus.v1.rs"));
        }
    }
    pub mod page {
        pub mod v1 {
            pub use crate::muster::page::v1::*;
        }
    }
    pub use bus::v1::*;
}

pub use muster::{
    accountability::v1 as accountability, approval::v1 as approval, ask::v1 as ask, bus::v1 as bus,
    case::v1 as case, contact::v1 as contact_wire, credit::v1 as credit_wire,
    decision::v1 as decision, evidence::v1 as evidence, grid::v1 as grid, incident::v1 as incident,
    inspection::v1 as inspection_wire, ledger::v1 as ledger, notice::v1 as notice,
    notification::v1 as notification, operation::v1 as operation, outside::v1 as outside,
    page::v1 as page, record::v1 as record, register::v1 as register, registry::v1 as registry,
    unit::v1 as unit, whistle::v1 as whistle,
};
