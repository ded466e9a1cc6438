//! `RegistryService`: requests in, answers out; every rule is elsewhere.

use domain::{party::Party, registry::check, rejection::Rejection, routing};
use kit::{
    page,
    server::peer,
    status::{internal, status},
    store::{Asked, Refusal, Store},
};
use prost::Message;
use proto::{
    amendment, convert,
    page::Command as Said,
    registry::{
        ApproveAmendmentRequest, ApproveAmendmentResponse, HandOverCasesRequest,
        HandOverCasesResponse, ListAmendmentsRequest, ListAmendmentsResponse,
        ListTouchedCasesRequest, ListTouchedCasesResponse, ProposeAmendmentRequest,
        ProposeAmendmentResponse, RejectAmendmentRequest, RejectAmendmentResponse,
        WhoAnswersRequest, WhoAnswersResponse, WithdrawAmendmentRequest, WithdrawAmendmentResponse,
        registry_service_server::RegistryService,
    },
};
use tonic::{Request, Response, Status};

use super::{
    Wish,
    asking::{self, Who},
    handover, touched,
};
use crate::{
    access,
    command::{Ask, By, Command},
    door::Door,
    service::blocking,
};

/// How many amendments are looked at for one page of a list that is filtered.
const LOOKED_AT: usize = 2_000;

/// The service over the gateway's store.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) store: Store<Door>,
}

impl Service {
    async fn execute(&self, asked: Asked, by: By, wish: Wish) -> Result<Vec<u8>, Status> {
        let command = Command { by, ask: Ask::Registry(wish) };
        Ok(self.store.execute(asked, command).await.map_err(status)?.bytes)
    }

    fn who(&self, who: &Who) -> Result<WhoAnswersResponse, Rejection> {
        let city = &*self.store.machine().city;
        let (day, on) = who.on(city, self.store.clock().now());
        let registry = self.store.read(|tx| kit::registry::about_issue(tx, &who.issue_type))?;
        let Who { issue_type, grid, .. } = who;
        let no = |no: Rejection| if no.field == "event_time" { no.at("day") } else { no };
        let found = routing::route(city, &registry, issue_type, grid, None, on).map_err(no)?;
        let version = routing::version_on(city, &registry, issue_type, grid, on).map_err(no)?;
        let cell = city.grid.get(grid);
        let until = cell.and_then(|cell| {
            domain::registry::force::ends(city, &registry, issue_type, cell, version)
        });
        let id = version.entry().map(|entry| entry.id.to_string()).unwrap_or_default();
        Ok(WhoAnswersResponse {
            lead: found.lead.as_ref().map(ToString::to_string).unwrap_or_default(),
            candidates: convert::texts(&found.candidates),
            called: convert::texts(&found.cooperating),
            responsible: convert::texts(&found.responsible),
            owner: found.owner.to_string(),
            basis: found.basis,
            amendment_id: id,
            from: version.from().to_string(),
            until: until.map(|day| day.to_string()).unwrap_or_default(),
            day: day.to_string(),
        })
    }

    fn list(&self, request: &ListAmendmentsRequest) -> Result<ListAmendmentsResponse, Rejection> {
        let (state, issue) = asking::list(request)?;
        let wanted = page::wanted(request.page.clone())?;
        let entries =
            self.store.read(|tx| kit::registry::listed(tx, &wanted.from, LOOKED_AT + 1))?;
        let (mut amendments, mut next) = (Vec::new(), None);
        for (looked_at, entry) in entries.iter().enumerate() {
            if amendments.len() >= wanted.size || looked_at >= LOOKED_AT {
                // The list goes on behind the one before this.
                next = looked_at.checked_sub(1).and_then(|last| entries.get(last));
                break;
            }
            let is_about = |issue| entry.amendment.issue_types.contains(issue);
            if state.is_none_or(|state| state == entry.state) && issue.as_ref().is_none_or(is_about)
            {
                amendments.push(amendment::entry_out(entry));
            }
        }
        let next = next.map(|entry| page::token(entry.id.as_str().as_bytes()));
        Ok(ListAmendmentsResponse { amendments, next_token: next.unwrap_or_default() })
    }

    fn touched(
        &self,
        party: &Party,
        request: ListTouchedCasesRequest,
    ) -> Result<ListTouchedCasesResponse, Rejection> {
        let id = asking::amendment_id(request.amendment_id)?;
        let wanted = page::wanted(request.page)?;
        let door = self.store.machine();
        let sight = access::sight(door, party);
        let entry = self.store.read(|tx| kit::registry::entry(tx, &id))?;
        let entry = entry.ok_or_else(|| check::unknown(&id))?;
        let list =
            |tx: &kit::tx::Tx<'_>| touched::list(&door.city, tx, &sight, &entry.amendment, &wanted);
        let (cases, next) = self.store.read(list)?;
        let next_token = next.map(|key| page::token(&key)).unwrap_or_default();
        Ok(ListTouchedCasesResponse { cases, next_token })
    }
}

