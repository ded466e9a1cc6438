//! Incidents on the wire: what is asked for about flows that are stuck, and how they are shown.

use domain::{
    incident::{Incident, IncidentId, Remedy, Resolution, Trouble},
    rejection::Rejection,
};

use crate::{
    convert,
    incident::{
        Incident as Wire, IncidentState, Remedy as WireRemedy, Resolution as WireResolution,
        ResolveIncidentRequest, Trouble as WireTrouble,
    },
};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolving {
    /// Which.
    pub id: IncidentId,
    /// What is to be done.
    pub remedy: Remedy,
    /// Why.
    pub reason: String,
}

/// Reads the number of an incident.
pub fn incident_id(text: &str) -> Result<IncidentId, Rejection> {
    text.parse()
}

/// Reads which incidents: all, the open ones, or those that are over.
pub fn state(state: i32) -> Result<Option<bool>, Rejection> {
    match IncidentState::try_from(state) {
        Ok(IncidentState::Unspecified) => Ok(None),
        Ok(IncidentState::Open) => Ok(Some(true)),
        Ok(IncidentState::Closed) => Ok(Some(false)),
        Err(_) => {
            let message = format!("{state} is no state of an incident");
            Err(Rejection::invalid("UNKNOWN_WORD", "state", message))
        }
    }
}

/// Reads what somebody decides.
pub fn resolving(request: &ResolveIncidentRequest) -> Result<Resolving, Rejection> {
    let id = incident_id(&request.incident_id)?;
    let remedy = match WireRemedy::try_from(request.remedy) {
        Ok(WireRemedy::Retry) => Remedy::Retry,
        Ok(WireRemedy::PutBack) => Remedy::PutBack,
        Ok(WireRemedy::Skip) => Remedy::Skip,
        Ok(WireRemedy::Resume) => Remedy::Resume,
        Ok(WireRemedy::Unspecified) | Err(_) => {
            let message = "right would be: retry, put back, skip, resume";
            return Err(Rejection::invalid("UNKNOWN_WORD", "remedy", message));
        }
    };
    domain::task::text("REASON_MISSING", "reason", &request.reason)?;
    Ok(Resolving { id, remedy, reason: request.reason.clone() })
}

fn trouble(trouble: Trouble) -> WireTrouble {
    match trouble {
        Trouble::Fails => WireTrouble::Fails,
        Trouble::Refused => WireTrouble::Refused,
        Trouble::MovesNothing => WireTrouble::MovesNothing,
        Trouble::NotTold => WireTrouble::NotTold,
    }
}

fn remedy(remedy: Remedy) -> WireRemedy {
    match remedy {
        Remedy::Retry => WireRemedy::Retry,
        Remedy::PutBack => WireRemedy::PutBack,
        Remedy::Skip => WireRemedy::Skip,
        Remedy::Resume => WireRemedy::Resume,
    }
}

fn resolution(one: &Resolution) -> WireResolution {
    WireResolution {
        remedy: remedy(one.resolved.remedy).into(),
        person: one.resolved.person.to_string(),
        party: one.resolved.party.to_string(),
        reason: one.resolved.reason.clone(),
        at_ms: one.at.0,
        is_done: one.is_done,
    }
}

/// Writes an incident; it has failed so often by now.
pub fn incident(one: &Incident, failures: u32) -> Wire {
    let opened = &one.opened;
    let state = if one.is_open() { IncidentState::Open } else { IncidentState::Closed };
    Wire {
        incident_id: opened.id.to_string(),
        subject: opened.subject.clone(),
        flow: opened.flow.clone(),
        step: opened.step.clone(),
        trouble: trouble(opened.trouble).into(),
        since_ms: opened.since.0,
        failures: opened.failures.max(failures),
        reason: opened.reason.clone(),
        message: opened.message.clone(),
        responsible: opened.responsible.clone(),
        remedies: one.remedies().into_iter().map(|one| remedy(one).into()).collect(),
        state: state.into(),
        closed_at_ms: convert::millis(one.closed_at),
        resolutions: one.resolutions.iter().map(resolution).collect(),
        opened_at_ms: one.at.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused_by_its_field() {
        let request = |id: &str, remedy: i32, reason: &str| ResolveIncidentRequest {
            command: None,
            incident_id: id.into(),
            remedy,
            reason: reason.into(),
        };
        let skip = WireRemedy::Skip.into();
        let read = resolving(&request("i-7", skip, "why")).unwrap();
        assert_eq!((read.id, read.remedy), (IncidentId(7), Remedy::Skip));
        for (request, field) in [
            (request("7", skip, "why"), "incident_id"),
            (request("i-7", 0, "why"), "remedy"),
            (request("i-7", 99, "why"), "remedy"),
            (request("i-7", skip, " "), "reason"),
            (request("i-7", skip, &"x".repeat(5_000)), "reason"),
        ] {
            assert_eq!(resolving(&request).unwrap_err().field, field);
        }
        assert_eq!(state(1).unwrap(), Some(true));
        assert_eq!(state(0).unwrap(), None);
        assert_eq!(state(9).unwrap_err().field, "state");
    }
}
