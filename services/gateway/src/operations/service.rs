//! `OperationService`: requests in, answers out.

use domain::{
    id::OperationId,
    moment::Moment,
    operation::{due, limits},
    party::Party,
    rejection::Rejection,
};
use kit::{
    page,
    server::peer,
    status::{internal, status},
    store::Asked,
};
use prost::Message;
use proto::{
    operate::shown::{head_out, operation_out},
    operation::{
        EndOperationRequest, EndOperationResponse, FollowUpRequest, FollowUpResponse,
        GetOperationRequest, GetOperationResponse, GiveOrderRequest, GiveOrderResponse,
        InviteUnitRequest, InviteUnitResponse, ListLogRequest, ListLogResponse,
        ListOperationsRequest, ListOperationsResponse, LogEntry, Operation, PlanOperationRequest,
        PlanOperationResponse, SettleReleaseRequest, SettleReleaseResponse,
        operation_service_server::OperationService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use super::{
    Lead,
    keys::{self, Entry, Kept},
    sentence, unknown,
};
use crate::{
    access, asking,
    command::Ask,
    index, inspections,
    sentence::Lang,
    service::{Service, blocking},
};

/// The door for those who lead operations, over the same store.
pub(crate) struct Operations {
    service: Service,
}

impl Operations {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Operations {
        Operations { service }
    }

    fn due(service: &Service, kept: &Kept) -> Result<Moment, Rejection> {
        let operation = &kept.operation;
        let city = &service.store.machine().city;
        let outages = service.store.read(|tx| index::outages(tx, operation.planned_at))?;
        Ok(due(operation, &limits(city, &service.profile, operation, outages)))
    }

    /// For who may see it.
    pub(crate) fn seen(
        service: &Service,
        party: &Party,
        id: &OperationId,
    ) -> Result<Kept, Rejection> {
        let kept = service.store.read(|tx| keys::kept(tx, id))?.ok_or_else(|| unknown(id))?;
        access::check_operation(&service.store.machine().access, &kept.operation, party)?;
        Ok(kept)
    }

    fn get(service: &Service, party: &Party, id: &OperationId) -> Result<Operation, Rejection> {
        let kept = Operations::seen(service, party, id)?;
        let due = Operations::due(service, &kept)?;
        let mut open_findings = Vec::new();
        for stop in &kept.operation.findings {
            if service.store.read(|tx| inspections::is_open(tx, stop))? {
                open_findings.push(stop.to_string());
            }
        }
        Ok(Operation { open_findings, ..operation_out(&kept.operation, due) })
    }

    fn list(
        service: &Service,
        party: &Party,
        page: &page::Wanted,
        is_waiting: bool,
    ) -> Result<(Vec<Operation>, String), Rejection> {
        let access = &service.store.machine().access;
        let sees_all = access::sees_all_operations(access, party);
        let prefix = match (sees_all, is_waiting) {
            (true, true) => keys::WAITING.to_vec(),
            (true, false) => keys::ALL.to_vec(),
            (false, _) => keys::own(party),
        };
        check_token(&prefix, page)?;
        let mut found = service.store.read(|tx| tx.scan(&prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let mut operations = Vec::with_capacity(found.len());
        for (key, _) in found {
            let Some(id) = keys::listed(&prefix, &key) else { continue };
            let Some(kept) = service.store.read(|tx| keys::kept(tx, &id))? else { continue };
            let shown = head_out(&kept.operation, Operations::due(service, &kept)?);
            // A unit's own list is not kept apart: it is short.
            if !is_waiting || !shown.unreleased.is_empty() {
                operations.push(shown);
            }
        }
        Ok((operations, next))
    }

    fn log(
        service: &Service,
        party: &Party,
        id: &OperationId,
        page: &page::Wanted,
    ) -> Result<(Vec<LogEntry>, String), Rejection> {
        Operations::seen(service, party, id)?;
        let prefix = keys::log(id);
        check_token(&prefix, page)?;
        let mut found = service.store.read(|tx| tx.scan(&prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        let city = &service.store.machine().city;
        let entry = |(_, json): (Vec<u8>, Vec<u8>)| {
            let Entry { at, source, fact } = serde_json::from_slice(&json).ok()?;
            let (order, inspection) = sentence::about(&fact);
            Some(LogEntry {
                at_ms: at.0,
                source: source.to_string(),
                sentence: sentence::of(Lang::En, city, &fact),
                sentence_zh: sentence::of(Lang::Zh, city, &fact),
                order_id: order.map(ToString::to_string).unwrap_or_default(),
                inspection_id: inspection.map(ToString::to_string).unwrap_or_default(),
            })
        };
        Ok((found.into_iter().filter_map(entry).collect(), next))
    }

    async fn lead<R: Message + Clone>(
        &self,
        party: Party,
        method: &str,
        (command, request): (Option<Asks>, R),
        read: impl FnOnce(R) -> Result<Lead, Rejection>,
    ) -> Result<Vec<u8>, Status> {
        let by = asking::by(party, command).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), method, &request);
        let lead = read(request).map_err(status)?;
        self.service.execute(asked, by, Ask::Operate(lead)).await
    }
}

fn check_token(prefix: &[u8], page: &page::Wanted) -> Result<(), Rejection> {
    if page.from.is_empty() || page.from.starts_with(prefix) {
        return Ok(());
    }
    Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", "not a token of this list"))
}

fn decoded<M: Message + Default>(answer: &[u8]) -> Result<Response<M>, Status> {
    M::decode(answer).map(Response::new).map_err(internal)
}

#[tonic::async_trait]
impl OperationService for Operations {
    async fn plan_operation(
        &self,
        request: Request<PlanOperationRequest>,
    ) -> Result<Response<PlanOperationResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "PlanOperation", asked, asking::draft).await?)
    }

    async fn invite_unit(
        &self,
        request: Request<InviteUnitRequest>,
    ) -> Result<Response<InviteUnitResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "InviteUnit", asked, asking::invitation).await?)
    }

    async fn give_order(
        &self,
        request: Request<GiveOrderRequest>,
    ) -> Result<Response<GiveOrderResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "GiveOrder", asked, asking::order).await?)
    }

    async fn end_operation(
        &self,
        request: Request<EndOperationRequest>,
    ) -> Result<Response<EndOperationResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "EndOperation", asked, asking::ending).await?)
    }

    async fn settle_release(
        &self,
        request: Request<SettleReleaseRequest>,
    ) -> Result<Response<SettleReleaseResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "SettleRelease", asked, asking::settlement).await?)
    }

    async fn follow_up(
        &self,
        request: Request<FollowUpRequest>,
    ) -> Result<Response<FollowUpResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        decoded(&self.lead(party, "FollowUp", asked, asking::follow_up).await?)
    }

    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> Result<Response<GetOperationResponse>, Status> {
        let party = peer(&request)?.party;
        let id = asking::operation_id(request.into_inner().operation_id).map_err(status)?;
        let service = self.service.clone();
        let operation = blocking(move || Operations::get(&service, &party, &id)).await?;
        Ok(Response::new(GetOperationResponse { operation: Some(operation) }))
    }

    async fn list_operations(
        &self,
        request: Request<ListOperationsRequest>,
    ) -> Result<Response<ListOperationsResponse>, Status> {
        let party = peer(&request)?.party;
        let ListOperationsRequest { page, is_waiting } = request.into_inner();
        let page = page::wanted(page).map_err(status)?;
        let service = self.service.clone();
        let list = move || Operations::list(&service, &party, &page, is_waiting);
        let (operations, next_token) = blocking(list).await?;
        Ok(Response::new(ListOperationsResponse { operations, next_token }))
    }

    async fn list_log(
        &self,
        request: Request<ListLogRequest>,
    ) -> Result<Response<ListLogResponse>, Status> {
        let party = peer(&request)?.party;
        let ListLogRequest { operation_id: id, page } = request.into_inner();
        let (id, page) =
            (asking::operation_id(id).map_err(status)?, page::wanted(page).map_err(status)?);
        let service = self.service.clone();
        let (entries, next_token) =
            blocking(move || Operations::log(&service, &party, &id, &page)).await?;
        Ok(Response::new(ListLogResponse { entries, next_token }))
    }
}
