//! `TeamService`: to which operations the caller's own unit is called, and what it says there.

use domain::{id::OperationId, rejection::Rejection};
use kit::{
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message;
use proto::{
    operate::shown::part_out,
    operation::{
        AnswerOrderRequest, AnswerOrderResponse, AskTeamRequest, AskTeamResponse, CheckInRequest,
        CheckInResponse, ConfirmPartRequest, ConfirmPartResponse, DeclinePartRequest,
        DeclinePartResponse, ListPartsRequest, ListPartsResponse, Part, ReadBriefingRequest,
        ReadBriefingResponse, ReportFindingRequest, ReportFindingResponse,
        team_service_server::TeamService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use crate::{
    asking::{self, Said},
    desk::{Command, team},
    host::Hosts,
    rights,
};

/// The parts of all hosted units.
pub(crate) struct Teams {
    pub(crate) hosts: Hosts,
}

impl Teams {
    /// What a unit says, on the word of a person; gives the part after it.
    async fn say<R: Message + Clone>(
        &self,
        request: Request<R>,
        method: &str,
        command: impl FnOnce(&R) -> Option<Asks>,
        read: impl FnOnce(R) -> Result<(OperationId, Said), Rejection>,
    ) -> Result<Part, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let word = asking::word(peer.party.clone(), method, command(&content), &content);
        let word = word.map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let (id, said) = read(content).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let telling = team::Telling { id, said, person, traceparent };
        let command = Command::Team(Box::new(telling));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        Part::decode(&answer.bytes[..]).map_err(internal)
    }
}

#[tonic::async_trait]
impl TeamService for Teams {
    async fn list_parts(
        &self,
        request: Request<ListPartsRequest>,
    ) -> Result<Response<ListPartsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let ListPartsRequest { page, is_waiting } = request.into_inner();
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let found = hosted.store.read(|tx| team::parts(tx, is_waiting, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let parts = found.iter().map(|(_, part)| part_out(part)).collect();
        Ok(Response::new(ListPartsResponse { parts, next_token }))
    }

    async fn confirm_part(
        &self,
        request: Request<ConfirmPartRequest>,
    ) -> Result<Response<ConfirmPartResponse>, Status> {
        let command = |content: &ConfirmPartRequest| content.command.clone();
        let part = self.say(request, "ConfirmPart", command, asking::coming).await?;
        Ok(Response::new(ConfirmPartResponse { part: Some(part) }))
    }

    async fn decline_part(
        &self,
        request: Request<DeclinePartRequest>,
    ) -> Result<Response<DeclinePartResponse>, Status> {
        let command = |content: &DeclinePartRequest| content.command.clone();
        let part = self.say(request, "DeclinePart", command, asking::refusal).await?;
        Ok(Response::new(DeclinePartResponse { part: Some(part) }))
    }

    async fn read_briefing(
        &self,
        request: Request<ReadBriefingRequest>,
    ) -> Result<Response<ReadBriefingResponse>, Status> {
        let command = |content: &ReadBriefingRequest| content.command.clone();
        let read = |content: ReadBriefingRequest| {
            Ok((asking::part_id(content.operation_id)?, Said::HasRead))
        };
        let part = self.say(request, "ReadBriefing", command, read).await?;
        Ok(Response::new(ReadBriefingResponse { part: Some(part) }))
    }

    async fn check_in(
        &self,
        request: Request<CheckInRequest>,
    ) -> Result<Response<CheckInResponse>, Status> {
        let command = |content: &CheckInRequest| content.command.clone();
        let part = self.say(request, "CheckIn", command, asking::arrival).await?;
        Ok(Response::new(CheckInResponse { part: Some(part) }))
    }

    async fn answer_order(
        &self,
        request: Request<AnswerOrderRequest>,
    ) -> Result<Response<AnswerOrderResponse>, Status> {
        let command = |content: &AnswerOrderRequest| content.command.clone();
        let part = self.say(request, "AnswerOrder", command, asking::answer).await?;
        Ok(Response::new(AnswerOrderResponse { part: Some(part) }))
    }

    async fn ask_team(
        &self,
        request: Request<AskTeamRequest>,
    ) -> Result<Response<AskTeamResponse>, Status> {
        let command = |content: &AskTeamRequest| content.command.clone();
        let party = peer(&request)?.party.to_string();
        let part = self.say(request, "AskTeam", command, asking::asking).await?;
        // What this unit has asked last: its numbers count up.
        let own = part.orders.iter().filter_map(|given| given.order.as_ref());
        let own = own.filter(|order| order.from == party);
        let number = |id: &str| id.rsplit('-').next().and_then(|number| number.parse::<u32>().ok());
        let last = own.max_by_key(|order| number(&order.id));
        let order_id = last.map(|order| order.id.clone()).unwrap_or_default();
        Ok(Response::new(AskTeamResponse { part: Some(part), order_id }))
    }

    async fn report_finding(
        &self,
        request: Request<ReportFindingRequest>,
    ) -> Result<Response<ReportFindingResponse>, Status> {
        let command = |content: &ReportFindingRequest| content.command.clone();
        let part = self.say(request, "ReportFinding", command, asking::finding).await?;
        Ok(Response::new(ReportFindingResponse { part: Some(part) }))
    }
}
