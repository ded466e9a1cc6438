//! `DecisionService`: requests in, answers out.

use domain::{
    decision::{Decision as Course, owes},
    id::DecisionId,
    pack::Limits,
    party::Party,
    rejection::Rejection,
};
use kit::{page, server::peer, status::status, store::Asked};
use proto::{
    decision::{
        Decision, GetDecisionRequest, GetDecisionResponse, ListDecisionsRequest,
        ListDecisionsResponse, ListPublicationsRequest, ListPublicationsResponse, Publication,
        SuperviseDecisionRequest, SuperviseDecisionResponse,
        decision_service_server::DecisionService,
    },
    decree::{extract_out, show},
};
use tonic::{Request, Response, Status};

use super::{keys, unknown};
use crate::{
    access, asking,
    command::Ask,
    index,
    service::{Service, blocking},
};

/// The door for who reads and supervises decisions, over the same store.
pub(crate) struct Decisions {
    service: Service,
}

impl Decisions {
    /// Beside the door for whistles.
    pub(crate) fn new(service: Service) -> Decisions {
        Decisions { service }
    }

    fn limits(service: &Service, course: &Course) -> Result<Limits, Rejection> {
        let outages = service.store.read(|tx| index::outages(tx, course.drafted_at))?;
        let city = &service.store.machine().city;
        let limits = city.limits(&service.profile, &course.draft.issue_type);
        Ok(Limits { outages, ..limits })
    }

    fn list(
        service: &Service,
        party: &Party,
        is_unanswered: bool,
        page: &page::Wanted,
    ) -> Result<(Vec<Decision>, String), Rejection> {
        let machine = service.store.machine();
        let sees_all = access::sees_all_decisions(&machine.access, &machine.city, party);
        let prefix = match (sees_all, is_unanswered) {
            (true, true) => keys::UNANSWERED.to_vec(),
            (true, false) => keys::DECISIONS.to_vec(),
            (false, _) => keys::own(party),
        };
        let (found, next) = Decisions::page(service, &prefix, page)?;
        let mut decisions = Vec::with_capacity(found.len());
        for (key, _) in found {
            let Some(id) = keys::of(&prefix, &key) else { continue };
            let Some(course) = service.store.read(|tx| keys::kept(tx, &id))? else { continue };
            let is_open = course.opinions.iter().any(|opinion| opinion.reply.is_none());
            if is_open || !is_unanswered {
                let owed = owes(&course, &Decisions::limits(service, &course)?);
                decisions.push(show::head(&course, &owed));
            }
        }
        Ok((decisions, next))
    }

    /// A page of keys of one list, and the token of the next.
    #[allow(clippy::type_complexity, reason = "keys and values, as the view has them")]
    fn page(
        service: &Service,
        prefix: &[u8],
        page: &page::Wanted,
    ) -> Result<(Vec<(Vec<u8>, Vec<u8>)>, String), Rejection> {
        if !page.from.is_empty() && !page.from.starts_with(prefix) {
            let message = "not a token of this list";
            return Err(Rejection::invalid("MALFORMED_TOKEN", "page.token", message));
        }
        let mut found = service.store.read(|tx| tx.scan(prefix, &page.from, page.size + 1))?;
        let next = page::cut(&mut found, page.size, |(key, _)| [&key[..], &[0]].concat());
        Ok((found, next))
    }

    /// For who may see it.
    pub(crate) fn get(
        service: &Service,
        party: &Party,
        id: &DecisionId,
    ) -> Result<Decision, Rejection> {
        let course = service.store.read(|tx| keys::kept(tx, id))?.ok_or_else(|| unknown(id))?;
        let machine = service.store.machine();
        access::check_decision(&machine.access, &machine.city, &course, party)?;
        let owed = owes(&course, &Decisions::limits(service, &course)?);
        Ok(show::whole(&course, &owed))
    }

    fn published(
        service: &Service,
        page: &page::Wanted,
    ) -> Result<(Vec<Publication>, String), Rejection> {
        let (found, next) = Decisions::page(service, keys::PUBLICATIONS, page)?;
        let read = |(_, value): (Vec<u8>, Vec<u8>)| {
            let one: keys::Published = serde_json::from_slice(&value).ok()?;
            let extract = Some(extract_out(&one.extract));
            Some(Publication { decision_id: one.id.to_string(), extract, at_ms: one.at.0 })
        };
        Ok((found.into_iter().filter_map(read).collect(), next))
    }
}

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn get_decision(
        &self,
        request: Request<GetDecisionRequest>,
    ) -> Result<Response<GetDecisionResponse>, Status> {
        let party = peer(&request)?.party;
        let id = asking::decision_id(request.into_inner().decision_id).map_err(status)?;
        let service = self.service.clone();
        let decision = blocking(move || Decisions::get(&service, &party, &id)).await?;
        Ok(Response::new(GetDecisionResponse { decision: Some(decision) }))
    }

    async fn list_decisions(
        &self,
        request: Request<ListDecisionsRequest>,
    ) -> Result<Response<ListDecisionsResponse>, Status> {
        let party = peer(&request)?.party;
        let ListDecisionsRequest { page, is_unanswered } = request.into_inner();
        let page = page::wanted(page).map_err(status)?;
        let service = self.service.clone();
        let list = move || Decisions::list(&service, &party, is_unanswered, &page);
        let (decisions, next_token) = blocking(list).await?;
        Ok(Response::new(ListDecisionsResponse { decisions, next_token }))
    }

    async fn supervise_decision(
        &self,
        request: Request<SuperviseDecisionRequest>,
    ) -> Result<Response<SuperviseDecisionResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked =
            Asked::of(by.party.clone(), by.request_id.clone(), "SuperviseDecision", &request);
        let said = asking::supervision(request).map_err(status)?;
        let answer = self.service.execute(asked, by, Ask::Supervise(said)).await?;
        let number = answer.try_into().map(u32::from_be_bytes).unwrap_or_default();
        Ok(Response::new(SuperviseDecisionResponse { number }))
    }

    async fn list_publications(
        &self,
        request: Request<ListPublicationsRequest>,
    ) -> Result<Response<ListPublicationsResponse>, Status> {
        peer(&request)?;
        let page = page::wanted(request.into_inner().page).map_err(status)?;
        let service = self.service.clone();
        let (publications, next_token) =
            blocking(move || Decisions::published(&service, &page)).await?;
        Ok(Response::new(ListPublicationsResponse { publications, next_token }))
    }
}
