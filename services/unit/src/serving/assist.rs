//! The call for the police (公安保障, M075).
//!
//! A notice with a subject of its own, so that nothing of its case stands before it, and with the
//! highest priority. It goes from this unit's journal by the bus to theirs and needs nobody else.
//! Whoever asks is told within seconds whether it has arrived; it is tried on without end.

use std::time::Duration;

use domain::{party::Party, rejection::Rejection, task::TaskId};
use kit::{
    access::Access,
    status::{internal, status},
    trace,
};
use prost::Message as _;
use proto::{
    notice::Notice,
    unit::{RequestPoliceAssistRequest, RequestPoliceAssistResponse},
};
use tokio::time::timeout;
use tonic::Status;

use crate::{
    asking,
    desk::{self, Command, notice::group},
    host::Hosted,
    rights,
};

/// How long the answer waits for the police to have it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends the call, and says whether it has arrived.
pub(super) async fn request(
    hosted: &Hosted,
    access: &Access,
    party: Party,
    content: RequestPoliceAssistRequest,
) -> Result<RequestPoliceAssistResponse, Status> {
    let method = "RequestPoliceAssist";
    let word = asking::word(party.clone(), method, content.command.clone(), &content);
    let word = word.map_err(status)?;
    let desk = hosted.store.machine();
    let work = rights::work_at_desk(access, &desk.unit, &party, &word.person);
    access.check(&party, &work).map_err(status)?;
    let (police, trace) = (desk.city.police.clone(), trace::current().to_string());
    let asked = asking::assistance(content, police.clone(), word.person, trace);
    let (case_id, telling) = asked.map_err(status)?;
    let id = TaskId { case_id, in_place_of: None };
    let task = hosted.store.read(|tx| desk::task(tx, &id)).map_err(status)?;
    if task.is_none() {
        return Err(status(desk::unknown(&id)));
    }
    let command = Command::SendNotice(Box::new(telling));
    let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
    let Notice { notice_id, .. } = Notice::decode(&answer.bytes[..]).map_err(internal)?;
    let arrived = timeout(PATIENCE, arrives(hosted, &notice_id)).await;
    let is_received = match arrived {
        Ok(arrived) => arrived.map_err(status)?,
        Err(_) => false,
    };
    Ok(RequestPoliceAssistResponse { notice_id, unit: police.to_string(), is_received })
}

/// Waits until every receiver has it; false when the unit's store ends before.
async fn arrives(hosted: &Hosted, notice_id: &str) -> Result<bool, Rejection> {
    let mut applied = hosted.store.applied();
    let gone = |_| Rejection::unavailable("RECORD_FAILED", "the record can't be read now");
    loop {
        applied.borrow_and_update();
        let delivery = hosted.store.delivery(&group(notice_id)).map_err(gone)?;
        if delivery.is_some_and(|delivery| delivery.received() == delivery.receivers.len()) {
            return Ok(true);
        }
        if applied.changed().await.is_err() {
            return Ok(false);
        }
    }
}
