//! Requests about flows that are stuck.

use domain::rejection::Rejection;
use kit::page;
use proto::{
    incident::{
        GetIncidentRequest, IncidentState, ListIncidentsRequest, Remedy, ResolveIncidentRequest,
    },
    stuck,
};

use super::{Read, command, decoded, next_page, seed};

/// The methods of incidents.
pub(super) const METHODS: [(&str, Read); 3] =
    [("ListIncidents", list), ("GetIncident", get), ("ResolveIncident", resolve)];

fn list(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListIncidentsRequest>(bytes, |request| {
        stuck::state(request.state)?;
        page::wanted(request.page).map(drop)
    })
}

fn get(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<GetIncidentRequest>(bytes, |request| {
        stuck::incident_id(&request.incident_id).map(drop)
    })
}

fn resolve(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ResolveIncidentRequest>(bytes, |request| stuck::resolving(&request).map(drop))
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let state = IncidentState::Open.into();
    let incident_id = "i-4711".to_owned();
    let resolve = ResolveIncidentRequest {
        command: command(),
        incident_id: incident_id.clone(),
        remedy: Remedy::Skip.into(),
        reason: "the mailbox is empty".to_owned(),
    };
    vec![
        seed("ListIncidents", &ListIncidentsRequest { state, page: next_page() }),
        seed("GetIncident", &GetIncidentRequest { incident_id }),
        seed("ResolveIncident", &resolve),
    ]
}
