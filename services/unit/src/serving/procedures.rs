//! `ProcedureService`: the enforcement decisions of the caller's own unit, and what it says about them.

use domain::party::Party;
use kit::{
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message as _;
use proto::decision::{
    Decision, DraftDecisionRequest, DraftDecisionResponse, ListProceduresRequest,
    ListProceduresResponse, ProceedWithDecisionRequest, ProceedWithDecisionResponse,
    procedure_service_server::ProcedureService,
};
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{Command, procedure},
    host::{Hosted, Hosts},
    rights,
};

/// The decisions of all hosted units.
pub(crate) struct Procedures {
    pub(crate) hosts: Hosts,
}

impl Procedures {
    /// Says something at the desk of a unit; the decision after it.
    async fn say(
        &self,
        hosted: &Hosted,
        party: &Party,
        word: asking::Word,
        asked: procedure::Asked,
    ) -> Result<Decision, Status> {
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, party, &word.person);
        access.check(party, &work).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let procedure = procedure::Procedure { asked, person, traceparent };
        let command = Command::Proceed(Box::new(procedure));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        Decision::decode(&answer.bytes[..]).map_err(internal)
    }
}

#[tonic::async_trait]
impl ProcedureService for Procedures {
    async fn list_procedures(
        &self,
        request: Request<ListProceduresRequest>,
    ) -> Result<Response<ListProceduresResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let ListProceduresRequest { page, is_waiting } = request.into_inner();
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let found = hosted.store.read(|tx| procedure::procedures(tx, is_waiting, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let desk = hosted.store.machine();
        let decisions = found.iter().map(|(_, course)| desk.shown_decision(course)).collect();
        Ok(Response::new(ListProceduresResponse { decisions, next_token }))
    }

    async fn draft_decision(
        &self,
        request: Request<DraftDecisionRequest>,
    ) -> Result<Response<DraftDecisionResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let command = content.command.clone();
        let word = asking::word(peer.party.clone(), "DraftDecision", command, &content);
        let word = word.map_err(status)?;
        let by = (&hosted.store.machine().unit, &word.person);
        let draft = asking::draft(content, by).map_err(status)?;
        let asked = procedure::Asked::Draft(Box::new(draft));
        let decision = self.say(hosted, &peer.party, word, asked).await?;
        Ok(Response::new(DraftDecisionResponse { decision: Some(decision) }))
    }

    async fn proceed_with_decision(
        &self,
        request: Request<ProceedWithDecisionRequest>,
    ) -> Result<Response<ProceedWithDecisionResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let command = content.command.clone();
        let word = asking::word(peer.party.clone(), "ProceedWithDecision", command, &content);
        let word = word.map_err(status)?;
        let (id, said) = asking::proceeding(content).map_err(status)?;
        let asked = procedure::Asked::Word(id, Box::new(said));
        let decision = self.say(hosted, &peer.party, word, asked).await?;
        Ok(Response::new(ProceedWithDecisionResponse { decision: Some(decision) }))
    }
}
