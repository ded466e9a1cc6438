//! `StatementService`: what the caller's own unit has to answer for, and what it says.

use domain::task::Desk as AtHand;
use kit::{
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message as _;
use proto::accountability::{
    GiveStatementRequest, GiveStatementResponse, ListDemandsRequest, ListDemandsResponse, Sheet,
    statement_service_server::StatementService,
};
use tonic::{Request, Response, Status};

use super::units::held;
use crate::{
    asking,
    desk::{Command, sheet},
    host::Hosts,
    rights, wire,
};

/// The sheets of all hosted units.
pub(crate) struct Statements {
    pub(crate) hosts: Hosts,
}

#[tonic::async_trait]
impl StatementService for Statements {
    async fn list_demands(
        &self,
        request: Request<ListDemandsRequest>,
    ) -> Result<Response<ListDemandsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let page::Wanted { size, from } =
            page::wanted(request.into_inner().page).map_err(status)?;
        let found = hosted.store.read(|tx| sheet::sheets(tx, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let calendar = &hosted.store.machine().city.calendar;
        let sheets = found.iter().map(|(_, sheet)| wire::sheet_out(calendar, sheet)).collect();
        Ok(Response::new(ListDemandsResponse { sheets, next_token }))
    }

    async fn give_statement(
        &self,
        request: Request<GiveStatementRequest>,
    ) -> Result<Response<GiveStatementResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let command = content.command.clone();
        let word = asking::word(peer.party.clone(), "GiveStatement", command, &content);
        let word = word.map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let stating = asking::statement(content).map_err(status)?;
        let at_hand = AtHand { held: held(hosted, &stating.evidence), ..AtHand::default() };
        let traceparent = trace::current().to_string();
        let statement = sheet::Statement { stating, person: word.person, at_hand, traceparent };
        let command = Command::State(Box::new(statement));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let sheet = Sheet::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(GiveStatementResponse { sheet: Some(sheet) }))
    }
}
