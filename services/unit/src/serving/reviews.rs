//! `ReviewService`: what the caller's own unit is asked about in joint approvals, and what it says.

use kit::{
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message as _;
use proto::approval::{
    Approval, GiveReviewRequest, GiveReviewResponse, ListReviewsRequest, ListReviewsResponse,
    review_service_server::ReviewService,
};
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{Command, review},
    host::Hosts,
    rights,
};

/// The approvals of all hosted units.
pub(crate) struct Reviews {
    pub(crate) hosts: Hosts,
}

#[tonic::async_trait]
impl ReviewService for Reviews {
    async fn list_reviews(
        &self,
        request: Request<ListReviewsRequest>,
    ) -> Result<Response<ListReviewsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let ListReviewsRequest { page, is_waiting } = request.into_inner();
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let found = hosted.store.read(|tx| review::reviews(tx, is_waiting, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = page::cut(&mut found, size, |(key, _)| [&key[..], &[0]].concat());
        let desk = hosted.store.machine();
        let approvals = found.iter().map(|(_, approval)| desk.shown(approval)).collect();
        Ok(Response::new(ListReviewsResponse { approvals, next_token }))
    }

    async fn give_review(
        &self,
        request: Request<GiveReviewRequest>,
    ) -> Result<Response<GiveReviewResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let command = content.command.clone();
        let word = asking::word(peer.party.clone(), "GiveReview", command, &content);
        let word = word.map_err(status)?;
        let (access, unit) = (&self.hosts.access, &hosted.store.machine().unit);
        let work = rights::work_at_desk(access, unit, &peer.party, &word.person);
        access.check(&peer.party, &work).map_err(status)?;
        let (id, opinion) = asking::review(content, unit).map_err(status)?;
        let (person, traceparent) = (word.person, trace::current().to_string());
        let review = review::Review { id, opinion, person, traceparent };
        let command = Command::Review(Box::new(review));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let approval = Approval::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(GiveReviewResponse { approval: Some(approval) }))
    }
}
