//! `FindingService`: what the caller's own unit finds and settles, and what it seizes.

use domain::{id::PersonId, rejection::Rejection};
use kit::{
    identity::Peer,
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message;
use proto::{
    inspection_wire::{
        EndSeizureRequest, EndSeizureResponse, ListFindingsRequest, ListFindingsResponse,
        OpenInspectionRequest, OpenInspectionResponse, RevokeFindingRequest, RevokeFindingResponse,
        SeizeVehicleRequest, SeizeVehicleResponse, SettleFindingRequest, SettleFindingResponse,
        finding_service_server::FindingService,
    },
    page::Command as Asks,
};
use tonic::{Request, Response, Status};

use super::units::held;
use crate::{
    asking::{self, Inspecting},
    desk::{
        Command,
        inspection::{self, Word},
    },
    host::{Hosted, Hosts},
    rights,
};

/// The stops of all hosted units.
pub(crate) struct Findings {
    pub(crate) hosts: Hosts,
}

impl Findings {
    async fn say<R: Message + Clone, A: Message + Default>(
        &self,
        peer: &Peer,
        method: &str,
        (command, content): (Option<Asks>, R),
        read: impl FnOnce(R, &Hosted, &PersonId) -> Result<Inspecting, Rejection>,
    ) -> Result<A, Status> {
        let hosted = self.hosts.of(peer).map_err(status)?;
        let word = asking::word(peer.party.clone(), method, command, &content).map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let Inspecting(said) = read(content, hosted, &word.person).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let said = inspection::Said { person, traceparent, word: at_hand(hosted, said) };
        let answer = hosted.store.execute(word.asked, Command::Inspect(Box::new(said))).await;
        A::decode(&answer.map_err(status)?.bytes[..]).map_err(internal)
    }
}

/// With which of its evidence is in the unit's store.
fn at_hand(hosted: &Hosted, said: Word) -> Word {
    let Word::Open { object, opened, .. } = said else { return said };
    let pieces: Vec<_> =
        opened.findings.iter().flat_map(|found| found.evidence.iter().cloned()).collect();
    let held = held(hosted, &pieces);
    Word::Open { object, opened, held }
}

#[tonic::async_trait]
impl FindingService for Findings {
    async fn open_inspection(
        &self,
        request: Request<OpenInspectionRequest>,
    ) -> Result<Response<OpenInspectionResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let read = |content, hosted: &Hosted, person: &PersonId| {
            asking::opening(content, &hosted.store.machine().unit, person)
        };
        let inspection = self.say(&peer, "OpenInspection", asked, read).await?;
        Ok(Response::new(OpenInspectionResponse { inspection: Some(inspection) }))
    }

    async fn list_findings(
        &self,
        request: Request<ListFindingsRequest>,
    ) -> Result<Response<ListFindingsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let ListFindingsRequest { page, is_pending } = request.into_inner();
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let found = hosted.store.read(|tx| inspection::findings(tx, is_pending, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let findings = found.into_iter().map(|(_, finding)| finding).collect();
        Ok(Response::new(ListFindingsResponse { findings, next_token }))
    }

    async fn settle_finding(
        &self,
        request: Request<SettleFindingRequest>,
    ) -> Result<Response<SettleFindingResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let read = |content, _: &Hosted, _: &PersonId| asking::settlement(content);
        let finding = self.say(&peer, "SettleFinding", asked, read).await?;
        Ok(Response::new(SettleFindingResponse { finding: Some(finding) }))
    }

    async fn revoke_finding(
        &self,
        request: Request<RevokeFindingRequest>,
    ) -> Result<Response<RevokeFindingResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let read = |content, _: &Hosted, _: &PersonId| asking::taking_back(content);
        let finding = self.say(&peer, "RevokeFinding", asked, read).await?;
        Ok(Response::new(RevokeFindingResponse { finding: Some(finding) }))
    }

    async fn seize_vehicle(
        &self,
        request: Request<SeizeVehicleRequest>,
    ) -> Result<Response<SeizeVehicleResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let read = |content, hosted: &Hosted, person: &PersonId| {
            asking::seizing(content, &hosted.store.machine().unit, person)
        };
        let seizure = self.say(&peer, "SeizeVehicle", asked, read).await?;
        Ok(Response::new(SeizeVehicleResponse { seizure: Some(seizure) }))
    }

    async fn end_seizure(
        &self,
        request: Request<EndSeizureRequest>,
    ) -> Result<Response<EndSeizureResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let asked = (content.command.clone(), content);
        let read = |content, _: &Hosted, _: &PersonId| asking::ending(content);
        let seizure = self.say(&peer, "EndSeizure", asked, read).await?;
        Ok(Response::new(EndSeizureResponse { seizure: Some(seizure) }))
    }
}
