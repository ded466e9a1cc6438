//! What the lead does for a unit without a client, between the domain and the wire.

use domain::{
    case::{Fact, Proxied},
    rejection::Rejection,
};
use prost::Message as _;

use super::{decode, pack, read_work};
use crate::{
    case::{self, ActedByProxy, acted_by_proxy::Act},
    convert,
};

pub(super) fn write(proxied: &Proxied) -> (String, Vec<u8>) {
    pack(&ActedByProxy { by: proxied.by.to_string(), act: act_out(&proxied.act) })
}

fn act_out(act: &Fact) -> Option<Act> {
    Some(match act {
        Fact::Accepted { round, unit } => {
            Act::Accepted(case::TaskAccepted { round: *round, unit: unit.to_string() })
        }
        Fact::Refused { round, unit, reason, named_unit } => Act::Refused(case::TaskRefused {
            round: *round,
            unit: unit.to_string(),
            reason: reason.clone(),
            named_unit: named_unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        Fact::Arrived { round, unit } => {
            Act::Arrived(case::TaskArrived { round: *round, unit: unit.to_string() })
        }
        Fact::Disposed { round, unit, summary, evidence } => Act::Disposed(case::TaskDisposed {
            round: *round,
            unit: unit.to_string(),
            summary: summary.clone(),
            evidence: convert::evidence_out(evidence),
        }),
        _ => return None,
    })
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Proxied>, Rejection> {
    if name != "ActedByProxy" {
        return Ok(None);
    }
    let nothing = || Rejection::invalid("MALFORMED_BODY", "act", "it says nothing that was done");
    let m: ActedByProxy = decode(body)?;
    let (name, body) = match m.act.ok_or_else(nothing)? {
        Act::Accepted(act) => ("TaskAccepted", act.encode_to_vec()),
        Act::Refused(act) => ("TaskRefused", act.encode_to_vec()),
        Act::Arrived(act) => ("TaskArrived", act.encode_to_vec()),
        Act::Disposed(act) => ("TaskDisposed", act.encode_to_vec()),
    };
    let act = read_work(name, &body)?.ok_or_else(nothing)?;
    let by = convert::id("by", m.by)?;
    Proxied::new(by, act).map(Some).ok_or_else(nothing)
}
