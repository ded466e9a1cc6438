//! `GridService`: requests in, answers out; every rule is elsewhere.

use kit::{server::peer, status::status, store::Asked};
use proto::grid::{
    FormTeamRequest, FormTeamResponse, LiftCaseRequest, LiftCaseResponse,
    grid_service_server::GridService,
};
use tonic::{Request, Response, Status};

use super::Service;
use crate::{asking, command::Ask, local};

#[tonic::async_trait]
impl GridService for Service {
    async fn lift_case(
        &self,
        request: Request<LiftCaseRequest>,
    ) -> Result<Response<LiftCaseResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "LiftCase", &request);
        let (case_id, word) = asking::lift(request).map_err(status)?;
        let answer = self.execute(asked, by, Ask::Local { case_id, word }).await?;
        let (level, upper) = local::lifted(&answer);
        let level = proto::fact::level_out(level).into();
        Ok(Response::new(LiftCaseResponse { level, upper }))
    }

    async fn form_team(
        &self,
        request: Request<FormTeamRequest>,
    ) -> Result<Response<FormTeamResponse>, Status> {
        let party = peer(&request)?.party;
        let request = request.into_inner();
        let by = asking::by(party, request.command.clone()).map_err(status)?;
        let asked = Asked::of(by.party.clone(), by.request_id.clone(), "FormTeam", &request);
        let (case_id, word) = asking::team(request).map_err(status)?;
        self.execute(asked, by, Ask::Local { case_id, word }).await?;
        Ok(Response::new(FormTeamResponse {}))
    }
}
