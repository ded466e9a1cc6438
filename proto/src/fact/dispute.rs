//! Disputes between the domain and the wire.

use domain::{
    case::{Body, Dispute, Severity},
    rejection::Rejection,
};

use super::{decode, pack};
use crate::{case, convert};

pub(super) fn write(dispute: &Dispute) -> (String, Vec<u8>) {
    match dispute {
        Dispute::Transferred { round, from, to, cooperating, reason } => {
            pack(&case::CaseTransferred {
                round: *round,
                from: from.to_string(),
                to: to.to_string(),
                cooperating: convert::texts(cooperating),
                reason: reason.clone(),
            })
        }
        Dispute::Opened { round, units, reason, owner, within_ms } => pack(&case::DisputeOpened {
            round: *round,
            units: convert::texts(units),
            reason: reason.clone(),
            owner: owner.to_string(),
            within_ms: *within_ms,
        }),
        Dispute::Ruled { round, lead, cooperating, reason, body, ruled_by } => {
            pack(&case::DisputeRuled {
                round: *round,
                lead: lead.to_string(),
                cooperating: convert::texts(cooperating),
                reason: reason.clone(),
                body: body_out(*body).into(),
                ruled_by: ruled_by.to_string(),
            })
        }
        Dispute::Convened { round, agenda, owner } => pack(&case::ConferenceConvened {
            round: *round,
            agenda: agenda.clone(),
            owner: owner.to_string(),
        }),
        Dispute::Raised { severity, reason, evidence, raised_by } => pack(&case::SeverityRaised {
            severity: severity_out(*severity).into(),
            reason: reason.clone(),
            evidence: convert::evidence_out(evidence),
            raised_by: raised_by.to_string(),
        }),
        Dispute::Silent { round, unit } => {
            pack(&case::OpinionMissing { round: *round, unit: unit.to_string() })
        }
        Dispute::Opinion { round, unit, text, named_unit } => pack(&case::OpinionGiven {
            round: *round,
            unit: unit.to_string(),
            text: text.clone(),
            named_unit: named_unit.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        Dispute::Contested { round, unit, reason } => pack(&case::RulingContested {
            round: *round,
            unit: unit.to_string(),
            reason: reason.clone(),
        }),
        Dispute::Retyped { round, unit, issue_type, grid, reason } => pack(&case::CaseRetyped {
            round: *round,
            unit: unit.to_string(),
            issue_type: issue_type.to_string(),
            reason: reason.clone(),
            grid: grid.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<Option<Dispute>, Rejection> {
    let unit = |text: String| convert::id("unit", text);
    Ok(Some(match name {
        "CaseTransferred" => {
            let m: case::CaseTransferred = decode(body)?;
            let (from, to) = (convert::id("from", m.from)?, convert::id("to", m.to)?);
            let cooperating = convert::ids("cooperating", m.cooperating)?;
            Dispute::Transferred { round: m.round, from, to, cooperating, reason: m.reason }
        }
        "DisputeOpened" => {
            let m: case::DisputeOpened = decode(body)?;
            Dispute::Opened {
                round: m.round,
                units: convert::ids("units", m.units)?,
                reason: m.reason,
                owner: convert::party("owner", &m.owner)?,
                within_ms: m.within_ms,
            }
        }
        "DisputeRuled" => ruled(decode(body)?)?,
        "ConferenceConvened" => {
            let m: case::ConferenceConvened = decode(body)?;
            let owner = convert::party("owner", &m.owner)?;
            Dispute::Convened { round: m.round, agenda: m.agenda, owner }
        }
        "SeverityRaised" => {
            let m: case::SeverityRaised = decode(body)?;
            Dispute::Raised {
                severity: severity_in(m.severity)?,
                reason: m.reason,
                evidence: convert::evidence("evidence", m.evidence)?,
                raised_by: convert::party("raised_by", &m.raised_by)?,
            }
        }
        "OpinionMissing" => {
            let m: case::OpinionMissing = decode(body)?;
            Dispute::Silent { round: m.round, unit: unit(m.unit)? }
        }
        "OpinionGiven" => {
            let m: case::OpinionGiven = decode(body)?;
            let named_unit = convert::optional("named_unit", m.named_unit)?;
            Dispute::Opinion { round: m.round, unit: unit(m.unit)?, text: m.text, named_unit }
        }
        "RulingContested" => {
            let m: case::RulingContested = decode(body)?;
            Dispute::Contested { round: m.round, unit: unit(m.unit)?, reason: m.reason }
        }
        "CaseRetyped" => {
            let m: case::CaseRetyped = decode(body)?;
            let issue_type = convert::id("issue_type", m.issue_type)?;
            let grid = convert::optional("grid", m.grid)?;
            let (round, unit, reason) = (m.round, unit(m.unit)?, m.reason);
            Dispute::Retyped { round, unit, issue_type, grid, reason }
        }
        _ => return Ok(None),
    }))
}

fn ruled(m: case::DisputeRuled) -> Result<Dispute, Rejection> {
    Ok(Dispute::Ruled {
        round: m.round,
        lead: convert::id("lead", m.lead)?,
        cooperating: convert::ids("cooperating", m.cooperating)?,
        reason: m.reason,
        body: body_in(m.body)?,
        ruled_by: convert::party("ruled_by", &m.ruled_by)?,
    })
}

/// Writes a body.
pub fn body_out(body: Body) -> case::RulingBody {
    match body {
        Body::Office => case::RulingBody::Office,
        Body::Government => case::RulingBody::Government,
        Body::Conference => case::RulingBody::Conference,
    }
}

pub(super) fn body_in(body: i32) -> Result<Body, Rejection> {
    let bodies = [Body::Office, Body::Government, Body::Conference];
    let found = bodies.into_iter().find(|known| i32::from(body_out(*known)) == body);
    found.ok_or_else(|| Rejection::invalid("MALFORMED_BODY", "body", format!("no body {body}")))
}

/// Writes a severity.
pub fn severity_out(severity: Severity) -> case::Severity {
    match severity {
        Severity::Normal => case::Severity::Normal,
        Severity::Serious => case::Severity::Serious,
        Severity::Emergency => case::Severity::Emergency,
    }
}

/// Reads a severity; none said is as usual.
pub fn severity_or_normal(severity: i32) -> Result<Severity, Rejection> {
    match severity {
        0 => Ok(Severity::Normal),
        said => severity_in(said),
    }
}

/// Reads a severity that is said.
pub fn severity_in(severity: i32) -> Result<Severity, Rejection> {
    let known = |known: &Severity| i32::from(severity_out(*known)) == severity;
    let right = "normal, serious or emergency";
    Severity::ALL.into_iter().find(known).ok_or_else(|| {
        let message = format!("there is no severity {severity}; right would be: {right}");
        Rejection::invalid("MALFORMED_SEVERITY", "severity", message)
    })
}
