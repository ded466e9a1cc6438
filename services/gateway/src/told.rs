//! What was said about a case: an envelope that carries a fact, from who may say it.

use domain::{
    case::{Dispute, Fact, Finding, Ladder, may_say},
    envelope::Envelope,
    evidence::Evidence,
    id::{CaseId, CityId},
    moment::Moment,
};
use proto::{
    envelope::{Wire, from_wire},
    record::Record,
};
use serde::{Deserialize, Serialize};

/// Something that was said about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// About which case.
    pub(crate) case_id: CaseId,
    /// What.
    pub(crate) fact: Fact,
    /// The envelope that said so.
    pub(crate) envelope: Envelope,
    /// When the bus had it; none: it has not come back from there.
    pub(crate) accepted_at: Option<Moment>,
}

impl Told {
    /// Reads an envelope; none when it says nothing about a case of this city, or when its source
    /// is not the one that says such things.
    pub(crate) fn read(city: &CityId, wire: Wire, accepted_at: Option<Moment>) -> Option<Told> {
        let envelope = from_wire(wire).ok()?;
        let number = envelope.subject.strip_prefix("case/")?.strip_prefix(city.as_str())?;
        let number = number.strip_prefix('/').filter(|number| !number.contains('/'))?;
        let case_id = CaseId::parse(number).ok()?;
        let fact = proto::fact::read(&envelope.kind, &envelope.body).ok()??;
        may_say(&envelope.source, &fact).then_some(Told { case_id, fact, envelope, accepted_at })
    }

    /// What shows it: in the store of the unit that says so, or in that of whistles.
    pub(crate) fn evidence(&self) -> &[Evidence] {
        shown(&self.fact)
    }

    /// When it counts from: when the bus had it, or else when it was decided.
    pub(crate) fn at(&self) -> Moment {
        self.accepted_at.unwrap_or(self.envelope.time)
    }
}

/// What shows a fact. A call has what its whistle has.
pub(crate) fn shown(fact: &Fact) -> &[Evidence] {
    match fact {
        Fact::Whistled(whistle) => &whistle.evidence,
        Fact::SentBack { evidence, .. }
        | Fact::Disposed { evidence, .. }
        | Fact::Dispute(Dispute::Raised { evidence, .. })
        | Fact::Finding(Finding::Found { evidence, .. }) => evidence,
        Fact::ReportedAgain(report) => &report.evidence,
        Fact::Ladder(Ladder::Reported { evidence, .. }) => evidence,
        Fact::Proxied(proxied) => shown(&proxied.act),
        _ => &[],
    }
}

/// The ordering key of a case.
pub(crate) fn subject(city: &CityId, case_id: &CaseId) -> String {
    format!("case/{city}/{case_id}")
}

/// Where in the gateway's own journal something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spot {
    /// The record.
    pub(crate) place: u64,
    /// Which of its envelopes.
    pub(crate) index: u32,
    /// Whether it came from the bus; if not, it goes there.
    pub(crate) is_received: bool,
}

impl Spot {
    /// What was said about a case there.
    pub(crate) fn read(self, city: &CityId, record: &Record) -> Option<Told> {
        let (wire, accepted_at) = self.wire(record)?;
        Told::read(city, wire, accepted_at)
    }

    /// The envelope that is there, and when the bus had it.
    pub(crate) fn wire(self, record: &Record) -> Option<(Wire, Option<Moment>)> {
        let index = self.index as usize;
        if !self.is_received {
            return Some((record.outgoing.get(index)?.clone(), None));
        }
        let received = record.received.get(index)?;
        Some((received.envelope.clone()?, Some(Moment(received.accepted_at_ms))))
    }
}
