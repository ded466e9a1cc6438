//! `ViolationService`: what the caller's own unit decides about violations.

use domain::rejection::Rejection;
use kit::{
    identity::Peer,
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message;
use proto::{
    credit_wire::{
        ConfirmViolationRequest, ConfirmViolationResponse, ListViolationsRequest,
        ListViolationsResponse, RevokeViolationRequest, RevokeViolationResponse, Violation,
        violation_service_server::ViolationService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use crate::{
    asking::{self, Decided},
    desk::{Command, violation},
    host::Hosts,
    rights, wire,
};

/// The violations of all hosted units.
pub(crate) struct Violations {
    pub(crate) hosts: Hosts,
}

impl Violations {
    async fn rule<R: Message + Clone>(
        &self,
        peer: &Peer,
        method: &str,
        (command, content): (Option<Asks>, R),
        read: impl FnOnce(R) -> Result<Decided, Rejection>,
    ) -> Result<Violation, Status> {
        let hosted = self.hosts.of(peer).map_err(status)?;
        let word = asking::word(peer.party.clone(), method, command, &content).map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let Decided { object, decision, ruling } = read(content).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let ruled = violation::Ruled { object, decision, ruling, person, traceparent };
        let answer = hosted.store.execute(word.asked, Command::Rule(Box::new(ruled))).await;
        Violation::decode(&answer.map_err(status)?.bytes[..]).map_err(internal)
    }
}

#[tonic::async_trait]
impl ViolationService for Violations {
    async fn confirm_violation(
        &self,
        request: Request<ConfirmViolationRequest>,
    ) -> Result<Response<ConfirmViolationResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let violation = self.rule(&peer, "ConfirmViolation", asked, asking::confirmation).await?;
        Ok(Response::new(ConfirmViolationResponse { violation: Some(violation) }))
    }

    async fn revoke_violation(
        &self,
        request: Request<RevokeViolationRequest>,
    ) -> Result<Response<RevokeViolationResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let violation = self.rule(&peer, "RevokeViolation", asked, asking::revocation).await?;
        Ok(Response::new(RevokeViolationResponse { violation: Some(violation) }))
    }

    async fn list_violations(
        &self,
        request: Request<ListViolationsRequest>,
    ) -> Result<Response<ListViolationsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let page::Wanted { size, from } =
            page::wanted(request.into_inner().page).map_err(status)?;
        let found = hosted.store.read(|tx| violation::violations(tx, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| key.clone());
        let violations = found.iter().map(|(_, held)| wire::violation_out(held)).collect();
        Ok(Response::new(ListViolationsResponse { violations, next_token }))
    }
}
