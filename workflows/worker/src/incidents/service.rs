//! `IncidentService`: requests in, answers out.

use domain::{
    incident::{IncidentId, Resolved},
    party::Party,
    rejection::Rejection,
};
use kit::{
    access::{Access, Ask},
    page,
    server::peer,
    status::status,
    store::{Asked, Store},
};
use proto::{
    incident::{
        GetIncidentRequest, GetIncidentResponse, Incident, ListIncidentsRequest,
        ListIncidentsResponse, ResolveIncidentRequest, ResolveIncidentResponse,
        incident_service_server::IncidentService,
    },
    stuck::{self, Resolving},
};
use tonic::{Request, Response, Status};

use crate::{
    fold::{self, Command, Fold, KeptIncident},
    watch::Watch,
};

/// How many incidents are looked at for one page.
const STRIDE: usize = 1_000;

/// The door for those who see to stuck flows.
pub(crate) struct Incidents {
    store: Store<Fold>,
    watch: Watch,
    access: Access,
}

impl Incidents {
    /// Over the worker's store.
    pub(crate) fn new(store: Store<Fold>, watch: Watch, access: Access) -> Incidents {
        Incidents { store, watch, access }
    }

    fn shown(&self, kept: &KeptIncident) -> Incident {
        let failures = if kept.incident.is_open() { self.watch.failures(&kept.flow) } else { 0 };
        stuck::incident(&kept.incident, failures)
    }

    fn one(&self, id: IncidentId) -> Result<Incident, Rejection> {
        let kept = self.store.read(|tx| fold::incident(tx, id))?.ok_or_else(|| {
            let message = format!("there is no incident {id}");
            Rejection::unknown("UNKNOWN_INCIDENT", "incident_id", message)
        })?;
        Ok(self.shown(&kept))
    }

    fn list(
        &self,
        is_open: Option<bool>,
        page: &page::Wanted,
    ) -> Result<(Vec<Incident>, String), Rejection> {
        if !page.from.is_empty() && !page.from.starts_with(b"i") {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let mut found = self.store.read(|tx| fold::incidents(tx, &page.from, STRIDE))?;
        found.retain(|(_, kept)| is_open.is_none_or(|open| kept.incident.is_open() == open));
        found.truncate(page.size.saturating_add(1));
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        Ok((found.iter().map(|(_, kept)| self.shown(kept)).collect(), next))
    }

    async fn resolve(
        &self,
        party: Party,
        request: ResolveIncidentRequest,
    ) -> Result<Incident, Rejection> {
        let command = request.command.clone().unwrap_or_default();
        let request_id = proto::convert::id("command.request_id", command.request_id)?;
        let person = proto::convert::id("command.person", command.person)?;
        let ask = Ask::to("resolve_incident", self.access.city());
        self.access.check(&party, &ask.by(&self.access, &party, &person))?;
        let Resolving { id, remedy, reason } = stuck::resolving(&request)?;
        let asked = Asked::of(party.clone(), request_id, "ResolveIncident", &request);
        let resolved = Resolved { remedy, party, person, reason };
        self.store.execute(asked, Command::Resolve(id, resolved)).await?;
        let kept = self.store.read(|tx| fold::incident(tx, id))?;
        if let Some(kept) = kept.filter(|kept| !kept.incident.is_open()) {
            self.watch.forget(&kept.flow);
        }
        self.one(id)
    }
}

#[tonic::async_trait]
impl IncidentService for Incidents {
    async fn list_incidents(
        &self,
        request: Request<ListIncidentsRequest>,
    ) -> Result<Response<ListIncidentsResponse>, Status> {
        let ListIncidentsRequest { state, page } = request.into_inner();
        let is_open = stuck::state(state).map_err(status)?;
        let page = page::wanted(page).map_err(status)?;
        let (incidents, next_token) = self.list(is_open, &page).map_err(status)?;
        Ok(Response::new(ListIncidentsResponse { incidents, next_token }))
    }

    async fn get_incident(
        &self,
        request: Request<GetIncidentRequest>,
    ) -> Result<Response<GetIncidentResponse>, Status> {
        let id = stuck::incident_id(&request.into_inner().incident_id).map_err(status)?;
        let incident = Some(self.one(id).map_err(status)?);
        Ok(Response::new(GetIncidentResponse { incident }))
    }

    async fn resolve_incident(
        &self,
        request: Request<ResolveIncidentRequest>,
    ) -> Result<Response<ResolveIncidentResponse>, Status> {
        let party = peer(&request)?.party;
        let incident = self.resolve(party, request.into_inner()).await.map_err(status)?;
        Ok(Response::new(ResolveIncidentResponse { incident: Some(incident) }))
    }
}
