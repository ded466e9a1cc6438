//! `CreditService`: requests in, answers out.

use domain::{id::ObjectId, party::Party, rejection::Rejection};
use kit::{
    page,
    server::peer,
    status::{internal, status},
    store::Asked,
};
use prost::Message;
use proto::{
    credit_wire::{
        Delivery, GetScoreRequest, GetScoreResponse, ListDeliveriesRequest, ListDeliveriesResponse,
        ListListedRequest, ListListedResponse, Listed, PutBackDeliveryRequest,
        PutBackDeliveryResponse, RemoveListedRequest, RemoveListedResponse, Score,
        SkipDeliveryRequest, SkipDeliveryResponse, credit_service_server::CreditService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use super::{keys, rules, unknown, wire};
use crate::{
    access, asking,
    command::{Ask, Minding},
    service::{Service, blocking},
};

/// The door for those who mind the list, over the same store.
pub(crate) struct Credits {
    service: Service,
}

impl Credits {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Credits {
        Credits { service }
    }

    fn score(service: &Service, party: &Party, object: &ObjectId) -> Result<Score, Rejection> {
        let machine = service.store.machine();
        let found = service.store.read(|tx| keys::ledger(tx, object))?;
        let ledger = found.ok_or_else(|| unknown(object))?;
        access::check_score(&machine.access, &ledger, party)?;
        Ok(wire::score_out(rules(&machine.city)?, &ledger))
    }

    fn listed(service: &Service, page: &page::Wanted) -> Result<(Vec<Listed>, String), Rejection> {
        let (keys, next) = found(service, keys::LISTED, page)?;
        let rules = service.store.machine().city.credit.clone().unwrap_or_default();
        let mut listed = Vec::with_capacity(keys.len());
        for (key, _) in keys {
            let Some(object) = keys::object(&key) else { continue };
            let Some(ledger) = service.store.read(|tx| keys::ledger(tx, &object))? else {
                continue;
            };
            listed.push(Listed {
                object: object.to_string(),
                score: ledger.score(rules.start),
                listing: ledger.listed().map(wire::listing_out),
            });
        }
        Ok((listed, next))
    }

    fn deliveries(
        service: &Service,
        page: &page::Wanted,
    ) -> Result<(Vec<Delivery>, String), Rejection> {
        let (found, next) = found(service, keys::OUTSTANDING, page)?;
        let read = |(key, value): (Vec<u8>, Vec<u8>)| {
            let delivery = serde_json::from_slice(&value).ok()?;
            Some(wire::delivery_out(&keys::object(&key)?, &delivery))
        };
        Ok((found.into_iter().filter_map(read).collect(), next))
    }

    async fn mind<R: Message + Clone>(
        &self,
        party: Party,
        method: &str,
        (command, request): (Option<Asks>, R),
        read: impl FnOnce(R) -> Result<Minding, Rejection>,
    ) -> Result<Vec<u8>, Status> {
        let by = asking::by(party, command).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), method, &request);
        let minding = read(request).map_err(status)?;
        self.service.execute(asked, by, Ask::Mind(minding)).await
    }
}

type Page = (Vec<(Vec<u8>, Vec<u8>)>, String);

fn found(service: &Service, prefix: &[u8], page: &page::Wanted) -> Result<Page, Rejection> {
    if !page.from.is_empty() && !page.from.starts_with(prefix) {
        return Err(Rejection::invalid(
            "MALFORMED_TOKEN",
            "page.token",
            "not a token of this list",
        ));
    }
    let mut found = service.store.read(|tx| tx.scan(prefix, &page.from, page.size + 1))?;
    let next = page::cut(&mut found, page.size, |(key, _)| key.clone());
    Ok((found, next))
}

#[tonic::async_trait]
impl CreditService for Credits {
    async fn get_score(
        &self,
        request: Request<GetScoreRequest>,
    ) -> Result<Response<GetScoreResponse>, Status> {
        let party = peer(&request)?.party;
        let object = asking::object(request.into_inner().object).map_err(status)?;
        let service = self.service.clone();
        let score = blocking(move || Credits::score(&service, &party, &object)).await?;
        Ok(Response::new(GetScoreResponse { score: Some(score) }))
    }

    async fn list_listed(
        &self,
        request: Request<ListListedRequest>,
    ) -> Result<Response<ListListedResponse>, Status> {
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let (listed, next_token) = blocking(move || Credits::listed(&service, &page)).await?;
        Ok(Response::new(ListListedResponse { listed, next_token }))
    }

    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Result<Response<ListDeliveriesResponse>, Status> {
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let (deliveries, next_token) =
            blocking(move || Credits::deliveries(&service, &page)).await?;
        Ok(Response::new(ListDeliveriesResponse { deliveries, next_token }))
    }

    async fn put_back_delivery(
        &self,
        request: Request<PutBackDeliveryRequest>,
    ) -> Result<Response<PutBackDeliveryResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        self.mind(party, "PutBackDelivery", asked, asking::put_back).await?;
        Ok(Response::new(PutBackDeliveryResponse {}))
    }

    async fn skip_delivery(
        &self,
        request: Request<SkipDeliveryRequest>,
    ) -> Result<Response<SkipDeliveryResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        self.mind(party, "SkipDelivery", asked, asking::skip).await?;
        Ok(Response::new(SkipDeliveryResponse {}))
    }

    async fn remove_listed(
        &self,
        request: Request<RemoveListedRequest>,
    ) -> Result<Response<RemoveListedResponse>, Status> {
        let (party, request) = (peer(&request)?.party, request.into_inner());
        let asked = (request.command.clone(), request);
        let answer = self.mind(party, "RemoveListed", asked, asking::remove).await?;
        let answer = RemoveListedResponse::decode(&answer[..]).map_err(internal)?;
        Ok(Response::new(answer))
    }
}
