//! A durable cursor in the record of the bus: what is delivered is handled, then the cursor goes on.
//!
//! It is a subscriber of the bus, so that it is seen and set back as any other (`muster bus
//! subscribers`, `replay`). What was set back is read again from there, and not acknowledged over it;
//! of another log than before nothing is known, and it is read from its beginning.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use kit::{client::Channel, outbox::Backoff};
use proto::bus::{
    AcknowledgeRequest, Delivery, FetchResponse, Open, PutSubscriberRequest, SeekSubscriberRequest,
    Start, SubscribeRequest, bus_service_client::BusServiceClient, start,
    subscribe_request::Request as Asks, subscribe_response::Response as Said,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// How many envelopes are under way from the bus.
const WINDOW: u32 = 64;
/// How long the bus may say nothing before it is looked whether the cursor was set back.
const LOOK: Duration = Duration::from_secs(2);

/// Who reads by a cursor.
pub(crate) trait Reads: Sync {
    /// What it asks for, and under which name.
    fn subscriber(&self) -> PutSubscriberRequest;

    /// Which log it has read; empty before the first.
    fn log(&self) -> impl Future<Output = Result<String, Status>> + Send;

    /// From now on this log is read; on disk when it returns.
    fn note_log(&self, log_id: &str) -> impl Future<Output = Result<(), Status>> + Send;

    /// Handles what came; all of it is done or on disk when it returns.
    fn batch(
        &self,
        found: Vec<Delivery>,
        log_id: &str,
    ) -> impl Future<Output = Result<(), Status>> + Send;
}

/// Reads for ever.
pub(crate) async fn run(reader: &impl Reads, bus: Channel) -> Infallible {
    let mut client = BusServiceClient::new(bus).max_decoding_message_size(16 << 20);
    let mut backoff = Backoff::default();
    loop {
        match read(reader, &mut client).await {
            Ok(()) => backoff = Backoff::default(),
            Err(status) => {
                let name = reader.subscriber().name;
                tracing::debug!(subscription = %name, %status, "nothing is read");
            }
        }
        backoff.wait().await;
    }
}

/// Reads until the stream ends, or somebody has set the cursor back.
async fn read(reader: &impl Reads, client: &mut BusServiceClient<Channel>) -> Result<(), Status> {
    let mut at = cursor(reader, client).await?;
    let (to, requests) = mpsc::channel(4);
    let gone = |_| Status::unavailable("the stream has ended");
    let subscriber = reader.subscriber().name;
    let open = Open { subscriber, credit: WINDOW, ..Open::default() };
    to.send(asks(Asks::Open(open))).await.map_err(gone)?;
    let mut said = client.subscribe(ReceiverStream::new(requests)).await?.into_inner();
    let mut told = VecDeque::new();
    loop {
        let found = match tokio::time::timeout(LOOK, said.message()).await {
            Ok(said) => match said?.and_then(|said| said.response) {
                Some(Said::Deliveries(found)) => found,
                Some(Said::Refusal(no)) => return Err(Status::aborted(no.message)),
                Some(_acknowledged) => {
                    at = told.pop_front().unwrap_or(at);
                    continue;
                }
                None => return Ok(()),
            },
            Err(_silent) => FetchResponse::default(),
        };
        let places: Vec<u64> = found.deliveries.iter().map(|one| one.place).collect();
        reader.batch(found.deliveries, &found.log_id).await?;
        if cursor(reader, client).await? < at {
            return Ok(());
        }
        let Some(last) = places.last() else { continue };
        told.push_back(*last);
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let done = AcknowledgeRequest { places, log_id: found.log_id, proof: None };
        to.send(asks(Asks::Acknowledge(done))).await.map_err(gone)?;
        to.send(asks(Asks::Credit(count))).await.map_err(gone)?;
    }
}

/// Where it is in the record; makes it where it is not known yet.
async fn cursor(
    reader: &impl Reads,
    client: &mut BusServiceClient<Channel>,
) -> Result<u64, Status> {
    let said = client.put_subscriber(reader.subscriber()).await?.into_inner();
    let (known, log_id) = (reader.log().await?, said.log_id);
    let place = said.subscriber.unwrap_or_default().place;
    if known == log_id {
        return Ok(place);
    }
    if !known.is_empty() {
        let (name, start) = (reader.subscriber().name, Some(start::Start::AfterPlace(0)));
        let start = Some(Start { start });
        let request = SeekSubscriberRequest { name, start, ..Default::default() };
        client.seek_subscriber(request).await?;
    }
    reader.note_log(&log_id).await?;
    Ok(if known.is_empty() { place } else { 0 })
}

fn asks(request: Asks) -> SubscribeRequest {
    SubscribeRequest { request: Some(request) }
}
