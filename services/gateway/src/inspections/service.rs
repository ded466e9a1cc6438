//! `InspectionService`: requests in, answers out.

use domain::{
    id::{InspectionId, ObjectId},
    inspection::{Docket, Inspection as Stop, SeizureId},
    party::Party,
    rejection::Rejection,
};
use kit::{page, server::peer, status::status, store::Asked};
use prost::Message;
use proto::{
    inspection::{flags_out, inspection_id, inspection_out, seizure_id, seizure_out},
    inspection_wire::{
        AssignFindingRequest, AssignFindingResponse, ChoosePenaltyRequest, ChoosePenaltyResponse,
        Flag, GetInspectionRequest, GetInspectionResponse, GetSeizureRequest, GetSeizureResponse,
        Inspection, ListFlagsRequest, ListFlagsResponse, ListInspectionsRequest,
        ListInspectionsResponse, ListSeizuresRequest, ListSeizuresResponse, Seizure,
        inspection_service_server::InspectionService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use super::{Verdict, keys, unknown};
use crate::{
    access, asking,
    command::Ask,
    service::{Service, blocking},
};

/// The door for those who look at stops and decide about them, over the same store.
pub(crate) struct Inspections {
    service: Service,
}

/// What a list shows of an object: for the rest of a key.
type Shown<T> = fn(&Docket, &str) -> Option<T>;

impl Inspections {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Inspections {
        Inspections { service }
    }

    /// A page of a list, or of what of it concerns the caller.
    fn list<T>(
        service: &Service,
        party: &Party,
        kind: &'static [u8],
        page: &page::Wanted,
        shown: Shown<T>,
    ) -> Result<(Vec<T>, String), Rejection> {
        let sees_all = access::sees_all_dockets(&service.store.machine().access, party);
        let prefix = if sees_all { kind.to_vec() } else { keys::own(kind, party) };
        if !page.from.is_empty() && !page.from.starts_with(&prefix) {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let mut found = service.store.read(|tx| tx.scan(&prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let mut all = Vec::with_capacity(found.len());
        for (key, object) in found {
            let id = key.get(prefix.len()..).and_then(|id| std::str::from_utf8(id).ok());
            let object = String::from_utf8(object).ok().and_then(|id| ObjectId::parse(id).ok());
            let (Some(id), Some(object)) = (id, object) else { continue };
            let docket = service.store.read(|tx| keys::docket(tx, &object))?;
            all.extend(docket.and_then(|docket| shown(&docket, id)));
        }
        Ok((all, next))
    }

    /// For who may see it.
    pub(crate) fn get(
        service: &Service,
        party: &Party,
        id: &InspectionId,
    ) -> Result<Inspection, Rejection> {
        let docket = service.store.read(|tx| keys::docket_of(tx, id))?;
        let docket = docket.ok_or_else(|| unknown(id))?;
        let units = docket.inspections.get(id).map(Stop::units);
        let (access, units) = (&service.store.machine().access, units.unwrap_or_default());
        access::check_docket(access, &docket.object, &units, party)
            .map_err(|no| no.at("inspection_id"))?;
        inspection_out(&docket, id).ok_or_else(|| unknown(id))
    }

    fn seizure(service: &Service, party: &Party, id: &SeizureId) -> Result<Seizure, Rejection> {
        let none = || {
            let message = format!("there is no seizure {id}");
            Rejection::unknown("UNKNOWN_SEIZURE", "seizure", message)
        };
        let docket = service.store.read(|tx| keys::seized(tx, id))?.ok_or_else(none)?;
        let (access, units) = (&service.store.machine().access, [id.unit.clone()].into());
        access::check_docket(access, &docket.object, &units, party)
            .map_err(|no| no.at("seizure"))?;
        let seizure = docket.seizures.get(id).ok_or_else(none)?;
        Ok(seizure_out(&docket.object, seizure))
    }

    fn flags(service: &Service, page: &page::Wanted) -> Result<(Vec<Flag>, String), Rejection> {
        if !page.from.is_empty() && !page.from.starts_with(keys::FLAGGED) {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let scan = |size| service.store.read(|tx| tx.scan(keys::FLAGGED, &page.from, size));
        let mut found = scan(page.size + 1)?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let mut flags = Vec::new();
        for (key, _) in found {
            let object = key.get(keys::FLAGGED.len()..).and_then(|id| std::str::from_utf8(id).ok());
            let Some(object) = object.and_then(|id| ObjectId::parse(id).ok()) else { continue };
            if let Some(docket) = service.store.read(|tx| keys::docket(tx, &object))? {
                flags.extend(flags_out(&docket));
            }
        }
        Ok((flags, next))
    }

    async fn decide<R: Message + Clone>(
        &self,
        party: Party,
        method: &str,
        (command, request): (Option<Asks>, R),
        read: impl FnOnce(R) -> Result<Verdict, Rejection>,
    ) -> Result<(), Status> {
        let by = asking::by(party, command).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), method, &request);
        let verdict = read(request).map_err(status)?;
        self.service.execute(asked, by, Ask::Find(verdict)).await.map(drop)
    }
}

fn stop(docket: &Docket, id: &str) -> Option<Inspection> {
    inspection_out(docket, &InspectionId::parse(id).ok()?)
}

fn seized(docket: &Docket, id: &str) -> Option<Seizure> {
    let seizure = docket.seizures.get(&id.parse::<SeizureId>().ok()?)?;
    Some(seizure_out(&docket.object, seizure))
}

#[tonic::async_trait]
impl InspectionService for Inspections {
    async fn list_inspections(
        &self,
        request: Request<ListInspectionsRequest>,
    ) -> Result<Response<ListInspectionsResponse>, Status> {
        let party = peer(&request)?.party;
        let ListInspectionsRequest { page, is_open } = request.into_inner();
        let page = page::wanted(page).map_err(status)?;
        let service = self.service.clone();
        let kind = if is_open { keys::OPEN } else { keys::STOPS };
        let list = move || Inspections::list(&service, &party, kind, &page, stop);
        let (inspections, next_token) = blocking(list).await?;
        Ok(Response::new(ListInspectionsResponse { inspections, next_token }))
    }

    async fn get_inspection(
        &self,
        request: Request<GetInspectionRequest>,
    ) -> Result<Response<GetInspectionResponse>, Status> {
        let party = peer(&request)?.party;
        let id = inspection_id(request.into_inner().inspection_id).map_err(status)?;
        let service = self.service.clone();
        let inspection = blocking(move || Inspections::get(&service, &party, &id)).await?;
        Ok(Response::new(GetInspectionResponse { inspection: Some(inspection) }))
    }

    async fn list_flags(
        &self,
        request: Request<ListFlagsRequest>,
    ) -> Result<Response<ListFlagsResponse>, Status> {
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let (flags, next_token) = blocking(move || Inspections::flags(&service, &page)).await?;
        Ok(Response::new(ListFlagsResponse { flags, next_token }))
    }

    async fn assign_finding(
        &self,
        request: Request<AssignFindingRequest>,
    ) -> Result<Response<AssignFindingResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        self.decide(party, "AssignFinding", asked, asking::assignment).await?;
        Ok(Response::new(AssignFindingResponse {}))
    }

    async fn choose_penalty(
        &self,
        request: Request<ChoosePenaltyRequest>,
    ) -> Result<Response<ChoosePenaltyResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        self.decide(party, "ChoosePenalty", asked, asking::choice).await?;
        Ok(Response::new(ChoosePenaltyResponse {}))
    }

    async fn list_seizures(
        &self,
        request: Request<ListSeizuresRequest>,
    ) -> Result<Response<ListSeizuresResponse>, Status> {
        let party = peer(&request)?.party;
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let list = move || Inspections::list(&service, &party, keys::SEIZURES, &page, seized);
        let (seizures, next_token) = blocking(list).await?;
        Ok(Response::new(ListSeizuresResponse { seizures, next_token }))
    }

    async fn get_seizure(
        &self,
        request: Request<GetSeizureRequest>,
    ) -> Result<Response<GetSeizureResponse>, Status> {
        let party = peer(&request)?.party;
        let id = seizure_id(&request.into_inner().seizure).map_err(status)?;
        let service = self.service.clone();
        let seizure = blocking(move || Inspections::seizure(&service, &party, &id)).await?;
        Ok(Response::new(GetSeizureResponse { seizure: Some(seizure) }))
    }
}