/// Who asks, and what is asked once.
fn word<R: Message>(
    request: &Request<R>,
    method: &str,
    command: fn(&R) -> Option<Said>,
) -> Result<(By, Asked), Status> {
    let party = peer(request)?.party;
    let by = crate::asking::by(party, command(request.get_ref())).map_err(status)?;
    let (caller, id) = (by.party.clone(), by.request_id.clone());
    Ok((by, Asked::of(caller, id, method, request.get_ref())))
}

#[tonic::async_trait]
impl RegistryService for Service {
    async fn who_answers(
        &self,
        request: Request<WhoAnswersRequest>,
    ) -> Result<Response<WhoAnswersResponse>, Status> {
        let who = asking::who(request.into_inner()).map_err(status)?;
        let service = self.clone();
        blocking(move || service.who(&who)).await.map(Response::new)
    }

    async fn propose_amendment(
        &self,
        request: Request<ProposeAmendmentRequest>,
    ) -> Result<Response<ProposeAmendmentResponse>, Status> {
        let (by, asked) = word(&request, "ProposeAmendment", |r| r.command.clone())?;
        let wish = asking::propose(request.into_inner().amendment).map_err(status)?;
        let answer = self.execute(asked, by, wish).await?;
        let amendment_id = String::from_utf8_lossy(&answer).into_owned();
        Ok(Response::new(ProposeAmendmentResponse { amendment_id }))
    }

    async fn approve_amendment(
        &self,
        request: Request<ApproveAmendmentRequest>,
    ) -> Result<Response<ApproveAmendmentResponse>, Status> {
        let (by, asked) = word(&request, "ApproveAmendment", |r| r.command.clone())?;
        let wish = asking::approve(request.into_inner()).map_err(status)?;
        self.execute(asked, by, wish).await?;
        Ok(Response::new(ApproveAmendmentResponse {}))
    }

    async fn reject_amendment(
        &self,
        request: Request<RejectAmendmentRequest>,
    ) -> Result<Response<RejectAmendmentResponse>, Status> {
        let (by, asked) = word(&request, "RejectAmendment", |r| r.command.clone())?;
        let wish = asking::reject(request.into_inner()).map_err(status)?;
        self.execute(asked, by, wish).await?;
        Ok(Response::new(RejectAmendmentResponse {}))
    }

    async fn withdraw_amendment(
        &self,
        request: Request<WithdrawAmendmentRequest>,
    ) -> Result<Response<WithdrawAmendmentResponse>, Status> {
        let (by, asked) = word(&request, "WithdrawAmendment", |r| r.command.clone())?;
        let wish = asking::withdraw(request.into_inner()).map_err(status)?;
        self.execute(asked, by, wish).await?;
        Ok(Response::new(WithdrawAmendmentResponse {}))
    }

    async fn list_amendments(
        &self,
        request: Request<ListAmendmentsRequest>,
    ) -> Result<Response<ListAmendmentsResponse>, Status> {
        let (service, request) = (self.clone(), request.into_inner());
        blocking(move || service.list(&request)).await.map(Response::new)
    }

    async fn list_touched_cases(
        &self,
        request: Request<ListTouchedCasesRequest>,
    ) -> Result<Response<ListTouchedCasesResponse>, Status> {
        let party = peer(&request)?.party;
        let (service, request) = (self.clone(), request.into_inner());
        blocking(move || service.touched(&party, request)).await.map(Response::new)
    }

    async fn hand_over_cases(
        &self,
        request: Request<HandOverCasesRequest>,
    ) -> Result<Response<HandOverCasesResponse>, Status> {
        let (by, asked) = word(&request, "HandOverCases", |r| r.command.clone())?;
        let request = request.into_inner();
        let is_preview = request.is_preview;
        let wanted = asking::hand_over(request).map_err(status)?;
        if is_preview {
            let store = self.store.clone();
            let look = move || {
                let now = store.clock().now();
                // What is refused is an answer here, and no failure of the view.
                let see = |tx: &kit::tx::Tx<'_>| match handover::preview(
                    store.machine(),
                    tx,
                    &by,
                    &wanted,
                    now,
                ) {
                    Ok(shown) => Ok(Ok(shown)),
                    Err(Refusal::Rejected(no)) => Ok(Err(no)),
                    Err(Refusal::View(error)) => Err(error),
                };
                store.read(see)?
            };
            return blocking(look).await.map(Response::new);
        }
        let answer = self.execute(asked, by, Wish::HandOver(wanted)).await?;
        let answer = HandOverCasesResponse::decode(&answer[..]).map_err(internal)?;
        Ok(Response::new(answer))
    }
}
