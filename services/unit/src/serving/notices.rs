//! `NoticeService`: what the caller's own unit tells others, and is told.

use kit::{
    page,
    server::peer,
    status::{internal, status},
    store::Standing,
    trace,
};
use prost::Message as _;
use proto::notice::{
    GetDeliveryRequest, GetDeliveryResponse, ListNoticesRequest, ListNoticesResponse, Notice,
    Receiver, ReceiverState, SendNoticeRequest, SendNoticeResponse,
    notice_service_server::NoticeService,
};
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{
        Command,
        notice::{group, notices, unknown},
    },
    host::Hosts,
};

/// The notices of all hosted units.
pub(crate) struct Notices {
    pub(crate) hosts: Hosts,
}

#[tonic::async_trait]
impl NoticeService for Notices {
    async fn send_notice(
        &self,
        request: Request<SendNoticeRequest>,
    ) -> Result<Response<SendNoticeResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let word = asking::word(peer.party, "SendNotice", content.command.clone(), &content);
        let word = word.map_err(status)?;
        let telling = asking::telling(content, word.person, trace::current().to_string());
        let command = Command::SendNotice(Box::new(telling.map_err(status)?));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let notice = Notice::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(SendNoticeResponse { notice: Some(notice) }))
    }

    async fn get_delivery(
        &self,
        request: Request<GetDeliveryRequest>,
    ) -> Result<Response<GetDeliveryResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let notice_id = asking::notice_id(request.into_inner().notice_id).map_err(status)?;
        let delivery = hosted.store.delivery(&group(&notice_id)).map_err(internal)?;
        let delivery = delivery.ok_or_else(|| status(unknown("notice_id", &notice_id)))?;
        let received = u32::try_from(delivery.received()).unwrap_or(u32::MAX);
        let receivers = delivery.receivers.into_iter().map(receiver).collect();
        Ok(Response::new(GetDeliveryResponse { receivers, received }))
    }

    async fn list_notices(
        &self,
        request: Request<ListNoticesRequest>,
    ) -> Result<Response<ListNoticesResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let page::Wanted { size, from } =
            page::wanted(request.into_inner().page).map_err(status)?;
        let mut found = hosted.store.read(|tx| notices(tx, &from, size + 1)).map_err(status)?;
        let next_token = found.get(size).map(|(key, _)| page::token(key)).unwrap_or_default();
        found.truncate(size);
        let notices = found.into_iter().map(|(_, notice)| notice).collect();
        Ok(Response::new(ListNoticesResponse { notices, next_token }))
    }
}

fn receiver((party, standing): (String, Standing)) -> Receiver {
    let unit = party.strip_prefix("unit/").unwrap_or(&party).to_owned();
    let state = match standing {
        Standing::Waiting => ReceiverState::Waiting,
        Standing::Received => ReceiverState::Received,
        Standing::Skipped => ReceiverState::Skipped,
    };
    Receiver { unit, state: state.into() }
}
