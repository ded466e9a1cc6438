//! What is to be said of a fact that has several shapes, whatever the language.

use domain::{
    case::{
        Channel, Fact, Ground, Report, Whistle,
        fact::{Called, Routed},
    },
    id::{CaseId, UnitId},
    party::{Kind, Party},
};

use crate::told::Told;

/// How a case began.
pub(super) enum Raised<'a> {
    /// A complaint about a unit.
    Complained(&'a UnitId),
    /// A joint approval gave the work.
    Approved,
    /// A joint operation left the work.
    Left,
    /// The whistle was blown.
    Blown,
}

impl<'a> Raised<'a> {
    /// What follows from an approval or an operation, nobody has whistled for.
    pub(super) fn of(whistle: &'a Whistle) -> Raised<'a> {
        match (&whistle.complaint, whistle.intake.channel) {
            (Some(complaint), _) => Raised::Complained(&complaint.about),
            (None, Channel::Approval) => Raised::Approved,
            (None, Channel::Operation) => Raised::Left,
            (None, _) => Raised::Blown,
        }
    }
}

/// The party of a chief of a road who speaks in the community's place.
pub(super) fn chief(told: &Told) -> Option<&Party> {
    let by = told.envelope.on_behalf_of.as_ref().filter(|by| by.kind == Kind::Unit)?;
    matches!(told.fact, Fact::Confirmed { .. } | Fact::Whistled(_)).then_some(by)
}

/// To what a unit is called.
pub(super) enum Call {
    /// It has no client: the lead is called to act in its place.
    Proxy,
    /// To cooperate with the lead.
    Cooperate,
    /// To lead.
    Lead,
}

impl Call {
    pub(super) fn of(called: &Called) -> Call {
        match (called.by_proxy, called.is_lead) {
            (true, _) => Call::Proxy,
            (false, true) => Call::Lead,
            (false, false) => Call::Cooperate,
        }
    }
}

/// What a route has decided.
pub(super) enum Way<'a> {
    /// This unit leads.
    Led(&'a UnitId),
    /// The owner has the round, and nobody is called.
    Owned,
    /// The owner has to name the lead of this round.
    ToName(u32),
}

impl<'a> Way<'a> {
    pub(super) fn of(routed: &'a Routed) -> Way<'a> {
        match &routed.lead {
            Some(lead) => Way::Led(lead),
            None if routed.responsible.is_empty() && routed.candidates.is_empty() => Way::Owned,
            None => Way::ToName(routed.round.saturating_add(1)),
        }
    }
}

/// Why a report is about the matter of a case.
pub(super) enum Same<'a> {
    /// It had that case before.
    Before(&'a CaseId),
    /// A person says so.
    Said,
    /// It has the same number.
    Number,
    /// It is within so many metres.
    Place(u32),
}

impl<'a> Same<'a> {
    pub(super) fn of(report: &'a Report) -> Same<'a> {
        match (report.ground, &report.merged_from) {
            (_, Some(case)) => Same::Before(case),
            (Ground::Person, None) => Same::Said,
            (Ground::SameNumber, None) => Same::Number,
            (Ground::SamePlace(metres), None) => Same::Place(metres),
        }
    }
}
